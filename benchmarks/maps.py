"""Feature maps of both engines on the same voxels: microseconds per voxel and class, ratio, difference.

    python benchmarks/maps.py --data DATA --voxels 3000
    python benchmarks/maps.py --written 500000 2000000 4000000

The image is a soft-tissue sarcoma (STS_001, 117,145 voxels), bin width 25. PyRadiomics takes minutes for the
whole tumour. So both engines get its grey levels and make the maps of the same `--voxels` voxels, evenly
spread over those whose box is completely inside the tumour, where every feature is computed. All features of
a class, one thread, compiled code warm; the native time is the median of the repeats, PyRadiomics runs once,
1000 voxels at a time (`voxelBatch`). `whole` is the native engine's `feature_maps` on the whole tumour, from
the image to the maps, with the memory that it adds to the process and, in brackets, the memory of the maps.

`--written` measures `write_maps` instead: the memory that it adds for cubes of the given numbers of voxels,
generated with four grey levels, with the whole cube as region; in brackets the memory of one map.
"""

from __future__ import annotations

import argparse
import logging
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage
from threadpoolctl import threadpool_limits

from nbradiomics.features.maps import feature_maps, write_maps
from nbradiomics.features.native.classes.textures import TextureSettings
from nbradiomics.features.native.levels.discretisation import discretise
from nbradiomics.features.native.voxel.firstorder import first_order_maps
from nbradiomics.features.native.voxel.textures import voxel_features

CLASSES = ("firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")
SETTINGS: dict[str, Any] = {"binWidth": 25, "voxelBatch": 1000}
Values = dict[str, NDArray[np.float64]]


def cropped(image: sitk.Image, mask: sitk.Image) -> tuple[sitk.Image, sitk.Image]:
    """Crop image and mask to the region's box and one voxel around it."""
    places = np.argwhere(sitk.GetArrayViewFromImage(mask) == 1)
    low = np.maximum(places.min(axis=0) - 1, 0)
    high = np.minimum(places.max(axis=0) + 2, image.GetSize()[::-1])
    part = tuple(slice(int(a), int(b)) for a, b in zip(low[::-1], high[::-1], strict=True))
    return image[part], mask[part]


def spread(mask: sitk.Image, voxels: int) -> NDArray[np.int64]:
    """Choose voxels (z, y, x) whose box is inside the region."""
    inside = ndimage.binary_erosion(sitk.GetArrayViewFromImage(mask) == 1, np.ones((3, 3, 3)))
    places = np.argwhere(inside)
    return places[np.linspace(0, len(places) - 1, voxels).astype(int)]


def pyradiomics_values(
    name: str, image: sitk.Image, mask: sitk.Image, centres: NDArray[np.int64]
) -> tuple[float, Values]:
    """Return the seconds of PyRadiomics' class for the voxels, without binning the image, and its values."""
    from radiomics import getFeatureClasses

    features = getFeatureClasses()[name](image, mask, label=1, voxelBased=True, **SETTINGS)
    features.enableAllFeatures()
    features.labelledVoxelCoordinates = centres.T.copy()
    start = time.perf_counter()
    found = features.execute()
    seconds = time.perf_counter() - start
    return seconds, {key: sitk.GetArrayFromImage(one)[tuple(centres.T)] for key, one in found.items()}


def native_class(
    name: str, image: sitk.Image, mask: sitk.Image, centres: NDArray[np.int64]
) -> Callable[[], Values]:
    """Return the function that computes the native values of the voxels from the binned image."""
    values = sitk.GetArrayFromImage(image)
    inside = sitk.GetArrayFromImage(mask) == 1
    x, y, z = image.GetSpacing()
    levels = discretise(values, np.flatnonzero(inside), (z, y, x), SETTINGS)[0].levels
    places = np.ravel_multi_index(tuple(centres.T), levels.shape)
    if name == "firstorder":
        return lambda: joined(
            first_order_maps(
                values.astype(np.float64), levels, places, reach=(3, 3, 3), voxel_volume=x * y * z
            )
        )
    batch = SETTINGS["voxelBatch"]
    return lambda: joined(voxel_features(levels, places, TextureSettings(), name, batch=batch))


