"""One way to do work: with any executor, found again where it was done, and no result depends on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure, guarded
from nbradiomics.execution.execution import Execution, Stored
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


@pytest.mark.parametrize("wrong", [{"jobs": 0}, {"threads": 0}])
def test_no_process_and_no_thread_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match="from 1 up"):
        Execution(**wrong)
