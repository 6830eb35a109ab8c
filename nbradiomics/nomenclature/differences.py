"""Features of the difference between a voxel and its neighbours: the class `ngtdm` and the family `ngt`."""

from __future__ import annotations

from nbradiomics.nomenclature.entry import SHARE, SUM, Entry
from nbradiomics.nomenclature.rows import LEVELS, entries, row

ROWS = (
    row(
        "Coarseness",
        "coarseness",
        "Coarseness",
        "Inverse of the summed differences of voxels to the mean of their neighbours, weighted by the share "
        "of their grey level; 10^6 if there is no difference.",
        highest="1e6",
        volume=SHARE,
    ),
    row(
        "Contrast",
        "contrast",
        "Contrast",
        "Spread of the grey levels times the mean difference of a voxel to the mean of its neighbours.",
    ),
    row(
        "Busyness",
        "busyness",
        "Busyness",
        "Summed differences of voxels to the mean of their neighbours, relative to the differences between "
        "the grey levels, both weighted by shares.",
        volume=SUM,
    ),
    row(
        "Complexity",
        "complexity",
        "Complexity",
        "Mean difference of grey levels, weighted by how much their voxels differ from their neighbours.",
    ),
    row(
        "Strength",
        "strength",
        "Strength",
        "Squared differences between the grey levels, weighted by their shares, relative to the summed "
        "differences of voxels to the mean of their neighbours.",
        volume=SHARE,
    ),
)
ENTRIES: list[Entry] = entries(ROWS, "ngtdm", "ngt", lowest="0", **LEVELS)
