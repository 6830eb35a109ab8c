"""How a hostile image becomes a variant: a cohort of one subject, which a command must name and survive."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import SimpleITK as sitk

from tests.reliability.harness import Bounds, Variant
from tests.reliability.images import only_the_other, write_tables
from tests.robustness.corpus import EDGES, voxels
from tests.support.helpers import make_image

EXTRACT = "extract cohort.csv --params params.yaml --out f.csv --jobs 1"
CHECK = "check cohort.csv --out problems.csv --jobs 1"
Write = Callable[[Path], str]


def cohort(folder: Path, *, image: Write | None = None, mask: Write | None = None) -> None:
    """One subject with a hostile image or mask, which a function writes into a folder; one that is sound."""
    names = {}
    for role, write, array in (("image", image, voxels("image")), ("mask", mask, voxels("mask"))):
        (folder / role).mkdir()
        if write is None:
            sitk.WriteImage(make_image(array, EDGES), str(folder / role / "sound.nrrd"))
            names[role] = f"{role}/sound.nrrd"
        else:
            names[role] = f"{role}/{write(folder / role)}"
    write_tables(folder, names["image"], names["mask"])


def refused(
    name: str, write: Write, *says: str, mask: bool = False, check: bool = False, bounds: Bounds | None = None
) -> Variant:
    """A hostile image, or mask: its case is a failure, the other has its values; or `check` names it."""
    role = "mask" if mask else "image"

    def files(folder: Path) -> None:
        cohort(folder, **{role: write})

    command, code, holds = (CHECK, 1, None) if check else (EXTRACT, 0, only_the_other)
    title = f"{name}, {role}{', check' if check else ''}"
    return Variant(title, files, command, code, (f"{role}/", *says), (), holds, bounds)


#: Without features, which take longer to measure than such a header to be refused.
checked = partial(refused, check=True)
