"""Time all our metrics of a pair of masks, and the surface metrics of google-deepmind's `surface-distance`.

    python -m benchmarks.agreement --data DATA/sts_mr --masks 5 --repeats 7

Each mask of the folder, the largest first, is compared with a seeded second reader made from it (shifted by
up to 2 voxels, then grown or shrunk by one voxel at 70 % of its boundary). Both programs get the same masks,
in memory. Repeats alternate, on one thread; the times are medians. The timed functions are:

- ours: `compare_regions`, all metrics except the probability curve, from two SimpleITK images;
- theirs: `compute_surface_distances`, HD95, average surface distance and surface Dice, from two arrays.

The script prints a table for RESULTS.md and the largest difference of the values that both define.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import surface_distance
from threadpoolctl import threadpool_limits

from nbradiomics.agreement import compare_regions
from nbradiomics.agreement.metrics import TOLERANCE_MM
from tests.support.second_reader import second_reader

SHARED = ("hd95_mm", "assd_mm", "nsd")


def main() -> None:
    """Measure the masks and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with NAME_mask.nii.gz")
    parser.add_argument("--masks", type=int, default=5, help="number of masks, the largest first")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    references = [sitk.ReadImage(str(path)) != 0 for path in sorted(options.data.glob("*_mask.nii.gz"))]
    references.sort(key=lambda image: -np.count_nonzero(sitk.GetArrayViewFromImage(image)))
    print("| voxels | ours (s) | surface-distance (s) | ratio | HD95 (mm) | ASSD (mm) | surface Dice |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with threadpool_limits(1), warnings.catch_warnings():
        # surface-distance 0.1 uses names of scipy.ndimage that SciPy has deprecated since.
        warnings.simplefilter("ignore", DeprecationWarning)
        apart = [one_mask(reference, repeats=options.repeats) for reference in references[: options.masks]]
    print(f"\nlargest difference of a value: {max(apart):.1e}")


def one_mask(reference: sitk.Image, *, repeats: int) -> float:
    """Print a row, and return the largest difference of the values."""
    expected = sitk.GetArrayFromImage(reference) > 0
    inside = second_reader(expected, seed=int(expected.sum()))
    mask = sitk.GetImageFromArray(inside.astype(np.uint8))
    mask.CopyInformation(reference)
    spacing = reference.GetSpacing()[::-1]
    times, found = alternate(
        lambda: compare_regions(mask, reference), lambda: theirs(inside, expected, spacing), repeats=repeats
    )
    ours = [found[0][name] for name in SHARED]
    values = " | ".join(f"{a:.6f}, {b:.6f}" for a, b in zip(ours, found[1], strict=True))
    print(f"| {expected.sum():,} | {times[0]:.3f} | {times[1]:.3f} | {times[0] / times[1]:.3f} | {values} |")
    return float(np.abs(np.subtract(ours, found[1])).max())


def alternate(*ways: Callable[[], object], repeats: int) -> tuple[list[float], list]:
    """Run the functions in turn, and return the median seconds and the result of each."""
    seconds: list[list[float]] = [[] for _ in ways]
    found = [way() for way in ways]
    for _ in range(repeats):
        for taken, way in zip(seconds, ways, strict=True):
            start = time.perf_counter()
            way()
            taken.append(time.perf_counter() - start)
    return [float(np.median(taken)) for taken in seconds], found


def theirs(mask: np.ndarray, reference: np.ndarray, spacing: tuple[float, float, float]) -> list[float]:
    """Compute HD95, average symmetric surface distance and surface Dice with surface-distance."""
    found = surface_distance.compute_surface_distances(reference, mask, spacing)
    there, back = surface_distance.compute_average_surface_distance(found)
    areas = found["surfel_areas_gt"].sum(), found["surfel_areas_pred"].sum()
    return [
        surface_distance.compute_robust_hausdorff(found, 95),
        (there * areas[0] + back * areas[1]) / sum(areas),
        surface_distance.compute_surface_dice_at_tolerance(found, TOLERANCE_MM),
    ]


if __name__ == "__main__":
    main()