def joined(parts: Iterable[Values]) -> Values:
    """Join the values of all voxels, which are computed in parts."""
    found = list(parts)
    return {feature: np.concatenate([part[feature] for part in found]) for feature in found[0]}


def timed(function: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Return the median seconds of a function, and its last result."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        found = function()
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds)), found


def difference(mine: Values, theirs: Values) -> float:
    """Return the largest relative difference over all voxels and features; near 0, relative to 1e-6."""
    if set(mine) != set(theirs):
        raise SystemExit("the engines give different features")
    return max(
        float(np.max(np.abs(mine[key] - theirs[key]) / np.maximum(np.abs(theirs[key]), 1e-6))) for key in mine
    )


def memory(kind: str) -> float:
    """Return the present memory of this process (VmRSS) or its peak (VmHWM) in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line for line in lines if line.startswith(kind)).split()[1]) / 1024


def whole(name: str, image: sitk.Image, mask: sitk.Image) -> str:
    """Measure seconds and memory of the maps of the whole region."""
    content = {"setting": {"binWidth": 25}, "voxelSetting": {"voxelBatch": 1000}, "featureClass": {name: []}}
    # Linux resets the peak to the present memory of the process.
    Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    seconds, maps = timed(lambda: feature_maps(image, mask, params=content), 1)
    alone = len(maps) * np.prod(next(iter(maps.values())).GetSize()) * 8 / 2**20
    return f"{seconds:.1f} | {memory('VmHWM') - before:.0f} ({alone:.0f})"


def written(name: str, voxels: int) -> str:
    """Measure seconds and memory of writing the maps of a generated cube."""
    shape = (round(voxels ** (1 / 3)),) * 3
    values = np.random.default_rng(0).integers(0, 4, shape).astype(np.float32) * 25
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{kind}.nrrd" for kind in ("image", "mask")]
        for path, array in zip(paths, (values, np.ones(shape, np.uint8)), strict=True):
            sitk.WriteImage(sitk.GetImageFromArray(array), str(path))
        Path("/proc/self/clear_refs").write_text("5")
        before = memory("VmRSS")
        content = {"setting": {"binWidth": 25}, "featureClass": {name: []}}
        seconds, _ = timed(lambda: write_maps(*paths, Path(folder) / "maps", params=content), 1)
        return f"{seconds:.0f} | {memory('VmHWM') - before:.0f} ({values.size * 8 / 2**20:.0f})"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with sts_mr/")
    parser.add_argument("--voxels", type=int, default=3000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--classes", nargs="*", default=CLASSES, choices=CLASSES)
    parser.add_argument("--written", type=int, nargs="*", metavar="VOXELS")
    options = parser.parse_args()
    if not options.written and not options.data:
        parser.error("--data or --written is needed")
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    logging.getLogger("radiomics").setLevel(logging.CRITICAL)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if options.written:
            print("| class | voxels | write_maps (s) | peak (a map), MB |\n" + "| --- " * 4 + "|")
            for name in options.classes:
                written(name, 1000)
                for voxels in options.written:
                    print(f"| {name} | {voxels:,} | {written(name, voxels)} |", flush=True)
            return
        table(options)


def table(options: argparse.Namespace) -> None:
    """Print a row for each class."""
    image, mask = (
        sitk.ReadImage(str(options.data / f"sts_mr/STS_001_{kind}.nii.gz")) for kind in ("image", "mask")
    )
    part = cropped(image, mask)
    centres = spread(part[1], options.voxels)
    print("| class | native (us) | PyRadiomics (us) | ratio | difference | whole (s) | peak (maps), MB |")
    print("| --- " * 7 + "|")
    for name in options.classes:
        make = native_class(name, *part, centres)
        make()
        own, mine = timed(make, options.repeats)
        other, theirs = pyradiomics_values(name, *part, centres)
        print(
            f"| {name} | {own / options.voxels * 1e6:.1f} | {other / options.voxels * 1e6:.0f} "
            f"| {other / own:.0f} | {difference(mine, theirs):.0e} | {whole(name, image, mask)} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
