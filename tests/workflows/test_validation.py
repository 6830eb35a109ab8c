"""External validations in a run: their tables, their failures, and a changed external table."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from nbradiomics.features.feature_rows import engine_name
from nbradiomics.features.parameters import load_parameters
from nbradiomics.outcome import validate_outcome
from nbradiomics.study.file import load_study
from nbradiomics.tables import read_table, write_table
from nbradiomics.workflows.folder import RunFolder
from nbradiomics.workflows.run import run
from nbradiomics.workflows.stages.base import Work
from nbradiomics.workflows.stages.outcome import Outcomes
from nbradiomics.workflows.summary import _outcomes
from tests.support.helpers import two_readers
from tests.support.outcome_tables import make_cohort

SETTINGS = """\
  reader: A
  refits: 0
  bootstraps: 0
  penalizer: 0.3
  l1_ratio: 0
"""
STUDY = f"""\
name: Two hospitals
cohort: cohort.csv
outcome:
  clinical: clinical.csv
  endpoints: [{{name: os, time: months, event: dead}}, {{name: stage, target: stage, positive: IV}}]
  covariates: [age, stage]
  missing: {{site: [-9]}}
  leave_out: site
  validate:
    - {{name: north, features: north.csv, clinical: north_clinical.csv}}
    - {{name: south, features: south.csv, clinical: south_clinical.csv, endpoints: [os]}}
{SETTINGS}"""


def write_tables(folder: Path) -> pd.DataFrame:
    """Write the clinical tables of three hospitals and the features of two; return those of the first."""
    first, clinical = make_cohort(0, age=0.5)
    clinical.assign(site=["1", "2", "-9"] * 20).to_csv(folder / "clinical.csv", index=False)
    for seed, name in ((5, "north"), (6, "south")):
        features, outcomes = (
            table.assign(subject=name + table["subject"]) for table in make_cohort(seed, subjects=50, age=0.5)
        )
        features.assign(reader="A").to_csv(folder / f"{name}.csv", index=False)
        outcomes.to_csv(folder / f"{name}_clinical.csv", index=False)
    return first.assign(reader="A", reading=1)


def work_in(folder: Path) -> Work:
    """A run that has come to the stage of the outcome: its features are there."""
    features = write_tables(folder)
    (folder / "cohort.csv").touch()
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    study = load_study(folder / "study.yaml")
    return Work(study, RunFolder(folder / "out"), Execution(), None, features=features)


def tables_of(folder: Path) -> dict[str, pd.DataFrame]:
    return {path.name: pd.read_csv(path) for path in folder.glob("*.csv")}


def test_each_endpoint_is_validated_on_each_cohort(tmp_path: Path) -> None:
    work = work_in(tmp_path)
    assert Outcomes().run(work) == []
    places = {path.parent.relative_to(tmp_path / "out").as_posix() for path in tmp_path.rglob("summary.json")}
    assert places == {
        "outcome/os",
        "outcome/os/validation/north",
        "outcome/os/validation/south",
        "outcome/stage",
        "outcome/stage/validation/north",
    }
    section = work.study.outcome
    tables = tables_of(tmp_path / "out/outcome/os/validation/south")
    clinical = pd.read_csv(tmp_path / "clinical.csv", dtype=str)
    south = pd.read_csv(tmp_path / "south.csv"), pd.read_csv(tmp_path / "south_clinical.csv", dtype=str)
    alone = validate_outcome(
        (work.features, clinical),
        south,
        time="months",
        event="dead",
        covariates=section.covariates,
        reader="A",
        bootstraps=0,
        penalizer=0.3,
        l1_ratio=0.0,
    )
    assert set(tables["predictions.csv"]["subject"]) == set(south[0]["subject"])
    assert np.allclose(tables["performance.csv"]["value"], alone.performance["value"], equal_nan=True)


def test_a_validation_is_fitted_to_all_subjects_whatever_the_cross_validation_leaves_out(
    tmp_path: Path,
) -> None:
    Outcomes().run(work_in(tmp_path))
    inside, outside = (
        json.loads((tmp_path / f"out/outcome/os{part}/summary.json").read_text(encoding="utf-8"))
        for part in ("", "/validation/north")
    )
    assert inside["subjects"] == 40  # the site of the others is not known
    assert outside["development"]["subjects"] == 60
    assert outside["subjects"] == 50
    assert "No site was left out of these models" in " ".join(outside["sentences"])
    target = json.loads(
        (tmp_path / "out/outcome/stage/validation/north/summary.json").read_text(encoding="utf-8")
    )
    assert target["covariates"] == ["age"]
    assert target["classes"].keys() == {"I", "IV"}


def test_a_validation_that_fails_stops_no_other_one(tmp_path: Path) -> None:
    work = work_in(tmp_path)
    north = pd.read_csv(tmp_path / "north_clinical.csv").assign(dead=0)
    north.to_csv(tmp_path / "north_clinical.csv", index=False)
    failures = Outcomes().run(work)
    assert [(one.stage, one.case) for one in failures] == [("outcome", "os validated on north")]
    assert "50 subjects with 0 events remain" in failures[0].cause
    out = tmp_path / "out/outcome"
    assert (out / "os/validation/south/performance.csv").is_file()
    assert (out / "stage/validation/north/performance.csv").is_file()
    assert not (out / "os/validation/north").exists()
    told = _outcomes(work.folder, failures)
    assert re.search(
        r"External validation: os on south: .*; stage on north: .*; os on north could not be", told
    )


def test_a_cross_validation_that_fails_stops_no_validation(tmp_path: Path) -> None:
    work = work_in(tmp_path)
    clinical = pd.read_csv(tmp_path / "clinical.csv", dtype=str).assign(site="1")
    clinical.to_csv(tmp_path / "clinical.csv", index=False)
    assert [one.case for one in Outcomes().run(work)] == ["os", "stage"]
    assert (tmp_path / "out/outcome/os/validation/north/performance.csv").is_file()


PARAMS = "featureClass: {firstorder: [Mean], shape: [MeshVolume]}\n"
SMALL = """\
name: Small study
cohort: cohort.csv
extract: {params: params.yaml}
outcome:
  clinical: clinical.csv
  endpoints: [{name: os, time: days, event: died}]
  folds: 2
  repeats: 1
  validate: [{name: north, features: ../north/features.parquet, clinical: ../north/clinical.csv}]
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A study with images, and an external cohort with a table of features of the same engine."""
    rng = np.random.default_rng(0)
    folder, north = tmp_path / "study", tmp_path / "north"
    for place, names in ((folder, [f"s{n}" for n in range(12)]), (north, [f"n{n}" for n in range(20)])):
        place.mkdir()
        outcomes = pd.DataFrame({"subject": names, "days": rng.integers(100, 900, len(names))})
        outcomes.assign(died=[1, 0] * (len(names) // 2)).to_csv(place / "clinical.csv", index=False)
    two_readers(folder, 12)
    (folder / "params.yaml").write_text(PARAMS)
    (folder / "study.yaml").write_text(SMALL + SETTINGS)
    engine = engine_name("native", load_parameters(folder / "params.yaml"))
    features = pd.DataFrame({"subject": [f"n{n}" for n in range(20)], "reader": "A", "engine": engine})
    features["original_shape_MeshVolume"] = rng.uniform(80, 200, 20)
    features["original_firstorder_Mean"] = rng.uniform(95, 105, 20)
    write_table(features, north / "features.parquet")
    return folder / "study.yaml"


@pytest.mark.slow
def test_a_changed_external_table_is_read_again_and_is_in_the_provenance(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(small, out)
    assert done.failures == []
    assert len(done.summary) == 5
    assert "External validation: os on north: Harrell's C" in done.summary[3]
    place = out / "outcome/os/validation/north"
    before, inputs = tables_of(place), json.loads((out / "provenance.json").read_text())["inputs"]
    assert {"../north/features.parquet", "../north/clinical.csv"} <= set(inputs)
    page = done.report.read_text(encoding="utf-8")
    assert "Endpoint os: external validation on north" in page
    clinical = pd.read_csv(tmp_path / "north/clinical.csv")
    clinical.assign(days=clinical["days"].to_numpy()[::-1]).to_csv(
        tmp_path / "north/clinical.csv", index=False
    )
    run(small, out)
    after = json.loads((out / "provenance.json").read_text())["inputs"]
    assert after["../north/clinical.csv"] != inputs["../north/clinical.csv"]
    assert after["../north/features.parquet"] == inputs["../north/features.parquet"]
    assert not tables_of(place)["predictions.csv"].equals(before["predictions.csv"])
    # A cohort that is no longer named leaves nothing.
    small.write_text((SMALL + SETTINGS).replace("north", "south").replace("../south", "../north"))
    run(small, out)
    assert [path.name for path in place.parent.iterdir()] == ["south"]


def test_subjects_of_both_cohorts_stop_a_run_before_anything_is_computed(small: Path, tmp_path: Path) -> None:
    for name, read in (("clinical.csv", pd.read_csv), ("features.parquet", read_table)):
        table = read(tmp_path / "north" / name)
        write_table(table.assign(subject=table["subject"].str.replace("n", "s")), tmp_path / "north" / name)
    with pytest.raises(InputError, match=r"outcome\.validate\.0: 12 subjects are in both cohorts: s0, s1"):
        run(small, tmp_path / "out")
    assert not (tmp_path / "out").exists()
