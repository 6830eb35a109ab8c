"""The trial, risks by mask and the file of models: what follows from other numbers is computed again."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.evidence.audit.replay import Replay
from nbradiomics.evidence.write import make_evidence
from tests.support.audited import (
    change_summary,
    changed_digit,
    findings,
    found_again,
    numeric_cells,
    replay_of,
    write_full_outcome,
)

_TABLES = (
    "controls.csv",
    "drawing.csv",
    "drawing_subjects.csv",
    "drawing_groups.csv",
    "drawing_transfer.csv",
)
_KINDS = {"quick": {}, "intervals": {"refits": 50}, "target": {"target": True}}


@pytest.fixture(
    scope="module",
    params=[pytest.param(kind, marks=() if kind == "quick" else pytest.mark.slow) for kind in _KINDS],
)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    write_full_outcome(folder, **_KINDS[request.param])
    return folder


@pytest.fixture(scope="module")
def replay(written: Path) -> Replay:
    return replay_of(written)


@pytest.fixture
def copy(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "copy"))


def test_what_was_written_holds(written: Path) -> None:
    found = list(findings(written))
    assert [one for one in found if one.verdict != "holds"] == []
    assert {"trial", "drawing", "model file", "sentences"} <= {one.check for one in found}
    assert set(_TABLES) <= {one.file for one in found}


def broken(folder: Path, replay: Replay) -> set[str]:
    return {one.file for one in found_again(folder, replay) if one.verdict == "broken"}


def known_elsewhere(name: str, table: pd.DataFrame) -> np.ndarray:
    """Rows whose numbers others follow from: risks and shares with further masks are in no other table."""
    if name != "drawing.csv":
        return np.ones(len(table), dtype=bool)
    return ((table["kind"] == "reader") & (table["reader"] == "A")).to_numpy()


@pytest.mark.parametrize("name", _TABLES)
def test_one_changed_digit_is_found_in_each_column(copy: Path, replay: Replay, name: str) -> None:
    """Nobody compares a hash here; limits come from refits, and only decisions follow from them."""
    path, rng, tried = copy / name, np.random.default_rng(0), 0
    content = path.read_bytes()
    limits = {"low", "high", "cost_low", "cost_high", "loss_low", "loss_high"}
    for row, column, table in numeric_cells(path, rng):
        if column in limits and name in ("controls.csv", "drawing_transfer.csv"):
            continue
        rows = np.flatnonzero(known_elsewhere(name, table) & (table[column] != ""))
        row = row if row in rows else int(rng.choice(rows))
        other = table.copy()
        other.loc[row, column] = changed_digit(str(table.loc[row, column]), rng)
        other.to_csv(path, index=False)
        found = any(one.verdict == "broken" for one in found_again(copy, replay))
        assert found, (column, table.loc[row, column], other.loc[row, column])
        tried += 1
        path.write_bytes(content)
    assert tried > 0


@pytest.mark.parametrize(
    "keys",
    [
        *(("trial", "verdict"), ("answers", "What does the model know?"), ("trial", "sentences", 0)),
        *(("drawing", "sentences", 0), ("drawing", "reader"), ("model_file", "sha256")),
    ],
)
def test_a_changed_text_of_the_summary_is_found(
    copy: Path, replay: Replay, keys: tuple[str | int, ...]
) -> None:
    change_summary(copy, *keys, by="What the model knows is texture.")
    assert broken(copy, replay)


def test_a_changed_group_decision_or_missing_table_is_found(copy: Path, replay: Replay) -> None:
    table = pd.read_csv(copy / "drawing_subjects.csv", dtype=str, keep_default_na=False)
    table.loc[0, "group"] = next(name for name in set(table["group"]) if name != table.loc[0, "group"])
    table.to_csv(copy / "drawing_subjects.csv", index=False)
    controls = pd.read_csv(copy / "controls.csv", dtype=str, keep_default_na=False)
    decision = controls.loc[1, "decision"]
    controls.loc[1, "decision"] = "gains" if decision != "gains" else "costs"
    controls.to_csv(copy / "controls.csv", index=False)
    (copy / "drawing_groups.csv").rename(copy / "x")
    assert {"controls.csv", "drawing.csv"} <= broken(copy, replay)  # a table is missing
    (copy / "x").rename(copy / "drawing_groups.csv")
    assert "drawing_subjects.csv" in broken(copy, replay)


def test_another_file_of_models_and_changed_examples_are_found(copy: Path, replay: Replay) -> None:
    content = (copy / "model.zip").read_bytes()
    (copy / "model.zip").write_bytes(content[:-1] + b"x")
    assert "model.zip" in broken(copy, replay)
    (copy / "model.zip").unlink()
    assert broken(copy, replay)
    (copy / "model.zip").write_bytes(content)
    assert not broken(copy, replay)
    summary = json.loads((copy / "summary.json").read_text(encoding="utf-8"))
    summary["model_file"]["examples"]["subjects"][0]["held_out"] += 0.01
    (copy / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    assert broken(copy, replay)


def test_a_list_of_stable_features_is_no_step_of_a_fold(written: Path) -> None:
    """The list of this evaluation may have seen the features of held-out subjects."""
    evidence = make_evidence(written, [path.name for path in written.iterdir()])
    (learned,) = (fact for fact in evidence.facts if fact.name.endswith(".learned_from"))
    assert isinstance(learned.value, dict)
    assert learned.value["agrees"] is True
    assert "stability of features" not in learned.value["steps"]  # type: ignore[operator]
    assert "The list of stable features is no part of the folds" in learned.text
