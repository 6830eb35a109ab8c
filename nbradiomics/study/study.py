"""The study file, in which a user describes a whole study.

Each section has the name of a stage and consists of the settings of that stage's package; a stage without a
section is not run. Unknown keys are errors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from nbradiomics import clinical
from nbradiomics.agreement.reader_study.settings import ReaderAnalysis
from nbradiomics.agreement.settings import ComparisonSettings
from nbradiomics.clinical import Declaration
from nbradiomics.cohort.columns import DEFAULTS
from nbradiomics.cohort.lesions import LesionRule
from nbradiomics.features.settings import ExtractionSettings
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.outcome.settings import ModelSettings, Predictors
from nbradiomics.reproducibility.settings import StabilitySettings
from nbradiomics.segmentation.prediction.inference import Inference
from nbradiomics.segmentation.prediction.postprocess import PostProcessing
from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Seed
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


class Extract(ExtractionSettings):
    """Feature extraction."""


class Reproducibility(StabilitySettings):
    """Criteria for stable features."""


class Endpoint(clinical.Endpoint):
    """One endpoint of the clinical table, with a name for its results: a time and an event, or a class."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", description="Short name, used as the name of a folder."
    )


class Outcome(ModelSettings, Predictors, RowsOfReader):
    """Outcome models that are fitted and validated."""

    clinical: Path = Field(description="Clinical table: one row per subject.")
    endpoints: list[Endpoint] = Field(min_length=1, description="Endpoints, each with its own models.")
    reader: str | None = Field(default="auto", description="Reader whose masks the features come from.")

    @field_validator("endpoints")
    @classmethod
    def _named_apart(cls, endpoints: list[Endpoint]) -> list[Endpoint]:
        names = [endpoint.name.casefold() for endpoint in endpoints]
        if len(set(names)) < len(names):
            raise ValueError(f"each endpoint needs a different name, not {', '.join(names)}")
        return endpoints


def covariates_of(outcome: Outcome, endpoint: Endpoint) -> tuple[str, ...]:
    """Covariates of the models of one endpoint: a target of the study is no covariate of itself."""
    return tuple(name for name in outcome.covariates if name != endpoint.target)


def models_of(outcome: Outcome, endpoint: Endpoint) -> ModelSettings:
    """Model settings of one endpoint: horizons are for a time to an event alone."""
    stated = outcome.part(ModelSettings).stated()
    if endpoint.target:
        stated.pop("horizons", None)
    return ModelSettings(**stated)


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
    seed: Seed = Field(default=0, description="Seed of folds, bootstraps and permutations.")
    segment: Segment | None = Field(default=None, description="Automatic segmentation of the tumours.")
    readers: Readers = Field(default=Readers(), description="Comparison of the readers and the model.")
    extract: Extract = Field(default=Extract(), description="Feature extraction.")
    reproducibility: Reproducibility = Field(
        default=Reproducibility(), description="Criteria for stable features."
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

    @field_validator("columns")
    @classmethod
    def _a_column_each(cls, columns: dict[str, str]) -> dict[str, str]:
        if len(set(columns.values())) < len(columns):
            raise ValueError("one column of your table cannot be used for two columns of the cohort table")
        return columns
