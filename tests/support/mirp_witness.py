"""Values of the IBSI's families by MIRP 2.7, an independent implementation, for one made image.

    PYTHON -m tests.support.mirp_witness

PYTHON has MIRP 2.7.0 and what it needs; nbradiomics is not needed. The script writes `mirp_witness.json`
beside it, under the IBSI's tags.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_suffix(".json")
#: Voxel edges in mm, x, y, z.
SPACING = (1.25, 1.25, 2.5)
BINS, RANGE = 16, (60.0, 150.0)
#: Endings of MIRP's names and the forms of the IBSI's tables.
FORMS = {
    "2d_avg": "2D_avg",
    "2d_s_mrg": "2D_comb",
    "2.5d_d_mrg": "2_5D_avg",
    "2.5d_v_mrg": "2_5D_comb",
    "3d_avg": "3D_avg",
    "3d_v_mrg": "3D_comb",
    "2d": "2D",
    "2.5d": "2_5D",
    "3d": "3D",
}
_METHODS = {
    "directional": [
        "2d_average",
        "2d_slice_merge",
        "2.5d_direction_merge",
        "2.5d_volume_merge",
        "3d_average",
        "3d_volume_merge",
    ],
    "plain": ["2d", "2.5d", "3d"],
}


def phantom() -> tuple[np.ndarray, np.ndarray]:
    """Make an image with a gradient and noise, and a region without symmetry; axes z, y, x."""
    z, y, x = np.meshgrid(*(np.arange(n) - (n - 1) / 2 for n in (14, 22, 24)), indexing="ij")
    rng = np.random.default_rng(7)
    noise = rng.normal(0, 12, z.shape)
    noise = (noise + np.roll(noise, 1, 2) + np.roll(noise, 1, 1)) / 1.5
    values = np.round(100 + 2 * x - y + noise, 3)
    inside = (z / 4.2) ** 2 + (y / 6.3) ** 2 + ((x - 0.2 * z) / (5.1 + 0.3 * y)) ** 2 <= 1
    return values, inside.astype(np.uint8)


def tag(name: str) -> str | None:
    """Return the IBSI's tag of MIRP's name; ``None`` if it is no feature of a family."""
    if not re.match("(morph|loc|stat|ih|ivh|cm|rlm|szm|dzm|ngt|ngl)_", name):
        return None
    plain = re.sub(r"_fbn_n\d+|_d1|_a0\.0", "", name)
    for ending in sorted(FORMS, key=len, reverse=True):
        if plain.endswith(f"_{ending}"):
            return plain.removesuffix(ending) + FORMS[ending]
    return plain


def main() -> None:
    """Run MIRP and write its values."""
    import itk  # type: ignore[import-not-found]
    from mirp import extract_features  # type: ignore[import-not-found]

    with tempfile.TemporaryDirectory() as folder:
        for name, array in zip(("image", "mask"), phantom(), strict=True):
            image = itk.image_from_array(array)
            image.SetSpacing(SPACING)
            itk.imwrite(image, f"{folder}/{name}.nii.gz")
        table: Any = extract_features(
            image=f"{folder}/image.nii.gz",
            mask=f"{folder}/mask.nii.gz",
            no_approximation=True,
            resegmentation_intensity_range=list(RANGE),
            base_discretisation_method="fixed_bin_number",
            base_discretisation_n_bins=BINS,
            base_feature_families="all",
            ivh_discretisation_method="fixed_bin_number",
            ivh_discretisation_n_bins=1000,
            **{f"{one}_spatial_method": _METHODS["directional"] for one in ("glcm", "glrlm")},
            **{f"{one}_spatial_method": _METHODS["plain"] for one in ("glszm", "gldzm", "ngtdm", "ngldm")},
        )[0]
    values = {tag(name): float(table[name].iloc[0]) for name in table.columns if tag(name)}
    FILE.write_text(json.dumps(values, indent=1) + "\n")


if __name__ == "__main__":
    main()
