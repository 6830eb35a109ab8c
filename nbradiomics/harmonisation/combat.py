"""ComBat as a scikit-learn transformer of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from nbradiomics.errors import InputError
from nbradiomics.harmonisation.consistent import require_consistent
from nbradiomics.harmonisation.covariates import learn_covariate
from nbradiomics.harmonisation.kinds import (
    LEAST_SUBJECTS,
    MeanOnly,
    Numbers,
    Order,
    SmallBatch,
    UnknownCovariate,
    Unseen,
)
from nbradiomics.harmonisation.one_column import Method
from nbradiomics.harmonisation.order import differing
from nbradiomics.harmonisation.outcome_guard import require_no_outcome
from nbradiomics.harmonisation.schema import FEATURE_NOTES, TREATMENTS
from nbradiomics.harmonisation.stages import Design, Request, Rules, Stage, fit_stage
from nbradiomics.harmonisation.table_parts import (
    batches_of,
    checked_table,
    feature_notes,
    require_columns,
    subjects_of,
    values_of,
)
from nbradiomics.tables.features import choose_features

if TYPE_CHECKING:
    from typing import Self


class ComBat(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[misc,call-arg]
    """Remove differences between sites or scanners from features, by estimates of the training subjects.

    For each feature, the location and scale of each batch are estimated after the covariates, shrunk by
    empirical Bayes with priors that are pooled over the features of a batch, and removed. `fit` learns from
    training subjects; `transform` harmonises any subjects by these estimates, and no subject of a known
    batch has an influence on another.

    Parameters
    ----------
    batch
        Column of the batch (site, scanner). With a list of columns, the features are harmonised by one
        column after the other (Nested ComBat).
    covariates
        Columns whose effects on the features are kept, such as age or stage: numbers are linear effects, text
        and flags are categories. Never the outcome or anything that is known only after the images.
    categories
        Covariates that are categories although they are numbers.
    features
        Names of the features, or patterns as for file names. Default: the columns with PyRadiomics names; if
        there are none, all numeric columns that are neither batch nor covariate.
    eb
        Shrink by empirical Bayes.
    parametric
        Normal and inverse gamma priors; otherwise the estimates of all other features are the prior.
    mean_only
        Adjust the location alone. ``neurocombat``: with the arithmetic of `sva` and `neuroCombat`, which
        count the subjects of a batch as one, so that most of a shift may remain (docs/harmonisation.md).
    reference_batch
        Batch whose values stay exactly as they are: the others are shifted to its mean and variance. With
        several batch columns, a mapping from column to batch.
    m_combat
        Standardise with all batches and shift all of them, the reference batch too, to the mean and
        variance of `reference_batch`, as in M-ComBat. Without it, the features are standardised by the
        reference batch, which is not changed.
    order
        ``chosen`` on the training subjects, or as ``given``; without meaning for one column.
    unseen
        What `transform` does with a batch without training subjects: ``refuse`` it; ``estimate`` its location
        and scale from its own features in the table that is transformed; or ``keep`` its values as they are.
    small_batch
        What is done with a training batch of fewer than `least_subjects` subjects, if there are several
        batches: ``refuse`` it; ``keep`` its values as they are and fit without it; or ``harmonise`` it like
        the others (one subject: its location alone).
    least_subjects
        Least number of subjects of a batch, for `small_batch` and for ``unseen="estimate"``.
    unknown_covariate
        What is done with a row whose covariate is missing or has a level that no training subject has:
        ``refuse`` it, or give it the ``average`` effect of the training subjects.

    Attributes
    ----------
    report_ : pandas.DataFrame
        Each training batch: subjects, and whether it was fitted, is the reference, or was kept, and why.
    feature_notes_ : pandas.DataFrame
        Features that were not harmonised as the others, and why.
    features_ : list of str
        The features.
    order_ : list of str
        The batch columns in the order in which they are harmonised.
    remaining_ : dict
        If the order was chosen: in each round, for each candidate the number of features that still differed.
    stages_ : list
        The estimates of each batch column.

    Notes
    -----
    ``unseen="estimate"`` is transductive: subjects of one unseen site are harmonised together, from the table
    that is transformed, so that a subject's values depend on who else is in it. No outcome is involved, and
    the other sites' values do not depend on it. A different mix of patients is removed like a scanner's shift
    unless covariates explain it.

    A missing value stays missing and has no influence on the other values of its row. Integer features become
    decimals.

    References
    ----------
    Johnson WE, Li C, Rabinovic A. Biostatistics 2007;8:118-127. Fortin JP et al. NeuroImage 2018;167:104-120.
    Stein CK et al. BMC Bioinformatics 2015;16:63 (M-ComBat). Horng H et al. Sci Rep 2022;12:4493 (Nested
    ComBat).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from nbradiomics import ComBat
    >>> random = np.random.default_rng(1)
    >>> site = np.repeat(["A", "B"], 30)
    >>> values = random.normal(size=(60, 20)) + 2.0 * (site == "B")[:, None]
    >>> table = pd.DataFrame(values).add_prefix("original_firstorder_F").assign(site=site)
    >>> combat = ComBat(batch="site").fit(table)
    >>> harmonised = combat.transform(table)
    >>> means = harmonised.groupby("site").mean().mean(axis=1)
    >>> bool(abs(means["B"] - means["A"]) < 0.02)
    True
    >>> combat.report_["treatment"].tolist()
    ['fitted', 'fitted']
    """

    def __init__(  # noqa: PLR0913 - scikit-learn sets and copies each parameter by its name
        self,
        batch: str | Sequence[str],
        *,
        covariates: Sequence[str] = (),
        categories: Sequence[str] = (),
        features: Sequence[str] | None = None,
        eb: bool = True,
        parametric: bool = True,
        mean_only: MeanOnly = False,
        reference_batch: str | Mapping[str, str] | None = None,
        m_combat: bool = False,
        order: Order = "chosen",
        unseen: Unseen = "refuse",
        small_batch: SmallBatch = "refuse",
        least_subjects: int = LEAST_SUBJECTS,
        unknown_covariate: UnknownCovariate = "refuse",
    ) -> None:
        self.batch = batch
        self.covariates = covariates
        self.categories = categories
        self.features = features
        self.eb = eb
        self.parametric = parametric
        self.mean_only = mean_only
        self.reference_batch = reference_batch
        self.m_combat = m_combat
        self.order = order
        self.unseen = unseen
        self.small_batch = small_batch
        self.least_subjects = least_subjects
        self.unknown_covariate = unknown_covariate

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Learn the shift and scale of each batch from the training subjects.

        Parameters
        ----------
        X
            Table of shape (subjects, columns) with the features, the batch columns and the covariates.
        y
            Outcome; it is never used, but refused among the covariates and batches.

        Raises
        ------
        InputError
            When a column is missing, a batch is too small, or a covariate is determined by the batches.
        """
        self._fit(X, y)
        return self

    def fit_transform(self, X: pd.DataFrame, y: Any = None, **fit_params: Any) -> pd.DataFrame:  # noqa: ARG002
        """Learn from the training subjects, and harmonise them."""
        return self._table(X, self._fit(X, y))

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Harmonise the features; all other columns, the index and the order stay as they are.

        Parameters
        ----------
        X
            Table of shape (subjects, columns) with all columns that were used in `fit`; others may differ.

        Raises
        ------
        InputError
            When a column is missing, or a batch or level of a covariate is unknown and refused.
        """
        values, design = self._prepared(X)
        for stage in self.stages_:
            values = stage.adjusted(values, batches_of(X, stage.column), subjects_of(X), design)
        return self._table(X, values)

    def with_unseen(self, X: pd.DataFrame) -> Self:
        """A copy that also knows the batches of a table that were unseen, by the estimates of its subjects.

        Other subjects of these batches are then harmonised as those of a batch with training subjects. It is
        meant for ``unseen="estimate"``; otherwise nothing is estimated.

        Raises
        ------
        InputError
            As `transform`.
        """
        values, design = self._prepared(X)
        found, stages = copy(self), []
        for stage in self.stages_:
            own = batches_of(X, stage.column), subjects_of(X), design
            stages.append(stage.with_unseen(values, *own))
            values = stages[-1].adjusted(values, *own)
        found.stages_ = stages
        return found

    def treatments(self, X: pd.DataFrame) -> pd.DataFrame:
        """What `transform` does with each batch of a table: the columns of `report_`.

        Raises
        ------
        InputError
            As `transform`.
        """
        self._prepared(X)
        planned = [
            treatment
            for stage in self.stages_
            for treatment, _ in stage.planned(batches_of(X, stage.column), subjects_of(X))
        ]
        return TREATMENTS.table(planned)

    def coded_covariates(self, X: pd.DataFrame) -> Numbers:
        """Covariates of a table as columns of the design, shape (rows, columns), by the training levels."""
        return self._prepared(X)[1].values

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:  # noqa: ARG002
        """Names of the columns: those of the table that was fitted."""
        check_is_fitted(self, "stages_")
        names: np.ndarray = self.feature_names_in_
        return names

    def set_output(self, *, transform: str | None = None) -> Self:
        """Accept that scikit-learn asks for tables: this transformer always returns one of pandas."""
        if transform not in (None, "default", "pandas"):
            raise InputError(f"ComBat returns tables of pandas, and no {transform!r}.", "Use 'pandas'.")
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.no_validation = True
        return tags

    def _fit(self, X: pd.DataFrame, y: Any) -> Numbers:
        table = checked_table(X)
        columns = self.columns()
        require_columns(table, [*columns, *self.covariates])
        require_no_outcome(table, columns, list(self.covariates), y)
        others = table.drop(columns=[*columns, *self.covariates])
        self.features_ = list(choose_features(others, tuple(self.features or ())).names)
        if not self.features_:
            raise InputError("the table has no features to harmonise.", "Name them with features.")
        self.coding_ = [
            learn_covariate(table, name, category=name in self.categories) for name in self.covariates
        ]
        self.stages_: list[Stage] = []
        self.remaining_: list[dict[str, int]] = []
        values, design = self._prepared(table)
        while columns:
            stage, values = self._next(table, values, design, columns)
            columns.remove(stage.column)
            self.stages_.append(stage)
        self.order_ = [stage.column for stage in self.stages_]
        self.report_ = TREATMENTS.table([row for stage in self.stages_ for row in stage.treatments])
        self.feature_notes_ = FEATURE_NOTES.table(list(feature_notes(self.features_, self.stages_)))
        self.feature_names_in_ = np.asarray(table.columns, dtype=object)
        self.n_features_in_ = table.shape[1]
        return values

    def _next(
        self, table: pd.DataFrame, values: Numbers, design: Design, columns: list[str]
    ) -> tuple[Stage, Numbers]:
        """Fit the next batch column, and the values that it harmonised."""
        subjects = subjects_of(table)
        found: dict[str, tuple[Stage, Numbers]] = {}
        for column in columns if self.order == "chosen" else columns[:1]:
            batches = batches_of(table, column)
            stage = fit_stage(values, batches, subjects, design, self._request(column))
            found[column] = stage, stage.adjusted(values, batches, subjects, design)
        if len(found) == 1:
            return next(iter(found.values()))
        counts = {name: differing(each, batches_of(table, name)) for name, (_, each) in found.items()}
        self.remaining_.append(counts)
        return found[min(counts, key=lambda name: (counts[name], columns.index(name)))]

    def _request(self, column: str) -> Request:
        reference = self.reference_batch
        if isinstance(reference, Mapping):
            reference = reference.get(column)
        method = Method(self.eb, self.parametric, self.mean_only, self.m_combat)
        rules = Rules(self.unseen, self.small_batch, self.least_subjects)
        return Request(column, method, None if reference is None else str(reference), rules)

    def columns(self) -> list[str]:
        """The batch columns, as given; settings that contradict each other are refused."""
        columns = [self.batch] if isinstance(self.batch, str) else list(self.batch)
        require_consistent(self.get_params(), columns)
        return columns

    def _prepared(self, X: pd.DataFrame) -> tuple[Numbers, Design]:
        """Values of the features and coded covariates of a table."""
        check_is_fitted(self, "features_")
        table = checked_table(X)
        require_columns(table, [*self.columns(), *self.covariates, *self.features_])
        values = values_of(table, self.features_)
        parts = tuple(each.coded(table, self.unknown_covariate) for each in self.coding_)
        return values, Design(len(table), tuple(self.covariates), parts)

    def _table(self, X: pd.DataFrame, values: Numbers) -> pd.DataFrame:
        """The table with harmonised features."""
        harmonised = pd.DataFrame(values, index=X.index, columns=self.features_)
        kinds = {name: kind for name, kind in X.dtypes[self.features_].items() if kind == np.float32}
        others = X.drop(columns=self.features_)
        harmonised = harmonised.astype(kinds) if kinds else harmonised
        together = pd.concat([others, harmonised], axis=1)
        return together.loc[:, X.columns]
