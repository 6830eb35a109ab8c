"""Pieces of a case: order, errors, nesting, number of threads, the end of the work."""

from __future__ import annotations

import contextlib
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.pieces import WithThreads, in_order, in_parts, once, threads, working_threads

NUMBERS = st.sampled_from([1, 2, 3, 5])


def slowly(number: int) -> int:
    """Take a short time that differs between the pieces."""
    time.sleep((number * 7919 % 5) * 1e-4)
    return number


@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.integers(0, 6), max_size=8), number=NUMBERS)
def test_results_come_in_the_order_of_nested_pieces(sizes: list[int], number: int) -> None:
    def inner(size: int) -> list[int]:
        return [sum(in_order(slowly, range(one))) for one in in_order(slowly, range(size))]

    with working_threads(number):
        assert list(in_order(inner, sizes)) == [[one * (one - 1) // 2 for one in range(n)] for n in sizes]


@settings(max_examples=30, deadline=None)
@given(bad=st.sets(st.integers(0, 19), min_size=1), number=NUMBERS)
def test_the_first_error_in_order_is_raised_after_the_results_before_it(bad: set[int], number: int) -> None:
    def fails(piece: int) -> int:
        if piece in bad:
            raise ValueError(piece)
        return slowly(piece)

    done: list[int] = []
    with working_threads(number), pytest.raises(ValueError, match=f"^{min(bad)}$"):
        done.extend(in_order(fails, range(20)))
    assert done == list(range(min(bad)))


def test_pieces_are_computed_by_as_many_threads_as_requested_and_no_more() -> None:
    at_work, most = 0, 0
    lock = threading.Lock()

    def counted(piece: int) -> int:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        sum(in_order(slowly, range(4)))  # a thread that waits begins no further outer piece
        time.sleep(0.005)
        with lock:
            at_work -= 1
        return piece

    before = threading.active_count()
    with working_threads(3):
        assert threads() == 3
        assert list(in_order(counted, range(30))) == list(range(30))
    assert most == 3
    assert threading.active_count() == before
    assert threads() == 1


def test_pieces_run_in_the_context_of_their_caller() -> None:
    def divided(_: int) -> float:
        return float(np.float64(1) / np.float64(0))

    with working_threads(3), np.errstate(divide="ignore"):
        assert set(in_order(divided, range(8))) == {np.inf}


@given(items=st.lists(st.integers()), number=NUMBERS, worth=st.booleans())
def test_parts_are_consecutive(items: list[int], number: int, worth: bool) -> None:
    seen = []

    def doubled(part: list[int]) -> list[int]:
        seen.append(list(part))
        return [2 * one for one in part]

    with working_threads(number):
        assert in_parts(doubled, items, worth=worth) == [2 * one for one in items]
        assert len(seen) == (max(min(number, len(items)), 1) if worth else 1)


def test_a_property_is_computed_once_though_several_threads_need_it() -> None:
    class Source:
        calls = 0

        @once
        def shared(self) -> int:
            Source.calls += 1
            time.sleep(0.01)
            return Source.calls

    source = Source()
    with working_threads(4):
        assert set(in_order(lambda _: source.shared, range(8))) == {1}
    assert Source().shared == 2


@pytest.mark.parametrize("number", [0, -1])
def test_fewer_than_one_thread_is_refused(number: int) -> None:
    with pytest.raises(InputError, match="threads"), working_threads(number):
        pass


def test_a_function_with_threads_can_be_sent_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(WithThreads(threads_of, 3)))(0) == 3


def threads_of(_: int) -> int:
    return threads()


@pytest.mark.parametrize("jobs", [1, 2])
def test_each_case_of_an_execution_has_its_threads(jobs: int) -> None:
    cases = {str(case): (case,) for case in range(3)}
    assert set(Execution(jobs=jobs, threads=3).map(threads_of, cases, stage="t").results.values()) == {3}
    assert set(Execution(jobs=jobs).map(threads_of, cases, stage="t").results.values()) == {1}


def test_more_threads_than_processors_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbradiomics.execution.execution.processors", lambda: 4)
    told: list[str] = []
    for jobs, number in ((1, None), (8, None), (8, 1), (1, 4), (2, 2)):
        Execution(jobs, threads=number, tell=told.append).tell_if_crowded()
    assert told == []
    Execution(2, threads=3, tell=told.append).tell_if_crowded()
    assert "6 threads (2 processes of 3) were requested for 4 processors" in told[0]


STOPPED = """
import sys, threading, time
from nbradiomics.execution.pieces import in_order, working_threads
def piece(number):
    end = time.monotonic() + 0.05
    while time.monotonic() < end:
        pass
    return sum(in_order(lambda _: time.sleep(0.001) or 1, range(5)))
try:
    with working_threads(3):
        for number, _ in enumerate(in_order(piece, range(100_000))):
            if number == 4:
                print("at work", flush=True)
except KeyboardInterrupt:
    print("stopped", threading.active_count(), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_ends_the_pieces_and_the_threads() -> None:
    for seed in range(4):
        with subprocess.Popen([sys.executable, "-c", STOPPED], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "at work\n"
            time.sleep(random.Random(seed).random() * 0.05)
            os.kill(process.pid, signal.SIGINT)
            try:
                rest, _ = process.communicate(timeout=20)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
        assert rest == "stopped 1\n"
        assert process.returncode == 0


def test_an_exit_in_a_piece_is_that_of_the_caller() -> None:
    def exits(piece: int) -> int:
        if threading.current_thread() is not threading.main_thread():
            raise SystemExit(3)
        time.sleep(0.01)
        return piece

    with working_threads(2), pytest.raises(SystemExit, match="3"):
        list(in_order(lambda _: sum(in_order(exits, range(20))), range(4)))


def test_a_caller_that_stops_early_leaves_nothing_at_work() -> None:
    running = 0

    def piece(number: int) -> int:
        nonlocal running
        running += 1
        time.sleep(0.002)
        running -= 1
        return number

    def first(results: Iterator[int], function: Callable[[Iterator[int]], int] = next) -> int:
        return function(results)

    with working_threads(3):
        with contextlib.closing(in_order(piece, range(100))) as results:
            assert first(results) == 0
        assert running == 0
