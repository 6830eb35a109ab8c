"""A study with a time to an event and a class: one section of settings for both, checked beforehand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.study.checks import check
from nbradiomics.study.study import Endpoint, Outcome, covariates_of, models_of
from tests.support.helpers import ball, write_cohort, write_scan

STUDY = """\
cohort: cohort.csv
outcome:
  clinical: clinical.csv
  endpoints: [{{name: os, time: days, event: died}}, {{name: mycn, target: mycn}}]
  reader: A
  covariates: [age, mycn]
  {extra}
"""


def problems_of(folder: Path, extra: str, site: list[str] | None = None) -> list[str]:
    rng, names = np.random.default_rng(0), [f"s{place:02}" for place in range(40)]
    files = write_scan(folder, "s", {"A": ball()})
    write_cohort(folder, [f"{name},{files['image']},A,{files['A']}" for name in names])
    clinical = pd.DataFrame({"subject": names, "days": rng.integers(50, 900, 40), "died": np.arange(40) % 2})
    clinical["mycn"], clinical["age"] = rng.permutation(np.arange(40) % 2), rng.integers(20, 80, 40)
    clinical["site"] = site or ["North", "South"] * 20
    clinical.to_csv(folder / "clinical.csv", index=False)
    (folder / "study.yaml").write_text(STUDY.format(extra=extra))
    found = check(folder / "study.yaml")
    return found.loc[found["column"] != "image", "problem"].tolist()


@pytest.mark.parametrize("extra", ["", "horizons: [200]", "leave_out: site"])
def test_settings_apply_where_they_have_a_meaning(tmp_path: Path, extra: str) -> None:
    assert [text for text in problems_of(tmp_path, extra) if "is the same file" not in text] == []


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("{method: firth, penalizer: 1}", "Firth's method has a penalty of its own"),
        ("{leave_out: site, folds: 3}", ""),
        ("leave_out: sites", "no column 'sites'"),
        ("leave_out: days", "not a site"),
        ("selected: 3", "the selection none has no number"),
    ],
)
def test_what_would_fail_later_is_found_beforehand(tmp_path: Path, extra: str, words: str) -> None:
    extra = extra.strip("{}").replace(", ", "\n  ")
    words = words or "folds was set together with leave_out"
    assert any(words in text for text in problems_of(tmp_path, extra))


def test_check_says_that_a_survival_forest_needs_another_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sksurv", None)
    assert any(
        "needs the package scikit-survival" in text for text in problems_of(tmp_path, "method: random_forest")
    )


def test_one_site_in_two_spellings_is_an_error(tmp_path: Path) -> None:
    found = problems_of(tmp_path, "leave_out: site", site=["North", "north"] * 20)
    assert any("differ only in capitals" in text for text in found)


def test_a_target_is_no_covariate_of_its_own_models_and_has_no_horizon() -> None:
    survival, target = Endpoint(name="os", time="t", event="e"), Endpoint(name="m", target="mycn")
    section = Outcome(
        clinical="c.csv", endpoints=[survival, target], covariates=["age", "mycn"], horizons=[3], folds=4
    )
    assert covariates_of(section, survival) == ("age", "mycn")
    assert covariates_of(section, target) == ("age",)
    assert models_of(section, survival).horizons == (3,)
    assert models_of(section, target).stated() == {"folds": 4}
