"""Settings of the preparation of a cohort."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from nbradiomics.cohort.fitting_subjects import FittingSubjects
from nbradiomics.cohort.in_fit import COLUMN as IN_FIT
from nbradiomics.errors import InputError
from nbradiomics.preparation.apply import variant_name
from nbradiomics.preparation.reading import read_steps
from nbradiomics.preparation.steps.step import FittedStep, Step
from nbradiomics.settings.kinds import Names, Seed, Text

_ENDINGS = (".yaml", ".yml")


def is_steps_file(steps: str) -> bool:
    """Whether steps are given as a file."""
    return steps.endswith(_ENDINGS)


def _short_form(value: Any) -> Any:
    """Write steps as the name of their variant, which can be read again; keep the name of a file."""
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, str) and is_steps_file(value):
        return value
    if not isinstance(value, str | list | tuple):
        return value
    try:
        return variant_name(read_steps(value))
    except InputError as error:
        raise ValueError(f"{error.problem} {error.remedy}") from error


Steps = Annotated[str, BeforeValidator(_short_form)]


class Preparation(FittingSubjects):
    """Which steps prepare the images, and what they need."""

    steps: Steps = Field(
        description="Steps in their order, such as n4,denoise,zscore or n4:shrink=2,zscore:over=body, or a "
        "YAML file with a list of them. Steps: register, n4, ad (denoise), nlm, zscore, percentile, "
        "whitestripe, nyul, resample."
    )
    sequences: Names | None = Field(
        default=None,
        description="Sequences that are prepared; the prepared cohort has no others. Default: all.",
    )
    channels: Names | None = Field(
        default=None,
        description="Channels whose intensities are changed; the other channels of a scan only follow to "
        "another grid. Default: all.",
    )
    body_roi: Text | None = Field(
        default=None, description="Region (`roi`) of the cohort table that is the mask of the body."
    )
    reference_roi: Text | None = Field(
        default=None, description="Region (`roi`) of the cohort table that is a reference tissue."
    )
    landmarks: Path | None = Field(
        default=None,
        description="Landmarks that were fitted elsewhere (landmarks.json of a preparation), instead of "
        "a fit.",
    )

    @property
    def chain(self) -> tuple[Step, ...]:
        """The steps."""
        return read_steps(self.steps)

    @property
    def unused_fit(self) -> str:
        """A sentence about stated fitting subjects or folds without anything to fit; empty otherwise."""
        stated = "fit_folds" if "fit_folds" in self.model_fields_set else ""
        stated = stated if self.fit_on is None else "fit_on"
        if not stated:
            return ""
        if self.landmarks is not None:
            return (
                f"{stated} is not used: the landmarks are those of a file. Mark subjects whose images fitted "
                f"them by `yes` in the column {IN_FIT} of the cohort table."
            )
        if not any(isinstance(step, FittedStep) for step in self.chain):
            return f"{stated} is not used: none of the steps is fitted on images, and no subject is marked."
        return ""

    @property
    def unused_reference(self) -> str:
        """A sentence about a reference tissue that no step measures; empty otherwise."""
        if self.reference_roi is None or any(getattr(step, "over", "") == "reference" for step in self.chain):
            return ""
        return (
            f"no step measures the reference tissue {self.reference_roi}, which is only left out of the "
            "prepared cohort: a step measures it with `over=reference`, as in zscore:over=reference."
        )


class PreparationSettings(Preparation):
    """Which steps prepare the images, what they need, and the seed."""

    seed: Seed = Field(default=0, description="Seed of the folds of the cross-fitting.")


def channel_steps(
    steps: Sequence[Step], channel: str, chosen: Names | None, *, first: bool
) -> tuple[Step, ...]:
    """Steps of one channel of a scan.

    Parameters
    ----------
    steps
        All steps.
    channel
        Name of the channel; empty for a scan of one image.
    chosen
        Channels whose intensities are changed; ``None`` for all.
    first
        Whether it is the channel on which masks are drawn, which no registration moves.
    """
    own = [step for step in steps if chosen is None or channel in chosen or step.changes_grid]
    return tuple(step for step in own if not (first and step.kind == "register"))
