"""The commands on tables as hospitals and PyRadiomics write them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.support.helpers import call

NAMES = [f"original_firstorder_F{number}" for number in range(4)]


def result_table(folder: Path, readers: str = "A") -> tuple[Path, Path]:
    """Table as PyRadiomics' own command writes it, and a clinical table."""
    rng = np.random.default_rng(5)
    subjects = [f"{number:03d}" for number in range(1, 41)]
    rows = pd.DataFrame({"ID": subjects, "scanner_id": np.arange(40)})
    values = rng.normal(size=(40, len(NAMES)))
    time = np.round(rng.exponential(30 / np.exp(0.9 * values[:, 0])) + 0.05, 1)
    parts = [
        rows.assign(
            Image=[f"images/{subject}.nrrd" for subject in subjects],
            Mask=[f"masks/{subject}_{reader}.nrrd" for subject in subjects],
            Reader=reader,
            **{"diagnostics_Image-original_Mean": 100.0},
            **dict(zip(NAMES, (values + 0.1 * rng.normal(size=values.shape)).T, strict=True)),
        )
        for reader in readers
    ]
    pd.concat(parts).to_csv(folder / "f.csv", index=False)
    clinical = pd.DataFrame({"SUBJECT": subjects, "os": time, "dead": rng.integers(0, 2, 40)})
    clinical.to_csv(folder / "c.csv", index=False)
    return folder / "f.csv", folder / "c.csv"


def outcome(features: Path, clinical: Path, out: Path, *more: object) -> int:
    quick = ("--folds", 3, "--repeats", 1, "--jobs", 1, "--refits", 0)
    return call("outcome", features, clinical, "--time", "os", "--event", "dead", "--out", out, *quick, *more)


def performance(out: Path) -> pd.DataFrame:
    return pd.read_csv(out / "performance.csv")


def test_outcome_takes_pyradiomics_own_result_and_says_what_was_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    features, clinical = result_table(tmp_path)
    assert outcome(features, clinical, tmp_path / "own") == 0
    printed = capsys.readouterr()
    assert "4 features were used (the columns with names of PyRadiomics or the IBSI)" in printed.out
    assert "columns left out: scanner_id, Image, Mask" in printed.out
    assert "'ID' is read as 'subject'." in printed.err
    assert "'SUBJECT' is read as 'subject'." in printed.err
    summary = json.loads((tmp_path / "own" / "summary.json").read_text(encoding="utf-8"))
    assert summary["left_out_columns"] == ["scanner_id", "Image", "Mask"]
    plain = pd.read_csv(features, dtype={"ID": str}).rename(columns={"ID": "subject"})[["subject", *NAMES]]
    plain.to_csv(tmp_path / "plain.csv", index=False)
    assert outcome(tmp_path / "plain.csv", clinical, tmp_path / "plain") == 0
    pd.testing.assert_frame_equal(performance(tmp_path / "own"), performance(tmp_path / "plain"))


@pytest.mark.slow
def test_a_table_with_semicolons_decimal_commas_and_utf_16_gives_the_same(tmp_path: Path) -> None:
    features, clinical = result_table(tmp_path)
    for file in (features, clinical):
        table = pd.read_csv(file, dtype={"ID": str, "SUBJECT": str})
        text = "sep=;\n" + table.to_csv(sep=";", decimal=",", index=False)
        file.with_suffix(".txt").write_text(text, encoding="utf-16")
    assert outcome(features, clinical, tmp_path / "a") == 0
    assert outcome(features.with_suffix(".txt"), clinical.with_suffix(".txt"), tmp_path / "b") == 0
    pd.testing.assert_frame_equal(performance(tmp_path / "a"), performance(tmp_path / "b"))


def test_other_columns_are_features_where_they_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    features, clinical = result_table(tmp_path)
    named = ("--features", "original_*F0,scanner_id")
    assert outcome(features, clinical, tmp_path / "o", *named) == 0
    assert "2 features were used" in capsys.readouterr().out
    assert outcome(features, clinical, tmp_path / "o", "--features", "orignal_*") == 1
    assert "matches 'orignal_*'" in capsys.readouterr().err


def test_reproducibility_takes_pyradiomics_own_result_with_readers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    features, _ = result_table(tmp_path, "AB")
    assert call("reproducibility", features, "--out", tmp_path / "r.csv") == 0
    assert pd.read_csv(tmp_path / "r.csv")["feature"].tolist() == NAMES
    assert "columns left out: scanner_id, Image, Mask" in capsys.readouterr().out
    table = pd.read_csv(features).drop(columns="Reader")
    table.to_csv(features, index=False)
    assert call("reproducibility", features, "--out", tmp_path / "r.csv") == 1
    assert "name the reader of each mask in a column Reader" in capsys.readouterr().err
