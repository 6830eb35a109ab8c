"""Values of the package intensity-normalization (4.0.0, Apache-2.0) for one set of images, printed as JSON.

It needs Python 3.12 and is no dependency: install it into an environment of its own, and run there

    python intensity_normalization_witness.py > intensity_normalization_witness.json

The tests compare with the stored values. The images are made by NumPy's generator from seeds.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

#: Place of the mode, spread and share of the voxels of each tissue, before the gain of an image.
TISSUES = ((60.0, 9.0, 0.25), (130.0, 11.0, 0.45), (220.0, 14.0, 0.30))
SHAPE = (12, 30, 30)


def images() -> list[np.ndarray]:
    """Images of three tissues with different shares, gains and exponents; float64, all above 0."""
    made = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        shares = np.array([share for *_, share in TISSUES]) * rng.uniform(0.8, 1.2, 3)
        tissue = rng.choice(3, SHAPE, p=shares / shares.sum())
        means, deviations = (np.array([each[part] for each in TISSUES])[tissue] for part in (0, 1))
        values = np.abs(rng.normal(means, deviations)) + 1.0
        made.append(rng.uniform(0.5, 3.0) * values ** rng.uniform(0.9, 1.1))
    return made


def inside() -> np.ndarray:
    """Mask of the foreground: a box."""
    mask = np.zeros(SHAPE, dtype=bool)
    mask[2:10, 4:26, 4:26] = True
    return mask


def main() -> None:
    """Print the values of the witness."""
    from intensity_normalization.methods.nyul import fit_array
    from intensity_normalization.methods.whitestripe import whitestripe_array
    from intensity_normalization.methods.zscore import zscore_array

    first, *training = images()
    mask = inside()
    fitted = fit_array(training, [mask] * 3, output_min_value=0.0, output_max_value=100.0)
    places = (slice(None, None, 5), slice(None, None, 11), slice(None, None, 13))
    stripes = {
        peak: whitestripe_array(first, mask, peak=peak)[places].ravel().tolist()
        for peak in ("last", "largest")
    }
    found: dict[str, Any] = {
        "nyul_scale": fitted.standard_scale.tolist(),
        "nyul": fitted.transform_array(first, mask)[places].ravel().tolist(),
        "zscore": zscore_array(first, mask)[places].ravel().tolist(),
        "whitestripe": stripes,
    }
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
