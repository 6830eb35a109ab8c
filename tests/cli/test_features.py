"""The command `features`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbradiomics.features.dictionary_schema import DICTIONARY
from tests.support.helpers import call

FILE = "featureClass: {firstorder: [Energy], glcm: [Contrast]}\nnbradiomics: {families: [ivh]}\n"


@pytest.fixture
def params(tmp_path: Path) -> str:
    path = tmp_path / "params.yaml"
    path.write_text(FILE, encoding="utf-8")
    return str(path)


def test_the_dictionary_is_written_and_can_be_read(params: str, tmp_path: Path) -> None:
    out = tmp_path / "dictionary.csv"
    assert call("features", "--params", params, "--out", out) == 0
    table = DICTIONARY.read(out)
    assert list(table["feature"][:2]) == ["original_firstorder_Energy", "original_glcm_Contrast"]
    assert list(table["ibsi_code"][:2]) == ["", "ACUI"]


def test_without_a_file_the_features_are_shown(params: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("features", "--params", params) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "original_firstorder_Energy: Energy (intensity2, confounded with the volume)"
    assert shown[1] == "original_glcm_Contrast: Contrast (ACUI)"
    assert len(shown) == 9


def test_as_json(params: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("features", "--params", params, "--json") == 0
    assert json.loads(capsys.readouterr().out)["features"][0]["unit"] == "intensity2"


def test_bad_files_are_refused(tmp_path: Path, params: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("features", "--params", "nothing.yaml") == 1
    assert "nothing.yaml" in capsys.readouterr().err
    assert call("features", "--params", params, "--out", tmp_path / "a.txt") == 1
    assert ".csv" in capsys.readouterr().err
    assert call("features", "--params", params, "--out", params) == 1
