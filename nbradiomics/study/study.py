"""The study file, in which a user describes a whole study.

Each section has the name of a stage and consists of the settings of that stage's package; a stage without a
section is not run. Unknown keys are errors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from nbradiomics import clinical
from nbradiomics.agreement.reader_study.settings import ReaderAnalysis
from nbradiomics.agreement.settings import ComparisonSettings
from nbradiomics.clinical import Declaration
from nbradiomics.cohort.columns import DEFAULTS
from nbradiomics.cohort.lesions import LesionRule
from nbradiomics.features.settings import ExtractionSettings
from nbradiomics.features.slices.settings import PER_SLICE, LeastSlice, PerSlice
from nbradiomics.habitats.diffusion.settings import DiffusionSettings
from nbradiomics.habitats.settings import HabitatSettings
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.outcome.drawing.settings import DrawingSettings
from nbradiomics.outcome.settings import CROSS_VALIDATION, ModelSettings, Predictors, TrialSettings
from nbradiomics.reproducibility.needed_agreement import NeededAgreementAnalysis
from nbradiomics.reproducibility.rules.settings import CombinedRules
from nbradiomics.rings import RegionWidths
from nbradiomics.segmentation.prediction.inference import Inference
from nbradiomics.segmentation.prediction.postprocess import PostProcessing
from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import SEED, Seed
from nbradiomics.study.controls import Controls
from nbradiomics.study.external import FOLDER_NAME, ExternalCohort
from nbradiomics.study.perturbation import Perturbation, with_study_of_variants
from nbradiomics.study.preparation import Prepare
from nbradiomics.study.processing import Processing
from nbradiomics.tables import RowsOfReader


def _known_column(name: str) -> str:
    if name not in DEFAULTS:
        raise ValueError(
            f"a cohort table has no column of this name. {did_you_mean(name, DEFAULTS)}"
            f"Its columns are: {', '.join(DEFAULTS)}"
        )
    return name


class Segment(Inference, PostProcessing):
    """Automatic segmentation of the tumours; the masks become reader ``auto``."""

    model: str = Field(
        description="Name of a bundled or imported model, or folder of a trained nnU-Net v2 model."
    )
    training_subjects: list[str] | None = Field(
        default=None,
        description="Subjects that the model was trained on, also those of other cohorts; required if the "
        "model does not record its training subjects. An empty list means none.",
    )
    maps: bool = Field(default=True, description="Write probability, entropy and the mask of each fold.")


class Readers(ReaderAnalysis, ComparisonSettings, Declaration):
    """Comparison of the readers with each other and with the model, and its analysis."""

    consensus: tuple[Literal["majority", "staple"], ...] = Field(
        default=(), description="Consensus of the other readers, as an additional reference."
    )
    clinical: Path | None = Field(
        default=None, description="Clinical table for subgroups; if not given, the table of `outcome`."
    )
    maps: bool = Field(default=True, description="Write maps of the signed distance to each reader.")


class Extract(ExtractionSettings, LeastSlice):
    """Feature extraction."""

    per_slice: PerSlice | None = Field(default=None, description=PER_SLICE)

    @field_validator("per_slice")
    @classmethod
    def _one_row_for_a_region(cls, per_slice: PerSlice | None) -> PerSlice | None:
        if per_slice == "each":
            raise ValueError(
                "slices are no subjects, and a study has one row for each region: write largest or median, "
                "or make a table of all slices by `nbradiomics extract --per-slice each`"
            )
        return per_slice


class Reproducibility(CombinedRules):
    """Criteria for stable features, further studies, and rules that combine them."""


class NeededAgreement(NeededAgreementAnalysis):
    """How well two masks must agree before a feature can be trusted."""

    repeatability: Path | None = Field(
        default=None,
        description="Table of `nbradiomics reproducibility` of another study (test-retest, readings, "
        "perturbation), whose column rc is the limit of each feature; if not given, the limit is that of "
        "`icc`.",
    )


class Endpoint(clinical.Endpoint):
    """One endpoint of the clinical table, with a name for its results: a time and an event, or a class."""

    name: str = Field(pattern=FOLDER_NAME, description="Short name, used as the name of a folder.")


class Drawing(DrawingSettings):
    """How far the predicted risks depend on who drew the masks."""

    folds: bool = Field(
        default=False,
        description="Also measure the masks of the segmentation model's folds (section `segment`, `maps`), "
        "which takes as long as the extraction for the automatic masks, for each fold.",
    )


def _with_defaults(value: Any) -> Any:
    """`true` asks for the defaults, `false` for nothing."""
    return ({} if value else None) if isinstance(value, bool) else value


class Outcome(ModelSettings, Predictors, RowsOfReader, TrialSettings):
    """Outcome models that are fitted and validated."""

    clinical: Path = Field(description="Clinical table: one row per subject.")
    endpoints: list[Endpoint] = Field(min_length=1, description="Endpoints, each with its own models.")
    reader: str | None = Field(default="auto", description="Reader whose masks the features come from.")
    drawing: Annotated[Drawing | None, BeforeValidator(_with_defaults)] = Field(
        default=None,
        description="Compare the risks of each subject between its masks: of the readers, of the "
        "segmentation model, and of the section `perturbation`. `true`: with the defaults.",
    )
    external: list[ExternalCohort] = Field(
        default=[],
        validation_alias=AliasChoices("validate", "external"),
        description="External cohorts: the models are fitted to all subjects of this study, and judged as "
        "they are on the subjects of each, beside the cross-validation.",
    )

    @field_validator("endpoints")
    @classmethod
    def _named_apart(cls, endpoints: list[Endpoint]) -> list[Endpoint]:
        names = [endpoint.name.casefold() for endpoint in endpoints]
        if len(set(names)) < len(names):
            raise ValueError(f"each endpoint needs a different name, not {', '.join(names)}")
        return endpoints

    @model_validator(mode="after")
    def _harmonised_without_outcomes(self) -> Self:
        asked = self.harmonise
        for endpoint in self.endpoints:
            taken = {name.casefold() for name in endpoint.columns}
            for name in asked.columns if asked else ():
                if name.casefold() in taken:
                    raise ValueError(
                        f"harmonise names {name}, a column of the endpoint {endpoint.name}; features that "
                        "were harmonised with an outcome contain it, and predict it even if they are noise"
                    )
        return self

    @field_validator("external")
    @classmethod
    def _of_these_endpoints(
        cls, external: list[ExternalCohort], info: ValidationInfo
    ) -> list[ExternalCohort]:
        names = [cohort.name.casefold() for cohort in external]
        if len(set(names)) < len(names):
            raise ValueError(f"each external cohort needs a different name, not {', '.join(names)}")
        known = [endpoint.name for endpoint in info.data.get("endpoints", ())]
        unknown = [name for cohort in external for name in cohort.endpoints if known and name not in known]
        if unknown:
            raise ValueError(
                f"there is no endpoint {unknown[0]!r} to validate; choose from {', '.join(known)}"
            )
        return external


def covariates_of(outcome: Outcome, endpoint: Endpoint) -> tuple[str, ...]:
    """Covariates of the models of one endpoint: a target of the study is no covariate of itself."""
    return tuple(name for name in outcome.covariates if name != endpoint.target)


def models_of(outcome: Outcome, endpoint: Endpoint) -> ModelSettings:
    """Model settings of one endpoint: horizons are for a time to an event alone."""
    stated = outcome.part(ModelSettings).stated()
    if endpoint.target:
        stated.pop("horizons", None)
    return ModelSettings(**stated)


def validated_predictors(outcome: Outcome, endpoint: Endpoint) -> Predictors:
    """Columns of the models that are judged on an external cohort.

    No site is left out of them, and they know nothing of columns of other endpoints, which the external
    cohort may lack.
    """
    covariates = covariates_of(outcome, endpoint)
    used = {*covariates, *endpoint.columns, *(outcome.harmonise.columns if outcome.harmonise else ())}
    return outcome.part(Predictors).changed(
        covariates=covariates,
        leave_out=None,
        categorical=tuple(name for name in outcome.categorical if name in used),
        numeric=tuple(name for name in outcome.numeric if name in used),
        ordinal={name: levels for name, levels in outcome.ordinal.items() if name in used},
        missing={name: codes for name, codes in outcome.missing.items() if name in used or not name},
    )


def validated_models(outcome: Outcome, endpoint: Endpoint) -> ModelSettings:
    """Settings of models that are judged on an external cohort: nothing is cross-validated or permuted."""
    stated = models_of(outcome, endpoint).stated()
    return ModelSettings(**{name: value for name, value in stated.items() if name not in CROSS_VALIDATION})


class Study(Settings):
    """A whole study. After loading, its paths are absolute."""

    name: str = Field(default="study", description="Name of the study.")
    synthetic: bool = Field(default=False, description="The cohort is simulated; the report states this.")
    cohort: Path = Field(description="Cohort table.")
    columns: dict[Annotated[str, AfterValidator(_known_column)], str] = Field(
        default={},
        description="Your column name for a column of the cohort table (subject: PatientID); the name for "
        "`subject` applies to clinical tables too.",
    )
    lesions: LesionRule = Field(
        default="union",
        description="How to treat several lesions of a subject; without a rule, each label of a batch table "
        "gets its own row.",
    )
    lesion_min_ml: Annotated[float, Field(ge=0)] | None = Field(
        default=None,
        description="With `lesions: components`: minimum volume of a component in millilitres; default 0.1.",
    )
    seed: Seed = Field(default=0, description=SEED)
    prepare: Prepare | None = Field(
        default=None, description="Preparation of the images before they are segmented and measured."
    )
    segment: Segment | None = Field(default=None, description="Automatic segmentation of the tumours.")
    readers: Readers = Field(default=Readers(), description="Comparison of the readers and the model.")
    adc: DiffusionSettings | None = Field(
        default=None, description="Apparent diffusion coefficient of each voxel, from several b-values."
    )
    habitats: HabitatSettings | None = Field(
        default=None, description="Sub-regions of the tumours that are alike, as further regions."
    )
    rois: RegionWidths | None = Field(
        default=None, description="Ring around each region, its rim and its core, as further regions."
    )
    extract: Extract = Field(default=Extract(), description="Feature extraction.")
    perturbation: Perturbation | None = Field(
        default=None,
        description="Variants of images and masks, and which features keep their values in them.",
    )
    processing: Processing | None = Field(
        default=None, description="Alterations of the processing, each compared with a reference."
    )
    controls: Controls | None = Field(
        default=None, description="Negative controls of the masks that the outcome models use."
    )
    reproducibility: Reproducibility = Field(
        default=Reproducibility(), description="Criteria for stable features."
    )
    needed_agreement: NeededAgreement = Field(
        default=NeededAgreement(), description="How well two masks must agree for each feature."
    )
    outcome: Outcome | None = Field(default=None, description="Outcome models.")

    @property
    def asked_lesions(self) -> LesionRule | None:
        """The rule for several lesions; ``None`` if the file gives none."""
        return self.lesions if "lesions" in self.model_fields_set else None

    @property
    def subject_column(self) -> dict[str, str]:
        """The part of `columns` that applies to clinical tables."""
        return {name: user_column for name, user_column in self.columns.items() if name == "subject"}

    @model_validator(mode="before")
    @classmethod
    def _with_study_of_variants(cls, data: Any) -> Any:
        return with_study_of_variants(data)

    @field_validator("columns")
    @classmethod
    def _a_column_each(cls, columns: dict[str, str]) -> dict[str, str]:
        if len(set(columns.values())) < len(columns):
            raise ValueError("one column of your table cannot be used for two columns of the cohort table")
        return columns
