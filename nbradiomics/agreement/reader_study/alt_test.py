"""The alternative annotator test: can the model replace a reader?

Source: Calderon N, Reichart R, Dror R. The alternative annotator test for LLM-as-a-judge: how to
statistically justify replacing human annotators with LLMs. ACL 2025, arXiv 2501.10970. Here the annotators
are the readers, an instance is a subject, and the alignment of two masks is the metric.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from nbradiomics.agreement.reader_study.agreement_table import (
    CASE,
    automatic,
    between_readers,
    means_by,
    orientation,
)
from nbradiomics.agreement.reader_study.multiplicity import benjamini_yekutieli
from nbradiomics.agreement.reader_study.paired import DECIMALS, signed_rank
from nbradiomics.agreement.reader_study.resampling import Numbers

#: Number of subjects from which the t test is used alone; the figure is that of the authors.
T_TEST_FROM = 30


@dataclass(frozen=True)
class Advantage:
    """Comparison of auto with one reader: how close each is to the other readers.

    Attributes
    ----------
    reader
        The reader left out.
    auto
        Share of subjects in which auto is at least as close to the others as the reader: the advantage
        probability of auto.
    human
        Share of subjects in which the reader is at least as close as auto; a tie counts for both.
    differences
        Shape (subjects,): -1 if only auto is closer, 0 for a tie, 1 if only the reader is closer.
    left_out
        Number of cases with auto, the reader and another reader in which a pair is undefined.
    """

    reader: str
    auto: float
    human: float
    differences: Numbers
    left_out: int

    @property
    def subjects(self) -> int:
        """Number of subjects."""
        return len(self.differences)


@dataclass(frozen=True)
class AlternativeTest:
    """Result of the test at one epsilon; arrays in the order of the readers.

    Attributes
    ----------
    epsilon
        How far the advantage probability of auto may be below that of the reader.
    p, p_adjusted
        One-sided p of each reader, and p adjusted over the readers (Benjamini-Yekutieli).
    rejected
        Readers whom the model can replace: adjusted p at most alpha.
    """

    epsilon: float
    p: Numbers
    p_adjusted: Numbers
    rejected: np.ndarray[tuple[int], np.dtype[np.bool_]]

    @property
    def winning_rate(self) -> float:
        """Share of readers whom the model can replace."""
        return float(self.rejected.mean())

    @property
    def passed(self) -> bool:
        """Whether the winning rate is at least one half."""
        return self.winning_rate >= 0.5


def advantages(rows: pd.DataFrame, metric: str) -> list[Advantage]:
    """Compare auto and each reader with the other readers; readers without a suitable case are left out.

    Parameters
    ----------
    rows
        Rows of `checked_rows`.
    metric
        A metric with a direction.
    """
    inter = between_readers(rows)
    every = [_advantage(rows, inter, reader, metric) for reader in sorted(set(inter["reader"]))]
    return [advantage for advantage in every if advantage.subjects]


def alternative_test(readers: list[Advantage], *, epsilon: float, alpha: float) -> AlternativeTest:
    """Test for each reader whether auto's advantage probability exceeds the reader's minus epsilon.

    Parameters
    ----------
    readers
        The comparison with each reader; at least one.
    """
    p = np.array([advantage_p(advantage.differences, epsilon) for advantage in readers])
    adjusted = benjamini_yekutieli(p)
    return AlternativeTest(epsilon, p, adjusted, adjusted <= alpha)


def advantage_p(differences: Numbers, epsilon: float) -> float:
    """Return the one-sided p of the hypothesis that the mean difference is at least epsilon.

    Parameters
    ----------
    differences
        Shape (subjects,), each -1, 0 or 1, as in `Advantage`.

    Notes
    -----
    From `T_TEST_FROM` subjects, this is a t test, as in the paper. For fewer subjects the authors advise
    signed ranks. But signed ranks assume symmetry about epsilon, which differences of -1, 0 and 1 can only
    have for an epsilon of 0. In simulations with 20 subjects and a mean of exactly epsilon = 0.2, signed
    ranks reject in 25 % without ties and in 41 % with 80 % ties, instead of the nominal 5 %; the t test
    rejects in 5.5 and 6.7 %. So below 30 subjects both tests must reject: p is the larger of the two.

    If all n differences have the same value c, there is no variance for a test. Under the hypothesis the
    probability of this is at most ((1 - epsilon) / (1 - c))^n, which is p; p is 1 if c is not below epsilon.
    """
    count = len(differences)
    if np.ptp(differences) == 0:
        value = float(differences[0])
        return ((1 - epsilon) / (1 - value)) ** count if value < epsilon else 1.0
    shifted = np.round(differences - epsilon, DECIMALS)
    p = float(stats.ttest_1samp(shifted, 0, alternative="less").pvalue)
    return p if count >= T_TEST_FROM else max(p, signed_rank(shifted, alternative="less"))


def _advantage(rows: pd.DataFrame, inter: pd.DataFrame, reader: str, metric: str) -> Advantage:
    # Joined on the reference: auto and the reader are compared with the same other readers in each case.
    auto = automatic(rows)[[*CASE, "reference", metric]]
    pairs = inter.loc[inter["reader"] == reader, [*CASE, "reference", metric]].merge(
        auto, on=[*CASE, "reference"], suffixes=(":human", ":auto")
    )
    columns = [f"{metric}:human", f"{metric}:auto"]
    cases = means_by(pairs, CASE, columns)
    defined = cases[cases[columns].notna().all(axis=1)]
    scores = means_by(defined, ["subject"], columns)
    human, model = (np.round(orientation(metric) * scores[name].to_numpy(), DECIMALS) for name in columns)
    wins, losses = (model >= human).astype(float), (human >= model).astype(float)
    return Advantage(
        reader=reader,
        auto=float(wins.mean()) if len(wins) else np.nan,
        human=float(losses.mean()) if len(losses) else np.nan,
        differences=losses - wins,
        left_out=len(cases) - len(defined),
    )
