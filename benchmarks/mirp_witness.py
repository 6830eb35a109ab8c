"""Perturbations against MIRP 2.7 (Zwanenburg et al.): noise, rotation, translation, growth, and the ICC.

``python -m benchmarks.mirp_witness --python MIRP_PYTHON --cases FOLDER/STS_015 ...``: each case is
``CASE_image.nii.gz`` and ``CASE_mask.nii.gz``. Images are compared voxel by voxel on MIRP's own grid, volumes
for the same perturbation, and features of both tools' variants by our engine.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from nbradiomics.features.extract import extract_features
from nbradiomics.images.io import read_image
from nbradiomics.images.region import read_region
from nbradiomics.perturbation import Variant, perturbed_image, perturbed_region
from nbradiomics.perturbation.grid import image_on, region_on
from nbradiomics.perturbation.noise import noise_level

PARAMS = {
    "imageType": {"Original": {}},
    "featureClass": {name: [] for name in ("shape", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")},
    "setting": {"binWidth": 10},
}
KINDS = ("rotation", "translation", "volume", "all three")


def grid_of(item: Any, *, transposed: bool) -> sitk.Image:
    """Grid of an image of MIRP, whose axes are z, y, x."""
    grid = sitk.Image([int(size) for size in reversed(item["image"].shape)], sitk.sitkUInt8)
    grid.SetSpacing([float(edge) for edge in reversed(item["spacing"])])
    grid.SetOrigin([float(start) for start in reversed(item["origin"])])
    orientation = item["orientation"][::-1, ::-1].astype(float)
    grid.SetDirection((orientation.T if transposed else orientation).ravel().tolist())
    return grid


def compare(image: sitk.Image, region: sitk.Image, item: Any, variant: Variant) -> dict[str, float]:
    """Compare one variant of MIRP with ours."""
    theirs = item["mask"] > 0
    found = []
    for transposed in (False, True):  # whether MIRP lists axes in rows or in columns
        grid = grid_of(item, transposed=transposed)
        ours = sitk.GetArrayFromImage(image_on(image, grid))
        found.append((float(np.abs(ours - item["image"])[theirs].max()), grid))
    difference, grid = min(found, key=lambda pair: pair[0])
    moved = sitk.GetArrayFromImage(region_on(region, grid)) > 0
    mine = perturbed_image(image, region, variant, 1)
    mask = sitk.GetArrayFromImage(perturbed_region(region, mine, variant, 1)) > 0
    return {
        "voxel_difference": difference,
        "dice": 2 * float((moved & theirs).sum()) / float(moved.sum() + theirs.sum()),
        "voxels": float(mask.sum()),
        "mirp_voxels": float(theirs.sum()),
    }


def features(image: sitk.Image, mask: sitk.Image) -> pd.Series:
    """Features of the original image."""
    return extract_features(image, mask, params=PARAMS)


def icc(values: np.ndarray) -> float:
    """ICC(1,1) of subjects by variants."""
    variants = values.shape[1]
    between = variants * values.mean(axis=1).var(ddof=1)
    within = values.var(axis=1, ddof=1).mean()
    return float((between - within) / (between + (variants - 1) * within))


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="interpreter with MIRP 2.7")
    parser.add_argument("--cases", nargs="+", required=True)
    options = parser.parse_args()
    rows, noises, tables = [], [], {"ours": {}, "mirp": {}}
    with tempfile.TemporaryDirectory() as folder:
        worker = Path(__file__).with_name("mirp_worker.py")
        pairs = [f"{case}_image.nii.gz:{case}_mask.nii.gz" for case in options.cases]
        command = [options.python, str(worker), folder, *pairs]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for case in options.cases:
            image, region = read_image(f"{case}_image.nii.gz"), read_region(f"{case}_mask.nii.gz")
            values: dict[str, list[pd.Series]] = {"ours": [], "mirp": []}
            for file in sorted(Path(folder).glob(f"{Path(case).name}_*.npz")):
                item = np.load(file)
                variant = Variant(
                    rotation=float(item["rotation"]),
                    translation=tuple(map(float, item["translation"])),
                    volume=float(item["volume"]),
                )
                rows.append({"kind": KINDS[int(item["run"])], **compare(image, region, item, variant)})
                if KINDS[int(item["run"])] == "all three":
                    mine = perturbed_image(image, region, variant, 1)
                    values["ours"].append(features(mine, perturbed_region(region, mine, variant, 1)))
                    theirs = sitk.GetImageFromArray(item["image"].astype(np.float32))
                    mask = sitk.GetImageFromArray(item["mask"].astype(np.uint8))
                    for one in (theirs, mask):
                        one.CopyInformation(grid_of(item, transposed=True))
                    values["mirp"].append(features(theirs, mask))
            noises.append((Path(case).name, noise_level(image, region), float(item["noise"])))
            for tool, lists in values.items():
                tables[tool][case] = pd.DataFrame(lists)
    report(pd.DataFrame(rows), noises, tables)


def report(table: pd.DataFrame, noises: list[tuple[str, float, float]], tables: dict[str, Any]) -> None:
    """Print volumes, voxels, noise levels and the agreement of the ICCs."""
    table["volume_ratio"] = table["voxels"] / table["mirp_voxels"]
    print(table.groupby("kind", sort=False).agg(["min", "median", "max"]).T.to_string())
    for name, ours, mirp in noises:
        print(f"noise {name}: ours {ours:.2f}, MIRP {mirp:.2f}")
    numbers = {
        tool: np.stack([frame.to_numpy(float) for frame in cases.values()]) for tool, cases in tables.items()
    }
    iccs = {
        tool: [icc(values[:, :, place]) for place in range(values.shape[2])]
        for tool, values in numbers.items()
    }
    found = pd.DataFrame(iccs).dropna()
    print(f"{len(found)} features, {numbers['ours'].shape[:2]} cases and variants")
    print("Spearman of ICC(1,1):", round(found.corr("spearman").iloc[0, 1], 3))
    print(
        "largest and median difference of ICC:",
        (found["ours"] - found["mirp"]).abs().agg(["max", "median"]).tolist(),
    )
    both = [*(found >= 0.9).sum().tolist(), int((found >= 0.9).all(axis=1).sum())]
    print("ICC of 0.9 or more (ours, MIRP, both):", both)


if __name__ == "__main__":
    main()
