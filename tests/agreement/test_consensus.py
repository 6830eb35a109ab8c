"""Consensus of readers: values by hand, STAPLE against its own equations, and who is compared with which."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from nbradiomics.agreement.compare import compare_masks
from nbradiomics.agreement.consensus import consensus_of
from nbradiomics.agreement.consensus_cohort import add_consensus, compare_with_consensus
from nbradiomics.cohort import load_cohort
from nbradiomics.errors import InputError
from tests.support.helpers import ball, make_image, write_cohort, write_scan

masks = st.integers(2, 5).flatmap(
    lambda readers: arrays(np.uint8, (readers, 3, 4, 5), elements=st.integers(0, 1))
)


def consensus(arrays_: np.ndarray, method: str) -> np.ndarray:
    return sitk.GetArrayFromImage(consensus_of([make_image(a.astype(np.uint8)) for a in arrays_], method))


def test_majority_is_more_than_half() -> None:
    votes = np.array([[[[1, 1, 0, 0]]], [[[1, 0, 1, 0]]]])
    assert consensus(votes, "majority").ravel().tolist() == [1, 0, 0, 0]
    three = np.array([[[[1, 1, 0, 1]]], [[[1, 1, 0, 0]]], [[[1, 0, 1, 0]]]])
    assert consensus(three, "majority").ravel().tolist() == [1, 1, 0, 0]


@settings(max_examples=30)
@given(masks)
def test_majority_of_random_masks(drawn: np.ndarray) -> None:
    np.testing.assert_array_equal(consensus(drawn, "majority"), drawn.mean(axis=0) > 0.5)


@settings(max_examples=30)
@given(masks, st.sampled_from(["majority", "staple"]), st.randoms(use_true_random=False))
def test_the_order_of_the_readers_does_not_matter(drawn: np.ndarray, method: str, random) -> None:
    order = list(range(len(drawn)))
    random.shuffle(order)
    found = consensus(drawn, method)
    np.testing.assert_array_equal(consensus(drawn[order], method), found)
    assert not found[drawn.max(axis=0) == 0].any()
    assert found[drawn.min(axis=0) == 1].all() or method == "staple"


def staple_by_hand(drawn: np.ndarray, rounds: int = 200) -> np.ndarray:
    """Warfield's expectation and maximisation, written out: probability of each voxel."""
    readers = drawn.reshape(len(drawn), -1).astype(float)
    prior = readers.mean()
    sensitivity, specificity = np.full(len(readers), 0.99999), np.full(len(readers), 0.99999)
    for _ in range(rounds):
        inside = prior * np.prod(
            np.where(readers == 1, sensitivity[:, None], 1 - sensitivity[:, None]), axis=0
        )
        outside = (1 - prior) * np.prod(
            np.where(readers == 1, 1 - specificity[:, None], specificity[:, None]), axis=0
        )
        weight = inside / (inside + outside)
        sensitivity = (readers * weight).sum(axis=1) / weight.sum()
        specificity = ((1 - readers) * (1 - weight)).sum(axis=1) / (1 - weight).sum()
    return weight.reshape(drawn.shape[1:])


def test_staple_follows_its_equations() -> None:
    truth = ball((14, 16, 18), 4.0)
    rng = np.random.default_rng(3)
    noise = (0.04, 0.08, 0.15, 0.3)
    readers = np.array([np.where(rng.random(truth.shape) < share, 1 - truth, truth) for share in noise])
    found = consensus(readers, "staple")
    # The noise fills the image: its box and one voxel around it.
    expected = staple_by_hand(np.pad(readers, ((0, 0), (1, 1), (1, 1), (1, 1)))) >= 0.5
    np.testing.assert_array_equal(found, expected[1:-1, 1:-1, 1:-1])


@pytest.mark.parametrize("method", ["majority", "staple"])
def test_alike_and_empty_masks(method: str) -> None:
    drawn = np.array([ball(), ball()])
    np.testing.assert_array_equal(consensus(drawn, method), ball())
    assert not consensus(drawn * 0, method).any()


def test_staple_does_not_depend_on_the_background_around_the_masks() -> None:
    readers = np.array([ball((10, 12, 14), 3.0), ball((10, 12, 14), 4.0), ball((10, 12, 14), 3.5, 1)])
    wide = np.pad(readers, ((0, 0), (9, 3), (4, 8), (7, 2)))
    found = consensus(wide, "staple")
    np.testing.assert_array_equal(found[9:-3, 4:-8, 7:-2], consensus(readers, "staple"))


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(InputError, match="median"):
        consensus(np.array([ball(), ball()]), "median")


