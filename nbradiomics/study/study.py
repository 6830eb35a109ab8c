"""The study file: what a user writes to have everything run.

Sections are named after the stages; a stage whose section is absent is not run. Unknown keys are refused.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from nbradiomics.clinical.declaration import Declaration
from nbradiomics.cohort.columns import DEFAULTS
from nbradiomics.errors import InputError
from nbradiomics.messages.suggestion import did_you_mean

Share = Annotated[float, Field(gt=0, lt=1)]


def _known_column(name: str) -> str:
    if name not in DEFAULTS:
        raise ValueError(
            f"no column of a cohort table is called so. {did_you_mean(name, DEFAULTS)}"
            f"There are: {', '.join(DEFAULTS)}"
        )
    return name


def _as_value(value: Any) -> Any:
    """Text of a value of a table: YAML makes numbers of 1 and 2, and truths of yes and no."""
    if isinstance(value, bool):
        raise ValueError("YAML reads yes, no, true and false as something else: put quotes around them")
    return f"{value:.15g}" if isinstance(value, int | float) else value


def _as_values(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Value = Annotated[str, BeforeValidator(_as_value)]
Values = Annotated[list[Value], BeforeValidator(_as_values)]


class Section(BaseModel):
    """What all sections of a study file have in common: unknown keys are refused, and nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Declaring(Section):
    """A section that may say what columns of its clinical table are."""

    categorical: list[str] = Field(default=[], description="Columns that are categories, such as sites 1, 2.")
    numeric: list[str] = Field(default=[], description="Columns that are numbers.")

    @property
    def declared(self) -> Declaration:
        """What is said about the columns of the clinical table."""
        return Declaration(categorical=tuple(self.categorical), numeric=tuple(self.numeric))

    @model_validator(mode="after")
    def _declared_once(self) -> Self:
        try:
            _ = self.declared
        except InputError as error:
            raise ValueError(str(error)) from error
        return self


class Segment(Section):
    """How the tumours are found; its masks become reader ``auto``."""

    model: str = Field(description="Name of a bundled or imported model, or a trained nnU-Net v2 folder.")
    training_subjects: list[str] | None = Field(
        default=None,
        description="Subjects that the model was trained on, of other cohorts too; needed for a "
        "model that does not record what it was trained on. An empty list says: none.",
    )
    maps: bool = Field(default=True, description="Write probability, entropy and each fold's mask.")
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        default="auto", description="Of the network; auto is bf16 or fp16 where the device has it."
    )
    resampling: Literal["torch", "stock"] = Field(
        default="torch", description="stock, with fp32, gives the mask of nnU-Net itself, and is slower."
    )
    mirroring: bool = Field(default=False, description="Average mirrored images in: eight times slower.")
    largest_component: bool = Field(default=False, description="Keep the largest component of each mask.")
    min_volume_ml: Annotated[float, Field(ge=0)] = Field(
        default=0.0, description="Components that are smaller, in millilitres, are removed."
    )


class Readers(_Declaring):
    """How the readers and the model are compared, and what is asked of the comparison."""

    metric: str = Field(
        default="dice", description="The metric that decides; a column of the agreement table."
    )
    margin: Annotated[float, Field(gt=0)] = Field(
        default=0.03,
        description="By how much the model may agree less with the readers than they do with each other, in "
        "units of the metric. To be fixed before the masks are seen.",
    )
    margin_fixed: str | None = Field(
        default=None,
        description="When or where the margin was fixed before the masks were seen: a date or a protocol.",
    )
    epsilons: list[Annotated[float, Field(ge=0, lt=1)]] = Field(
        default=[0.2, 0.0], description="Advantage of the model in the alternative annotator test."
    )
    tolerance_mm: Annotated[float, Field(gt=0)] = Field(
        default=3.0, description="Tolerance of the surface Dice."
    )
    background_mm: Annotated[float, Field(ge=0)] | None = Field(
        default=None,
        description="Margin of the box around both masks whose background counts for specificity, kappa and "
        "ROC area; the whole image unless given.",
    )
    consensus: list[Literal["majority", "staple"]] = Field(
        default=[], description="Consensus of the other readers as a further reference."
    )
    subgroups: list[str] = Field(
        default=[],
        description="Columns of the cohort or clinical table; site, timepoint and sequence unless given.",
    )
    clinical: Path | None = Field(
        default=None, description="Clinical table for subgroups; that of `outcome` unless given."
    )
    maps: bool = Field(default=True, description="Write maps of the signed distance to each reader.")
    bootstraps: Annotated[int, Field(ge=100)] = 2000

    @field_validator("margin_fixed", mode="before")
    @classmethod
    def _says_when(cls, value: Any) -> Any:
        if isinstance(value, dt.date):  # YAML reads 2026-01-31 as one
            return value.isoformat()
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        raise ValueError("a date or the name of a protocol was expected, in quotes if need be")


