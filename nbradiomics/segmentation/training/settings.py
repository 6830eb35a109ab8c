"""What decides the weights of a model, and how its training is carried out."""

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
#: Seconds between two checkpoints, at the least; what a kill can cost besides the epoch it falls into.
CHECKPOINT_SECONDS = 120.0


class TrainingSettings(Settings):
    """What decides the weights, besides the cases and their folds.

    Equal settings give equal weights on a processor of the same kind, with the same versions of torch and
    nnU-Net, and without `workers`.
    """

    recipe: Recipe | None = Field(
        default=None,
        description="Recipe of a small network; nnU-Net's own planning and trainer unless given.",
    )
    epochs: Annotated[int, Field(ge=1)] = Field(
        default=EPOCHS, description="Epochs of nnU-Net's own trainer; a recipe has its own."
    )
    seed: Seed = Field(default=0, description="Seed of folds and training.")
    device: Device = Field(default="auto", description="Device; auto is a GPU where torch sees one.")
    threads: Annotated[int, Field(ge=1)] = Field(
        default=1, description="Threads of torch in each process; the weights depend on them."
    )
    workers: Annotated[int, Field(ge=0)] | None = Field(
        default=None,
        description="Processes for augmentation beside each fold; none on a CPU and nnU-Net's choice on a "
        "GPU unless given. Only without them does a seed give the same weights.",
    )

    def resolved(self) -> TrainingSettings:
        """The same with a device that there is, its precision, and the epochs that will be done."""
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
    """Which masks of a cohort are learnt from."""

    sequence: str | None = Field(
        default=None, description="Which sequence; it may be left out where the reader has masks on one."
    )
    lesions: LesionRule | None = Field(
        default=None,
        description="Several lesions of a subject are united; the other rules are refused where they matter.",
    )
    label: int = Field(default=DEFAULT_LABEL, description="Label of masks for which the cohort names none.")


class Checkpoints(Settings):
    """How the weights of a fold are stored."""

    checkpoint_seconds: float = Field(
        default=CHECKPOINT_SECONDS, description="Seconds between two checkpoints of a fold, at the least."
    )
    half: bool = Field(default=False, description="Store the weights in half precision.")


class TrainingRun(Checkpoints):
    """How a training is carried out, and what the model is called."""

    folds: int = Field(
        default=5,
        description="Folds of the cross-validation, all trained: split by subject, balanced by site.",
    )
    mirroring: bool = Field(
        default=False,
        description="Average mirrored images in when the cases are segmented: more accurate, and eight times "
        "slower.",
    )
    name: str | None = Field(default=None, description="The model's name; the folder's unless given.")
    keep: bool = Field(default=False, description="Keep the folder training/ in the model.")
