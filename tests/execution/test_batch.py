"""One bad case stays one, whatever it does to its process."""

import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.execution.batch import FAULT, failure_of
from nbradiomics.execution.execution import Execution


def square(number: int) -> int:
    if number == 3:
        raise InputError("three was given.", "Give another.")
    if number == 4:
        raise ZeroDivisionError("four")
    if number == 5:
        os._exit(1)  # as a crash in compiled code would
    return number * number


@pytest.mark.parametrize("jobs", [1, 2])
def test_failures_and_results_come_in_the_order_of_the_cases(jobs: int) -> None:
    batch = Execution(jobs=jobs).map(square, {str(n): (n,) for n in (2, 4, 3, 1)}, stage="test")
    assert batch.results == {"2": 4, "1": 1}
    assert list(batch.results) == ["2", "1"]
    assert [(failure.case, failure.cause) for failure in batch.failures] == [
        ("4", "ZeroDivisionError: four"),
        ("3", "three was given."),
    ]
    assert batch.failures[1].hint == "Give another."


@pytest.mark.slow
def test_a_worker_that_dies_is_a_failure_of_its_case_alone() -> None:
    batch = Execution(jobs=2).map(square, {str(n): (n,) for n in (1, 2, 5, 6, 7)}, stage="test")
    assert batch.results == {"1": 1, "2": 4, "6": 36, "7": 49}
    (failure,) = batch.failures
    assert failure.case == "5"
    assert "died" in failure.cause


def test_results_are_kept_as_they_come_and_progress_is_told() -> None:
    kept, steps = {}, []

    @contextmanager
    def progress(stage: str, total: int) -> Iterator[Callable[[], None]]:
        steps.append((stage, total))
        yield lambda: steps.append("step")

    execution = Execution(progress=progress)
    execution.map(square, {"1": (1,), "3": (3,)}, stage="test", keep=kept.__setitem__)
    assert kept == {"1": 1}
    assert steps == [("test", 2), "step", "step"]


def refuse(what: str) -> None:
    if what == "memory":
        raise np._core._exceptions._ArrayMemoryError((9,), np.dtype(float))
    if what == "disk":
        raise OSError(28, "No space left on device")
    if what == "itk":
        sitk.ReadImage("/nowhere.nii.gz")
    raise KeyError(what)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_fault_of_ours_is_not_blamed_on_the_mask_and_keeps_its_traceback(jobs: int) -> None:
    batch = Execution(jobs=jobs).map(refuse, {name: (name,) for name in ("fault", "other")}, stage="test")
    fault = batch.failures[0]
    assert fault.cause == "KeyError: 'fault'"
    assert fault.hint == FAULT
    assert "report it" in fault.hint
    assert "Traceback" in fault.details
    assert "in refuse" in fault.details
    assert "raise KeyError(what)" in fault.details


@pytest.mark.parametrize(
    ("what", "words"), [("memory", "--jobs"), ("disk", "free space"), ("itk", "image and mask")]
)
def test_what_is_known_of_an_exception_says_what_to_do(what: str, words: str) -> None:
    (failure,) = Execution().map(refuse, {"case": (what,)}, stage="test").failures
    assert words in failure.hint
    assert failure.hint != FAULT
    assert "\n" not in failure.cause
    assert "in refuse" in failure.details


def test_an_error_of_ours_has_no_traceback_unless_a_fault_stands_behind_it() -> None:
    assert failure_of("case", "test", InputError("problem.", "remedy.")).details == ""
    assert failure_of("case", "test", InputError("problem.", "remedy.", "Traceback")).details == "Traceback"
    # As from a worker.
    assert pickle.loads(pickle.dumps(InputError("problem.", "remedy.", "Traceback"))).details == "Traceback"
