"""Warnings are silenced where that is asked for, and nowhere else, whatever other threads do."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from nbradiomics.system.quiet import quiet


def test_a_warning_within_is_silent_and_one_of_another_kind_or_text_is_not() -> None:
    with quiet("the old way", DeprecationWarning):
        warnings.warn("the old way is deprecated", DeprecationWarning, stacklevel=1)
        with pytest.warns(DeprecationWarning, match="another"):
            warnings.warn("another way", DeprecationWarning, stacklevel=1)
        with pytest.warns(UserWarning, match="the old way"):
            warnings.warn("the old way", UserWarning, stacklevel=1)


def test_threads_at_the_same_time_leave_the_filters_as_they_were() -> None:
    before, together = warnings.filters[:], Barrier(4)

    def silenced(_number: int) -> None:
        together.wait(timeout=60)
        for _ in range(200):
            with quiet():
                warnings.warn("unheard", UserWarning, stacklevel=1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(silenced, range(4)))
    assert warnings.filters == before
