"""The command `controls`: its table, its choices, and what it says of controls that change nothing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.features.controls.extract import extract_controls
from nbradiomics.tables import feature_columns
from tests.support.helpers import call, two_readers

PARAMS = "featureClass: {shape: [VoxelVolume], firstorder: [Mean], glcm: [Contrast]}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    two_readers(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS)
    return tmp_path


def test_the_table_is_that_of_the_function(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "controls.parquet"
    given = [folder / "cohort.csv", "--params", folder / "params.yaml", "--reader", "A", "--out", out]
    kinds = ["--kinds", "shuffled,random", "--seed", 3, "--ring-mm", 4, "--jobs", 1]
    assert call("controls", *given, *kinds) == 0
    assert "6 rows" in capsys.readouterr().out
    table = pd.read_parquet(out)
    cohort, params = str(folder / "cohort.csv"), folder / "params.yaml"
    done = extract_controls(cohort, params=params, reader="A", kinds=("shuffled", "random"), seed=3)
    pd.testing.assert_frame_equal(table, done.table)
    assert set(table["reader"]) == {"A"}


def test_a_control_that_cannot_be_made_is_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The images are small: the largest tumour has no second place."""
    out = folder / "controls.csv"
    given = [folder / "cohort.csv", "--params", folder / "params.yaml", "--jobs", 1]
    assert call("controls", *given, "--kinds", "shuffled,displaced", "--out", out) == 0
    failures = pd.read_csv(folder / "controls.failures.csv")
    table = pd.read_csv(out)
    assert set(failures["stage"]) == {"controls"}
    assert failures["cause"].str.contains("no other place").all()
    lost = table[feature_columns(table)].isna().all(axis=1)
    assert set(table.loc[lost, "variant"]) == {"control-displaced"}
    assert 0 < lost.sum() == len(failures)


def test_controls_that_change_nothing_are_warned_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "params.yaml").write_text("featureClass: {shape: [VoxelVolume], firstorder: [Mean]}\n")
    out = folder / "controls.csv"
    given = [folder / "cohort.csv", "--params", folder / "params.yaml", "--out", out, "--jobs", 1]
    assert call("controls", *given, "--kinds", "shuffled,random") == 0
    told = " ".join(capsys.readouterr().err.split())
    assert "the control shuffled keeps all features" in told
    assert "the control random keeps" not in told


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--reader", "C"], "no mask with reader 'C'"),
        (["--kinds", "shuffled,noise"], "shuffled"),
        (["--ring-mm", "0"], "greater than 0"),
        (["--shard", "1/2"], "--work"),
    ],
)
def test_bad_options_are_refused(
    folder: Path, options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [folder / "cohort.csv", "--params", folder / "params.yaml", "--out", folder / "c.csv"]
    assert call("controls", *given, *options) == 1
    assert told in " ".join(capsys.readouterr().err.split())


def test_shards_make_the_same_table(folder: Path) -> None:
    given = [folder / "cohort.csv", "--params", folder / "params.yaml", "--reader", "A", "--jobs", 1]
    assert call("controls", *given, "--out", folder / "whole.csv") == 0
    shared = [*given, "--out", folder / "parts.csv", "--work", folder / "work"]
    for shard in ("1/2", "2/2"):
        assert call("controls", *shared, "--shard", shard) == 0
    assert call("controls", *shared) == 0
    assert (folder / "parts.csv").read_bytes() == (folder / "whole.csv").read_bytes()
