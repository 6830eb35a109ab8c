"""`outcome --controls` and `--trial`, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.support.helpers import call
from tests.support.trial_tables import trial_tables

MODELS = ["--time", "months", "--event", "dead", "--reader", "A", "--penalizer", "0.1", "--l1-ratio", "0"]
PLAN = [*MODELS, "--folds", "2", "--repeats", "1", "--refits", "0", "--bootstraps", "0", "--jobs", "1"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nbradiomics.report.pages.build_outcome_page", lambda folder: folder)
    for name, table in zip(("features", "controls", "clinical"), trial_tables(0), strict=True):
        table.to_csv(f"{name}.csv", index=False)
    return tmp_path


def outcome(*options: str) -> int:
    return call("outcome", "features.csv", "clinical.csv", "--out", "out", *PLAN, *options)


def features_of(folder: Path) -> list[str]:
    return pd.read_csv(folder / "out" / "controls.csv")["features"].tolist()


def test_controls_are_tried_and_the_answer_is_printed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome("--controls", "controls.csv") == 0
    assert features_of(folder) == ["real", "shuffled", "volume", "shape", "permuted outcome"]
    assert "What does the model know? No verdict" in " ".join(capsys.readouterr().out.split())
    facts = json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))
    assert facts["trial"]["controls"] == ["shuffled"]
    assert "model_file" in facts
    # The same folder again, without a trial: nothing of the earlier one stays.
    assert outcome("--replace") == 0
    assert not (folder / "out" / "controls.csv").exists()


def test_an_evaluation_stays_if_its_controls_are_those_of_other_masks_and_an_earlier_one_goes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome("--trial") == 0  # without controls the flag is enough
    assert features_of(folder) == ["real", "volume", "shape", "permuted outcome"]
    concluded = {"evidence.json", "model_card.html"}
    assert concluded <= {path.name for path in (folder / "out").iterdir()}
    table = pd.read_csv("controls.csv").assign(reader="B")
    table.to_csv("controls.csv", index=False)
    assert outcome("--controls", "controls.csv", "--replace") == 1
    assert "the column reader is B, and that of the model A" in " ".join(capsys.readouterr().err.split())
    there = {path.name for path in (folder / "out").iterdir()}
    assert "performance.csv" in there
    assert not there & {"controls.csv", *concluded}


def test_the_features_themselves_are_no_controls(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert folder
    assert outcome("--controls", "features.csv") == 1
    assert "has a variant control-NAME" in " ".join(capsys.readouterr().err.split())
