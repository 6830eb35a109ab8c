"""Time the reading of an image or a mask in each format, compared with ITK alone and an earlier version.

    git worktree add BEFORE COMMIT
    PYTHONPATH=. python benchmarks/reading.py --before BEFORE

The files are an image of 256 x 256 x 60 voxels of 16 bits (smoothed noise) and a mask of the same size. Two
processes, one for each version of the code, alternate file by file; medians of their processor time, one
thread.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import gaussian_filter

SHAPE = (60, 256, 256)
FORMATS = {
    "nii": (".nii", False),
    "nii.gz": (".nii.gz", True),
    "nrrd": (".nrrd", False),
    "nrrd, gzip": (".nrrd", True),
    "mha": (".mha", False),
    "mha, packed": (".mha", True),
    "mhd, packed": (".mhd", True),
    "gipl": (".gipl", False),
    "gipl.gz": (".gipl.gz", True),
    "vtk": (".vtk", False),
}


def main() -> None:
    """Print a row per format."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", type=Path, help="checkout of the version to compare with")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work()
        return
    now, before = worker(Path.cwd()), worker(options.before.resolve())
    print("| file | ITK (ms) | before (ms) | now (ms) | now / before | now / ITK |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for role, array in (("image", image()), ("mask", mask())):
            for name, (ending, packed) in FORMATS.items():
                path = Path(folder) / f"{role}-{packed}{ending}"
                sitk.WriteImage(sitk.GetImageFromArray(array), str(path), packed)
                taken = [(ask(before, path), ask(now, path)) for _ in range(options.repeats + 1)][1:]
                old = np.median([one["read"] for one, _ in taken])
                new = np.median([two["read"] for _, two in taken])
                itk = np.median([each["itk"] for pair in taken for each in pair])
                ratios = f"{new / old:.2f} | {new / itk:.2f}"
                print(f"| {role}, {name} | {itk:.1f} | {old:.1f} | {new:.1f} | {ratios} |", flush=True)
    for process in (now, before):
        process.communicate()


def image() -> np.ndarray:
    """Make smoothed noise with some grain, which compresses like real images (to three quarters)."""
    rng = np.random.default_rng(0)
    smooth = gaussian_filter(rng.normal(size=SHAPE), 1.5)
    return (smooth * 3000 + 300 + rng.normal(size=SHAPE) * 8).astype(np.int16)


def mask() -> np.ndarray:
    """Make a ball."""
    z, y, x = np.ogrid[tuple(slice(0, n) for n in SHAPE)]
    return ((z - 30) ** 2 * 9 + (y - 120) ** 2 + (x - 130) ** 2 < 40**2).astype(np.uint8)


def worker(checkout: Path) -> subprocess.Popen[str]:
    """Start a process that reads with the code of a checkout."""
    one = {"OMP_NUM_THREADS": "1", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1", "PYTHONPATH": str(checkout)}
    return subprocess.Popen(
        [sys.executable, __file__, "--worker"],
        env={**os.environ, **one},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ask(process: subprocess.Popen[str], path: Path) -> dict[str, float]:
    """Return the milliseconds of one reading, by `read_image` and by ITK alone."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{path}\n")
    process.stdin.flush()
    answer: dict[str, float] = json.loads(process.stdout.readline())
    return answer


def work() -> None:
    """Read every file whose name arrives on standard input."""
    from nbradiomics.images.io import read_image

    for line in sys.stdin:
        path = line.strip()
        times = {}
        for name, read in (("itk", sitk.ReadImage), ("read", read_image)):
            start = time.process_time()
            read(path)
            times[name] = 1000 * (time.process_time() - start)
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    main()
