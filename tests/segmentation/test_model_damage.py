"""Every entry of a model's descriptions, damaged: it loads, or it is refused; nothing else ever happens."""

from __future__ import annotations

import copy
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nbradiomics.errors import ModelError
from nbradiomics.segmentation import load_model
from nbradiomics.segmentation.store import BUNDLED
from tests.support.random_model import open_demo

FILES = ("plans.json", "dataset.json", "card.json")
#: A module that lies where Python finds it; importing it would be seen.
PLANTED = "planted_by_a_stranger"
DELETED = object()
DAMAGES = [
    None, True, "x", -1, 10**12, float("nan"), [], ["x"], {"x": [1]}, f"{PLANTED}.Thing",
    json.loads("[" * 900 + "]" * 900), DELETED,
]  # fmt: skip
#: What Python tells of when a process is started or the network is asked.
ALARMS = ("subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "socket.connect")

_watching: list[str] | None = None


def _watch(event: str, _arguments: tuple[Any, ...]) -> None:
    if _watching is not None and event.startswith(ALARMS):
        _watching.append(event)


sys.addaudithook(_watch)  # it cannot be taken away again, but only listens where it is asked to


@contextmanager
def nothing_foreign_happens() -> Iterator[None]:
    """No process is started, no connection opened, and no module of another library imported."""
    global _watching
    before = {name.partition(".")[0] for name in sys.modules}
    _watching = alarms = []
    try:
        yield
    finally:
        _watching = None
    assert alarms == []
    assert {name.partition(".")[0] for name in sys.modules} <= before


def entries(content: Any, place: tuple[int | str, ...] = ()) -> Iterator[tuple[int | str, ...]]:
    """Where each value lies, containers included."""
    if place:
        yield place
    inside = content.items() if isinstance(content, dict) else enumerate(content[:2])
    for key, value in inside:
        if isinstance(value, (dict, list)):
            yield from entries(value, (*place, key))
        else:
            yield (*place, key)


ORIGINAL = {
    name: json.loads((BUNDLED / "synthetic-demo" / name).read_text(encoding="utf-8")) for name in FILES
}
del ORIGINAL["card.json"]["sha256"]  # or every damage would be refused for that reason alone
ENTRIES = [(name, place) for name in FILES for place in entries(ORIGINAL[name])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The bundled model with one fold, and a module for strangers to name."""
    made = tmp_path_factory.mktemp("damage")
    open_demo(made / "model")
    shutil.rmtree(made / "model" / "fold_1")
    (made / f"{PLANTED}.py").write_text("import torch\nclass Thing(torch.nn.Module): ...\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(made)
        load_model(made / "model")  # everything that a sound model needs is imported
        yield made / "model"


def damage(folder: Path, file: str, place: tuple[int | str, ...], value: object) -> None:
    content = copy.deepcopy(ORIGINAL[file])
    inside = content
    for key in place[:-1]:
        inside = inside[key]
    if value is DELETED:
        del inside[place[-1]]
    else:
        inside[place[-1]] = value
    for name in FILES:
        (folder / name).write_text(json.dumps(content if name == file else ORIGINAL[name]))


def refusal(folder: Path) -> ModelError | None:
    with nothing_foreign_happens():
        try:
            load_model(folder)
        except ModelError as error:
            return error
    return None


def test_a_sound_copy_loads_and_a_planted_module_would_be_seen(folder):
    damage(folder, "dataset.json", ("numTraining",), 48)
    assert refusal(folder) is None
    with pytest.raises(AssertionError), nothing_foreign_happens():
        __import__(PLANTED)
    del sys.modules[PLANTED]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entry=st.sampled_from(ENTRIES), value=json_values)
@pytest.mark.slow
def test_any_value_in_any_place_loads_or_is_refused(folder, entry, value):
    damage(folder, *entry, value)
    error = refusal(folder)
    assert error is None or (error.remedy and len(str(error)) < 1_000)


def loads_or_is_refused(folder, file, place, value):
    damage(folder, file, place, value)
    error = refusal(folder)
    assert error is None or (error.remedy and len(str(error)) < 1_000), (file, place, value)


@pytest.mark.slow
def test_every_entry_damaged_in_some_ways_loads_or_is_refused(folder):
    """Each entry in three of the ways, each way in a quarter of the entries."""
    assert len(ENTRIES) > 90
    for number, (file, place) in enumerate(ENTRIES):
        for value in DAMAGES[number % 4 :: 4]:
            loads_or_is_refused(folder, file, place, value)


@pytest.mark.exhaustive
@pytest.mark.parametrize("value", DAMAGES, ids=lambda value: repr(value)[:20])
@pytest.mark.slow
def test_every_entry_damaged_in_the_same_way_loads_or_is_refused(folder, value):
    for file, place in ENTRIES:
        loads_or_is_refused(folder, file, place, value)
