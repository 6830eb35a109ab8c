"""Folds: every case once, no subject on both sides, sites balanced."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.segmentation.training.splits import Origin, Split, split_cases


def cohort(sites: dict[str, int], timepoints: int = 1) -> dict[str, Origin]:
    """Cases of so many subjects at each site."""
    return {
        f"{site}{number}/t{time}": Origin(f"{site}{number}", site)
        for site, subjects in sites.items()
        for number in range(subjects)
        for time in range(timepoints)
    }


@st.composite
def cohorts(draw: st.DrawFn) -> tuple[dict[str, Origin], int]:
    """Up to 30 subjects of up to 5 sites with up to 4 scans each, and a possible number of folds."""
    folds = draw(st.integers(2, 6))
    subjects = draw(st.integers(2 * folds, 30))
    cases = {}
    for subject in range(subjects):
        site = draw(st.sampled_from(["", "a", "b", "c", "d"]))
        for time in range(draw(st.integers(1, 4))):
            cases[f"s{subject}/t{time}"] = Origin(f"s{subject}", site)
    return dict(draw(st.permutations(list(cases.items())))), folds


def subjects_per_fold(cases: dict[str, Origin], splits: list[Split]) -> list[Counter[str]]:
    """Number of subjects of each site in each fold's validation part."""
    found = []
    for split in splits:
        sites = {cases[name].subject: cases[name].site for name in split.validation}
        found.append(Counter(sites.values()))
    return found


@given(cohorts(), st.integers(0, 1000))
def test_every_case_is_validated_once_and_trained_on_in_every_other_fold(drawn, seed):
    cases, folds = drawn
    splits = split_cases(cases, folds, seed=seed)
    assert len(splits) == folds
    assert sorted(name for split in splits for name in split.validation) == sorted(cases)
    for split in splits:
        assert sorted([*split.train, *split.validation]) == sorted(cases)


@given(cohorts(), st.integers(0, 1000))
def test_no_subject_stands_on_both_sides(drawn, seed):
    cases, folds = drawn
    for split in split_cases(cases, folds, seed=seed):
        train, held_out = ({cases[name].subject for name in side} for side in split)
        assert train.isdisjoint(held_out)


@given(cohorts(), st.integers(0, 1000))
def test_folds_and_the_sites_in_them_differ_by_one_subject_at_most(drawn, seed):
    cases, folds = drawn
    found = subjects_per_fold(cases, split_cases(cases, folds, seed=seed))
    totals = [sum(sites.values()) for sites in found]
    assert max(totals) - min(totals) <= 1
    for site in {origin.site for origin in cases.values()}:
        counts = [sites[site] for sites in found]
        assert max(counts) - min(counts) <= 1


def test_the_scans_of_a_child_stay_together():
    cases = cohort({"x": 10}, timepoints=3)
    for split in split_cases(cases, 5):
        assert {name[-2:] for name in split.validation} == {"t0", "t1", "t2"}
        assert len(split.validation) == 6


def test_sites_smaller_than_the_number_of_folds_are_no_obstacle():
    cases = cohort({"a": 3, "b": 3, "c": 3, "d": 3})
    found = subjects_per_fold(cases, split_cases(cases, 5))
    assert sorted(sum(sites.values()) for sites in found) == [2, 2, 2, 3, 3]
    assert all(max(sites.values()) == 1 for sites in found)


def test_a_subject_of_two_sites_is_still_one_subject():
    cases = {**cohort({"a": 4}), "moved/t0": Origin("moved", "a"), "moved/t1": Origin("moved", "b")}
    folds = defaultdict(set)
    for number, split in enumerate(split_cases(cases, 2)):
        for name in split.validation:
            folds[cases[name].subject].add(number)
    assert all(len(found) == 1 for found in folds.values())


def test_the_split_depends_on_the_seed_and_not_on_the_order_of_the_table():
    cases = cohort({"a": 8, "b": 8})
    turned = dict(reversed(cases.items()))

    def held_out(cases: dict[str, Origin], seed: int) -> list[set[str]]:
        return [set(split.validation) for split in split_cases(cases, 4, seed=seed)]

    assert held_out(cases, 0) == held_out(turned, 0)
    assert held_out(cases, 0) != held_out(cases, 1)


def test_too_few_subjects_however_many_their_scans():
    with pytest.raises(InputError, match="9 subjects for 5 folds; at least 2 per fold"):
        split_cases(cohort({"a": 9}, timepoints=4), 5)
    assert len(split_cases(cohort({"a": 10}), 5)) == 5


@pytest.mark.parametrize("folds", [-1, 0, 1])
def test_impossible_numbers_of_folds(folds):
    with pytest.raises(InputError, match="2 or more"):
        split_cases(cohort({"a": 9}), folds)
