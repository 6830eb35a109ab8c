"""A whole study on a small cohort: its files, killed runs, changed parameters, failures."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.agreement.reader_study import ReadersStudy
from nbradiomics.errors import InputError
from nbradiomics.evidence.checklists.lists import CHECKLISTS
from nbradiomics.tables import read_table
from nbradiomics.workflows.run import run
from tests.support.helpers import two_readers

STUDY = """\
name: Small study
cohort: cohort.csv
extract: {params: params.yaml}
outcome:
  clinical: clinical.csv
  endpoints: [{name: os, time: days, event: died}]
  reader: A
  covariates: [age]
  folds: 2
  repeats: 2
  bootstraps: 100
  refits: 0
"""
PARAMS = "featureClass: {firstorder: [Mean, Range], shape: [MeshVolume, Sphericity]}\n"
SUBJECTS = 12
#: Files of the reader study.
READER_STUDY = (
    "summary.json",
    *(f"{field.name}.csv" for field in fields(ReadersStudy) if field.name != "overview"),
)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    folder.mkdir()
    two_readers(folder, SUBJECTS)
    rng = np.random.default_rng(0)
    clinical = pd.DataFrame(
        {
            "subject": [f"s{n}" for n in range(SUBJECTS)],
            "days": rng.integers(100, 900, SUBJECTS),
            "died": [1, 1, 0] * (SUBJECTS // 3),
            "age": rng.integers(1, 99, SUBJECTS),
        }
    )
    clinical.to_csv(folder / "clinical.csv", index=False)
    (folder / "params.yaml").write_text(PARAMS)
    (folder / "study.yaml").write_text(STUDY)
    return folder / "study.yaml"


def tables(folder: Path) -> dict[str, bytes]:
    """Every table of a run folder by its name; without the cache and what has the time of the run."""
    files = [path for path in folder.rglob("*") if path.suffix in (".csv", ".parquet", ".json")]
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in files
        if path.name not in ("provenance.json", "evidence.json")
        and "cache" not in path.relative_to(folder).parts
    }


def test_a_run_leaves_every_table_and_the_report(study: Path, tmp_path: Path) -> None:
    done = run(study, tmp_path / "out")
    assert set(tables(tmp_path / "out")) == {
        "check.csv",
        "cohort.csv",
        "agreement.csv",
        "variance.csv",
        "features.parquet",
        "failures.csv",
        *(f"readers/{name}" for name in READER_STUDY),
        "reproducibility/readers.csv",
        "needed_agreement/features.csv",
        "needed_agreement/left_out.csv",
        "outcome/os/baseline.csv",
        "outcome/os/calibration.csv",
        "outcome/os/decision.csv",
        "outcome/os/performance.csv",
        "outcome/os/predictions.csv",
        "outcome/os/predicted_survival.parquet",
        "outcome/os/ratios.csv",
        "outcome/os/kaplan_meier.csv",
        "outcome/os/selection.csv",
        "outcome/os/excluded.csv",
        "outcome/os/summary.json",
        *(f"checklists/{name}.csv" for name in CHECKLISTS),
    }
    assert done.complete
    assert done.failures == []
    assert len(done.summary) == 5
    assert done.report == tmp_path / "out" / "report.html"
    assert "Small study" in done.report.read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_provenance_is_enough_to_repeat_the_run(study: Path, tmp_path: Path) -> None:
    run(study, tmp_path / "out")
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["parameters"] == PARAMS
    assert provenance["study"]["name"] == "Small study"
    assert {"pyradiomics-bhklab", "lifelines", "torch"} <= set(provenance["packages"])
    assert "../study/s0.nii.gz" in provenance["inputs"]
    assert "../study/clinical.csv" in provenance["inputs"]
    assert all(len(digest) == 64 for digest in provenance["inputs"].values())


@pytest.mark.slow
def test_two_runs_in_two_folders_leave_equal_tables(study: Path, tmp_path: Path) -> None:
    run(study, tmp_path / "one")
    run(study, tmp_path / "two", jobs=2)
    assert tables(tmp_path / "one") == tables(tmp_path / "two")


class Killed(BaseException):
    """As a kill: nothing may catch it."""


@pytest.mark.slow
def test_a_run_that_was_killed_continues_and_ends_with_the_same_tables(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbradiomics.features import scans as stage

    run(study, tmp_path / "whole")
    original = stage._extract_masks
    for after in (1, 4, 10):
        calls: list[str] = []

        def count(cases: object, *rest: object, calls: list[str] = calls, after: int = after) -> object:
            calls.append(cases[0].scan.name)
            if len(calls) == after:
                raise Killed
            return original(cases, *rest)

        out = tmp_path / f"killed{after}"
        monkeypatch.setattr(stage, "_extract_masks", count)
        with pytest.raises(Killed):
            run(study, out)
        run(study, out)
        assert tables(out) == tables(tmp_path / "whole")
        # The scan that was under way is the only one that was begun twice.
        assert len(calls) == SUBJECTS + 1


@pytest.mark.slow
def test_a_changed_parameter_computes_what_it_touches_alone(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbradiomics.agreement import cohort as agreement
    from nbradiomics.features import scans as features

    calls = {"extract": 0, "compare": 0}

    def counted(module: object, name: str, stage: str) -> None:
        original = getattr(module, name)

        def count(*arguments: object) -> object:
            calls[stage] += 1
            return original(*arguments)

        monkeypatch.setattr(module, name, count)

    counted(features, "_extract_masks", "extract")
    counted(agreement, "_compare_pair", "compare")
    run(study, tmp_path / "out")
    assert calls == {"extract": SUBJECTS, "compare": SUBJECTS}
    before = read_table(tmp_path / "out" / "features.parquet")
    (study.parent / "params.yaml").write_text("setting: {normalize: true}\n" + PARAMS)
    run(study, tmp_path / "out")
    assert calls == {"extract": 2 * SUBJECTS, "compare": SUBJECTS}
    after = read_table(tmp_path / "out" / "features.parquet")
    assert not np.allclose(before["original_firstorder_Mean"], after["original_firstorder_Mean"])
    assert np.array_equal(before["original_shape_MeshVolume"], after["original_shape_MeshVolume"])


@pytest.mark.slow
def test_tables_of_a_stage_that_is_no_longer_asked_for_do_not_stay(study: Path, tmp_path: Path) -> None:
    run(study, tmp_path / "out")
    study.write_text(STUDY.split("outcome:")[0])
    done = run(study, tmp_path / "out")
    assert not (tmp_path / "out" / "outcome").exists()
    assert "not part of this run" in done.summary[3]


def test_a_folder_that_is_no_run_is_not_touched(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "features.parquet").write_bytes(b"years of work")
    with pytest.raises(InputError, match=r"features\.parquet.*not the folder of an earlier run"):
        run(study, out)
    assert (out / "features.parquet").read_bytes() == b"years of work"


@pytest.mark.slow
def test_one_bad_case_stops_nothing_and_is_tried_again(study: Path, tmp_path: Path) -> None:
    mask = study.parent / "s3_B.nii.gz"
    sound = mask.read_bytes()
    mask.write_bytes(b"no image")
    done = run(study, tmp_path / "out")
    assert done.complete
    failures = pd.read_csv(tmp_path / "out" / "failures.csv")
    assert sorted(set(failures["stage"])) == ["compare", "extract"]
    assert failures["case"].str.startswith("s3/").all()
    features = read_table(tmp_path / "out" / "features.parquet").set_index(["subject", "reader"])
    assert features.loc[("s3", "B")].isna().sum() == 4
    assert len(features) == 2 * SUBJECTS
    assert (pd.read_csv(tmp_path / "out" / "check.csv")["severity"] == "error").sum() == 1
    mask.write_bytes(sound)
    assert run(study, tmp_path / "out").failures == []
    run(study, tmp_path / "fresh")
    assert tables(tmp_path / "out") == tables(tmp_path / "fresh")


def test_a_run_that_measured_nothing_is_not_complete(study: Path, tmp_path: Path) -> None:
    for mask in study.parent.glob("s*_[AB].nii.gz"):
        mask.write_bytes(b"no image")
    done = run(study, tmp_path / "out")
    assert not done.complete
    assert done.report.is_file()


def test_wrong_tables_stop_the_run_before_anything_is_computed(study: Path, tmp_path: Path) -> None:
    clinical = study.parent / "clinical.csv"
    clinical.write_text(clinical.read_text(encoding="utf-8").replace("s5,", "s5,-"))
    study.write_text(STUDY.replace("[age]", "[agee]"))
    with pytest.raises(InputError, match=r"(?s)2 problem.*agee.*days"):
        run(study, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_an_endpoint_that_cannot_be_modelled_is_a_failure_and_the_rest_is_there(
    study: Path, tmp_path: Path
) -> None:
    clinical = pd.read_csv(study.parent / "clinical.csv").assign(died=[1] + [0] * (SUBJECTS - 1))
    clinical.to_csv(study.parent / "clinical.csv", index=False)
    done = run(study, tmp_path / "out")
    assert [(failure.stage, failure.case) for failure in done.failures] == [("outcome", "os")]
    assert done.complete
    assert (tmp_path / "out" / "features.parquet").is_file()
    assert done.report.is_file()


def test_the_folder_of_the_study_is_not_taken_for_a_run(study: Path) -> None:
    before = (study.parent / "cohort.csv").read_bytes()
    with pytest.raises(InputError, match=r"cohort\.csv"):
        run(study, study.parent)
    assert (study.parent / "cohort.csv").read_bytes() == before


def test_a_folder_with_a_cache_of_its_own_is_not_touched(study: Path, tmp_path: Path) -> None:
    (tmp_path / "mine" / "cache").mkdir(parents=True)
    (tmp_path / "mine" / "outcome").mkdir()
    (tmp_path / "mine" / "outcome" / "thesis.csv").write_text("years of work")
    with pytest.raises(InputError, match="not the folder of an earlier run"):
        run(study, tmp_path / "mine")
    assert (tmp_path / "mine" / "outcome" / "thesis.csv").is_file()


def test_readers_who_share_no_scan_do_not_stop_the_run(study: Path, tmp_path: Path) -> None:
    cohort = study.parent / "cohort.csv"
    header, *rows = cohort.read_text(encoding="utf-8").splitlines()
    apart = [row for n, row in enumerate(rows) if (n // 2 < SUBJECTS // 2) == (",A," in row)]
    cohort.write_text("\n".join([header, *apart]) + "\n")
    done = run(study, tmp_path / "out")
    assert done.complete
    assert "compare" in {failure.stage for failure in done.failures}
    assert len(read_table(tmp_path / "out" / "features.parquet")) == SUBJECTS


@pytest.mark.slow
def test_several_timepoints_get_a_table_each(study: Path, tmp_path: Path) -> None:
    cohort = study.parent / "cohort.csv"
    header, *rows = cohort.read_text(encoding="utf-8").splitlines()
    both = [f"{row},{when}" for row in rows for when in ("01/2020", "02/2020")]
    cohort.write_text("\n".join([f"{header},timepoint", *both]) + "\n")
    study.write_text(STUDY.replace("reader: A", "reader: A\n  timepoint: 02/2020"))
    done = run(study, tmp_path / "out")
    assert done.failures == []
    tables_there = sorted(path.name for path in (tmp_path / "out" / "reproducibility").iterdir())
    context = "unspecified_tumour_original"
    assert tables_there == [f"readers_01-2020_{context}.csv", f"readers_02-2020_{context}.csv"]
    assert (tmp_path / "out" / "outcome" / "os" / "performance.csv").is_file()
