"""An external cohort in a study file, and the names of its validations."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Names

#: Form of a name that becomes a folder.
FOLDER_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
#: Folder of the validations of an endpoint, in that of its models.
VALIDATION = "validation"
#: Words between the names of an endpoint and of an external cohort; neither name can contain a space.
_VALIDATED = " validated on "


class ExternalCohort(Settings):
    """Other subjects, on whom the models of a study are judged as they are."""

    name: str = Field(pattern=FOLDER_NAME, description="Short name, used as the name of a folder.")
    features: Path = Field(
        description="Feature table of the external cohort, made with the engine and the parameters of this "
        "study."
    )
    clinical: Path = Field(
        description="Its clinical table: the columns and units of the study's clinical table."
    )
    endpoints: Names = Field(
        default=(), description="Names of the endpoints that are validated; all by default."
    )

    @property
    def files(self) -> tuple[Path, Path]:
        """The tables of the cohort."""
        return self.features, self.clinical


def validation_case(endpoint: str, cohort: str) -> str:
    """Name of a validation in the table of failures, from the names of endpoint and external cohort."""
    return f"{endpoint}{_VALIDATED}{cohort}"


def parts_of_case(case: str) -> tuple[str, str]:
    """Names of endpoint and external cohort of a case; the latter is empty for a cross-validation."""
    endpoint, _, cohort = case.partition(_VALIDATED)
    return endpoint, cohort
