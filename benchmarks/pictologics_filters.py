"""Worker of `filter_witness.py`, run by a separate interpreter with pictologics, which needs Python 3.12.

    PYTHON pictologics_filters.py IMAGE FILTERS.json OUT.npz

The image has equally long voxels. `FILTERS.json` has the entries of a parameter file by the names of their
images; `OUT.npz` gets the response to each that pictologics has, with axes z, y, x.
"""

import json
import os
import sys
from typing import Any

os.environ["PICTOLOGICS_NUM_THREADS"] = "1"

import numpy as np
import pictologics
from pictologics import filters


def main() -> None:
    """Write the responses."""
    image = pictologics.load_image(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as file:
        entries: dict[str, dict[str, Any]] = json.load(file)
    edge = float(image.spacing[0])
    found = {name: response(image.array, edge, dict(entry)) for name, entry in entries.items()}
    # Arrays of pictologics have the axes x, y, z.
    np.savez(sys.argv[3], **{name: np.transpose(array) for name, array in found.items()})


def response(array: np.ndarray, edge: float, entry: dict[str, Any]) -> np.ndarray:
    """Apply one filter."""
    kind, boundary = entry["type"], entry["boundary"].upper()
    turned = {"rotation_invariant": True, "pooling": entry.get("pooling")} if "pooling" in entry else {}
    if kind == "mean":
        return filters.mean_filter(array, entry["support"], boundary)
    if kind == "log" and "riesz" in entry:
        return filters.riesz_log(array, entry["sigma"], edge, tuple(entry["riesz"]), boundary=boundary)
    if kind == "log":
        return filters.laplacian_of_gaussian(array, entry["sigma"], edge, boundary=boundary)
    if kind == "laws":
        energy = {"compute_energy": True, "energy_distance": entry["energy"]} if "energy" in entry else {}
        return filters.laws_filter(array, entry["kernels"], boundary, **turned, **energy)
    if kind == "gabor":
        angles = {"theta": np.radians(entry.get("angle", 0.0))}
        if "step" in entry:
            angles = {"rotation_invariant": True, "delta_theta": np.radians(entry["step"])}
        return filters.gabor_filter(
            array,
            entry["sigma"],
            entry["wavelength"],
            entry["gamma"],
            spacing_mm=edge,
            boundary=boundary,
            average_over_planes=entry.get("dimension") != "2D",
            **angles,
        )
    if kind == "wavelet":
        return filters.wavelet_transform(
            array, entry["wavelet"], entry.get("level", 1), entry["filter"], boundary, **turned
        )
    if "riesz" in entry:
        return filters.riesz_simoncelli(array, entry["level"], tuple(entry["riesz"]), boundary)
    return filters.simoncelli_wavelet(array, entry["level"], boundary)


if __name__ == "__main__":
    main()
