"""One file in two roles: copied rows, swapped columns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from tests.reliability.harness import Kind, Variant
from tests.support.helpers import ball, make_image

_WARNED = r"[1-9]\d* warning\(s\)"
_ROWS_2_3 = (_WARNED, r"\b2\b.*\b3\b")
_CHECK = "check cohort.csv --out problems.csv --jobs 1"


def _given(rows: list[str], header: str = "subject,image,reader,mask") -> Callable[[Path], None]:
    """Images i0 to i3 and masks m0 to m3, all of other content, and copies of the first under other names."""

    def write(folder: Path) -> None:
        for number in range(4):
            noise = np.random.default_rng(number).integers(-250, 250, (10, 12, 14)).astype(np.int16)
            sitk.WriteImage(make_image(noise), str(folder / f"i{number}.nrrd"))
            sitk.WriteImage(make_image(ball(radius=2.5 + number / 3)), str(folder / f"m{number}.nrrd"))
        for name in ("i", "m"):
            for ending in ("nii.gz", "mha"):
                sitk.WriteImage(
                    sitk.ReadImage(str(folder / f"{name}0.nrrd")), str(folder / f"{name}c.{ending}")
                )
        sitk.WriteImage(make_image(ball() * 0), str(folder / "empty.nrrd"))
        (folder / "cohort.csv").write_text("\n".join([header, *rows]) + "\n")

    return write


def _found(name: str, rows: list[str], code: int, *says: str, silent: tuple[str, ...] = ()) -> Variant:
    return Variant(name, _given(rows), _CHECK, code, says, silent)


MASK_IS_IMAGE = Kind(
    "An image given as mask",
    "an error of `check`",
    [
        _found("the same file", ["P0,i0.nrrd,A,i0.nrrd"], 1, "error", "image"),
        _found("a copy in another format", ["P0,i0.nrrd,A,ic.nii.gz"], 1, "error", "image"),
        _found("image and mask swapped", ["P0,m0.nrrd,A,i0.nrrd"], 1, "error", "swapped|exchanged"),
        _found("mask given as image", ["P0,m0.nrrd,A,m0.nrrd"], 1, "error"),
    ],
)

SAME_FILE = Kind(
    "One file for two readers or two subjects",
    "a warning of `check` names both rows",
    [
        _found("two readers, one mask", ["P0,i0.nrrd,A,m0.nrrd", "P0,i0.nrrd,B,m0.nrrd"], 0, *_ROWS_2_3),
        _found("two readers, a copy", ["P0,i0.nrrd,A,m0.nrrd", "P0,i0.nrrd,B,mc.nii.gz"], 0, *_ROWS_2_3),
        _found(
            "two readers, a copy in a third format",
            ["P0,i0.nrrd,A,m1.nrrd", "P1,i1.nrrd,A,m0.nrrd", "P1,i1.nrrd,B,mc.mha"],
            0,
            _WARNED,
            r"\b3\b.*\b4\b",
        ),
        _found(
            "two subjects, one image",
            ["P0,i0.nrrd,A,m0.nrrd", "P1,i0.nrrd,A,m1.nrrd"],
            0,
            *_ROWS_2_3,
        ),
        _found("two subjects, a copy", ["P0,i0.nrrd,A,m0.nrrd", "P1,ic.nii.gz,A,m1.nrrd"], 0, *_ROWS_2_3),
        _found("two subjects, one mask", ["P0,i0.nrrd,A,m0.nrrd", "P1,i1.nrrd,A,m0.nrrd"], 0, *_ROWS_2_3),
        _found(
            "two subjects, all alike",
            ["P0,i0.nrrd,A,m0.nrrd", "P1,i0.nrrd,A,m0.nrrd"],
            0,
            *_ROWS_2_3,
        ),
        _found("without masks", ["P0,i0.nrrd,,", "P1,ic.mha,,"], 0, *_ROWS_2_3),
    ],
)

SOUND = Kind(
    "Files that are correctly listed twice",
    "no message",
    [
        _found("one image, two readers", ["P0,i0.nrrd,A,m0.nrrd", "P0,i0.nrrd,B,m1.nrrd"], 0, "0 warning"),
        _found("two subjects", ["P0,i0.nrrd,A,m0.nrrd", "P1,i1.nrrd,A,m1.nrrd"], 0, "0 warning"),
        _found(
            "two readers who drew nothing",
            ["P0,i0.nrrd,A,empty.nrrd", "P0,i0.nrrd,B,empty.nrrd"],
            0,
            "empty",
            silent=("identical", "same file", "same mask"),
        ),
    ],
)

KINDS = [MASK_IS_IMAGE, SAME_FILE, SOUND]
