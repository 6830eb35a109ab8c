"""Results are found by what made them, written whole, and failures are never stored."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from nbradiomics.errors import InputError
from nbradiomics.workspace import Workspace, content_hash, result_key, run_stored


def test_the_key_depends_on_everything_that_makes_a_result() -> None:
    keys = {
        result_key("extract", image="a", parameters="p"),
        result_key("extract", image="b", parameters="p"),
        result_key("extract", image="a", parameters="q"),
        result_key("compare", image="a", parameters="p"),
    }
    assert len(keys) == 4
    assert result_key("x", a=1, b=2) == result_key("x", b=2, a=1)


def test_numbers_come_back_exactly(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.save("stage", "key", {"value": 0.1 + 0.2, "missing": math.nan})
    loaded = workspace.load("stage", "key", dict)
    assert loaded is not None
    assert loaded["value"] == 0.1 + 0.2
    assert math.isnan(loaded["missing"])
    assert workspace.load("stage", "other", dict) is None


def test_a_damaged_result_is_no_result(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.save("stage", "key", {"value": 1})
    file = workspace.file("stage", "key")
    file.write_text(file.read_text(encoding="utf-8")[:5])
    assert workspace.load("stage", "key", dict) is None


def test_nothing_half_written_is_left_behind(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.save("stage", "key", {"value": 1})
    with pytest.raises(TypeError):
        workspace.save("stage", "bad", {"value": object()})
    assert workspace.load("stage", "bad", dict) is None
    assert json.loads(workspace.file("stage", "key").read_text(encoding="utf-8")) == {"value": 1}


def test_only_what_is_missing_is_computed_and_failures_are_tried_again(tmp_path: Path) -> None:
    calls: list[str] = []
    sick = {"b"}

    def work(name: str) -> dict[str, str]:
        calls.append(name)
        if name in sick:
            raise InputError("sick.", "Wait.")
        return {"name": name}

    def go() -> tuple[list[str], list[str]]:
        calls.clear()
        cases, keys = {name: (name,) for name in "abc"}, {name: f"key-{name}" for name in "abc"}
        batch = run_stored(work, cases, key=keys.__getitem__, stage="test", schema=dict[str, Any], workspace=Workspace(tmp_path))
        return list(batch.results), [failure.case for failure in batch.failures]

    assert go() == (["a", "c"], ["b"])
    assert calls == ["a", "b", "c"]
    assert go() == (["a", "c"], ["b"])
    assert calls == ["b"]
    sick.clear()
    assert go() == (["a", "b", "c"], [])
    assert go() == (["a", "b", "c"], [])
    assert calls == []


def test_a_stored_result_that_no_longer_holds_is_made_again(tmp_path: Path) -> None:
    options = {"key": {"a": "k"}.__getitem__, "stage": "test", "schema": dict[str, Any], "workspace": Workspace(tmp_path)}
    run_stored(lambda: {"value": 1}, {"a": ()}, **options)
    batch = run_stored(lambda: {"value": 2}, {"a": ()}, holds=lambda *_: False, **options)
    assert batch.results == {"a": {"value": 2}}


def test_a_changed_file_has_another_hash_and_one_that_cannot_be_read_has_none(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"1")
    before = content_hash(file)
    file.write_bytes(b"22")
    assert content_hash(file) != before
    # What cannot be read has no hash that a stored result could be found by.
    assert content_hash(tmp_path / "nowhere") != content_hash(tmp_path / "nowhere")
    assert content_hash(tmp_path) != content_hash(tmp_path)
