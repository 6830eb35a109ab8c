"""Cohorts that a tiny network learns in seconds: balls that are brighter than the noise around them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch

from nbradiomics.cohort import Cohort, load_cohort
from nbradiomics.segmentation.training.recipe import Recipe
from nbradiomics.segmentation.training.settings import TrainingSettings
from nbradiomics.workflows.training import TrainedModel, train_model
from tests.support.helpers import ball, make_image, write_cohort

FOLDS = ("fold_0", "fold_1")
SHAPE = (12, 20, 20)
#: Voxel edges in mm, x, y, z.
SPACING = (1.0, 1.0, 2.0)
#: A network of a few thousand weights, trained for a moment.
TINY = Recipe(patch=(8, 16, 16), features=4, max_features=8, epochs=2, iterations=2)


def tiny(**changes: object) -> TrainingSettings:
    """Settings with the tiny recipe, some of its numbers changed."""
    return TrainingSettings(recipe=TINY.changed(**changes))


def write_phantom(folder: Path, name: str, *, radius: float = 4, shift: int = 0, seed: int = 0) -> None:
    """Write ``NAME.nii.gz`` and its mask ``NAME_A.nii.gz``."""
    mask = ball(SHAPE, radius, shift)
    noise = np.random.default_rng(seed).normal(100, 10, SHAPE)
    image = (noise + 80 * mask).astype(np.float32)
    sitk.WriteImage(make_image(image, SPACING), str(folder / f"{name}.nii.gz"))
    sitk.WriteImage(make_image(mask, SPACING), str(folder / f"{name}_A.nii.gz"))


def phantom_cohort(folder: Path, subjects: int = 4, *, timepoints: int = 1) -> Cohort:
    """Cohort of two sites; reader A has drawn everything."""
    rows = []
    for subject in range(subjects):
        for time in range(timepoints):
            name = f"s{subject}t{time}"
            write_phantom(folder, name, radius=3 + subject % 3, shift=subject - 2, seed=10 * subject + time)
            site = ("north", "south")[subject % 2]
            rows.append(f"s{subject},t{time},T2w,{site},{name}.nii.gz,A,{name}_A.nii.gz")
    header = "subject,timepoint,sequence,site,image,reader,mask"
    return load_cohort(write_cohort(folder, rows, header))


def train(cohort: Cohort, out: Path, **options: object) -> TrainedModel:
    """Train two folds of the tiny network, with a checkpoint after every epoch."""
    asked = {"reader": "A", "folds": 2, "settings": tiny(epochs=3), "checkpoint_seconds": 0.0}
    return train_model(cohort, out=out, **{**asked, **options})


def weights(model: Path) -> dict[str, dict[str, torch.Tensor]]:
    files = {fold: model / fold / "checkpoint_final.pth" for fold in FOLDS}
    return {fold: torch.load(file, weights_only=True)["network_weights"] for fold, file in files.items()}
