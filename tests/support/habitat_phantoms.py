"""Phantoms with two planted habitats: diffusion images with Rician noise, masks of two readers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

B_VALUES = (0.0, 50.0, 400.0, 1000.0)
#: True ADC of the two habitats in mm2/s.
PLANTED = (0.9e-3, 1.5e-3)


def rician(amplitude: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Magnitude of a complex signal with noise."""
    real = amplitude + rng.normal(0, sigma, amplitude.shape)
    return np.hypot(real, rng.normal(0, sigma, amplitude.shape))


def _ellipsoid(shape: tuple[int, int, int], radii: tuple[float, float, float], shift: int = 0) -> np.ndarray:
    places = np.indices(shape) - np.array(shape).reshape(3, 1, 1, 1) / 2
    places[2] -= shift
    return np.square(places / np.array(radii).reshape(3, 1, 1, 1)).sum(axis=0) < 1


def write_planted(folder: Path, subjects: int = 4, *, sigma: float = 60.0) -> Path:
    """Write a cohort: channels b0 ... b1000 and T2w, readers A and B, `truth` maps with labels 1 and 2."""
    rows = ["subject,channel,image,reader,mask"]
    shape = (8, 24, 24)
    for number in range(subjects):
        rng = np.random.default_rng([7, number])
        tumour = _ellipsoid(shape, (3.5, 8, 8))
        core = _ellipsoid(shape, (2.5, 4 + 0.5 * (number % 3), 5)) & tumour
        adc = np.where(core, PLANTED[1], PLANTED[0]) * np.exp(rng.normal(0, 0.08, shape))
        signal = np.where(_ellipsoid(shape, (9, 11, 11)), 800.0, 0.0)
        name = f"s{number}"
        for b in B_VALUES:
            _write(folder / f"{name}_b{b:g}.nii.gz", rician(signal * np.exp(-b * adc), sigma, rng))
            masks = (("A", f"{name}_A.nii.gz"), ("B", f"{name}_B.nii.gz")) if b == 0 else (("", ""),)
            rows += [f"{name},b{b:g},{name}_b{b:g}.nii.gz,{reader},{mask}" for reader, mask in masks]
        t2w = np.where(core, 300, 200) + rng.normal(0, 60, shape)
        _write(folder / f"{name}_t2w.nii.gz", t2w)
        rows.append(f"{name},T2w,{name}_t2w.nii.gz,,")
        _write(folder / f"{name}_A.nii.gz", tumour.astype(np.uint8))
        _write(folder / f"{name}_B.nii.gz", np.roll(tumour, 1, 2).astype(np.uint8))
        _write(folder / f"{name}_truth.nii.gz", np.where(core, 2, tumour).astype(np.uint8))
    table = folder / "cohort.csv"
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return table


def _write(path: Path, array: np.ndarray) -> None:
    array = array if array.dtype == np.uint8 else array.astype(np.float32)
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((1.5, 1.5, 3.0))
    sitk.WriteImage(image, str(path))
