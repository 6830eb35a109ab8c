"""Feature maps of both engines on the same voxels: microseconds per voxel and class, ratio, what differs.

    python benchmarks/maps.py --data DATA --voxels 1500

The image is a soft-tissue sarcoma (STS_001, bin width 25); the mask is the part of the tumour around its middle
voxel that holds so many voxels, as PyRadiomics needs about a second for a thousand voxels. `voxelBatch` is 1000
for both, PyRadiomics' own advice for memory; where boxes of a batch lack a direction, both leave the MCC out, so
the middle of the tumour is taken. Both engines compute all features of a class, on one thread, after the native
engine has been compiled; the native figure is the median of the repeats, PyRadiomics runs once. `whole` is the
native engine on the whole tumour, per voxel, with the memory that it adds.
"""

from __future__ import annotations

import argparse
import logging
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from threadpoolctl import threadpool_limits

from nbradiomics.features.maps import feature_maps

CLASSES = ("firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")
Maps = dict[str, sitk.Image]


def middle(mask: sitk.Image, voxels: int) -> sitk.Image:
    """The part of a mask in the smallest cube around its middle voxel that holds so many voxels."""
    inside = sitk.GetArrayFromImage(mask) == 1
    places = np.argwhere(inside)
    distance = np.abs(places - np.median(places, axis=0)).max(axis=1)
    reach = np.sort(distance)[min(voxels, len(places)) - 1]
    kept = np.zeros(inside.shape, np.uint8)
    kept[tuple(places[distance <= reach].T)] = 1
    part = sitk.GetImageFromArray(kept)
    part.CopyInformation(mask)
    return part


def pyradiomics_maps(image: sitk.Image, mask: sitk.Image, content: dict[str, Any]) -> Maps:
    """The maps that PyRadiomics makes."""
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    return dict(RadiomicsFeatureExtractor(content).execute(image, mask, label=1, voxelBased=True))


def timed(function: Callable[[], Maps], repeats: int) -> tuple[float, Maps]:
    """Median seconds of a function, and its last result."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        found = function()
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds)), found


def difference(mine: Maps, theirs: Maps) -> tuple[float, int]:
    """Largest relative difference (below 1e-6, of 1e-6) over all voxels, and maps without a value anywhere."""
    largest = 0.0
    constant = 0
    for name, image in mine.items():
        a, b = sitk.GetArrayFromImage(image), sitk.GetArrayFromImage(theirs[name])
        if not np.array_equal(np.isnan(a), np.isnan(b)):
            return np.inf, constant
        largest = max(largest, float(np.nanmax(np.abs(a - b) / np.maximum(np.abs(b), 1e-6))))
        constant += not a.any()
    return largest, constant


def memory(kind: str) -> float:
    """MB that this process holds (VmRSS) or held at most (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line for line in lines if line.startswith(kind)).split()[1]) / 1024


def rows(image: sitk.Image, mask: sitk.Image, asked: argparse.Namespace) -> Iterator[str]:
    """A row of the table per class."""
    small = middle(mask, asked.voxels)
    voxels = int(np.count_nonzero(sitk.GetArrayViewFromImage(small)))
    all_voxels = int(np.count_nonzero(sitk.GetArrayViewFromImage(mask) == 1))
    for name in asked.classes:
        content = {
            "setting": {"binWidth": 25},
            "voxelSetting": {"voxelBatch": 1000},
            "featureClass": {name: []},
        }
        feature_maps(image, middle(mask, 30), params=content)
        own, mine = timed(lambda: feature_maps(image, small, params=content), asked.repeats)  # noqa: B023
        other, theirs = timed(lambda: pyradiomics_maps(image, small, content), 1)  # noqa: B023
        apart, constant = difference(mine, theirs)
        # Reading the grid and cropping, the same for every number of voxels.
        fixed, _ = timed(lambda: feature_maps(image, middle(mask, 30), params=content), 3)  # noqa: B023
        del mine, theirs
        Path("/proc/self/clear_refs").write_text("5")
        before = memory("VmRSS")
        whole, maps = timed(lambda: feature_maps(image, mask, params=content), 1)  # noqa: B023
        held = len(maps) * np.prod(next(iter(maps.values())).GetSize()) * 8 / 2**20
        del maps
        yield (
            f"| {name} | {voxels} | {own / voxels * 1e6:.1f} | {other / voxels * 1e6:.0f} | {other / own:.0f} "
            f"| {apart:.0e} | {constant} | {whole / all_voxels * 1e6:.1f} | {whole:.1f} | {fixed:.2f} "
            f"| {memory('VmHWM') - before:.0f} ({held:.0f}) |"
        )


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with sts_mr/")
    parser.add_argument("--voxels", type=int, default=1500)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--classes", nargs="*", default=CLASSES, choices=CLASSES)
    asked = parser.parse_args()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    logging.getLogger("radiomics").setLevel(logging.CRITICAL)
    image, mask = (
        sitk.ReadImage(str(asked.data / f"sts_mr/STS_001_{kind}.nii.gz")) for kind in ("image", "mask")
    )
    print(
        "| class | voxels | native (us) | PyRadiomics (us) | ratio | difference | maps of zeros "
        "| whole (us) | whole (s) | 30 voxels (s) | peak (maps), MB |"
    )
    print("| --- " * 11 + "|")
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for row in rows(image, mask, asked):
            print(row, flush=True)


if __name__ == "__main__":
    main()
