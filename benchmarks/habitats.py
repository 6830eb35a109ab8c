"""Habitats of the synthetic cohort: shares recovered, confidence calibrated, time of a large tumour.

    python -m benchmarks.habitats FOLDER --subjects 12

The cohort has diffusion images with the blur, shading and Rician noise of two scanners, and two habitats of
known place in every tumour. The ADC is fitted, and the habitats are cross-fitted to it, so that no subject's
own data decide about its habitats. Voxels outside the true tumour, which a reader may include, have no true
habitat and are not counted.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk

from nbradiomics import Execution, load_cohort, make_cohort
from nbradiomics.cohort import Cohort
from nbradiomics.habitats.cohort import HabitatCohort, find_habitats
from nbradiomics.habitats.diffusion.cohort import fit_adc
from nbradiomics.images.io import read_image
from nbradiomics.synthetic import Diffusion

BINS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.95, 0.99, 1.001)
#: Voxels of the tumour that is timed.
LARGE = 100_000


def cohort_of_reader(folder: Path, subjects: int, diffusion: Diffusion, reader: str) -> Cohort:
    """Synthetic cohort with the masks of one reader; ``truth`` is the true mask."""
    table = load_cohort(make_cohort(folder, subjects=subjects, diffusion=diffusion)).table
    wanted = "A" if reader == "truth" else reader
    table = table[table["reader"].isin([wanted, ""])].copy()
    if reader == "truth":
        table["mask"] = [mask.replace("masks/A", "truth") for mask in table["mask"]]
    return load_cohort(table)


def voxels(done: HabitatCohort, folder: Path, maps: Path) -> pd.DataFrame:
    """One row per voxel: subject, confidence, whether the habitat is the true one."""
    parts = []
    for row in done.tables.regions.itertuples():
        found = array(maps / str(row.map))
        confidence = array(maps / str(row.map).replace("_habitats.", "_confidence."))
        truth = array(folder / "truth" / f"{row.subject}_habitats.nii.gz")
        known = (truth > 0) & (found > 0) & (found < 255)
        right = found[known] == truth[known]
        parts.append(pd.DataFrame({"subject": row.subject, "confidence": confidence[known], "right": right}))
    return pd.concat(parts, ignore_index=True)


def array(file: Path) -> np.ndarray:
    """Voxels of an image file."""
    return sitk.GetArrayFromImage(read_image(file))


def report(name: str, done: HabitatCohort, folder: Path, maps: Path) -> None:
    """Print the error of the shares, and the calibration of the confidence."""
    truth = pd.read_csv(folder / "truth.csv").set_index("subject")["habitat_1_share"]
    table = done.tables.habitats
    first = table[table["habitat"] == 1].set_index("subject")
    for column in ("fraction", "expected_fraction"):
        error = first[column] - truth
        print(
            f"{name}, {column}: mean error {error.mean():+.3f}, absolute {error.abs().mean():.3f}, ", end=""
        )
        print(f"largest {error.abs().max():.3f}")
    each = voxels(done, folder, maps)
    groups = each.groupby(pd.cut(each["confidence"], BINS, right=False), observed=True)
    lines = groups.agg(voxels=("right", "size"), confidence=("confidence", "mean"), right=("right", "mean"))
    print(lines.round(3).to_string())
    near = each[each["confidence"].between(0.85, 0.95)].groupby("subject")["right"].agg(["mean", "size"])
    print(f"confidence 0.85 to 0.95 by subject: right {near['mean'].min():.3f} to {near['mean'].max():.3f}")


def timed(folder: Path) -> None:
    """Time the fit and the habitats of one tumour of `LARGE` voxels among small ones."""
    shape = (60, 90, 90)
    rng = np.random.default_rng(0)
    z, y, x = np.meshgrid(*[np.arange(size) - (size - 1) / 2 for size in shape], indexing="ij")
    depth = z**2 + y**2 + x**2
    rows = []
    for number, size in enumerate((LARGE, 5000, 5000)):
        mask = (depth <= np.sort(depth, axis=None)[size - 1]).astype(np.uint8)
        values = np.where(x + rng.normal(0, 4, shape) < 0, 0.85e-3, 1.45e-3) + rng.normal(0, 1.5e-4, shape)
        for kind, content in (("adc", values.astype(np.float32)), ("mask", mask)):
            folder.mkdir(parents=True, exist_ok=True)
            sitk.WriteImage(sitk.GetImageFromArray(content), str(folder / f"{kind}{number}.nii.gz"))
        rows.append((f"s{number}", f"adc{number}.nii.gz", "A", f"mask{number}.nii.gz", "ADC"))
    table = pd.DataFrame(rows, columns=["subject", "image", "reader", "mask", "channel"])
    cohort = load_cohort(table, folder=folder)
    for clusters in (2, "auto"):
        began = time.process_time()
        done = find_habitats(cohort, out=folder / f"maps-{clusters}", clusters=clusters, fit_folds=3)
        seconds = time.process_time() - began
        print(f"a tumour of {LARGE:,} voxels and two of 5,000, clusters {clusters}: ", end="")
        print(f"{seconds:.1f} s of one processor, {len(done.failures)} failures")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--subjects", type=int, default=12)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    execution = Execution(jobs=given.jobs)
    timed(given.folder / "large")
    data = given.folder / "cohort"
    began = time.perf_counter()
    cohort = cohort_of_reader(data, given.subjects, Diffusion(), "A")
    print(f"{given.subjects} subjects made in {time.perf_counter() - began:.0f} s")
    began = time.perf_counter()
    fitted = fit_adc(cohort, out=given.folder / "adc", execution=execution)
    print(f"ADC of whole images: {time.perf_counter() - began:.0f} s, {len(fitted.failures)} failures")
    for clusters in (2, "auto"):
        began = time.perf_counter()
        maps = given.folder / f"habitats-{clusters}"
        done = find_habitats(
            fitted.cohort, out=maps, channels=("ADC",), clusters=clusters, execution=execution
        )
        print(f"clusters {clusters}: {time.perf_counter() - began:.0f} s, found {done.model.clusters}")
        if done.model.clusters == 2:
            report(f"clusters {clusters}", done, data, maps)


if __name__ == "__main__":
    main()
