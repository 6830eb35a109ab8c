"""Negative controls on real tumours: their time, what they keep, and why voxels change after resampling.

    PYTHONPATH=. python benchmarks/controls.py time --data DATA/sts_mr
    PYTHONPATH=. python benchmarks/controls.py kept --data DATA/sts_mr
    PYTHONPATH=. python benchmarks/controls.py order --data DATA/sts_mr

`time`: processor time of `nbradiomics controls` against `nbradiomics extract` of the same masks, one process,
as a user runs them, without the time of `nbradiomics --help`. `kept`: of each feature class, the median over
features of Spearman's correlation over patients between the control and the real features, and the largest
relative difference. `order`: voxels that are shuffled before the image is resampled, and after.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from nbradiomics.features.cohort import extract_cohort
from nbradiomics.features.controls.extract import extract_controls
from nbradiomics.features.controls.kinds import CONTROLS, Control, control_of
from nbradiomics.features.controls.settings import ControlSettings
from nbradiomics.features.extract import extract_features
from nbradiomics.features.parameters import load_parameters
from nbradiomics.tables import feature_columns

CLASSES = ("shape", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")


def cohort_of(data: Path, most: int) -> pd.DataFrame:
    """Cohort table of the first cases, with the expert's mask as reader A."""
    images = sorted(data.glob("*_image.nii.gz"))[:most]
    masks = [str(image).replace("_image", "_mask") for image in images]
    names = [image.name.removesuffix("_image.nii.gz") for image in images]
    return pd.DataFrame({"subject": names, "image": map(str, images), "reader": "A", "mask": masks})


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["time", "kept", "order"])
    parser.add_argument("--data", type=Path, required=True, help="folder with NAME_image and NAME_mask")
    parser.add_argument("--params", default="t2w_mr_1mm")
    parser.add_argument("--cases", type=int, default=25)
    parser.add_argument("--kinds", nargs="+", default=CONTROLS)
    options = parser.parse_args()
    cohort = cohort_of(options.data, options.cases)
    if options.what == "order":
        order(cohort, options.params)
    else:
        {"time": measure, "kept": compare}[options.what](cohort, options.params, options.kinds)


def measure(cohort: pd.DataFrame, params: str, controls: Sequence[Control]) -> None:
    """Print the processor time of each control as a multiple of that of the features."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "cohort.csv"
        cohort.to_csv(table, index=False)
        given = [str(table), "--params", params, "--jobs", "1", "--out", f"{folder}/out.parquet"]
        seconds(["extract", *given])  # compiles
        for kinds in (",".join(ControlSettings().kinds), *controls):
            start = seconds(["--help"])
            runs = [["extract"], ["controls", "--kinds", kinds], ["extract"]]  # the machine is shared
            first, taken, last = (seconds([*run, *given]) - start for run in runs)
            features = (first + last) / 2
            print(f"{kinds}: {taken:.1f} s, {taken / features:.2f} times {features:.1f} s", flush=True)


def seconds(arguments: Sequence[str]) -> float:
    """Processor time of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "nbradiomics", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(cohort: pd.DataFrame, params: str, controls: Sequence[Control]) -> None:
    """Print what each control keeps of each class."""
    real = extract_cohort(cohort, params=params, jobs=1).table.set_index("subject")
    table = extract_controls(cohort, params=params, kinds=tuple(controls), jobs=1).table.set_index("subject")
    columns = feature_columns(real.reset_index())
    for variant in table["variant"].unique():
        made = table[table["variant"] == variant]
        made = made[made[columns].notna().any(axis=1)]
        print(f"{control_of(variant)}: {len(made)} of {len(real)}")
        for image in dict.fromkeys(name.split("_")[0] for name in columns):
            for kind in CLASSES:
                names = [name for name in columns if name.startswith(f"{image}_{kind}_")]
                if names:
                    print(f"  {image} {kind}: {kept(real.loc[made.index, names], made[names])}")


def kept(real: pd.DataFrame, made: pd.DataFrame) -> str:
    """Correlation over patients and largest relative difference."""
    orders = [real[name].corr(made[name], method="spearman") for name in real]
    largest = float(((made - real).abs() / real.abs().clip(lower=1e-12)).max(axis=None))
    return f"median correlation {np.nanmedian(orders):.2f}, largest relative difference {largest:.2g}"


def order(cohort: pd.DataFrame, params: str) -> None:
    """Print variance and correlation of neighbours of regions that were shuffled before and after."""
    setting = load_parameters(params).content.get("setting", {})
    content: dict[str, Any] = {
        "setting": setting,
        "featureClass": {"firstorder": ["Variance"], "glcm": ["Correlation"]},
    }
    real = extract_cohort(cohort, params=content, jobs=1).table
    after = extract_controls(cohort, params=content, kinds=("shuffled",), jobs=1).table
    before = pd.DataFrame([shuffled_first(row, content) for row in cohort.to_dict("records")])
    variance, correlation = "original_firstorder_Variance", "original_glcm_Correlation"
    for name, table in (("before", before), ("after", after)):
        share = table[variance].to_numpy() / real[variance].to_numpy()
        print(f"shuffled {name}: variance {spread(share)} of the real one, glcm {spread(table[correlation])}")
    print(f"real: glcm {spread(real[correlation])}")


def shuffled_first(row: dict[str, str], content: dict[str, Any]) -> pd.Series:
    """Features of a region whose voxels are shuffled in the image, before anything else."""
    image, mask = sitk.ReadImage(row["image"]), sitk.ReadImage(row["mask"])
    voxels, inside = sitk.GetArrayFromImage(image), sitk.GetArrayViewFromImage(mask) == 1
    voxels[inside] = np.random.default_rng(0).permutation(voxels[inside])
    changed = sitk.GetImageFromArray(voxels)
    changed.CopyInformation(image)
    return extract_features(changed, mask, params=content)


def spread(values: Any) -> str:
    """Median, lowest and highest value."""
    return f"{np.median(values):.2f} ({np.min(values):.2f} to {np.max(values):.2f})"


if __name__ == "__main__":
    main()
