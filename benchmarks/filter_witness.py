"""Responses of the IBSI's filters in real images against MIRP 2.7 and pictologics 0.9, voxel by voxel.

``python -m benchmarks.filter_witness --mirp PYTHON --pictologics PYTHON IMAGE.nii.gz ...``: each image is
resampled to voxels of 2 mm once, and all tools filter that file. Printed are the largest differences as parts
of the range of our response, in the whole image and away from its border.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.features.parameters.filters.reading import filters_of
from nbradiomics.features.response_maps import response_maps
from nbradiomics.images.io import read_image

EDGE = 2.0
#: Voxels from the border that the second figure leaves out.
BORDER = 10
_GABOR = {"type": "gabor", "sigma": 4.0, "wavelength": 6.0, "gamma": 1.5, "boundary": "mirror"}
_LAWS = {"type": "laws", "kernels": "L5E5S5", "boundary": "mirror"}
ENTRIES: list[dict[str, Any]] = [
    {"type": "mean", "support": 5, "boundary": "mirror"},
    {"type": "mean", "support": 5, "boundary": "zero"},
    {"type": "log", "sigma": 4.0, "boundary": "mirror"},
    _LAWS,
    {**_LAWS, "pooling": "max"},
    {**_LAWS, "pooling": "max", "energy": 3},
    {**_GABOR, "angle": 30.0, "dimension": "2D"},
    {**_GABOR, "step": 45.0},
    {"type": "wavelet", "wavelet": "db3", "filter": "LLH", "boundary": "mirror"},
    {"type": "wavelet", "wavelet": "db3", "filter": "LLH", "boundary": "mirror", "pooling": "average"},
    {"type": "wavelet", "wavelet": "coif1", "filter": "HHL", "level": 2, "boundary": "mirror"},
    *({"type": "simoncelli", "level": level, "boundary": "periodic"} for level in (1, 2, 3)),
    {"type": "simoncelli", "level": 1, "boundary": "mirror"},
    {"type": "simoncelli", "level": 2, "riesz": [1, 0, 0], "boundary": "periodic"},
    {"type": "simoncelli", "level": 2, "riesz": [0, 2, 0], "boundary": "periodic"},
    {"type": "log", "sigma": 4.0, "riesz": [1, 0, 0], "boundary": "mirror"},
]


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mirp", required=True)
    parser.add_argument("--pictologics", required=True)
    parser.add_argument("images", nargs="+", type=Path)
    chosen = parser.parse_args()
    tools = {"mirp": chosen.mirp, "pictologics": chosen.pictologics}
    for image in chosen.images:
        compare(image, tools)


def compare(file: Path, tools: dict[str, str]) -> None:
    """Print the differences in an image, and in cubes for filters of frequencies, as MIRP needs them."""
    image = isotropic(read_image(file))
    plain = [entry for entry in ENTRIES if "riesz" not in entry]
    compare_in(image, plain, tools, file.name)
    edge = min(image.GetSize())
    for length in (edge, edge - 1):
        cube = image[tuple(slice((n - length) // 2, (n - length) // 2 + length) for n in image.GetSize())]
        of_frequencies = [entry for entry in ENTRIES if "riesz" in entry or entry["type"] == "simoncelli"]
        compare_in(cube, of_frequencies, tools, file.name)


def compare_in(image: sitk.Image, entries: list[dict[str, Any]], tools: dict[str, str], title: str) -> None:
    """Print the differences of some filters."""
    named = {one.name: entry for one, entry in zip(filters_of("witness", entries), entries, strict=True)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sitk.WriteImage(image, str(folder / "image.nii.gz"))
        everywhere = sitk.Image(image.GetSize(), sitk.sitkUInt8) + 1
        everywhere.CopyInformation(image)
        sitk.WriteImage(everywhere, str(folder / "mask.nii.gz"))
        (folder / "filters.json").write_text(json.dumps(named), "utf-8")
        maps = response_maps(folder / "image.nii.gz", params={"nbradiomics": {"filters": entries}})
        theirs = {tool: responses(tool, python, folder) for tool, python in tools.items()}
    print(f"{title} {image.GetSize()}: largest difference in the image, and {BORDER} voxels from its border")
    for name, one in maps.items():
        mine = sitk.GetArrayFromImage(one)
        cells = [f"{tool} {difference(mine, theirs[tool][name])}" for tool in tools]
        first, second = (theirs[tool][name] for tool in tools)
        print(f"  {name:42}", *cells, f"each other {difference(first, second)}", sep="  ", flush=True)


def responses(tool: str, python: str, folder: Path) -> dict[str, NDArray[np.float64]]:
    """Run another tool."""
    out = folder / f"{tool}.npz"
    worker = Path(__file__).with_name(f"{tool}_filters.py")
    command = [python, str(worker), str(folder / "image.nii.gz"), str(folder / "filters.json"), str(out)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with np.load(out) as arrays:
        return {name: arrays[name].astype(np.float64) for name in arrays.files}


def isotropic(image: sitk.Image) -> sitk.Image:
    """Resample an image to voxels of equal length, linearly."""
    size = [
        int(length * edge / EDGE) for length, edge in zip(image.GetSize(), image.GetSpacing(), strict=True)
    ]
    return sitk.Resample(
        sitk.Cast(image, sitk.sitkFloat32),
        size,
        sitk.Transform(),
        sitk.sitkLinear,
        image.GetOrigin(),
        [EDGE] * 3,
        image.GetDirection(),
    )


def difference(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> str:
    """Write the largest difference as a part of the range, in the whole image and inside."""
    if ours.shape != theirs.shape:
        return f"shape {theirs.shape}"
    parts = np.abs(ours - theirs) / np.ptp(ours)
    inside = parts[(slice(BORDER, -BORDER),) * 3]
    return f"{parts.max():8.1e} {inside.max() if inside.size else np.nan:8.1e}"


if __name__ == "__main__":
    main()
