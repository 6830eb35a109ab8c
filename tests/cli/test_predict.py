"""The command `predict`: models of one table predict the subjects of another."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.support.helpers import call
from tests.support.outcome_tables import make_cohort


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models of one cohort, and the tables of another."""
    folder = tmp_path_factory.mktemp("predict")
    for name, seed in (("first", 0), ("second", 1)):
        features, clinical = make_cohort(seed, subjects=40, features=4)
        for kind, table in (("features", features), ("clinical", clinical)):
            table.assign(subject=f"{name}-" + table["subject"]).to_csv(
                folder / f"{name}_{kind}.csv", index=False
            )
    asked = ("--time", "months", "--event", "dead", "--covariates", "age,stage", "--penalizer", 0.2)
    quick = ("--folds", 2, "--repeats", 1, "--refits", 0, "--bootstraps", 0, "--jobs", 1)
    tables = (folder / "first_features.csv", folder / "first_clinical.csv")
    assert call("outcome", *tables, *asked, *quick, "--out", folder / "out") == 0
    return folder


def test_new_subjects_are_predicted_from_the_file_alone(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models, out = folder / "out" / "model.zip", tmp_path / "predictions.csv"
    tables = (folder / "second_features.csv", folder / "second_clinical.csv")
    assert call("predict", models, *tables, "--times", "0.1,0.2", "--out", out) == 0
    assert "40 subjects predicted by the model combined" in capsys.readouterr().out
    found = pd.read_csv(out)
    assert len(found) == 80
    assert found["model"].unique().tolist() == ["combined"]
    assert call("predict", models, tables[0], "--out", out) == 0
    assert pd.read_csv(out)["model"].unique().tolist() == ["radiomic"]


def test_what_cannot_be_predicted_is_said_in_a_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models, out = folder / "out" / "model.zip", tmp_path / "predictions.csv"
    features = folder / "second_features.csv"
    for arguments, said in [
        ((features, features, "--out", out), "is no intact file of models"),
        ((models, features, "--times", "soon", "--out", out), "'soon' is no number"),
        ((models, features, "--times", "1e9", "--out", out), "up to the last event"),
        ((models, features, "--model", "forest", "--out", out), "has no model 'forest'"),
        ((models, features, "--model", "combined", "--out", out), "Give a clinical table"),
        ((models, folder / "second_clinical.csv", "--out", out), "lacks"),
        ((models, features, "--out", tmp_path / "predictions.xls"), ".csv or .parquet"),
    ]:
        assert call("predict", *arguments) == 1, arguments
        error = capsys.readouterr().err
        assert said in error.replace("\n", " "), error
        assert "Traceback" not in error
    assert not out.exists()
