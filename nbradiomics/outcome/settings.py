"""The knobs of an outcome evaluation, with defaults that suit a cohort of 50 to 300 subjects."""

from __future__ import annotations

from dataclasses import dataclass

from nbradiomics.errors import InputError
from nbradiomics.reproducibility import MINIMUM_SUBJECTS


@dataclass(frozen=True)
class OutcomeSettings:
    """How outcome models are fitted and validated.

    Attributes
    ----------
    folds
        Folds of the stratified cross-validation, 2 or more.
    repeats
        How often the cross-validation is repeated with other folds, 1 or more.
    seed
        Seed of folds, bootstrap and permutations; one seed gives one result, whatever the number of jobs.
    penalizer
        Strength of the Cox penalty of features, as lifelines defines it: the log partial likelihood of n
        subjects is lessened by ``n * penalizer * (l1_ratio * |b| + (1 - l1_ratio) / 2 * b^2)``, b per
        standard deviation. See the notes for the default.
    covariate_penalizer
        The same for covariates, which are few and chosen by hand.
    l1_ratio
        0 is ridge (all features stay in), 1 is lasso.
    icc_threshold
        A feature is stable where the lower 95 % limit of its ICC(A,1) reaches this value. 0.75 is the
        border of good reliability in Koo and Li 2016.
    min_subjects
        Fewest subjects, measured by all readers, for a feature to be stable, 2 or more: as in
        `assess_reproducibility`. The training part of a fold needs half as many, as it has in two folds.
    correlation
        Of two features whose absolute Spearman correlation exceeds this value one is dropped.
    bootstraps
        Draws of the percentile bootstrap; 0 for no intervals.
    confidence
        Confidence level of the bootstrap and Kaplan-Meier intervals, between 0 and 1.
    permutations
        How often the whole cross-validation is refitted on permuted outcomes for the p value of the risk
        groups; 0 for no p value. Each costs as much as the cross-validation of one model.

    Raises
    ------
    InputError
        When a value is out of its range.

    Notes
    -----
    The default penalties were chosen on ten simulated cohorts of 60 subjects with about 34 events, 107
    features in 30 groups of near copies (31 pass the correlation filter), two prognostic covariates, and
    three groups of features with signal, or none (5 folds, ridge; mean C). With signal the radiomic model
    reached 0.58, 0.60, 0.61, 0.61, 0.61, 0.61 at penalizer 0.01, 0.1, 0.3, 1, 3, 10: it asks for 0.3 or
    more. With one penalty of 1 for features and covariates alike, the combined model lost 0.09 of C to the
    clinical one when all features were noise; with 0.1 for covariates it lost 0.02, and with signal it
    gained 0.04 rather than 0.02.
    """

    folds: int = 5
    repeats: int = 10
    seed: int = 0
    penalizer: float = 1.0
    covariate_penalizer: float = 0.1
    l1_ratio: float = 0.0
    icc_threshold: float = 0.75
    min_subjects: int = MINIMUM_SUBJECTS
    correlation: float = 0.9
    bootstraps: int = 1000
    confidence: float = 0.95
    permutations: int = 0

    def __post_init__(self) -> None:
        self._check("folds", self.folds >= 2, "2 or more")
        self._check("repeats", self.repeats >= 1, "1 or more")
        self._check("seed", self.seed >= 0, "0 or more")
        self._check("penalizer", 0 <= self.penalizer < float("inf"), "0 or more")
        self._check("covariate_penalizer", 0 <= self.covariate_penalizer < float("inf"), "0 or more")
        self._check("l1_ratio", 0 <= self.l1_ratio <= 1, "between 0 and 1")
        self._check("icc_threshold", -1 <= self.icc_threshold <= 1, "between -1 and 1")
        self._check("min_subjects", self.min_subjects >= 2, "2 or more")
        self._check("correlation", 0 < self.correlation <= 1, "above 0 and at most 1")
        self._check("bootstraps", self.bootstraps >= 0, "0 or more")
        self._check("confidence", 0 < self.confidence < 1, "between 0 and 1, both excluded")
        self._check("permutations", self.permutations >= 0, "0 or more")

    @property
    def min_subjects_of_fold(self) -> int:
        """Fewest training subjects of a fold whom all readers must have measured."""
        return max(2, -(-self.min_subjects // 2))

    def _check(self, name: str, good: bool, wanted: str) -> None:
        if not good:
            raise InputError(f"outcome setting {name} is {getattr(self, name)}.", f"Give {wanted}.")
