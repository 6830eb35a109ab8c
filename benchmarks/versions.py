"""Compare two checkouts of nbradiomics on the same images: seconds of a whole extraction, and the values.

    python -m benchmarks.versions --old CHECKOUT --data DATA --repeats 9

`--old` is a checkout of another version (`git worktree add CHECKOUT COMMIT`). Each version has a process
with one thread, which calls the public `extract_features` with the paths of image and mask. A third process
with this version is the control: its ratio shows the noise. The three take turns, after one warm-up run of
each; times are medians of processor time. Cases and parameters are those of `benchmarks/features.py`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import SimpleITK as sitk

from benchmarks.features import PARAMETERS, alternate, cases

ROOT = Path(__file__).parents[1]
WORKER = """
import json, logging, sys, time, warnings
import SimpleITK as sitk
import nbradiomics
logging.getLogger("radiomics").setLevel(logging.CRITICAL)
warnings.simplefilter("ignore")
sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
for line in sys.stdin:
    image, mask, parameters = json.loads(line)
    start = time.process_time()
    values = nbradiomics.extract_features(image, mask, params=parameters)
    seconds = time.process_time() - start
    print(json.dumps([seconds, {str(name): float(value) for name, value in values.items()}]), flush=True)
"""


class Version:
    """A process that extracts features with the package of one checkout."""

    def __init__(self, checkout: Path) -> None:
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            cwd=checkout,
            env={**os.environ, **one, "PYTHONPATH": str(checkout)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Version:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def extract(self, image: str, mask: str, parameters: dict[str, Any]) -> tuple[float, dict[str, float]]:
        """Return the seconds of one extraction, and its values."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps([image, mask, parameters]), file=self.process.stdin, flush=True)
        seconds, values = json.loads(self.process.stdout.readline())
        return seconds, values


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--old", type=Path, required=True, help="checkout of another version")
    parser.add_argument("--data", type=Path, required=True, help="folder with pyradiomics/ and sts_mr/")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--cases", nargs="*", help="measure only these cases")
    options = parser.parse_args()
    print("| case | images | old (s) | new (s) | new / old | control (new / new) | values that differ |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        versions = [stack.enter_context(Version(place)) for place in (options.old.resolve(), ROOT, ROOT)]
        for name, make in cases(options.data).items():
            if not options.cases or name in options.cases:
                files = [str(folder / f"{name}_{role}.nii.gz") for role in ("image", "mask")]
                for image, file in zip(make(), files, strict=True):
                    sitk.WriteImage(image, file)
                for kind, parameters in PARAMETERS.items():
                    print(row(name, kind, versions, (*files, parameters), options.repeats), flush=True)


def row(name: str, kind: str, versions: list[Version], job: tuple[Any, ...], repeats: int) -> str:
    """Return the table row of one case and kind."""
    first = [version.extract(*job)[1] for version in versions]
    runs = [lambda version=version: version.extract(*job)[0] for version in versions]
    old, new, control = alternate(runs, repeats=repeats, patience=math.inf)
    differing = sum(not np.array_equal(first[0][key], first[1][key], equal_nan=True) for key in first[0])
    differing += len(first[0].keys() ^ first[1].keys())
    return (
        f"| {name} | {kind} | {old:.3f} | {new:.3f} | {new / old:.3f} | {control / new:.3f} "
        f"| {differing} of {len(first[0])} |"
    )


if __name__ == "__main__":
    main()