class Extract(Section):
    """Which features are computed."""

    params: str = Field(default="t2w_mr_anisotropic", description="PyRadiomics parameter file or preset.")
    engine: str = Field(
        default="native", description="Engine that computes the numbers: native or pyradiomics."
    )


class Reproducibility(Section):
    """What counts as stable."""

    threshold: Share = Field(default=0.75, description="Lowest lower limit of the ICC of a stable feature.")
    confidence: Share = Field(default=0.95, description="Confidence of the interval.")
    min_subjects: Annotated[int, Field(ge=2)] = Field(
        default=10, description="Fewest subjects with a value by every reader for a feature to be stable."
    )


class Endpoint(Section):
    """One endpoint of the clinical table; time counts from the scan."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", description="Short name; it names a folder.")
    time: str = Field(description="Column with the time from the scan to the event or to censoring.")
    event: str = Field(description="Column with 1 for an event and 0 for censoring, or yes/no, dead/alive.")
    event_value: Values = Field(
        default=[], description="Values of the column that mean an event, where it is coded otherwise."
    )
    zero_times: Literal["drop"] | Annotated[float, Field(gt=0, strict=True)] | None = Field(
        default=None,
        description="What becomes of a time of 0: drop leaves the subject out, a number takes its place, in "
        "the unit of the time (0.5 for half a day).",
    )


class Outcome(_Declaring):
    """Which outcome models are fitted and validated."""

    clinical: Path = Field(description="Clinical table: one row per subject.")
    endpoints: list[Endpoint] = Field(min_length=1)
    covariates: list[str] = Field(default=[], description="Clinical columns that enter the models.")
    features: list[str] = Field(
        default=[],
        description="Features that count: names or patterns (original_shape_*); else all.",
    )
    ordinal: dict[str, Values] = Field(
        default={}, description="Levels of a column in order, the lowest first: it enters as 0, 1, 2, ..."
    )
    missing: Values | dict[str, Values] = Field(
        default=[], description="Codes of missing values: for all columns, or by column."
    )
    reader: str = Field(default="auto", description="Whose masks the features come from.")
    timepoint: str | None = Field(default=None, description="Which scan; needed when subjects have several.")
    sequence: str | None = None
    roi: str | None = None
    folds: Annotated[int, Field(ge=2)] = 5
    repeats: Annotated[int, Field(ge=1)] = 10
    penalizer: Annotated[float, Field(ge=0)] = Field(default=1.0, description="Ridge penalty of features.")
    covariate_penalizer: Annotated[float, Field(ge=0)] = Field(
        default=0.1, description="Ridge penalty of covariates."
    )
    correlation: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.9, description="Of two features whose correlation exceeds this one is dropped."
    )
    bootstraps: Annotated[int, Field(ge=100)] = 1000
    permutations: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Refits on permuted outcomes for the p of the risk groups; 0 gives no p."
    )

    @property
    def declared(self) -> Declaration:
        """What is said about the columns of the clinical table."""
        missing = self.missing if isinstance(self.missing, dict) else {"": self.missing}
        return Declaration(
            categorical=tuple(self.categorical),
            numeric=tuple(self.numeric),
            ordinal={name: tuple(levels) for name, levels in self.ordinal.items()},
            missing={name: tuple(codes) for name, codes in missing.items() if codes},
        )

    @field_validator("endpoints")
    @classmethod
    def _named_apart(cls, endpoints: list[Endpoint]) -> list[Endpoint]:
        names = [endpoint.name.casefold() for endpoint in endpoints]
        if len(set(names)) < len(names):
            raise ValueError(f"endpoints need names of their own, not {', '.join(names)}")
        return endpoints


class Study(Section):
    """A whole study. Paths are absolute once it is loaded."""

    name: str = "study"
    synthetic: bool = Field(default=False, description="The cohort is simulated; the report says so.")
    cohort: Path = Field(description="Cohort table.")
    columns: dict[Annotated[str, AfterValidator(_known_column)], str] = Field(
        default={},
        description="Your own column for one of the cohort table's (subject: PatientID); that of subjects "
        "holds for clinical tables too.",
    )
    lesions: Literal["union", "largest", "roi", "components"] = Field(
        default="union",
        description="What becomes of several lesions of a subject; labels of a batch table get a row each "
        "unless a rule is given.",
    )
    lesion_min_ml: Annotated[float, Field(ge=0)] | None = Field(
        default=None,
        description="With `lesions: components`: least volume of one, in millilitres; 0.1 unless given.",
    )
    seed: int = 0
    segment: Segment | None = None
    readers: Readers = Readers()
    extract: Extract = Extract()
    reproducibility: Reproducibility = Reproducibility()
    outcome: Outcome | None = None

    @property
    def asked_lesions(self) -> str | None:
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
