"""All features by class and name, and the entry of a column of a feature table."""

from __future__ import annotations

import re
from typing import NamedTuple

from nbradiomics.nomenclature import cooccurrence, differences, intensities, shapes, sizes
from nbradiomics.nomenclature.entry import Entry
from nbradiomics.nomenclature.rows import SECTIONS

ENTRIES: dict[str, Entry] = {
    entry.key: entry
    for room in (shapes, intensities, cooccurrence, sizes, differences)
    for entry in room.ENTRIES
}
#: Classes of PyRadiomics, and classes with the families of the IBSI.
PYRADIOMICS = tuple(dict.fromkeys(entry.class_ for entry in ENTRIES.values() if entry.class_ not in SECTIONS))
CLASSES = (*PYRADIOMICS, *SECTIONS)
_FORM = re.compile(r"_(2D|2_5D|3D)(_avg|_comb)?$")
#: Words for the forms of textures.
FORMS = {
    "2D": "in each slice, averaged",
    "2D_avg": "in each slice and direction, averaged",
    "2D_comb": "in each slice, directions merged, averaged over slices",
    "2_5D": "slices merged",
    "2_5D_avg": "slices merged, averaged over directions",
    "2_5D_comb": "slices and directions merged",
    "3D": "in space",
    "3D_avg": "in space, averaged over directions",
    "3D_comb": "in space, directions merged",
}


class Named(NamedTuple):
    """A column: the name of its image, its entry, and the form of a texture of the IBSI (empty: none)."""

    image: str
    entry: Entry
    form: str


def find(column: str) -> Named | None:
    """Find the entry of a column of a feature table; ``None`` if it is no feature that is known here.

    Examples
    --------
    >>> find("original_cm_contrast_3D_avg").entry.code
    'ACUI'
    """
    image, _, rest = column.partition("_")
    if rest in ENTRIES:
        return Named(image, ENTRIES[rest], "")
    form = _FORM.search(rest)
    entry = ENTRIES.get(rest[: form.start()]) if form else None
    return Named(image, entry, rest[form.start() + 1 :]) if form and entry else None
