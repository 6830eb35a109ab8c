"""Train on real tumours, and evaluate every tumour with the fold that was not trained on it.

    python benchmarks/real_tumours.py --data DATA/sts_mr --out /tmp/sts

The cohort: 25 T1-weighted MR images of soft-tissue sarcomas with the expert's mask, cropped 5 cm around the
tumour, so this measures the delineation of a known tumour, not its detection. The training is one command
(`nbradiomics train`), which is timed. Then the fold of each tumour segments it in several ways:

- `default`: as in `train`, on a CPU with bf16, without mirroring, probabilities resampled by torch;
- `default, mirrored`, `default, largest component`;
- `stock`, `stock, mirrored`: single precision and nnU-Net's own resampling, which give nnU-Net's own mask.

The script prints tables for RESULTS.md. An unfinished training in the folder is continued.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import nbradiomics as nb
from nbradiomics.segmentation.model import Model
from nbradiomics.segmentation.prediction.inference import Inference
from nbradiomics.segmentation.prediction.postprocess import PostProcessing

STOCK = Inference(precision="fp32", resampling="stock")
WAYS = {
    "default": (Inference(), PostProcessing()),
    "default, mirrored": (Inference(mirroring=True), PostProcessing()),
    "default, largest component": (Inference(), PostProcessing(largest_component=True)),
    "stock": (STOCK, PostProcessing()),
    "stock, mirrored": (Inference(precision="fp32", resampling="stock", mirroring=True), PostProcessing()),
}


def main() -> None:
    """Train if there is no finished model, segment in every way, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with NAME_image.nii.gz, NAME_mask.nii.gz"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("rest", nargs="*", help="further options of `nbradiomics train`, after --")
    options = parser.parse_args()
    cohort = write_cohort(options.data.resolve(), options.out)
    folder = options.out / "model"
    if not (folder / "card.json").is_file():
        start = time.perf_counter()
        options = ["--reader", "expert", "--preset", "small", "--out", str(folder), *options.rest]
        subprocess.run([sys.executable, "-m", "nbradiomics", "train", str(cohort), *options], check=True)
        print(f"\ntraining and cross-validation: {(time.perf_counter() - start) / 60:.1f} minutes\n")
    print(of_each_tumour(folder))
    print(in_every_way(cohort, folder))


def write_cohort(data: Path, out: Path) -> Path:
    """Write the cohort table of a folder of images and masks."""
    images = sorted(data.glob("*_image.nii.gz"))
    rows = [
        {"subject": image.name.removesuffix("_image.nii.gz"), "sequence": "T1w", "image": str(image)}
        | {"reader": "expert", "mask": str(image).replace("_image", "_mask")}
        for image in images
    ]
    out.mkdir(parents=True, exist_ok=True)
    path = out / "cohort.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def of_each_tumour(folder: Path) -> str:
    """Summarise the out-of-fold results that `train` wrote."""
    table = pd.read_csv(folder / "cross_validation" / "agreement.csv")
    own = table[table["reader"] == "auto"]
    volumes = pd.read_csv(folder / "cross_validation" / "segmentation.csv")
    failures, empty = volumes["status"].isna().sum(), (volumes["status"] == "empty").sum()
    poor = (own["dice"] < 0.5).sum()
    lines = [
        f"{len(volumes)} cases, {failures} failures, {empty} empty masks, {poor} with a Dice below 0.5",
        "",
        "| | median [quartiles] | mean | lowest | largest |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {metric} | {spread(own[metric])} | {own[metric].mean():.3f} | {own[metric].min():.3f} | "
            f"{own[metric].max():.3f} |"
            for metric in ("dice", "hd95_mm", "assd_mm", "sensitivity", "precision")
        ),
        "",
        "Dice by tumour: " + ", ".join(f"{row.subject} {row.dice:.2f}" for row in own.itertuples()),
        "",
    ]
    return "\n".join(lines)


def spread(values: pd.Series) -> str:
    """Median and quartiles."""
    low, middle, high = values.quantile([0.25, 0.5, 0.75])
    return f"{middle:.3f} [{low:.3f}, {high:.3f}]"


def in_every_way(cohort: Path, folder: Path) -> str:
    """Compute the out-of-fold Dice with the expert and with the `stock` mask, for every way of inference."""
    model, cases = nb.load_model(folder), nb.load_cohort(cohort).cases()
    folds = pd.read_csv(folder / "splits.csv").set_index("subject")["fold"].to_dict()
    single: dict[str, Model] = {fold: model.with_folds([fold]) for fold in model.folds}
    found: dict[str, list[tuple[float, float, float]]] = {way: [] for way in WAYS}
    for case in cases:
        masks, seconds = {}, {}
        for way, (inference, postprocessing) in WAYS.items():
            start = time.perf_counter()
            prediction = single[folds[case.scan.subject]].predict(
                case.scan.image, inference=inference, postprocessing=postprocessing, threads=1
            )
            masks[way], seconds[way] = prediction.mask, time.perf_counter() - start
        for way, mask in masks.items():
            to_expert = nb.compare_masks(mask, case.masks[0].path)["dice"]
            mutual = nb.compare_masks(mask, masks["stock"])["dice"]
            found[way].append((to_expert, mutual, seconds[way]))
    lines = [
        "| | mean Dice to the expert | median | mean Dice to `stock` | lowest | seconds a case, one thread |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for way, rows in found.items():
        expert, mutual, seconds_ = np.array(rows, dtype=float).T
        lines.append(
            f"| {way} | {expert.mean():.4f} | {np.median(expert):.4f} | {np.nanmean(mutual):.5f} | "
            f"{np.nanmin(mutual):.4f} | {seconds_.mean():.1f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
