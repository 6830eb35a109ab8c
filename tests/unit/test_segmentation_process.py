"""Figures about the folds, and the process that is left as it was."""

from __future__ import annotations

import contextlib
import os
import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nbradiomics.segmentation.environment import (
    environment,
    matplotlib_untouched,
    random_state,
    torch_threads,
)
from nbradiomics.segmentation.predict import mean_pairwise_dice, variation

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
