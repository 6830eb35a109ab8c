"""The table of perturbations: what was done to make each variant."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import CASE, READER, READING, VARIANT

_NONE = "no noise was added"

PERTURBATIONS = Schema(
    name="Perturbations",
    file="perturbations.csv",
    row="a variant of a mask",
    columns=(
        *CASE,
        READER,
        READING,
        VARIANT,
        Column("noise", "integer", "number of the draw of noise; 0: none"),
        Column("noise_sd", "number", "standard deviation of the noise, in units of the image", missing=_NONE),
        Column("rotation", "number", "rotation of the grid within the slices", "degrees"),
        Column("translation_x", "number", "shift of the grid along x", "voxels"),
        Column("translation_y", "number", "shift of the grid along y", "voxels"),
        Column("translation_z", "number", "shift of the grid along z", "voxels"),
        Column("volume", "number", "requested change of the volume, as a share"),
        Column("volume_reached", "number", "change of the volume by this step, as a share"),
        Column("contour", "integer", "number of the random contour; 0: none"),
        Column("simulated_reader", "integer", "number of the simulated reader; 0: none"),
        Column("seed", "integer", "seed of the study"),
        Column("original_ml", "number", "volume of the original mask", "ml"),
        Column("volume_ml", "number", "volume of the perturbed mask", "ml"),
        Column(
            "dice",
            "number",
            "Dice coefficient of the perturbed mask and the original mask on the same grid: what volume, "
            "contour and reader changed",
        ),
    ),
    key=("subject", "timepoint", "sequence", "roi", "reader", "reading", "variant"),
    note="`nbradiomics perturb` writes it beside the cohort table of the variants.",
)
