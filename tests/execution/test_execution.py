"""One way to do work: with any executor, found again where it was done, and no result depends on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure, guarded
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.record import Recorder, read_records
from nbradiomics.execution.workspace import Workspace

CASES: Mapping[str, tuple[Any, ...]] = {"a": (7, 2), "b": (7, 0), "c": (9, 2)}


class Backwards:
    """An executor that somebody else brings: it does the last case first."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def outcomes(
        self, function: Callable[..., Any], cases: Mapping[str, tuple[Any, ...]], stage: str
    ) -> Iterator[tuple[str, Any | Failure]]:
        for name in reversed(list(cases)):
            self.done.append(name)
            yield name, guarded(function, stage, name, cases[name])


def test_another_executor_changes_no_result() -> None:
    executor = Backwards()
    batch = Execution(jobs=8, executor=executor).map(divmod, CASES, stage="divide")
    assert executor.done == ["c", "b", "a"]
    assert list(batch.results.items()) == [("a", (3, 1)), ("c", (4, 1))]
    assert [(failure.case, failure.stage) for failure in batch.failures] == [("b", "divide")]
    plain = Execution().map(divmod, CASES, stage="divide")
    assert (plain.results, plain.failures[0].cause) == (batch.results, batch.failures[0].cause)


def test_what_was_stored_is_not_computed_and_what_is_kept_was_computed(tmp_path: Path) -> None:
    execution = Execution(workspace=Workspace(tmp_path), executor=(executor := Backwards()))
    stored = Stored(lambda name: f"key-{name}", dict[str, int])
    cases = {name: ({"value": number},) for number, name in enumerate("ab")}
    kept: list[str] = []
    for expected in (["b", "a"], []):
        executor.done.clear()
        batch = execution.map(dict, cases, stage="t", stored=stored, keep=lambda name, _: kept.append(name))
        assert batch.results == {"a": {"value": 0}, "b": {"value": 1}}
        assert executor.done == expected
    assert kept == ["b", "a"]
    execution.map(dict, {"a": ({"value": 5},)}, stage="t", stored=stored)
    assert executor.done == []


def test_cases_of_two_parts_with_the_same_name_are_two_in_the_record_and_failures_stay(
    tmp_path: Path,
) -> None:
    record = Recorder(tmp_path, tmp_path / "record", "run", "a study")
    whole = Execution(workspace=Workspace(tmp_path / "cache", record=record))
    stored = Stored(lambda name: f"key-{name}", dict[str, int])
    record.begin("outcome")
    for part in ("os", "efs"):
        inner = whole.within(part).within("trial")
        cases = {"good": ({"value": 1},), "bad": (1,)}
        batch = inner.map(dict, cases, stage="refits", stored=stored)
        assert list(batch.results) == ["good"]
        assert [failure.case for failure in batch.failures] == ["bad"]
    record.end([Failure("os", "outcome", "another failure", "")])
    (outcome,), _ = read_records(tmp_path / "record")
    expected = [f"{part}: trial: {name}" for part in ("os", "efs") for name in ("good", "bad")]
    assert list(outcome["cases"]) == expected
    failed = ["os", "os: trial: bad", "efs: trial: bad"]
    assert [failure[0] for failure in outcome["failures"]] == failed


@pytest.mark.parametrize("wrong", [{"jobs": 0}, {"threads": 0}])
def test_no_process_and_no_thread_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match="from 1 up"):
        Execution(**wrong)
