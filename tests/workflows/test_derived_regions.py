"""Derived regions in the stages: rows of their own, never a further lesion or subject."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from nbradiomics import (
    assess_reproducibility,
    compare_cohort,
    extract_cohort,
    load_cohort,
    needed_agreement,
    run_reader_study,
    study_readers,
)
from nbradiomics.agreement.consensus_cohort import add_consensus
from nbradiomics.agreement.distance_cohort import write_distance_maps
from nbradiomics.agreement.reader_study import ReaderStudySettings
from nbradiomics.cohort import Cohort
from nbradiomics.cohort.chosen_masks import ChosenMasks, chosen_rows
from nbradiomics.cohort.lesions import measured_cases
from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.features.variants.extract import variants_of
from nbradiomics.perturbation.cohort import perturb_cohort
from nbradiomics.perturbation.variant import Variant
from nbradiomics.report.sections.ranking import cases_of_cohort
from nbradiomics.rings import add_regions
from nbradiomics.segmentation.training.cases import find_cases
from nbradiomics.study.checks import check
from tests.support.helpers import ball, call, write_cohort, write_scan

PARAMS = {
    "setting": {"label": 1},
    "featureClass": {"firstorder": ["Mean", "Median"], "shape": ["VoxelVolume"]},
}
FEW = ReaderStudySettings(bootstraps=100)
PARTS = {"ring-2mm", "rim-1mm", "core-1mm"}
SUBJECTS = 6


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    """Two readers and the model on some subjects."""
    folder = tmp_path_factory.mktemp("derived")
    rows = []
    for number in range(SUBJECTS):
        radius = 4 + 0.4 * number
        masks = {
            name: ball((16, 20, 22), radius - less, shift)
            for name, less, shift in (("A", 0, 0), ("B", 0.4, 1), ("auto", 0.2, 0))
        }
        files = write_scan(folder, f"s{number}", masks, seed=number)
        rows += [f"s{number},{files['image']},{name},{files[name]},no" for name in masks]
    return load_cohort(write_cohort(folder, rows, "subject,image,reader,mask,in_training"))


@pytest.fixture(scope="module")
def cohort(plain: Cohort) -> Cohort:
    return add_regions(plain, out=plain.path.parent / "rois", ring=2, rim=1, max_outside=1).cohort


@pytest.fixture(scope="module")
def features(cohort: Cohort) -> pd.DataFrame:
    return extract_cohort(cohort, params=PARAMS).table


@pytest.fixture(scope="module")
def agreement(cohort: Cohort) -> pd.DataFrame:
    return compare_cohort(cohort).table


def test_the_verdict_is_that_of_the_lesions_alone(plain, cohort, agreement):
    with_them = study_readers(agreement, cohort.table, settings=FEW)
    without = study_readers(compare_cohort(plain).table, plain.table, settings=FEW)
    for name in ("summary", "comparison", "tests", "detection", "cases"):
        pd.testing.assert_frame_equal(getattr(with_them, name), getattr(without, name))
    sentence = "3 derived regions (core-1mm, rim-1mm, ring-2mm) are left out of the reader study"
    assert sum(sentence in each for each in with_them.overview["sentences"]) == 1
    assert not any("derived" in each for each in without.overview["sentences"])


def test_a_reader_study_runs_and_its_pictures_are_of_lesions(cohort, tmp_path):
    study = run_reader_study(cohort, out=tmp_path / "study", bootstraps=100)
    assert set(study.study.cases["roi"]) == {"tumour"}
    assert set(study.agreement["roi"]) == {"tumour", *PARTS}
    page = (tmp_path / "study" / "report.html").read_text(encoding="utf-8")
    assert "derived regions" in page
    assert {key[3] for key in cases_of_cohort(cohort.table)} == {"tumour"}


def test_masks_are_compared_with_their_own_kind(agreement):
    assert set(agreement["roi"]) == {"tumour", *PARTS}
    pairs = agreement.groupby("roi").size()
    assert set(pairs) == {SUBJECTS * 6}


def test_reproducibility_asks_for_the_region_and_counts_each_subject_once(features):
    with pytest.raises(AmbiguousError, match="roi"):
        assess_reproducibility(features, readers=["A", "B"])
    table = assess_reproducibility(features, readers=["A", "B"], roi="ring-2mm", min_subjects=5)
    assert set(table["subjects"]) == {SUBJECTS}


def test_needed_agreement_asks_for_the_region(features, agreement):
    with pytest.raises(AmbiguousError, match="roi"):
        needed_agreement(features, agreement)
    result = needed_agreement(features, agreement, roi="ring-2mm")
    assert len(result.table) > 0
    assert set(result.left_out["roi"]) <= {"ring-2mm"}


def test_chosen_masks_are_lesions_unless_a_derived_region_is_named(cohort):
    assert set(chosen_rows(cohort.table, ChosenMasks(reader="A"), None)["roi"]) == {"tumour"}
    for rule in (None, "union", "roi"):
        rows = chosen_rows(cohort.table, ChosenMasks(reader="A", roi="ring-2mm"), rule)
        assert rows["roi"].tolist() == ["ring-2mm"] * SUBJECTS


def test_components_are_those_of_lesions(cohort):
    rois = {case.roi for case in measured_cases(cohort, "components")}
    assert rois == {"component-1", *PARTS}


def test_a_model_is_trained_on_lesions(cohort):
    chosen = find_cases(cohort, reader="A")
    assert {case.roi for case in chosen.values()} == {"tumour"}
    assert len(chosen) == SUBJECTS


def test_perturbations_consensus_and_distance_maps_leave_them_out(cohort, tmp_path):
    few = cohort.table[cohort.table["subject"] == "s0"]  # a chain has 26 variants of each image
    made = perturb_cohort(few, out=tmp_path / "v", chain="T", reader="A")
    assert set(made.table["roi"]) == {"tumour"}
    with pytest.raises(InputError, match="have no variants of their own"):
        variants_of(cohort.cases(), [Variant(volume=0.1)])
    assert not write_distance_maps(cohort, tmp_path / "maps", lesions="union", label=1)
    assert len(list((tmp_path / "maps").iterdir())) == SUBJECTS * 2
    together, failures = add_consensus(cohort, "majority", tmp_path / "c")
    assert not failures
    drawn = together.table[together.table["reader"] == "majority"]
    assert drawn["roi"].tolist() == ["tumour"] * SUBJECTS


def test_the_check_finds_nothing_wrong_with_them(cohort, tmp_path):
    table = cohort.write(tmp_path / "cohort.csv").path
    assert not (check(table)["severity"] == "error").any()


def test_an_outcome_model_asks_for_the_region(features, tmp_path: Path, capsys):
    features.to_csv(tmp_path / "features.csv", index=False)
    clinical = pd.DataFrame(
        {"subject": [f"s{n}" for n in range(SUBJECTS)], "os": range(10, 16), "dead": [0, 1] * 3}
    )
    clinical.to_csv(tmp_path / "clinical.csv", index=False)
    given = [
        "outcome",
        tmp_path / "features.csv",
        tmp_path / "clinical.csv",
        "--time",
        "os",
        "--event",
        "dead",
    ]
    assert call(*given, "--reader", "A", "--out", tmp_path / "out") != 0
    said = " ".join("".join(capsys.readouterr()).split())
    assert "roi" in said
    assert "ring-2mm" in said


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("", "several values of roi"),
        (", roi: tumour", None),
        (", roi: rim-1mm", None),
        (", roi: habitat-4", None),
        (", roi: ring-9mm", "no row with roi 'ring-9mm'"),
    ],
)
def test_comparisons_of_a_study_choose_one_region(plain: Cohort, keys: str, found: str | None) -> None:
    study = plain.path.parent / "comparison.yaml"
    study.write_text(
        "cohort: cohort.csv\nhabitats: {clusters: 4}\nrois: {ring: 2, rim: 1}\n"
        f"reproducibility: {{studies: {{pair: {{across: reader, levels: [A, B]{keys}}}}}}}\n"
    )
    problems = check(study)
    said = " ".join(problems.loc[problems["column"] == "reproducibility.studies.pair", "problem"])
    assert said == "" if found is None else found in said
