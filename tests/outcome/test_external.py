"""External validation: what is fitted knows nothing of the external subjects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.outcome import OutcomeSettings, validate_outcome
from nbradiomics.outcome.intervals import draws_interval
from nbradiomics.outcome.measures import harrell_c
from nbradiomics.outcome.measures.harrell import repeated_c
from tests.support.helpers import call
from tests.support.outcome_tables import c_of, make_cohort

FAST = OutcomeSettings(bootstraps=0, penalizer=0.3, l1_ratio=0.0)
ASKED = {"time": "months", "event": "dead", "covariates": ["age", "stage"], "settings": FAST}


def other(seed: int = 5, **options: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    tables = make_cohort(seed, **options)
    return tuple(table.assign(subject="x" + table["subject"]) for table in tables)


def validated(external: tuple[pd.DataFrame, pd.DataFrame], seed: int = 0, **more: object):
    first = make_cohort(seed)
    return validate_outcome(
        *first, external_features=external[0], external_clinical=external[1], **{**ASKED, **more}
    )


def test_the_models_are_judged_on_the_external_subjects_alone() -> None:
    external = other(subjects=80)
    result = validated(external, settings=FAST.changed(bootstraps=100))
    assert result.summary["subjects"] == 80
    assert result.summary["development"]["subjects"] == 60
    predictions = result.predictions.query("model == 'radiomic'")
    assert set(predictions["subject"]) == set(external[0]["subject"])
    assert c_of(result, "radiomic") == pytest.approx(
        harrell_c(predictions["time"], predictions["event"], predictions["risk"])
    )
    assert c_of(result, "radiomic") > 0.6
    rows = result.performance.query("metric == 'harrell_c'")
    assert (rows["low"] < rows["value"]).all()
    assert (rows["value"] < rows["high"]).all()
    assert result.summary["log_rank_p"]["radiomic"] < 0.01
    assert int(result.baseline.loc[0, "all"]) == 80
    text = " ".join(result.summary["sentences"])
    assert "fitted to 60 subjects" in text
    assert "judged on 80 external subjects" in text


def test_external_subjects_change_no_prediction_of_the_others() -> None:
    external = other(subjects=40)
    before = validated(external).predictions
    spoilt = [table.copy() for table in external]
    away = spoilt[0]["subject"].iloc[:10]
    rows = spoilt[0]["subject"].isin(away)
    spoilt[0].loc[rows, "f0"] = 1e6
    spoilt[1].loc[rows, "dead"] = 1 - spoilt[1].loc[rows, "dead"]
    after = validated(tuple(spoilt)).predictions
    kept = [table[~table["subject"].isin(away)].reset_index(drop=True) for table in (before, after)]
    pd.testing.assert_frame_equal(kept[0], kept[1])


def test_a_model_of_noise_is_chance() -> None:
    found = []
    for seed in range(8):
        features, clinical = other(seed + 50, effect=0.0)
        result = validate_outcome(
            *make_cohort(seed, effect=0.0), external_features=features, external_clinical=clinical, **ASKED
        )
        found.append(c_of(result, "radiomic"))
    assert 0.42 < np.mean(found) < 0.58


def test_what_cannot_be_validated_is_refused() -> None:
    features, clinical = other()
    with pytest.raises(InputError, match="60 subjects are in both cohorts: p00, p01"):
        validated(make_cohort())
    with pytest.raises(InputError, match="external feature table lacks 2 columns: f1, f2"):
        validated((features.drop(columns=["f1", "f2"]), clinical))
    with pytest.raises(InputError, match="external clinical table lacks 1 columns: age"):
        validated((features, clinical.drop(columns="age")))
    with pytest.raises(InputError, match="the external cohort has 60 usable subjects with 0 events"):
        validated((features, clinical.assign(dead=0)))


def test_draws_of_a_fixed_model_contain_its_true_c() -> None:
    """The intervals of a fixed risk: C of 60 subjects with about 20 events, the truth from 20,000."""

    def subjects(number: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        risk = rng.normal(size=number)
        time, end = rng.exponential(np.exp(-0.8 * risk)), rng.exponential(0.5, number)
        return np.minimum(time, end), time <= end, risk

    rng = np.random.default_rng(0)
    truth = harrell_c(*subjects(5000, rng))
    inside = 0
    for _ in range(200):
        time, event, risk = subjects(60, rng)
        weights = rng.multinomial(60, np.full(60, 1 / 60), size=200).astype(float)
        draws = repeated_c(time, event, risk[None], weights)
        low, high = draws_interval(harrell_c(time, event, risk), draws, 0.95, bounded=True)
        inside += low <= truth <= high
    assert 0.92 <= inside / 200 <= 0.99


def test_the_command_leaves_tables_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("f.csv", "c.csv", "ef.csv", "ec.csv")
    for name, table in zip(names, (*make_cohort(), *other()), strict=True):
        table.to_csv(tmp_path / name, index=False)
    options = ["--time", "months", "--event", "dead", "--penalizer", "0.3", "--l1-ratio", "0"]
    files = [tmp_path / name for name in names]
    assert call("validate", *files, *options, "--bootstraps", 100, "--out", tmp_path / "v") == 0
    told = capsys.readouterr().out
    assert "Does it work? The radiomic model ranked new subjects" in told
    page = (tmp_path / "v" / "report.html").read_text(encoding="utf-8")
    assert "Separation of the groups: log-rank" in page
    assert "cross-validated" not in page
    assert "external validation" in page
