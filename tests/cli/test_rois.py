"""The command `rois`: its files, and what it refuses."""

import json
from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.cohort import load_cohort
from tests.support.helpers import call, two_readers


def test_it_writes_a_cohort_table_with_masks_table_and_provenance(tmp_path: Path) -> None:
    table, out = two_readers(tmp_path, 2), tmp_path / "made" / "with.csv"
    given = ("rois", table, "--out", out, "--jobs", 1, "--work", tmp_path / "work")
    assert call(*given, "--ring", 2, "--rim", 1) == 0
    assert sorted(set(load_cohort(out).table["roi"])) == ["core-1mm", "rim-1mm", "ring-2mm", "tumour"]
    folder = tmp_path / "made" / "with_rois"
    assert len(pd.read_csv(folder / "rois.csv")) == 12
    assert len(list(folder.glob("*.nii.gz"))) == 12
    record = json.loads((tmp_path / "made" / "with.provenance.json").read_text(encoding="utf-8"))
    assert record["rois"]["ring"] == 2
    # Other widths leave no mask of the first ones.
    assert call(*given, "--ring", 1) == 0
    assert len(list(folder.glob("*.nii.gz"))) == 4
    assert not (tmp_path / "made" / "with.failures.csv").exists()


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ([], "neither `ring` nor `rim`"),
        (["--ring", "-1"], "ring"),
        (["--rim", "2", "--body", "tumour"], "`ring` is not given"),
        (["--ring", "2", "--body", "skin"], "has no region 'skin'"),
        (["--ring", "2", "--body", "tumour"], "has no mask of a lesion"),
        (["--ring", "2", "--lesions", "components"], "components"),
        (["--ring", "2", "--lesions", "largst"], "unknown rule"),
    ],
)
def test_what_cannot_be_done_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], part: str
) -> None:
    table = two_readers(tmp_path, 1)
    assert call("rois", table, *options, "--out", tmp_path / "out.csv", "--jobs", 1) != 0
    assert part in " ".join("".join(capsys.readouterr()).split())
    assert not (tmp_path / "out.csv").exists()


def test_all_failed_ends_with_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, out = two_readers(tmp_path, 1), tmp_path / "out.csv"
    assert call("rois", table, "--ring", 50, "--out", out, "--jobs", 1) == 1
    assert "lies outside the image" in pd.read_csv(tmp_path / "out.failures.csv")["cause"].iloc[0]
    assert "2 derived region(s), 2 failure(s)" in capsys.readouterr().out
