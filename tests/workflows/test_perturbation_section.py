"""The section `perturbation`: what check finds, whose masks are perturbed, what the rules are about."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.cohort import load_cohort
from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.perturbation import read_chain
from nbradiomics.report.run_files import read_run
from nbradiomics.report.sections.flow import flow_blocks
from nbradiomics.report.sections.trust import trust_blocks
from nbradiomics.reproducibility import study_results
from nbradiomics.reproducibility.rules.schema import STABLE
from nbradiomics.reproducibility.schema import REPRODUCIBILITY
from nbradiomics.study.checks import check
from nbradiomics.study.file import load_study
from nbradiomics.workflows.folder import RunFolder
from nbradiomics.workflows.run import run
from nbradiomics.workflows.stages.base import Work
from nbradiomics.workflows.stages.perturbation import Perturbation
from tests.support.helpers import ball, make_image, write_cohort, write_scan

SUBJECTS = 11
CHAIN = "volume: [-0.2, 0.2]\n"
PARAMS = "featureClass: {firstorder: [Mean, Range], shape: [MeshVolume]}\n"
STUDY = """\
cohort: cohort.csv
extract: {{params: params.yaml}}
perturbation: {section}
reproducibility:
  studies: {studies}
  rules: {rules}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Tumours of one size in images of different brightness, and a model that has seen the first subject."""
    rows = []
    for number in range(SUBJECTS):
        files = write_scan(tmp_path, f"s{number}", {"A": ball(), "auto": ball(radius=3.5)}, seed=number)
        path = str(tmp_path / files["image"])
        bright = sitk.GetArrayFromImage(sitk.ReadImage(path)) + 1000 * number
        sitk.WriteImage(make_image(bright.astype(np.float32)), path)
        seen = "yes" if number == 0 else "no"
        rows += [
            f"s{number},{files['image']},{reader},{files[reader]},{seen if reader == 'auto' else ''}"
            for reader in ("A", "auto")
        ]
    write_cohort(tmp_path, rows, "subject,image,reader,mask,in_training")
    (tmp_path / "params.yaml").write_text(PARAMS)
    (tmp_path / "chain.yaml").write_text(CHAIN)
    return tmp_path


def write(folder: Path, section: str, studies: str = "{}", rules: str = "[]") -> Path:
    path = folder / "study.yaml"
    path.write_text(STUDY.format(section=section, studies=studies, rules=rules))
    return path


def work_of(study: Path) -> Work:
    plan = load_study(study)
    return Work(plan, RunFolder(study.parent / "out"), Execution(), load_cohort(plan.cohort))


def test_rules_are_about_variants_of_the_chosen_masks(folder: Path) -> None:
    section = "{chain: chain.yaml, reader: auto}"
    out = folder / "out"
    done = run(write(folder, section, rules="[perturbation.icc >= 0.9, perturbation.low >= 0.75]"), out)
    assert done.failures == []
    made = pd.read_parquet(out / "perturbation" / "features.parquet")
    # Each variant of the automatic masks, except those of the subject that the model was trained on.
    assert set(made["reader"]) == {"auto"}
    assert sorted(made["subject"].unique()) == sorted(f"s{n}" for n in range(1, SUBJECTS))
    assert made.groupby("subject")["variant"].agg(sorted).map(tuple).unique().tolist() == [
        ("original", "v-0.2", "v0.2")
    ]
    features = pd.read_parquet(out / "features.parquet")
    whole = features[(features["reader"] == "auto") & (features["subject"] != "s0")].reset_index(drop=True)
    originals = made[made["variant"] == "original"].reset_index(drop=True)
    pd.testing.assert_frame_equal(originals, whole)
    study = REPRODUCIBILITY.read(out / "reproducibility" / "study_perturbation.csv").set_index("feature")
    assert set(study["form"]) == {"1"}
    assert set(study["subjects"]) == {SUBJECTS - 1}
    assert study.loc["original_firstorder_Mean", "icc"] > 0.99
    # All tumours have one volume, so that growth by 20 % is all that varies.
    assert study.loc["original_shape_MeshVolume", "icc"] < 0
    stable = STABLE.read(out / "stable.csv").set_index("feature")["stable"]
    assert stable["original_firstorder_Mean"]
    assert not stable["original_shape_MeshVolume"]
    record = json.loads((out / "provenance.json").read_text("utf-8"))
    assert any("chain.yaml" in str(entry) for entry in record["inputs"])
    assert [one["name"] for one in record["perturbation"]["variants"]] == ["v-0.2", "v0.2"]
    assert "1 of 11 subjects is left out" in record["perturbation"]["notes"][0]
    page = read_run(out)
    assert "perturbation.icc >= 0.9" in str(trust_blocks(page))
    assert "masks of auto" in str(trust_blocks(page))
    assert "1 of 11 subjects is left out" in str(trust_blocks(page))
    assert "masks of auto" in str(flow_blocks(page))


def test_a_variant_that_fails_is_a_failure_of_its_stage(folder: Path) -> None:
    path = str(folder / "s3_A.nii.gz")
    sitk.WriteImage(make_image(np.zeros((10, 12, 14), np.uint8)), path)
    work = work_of(write(folder, "{chain: chain.yaml, reader: A}"))
    failures = Perturbation().run(work)
    assert {one.stage for one in failures} == {"perturbation"}
    assert [one.case.rsplit("/", 1)[-1] for one in failures] == ["1", "v-0.2", "v0.2"]
    assert all("s3" in one.case for one in failures)
    assert work.perturbed is not None
    of_case = work.perturbed[work.perturbed["subject"] == "s3"]
    assert of_case["original_firstorder_Mean"].isna().tolist() == [True] * 3
    ((_, study),) = study_results(work.study.reproducibility, None, own={"perturbation": work.perturbed})
    assert isinstance(study, pd.DataFrame)
    assert set(study["subjects"]) == {SUBJECTS - 1}


def test_without_variants_their_study_has_no_other_features(folder: Path) -> None:
    work = work_of(write(folder, "{chain: chain.yaml, reader: A}", rules="[perturbation.icc >= 0]"))
    work.features = pd.DataFrame({"subject": ["s1"], "reader": "A", "variant": "original"})
    ((name, result),) = study_results(work.study.reproducibility, work.features, own={"perturbation": None})
    assert name == "perturbation"
    assert isinstance(result, InputError)
    assert "no feature table" in result.problem


def test_the_keys_of_a_study_of_this_name_apply(folder: Path) -> None:
    study = load_study(write(folder, "{reader: A}", "{perturbation: {levels: [original, v0.2]}}"))
    own = study.reproducibility.studies["perturbation"]
    assert (own.across, own.form, own.levels) == ("variant", "1", ("original", "v0.2"))
    assert load_study(write(folder, "", "{}")).reproducibility.studies == {}


def test_letters_are_no_file_and_a_file_is_relative_to_the_study(folder: Path) -> None:
    (folder / "RT").touch()
    for chain, expected in (("RT", "RT"), ("chain.yaml", str(folder / "chain.yaml"))):
        section = load_study(write(folder, f"{{chain: {chain}}}")).perturbation
        assert section is not None
        assert section.chain == expected


@pytest.mark.parametrize(
    ("section", "studies", "rules", "column", "told"),
    [
        ("{}", "{}", "[]", "perturbation", "masks of several readers: A, auto"),
        ("{reader: B}", "{}", "[]", "perturbation", "no row with reader 'B'"),
        ("{reader: A, timepoint: late}", "{}", "[]", "perturbation", "no row with timepoint 'late'"),
        ("{reader: A, chain: RTQ}", "{}", "[]", "perturbation.chain", "is not a chain"),
        ("{reader: A, chain: VS}", "{}", "[]", "perturbation.chain", "simulated readers"),
        ("{reader: A, chain: no.yaml}", "{}", "[]", "perturbation.chain", "does not exist"),
        ("{reader: A, chain: params.yaml}", "{}", "[]", "perturbation.chain", "featureClass"),
        ("{reader: A, chains: RT}", "{}", "[]", "perturbation.chains", "Did you mean 'chain'"),
        ("{reader: A}", "{}", "[perturbed.icc >= 0.9]", "reproducibility.rules", "perturbation"),
        (
            "{reader: A}",
            "{perturbation: {features: params.yaml}}",
            "[]",
            "reproducibility.studies.perturbation",
            "would not be used",
        ),
        (
            "{reader: A}",
            "{perturbation: {levels: [original, v9]}}",
            "[]",
            "reproducibility.studies.perturbation",
            "no row of variant v9",
        ),
    ],
)
def test_check_finds_every_problem(
    folder: Path, section: str, studies: str, rules: str, column: str, told: str
) -> None:
    problems = check(write(folder, section, studies, rules))
    found = problems[(problems["column"] == column) & (problems["severity"] == "error")]
    assert told in " ".join(found["problem"] + " " + found["remedy"])


def test_check_refuses_what_depends_on_other_masks_and_warns_of_few_subjects(folder: Path) -> None:
    study = write(folder, "{reader: A, chain: chain.yaml}")
    problems = check(study)
    assert not problems["column"].str.startswith("perturbation").any()
    (folder / "params.yaml").write_text(PARAMS + "nbradiomics: {crop: union}\n")
    problems = check(study)
    assert "crop: union" in " ".join(problems.loc[problems["severity"] == "error", "problem"])
    (folder / "params.yaml").write_text(PARAMS)
    table = pd.read_csv(folder / "cohort.csv")
    table[table["subject"].isin(["s0", "s1", "s2"])].to_csv(folder / "cohort.csv", index=False)
    (warning,) = check(study).query("column == 'perturbation'").to_dict("records")
    assert "3 subjects; 10 are needed" in warning["problem"]
    both = pd.concat([table, table.assign(timepoint="later")])
    both.to_csv(folder / "cohort.csv", index=False)
    told = check(study).query("column == 'perturbation'")
    assert told["problem"].str.contains("several timepoints: baseline, later").any()


def test_the_variants_are_those_of_an_extraction(folder: Path) -> None:
    (folder / "chain.yaml").write_text("noise: 1\nrotation: [10]\ncontour: 1\n")
    table = pd.read_csv(folder / "cohort.csv").iloc[:6]
    table.to_csv(folder / "cohort.csv", index=False)
    study = write(folder, "{chain: chain.yaml, reader: A}")
    study.write_text(study.read_text() + "seed: 3\n")
    work = work_of(study)
    assert Perturbation().run(work) == []
    table[table["reader"] == "A"].to_csv(folder / "cohort.csv", index=False)
    variants = read_chain(folder / "chain.yaml")
    alone = extract_cohort(folder / "cohort.csv", params=folder / "params.yaml", variants=variants, seed=3)
    pd.testing.assert_frame_equal(work.perturbed, alone.table)
