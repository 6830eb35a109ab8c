"""Do simulated readers disagree as real ones do? Estimated on one half of the tumours, judged on the other.

``python -m benchmarks.simulated_readers COHORT.csv --splits 4``: Dice and volume difference of all pairs of
real readers in the second half, and of pairs of simulated readers of the same masks.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import SimpleITK as sitk

from nbradiomics.cohort import Case, load_cohort
from nbradiomics.cohort.case_region import read_case_region
from nbradiomics.execution.execution import Execution
from nbradiomics.perturbation.boxes import box_around, voxels_in
from nbradiomics.perturbation.disagreement import Disagreement
from nbradiomics.perturbation.reader_model import estimate_readers
from nbradiomics.perturbation.readers import difficulty, simulated_reader
from nbradiomics.perturbation.seeds import generator

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def measures(one: np.ndarray, other: np.ndarray, spacing: Sequence[float]) -> tuple[float, ...]:
    """Dice, volume difference as a share of the mean volume, and ratios of volume and of roughness."""
    a, b = float(one.sum()), float(other.sum())
    rough = [faces(mask, spacing) / float(mask.sum()) ** (2 / 3) for mask in (one, other)]
    return 2 * float((one & other).sum()) / (a + b), 2 * abs(a - b) / (a + b), b / a, rough[1] / rough[0]


def faces(mask: np.ndarray, spacing: Sequence[float]) -> float:
    """Area of the outer faces of voxels."""
    padded = np.pad(mask, 1).astype(int)
    return sum(
        float(np.abs(np.diff(padded, axis=axis)).sum()) * float(np.prod(spacing)) / edge
        for axis, edge in enumerate(spacing)
    )


def judged(subjects: dict[str, list[Case]], chosen: list[str], found: Disagreement) -> tuple[np.ndarray, ...]:
    """Measures of real pairs, of simulated pairs, and of simulated readers against their masks."""
    real, simulated, against = [], [], []
    for subject in chosen:
        regions = [read_case_region(case) for case in subjects[subject]]
        masks = [sitk.GetArrayFromImage(region) != 0 for region in regions]
        spacing = regions[0].GetSpacing()[::-1]
        box = box_around(np.logical_or.reduce(masks), voxels_in(20.0, spacing))
        masks = [mask[box] for mask in masks]
        real += [measures(one, other, spacing) for one, other in combinations(masks, 2)]
        for number, mask in enumerate(masks):
            scale = difficulty(found, generator(1, subject, number))
            pair = [
                simulated_reader(mask, spacing, found, generator(1, subject, number, draw), scale)
                for draw in (1, 2)
            ]
            simulated.append(measures(*pair, spacing))
            against.append(measures(mask, pair[0], spacing))
    return np.array(real), np.array(simulated), np.array(against)


def main() -> None:
    """Print a table for each split."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cohort")
    parser.add_argument("--splits", type=int, default=2)
    options = parser.parse_args()
    subjects: dict[str, list[Case]] = {}
    for case in load_cohort(options.cohort).cases():
        subjects.setdefault(case.scan.subject, []).append(case)
    names = sorted(subjects)
    for split in range(options.splits):
        order = np.random.default_rng(split).permutation(names).tolist()
        half, rest = order[: len(order) // 2], order[len(order) // 2 :]
        cases = [case for name in half for case in subjects[name]]
        found, failures = estimate_readers(cases, label=1, seed=split, execution=Execution())
        print(f"split {split}: {len(half)} and {len(rest)} tumours, {len(failures)} failures: {found!r}")
        tables = judged(subjects, rest, found)
        for column, name in enumerate(("Dice", "volume difference", "volume ratio", "roughness ratio")):
            for label, values in zip(("real", "simulated", "against the mask"), tables, strict=True):
                quantiles = " | ".join(f"{value:.3f}" for value in np.quantile(values[:, column], QUANTILES))
                print(f"| {name} | {label} | {quantiles} |", flush=True)


if __name__ == "__main__":
    main()
