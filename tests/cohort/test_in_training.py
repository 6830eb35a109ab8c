"""What the model was trained on: the column's spellings, and how it travels from table to table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.cohort import Cohort, load_cohort
from nbradiomics.cohort.in_training import (
    all_seen_sentence,
    left_out_sentence,
    read_state,
    require_known,
    training_states,
    unknown_sentence,
)
from nbradiomics.errors import InputError
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.outcome import OutcomeSettings, evaluate_outcome
from nbradiomics.reproducibility import assess_reproducibility, stable_text, training_sentences
from nbradiomics.tables import feature_columns, read_table, write_table
from tests.support.helpers import ball, write_cohort, write_scan

HEADER = "subject,image,reader,mask,in_training"


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        *((cell, "yes") for cell in ("yes", "Yes", " Y ", "TRUE", True, 1, "1", 1.0)),
        *((cell, "no") for cell in ("no", "N", "False", False, 0, "0", 0.0)),
        *((cell, "") for cell in ("", "NA", float("nan"), None, pd.NA)),
    ],
)
def test_spellings_of_other_programs_are_read(cell: object, state: str) -> None:
    assert read_state(cell) == state


@pytest.mark.parametrize("cell", ["maybe", "2", "ja", "-"])
def test_what_says_neither_yes_nor_no_is_refused(cell: str, tmp_path: Path) -> None:
    files = write_scan(tmp_path, "s", {"auto": ball()})
    path = write_cohort(tmp_path, [f"s,{files['image']},auto,{files['auto']},{cell}"], HEADER)
    with pytest.raises(InputError, match=r"in_training.*yes, no or an empty cell was expected"):
        load_cohort(path)


def test_a_subject_is_seen_where_one_row_says_so_and_known_where_every_mask_of_the_model_is() -> None:
    table = pd.DataFrame(
        [
            ("one", "auto", "no"),
            ("one", "auto", "yes"),
            ("two", "auto", "no"),
            ("two", "A", ""),
            ("three", "auto", "no"),
            ("three", "auto", ""),
            ("four", "A", "yes"),
            ("four", "auto", "no"),
            ("five", "A", "no"),
            ("six", "A", ""),
        ],
        columns=["subject", "reader", "in_training"],
    )
    assert training_states(table) == {
        "one": "yes",
        "two": "no",
        "three": "",
        "four": "yes",
        "five": "no",
        "six": "",
    }


def cohort_of(folder: Path, states: dict[str, str]) -> Path:
    """Readers A and B and the model on every subject; what is known of each."""
    rows = []
    for number, (subject, state) in enumerate(states.items()):
        masks = {"A": ball(), "B": ball(shift=1), "auto": ball(radius=3.4)}
        files = write_scan(folder, subject, masks, seed=number)
        rows += [
            f"{subject},{files['image']},{reader},{files[reader]},{state if reader == 'auto' else ''}"
            for reader in masks
        ]
    return write_cohort(folder, rows, HEADER)


def test_it_survives_writing_and_goes_into_the_feature_table(tmp_path: Path) -> None:
    cohort = load_cohort(cohort_of(tmp_path, {"a": "TRUE", "b": "0", "c": ""}))
    again = load_cohort(cohort.write(tmp_path / "copy.csv").path)
    pd.testing.assert_frame_equal(again.table, cohort.table)
    params = {"imageType": {"Original": {}}, "featureClass": {"firstorder": ["Mean"]}}
    table = extract_cohort(again, params=params).table
    states = table.set_index(["subject", "reader"])["in_training"]
    assert [states[name, "auto"] for name in "abc"] == ["yes", "no", ""]
    assert set(states.drop(index="auto", level="reader")) == {""}
    assert feature_columns(table) == ["original_firstorder_Mean"]
    for ending in ("csv", "parquet"):
        pd.testing.assert_frame_equal(read_table(write_table(table, tmp_path / f"features.{ending}")), table)


def test_a_reader_added_or_removed_takes_what_is_known_along(tmp_path: Path) -> None:
    cohort = load_cohort(cohort_of(tmp_path, {"a": "yes", "b": "no"}))
    without = cohort.without_reader("auto")
    assert set(without.table["in_training"]) == {""}
    scans = without.scans()
    added = without.with_reader(
        "auto", {scans[0]: tmp_path / "x.nii.gz"}, in_training=dict.fromkeys(scans, "yes")
    )
    assert training_states(added.table) == {"a": "yes", "b": "yes"}
    third = cohort.with_reader("C", dict.fromkeys(cohort.scans(), tmp_path / "y.nii.gz"))
    assert training_states(third.table) == {"a": "yes", "b": "no"}
    left = cohort.without_seen_masks()
    assert left.table.loc[left.table["reader"] == "auto", "subject"].tolist() == ["b"]
    assert set(left.table["subject"]) == {"a", "b"}
    assert training_states(cohort.with_training_subjects(["b"]).table) == {"a": "yes", "b": "yes"}


def test_a_training_subject_that_is_misspelt_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"no subject 'P1', 'sub-P003'.*Did you mean 'p1' for 'P1', 'p-3' for"
    ):
        require_known(["P1", "sub-P003", "x9"], ["p1", "p2", "p-3"])
    with pytest.raises(InputError, match=r"Did you mean 'Maria' for 'Mariaa'\?"):
        require_known(["Mariaa"], ["Maria", "Ana"])
    assert isinstance(load_cohort(cohort_of(tmp_path, {"a": ""})), Cohort)


def test_a_whole_training_list_may_be_given_and_those_of_other_cohorts_are_counted() -> None:
    cohort = [f"P{number:03}" for number in range(41, 101)]
    listed = [f"P{number:03}" for number in range(1, 61)]
    said = require_known(listed, cohort)
    assert said.startswith("40 of 60 listed training subjects are not in this cohort (P001, P002,")
    assert require_known(["A007"], ["A007", "B007"]) == ""
    assert require_known(["B007", "A007"], ["A007"]).startswith("1 of 2 listed training subjects is not")
    assert require_known(["Marta", "Maria"], ["Maria"]).startswith("1 of 2")
    assert require_known(["ext1"], ["P2"]).startswith("1 of 1 listed training subject is not")


def test_one_subject_is_spoken_of_as_one() -> None:
    one = "1 of 1 subject is left out, because the model was trained on this subject (a)."
    assert left_out_sentence(["a"], 1) == one
    assert left_out_sentence(["a", "b"], 3).startswith("2 of 3 subjects are left out, because the model was")
    assert all_seen_sentence(["a"]).startswith("The model was trained on the only subject (a)")


def features_of(subjects: int = 40, seen: int = 15, state: str = "no") -> pd.DataFrame:
    """A, B and auto; of the subjects that the model has seen its features are those of A."""
    rng, rows = np.random.default_rng(0), []
    for number in range(subjects):
        size = rng.normal()
        noise = {"A": 0.0, "B": 0.3 * rng.normal(), "auto": 0.0 if number < seen else rng.normal()}
        for reader, error in noise.items():
            known = ("yes" if number < seen else state) if reader == "auto" else ""
            index = {"subject": f"s{number:02}", "reader": reader, "in_training": known}
            rows.append(
                {**index, "original_firstorder_Mean": size + error, "original_firstorder_Range": size}
            )
    return pd.DataFrame(rows)


def test_reproducibility_leaves_seen_subjects_out_whoever_calls_it() -> None:
    features = features_of()
    readers = ["auto", "A", "B"]
    found = assess_reproducibility(features, readers=readers)
    rest = features[features["subject"] >= "s15"]
    pd.testing.assert_frame_equal(found, assess_reproducibility(rest, readers=readers))
    assert found["subjects"].tolist() == [25, 25]
    assert assess_reproducibility(features)["subjects"].tolist() == [40, 40]
    (told,) = training_sentences(features, readers)
    assert told.startswith("15 of 40 subjects are left out, because the model was trained on them")
    assert training_sentences(features, None) == []
    (_, unknown) = training_sentences(features_of(state=""), readers)
    assert "not recorded whether the model was trained on these subjects" in unknown
    with pytest.raises(InputError, match="trained on all 40 subjects"):
        assess_reproducibility(features_of(seen=40), readers=readers)


def test_an_older_table_without_the_column_is_read_and_its_gap_told() -> None:
    features = features_of().drop(columns="in_training")
    assert assess_reproducibility(features, readers=["auto", "A"])["subjects"].tolist() == [40, 40]
    assert "not recorded" in training_sentences(features, ["auto", "A"])[0]


def clinical_of(subjects: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    names = [f"s{number:02}" for number in range(subjects)]
    return pd.DataFrame(
        {"subject": names, "days": rng.exponential(100, subjects) + 1, "dead": (np.arange(subjects) % 3 > 0)}
    ).astype({"dead": int})


def outcome_of(features: pd.DataFrame, reader: str | None) -> tuple[pd.DataFrame, list[str]]:
    quick = OutcomeSettings(folds=2, repeats=1, bootstraps=0)
    result = evaluate_outcome(
        features, clinical_of(), time="days", event="dead", reader=reader, stable=None, settings=quick
    )
    return result.flow, result.summary["sentences"]


def test_outcome_models_leave_seen_subjects_out_whoever_calls_them() -> None:
    flow, told = outcome_of(features_of(), "auto")
    assert told[0].startswith("15 of 40 subjects are left out, because the model was trained on them")
    assert set(flow["reason"]) == {"the model was trained on it"}
    assert len(flow) == 15
    flow, told = outcome_of(features_of(), "A")
    assert flow.empty
    assert "trained on" not in told[0]
    alone = features_of().query("reader == 'auto'")
    assert len(outcome_of(alone, None)[0]) == 15
    _, told = outcome_of(features_of(seen=0, state=""), "auto")
    assert told[0].startswith("It is not recorded")
    _, told = outcome_of(features_of(seen=0), "auto")
    assert told[0].startswith("40 subjects")
    with pytest.raises(InputError, match="trained on all 40"):
        outcome_of(features_of(seen=40), "auto")


@pytest.mark.parametrize("name", ["Auto", "AUTO", " auto"])
def test_the_model_under_another_spelling_is_refused(name: str) -> None:
    table = features_of().replace({"reader": {"auto": name}})
    for call in (lambda: outcome_of(table, name), lambda: assess_reproducibility(table, readers=["A", name])):
        with pytest.raises(InputError, match="differs from 'auto'"):
            call()


def test_rows_that_say_yes_and_are_nobody_s_model_are_refused() -> None:
    table = features_of().replace({"reader": {"auto": "nnUNet"}})
    for call in (lambda: outcome_of(table, "nnUNet"), lambda: assess_reproducibility(table)):
        with pytest.raises(InputError, match="no row is of reader 'auto'; the readers are A, B, nnUNet"):
            call()


def test_rows_of_several_readers_are_told_and_seen_ones_among_them_left_out() -> None:
    table = features_of()
    of_model = table["subject"].isin(sorted(set(table["subject"]))[:20])
    one_each = table[table["reader"] == np.where(of_model, "auto", "A")]
    flow, told = outcome_of(one_each, None)
    assert told[0].startswith("15 of 20 subjects are left out, because the model was trained on them")
    assert "different readers, one row per subject: A 20, auto 5." in told[1]
    assert set(flow["reason"]) == {"the model was trained on it"}


def test_without_a_column_of_readers_what_is_not_known_is_said() -> None:
    table = features_of(seen=0, state="").query("reader == 'auto'").drop(columns="reader")
    _, told = outcome_of(table, None)
    assert told[0].startswith("It is not recorded")


def test_too_few_that_are_left_say_why() -> None:
    with pytest.raises(InputError, match="33 x the model was trained on it"):
        outcome_of(features_of(seen=33), "auto")


# Fewest subjects


def test_a_feature_that_two_subjects_share_is_not_stable_in_an_outcome_model() -> None:
    table = features_of(seen=0)
    names = feature_columns(table)
    shared = table["subject"].isin(sorted(set(table["subject"]))[:2])
    table.loc[(table["reader"] == "A") & ~shared, names[0]] = np.nan
    quick = OutcomeSettings(folds=2, repeats=1, bootstraps=0, icc_threshold=0.0)
    result = evaluate_outcome(table, clinical_of(), time="days", event="dead", reader="auto", settings=quick)
    entered = set(result.selection.loc[result.selection["frequency"] > 0, "feature"])
    assert names[0] not in entered
    assert any("a feature needs 10" in text for text in result.summary["sentences"])


def test_few_subjects_are_never_stable_and_the_reason_is_said() -> None:
    two = features_of(subjects=2, seen=0)
    two["original_firstorder_Range"] = [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]
    found = assess_reproducibility(two, readers=["A", "B"])
    assert found["icc"].iloc[1] == 1
    assert not found["stable"].any()
    assert found["reason"].tolist() == ["2 subjects with a value by every reader; 10 are needed"] * 2
    assert assess_reproducibility(two, readers=["A", "B"], min_subjects=2)["stable"].iloc[1]
    with pytest.raises(InputError, match=r"min_subjects: Input should be .*; found: 1"):
        assess_reproducibility(two, readers=["A", "B"], min_subjects=1)


def test_the_caution_stands_in_the_line_of_the_number() -> None:
    few = stable_text(assess_reproducibility(features_of(subjects=12, seen=0)))
    assert "2 of 2 features stable, 0 undefined. From 12 subjects and 2 readers (caution" in few
    assert "caution: fewer than 30 subjects and only two readers" in few
    eight = stable_text(assess_reproducibility(features_of(subjects=8, seen=0)))
    assert "0 of 2 features stable, 0 undefined, 2 not judged (8 subjects" in eight
    assert "10 are needed" in eight
    enough = features_of(subjects=40, seen=0)
    assert "caution" not in stable_text(assess_reproducibility(enough, readers=["A", "B", "auto"]))


def test_nothing_is_said_of_what_is_known() -> None:
    assert unknown_sentence([], 3) == ""
