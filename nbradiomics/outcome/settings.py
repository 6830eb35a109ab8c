"""Settings of outcome models, with defaults for a cohort of 50 to 300 subjects."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from nbradiomics.clinical.declaration import Declaration
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.reproducibility.forms import AGREEMENT, GivenForm
from nbradiomics.reproducibility.settings import (
    MINIMUM_SUBJECTS,
    THRESHOLD,
    LeastSubjects,
    StabilitySettings,
    Threshold,
)
from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import SEED, Confidence, Names, Seed

#: Smallest number of bootstrap draws for meaningful percentiles.
_FEWEST_DRAWS = 100
#: Smallest number of samples for a standard deviation that is known to 10 %.
_FEWEST_REFITS = 50
#: The methods of regression; the others are trees.
PENALISED: Literal["penalised"] = "penalised"
FIRTH: Literal["firth"] = "firth"
#: Methods of trees.
TREES = ("random_forest", "gradient_boosting")
#: What chooses features before the model.
Selection = Literal["none", "univariable", "mrmr", "stability", "clusters", "pca", "supervised_pca", "auto"]
#: The selection that is chosen in each fold.
AUTO: Literal["auto"] = "auto"
#: What `auto` chooses from, the simplest first.
AUTO_GRID: tuple[Selection, ...] = ("none", "clusters", "univariable", "mrmr", "pca")
#: Selections with a number of features or components.
WITH_NUMBER = ("mrmr", "pca", "supervised_pca")
#: Settings that have a meaning for a cross-validation alone.
CROSS_VALIDATION = frozenset({"folds", "repeats", "refits", "permutations"})
#: A point in time.
Horizon = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_NOT_NEGATIVE: TypeAdapter[float] = TypeAdapter(Annotated[float, Field(ge=0, allow_inf_nan=False)])
_SHARE: TypeAdapter[float] = TypeAdapter(Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)])


def _none_or_enough(draws: int) -> int:
    if 0 < draws < _FEWEST_DRAWS:
        raise ValueError(f"percentiles need {_FEWEST_DRAWS} draws or more; 0 omits the intervals")
    return draws


def _none_or_enough_refits(samples: int) -> int:
    if 0 < samples < _FEWEST_REFITS:
        raise ValueError(f"an interval needs {_FEWEST_REFITS} samples or more; 0 gives quick intervals")
    return samples


def _tuned_or_number(value: Any) -> Any:
    return _tuned_or(_NOT_NEGATIVE, value, "0 or more")


def _tuned_or_share(value: Any) -> Any:
    return _tuned_or(_SHARE, value, "0 to 1")


def _tuned_or(numbers: TypeAdapter[float], value: Any, which: str) -> Any:
    """Check both kinds of value here: one message says what is allowed."""
    try:
        return value if value == "tuned" else numbers.validate_python(value)
    except ValidationError:
        raise ValueError(f"must be tuned, or a number of {which}") from None


class Predictors(Declaration):
    """Columns that enter the models, and declarations about the clinical columns."""

    covariates: Names = Field(default=(), description="Clinical columns that enter the models.")
    feature_names: Names = Field(
        default=(),
        validation_alias=AliasChoices("features", "feature_names"),
        description="Features to use: names or patterns (original_shape_*). Default: columns with names of "
        "PyRadiomics or the IBSI, or all numeric columns of a table without such names.",
    )
    leave_out: str | None = Field(
        default=None,
        description="Clinical column such as the site: each of its levels is held out once, by models of all "
        "others (internal-external validation), instead of random folds.",
    )
    harmonise: Harmonise | None = Field(
        default=None,
        description="Harmonise the features between sites or scanners (ComBat), inside each fold: the batch "
        "effects are those of the training subjects.",
    )

    @model_validator(mode="after")
    def _unseen_by_rule(self) -> Self:
        asked = self.harmonise
        if asked is not None and asked.unseen == "refuse" and self.leave_out in asked.batch:
            raise ValueError(
                f"{self.leave_out} is left out level by level and is a batch of the harmonisation, so that "
                "no batch effect of the predicted site is known; set unseen of harmonise to estimate (from "
                "the features of its subjects) or keep (its features stay as they are)"
            )
        if asked is not None and asked.reference_batch is not None and self.leave_out in asked.batch:
            raise ValueError(
                f"{self.leave_out} is left out level by level, so that the reference batch "
                f"{asked.reference_batch} would have no training subject once; leave out reference_batch"
            )
        return self


class ModelSettings(Settings):
    """How the models of one endpoint are fitted and validated.

    Notes
    -----
    The defaults were chosen on simulated cohorts (``benchmarks/RESULTS.md``). Three of 200 features with
    signal, 100 subjects: C on new subjects is 0.61 with a ridge penalty of 1, 0.74 with the defaults, 0.77
    with the true hazard; with log-normal features 0.57 and 0.73 (0.67 without Yeo-Johnson's power); with 107
    features in groups of near copies and 60 subjects 0.62 and 0.64; on noise 0.50. An elastic net alone is as
    good there, but not where many features carry a little (a glioma cohort with 27 events: 0.52; the defaults
    0.57, ridge 0.61).

    Covariates have a light penalty of their own: with a penalty of 1 for both, the combined model lost 0.09
    of C to the clinical one when all features were noise; with 0.1 for covariates it lost 0.02.
    """

    folds: Annotated[int, Field(ge=2)] = Field(
        default=5, description="Folds of the stratified cross-validation."
    )
    repeats: Annotated[int, Field(ge=1)] = Field(
        default=10, description="Repeats of the cross-validation, each with other folds."
    )
    method: Literal["penalised", "firth", "random_forest", "gradient_boosting"] = Field(
        default=PENALISED,
        description="Kind of model: penalised regression (Cox for a time to an event, logistic for a "
        "target); the same regressions by Firth's method (firth), for fewer columns than events; or a "
        "random forest or gradient boosting, whose settings are fixed (for a time to an event they need the "
        "package scikit-survival: the extra forest).",
    )
    penalizer: Annotated[Literal["tuned"] | float, BeforeValidator(_tuned_or_number)] = Field(
        default="tuned",
        description="Strength of the Cox penalty of features: tuned chooses it by cross-validation among the "
        "training subjects of each fold. A number, 0 or more, is used as it is, as lifelines defines it: the "
        "log partial likelihood of n subjects is reduced by n * penalizer * (l1_ratio * |b| + (1 - l1_ratio) "
        "/ 2 * b^2), b per standard deviation.",
    )
    covariate_penalizer: Annotated[float, Field(ge=0)] = Field(
        default=0.1,
        description="Strength of the ridge penalty of covariates, which are few and chosen by hand: they "
        "stay in the model.",
    )
    l1_ratio: Annotated[Literal["tuned"] | float, BeforeValidator(_tuned_or_share)] = Field(
        default="tuned",
        description="Kind of the penalty of features: 0 is ridge (all features stay in), 1 is lasso, between "
        "them elastic net; tuned chooses between ridge and elastic net (0.5), as for the penalizer.",
    )
    power_transform: bool = Field(
        default=True,
        description="Make skewed features symmetric: each gets the Yeo-Johnson power with which the training "
        "subjects of the fold are most likely normal.",
    )
    correlation: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.9,
        description="Drop one of two features if their absolute Spearman correlation exceeds this value.",
    )
    selection: Selection = Field(
        default="none",
        description="What chooses features before the model, among the training subjects: univariable (false "
        "discovery rate of 10 %), mrmr, stability (stability selection by a lasso), clusters (one feature of "
        "each cluster of correlated ones); or makes components of them: pca, supervised_pca. The penalty "
        "of the model chooses too. auto chooses among none, clusters, univariable, mrmr and pca, by a "
        "cross-validation among the training subjects of each fold; this takes about six times as long.",
    )
    selected: Annotated[int, Field(ge=1)] = Field(
        default=10,
        description="Number of features of mrmr, or of components of pca and supervised_pca; in auto too.",
    )
    missing_features: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.2,
        description="Leave out a feature that is missing in a larger share of a fold's training subjects; "
        "other missing values become the median of the training subjects.",
    )
    missing_covariates: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.4, description="The same for covariates."
    )
    missing_indicators: bool = Field(
        default=False,
        description="Give each covariate with missing values a column that says where one is missing: for a "
        "value that is missing for a reason. A missing level is then a level of its own.",
    )
    bootstraps: Annotated[int, Field(ge=0), AfterValidator(_none_or_enough)] = Field(
        default=1000,
        description="Draws of the quick intervals, see `refits`, 100 or more; 0 for no intervals at all.",
    )
    refits: Annotated[int, Field(ge=0), AfterValidator(_none_or_enough_refits)] = Field(
        default=100,
        description="Bootstrap samples of the subjects in which the whole cross-validation is repeated, "
        "twice in each: the intervals include the fitting. 0 gives quick intervals, from `bootstraps` draws "
        "of the predictions, for Harrell's C alone; they are too narrow.",
    )
    horizons: tuple[Horizon, ...] = Field(
        default=(),
        description="Points in time of the ROC area, the Brier score and the calibration, in the unit of the "
        "time. Default: the median time of the events.",
    )
    confidence: Confidence = Field(
        default=0.95, description="Confidence of all intervals: bootstrap, Kaplan-Meier, ratios."
    )
    permutations: Annotated[int, Field(ge=0)] = Field(
        default=0,
        description="Permutations for the p values of the risk groups (of the ROC area) and of the gains "
        "over covariates and volume; 0 for no p values. Each takes as long as the cross-validation of up to "
        "three models, with selection auto six times as long.",
    )
    stability_readers: Names | None = Field(
        default=None,
        description="Readers whose agreement decides which features are stable, inside each fold. Default: "
        "all except auto, and auto as well if the features come from its masks.",
    )


class TrialSettings(Settings):
    """Whether the radiomic model is tried."""

    trial: bool = Field(
        default=False,
        description="Try the radiomic model: what does it cost to use the volume alone or the shape alone, "
        "and what do permuted outcomes give? With negative controls this is always done, for them too.",
    )


class OutcomeSettings(ModelSettings):
    """How outcome models are fitted and validated, with the settings that all stages of a study share."""

    seed: Seed = Field(default=0, description=SEED)
    icc_threshold: Threshold = Field(
        default=THRESHOLD,
        description="A feature is stable if the lower 95 % limit of its ICC reaches this value.",
    )
    icc_form: GivenForm = Field(
        default="A,1",
        description="Form of this ICC: 1 (one-way), A,1 (agreement), C,1 (consistency), or k, A,k, C,k for "
        "the mean of the readers.",
    )
    readers_in_general: bool = Field(
        default=False,
        description="Use the limit of this ICC for readers in general instead of that for these readers "
        "(forms A,1 and A,k).",
    )
    min_subjects: LeastSubjects = Field(
        default=MINIMUM_SUBJECTS,
        description="Smallest number of subjects, measured by all readers, for a feature to be stable. The "
        "training part of a fold needs half of it, as in a cross-validation with two folds.",
    )

    @model_validator(mode="after")
    def _of_an_agreement(self) -> Self:
        if self.readers_in_general and self.icc_form not in AGREEMENT:
            raise ValueError(
                f"the limit for readers in general exists for the forms {' and '.join(AGREEMENT)}, not for "
                f"{self.icc_form}"
            )
        return self

    @property
    def min_subjects_of_fold(self) -> int:
        """Smallest number of training subjects of a fold that all readers must have measured."""
        return max(2, -(-self.min_subjects // 2))

    @property
    def stability_of_fold(self) -> StabilitySettings:
        """Criteria of the stability filter among the training subjects of a fold."""
        return StabilitySettings(
            threshold=self.icc_threshold,
            form=self.icc_form,
            readers_in_general=self.readers_in_general,
            min_subjects=self.min_subjects_of_fold,
        )
