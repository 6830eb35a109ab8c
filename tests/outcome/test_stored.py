"""An evaluation that was stopped continues: what was refitted is found again, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nbradiomics.clinical import Endpoint
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.workspace import Workspace
from nbradiomics.outcome import OutcomeSettings, Predictors, added_value, permutations, refits
from nbradiomics.outcome.added_value import gain_tests
from nbradiomics.outcome.assembly import OutcomeData
from nbradiomics.outcome.crossvalidation import cross_validate
from nbradiomics.outcome.horizons import find_horizons
from nbradiomics.outcome.permutations import permutation_test
from nbradiomics.outcome.prepared import prepare
from nbradiomics.outcome.refits import refit
from nbradiomics.outcome.score_table import Scores
from nbradiomics.outcome.stored import digest_of
from nbradiomics.outcome.tasks import Survival
from nbradiomics.tables import RowsOfReader
from tests.support.outcome_tables import make_cohort

SETTINGS = OutcomeSettings(folds=2, repeats=1, penalizer=0.2, l1_ratio=0.0, refits=50, permutations=4)


@pytest.fixture
def data() -> OutcomeData:
    endpoint, predictors = Endpoint(time="months", event="dead"), Predictors(covariates=("age", "stage"))
    asked = (endpoint, predictors, RowsOfReader(), None, SETTINGS)
    return prepare(
        *make_cohort(subjects=40, features=3, readers=("A", "B")),
        *asked[:2],
        RowsOfReader(reader="A"),
        *asked[3:],
        folds=2,
    ).data


def task_of(data: OutcomeData) -> Survival:
    return Survival(find_horizons(data.y, ()))


def workspace(folder: Path) -> Execution:
    return Execution(workspace=Workspace(folder))


def refuse(*_: object) -> None:
    raise AssertionError("computed again")


def test_refits_are_found_again(data: OutcomeData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[int] = []

    def score(*of_sample: object) -> Scores:
        number = int(str(of_sample[-1]))
        fitted.append(number)
        return {
            ("radiomic", "harrell_c", None): np.array([0.1 + number / 3, np.nan]),
            ("radiomic", "brier", 0.1 + 0.2): np.array([1e-17, 1.0]),
        }

    monkeypatch.setattr(refits, "refit_sample", score)
    asked = (["radiomic"], task_of(data))
    plain = refit(data, SETTINGS, *asked)
    first = refit(data, SETTINGS, *asked, execution=workspace(tmp_path))
    (lost, *_) = sorted((tmp_path / "refits").glob("*.json"))
    lost.unlink()
    fitted.clear()
    again = refit(data, SETTINGS.changed(confidence=0.9), *asked, execution=workspace(tmp_path))
    assert len(fitted) == 1
    more = refit(data, SETTINGS.changed(refits=51), *asked, execution=workspace(tmp_path))
    assert fitted[1:] == [51]
    assert more.scores.keys() == plain.scores.keys()
    for key, values in plain.scores.items():
        np.testing.assert_array_equal(values, first.scores[key])
        np.testing.assert_array_equal(values, again.scores[key])
        np.testing.assert_array_equal(values, more.scores[key][:50])
    refit(data, SETTINGS.changed(seed=1), *asked, execution=workspace(tmp_path))
    assert len(fitted) == 52


def test_permutations_are_found_again(
    data: OutcomeData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_of(data)
    results = cross_validate(data, SETTINGS, data.models, task)
    asked = (data, SETTINGS)
    chance = permutation_test(*asked, "combined", task, results, execution=workspace(tmp_path))
    gains = gain_tests(*asked, task, results, execution=workspace(tmp_path))
    monkeypatch.setattr(permutations, "permuted_statistic", refuse)
    monkeypatch.setattr(added_value, "permuted_gain", refuse)
    assert permutation_test(*asked, "combined", task, results, execution=workspace(tmp_path)) == chance
    assert gain_tests(*asked, task, results, execution=workspace(tmp_path)) == gains
    assert chance.failed == 0
    other = permutation_test(*asked, "radiomic", task, results, execution=workspace(tmp_path))
    assert other.failed == SETTINGS.permutations


def test_everything_that_a_model_sees_is_in_the_digest(data: OutcomeData) -> None:
    frame = data.frame.copy()
    frame.iloc[3, 0] += 1e-9
    text = data.frame.copy()
    text.loc[text.index[0], "stage"] = "II"
    y = data.y.copy()
    y["event"][0] = ~y["event"][0]
    rule, ratings = data.stability, data.stability.ratings
    assert ratings is not None
    others = [
        replace(data, frame=frame),
        replace(data, frame=text),
        replace(data, frame=data.frame.rename(index={data.subjects[0]: "other"})),
        replace(data, y=y),
        replace(data, sites=np.array(["x"] * 40, dtype=object)),
        replace(data, radiomic=data.radiomic[:-1]),
        replace(data, stability=replace(rule, ratings=replace(ratings, values=ratings.values + 1e-9))),
        replace(data, stability=replace(rule, kind="list", stable=("f0",))),
        replace(data, volume="f0"),
    ]
    digests = [digest_of(one) for one in (data, *others)]
    assert len(set(digests)) == len(digests)
    assert digest_of(replace(data, frame=data.frame.copy())) == digests[0]
