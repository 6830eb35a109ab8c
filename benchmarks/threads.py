"""One image in several threads: seconds, gain, peak memory, and whether every feature has the same bits.

    python benchmarks/threads.py --data DATA --threads 1 2 4

Cases: `huge` (1.67 million voxels) and the sarcoma STS_013 on the original image; STS_013 with LoG
1 to 5 mm and the coif1 wavelet at 1 mm; and `ct` (512 x 512 x 400 voxels, a region of 200,000) with LoG 1 to
4 mm, gradient and square of the whole image. All classes, the native engine. The numbers of threads
alternate; seconds are the shortest of the repeats, because other programs can only add to them. The load of
the machine is shown. Peak memory is that of a fresh process that extracts once, minus its memory before the
extraction. `ct` takes minutes and some GB of memory.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from features import FILTERED, ORIGINAL, Case, memory, real, synthetic
from scipy import ndimage

from nbradiomics.execution.executors.threads import one_thread_of_sums
from nbradiomics.execution.pieces import working_threads
from nbradiomics.features.engines import native_engine
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.system.processors import processors

WHOLE_IMAGE = {
    "setting": {"binWidth": 25},
    "imageType": {"Original": {}, "LoG": {"sigma": [1.0, 2.0, 3.0, 4.0]}, "Gradient": {}, "Square": {}},
}


def ct() -> Case:
    """Make an image of the size of a CT of the trunk, with a ball of about 200,000 voxels."""
    shape = (400, 512, 512)
    rng = np.random.default_rng(0)
    voxels = ndimage.uniform_filter(rng.normal(0, 300, shape).astype(np.float32), 3).astype(np.int16)
    z, y, x = np.ogrid[: shape[0], : shape[1], : shape[2]]
    inside = (z - 200) ** 2 + (y - 250) ** 2 + (x - 260) ** 2 < 36**2
    return sitk.GetImageFromArray(voxels), sitk.GetImageFromArray(inside.astype(np.uint8))


def cases(data: Path) -> dict[str, tuple[Callable[[], Case], dict[str, Any]]]:
    """Return each case and its parameters by name."""
    return {
        "huge": (lambda: synthetic(1_670_000, 38), ORIGINAL),
        "STS_013": (lambda: real(data, "STS_013"), ORIGINAL),
        "STS_013, filters": (lambda: real(data, "STS_013"), FILTERED),
        "ct, filters": (ct, WHOLE_IMAGE),
    }


def extracted(case: Case, parameters: Parameters, threads: int) -> tuple[float, list[str], bytes]:
    """Return seconds, names and values of one extraction."""
    start = time.perf_counter()
    with working_threads(threads):
        values = native_engine.compute(*case, parameters).values
    return time.perf_counter() - start, list(values), np.array(list(values.values())).tobytes()


def rows(name: str, options: argparse.Namespace) -> list[str]:
    """Return a row of the table for each number of threads."""
    make, content = cases(options.data)[name]
    case, parameters = make(), load_parameters(content)
    seconds: dict[int, list[float]] = {threads: [] for threads in options.threads}
    _, *expected = extracted(case, parameters, 1)  # compiles the code if needed
    for _ in range(options.repeats):
        for threads in options.threads:
            taken, *found = extracted(case, parameters, threads)
            if found != expected:
                raise SystemExit(f"{name}: other features with {threads} threads")
            seconds[threads].append(taken)
    best = {threads: min(taken) for threads, taken in seconds.items()}
    first = best[options.threads[0]]
    del case
    return [
        f"| {name} | {threads} | {best[threads]:.3f} | {first / best[threads]:.2f} "
        f"| {peak_memory(options.data, name, threads):.0f} |"
        for threads in options.threads
    ]


def peak_memory(data: Path, name: str, threads: int) -> float:
    """Return the MB that an extraction adds to the peak memory of a fresh process."""
    command = [sys.executable, __file__, "--data", str(data), "--peak", name, str(threads)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure_peak(data: Path, name: str, threads: int) -> None:
    """Print the MB of one extraction, without compilation and imports."""
    make, content = cases(data)[name]
    case, parameters = make(), load_parameters(content)
    extracted(synthetic(500, 10), parameters, 1)
    # Linux resets the peak to the present memory of the process.
    Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    extracted(case, parameters, threads)
    print(memory("VmHWM") - before)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with sts_mr/")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--cases", nargs="*", help="measure only these cases")
    parser.add_argument("--peak", nargs=2, metavar=("CASE", "THREADS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    with one_thread_of_sums(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if options.peak:
            measure_peak(options.data, options.peak[0], int(options.peak[1]))
            return
        print(f"{processors()} processors, load {os.getloadavg()[0]:.1f}\n")
        print("| case | threads | seconds | gain | peak (MB) |\n| --- | --- | --- | --- | --- |")
        for name in options.cases or cases(options.data):
            print("\n".join(rows(name, options)), flush=True)
        print(f"\nload at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
