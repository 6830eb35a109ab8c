"""The commands `site-effects` and `harmonise`, and the options of `outcome`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.outcome import evaluate_outcome
from tests.outcome.test_harmonisation import FAST, with_sites
from tests.support.helpers import call


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[pd.DataFrame, pd.DataFrame]:
    monkeypatch.chdir(tmp_path)
    features, clinical = with_sites(subjects=60)
    features.to_csv("features.csv", index=False)
    clinical.to_csv("clinical.csv", index=False)
    return features, clinical


TABLES = ("features.csv", "--clinical", "clinical.csv", "--batch", "site")


def test_site_effects_are_written(
    files: tuple[pd.DataFrame, pd.DataFrame], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("site-effects", *TABLES, "--harmonise-covariates", "age", "--classifier", "linear")
    assert call(*asked, "--out", "effects") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "8 of 8 features before it" in told
    table = pd.read_csv("effects/site_effects.csv")
    assert set(table["state"]) == {"before", "after"}
    assert set(table["feature"]) == {f"f{number}" for number in range(8)}
    assert set(pd.read_csv("effects/covariate_effects.csv")["covariate"]) == {"age"}
    assert call(*asked, "--out", "effects") == 1
    assert "--replace" in capsys.readouterr().err


def test_a_harmonised_table_says_who_fitted_it(
    files: tuple[pd.DataFrame, pd.DataFrame], capsys: pytest.CaptureFixture[str]
) -> None:
    _, clinical = files
    assert call("harmonise", *TABLES, "--out", "h.csv") == 1
    assert "whose features estimate the batch effects" in " ".join(capsys.readouterr().err.split())
    assert call("harmonise", *TABLES, "--fit-folds", "3", "--out", "h.csv") == 0
    assert set(pd.read_csv("h.csv")["in_fit"]) == {"no"}
    assert set(pd.read_csv("h.batches.csv")["batch"]) == {"north", "south", "west"}
    capsys.readouterr()
    known = ("--harmonise-covariates", "dead", "--fit-folds", "3", "--out", "known.csv")
    assert call("harmonise", *TABLES, *known) == 0
    assert "WARNING: dead may be an outcome" in " ".join(capsys.readouterr().out.split())
    Path("fit.txt").write_text("\n".join(clinical["subject"][:40]), encoding="utf-8")
    capsys.readouterr()
    assert call("harmonise", *TABLES, "--fit-on", "@fit.txt", "--out", "named.csv", "--json") == 0
    assert "40 subjects (in_fit: yes)" in json.loads(capsys.readouterr().out)["sentences"][0]
    # Outcome models leave out who fitted it.
    quick = ("--time", "months", "--event", "dead", "--folds", "2", "--repeats", "1", "--refits", "0")
    command = ("outcome", "named.csv", "clinical.csv", *quick, "--bootstraps", "0", "--out", "o")
    assert call(*command) == 0
    excluded = pd.read_csv("o/excluded.csv")
    assert len(excluded) == 40
    assert excluded["reason"].str.contains("its own data fitted").all()


def test_options_of_outcome_are_those_of_the_function(
    files: tuple[pd.DataFrame, pd.DataFrame], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--harmonise", "site", "--harmonise-covariates", "age", "--mean-only", "--no-site-effects")
    fast = ("--folds", "3", "--repeats", "1", "--refits", "0", "--bootstraps", "0", "--penalizer", "0.2")
    endpoint = ("--time", "months", "--event", "dead", "--l1-ratio", "0", "--out", "o")
    assert call("outcome", "features.csv", "clinical.csv", *asked, *fast, *endpoint) == 0
    found = pd.read_csv("o/predictions.csv")
    harmonise = Harmonise(batch="site", covariates="age", mean_only=True, site_effects=False)
    expected = evaluate_outcome(*files, time="months", event="dead", settings=FAST, harmonise=harmonise)
    np.testing.assert_allclose(found["risk"], expected.predictions["risk"], rtol=1e-9)
    assert not Path("o/site_effects.csv").exists()
    capsys.readouterr()
    assert call("outcome", "features.csv", "clinical.csv", "--mean-only", *fast, *endpoint) == 1
    assert "--mean-only was given, and nothing is harmonised" in " ".join(capsys.readouterr().err.split())
