"""Who was held out, and from whom a fold learned: a leak is found by the prints."""

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings, strategies as st

from nbradiomics.evidence.prints import held_out_folds, training_problems
from nbradiomics.outcome.learned_from import prints_by_name, set_print

SALT = "salt"


def folds_of(seed: int, subjects: int, folds: int, repeats: int) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Predictions of a cross-validation, and the record of what each fold learned from."""
    rng = np.random.default_rng(seed)
    names = [f"s{number}" for number in range(subjects)]
    prints = prints_by_name(names, SALT)
    rows, record = [], []
    for repeat in range(1, repeats + 1):
        fold_of = dict(zip(names, rng.permutation(np.arange(subjects) % folds) + 1, strict=True))
        rows += [(name, model, repeat, fold_of[name]) for model in ("volume", "radiomic") for name in names]
        for fold in range(1, folds + 1):
            learned = [prints[name] for name in names if fold_of[name] != fold]
            record.append(
                {"repeat": repeat, "fold": fold, "subjects": len(learned), "sha256": set_print(learned)}
            )
    return pd.DataFrame(rows, columns=["subject", "model", "repeat", "fold"]), record


@settings(max_examples=25)
@given(st.integers(0, 99), st.integers(6, 12), st.integers(2, 3), st.integers(1, 3))
def test_a_sound_cross_validation_has_no_problem(seed: int, subjects: int, folds: int, repeats: int) -> None:
    table, record = folds_of(seed, subjects, folds, repeats)
    found = held_out_folds(table, SALT)
    assert (found.disjoint, found.subjects, found.folds, found.repeats) == (True, subjects, folds, repeats)
    assert training_problems(found.rows, record) == []


@settings(max_examples=25)  # each print of a name takes long on purpose
@given(st.integers(0, 99), st.data())
def test_a_fold_that_learned_from_a_held_out_subject_is_found(seed: int, data: st.DataObject) -> None:
    table, record = folds_of(seed, 9, 3, 2)
    one = data.draw(st.sampled_from(record))
    held = table[(table["repeat"] == one["repeat"]) & (table["fold"] == one["fold"])]["subject"].unique()
    others = sorted(set(table["subject"]) - set(held))
    leaked = [*others[1:], data.draw(st.sampled_from(sorted(held)))]  # as many subjects as before
    prints = prints_by_name(leaked, SALT)
    one["sha256"] = set_print(prints.values())
    found = held_out_folds(table, SALT)
    assert training_problems(found.rows, record) == [
        f"repeat {one['repeat']}, fold {one['fold']}: other subjects were learned from"
    ]


@settings(max_examples=25)  # each print of a name takes long on purpose
@given(st.integers(0, 99), st.data())
def test_a_subject_held_out_twice_or_never_is_found(seed: int, data: st.DataObject) -> None:
    table, record = folds_of(seed, 9, 3, 2)
    place = data.draw(st.integers(0, len(table) - 1))
    twice = pd.concat([table, table.iloc[[place]]], ignore_index=True)
    assert not held_out_folds(twice, SALT).disjoint
    assert not held_out_folds(table.drop(index=place), SALT).disjoint
    moved = table.copy()
    moved.loc[place, "fold"] = moved.loc[place, "fold"] % 3 + 1
    found = held_out_folds(moved, SALT)
    assert not found.disjoint
    assert training_problems(found.rows, record)


def test_a_fold_that_is_not_recorded_is_found() -> None:
    table, record = folds_of(0, 9, 3, 2)
    found = held_out_folds(table, SALT)
    assert training_problems(found.rows, record[1:]) == ["repeat 1, fold 1: not recorded"]


def test_rows_name_nobody() -> None:
    table, _ = folds_of(0, 9, 3, 2)
    rows = held_out_folds(table, SALT).rows
    assert all(len(name) == 6 and not name.startswith("s") for name, _ in rows)
    assert rows == sorted(rows)
