"""Figures about the folds, entropy, post-processing, and the process that is left as it was."""

from __future__ import annotations

import contextlib
import os
import random

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nbradiomics.errors import InputError
from nbradiomics.segmentation import PostProcessing
from nbradiomics.segmentation.environment import (
    environment,
    matplotlib_untouched,
    random_state,
    torch_threads,
)
from nbradiomics.segmentation.prediction.uncertainty import binary_entropy, mean_pairwise_dice, variation

# --- agreement of the folds -------------------------------------------------------------------------


def test_mean_pairwise_dice_by_hand():
    first, second, third = (np.array(values, bool) for values in ([1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]))
    assert mean_pairwise_dice([first]) is None
    assert mean_pairwise_dice([first, second]) == 0.5
    assert mean_pairwise_dice([first, second, third]) == pytest.approx((0.5 + 0 + 0) / 3)
    assert mean_pairwise_dice([third, third]) == 1.0


@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=2, max_size=4))
def test_dice_is_a_ratio_and_does_not_depend_on_the_order(rows):
    masks = [np.array(row) for row in rows]
    found = mean_pairwise_dice(masks)
    assert 0 <= found <= 1
    assert mean_pairwise_dice(masks[::-1]) == pytest.approx(found)
    assert mean_pairwise_dice([masks[0], masks[0]]) == 1


def test_variation_by_hand():
    assert variation([3.0]) is None
    assert variation([0.0, 0.0]) is None
    assert variation([2.0, 4.0]) == pytest.approx(np.sqrt(2) / 3)


# --- entropy ----------------------------------------------------------------------------------------


def test_entropy_by_hand():
    values = np.array([0, 0.5, 1, 0.25, 0.75], dtype=np.float32)
    quarter = -(0.25 * np.log2(0.25) + 0.75 * np.log2(0.75))
    assert binary_entropy(values) == pytest.approx([0, 1, 0, quarter, quarter], rel=1e-6)


@given(st.floats(0, 1, width=32))
def test_entropy_is_a_share_and_symmetric(probability):
    found = binary_entropy(np.array([probability, 1 - probability], dtype=np.float32))
    assert 0 <= found.min() <= found.max() <= 1
    assert found[0] == pytest.approx(found[1], abs=1e-6)


# --- post-processing --------------------------------------------------------------------------------


def lesions() -> np.ndarray:
    """Components of 8, 8 and 2 voxels, the last two touching by a corner, and one of 1."""
    mask = np.zeros((8, 10, 10), bool)
    mask[0:2, 0:2, 0:2] = mask[4:6, 4:6, 4:6] = True
    mask[6, 6, 6] = mask[7, 7, 7] = True
    mask[0, 9, 9] = True
    return mask


def test_components_touch_by_corners_and_the_largest_stays():
    kept = PostProcessing(largest_component=True).apply(lesions(), 1.0)
    assert kept.sum() == 10
    assert kept[7, 7, 7]
    assert not kept[0, 0, 0]


@pytest.mark.parametrize(
    ("floor", "left"), [(0.0, 19), (0.1, 19), (0.11, 18), (0.8, 18), (0.81, 10), (1.1, 0)]
)
def test_components_below_the_floor_go(floor, left):
    assert PostProcessing(min_volume_ml=floor).apply(lesions(), 0.1).sum() == left


def test_of_two_equal_components_the_first_stays_and_nothing_stays_nothing():
    mask = np.zeros((4, 4, 4), bool)
    mask[3, 3, 3] = mask[0, 1, 1] = True
    assert np.argwhere(PostProcessing(largest_component=True).apply(mask, 1.0)).tolist() == [[0, 1, 1]]
    assert not PostProcessing(largest_component=True).apply(mask & False, 1.0).any()


@given(arrays(bool, array_shapes(min_dims=3, max_dims=3, max_side=5)), st.floats(0, 10))
def test_post_processing_only_removes_and_doing_it_twice_changes_nothing(mask, floor):
    for largest in (False, True):
        settings = PostProcessing(largest_component=largest, min_volume_ml=floor)
        once = settings.apply(mask, 0.5)
        assert not (once & ~mask).any()
        assert np.array_equal(settings.apply(once, 0.5), once)


@pytest.mark.parametrize("floor", [-1.0, float("nan"), float("inf")])
def test_a_floor_that_is_no_volume_is_refused(floor):
    with pytest.raises(InputError, match="the least volume is"):
        PostProcessing(min_volume_ml=floor)


# --- the process is left as it was ------------------------------------------------------------------


def test_environment_variables_are_put_back(monkeypatch):
    monkeypatch.setenv("NBR_KEPT", "old")
    monkeypatch.delenv("NBR_NEW", raising=False)
    changed = {"NBR_KEPT": None, "NBR_NEW": "1"}
    with environment(changed):
        assert "NBR_KEPT" not in os.environ
        assert os.environ["NBR_NEW"] == "1"
    with contextlib.suppress(KeyError), environment(changed):
        raise KeyError
    assert os.environ["NBR_KEPT"] == "old"
    assert "NBR_NEW" not in os.environ


def test_threads_of_torch_are_put_back():
    before = torch.get_num_threads()
    with torch_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    with torch_threads():
        torch.set_num_threads(before + 2)
    assert torch.get_num_threads() == before


def test_settings_and_backend_of_matplotlib_are_put_back():
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    before = dict(mpl.rcParams)
    mpl.use("svg")
    try:
        with matplotlib_untouched():
            mpl.use("agg")
            mpl.rcParams["font.size"] = 99
        assert mpl.get_backend() == "svg"
        assert plt.get_backend() == "svg"
        assert mpl.rcParams["font.size"] == before["font.size"]
    finally:
        mpl.use(before["backend"])


def test_random_numbers_are_seeded_inside_and_go_on_outside():
    def draw() -> tuple[float, float, float]:
        return random.random(), np.random.random(), float(torch.rand(1))  # noqa: NPY002

    random.seed(1), np.random.seed(1), torch.manual_seed(1)  # noqa: NPY002
    expected = [draw(), draw()]
    random.seed(1), np.random.seed(1), torch.manual_seed(1)  # noqa: NPY002
    found = [draw()]
    with random_state(5):
        inside = draw()
    found.append(draw())
    assert found == expected
    with random_state(5):
        assert draw() == inside
