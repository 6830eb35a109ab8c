"""Processor time of the masks of a structure set: 512 x 512 x 400 voxels, large contours of many points.

python benchmarks/structure_sets.py
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from nbradiomics.dicom.masks.from_objects import masks_of
from nbradiomics.dicom.masks.rules import MaskRules
from tests.support.structure_sets import contour, in_mm, structure_set, volume_of, write

SIZE = (512, 512, 400)


def wavy(radius: float, points: int) -> np.ndarray:
    """A closed line with many small waves, in pixels."""
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    radii = radius * (1 + 0.05 * np.sin(23 * angles))
    return np.column_stack([256 + radii * np.cos(angles), 256 + radii * np.sin(angles)])


def main() -> None:
    volume = volume_of(SIZE, spacing=(0.9, 0.9, 1.0))
    for points in (200, 1000, 4000):
        body = [contour(in_mm(volume, wavy(200, points), place)) for place in range(SIZE[2])]
        holes = [contour(in_mm(volume, wavy(90, points), place)) for place in range(SIZE[2])]
        with tempfile.TemporaryDirectory() as folder:
            path = write(structure_set(volume, {"GTV": [*body, *holes]}), Path(folder) / "rs.dcm")
            size = path.stat().st_size / 1e6
            start = time.process_time()
            (mask,) = masks_of(volume, [path], MaskRules()).masks
            took = time.process_time() - start
        error = 100 * (mask.volume / mask.outlined - 1)
        print(
            f"{points:5} points a contour, 800 contours, {size:4.0f} MB: {took:5.2f} s, volume {error:+.4f} %"
        )


if __name__ == "__main__":
    main()
