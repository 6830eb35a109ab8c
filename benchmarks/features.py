"""Compare both feature engines on the same images: seconds, ratio, peak memory and the largest difference.

    python benchmarks/features.py --data DATA --repeats 5

Cases: PyRadiomics' brain1, two soft-tissue sarcomas (STS_001 and the largest), and three generated ones:
`large` (208,818 voxels, 38 grey levels), `wide` (the same with about 745 grey levels) and `huge` (1.67
million voxels). Each is measured on the original image (every class, bin width 25) and with LoG 1 to 5 mm and
the coif1 wavelet at 1 mm.

The engines alternate in one process on one thread, after one warm-up run of each; times are medians of the
repeats (only the warm-up run, if an engine takes more than `--patience` seconds). Peak memory is that of a
fresh process that extracts once, minus its memory before the extraction. With `--pictologics PYTHON`, an
interpreter (3.12 or later) with pictologics, pictologics is measured too, in a separate process on one
thread; its features are different (`pictologics_worker.py`).
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

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
    """Make a lobulated region of smooth texture with about this many voxels and grey levels of width 25."""
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
    """Read image and mask from the data folder."""
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
    """Return every case by name."""
    masks = sorted((data / "sts_mr").glob("*_mask.nii.gz"))
    largest = max(masks, key=lambda path: np.count_nonzero(sitk.GetArrayFromImage(sitk.ReadImage(str(path)))))
    names = ("brain1", "STS_001", largest.name.removesuffix("_mask.nii.gz"))
    return {
        **{name: lambda name=name: real(data, name) for name in names},
        "large": lambda: synthetic(208_818, 38),
        "wide": lambda: synthetic(208_818, 745),
        "huge": lambda: synthetic(1_670_000, 38),
    }


def alternate(runs: list[Callable[[], float]], *, repeats: int, patience: float) -> list[float]:
    """Return the median seconds of each run; runs alternate after a warm-up, and slow ones run only once."""
    first = [run() for run in runs]
    seconds: list[list[float]] = [[once] if once > patience else [] for once in first]
    for _ in range(repeats):
        for taken, once, run in zip(seconds, first, runs, strict=True):
            if once <= patience:
                taken.append(run())
    return [float(np.median(taken)) for taken in seconds]


def timed(case: Case, parameters: Parameters, engine: str, found: dict[str, dict[str, float]]) -> float:
    """Return the seconds of one extraction, and store its values in `found`."""
    start = time.perf_counter()
    extraction = ENGINES[engine].compute(*case, parameters)
    seconds = time.perf_counter() - start
    found[engine] = extraction.values
    return seconds


@contextmanager
def pictologics(python: str | None, case: Case, kind: str) -> Iterator[list[Callable[[], float]]]:
    """Yield a warm run of pictologics in its own interpreter; none without an interpreter."""
    if python is None:
        yield []
        return
    with TemporaryDirectory() as folder:
        files = [str(Path(folder) / f"{name}.nii.gz") for name in ("image", "mask")]
        for image, file in zip(case, files, strict=True):
            sitk.WriteImage(image, file)
        worker = Path(__file__).with_name("pictologics_worker.py")
        with subprocess.Popen(
            [python, str(worker), *files, kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            stdin, stdout = process.stdin, process.stdout

            def run() -> float:
                stdin.write("once\n")
                return float(stdout.readline().split()[0])

            yield [run]
            stdin.close()


def difference(mine: dict[str, float], theirs: dict[str, float]) -> float:
    """Return the largest relative difference of a feature; near 0, relative to 1e-9."""
    if list(mine) != list(theirs):
        raise SystemExit("the engines give different features")
    a, b = np.array(list(mine.values())), np.array(list(theirs.values()))
    size = np.maximum(np.abs(b), 1e-9)
    return float(np.nanmax(np.abs(a - b) / size))


def peak_memory(data: Path, case: str, kind: str, engine: str) -> float:
    """Return the MB that an extraction adds to the peak memory of a fresh process."""
    command = [sys.executable, __file__, "--data", str(data), "--peak", case, kind, engine]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure_peak(case: Case, kind: str, engine: str) -> None:
    """Print the memory in MB that one extraction adds, without compilation and imports."""
    small = synthetic(800, 60)  # more than 40 levels: as many kernels as a usual image needs
    parameters = load_parameters(PARAMETERS[kind])
    ENGINES[engine].compute(*small, parameters)
    # Linux resets the peak to the present memory of the process.
    Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    ENGINES[engine].compute(*case, parameters)
    print(memory("VmHWM") - before)


def memory(kind: str) -> float:
    """Return the present memory of this process (VmRSS) or its peak (VmHWM) in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line for line in lines if line.startswith(kind)).split()[1]) / 1024


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with pyradiomics/ and sts_mr/")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--patience", type=float, default=5.0)
    parser.add_argument("--cases", nargs="*", help="measure only these cases")
    parser.add_argument("--kinds", nargs="*", default=list(PARAMETERS), choices=PARAMETERS)
    parser.add_argument("--pictologics", metavar="PYTHON", help="Python interpreter with pictologics")
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--peak", nargs=3, metavar=("CASE", "KIND", "ENGINE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    logging.getLogger("radiomics").setLevel(logging.CRITICAL)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if options.peak:
            measure_peak(cases(options.data)[options.peak[0]](), *options.peak[1:])
            return
        table(options)


def table(options: argparse.Namespace) -> None:
    """Print a row for each case and kind."""
    print(
        "| case | voxels | images | native (s) | PyRadiomics (s) | ratio | pictologics (s) | difference "
        "| peaks (MB) |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    )
    for name, make in cases(options.data).items():
        if not options.cases or name in options.cases:
            case = make()
            for kind in options.kinds:
                print(row(name, case, kind, options), flush=True)


def row(name: str, case: Case, kind: str, options: argparse.Namespace) -> str:
    """Return the table row of one case and kind."""
    parameters = load_parameters(PARAMETERS[kind])
    voxels = int(np.count_nonzero(sitk.GetArrayViewFromImage(case[1])))
    found: dict[str, dict[str, float]] = {}
    timed(case, parameters, "native", found)  # compiles the code if needed
    with pictologics(options.pictologics, case, kind) as rival:
        runs = [partial(timed, case, parameters, engine, found) for engine in ENGINE_NAMES]
        mine, theirs, *others = alternate([*runs, *rival], repeats=options.repeats, patience=options.patience)
    peaks = "-, -"
    if not options.no_memory:
        peaks = ", ".join(f"{peak_memory(options.data, name, kind, engine):.0f}" for engine in ENGINE_NAMES)
    shown = f"{others[0]:.4f}" if others else "-"
    return (
        f"| {name} | {voxels:,} | {kind} | {mine:.4f} | {theirs:.3f} | {theirs / mine:.1f} | {shown} "
        f"| {difference(*(found[engine] for engine in ENGINE_NAMES)):.0e} | {peaks} |"
    )


if __name__ == "__main__":
    main()
