"""The study file: what a user writes to have everything run.

Sections are named after the stages and made of the settings of their rooms; a stage whose section is absent
is not run. Unknown keys are refused.
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
            f"no column of a cohort table is called so. {did_you_mean(name, DEFAULTS)}"
            f"There are: {', '.join(DEFAULTS)}"
        )
    return name


class Segment(Inference, PostProcessing):
    """How the tumours are found; its masks become reader ``auto``."""

    model: str = Field(description="Name of a bundled or imported model, or a trained nnU-Net v2 folder.")
    training_subjects: list[str] | None = Field(
        default=None,
        description="Subjects that the model was trained on, of other cohorts too; needed for a "
        "model that does not record what it was trained on. An empty list says: none.",
    )
    maps: bool = Field(default=True, description="Write probability, entropy and each fold's mask.")


class Readers(ReaderAnalysis, ComparisonSettings, Declaration):
    """How the readers and the model are compared, and what is asked of the comparison."""

    consensus: tuple[Literal["majority", "staple"], ...] = Field(
        default=(), description="Consensus of the other readers as a further reference."
    )
    clinical: Path | None = Field(
        default=None, description="Clinical table for subgroups; that of `outcome` unless given."
    )
    maps: bool = Field(default=True, description="Write maps of the signed distance to each reader.")


class Extract(ExtractionSettings):
    """Which features are computed."""


class Reproducibility(StabilitySettings):
    """What counts as stable."""


class Endpoint(clinical.Endpoint):
    """One endpoint of the clinical table, with the name of its results; time counts from the scan."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", description="Short name; it names a folder.")


class Outcome(ModelSettings, Predictors, RowsOfReader):
    """Which outcome models are fitted and validated."""

    clinical: Path = Field(description="Clinical table: one row per subject.")
    endpoints: list[Endpoint] = Field(min_length=1, description="Endpoints, each with models of its own.")
    reader: str | None = Field(default="auto", description="Whose masks the features come from.")

    @field_validator("endpoints")
    @classmethod
    def _named_apart(cls, endpoints: list[Endpoint]) -> list[Endpoint]:
        names = [endpoint.name.casefold() for endpoint in endpoints]
        if len(set(names)) < len(names):
            raise ValueError(f"endpoints need names of their own, not {', '.join(names)}")
        return endpoints


class Study(Settings):
    """A whole study. Paths are absolute once it is loaded."""

    name: str = Field(default="study", description="Name of the study.")
    synthetic: bool = Field(default=False, description="The cohort is simulated; the report says so.")
    cohort: Path = Field(description="Cohort table.")
    columns: dict[Annotated[str, AfterValidator(_known_column)], str] = Field(
        default={},
        description="Your own column for one of the cohort table's (subject: PatientID); that of subjects "
        "holds for clinical tables too.",
    )
    lesions: LesionRule = Field(
        default="union",
        description="What becomes of several lesions of a subject; labels of a batch table get a row each "
        "unless a rule is given.",
    )
    lesion_min_ml: Annotated[float, Field(ge=0)] | None = Field(
        default=None,
        description="With `lesions: components`: least volume of one, in millilitres; 0.1 unless given.",
    )
    seed: Seed = Field(default=0, description="Seed of folds, bootstraps and permutations.")
    segment: Segment | None = Field(default=None, description="How the tumours are found.")
    readers: Readers = Field(default=Readers(), description="How readers and model are compared.")
    extract: Extract = Field(default=Extract(), description="Which features are computed.")
    reproducibility: Reproducibility = Field(default=Reproducibility(), description="What counts as stable.")
    outcome: Outcome | None = Field(default=None, description="Which outcome models are fitted.")

    @property
    def asked_lesions(self) -> LesionRule | None:
        """The rule for several lesions, where the file gives one."""
        return self.lesions if "lesions" in self.model_fields_set else None

    @property
    def subject_column(self) -> dict[str, str]:
        """The part of `columns` that holds for clinical tables."""
        return {name: own for name, own in self.columns.items() if name == "subject"}

    @field_validator("columns")
    @classmethod
    def _a_column_each(cls, columns: dict[str, str]) -> dict[str, str]:
        if len(set(columns.values())) < len(columns):
            raise ValueError("one column of a table cannot be two of ours")
        return columns