def cohort_of(folder: Path, readers: str, *, subjects: int = 2) -> Path:
    rows = []
    for number in range(subjects):
        drawn = {name: ball(radius=3 + 0.3 * i, shift=i % 2) for i, name in enumerate([*readers, "auto"])}
        files = write_scan(folder, f"s{number}", drawn, seed=number)
        rows += [f"s{number},s{number}.nii.gz,{name},{files[name]}" for name in drawn]
    return write_cohort(folder, rows)


def test_nobody_is_compared_with_a_consensus_that_he_made(tmp_path: Path) -> None:
    cohort = load_cohort(cohort_of(tmp_path, "ABC"))
    table = compare_with_consensus(cohort, ["staple", "majority"]).table
    assert set(table["pair"]) == {"consensus"}
    assert set(table["reference_kind"]) == {"consensus"}
    found = set(zip(table["reader"], table["reference"], strict=True))
    expected = {
        (reader, f"{method}({made})")
        for method in ("staple", "majority")
        for reader, made in [("A", "B+C"), ("B", "A+C"), ("C", "A+B")]
    }
    assert {pair for pair in found if pair[0] != "auto"} == expected
    assert {pair[1] for pair in found if pair[0] == "auto"} == {
        f"{method}({made})" for method in ("staple", "majority") for made in ("B+C", "A+C", "A+B", "A+B+C")
    }
    assert len(table) == 2 * (6 + 8)


def test_rows_hold_the_comparison_with_the_consensus(tmp_path: Path) -> None:
    cohort = load_cohort(cohort_of(tmp_path, "ABC", subjects=1))
    table = compare_with_consensus(cohort, ["majority"]).table.set_index(["reader", "reference"])
    drawn = {case.reader: sitk.ReadImage(str(case.masks[0].path)) for case in cohort.cases()}
    expected = compare_masks(drawn["A"], sitk.And(drawn["B"], drawn["C"]))
    for name, value in expected.items():
        assert table.loc[("A", "majority(B+C)"), name] == pytest.approx(value, nan_ok=True), name


def test_with_two_readers_the_model_alone_has_a_consensus(tmp_path: Path) -> None:
    table = compare_with_consensus(load_cohort(cohort_of(tmp_path, "AB")), ["staple"]).table
    assert set(zip(table["reader"], table["reference"], strict=True)) == {("auto", "staple(A+B)")}


def test_a_consensus_is_written_as_a_reader_to_train_from(tmp_path: Path) -> None:
    cohort = load_cohort(cohort_of(tmp_path, "ABC"))
    added, failures = add_consensus(cohort, "majority", tmp_path / "masks" / "majority")
    assert not failures
    again = load_cohort(added.write(tmp_path / "out" / "cohort.csv").path)
    own = again.table[again.table["reader"] == "majority"]
    assert set(own["reference_kind"]) == {"consensus"}
    drawn = {case.reader: sitk.ReadImage(str(case.masks[0].path)) for case in again.cases()[:4]}
    votes = sum(sitk.GetArrayFromImage(drawn[name]).astype(int) for name in "ABC")
    written = sitk.GetArrayFromImage(sitk.ReadImage(own["mask"].iloc[0]))
    np.testing.assert_array_equal(written, votes >= 2)
    with pytest.raises(InputError, match="majority"):
        add_consensus(again, "majority", tmp_path / "again")


def test_a_consensus_that_nobody_can_have_is_told(tmp_path: Path) -> None:
    found = compare_with_consensus(load_cohort(cohort_of(tmp_path, "A")), ["staple"])
    assert found.table.empty
    assert [failure.stage for failure in found.failures] == ["consensus"]


@pytest.mark.parametrize("box", [True, False])
def test_of_one_who_drew_and_one_who_did_not_staple_believes_the_first(box: bool) -> None:
    # Neither ever draws background as tumour, so nothing speaks against the one who drew. A box leaves no
    # background in its own bounding box, and must come out as a ball does.
    drawn = np.zeros((9, 9, 9), np.uint8)
    drawn[2:7, 2:7, 2:7] = 1
    own = drawn if box else ball((9, 9, 9), 3.0)
    np.testing.assert_array_equal(consensus(np.array([own, own * 0]), "staple"), own)
