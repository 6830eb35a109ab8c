"""The whole reader study: designs that lack something, order, masks with a bias, files."""

from __future__ import annotations

import json
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.agreement import compare_regions, comparison_status
from nbradiomics.agreement.reader_study import ReaderStudySettings, study_readers
from nbradiomics.errors import InputError
from nbradiomics.tables import read_table
from tests.support.agreement_rows import both_ways, cohort_of, row, simulated
from tests.support.helpers import first_is_quick

QUICK = ReaderStudySettings(bootstraps=200)
SPACING = 2.0


def study_of(table, *, chosen=QUICK, **columns):
    return study_readers(table, cohort_of(table, **columns), settings=chosen)


def ball(centre, radius):
    """A ball on a grid of 24 voxels of 2 mm; centre and radius in mm."""
    axes = np.arange(24) * SPACING
    z, y, x = np.meshgrid(axes, axes, axes, indexing="ij")
    inside = (x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2 <= radius**2
    image = sitk.GetImageFromArray(inside.astype(np.uint8))
    image.SetSpacing([SPACING] * 3)
    return image


def studied_masks(seed, *, bias, subjects=12):
    """Balls of 10 to 14 mm; all err by 1 mm in place and 0.7 mm in radius, auto by `bias` more in radius."""
    generator = np.random.default_rng(seed)
    rows = []
    for number in range(subjects):
        radius = generator.uniform(10, 14)
        masks = {
            name: ball(24 + generator.normal(size=3), radius + 0.7 * generator.normal() + extra)
            for name, extra in (("auto", bias), ("A", 0), ("B", 0))
        }
        voxel = SPACING**3 / 1000
        volumes = {
            name: float(sitk.GetArrayViewFromImage(mask).sum()) * voxel for name, mask in masks.items()
        }
        for first, second in permutations(masks, 2):
            values = compare_regions(masks[first], masks[second])
            values |= {
                "status": comparison_status(masks[first], masks[second]),
                "volume_ml": volumes[first],
                "reference_ml": volumes[second],
            }
            rows.append(row(f"s{number:02}", first, second, **{"value": values["dice"], **values}))
    return pd.DataFrame(rows)


def direction_of(study):
    table = study.direction
    return table[(table["reader"] == "auto") & (table["reference"] == "readers")].iloc[0]


@pytest.mark.parametrize("seed", range(2))
def test_a_model_that_draws_too_much_is_found_worse_and_outward(seed):
    study = study_of(studied_masks(seed, bias=4.0))
    tests = study.tests.set_index("test")
    assert tests.loc["non_inferiority", "passed"] is False
    assert "worse" in tests.loc["difference", "sentence"]
    assert tests.loc["williams_index", "high"] < 1
    found = direction_of(study)
    assert found["direction"] == "outward"
    assert found["fprm_median"] > 0.3 > found["fnr_median"]
    assert found["share_outward"] == 1
    volumes = study.bland_altman.set_index("reader").loc["auto"]
    assert (volumes["low_ml"] > 0).all()
    assert "errs outward" in " ".join(study.sentences)


@pytest.mark.slow
def test_a_model_that_draws_too_little_errs_inward_and_one_like_the_readers_neither():
    assert direction_of(study_of(studied_masks(0, bias=-4.0)))["direction"] == "inward"
    study = study_of(studied_masks(0, bias=0.0))
    assert direction_of(study)["direction"] == "neither"
    assert abs(study.comparison.set_index("metric").loc["dice", "difference"]) < 0.03


def everything(seed):
    """A study with incomplete designs, several metrics, two timepoints, failures, edited masks."""
    generator = np.random.default_rng(seed)
    rows = []
    for number in range(14):
        there = ["auto", *(name for name in "ABC" if generator.random() < 0.85)]
        for timepoint in ("baseline", "after") if number % 3 else ("baseline",):
            for first, second in permutations(there, 2):
                value = float(np.round(generator.uniform(0.6, 0.95), 2))
                rates = {"fprm": generator.uniform(0, 0.5), "fnr": generator.uniform(0, 0.5)}
                sizes = {"volume_ml": generator.uniform(5, 50), "reference_ml": generator.uniform(5, 50)}
                more = {"hd95_mm": generator.uniform(1, 9), "timepoint": timepoint, **rates, **sizes}
                rows.append(row(f"s{number:02}", first, second, value, **more))
        if "A" in there:
            rows.append(row(f"s{number:02}", "auto", "A", 0.99, pair="edited", reference_kind="edited"))
            rows.append(row(f"s{number:02}", "A", "A", 0.97, pair="intra", reference_reading=2))
    table = pd.DataFrame(rows)
    failed = generator.random(len(table)) < 0.03
    table.loc[failed, ["status", "dice", "hd95_mm", "fprm", "fnr", "volume_ml", "reference_ml"]] = None
    return table


RENAMED = {"A": "zoe", "B": "mia", "C": "C"}


def renamed(frame):
    """Readers renamed in cells and in what is made of their names."""
    frame = frame.copy()
    for column in ("reader", "reference", "subject_of_test"):
        if column in frame:
            frame[column] = frame[column].map(
                lambda name: "".join(RENAMED.get(letter, letter) for letter in name)
            )
    return frame


@pytest.mark.slow
@pytest.mark.parametrize("seed", first_is_quick(range(2)))
def test_nothing_depends_on_the_order_of_rows_or_on_the_readers_names(seed):
    table = everything(seed)
    cohort = cohort_of(table, minutes="3")
    first = study_readers(table, cohort, settings=QUICK)
    order = np.random.default_rng(seed).permutation(len(table))
    shuffled = study_readers(table.iloc[order], cohort.sample(frac=1, random_state=1), settings=QUICK)
    for name, frame in first.tables.items():
        pd.testing.assert_frame_equal(frame, shuffled.tables[name], check_exact=True, obj=name)
    assert first.overview == shuffled.overview
    other = study_readers(renamed(table), renamed(cohort), settings=QUICK)
    for name in (
        "summary",
        "comparison",
        "tests",
        "detection",
        "subgroups",
        "subgroup_tests",
        "direction",
        "times",
    ):
        one, two = renamed(first.tables[name]), other.tables[name]
        one, two = (frame.drop(columns=["sentence"], errors="ignore") for frame in (one, two))
        keys = [
            key for key in one if one[key].dtype == object and key not in ("passed", "low", "high", "rate")
        ]
        keys += ["epsilon"] if "epsilon" in one else []
        one, two = (frame.sort_values(keys, ignore_index=True) for frame in (one, two))
        pd.testing.assert_frame_equal(one, two, rtol=0, atol=1e-12, obj=name)
    values = ["auto_readers", "readers_readers", "difference"]
    pd.testing.assert_frame_equal(first.cases[values], other.cases[values], rtol=0, atol=1e-12)
    auto, again = (
        study.bland_altman[study.bland_altman["reader"] == "auto"].set_index("reference")
        for study in (first, other)
    )
    assert again.rename({"zoe": "A", "mia": "B"})["bias_ml"].sort_index().to_dict() == pytest.approx(
        auto["bias_ml"].sort_index().to_dict(), abs=1e-12
    )


DESIGNS = {
    "readers alone": simulated(0, subjects=8).query("pair == 'inter'"),
    "one reader": simulated(0, subjects=8, readers=("A",)),
    "one case": simulated(0, subjects=1),
    "constant": simulated(0, subjects=8, spread=0, noise=0),
    "two subjects": simulated(0, subjects=2),
    "three readers": simulated(0, subjects=8, readers=("A", "B", "C")),
    "failed": pd.DataFrame(both_ways("s1", "auto", "A", np.nan, status=None)),
    "all empty": pd.DataFrame(both_ways("s1", "auto", "A", np.nan, status="both_empty")),
    "edited alone": pd.DataFrame([row("s1", "auto", "A", 0.99, pair="edited", reference_kind="edited")]),
    "intra alone": pd.DataFrame([row("s1", "A", "A", 0.99, pair="intra", reference_reading=2)]),
    "no rows": simulated(0, subjects=1).iloc[:0],
    "everything": everything(3),
}


@pytest.mark.parametrize("name", DESIGNS)
def test_every_design_gives_what_it_can_and_says_what_it_cannot(name, tmp_path):
    table = DESIGNS[name]
    study = study_of(table, minutes="")
    study.write(tmp_path)
    assert json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["sentences"] == study.sentences
    assert {path.stem for path in tmp_path.glob("*.csv")} == set(study.tables)
    assert all(sentence.endswith((".", ")")) and "nan" not in sentence for sentence in study.sentences)
    numbers = study.tests[["value", "low", "high", "p"]]
    if name in (
        "readers alone",
        "one reader",
        "failed",
        "all empty",
        "edited alone",
        "intra alone",
        "no rows",
    ):
        assert numbers.isna().all(axis=None)
        assert study.comparison.empty
    if name in ("one case", "two subjects"):
        assert study.tests.set_index("test").loc["non_inferiority", ["low", "p", "passed"]].isna().all()
    assert not study.summary[["n", "undefined"]].isna().any(axis=None)


def test_a_constant_study_has_constant_answers():
    tests = study_of(DESIGNS["constant"]).tests.set_index("test")
    assert tests.loc["non_inferiority", ["value", "low", "high", "passed"]].tolist() == pytest.approx(
        [0, 0, 0, True]
    )
    assert tests.loc["difference", "p"] == 1
    assert tests.loc["williams_index", ["value", "low", "high"]].tolist() == pytest.approx([1, 1, 1])
    assert (tests.loc["alt_test_reader", "value"] == 1).all()


def test_edited_references_stand_apart_with_a_warning_and_change_nothing_else():
    plain = simulated(3, subjects=10)
    edited = [
        line
        for n in range(10)
        for line in (
            row(f"s{n:03}", "auto", "A", 0.999, pair="edited", reference_kind="edited"),
            row(f"s{n:03}", "A", "auto", 0.999, pair="edited", mask_kind="edited"),
        )
    ]
    first, second = study_of(plain), study_of(pd.concat([plain, pd.DataFrame(edited)]))
    pd.testing.assert_frame_equal(first.tests, second.tests)
    pd.testing.assert_frame_equal(first.comparison, second.comparison)
    assert second.overview["edited_masks"] == 10
    assert any("10 masks are edited automatic ones" in sentence for sentence in second.sentences)
    assert not any("edited" in sentence for sentence in first.sentences)
    groups = second.summary[second.summary["pair"] == "edited"]
    assert groups["reference"].tolist() == ["auto", "A (edited)"]


def test_what_the_tests_do_not_cover_is_told():
    lines = [*both_ways("x1", "A", "B", 0.9), *both_ways("x2", "A", "B", 0.9)]
    study = study_of(pd.concat([simulated(0, subjects=10), pd.DataFrame(lines)]))
    text = " ".join(study.sentences)
    assert "2 cases with masks of two readers but without an automatic mask to compare" in text
    assert "2 of 12 images of the cohort have no automatic mask" in text


def test_files_are_those_of_the_tables(tmp_path):
    study = study_of(simulated(0, subjects=10), site="here")
    study.write(tmp_path / "readers")
    for name in ("summary", "comparison", "cases"):
        found = read_table(tmp_path / "readers" / f"{name}.csv")
        pd.testing.assert_frame_equal(found, study.tables[name], check_dtype=False)
    assert study.overview["verdicts"].keys() == {
        "non_inferiority",
        "difference",
        "williams_index",
        "alt_test_winning_rate (epsilon 0.2)",
        "alt_test_winning_rate (epsilon 0)",
    }


def test_a_cohort_that_is_none_is_refused():
    table = simulated(0, subjects=2)
    with pytest.raises(InputError, match="cohort table has no column site"):
        study_readers(table, cohort_of(table).drop(columns="site"))
