"""Small cohorts made by hand, and the command line called in this process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.cli import main
from nbradiomics.images.io import read_image


def make_image(array: np.ndarray, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> sitk.Image:
    """Image from an array with axes z, y, x; spacing in mm in the order x, y, z."""
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing)
    return image


def array(image: sitk.Image | str | Path) -> np.ndarray:
    """Voxels of an image or of an image file, axes z, y, x."""
    return sitk.GetArrayFromImage(image if isinstance(image, sitk.Image) else read_image(image))


def ball(shape: tuple[int, int, int] = (10, 12, 14), radius: float = 3.0, shift: int = 0) -> np.ndarray:
    """Ball of ones in the middle, `shift` voxels along x."""
    z, y, x = np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in shape], indexing="ij")
    return (z**2 + y**2 + (x - shift) ** 2 <= radius**2).astype(np.uint8)


def write_scan(folder: Path, name: str, masks: dict[str, np.ndarray], *, seed: int = 0) -> dict[str, str]:
    """Write an image of noise and masks on it; give their file names relative to the folder."""
    shape = next(iter(masks.values())).shape
    rng = np.random.default_rng(seed)
    noise = rng.normal(100, 20, shape).astype(np.float32)
    sitk.WriteImage(make_image(noise), str(folder / f"{name}.nii.gz"))
    for reader, mask in masks.items():
        sitk.WriteImage(make_image(mask), str(folder / f"{name}_{reader}.nii.gz"))
    return {"image": f"{name}.nii.gz", **{reader: f"{name}_{reader}.nii.gz" for reader in masks}}


def write_cohort(folder: Path, rows: list[str], header: str = "subject,image,reader,mask") -> Path:
    """Write a cohort table from its lines."""
    path = folder / "cohort.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def two_readers(folder: Path, subjects: int = 3) -> Path:
    """Cohort of some subjects, each drawn by A and B, B a little smaller and shifted."""
    rows = []
    for number in range(subjects):
        radius = 3 + 0.4 * (number % 4)
        masks = {"A": ball(radius=radius), "B": ball(radius=radius - 0.3, shift=1)}
        files = write_scan(folder, f"s{number}", masks, seed=number)
        rows += [f"s{number},{files['image']},{reader},{files[reader]}" for reader in ("A", "B")]
    return write_cohort(folder, rows)


def call(*arguments: object) -> int:
    """Run a command in this process and give its exit code."""
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return int(stop.value.code or 0)


def first_is_quick(values: Sequence[Any]) -> list[Any]:
    """Parameters of a test that takes long: the first value, and the others as slow tests."""
    return [
        pytest.param(value, marks=[pytest.mark.slow] if place else []) for place, value in enumerate(values)
    ]
