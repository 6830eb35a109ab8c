"""Time the second mask of an image if the image is not cropped, so that both masks share the filters.

    PYTHONPATH=. python benchmarks/several_masks.py --data DATA/sts_mr --cases STS_001 STS_019 STS_035

Each expert's mask and a seeded second reader made from it are measured with LoG 1 to 5 mm and the coif1
wavelet on the image's own grid; the values are the same in both ways (a test checks this). Medians of
alternating runs, one thread.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from crop_union import two_readers
from threadpoolctl import threadpool_limits

from nbradiomics.features.extract import extract_region, extract_regions
from nbradiomics.features.parameters import load_parameters

PARAMETERS = load_parameters(
    {
        "setting": {"binWidth": 25},
        "imageType": {"Original": {}, "LoG": {"sigma": [1.0, 2.0, 3.0, 4.0, 5.0]}, "Wavelet": {}},
    }
)


def main() -> None:
    """Print a row per case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with NAME_image and NAME_mask")
    parser.add_argument("--cases", nargs="+", default=["STS_001", "STS_019", "STS_035"])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    print("| case | one mask (s) | two masks together (s) | second mask: share of its own time |")
    print("| --- | --- | --- | --- |")
    with threadpool_limits(1):
        for case in options.cases:
            first, second, both = measure(options.data, case, options.repeats)
            print(f"| {case} | {first:.2f} | {both:.2f} | {(both - first) / second:.2f} |", flush=True)


def measure(data: Path, case: str, repeats: int) -> list[float]:
    """Return the median seconds of the first mask, of the second, and of both together."""
    image, mask, other = two_readers(data, case)
    runs: list[Callable[[], object]] = [
        lambda: extract_region(image, mask, PARAMETERS, name=case),
        lambda: extract_region(image, other, PARAMETERS, name=case),
        lambda: extract_regions(image, {"expert": mask, "second": other}, PARAMETERS),
    ]
    taken: list[list[float]] = [[] for _ in runs]
    runs[0]()  # compiles the code if needed
    for _ in range(repeats):
        for seconds, run in zip(taken, runs, strict=True):
            start = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - start)
    return [float(np.median(seconds)) for seconds in taken]


if __name__ == "__main__":
    main()
