"""The list of an ingest shows the texts of masks by which rules are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbradiomics.dicom.listed_masks import texts_of_masks
from tests.support.dicom_series import make_structure_set, write, write_series
from tests.support.helpers import call


def test_what_rules_ask_for_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = write_series(tmp_path / "in", "T2 a")
    made = make_structure_set(
        images, ("GTV", "liver", "GTV"), StructureSetLabel="T2_A", OperatorsName="Smith"
    )
    file = write(made, tmp_path / "in" / "mask")
    assert texts_of_masks(file) == [
        "label 'T2_A'", "description 'contours'", "creator 'Smith'", "regions 'GTV', 'liver'",
    ]  # fmt: skip
    assert call("ingest", tmp_path / "in", "--list", "--key", tmp_path / "key", "--jobs", 1) == 0
    lines = capsys.readouterr().out.splitlines()
    (image,) = (line.split()[0] for line in lines if "MR axial" in line)
    (mask,) = (line for line in lines if "RTSTRUCT" in line)
    assert f"RTSTRUCT  of {image}  label 'T2_A'" in mask


def test_other_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no DICOM")
    assert texts_of_masks(tmp_path / "text") == ["[cannot be read]"]
    images = write_series(tmp_path, "T2 a", slices=1)
    assert texts_of_masks(write(make_structure_set(images, ()), tmp_path / "empty"))[-1] == "[no region]"
