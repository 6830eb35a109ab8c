"""Worker of `filter_witness.py`, run by a separate interpreter with MIRP 2.7, which needs pandas 3.

    PYTHON mirp_filters.py IMAGE FILTERS.json OUT.npz

The image has equally long voxels; beside it lies `mask.nii.gz`, which is 1 everywhere. `FILTERS.json` has the
entries of a parameter file by the names of their images; `OUT.npz` gets the response to each, with axes z, y,
x.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from mirp import extract_images

#: Names of SciPy for what lies beyond the border.
BOUNDARIES = {"mirror": "reflect", "nearest": "nearest", "zero": "constant", "periodic": "wrap"}
POOLING = {"average": "mean", "max": "max"}


def main() -> None:
    """Write the responses."""
    entries: dict[str, dict[str, Any]] = json.loads(Path(sys.argv[2]).read_text("utf-8"))
    mask = str(Path(sys.argv[1]).with_name("mask.nii.gz"))
    found = {name: response(sys.argv[1], mask, entry) for name, entry in entries.items()}
    np.savez(sys.argv[3], **found)


def response(image: str, mask: str, entry: dict[str, Any]) -> np.ndarray:
    """Apply one filter."""
    found = extract_images(
        image=image,
        mask=mask,
        image_modality="mr",
        image_export_format="dict",
        write_images=False,
        export_images=True,
        num_cpus=1,
        by_slice=entry.get("dimension") == "2D",
        boundary_condition=BOUNDARIES[entry["boundary"]],
        **settings_of(entry),
    )
    images, _ = found[0]
    return np.asarray(images[-1]["image"], dtype=np.float64)


def settings_of(entry: dict[str, Any]) -> dict[str, Any]:
    """Translate the parameters of a filter."""
    kind, pooling = entry["type"], POOLING.get(entry.get("pooling", ""), "none")
    # The width of a tensor is required, and read by steered filters alone.
    riesz: dict[str, Any] = (
        {"riesz_filter_order": entry["riesz"][::-1], "riesz_filter_tensor_sigma": 1.0}
        if "riesz" in entry
        else {}
    )
    if kind == "mean":
        return {"filter_kernels": "mean", "mean_filter_kernel_size": entry["support"]}
    if kind == "log":
        name = "riesz_laplacian_of_gaussian" if riesz else "laplacian_of_gaussian"
        return {"filter_kernels": name, "laplacian_of_gaussian_sigma": entry["sigma"], **riesz}
    if kind == "laws":
        return {
            "filter_kernels": "laws",
            "laws_kernel": entry["kernels"],
            "laws_compute_energy": "energy" in entry,
            "laws_delta": entry.get("energy", 7),
            "laws_rotation_invariance": "pooling" in entry,
            "laws_pooling_method": pooling if "pooling" in entry else "max",
        }
    if kind == "gabor":
        return {
            "filter_kernels": "gabor",
            "gabor_sigma": entry["sigma"],
            "gabor_lambda": entry["wavelength"],
            "gabor_gamma": entry["gamma"],
            "gabor_theta": entry.get("angle", 0.0),
            "gabor_theta_step": entry.get("step"),
            "gabor_rotation_invariance": entry.get("dimension") != "2D",
            "gabor_pooling_method": "mean",
        }
    if kind == "wavelet":
        return {
            "filter_kernels": "separable_wavelet",
            "separable_wavelet_families": entry["wavelet"],
            "separable_wavelet_set": entry["filter"],
            "separable_wavelet_decomposition_level": entry.get("level", 1),
            "separable_wavelet_rotation_invariance": "pooling" in entry,
            "separable_wavelet_pooling_method": pooling if "pooling" in entry else "max",
        }
    return {
        "filter_kernels": "riesz_nonseparable_wavelet" if riesz else "nonseparable_wavelet",
        "nonseparable_wavelet_families": kind,
        "nonseparable_wavelet_decomposition_level": entry["level"],
        **riesz,
    }


if __name__ == "__main__":
    main()
