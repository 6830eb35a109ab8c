"""`nbradiomics readers`: from a cohort table to tables, maps, a consensus and a page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.cohort import load_cohort
from nbradiomics.tables import read_table
from tests.support.helpers import ball, call, write_cohort, write_scan

SUBJECTS = 8
HEADER = "subject,image,reader,mask,reading,site,minutes,reference_kind"


def cohort_of(folder: Path, *, auto: bool = True, outward: float = 0.0) -> Path:
    """Readers A, B and C; A draws twice; the model is as good as they are, or draws too much."""
    rng, rows = np.random.default_rng(5), []
    shape = (14, 16, 18)
    for number in range(SUBJECTS):
        size = rng.uniform(3.4, 4.6)
        drawn = {name: ball(shape, size + rng.normal(0, 0.15), int(rng.integers(0, 2))) for name in "ABC"}
        drawn["A2"] = ball(shape, size + rng.normal(0, 0.15))
        if auto:
            drawn["auto"] = ball(shape, size + outward + rng.normal(0, 0.15), int(rng.integers(0, 2)))
        files = write_scan(folder, f"s{number}", drawn, seed=number)
        site = ("north", "south")[number % 2]
        for name, file in files.items():
            if name != "image":
                reading = 2 if name == "A2" else 1
                minutes = "" if name == "auto" else f"{10 + number}"
                reader = name if name == "auto" else name[0]
                rows.append(f"s{number},s{number}.nii.gz,{reader},{file},{reading},{site},{minutes},")
    return write_cohort(folder, rows, HEADER)


@pytest.mark.slow
def test_the_study_leaves_tables_maps_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "study"
    asked = [
        "--consensus",
        "staple,majority",
        "--write-consensus",
        "majority",
        "--bootstraps",
        "200",
        "--jobs",
        "1",
    ]
    assert call("readers", cohort_of(tmp_path), "--out", out, *asked) == 0
    said = " ".join(capsys.readouterr().out.split())
    agreement = read_table(out / "agreement.csv")
    assert set(agreement["pair"]) == {"auto", "inter", "intra", "consensus"}
    assert agreement.groupby("pair").size().to_dict() == {
        "auto": SUBJECTS * 6,
        "inter": SUBJECTS * 6,
        "intra": SUBJECTS * 2,
        "consensus": SUBJECTS * 2 * 7,
    }
    found = {file.stem: read_table(file) for file in (out / "readers").glob("*.csv")}
    assert {"summary", "comparison", "tests", "bland_altman", "detection", "cases", "times"} <= set(found)
    assert len(found["cases"]) == SUBJECTS
    assert json.loads((out / "readers" / "summary.json").read_text(encoding="utf-8"))
    assert "margin" in said
    assert (out / "report.html").stat().st_size > 10_000
    assert "Reader study" in (out / "report.html").read_text(encoding="utf-8")
    assert len(list((out / "distance_maps").glob("*.nii.gz"))) == SUBJECTS * 3
    kept = load_cohort(out / "cohort.csv")
    assert "majority" in kept.readers()
    assert len(list((out / "masks" / "majority").glob("*.nii.gz"))) == SUBJECTS
    provenance = json.loads((out / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["readers"]["margin"] == 0.03


@pytest.mark.slow
def test_the_same_command_again_gives_the_same_tables(tmp_path: Path) -> None:
    cohort, out = cohort_of(tmp_path), tmp_path / "study"
    arguments = ("readers", cohort, "--out", out, "--bootstraps", "200", "--jobs", "2", "--no-maps")
    assert call(*arguments) == 0
    first = {file.name: file.read_bytes() for file in (out / "readers").iterdir()}
    assert call(*arguments) == 0
    assert {file.name: file.read_bytes() for file in (out / "readers").iterdir()} == first
    assert not (out / "distance_maps").exists()


@pytest.mark.slow
def test_a_model_that_draws_too_much_is_found_worse_and_the_direction_is_told(tmp_path: Path) -> None:
    out = tmp_path / "study"
    assert call("readers", cohort_of(tmp_path, outward=1.0), "--out", out, "--bootstraps", "200") == 0
    tests = read_table(out / "readers" / "tests.csv").set_index("test")
    passed = tests.loc[[name for name in tests.index if "inferior" in name], "passed"]
    assert not passed.astype(str).str.lower().eq("true").any()
    agreement = read_table(out / "agreement.csv")
    own = agreement[(agreement["pair"] == "auto") & (agreement["reader"] == "auto")]
    assert (own["fprm"] > own["fnr"]).mean() > 0.9
    assert own["signed_distance_mm"].mean() > 0.3
    values = sitk.GetArrayFromImage(sitk.ReadImage(str(next((out / "distance_maps").glob("s0*_A.nii.gz")))))
    assert values[values != 0].mean() > 0


@pytest.mark.slow
def test_readers_alone_are_a_study_too(tmp_path: Path) -> None:
    out = tmp_path / "study"
    assert call("readers", cohort_of(tmp_path, auto=False), "--out", out, "--bootstraps", "200") == 0
    assert set(read_table(out / "agreement.csv")["pair"]) == {"inter", "intra"}
    assert not (out / "distance_maps").exists()


@pytest.mark.slow
def test_one_broken_mask_is_a_failure_and_the_rest_goes_on(tmp_path: Path) -> None:
    cohort, out = cohort_of(tmp_path), tmp_path / "study"
    (tmp_path / "s3_B.nii.gz").write_bytes(b"no image")
    asked = ("--out", out, "--bootstraps", "200", "--consensus", "staple", "--write-consensus", "staple")
    assert call("readers", cohort, *asked) == 0
    failures = pd.read_csv(out / "failures.csv")
    assert failures["case"].str.contains("s3").all()
    assert {"compare", "consensus", "distance maps"} <= set(failures["stage"])
    agreement = read_table(out / "agreement.csv")
    assert agreement.loc[agreement["subject"] != "s3", "status"].notna().all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--metric", "dise"], "dise"),
        (["--metric", "hd95_mm"], "margin"),
        (["--metric", "volume_ml"], "volume_ml"),
        (["--subgroups", "age"], "age"),
        (["--consensus", "mean"], "mean"),
        (["--margin", "0"], "margin"),
        (["--subgroups", "site,site"], "site"),
        (["--clinical", "clinical.csv"], "subgroups"),
        (["--clinical", "clinical.csv", "--subgroups", "age"], "several rows of subject s0"),
        (["--clinical", "others.csv", "--subgroups", "age"], "no subject of the cohort"),
        (["--write-consensus", "majority,majority"], "twice"),
        (["--write-consensus", "mean"], "mean"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_computed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    out = tmp_path / "study"
    (tmp_path / "clinical.csv").write_text("subject,age\ns0,1\ns0,2\n")
    (tmp_path / "others.csv").write_text("subject,age\nx1,1\n")
    options = [str(tmp_path / option) if option.endswith(".csv") else option for option in options]
    assert call("readers", cohort_of(tmp_path), "--out", out, *options) == 1
    assert message in capsys.readouterr().err
    assert not (out / "agreement.csv").exists()


def test_results_do_not_replace_the_cohort_that_they_come_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort = cohort_of(tmp_path)
    before = cohort.read_bytes()
    assert call("readers", cohort, "--out", tmp_path) == 1
    assert "cohort" in capsys.readouterr().err
    assert cohort.read_bytes() == before


@pytest.mark.slow
def test_a_typo_leaves_a_finished_study_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cohort, out = cohort_of(tmp_path), tmp_path / "study"
    plain = ("readers", cohort, "--out", out, "--bootstraps", "200", "--no-maps", "--jobs", "1")
    assert call(*plain) == 0
    before = {file: file.read_bytes() for file in out.rglob("*.*") if file.is_file()}
    for wrong in (["--lesions", "biggest"], ["--lesions", "roi", "--metric", "dise"], ["--margin", "3"]):
        assert call(*plain, *wrong) == 1
    assert {file: file.read_bytes() for file in out.rglob("*.*") if file.is_file()} == before


@pytest.mark.slow
def test_settings_that_change_are_told_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cohort, out = cohort_of(tmp_path), tmp_path / "study"
    plain = ("readers", cohort, "--out", out, "--bootstraps", "200", "--no-maps", "--jobs", "1")
    assert call(*plain) == 0
    assert "settings differ" not in capsys.readouterr().out
    assert call(*plain, "--margin", "0.05") == 0
    assert "margin 0.03 -> 0.05" in capsys.readouterr().out
    assert call(*plain, "--margin", "0.05") == 0
    record = json.loads((out / "provenance.json").read_text(encoding="utf-8"))
    assert [earlier["margin"] for earlier in record["earlier_settings"]] == [0.03]


@pytest.mark.slow
def test_a_misspelt_column_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cohort, out = cohort_of(tmp_path), tmp_path / "study"
    cohort.write_text(cohort.read_text(encoding="utf-8").replace("reference_kind", "referencekind", 1))
    assert call("readers", cohort, "--out", out, "--bootstraps", "200", "--no-maps", "--jobs", "1") == 0
    assert "Did you mean 'reference_kind'?" in " ".join(capsys.readouterr().err.split())
    assert "referencekind" in (out / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_where_the_consensus_lies_and_what_two_readers_make_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort, out = cohort_of(tmp_path), tmp_path / "study"
    rows = [line for line in cohort.read_text(encoding="utf-8").splitlines() if ",C," not in line]
    cohort.write_text("\n".join(rows) + "\n")
    asked = ("--bootstraps", "200", "--no-maps", "--jobs", "1", "--write-consensus", "majority")
    assert call("readers", cohort, "--out", out, *asked) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "--reader majority" in said
    assert "two readers (8 scans) is the overlap of their masks" in said
