"""Masks with several labels, and tables that name them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk

from tests.reliability.harness import Kind, Variant
from tests.reliability.images import noise
from tests.support.helpers import ball, make_image

_EXTRACT = "extract cohort.csv --params params.yaml --out f.csv --jobs 1"
_WARNED = r"[1-9]\d* warning\(s\)"
_CHECK = "check cohort.csv --params params.yaml --out problems.csv --jobs 1"


def _mask() -> np.ndarray:
    """Label 1 is a ball, label 2 a box beside it, label 4 a smaller box."""
    mask = ball(radius=2.5)
    mask[1:4, 1:4, 1:3] = 2
    mask[7:9, 9:11, 10:13] = 4
    return mask


_COUNT = {label: int((_mask() == label).sum()) for label in (1, 2, 4)}


def _given(rows: list[str], header: str, label: str = "") -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        sitk.WriteImage(make_image(noise()), str(folder / "i.nrrd"))
        mask = make_image(_mask())
        sitk.WriteImage(mask, str(folder / "m.nrrd"))
        for number, (name, value) in enumerate({"core": 1, "edema": 2, "cyst": 4}.items()):
            mask.SetMetaData(f"Segment{number}_Name", name)
            mask.SetMetaData(f"Segment{number}_LabelValue", str(value))
        sitk.WriteImage(mask, str(folder / "m.seg.nrrd"))
        (folder / "cohort.csv").write_text("\n".join([header, *rows]) + "\n")
        setting = f"setting: {{label: {label}}}\n" if label else ""
        (folder / "params.yaml").write_text(setting + "featureClass: {shape: [VoxelVolume]}\n")

    return write


def _volumes(*expected: int) -> Callable[[Path], None]:
    def holds(folder: Path) -> None:
        found = pd.read_csv(folder / "f.csv")["original_shape_VoxelVolume"]
        assert found.round(6).tolist() == list(expected)

    return holds


_HEADER = "subject,image,reader,mask,label"


def _read(name: str, cell: str, *volumes: int, label: str = "", mask: str = "m.nrrd") -> Variant:
    write = _given([f"P1,i.nrrd,r,{mask},{cell}"], _HEADER, label)
    return Variant(name, write, _EXTRACT, 0, holds=_volumes(*volumes))


def _batch(name: str, rows: list[str], *volumes: int, label: str = "") -> Variant:
    return Variant(name, _given(rows, "ID,Image,Mask,Label", label), _EXTRACT, 0, holds=_volumes(*volumes))


READ = Kind(
    "Masks with several labels",
    "the label in the table is used before that of the parameter file; a list of labels becomes one region",
    [
        _read("label 2", "2", _COUNT[2]),
        _read("label 2 beside `label: 1`", "2", _COUNT[2], label="1"),
        _read("no label beside `label: 2`", "", _COUNT[2], label="2"),
        _read("no label at all", "", _COUNT[1]),
        _read("a list", '"1,2"', _COUNT[1] + _COUNT[2]),
        _read("a list beside `label: 1`", '"2,4"', _COUNT[2] + _COUNT[4], label="1"),
        _read("all", "all", sum(_COUNT.values())),
        _read("a name", "edema", _COUNT[2], mask="m.seg.nrrd"),
        _read("a list of names", '"core,edema"', _COUNT[1] + _COUNT[2], mask="m.seg.nrrd"),
        _read("2.0", "2.0", _COUNT[2]),
        _batch("PyRadiomics' table, label 2", ["1,i.nrrd,m.nrrd,2"], _COUNT[2]),
        _batch("PyRadiomics' table, label 2 beside `label: 1`", ["1,i.nrrd,m.nrrd,2"], _COUNT[2], label="1"),
        _batch(
            "PyRadiomics' table, a row each",
            ["1,i.nrrd,m.nrrd,1", "1,i.nrrd,m.nrrd,2"],
            _COUNT[1],
            _COUNT[2],
        ),
        _batch(
            "PyRadiomics' table, a row each, beside `label: 4`",
            ["1,i.nrrd,m.nrrd,2", "1,i.nrrd,m.nrrd,1"],
            _COUNT[2],
            _COUNT[1],
            label="4",
        ),
    ],
)


def _absent(name: str, cell: str, *says: str, mask: str = "m.nrrd", code: int = 1) -> Variant:
    write = _given([f"P1,i.nrrd,r,{mask},{cell}"], _HEADER)
    return Variant(name, write, _EXTRACT, code, says)


ABSENT = Kind(
    "A label that the mask does not contain",
    "a failure, or the table is refused: the message names the label and the labels of the mask",
    [
        _absent("label 3", "3", "3", "1, 2, 4"),
        _absent("a name that is not there", "necrosis", "necrosis", "core", mask="m.seg.nrrd"),
        _absent("a name in a file without names", "core", "core"),
        _absent("1.5", "1.5", "1[.]5"),
        _absent("label 0", "0", r"\b0\b"),
    ],
)

UNREAD = Kind(
    "Labels that are not read",
    "a warning of `check` names them, and says how to select them",
    [
        Variant(name, _given(rows, _HEADER, label), _CHECK, 0, says, silent)
        for name, rows, label, says, silent in (
            ("1 of 1, 2, 4", ["P1,i.nrrd,r,m.nrrd,"], "", (_WARNED, r"2", r"4"), ()),
            ("2 of 1, 2, 4", ["P1,i.nrrd,r,m.nrrd,2"], "", (_WARNED, r"1", r"4"), ()),
            ("by the parameter file", ["P1,i.nrrd,r,m.nrrd,"], "4", (_WARNED, r"1", r"2"), ()),
            ("all are read", ["P1,i.nrrd,r,m.nrrd,all"], "", ("0 warning",), ()),
        )
    ],
)

KINDS = [READ, ABSENT, UNREAD]
