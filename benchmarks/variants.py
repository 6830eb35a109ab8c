"""Time variants in memory against one extraction, and count the features that are robust to a chain.

    PYTHONPATH=. python benchmarks/variants.py time --data DATA/sts_mr --case STS_001
    PYTHONPATH=. python benchmarks/variants.py robust --data DATA/sts_mr --chain RTV

`time`: 30 variants of one tumour by `extract_cohort`, original image and all classes, one core, as multiples
of one extraction without variants (medians of alternating runs, in processor time, because the machine is
shared). `robust`: ICC(1) of each feature over all variants of some cases, and the number of features of each
class that reach 0.9, or whose lower confidence limit reaches 0.75 or 0.9.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk
import yaml
from threadpoolctl import threadpool_limits

from nbradiomics.features import presets
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.perturbation import Variant, read_chain
from nbradiomics.report.feature_names import feature_class
from nbradiomics.reproducibility.statistics.one_way import one_way_icc
from nbradiomics.tables import DESCRIPTIVE, INDEX

SEED = 1


def chains() -> dict[str, list[Variant]]:
    """Thirty variants of each kind."""
    shared = [Variant(noise=1, rotation=5.0, volume=share / 100) for share in range(-30, 32, 2) if share]
    return {
        "V: growth and shrinkage": read_chain("V"),
        "C: random contours": read_chain("C"),
        "one noisy and rotated image, 30 volumes": shared,
        "N: noise, an image each": read_chain("N"),
        "R: rotations, an image each": read_chain("R"),
        "RC: rotations with a random contour each": read_chain("RC")[:30],
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with NAME_image and NAME_mask")
    parser.add_argument("what", choices=["time", "robust"])
    parser.add_argument("--case", default="STS_001")
    parser.add_argument("--preset", default="t1w_mr_anisotropic")
    parser.add_argument("--cases", nargs="+", default=["STS_003", "STS_015", "STS_025", "STS_041", "STS_047"])
    parser.add_argument("--chain", default="RTV")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    with threadpool_limits(1):
        if options.what == "time":
            measure(options)
        else:
            count(options)


def cohort_of(data: Path, cases: list[str]) -> pd.DataFrame:
    """Cohort table of some cases with the expert's mask."""
    return pd.DataFrame(
        {
            "subject": cases,
            "image": [str((data / f"{case}_image.nii.gz").resolve()) for case in cases],
            "mask": [str((data / f"{case}_mask.nii.gz").resolve()) for case in cases],
            "reader": "expert",
        }
    )


def measure(options: argparse.Namespace) -> None:
    """Time each chain, alternating with one plain extraction."""
    params = yaml.safe_load(presets()[options.preset].read_text(encoding="utf-8"))
    params["imageType"] = {"Original": {}}
    cohort = cohort_of(options.data, [options.case])
    plain = extract_cohort(cohort, params=params).table
    print(f"{options.case}, {options.preset}: {plain['original_shape_VoxelVolume'][0] / 1000:.0f} ml")
    print("| variants | one (ms) | all (s) | multiple |")
    print("| --- | --- | --- | --- |")
    for name, variants in chains().items():
        extract_cohort(cohort, params=params, variants=variants[:2])
        taken: list[tuple[float, float]] = []
        for _ in range(options.repeats):
            one = seconds(lambda: extract_cohort(cohort, params=params))
            many = seconds(
                lambda chosen=variants: extract_cohort(cohort, params=params, variants=chosen, seed=SEED)
            )
            taken.append((one, many))
        one, many = np.median(np.array(taken), axis=0)
        print(f"| {name} ({len(variants)}) | {1000 * one:.0f} | {many:.2f} | {many / one:.1f} |", flush=True)


def seconds(run: object) -> float:
    """Processor time of a call; it must have no failure."""
    start = time.process_time()
    done = run()  # type: ignore[operator]
    assert done.failures == []
    return time.process_time() - start


def count(options: argparse.Namespace) -> None:
    """Count the robust features of each class."""
    cohort = cohort_of(options.data, options.cases)
    variants = read_chain(options.chain, SEED)
    start = time.process_time()
    done = extract_cohort(cohort, params=options.preset, variants=variants, seed=SEED)
    taken = time.process_time() - start
    made = f"{len(variants)} variants of {len(cohort)} cases"
    print(f"{options.chain}: {made}, {taken:.0f} s, {len(done.failures)} failures")
    names = [name for name in done.table.columns if name not in (*INDEX, *DESCRIPTIVE)]
    values = done.table.set_index(["subject", "variant"])[names]
    ratings = values.to_numpy().reshape(len(cohort), -1, len(names)).transpose(2, 0, 1)
    estimate, _ = one_way_icc(np.ascontiguousarray(ratings), 0.95)
    classes = pd.Series(names).map(feature_class)
    heads = (
        "class",
        "features",
        "ICC(1) >= 0.9",
        "lower limit >= 0.75",
        "lower limit >= 0.9",
        "lowest ICC(1)",
    )
    print(f"| {' | '.join(heads)} |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in dict.fromkeys(classes):
        chosen = (classes == name).to_numpy()
        value, low = estimate.value[chosen], estimate.low[chosen]
        worst = np.array(names)[chosen][np.nanargmin(value)]
        counts = (int((value >= 0.9).sum()), int((low >= 0.75).sum()), int((low >= 0.9).sum()))
        print(
            f"| {name} | {chosen.sum()} | {' | '.join(map(str, counts))} | {np.nanmin(value):.2f} ({worst}) |"
        )


if __name__ == "__main__":
    main()
