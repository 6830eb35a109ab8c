"""Figures and curves are computed again from the predictions: one changed digit is found."""

import json
from pathlib import Path

import numpy as np
import pytest

from nbradiomics.outcome import evaluate_outcome, validate_outcome, write_outcome
from tests.support.audited import changed_digit, findings, is_broken, numeric_cells
from tests.support.outcome_tables import make_cohort

SETTINGS = {"folds": 3, "repeats": 2, "bootstraps": 100, "refits": 0, "penalizer": 0.2, "l1_ratio": 0.0}
KINDS = ("survival", "competing", "two classes", "three classes", "external")


def write(kind: str, folder: Path) -> None:
    features, clinical = make_cohort(subjects=60, features=4)
    clinical["grade"] = np.where(features["f0"] > 0.3, "c", np.where(features["f0"] < -0.3, "a", "b"))
    clinical["high"] = np.where(features["f0"] > 0, "yes", "no")
    clinical["both"] = np.where((clinical["dead"] == 0) & (np.arange(60) % 2 == 0), 2, clinical["dead"])
    chosen: dict[str, object] = {
        "survival": {"time": "months", "event": "dead"},
        "external": {"time": "months", "event": "dead"},
        "competing": {"time": "months", "event": "both", "competing": ["2"]},
        "two classes": {"target": "high", "positive": ["yes"]},
        "three classes": {"target": "grade"},
    }[kind]
    options = {"covariates": ["age"], **chosen}  # type: ignore[dict-item]
    if kind == "external":
        other = tuple(
            table.assign(subject="x" + table["subject"]) for table in make_cohort(1, subjects=40, features=4)
        )
        result = validate_outcome(
            (features, clinical), other, bootstraps=100, penalizer=0.2, l1_ratio=0.0, **options
        )
    else:
        result = evaluate_outcome(features, clinical, **SETTINGS, **options)
    write_outcome(result, folder)


@pytest.fixture(
    scope="module",
    params=[pytest.param(kind, marks=() if kind == "survival" else pytest.mark.slow) for kind in KINDS],
)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("outcome")
    write(request.param, folder)
    return request.param, folder


def test_what_was_written_holds(written: tuple[str, Path]) -> None:
    kind, folder = written
    found = list(findings(folder, external=kind == "external"))
    assert [one for one in found if one.verdict != "holds"] == []
    expected = {"folds", "performance", "curves", "groups", "numbers", "sentences"}
    expected |= set() if "classes" in kind else {"risks"}
    assert {one.check for one in found} == expected | (set() if kind == "external" else {"leakage"})


#: Columns whose digits cannot be computed again from the tables of the folder.
_OPEN = {
    "performance.csv": {"low", "high"},  # those of metrics and samples that need the fitting
    "predictions.csv": set(),
}
_TABLES = (
    *("performance.csv", "calibration.csv", "decision.csv", "kaplan_meier.csv", "predictions.csv"),
    *("class_calibration.csv", "class_decision.csv", "class_predictions.csv"),
)


@pytest.mark.parametrize("name", _TABLES)
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_one_changed_digit_is_found_in_each_column(written: tuple[str, Path], name: str, seed: int) -> None:
    """Nobody compares a hash here: the change is found by computing again."""
    kind, folder = written
    path = folder / name
    if not path.is_file():
        pytest.skip(f"an outcome of the kind {kind} has no {name}")
    content, rng, tried = path.read_bytes(), np.random.default_rng(seed), 0
    try:
        for row, column, table in numeric_cells(path, rng):
            if column in _OPEN.get(name, set()) and kind == "external":
                continue
            other = table.copy()
            other.loc[row, column] = changed_digit(str(table.loc[row, column]), rng)
            other.to_csv(path, index=False)
            changed = (column, table.loc[row, column], other.loc[row, column])
            assert is_broken(folder, external=kind == "external"), changed
            tried += 1
    finally:
        path.write_bytes(content)
    assert tried > 1


@pytest.mark.parametrize("key", ["subjects", "events", "excluded", "median_follow_up", "end"])
def test_a_changed_number_of_the_summary_is_found(written: tuple[str, Path], key: str) -> None:
    kind, folder = written
    path = folder / "summary.json"
    text = path.read_text(encoding="utf-8")
    summary = json.loads(text)
    if summary.get(key) is None or (kind == "external" and key == "end"):
        pytest.skip(f"the summary of this outcome has no {key} of its own")
    try:
        path.write_text(json.dumps(summary | {key: summary[key] + 1}), encoding="utf-8")
        assert is_broken(folder, external=kind == "external")
    finally:
        path.write_text(text, encoding="utf-8")
