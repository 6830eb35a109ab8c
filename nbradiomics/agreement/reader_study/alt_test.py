"""The alternative annotator test: may the model stand in for a reader?

Source: Calderon N, Reichart R, Dror R. The alternative annotator test for LLM-as-a-judge: how to
statistically justify replacing human annotators with LLMs. ACL 2025, arXiv 2501.10970. The annotators are the
readers, an instance is a subject, and the alignment of two masks is the metric.
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

#: Subjects from which on the t test alone is used; the authors' figure.
T_TEST_FROM = 30


@dataclass(frozen=True)
class Advantage:
    """Auto against one reader, both held against the other readers.

    Attributes
    ----------
    reader
        The reader who is left out.
    auto
        Share of subjects in which auto is at least as close to the others as the reader: the advantage
        probability of auto.
    human
        Share of subjects in which the reader is at least as close; a tie counts for both.
    differences
        Shape (subjects,): -1 where auto alone is closer, 0 where both are alike, 1 where the reader alone is.
    left_out
        Cases with auto, the reader and another in which a pair is undefined.
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
    """The test at one epsilon; arrays in the order of the readers.

    Attributes
    ----------
    epsilon
        How much the advantage probability of auto may fall short of the reader's.
    p, p_adjusted
        One-sided p of each reader, and adjusted over the readers (Benjamini-Yekutieli).
    rejected
        For whom the model may stand in: adjusted p at most alpha.
    """

    epsilon: float
    p: Numbers
    p_adjusted: Numbers
    rejected: np.ndarray[tuple[int], np.dtype[np.bool_]]

    @property
    def winning_rate(self) -> float:
        """Share of readers for whom the model may stand in."""
        return float(self.rejected.mean())

    @property
    def passed(self) -> bool:
        """Whether this is half of the readers or more."""
        return self.winning_rate >= 0.5


def advantages(rows: pd.DataFrame, metric: str) -> list[Advantage]:
    """Hold auto and each reader against the other readers; readers without a case for it are left out.

    Parameters
    ----------
    rows
        Rows of `checked_rows`.
    metric
        A metric with a direction.
    """
    inter = between_readers(rows)
    found = [_advantage(rows, inter, reader, metric) for reader in sorted(set(inter["reader"]))]
    return [advantage for advantage in found if advantage.subjects]


def alternative_test(found: list[Advantage], *, epsilon: float, alpha: float) -> AlternativeTest:
    """Test for each reader whether auto's advantage probability exceeds the reader's less epsilon.

    Parameters
    ----------
    found
        One or more readers.
    """
    p = np.array([advantage_p(advantage.differences, epsilon) for advantage in found])
    adjusted = benjamini_yekutieli(p)
    return AlternativeTest(epsilon, p, adjusted, adjusted <= alpha)


def advantage_p(differences: Numbers, epsilon: float) -> float:
    """One-sided p of the hypothesis that the mean difference is epsilon or more.

    Parameters
    ----------
    differences
        Shape (subjects,), each -1, 0 or 1, as in `Advantage`.

    Notes
    -----
    From `T_TEST_FROM` subjects on a t test, as its authors have it. Below, they advise signed ranks. But
    these suppose symmetry about epsilon, which differences of -1, 0 and 1 cannot have unless it is 0.
    Simulated with a mean of just epsilon = 0.2 and 20 subjects, signed ranks reject 25 % without ties and
    41 % with 80 % ties, where 5 % are meant; the t test 5.5 and 6.7 %. So below 30 subjects both must
    reject: p is the larger of the two.

    Where all differences are the same there is no variance to go by. Under the hypothesis all n are c with a
    probability of ((1 - epsilon) / (1 - c))^n at most, which is p; 1 where c is not below epsilon.
    """
    count = len(differences)
    if np.ptp(differences) == 0:
        value = float(differences[0])
        return ((1 - epsilon) / (1 - value)) ** count if value < epsilon else 1.0
    shifted = np.round(differences - epsilon, DECIMALS)
    p = float(stats.ttest_1samp(shifted, 0, alternative="less").pvalue)
    return p if count >= T_TEST_FROM else max(p, signed_rank(shifted, alternative="less"))


def _advantage(rows: pd.DataFrame, inter: pd.DataFrame, reader: str, metric: str) -> Advantage:
    # Joined on the reference: auto and the reader are held against the same others on each case.
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
