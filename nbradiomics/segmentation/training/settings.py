"""Settings that determine the weights of a model, and how its training is run."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nbradiomics.cohort.case_region import DEFAULT_LABEL
from nbradiomics.cohort.lesions import LesionRule
from nbradiomics.segmentation.device import Device, native_bf16, resolve_device
from nbradiomics.segmentation.training.recipe import Recipe
from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Seed

#: Epochs of nnU-Net's own trainer.
EPOCHS = 1000
#: Least seconds between two checkpoints; a kill loses at most this time and the current epoch.
CHECKPOINT_SECONDS = 120.0


class TrainingSettings(Settings):
    """Settings that determine the weights, in addition to the cases and their folds.

    Equal settings give equal weights on a processor of the same kind, with the same versions of torch and
    nnU-Net, and without `workers`.
    """

    recipe: Recipe | None = Field(
        default=None,
        description="Recipe of a small network; by default nnU-Net's own planning and trainer.",
    )
    epochs: Annotated[int, Field(ge=1)] = Field(
        default=EPOCHS, description="Epochs of nnU-Net's own trainer; a recipe has its own number."
    )
    seed: Seed = Field(default=0, description="Seed of folds and training.")
    device: Device = Field(default="auto", description="Device; auto is a GPU if torch sees one.")
    threads: Annotated[int, Field(ge=1)] = Field(
        default=1, description="Threads of torch in each process; the weights depend on their number."
    )
    workers: Annotated[int, Field(ge=0)] | None = Field(
        default=None,
        description="Augmentation processes of each fold; by default none on a CPU, nnU-Net's choice on a "
        "GPU. A seed gives the same weights only without these processes.",
    )

    def resolved(self) -> TrainingSettings:
        """Return a copy with the actual device, precision and number of epochs."""
        device, recipe = resolve_device(self.device), self.recipe
        if recipe is not None and recipe.precision == "auto" and device == "cpu":
            recipe = recipe.changed(precision="bf16" if native_bf16() else "fp32")
        return self.changed(
            recipe=recipe,
            epochs=recipe.epochs if recipe else self.epochs,
            device=device,
            workers=0 if self.workers is None and device == "cpu" else self.workers,
        )


class TrainingCases(Settings):
    """Choice of the masks of a cohort for the training."""

    sequence: str | None = Field(
        default=None, description="The sequence; not needed if the reader has masks on only one."
    )
    lesions: LesionRule | None = Field(
        default=None,
        description="Several lesions of a subject are united; other rules are refused if they would matter.",
    )
    label: int = Field(
        default=DEFAULT_LABEL, description="Label in masks for which the cohort table has none."
    )


class Checkpoints(Settings):
    """How the weights of a fold are stored."""

    checkpoint_seconds: float = Field(
        default=CHECKPOINT_SECONDS, description="Least seconds between two checkpoints of a fold."
    )
    half: bool = Field(default=False, description="Store the weights in half precision.")


class TrainingRun(Checkpoints):
    """How a training is run, and the name of the model."""

    folds: int = Field(
        default=5,
        description="Folds of the cross-validation, all trained; split by subject, balanced by site.",
    )
    mirroring: bool = Field(
        default=False,
        description="Average over mirrored images too when the cases are segmented: more accurate, but eight "
        "times slower.",
    )
    name: str | None = Field(default=None, description="Name of the model; by default that of the folder.")
    keep: bool = Field(default=False, description="Keep the folder training/ in the model.")
