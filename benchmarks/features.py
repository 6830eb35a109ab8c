"""Both feature engines on the same images: seconds, ratio, peak memory and the largest difference.

    python benchmarks/features.py --data DATA --repeats 5

Cases: PyRadiomics' brain1, two soft-tissue sarcomas (STS_001 and the largest), and three generated ones:
`large` (208,818 voxels, 38 grey levels), `wide` (the same with some 745 grey levels) and `huge` (1.67 million
voxels). Each is measured on the original image (every class, bin width 25) and with LoG 1 to 5 mm and the
coif1 wavelet at 1 mm.

The engines take turns in one process on one thread, after one run of each that warms them up; times are
medians of the repeats (of one, where an engine takes more than `--patience` seconds). Peak memory is that of
a fresh process that extracts once, less what the process held before.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy import ndimage
from threadpoolctl import threadpool_limits

from nbradiomics.features.extract import ENGINES
from nbradiomics.features.parameters import Parameters, load_parameters

ORIGINAL = {"setting": {"binWidth": 25}}
FILTERED = {
    "setting": {"binWidth": 25, "resampledPixelSpacing": [1, 1, 1]},
    "imageType": {"Original": {}, "LoG": {"sigma": [1.0, 2.0, 3.0, 4.0, 5.0]}, "Wavelet": {}},
}
PARAMETERS = {"original": ORIGINAL, "filters": FILTERED}
ENGINE_NAMES = ("native", "pyradiomics")
Case = tuple[sitk.Image, sitk.Image]


def synthetic(voxels: int, levels: int) -> Case:
    """Lobulated region of smooth texture with so many voxels, spanning so many grey levels of width 25."""
    side = round((voxels / 0.3) ** (1 / 3))
    rng = np.random.default_rng(voxels)
    axis = np.linspace(-1, 1, side)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    lobes = ndimage.gaussian_filter(rng.normal(size=z.shape), side / 12)
    distance = np.sqrt(z**2 + y**2 + x**2) + 0.1 * lobes / lobes.std()
    inside = distance <= np.partition(distance.ravel(), voxels - 1)[voxels - 1]
    intensities = ndimage.gaussian_filter(rng.normal(size=z.shape), 0.8)
    low, high = intensities[inside].min(), intensities[inside].max()
    intensities = (intensities - low) / (high - low) * 24.999 * levels
    image = sitk.GetImageFromArray(intensities.astype(np.float32))
    return image, sitk.GetImageFromArray(inside.astype(np.uint8))


def real(data: Path, name: str) -> Case:
    """Image and mask of the data folder."""
    if name == "brain1":
        folder = data / "pyradiomics"
        paths = folder / "brain1_image.nrrd", folder / "brain1_label.nrrd"
    else:
        paths = data / "sts_mr" / f"{name}_image.nii.gz", data / "sts_mr" / f"{name}_mask.nii.gz"
    image, mask = (sitk.ReadImage(str(path)) for path in paths)
    mask = sitk.Cast(mask == 1, sitk.sitkUInt8)
    mask.CopyInformation(image)
    return image, mask


def cases(data: Path) -> dict[str, Callable[[], Case]]:
    """Every case by name."""
    masks = sorted((data / "sts_mr").glob("*_mask.nii.gz"))
    largest = max(masks, key=lambda path: np.count_nonzero(sitk.GetArrayFromImage(sitk.ReadImage(str(path)))))
    names = ("brain1", "STS_001", largest.name.removesuffix("_mask.nii.gz"))
    return {
        **{name: lambda name=name: real(data, name) for name in names},
        "large": lambda: synthetic(208_818, 38),
        "wide": lambda: synthetic(208_818, 745),
        "huge": lambda: synthetic(1_670_000, 38),
    }


def alternate(
    case: Case, parameters: Parameters, *, repeats: int, patience: float
) -> tuple[list[float], float]:
    """Median seconds of each engine, run in turn, and the largest relative difference of a feature."""
    seconds: list[list[float]] = [[], []]
    found = [ENGINES[name].compute(*case, parameters).values for name in ENGINE_NAMES]
    for _ in range(repeats):
        for taken, name in zip(seconds, ENGINE_NAMES, strict=True):
            if taken and taken[0] > patience:
                continue
            start = time.perf_counter()
            ENGINES[name].compute(*case, parameters)
            taken.append(time.perf_counter() - start)
    return [float(np.median(taken)) for taken in seconds], difference(*found)


def difference(mine: dict[str, float], theirs: dict[str, float]) -> float:
    """Largest relative difference of a feature; where both are within 1e-9 of 0, none."""
    if list(mine) != list(theirs):
        raise SystemExit("the engines give different features")
    a, b = np.array(list(mine.values())), np.array(list(theirs.values()))
    size = np.maximum(np.abs(b), 1e-9)
    return float(np.nanmax(np.abs(a - b) / size))


def peak_memory(data: Path, case: str, kind: str, engine: str) -> float:
    """MB that an extraction adds to the peak of a fresh process."""
    command = [sys.executable, __file__, "--data", str(data), "--peak", case, kind, engine]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure_peak(case: Case, kind: str, engine: str) -> None:
    """Print the memory in MB that one extraction adds, compilation and imports left out."""
    small = synthetic(500, 10)
    parameters = load_parameters(PARAMETERS[kind])
    ENGINES[engine].compute(*small, parameters)
    # Linux sets the peak back to what the process holds now.
    Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    ENGINES[engine].compute(*case, parameters)
    print(memory("VmHWM") - before)


def memory(kind: str) -> float:
    """MB that this process holds (VmRSS) or held at most (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line for line in lines if line.startswith(kind)).split()[1]) / 1024


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with pyradiomics/ and sts_mr/")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--patience", type=float, default=5.0)
    parser.add_argument("--cases", nargs="*", help="only these")
    parser.add_argument("--kinds", nargs="*", default=list(PARAMETERS), choices=PARAMETERS)
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--peak", nargs=3, metavar=("CASE", "KIND", "ENGINE"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    logging.getLogger("radiomics").setLevel(logging.CRITICAL)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if asked.peak:
            measure_peak(cases(asked.data)[asked.peak[0]](), *asked.peak[1:])
            return
        table(asked)


def table(asked: argparse.Namespace) -> None:
    """Print a row for each case and kind."""
    print("| case | voxels | images | native (s) | PyRadiomics (s) | ratio | difference | peaks (MB) |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, make in cases(asked.data).items():
        if asked.cases and name not in asked.cases:
            continue
        case = make()
        voxels = int(np.count_nonzero(sitk.GetArrayViewFromImage(case[1])))
        for kind in asked.kinds:
            parameters = load_parameters(PARAMETERS[kind])
            (mine, theirs), apart = alternate(
                case, parameters, repeats=asked.repeats, patience=asked.patience
            )
            peaks = (
                ["-", "-"]
                if asked.no_memory
                else [f"{peak_memory(asked.data, name, kind, engine):.0f}" for engine in ENGINE_NAMES]
            )
            print(
                f"| {name} | {voxels:,} | {kind} | {mine:.4f} | {theirs:.3f} | {theirs / mine:.1f} "
                f"| {apart:.0e} | {peaks[0]}, {peaks[1]} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
