"""Results are found by what made them, written whole, and failures are never stored."""

import math
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.workspace import Workspace, content_hash, result_key
from tests.support.damage import damages


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


def test_a_result_of_another_shape_or_key_or_none_of_ours_is_no_result_and_is_counted(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.save("stage", "key", {"value": 1})
    workspace.save("stage", "other", {"value": "text"})
    assert workspace.load("stage", "key", dict[str, int]) == {"value": 1}
    assert workspace.load("stage", "other", dict[str, int]) is None
    workspace.file("stage", "other").write_bytes(workspace.file("stage", "key").read_bytes())
    assert workspace.load("stage", "other", dict[str, int]) is None
    workspace.file("stage", "other").write_text('{"value": 1}')
    assert workspace.load("stage", "other", dict[str, int]) is None
    assert workspace.notes() == [
        f"Found damaged and computed again: 3 stored results in {tmp_path} (stage 3)."
    ]


@pytest.mark.parametrize(
    "what", ["pipe", "folder", "link to nothing", "link to a device", "file for a folder"]
)
def test_what_is_no_file_is_no_result_and_gives_way(tmp_path: Path, what: str) -> None:
    workspace = Workspace(tmp_path / "work")
    file = workspace.file("stage", "key")
    file.parent.mkdir(parents=True)
    if what == "pipe":
        os.mkfifo(file)
    elif what == "folder":
        file.mkdir()
        (file / "mine.txt").write_text("x")
    elif what.startswith("link"):
        file.symlink_to("/dev/zero" if what.endswith("device") else tmp_path / "nowhere")
    else:
        file.parent.rmdir()
        file.parent.write_text("x")
    assert workspace.load("stage", "key", dict) is None
    assert workspace.damaged == {"stage": 1}
    if what != "file for a folder":
        workspace.save("stage", "key", {"value": 2})
        assert workspace.load("stage", "key", dict) == {"value": 2}
    assert len(list(tmp_path.glob("**/mine.txt"))) == (what == "folder")  # a user's file stays


@given(data=st.data())
def test_no_change_of_a_stored_file_passes(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    workspace = Workspace(tmp_path_factory.mktemp("store"))
    workspace.save("stage", "key", {"value": 0.1, "names": ["a", "b"]})
    file = workspace.file("stage", "key")
    file.write_bytes(data.draw(damages(file.read_bytes())))
    assert workspace.load("stage", "key", dict[str, Any]) is None
    assert workspace.damaged == {"stage": 1}


def test_nothing_half_written_is_left_behind(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.save("stage", "key", {"value": 1})
    with pytest.raises(TypeError):
        workspace.save("stage", "bad", {"value": object()})
    assert workspace.load("stage", "bad", dict) is None
    assert workspace.load("stage", "key", dict) == {"value": 1}
    assert [path.name for path in (tmp_path / "stage").iterdir()] == ["key.json"]


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
        stored = Stored(keys.__getitem__, dict[str, str])
        batch = Execution(workspace=Workspace(tmp_path)).map(work, cases, stage="test", stored=stored)
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
    workspace = Workspace(tmp_path)
    stored = Stored({"a": "k"}.__getitem__, dict[str, int])
    execution = Execution(workspace=workspace)
    execution.map(lambda: {"value": 1}, {"a": ()}, stage="test", stored=stored)
    broken = replace(stored, holds=lambda *_: False)
    batch = execution.map(lambda: {"value": 2}, {"a": ()}, stage="test", stored=broken)
    assert batch.results == {"a": {"value": 2}}
    (note,) = workspace.notes()
    assert "masks or maps were changed or are missing: 1 stored result" in note


def test_a_changed_file_has_another_hash_and_one_that_cannot_be_read_has_none(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"1")
    before = content_hash(file)
    file.write_bytes(b"22")
    assert content_hash(file) != before
    # What cannot be read has no hash that a stored result could be found by.
    assert content_hash(tmp_path / "nowhere") != content_hash(tmp_path / "nowhere")
    assert content_hash(tmp_path) != content_hash(tmp_path)
