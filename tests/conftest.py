"""What all tests share: how examples are drawn, and where the real data lies."""

from __future__ import annotations

import base64
import locale
import os
import sys
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import platformdirs
import pytest
from hypothesis import settings

from tests.support.paths import DATA, ROOT

mpl.use("Agg")

# Tests run in several processes at once (`make test`), which share the compiled kernels: each file of code is
# written as a whole and has a checksum. Numba's own files, as of a user's functions, have neither.
if "PYTEST_XDIST_WORKER" not in os.environ:  # the workers inherit it
    os.environ["XDG_CACHE_HOME"] = platformdirs.user_cache_dir("nbradiomics-tests")

# Images of containers forbid to write bytecode. Then each of the hundreds of processes that the tests start
# would compile the package from its source.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A slow machine is no error. On CI the examples are the same each time, so that a change is not blamed for
# what it did not touch; elsewhere they are drawn anew.
_ALWAYS: dict[str, Any] = {"deadline": None, "derandomize": "CI" in os.environ}
settings.register_profile("all", **_ALWAYS)
settings.register_profile("quick", max_examples=40, **_ALWAYS)


def pytest_configure(config: pytest.Config) -> None:
    """Draw fewer examples where the slow tests are left out, unless a test says how many it needs."""
    settings.load_profile("quick" if "not slow" in config.option.markexpr else "all")


@cache
def _shares_a_fixture(file: str) -> bool:
    return 'scope="module"' in (ROOT / file).read_text(encoding="utf-8")


def _unit_of(nodeid: str) -> str:
    """What runs in one process: a test, or all of a file whose tests share a fixture."""
    file = nodeid.split("::")[0]
    return file if _shares_a_fixture(file) else nodeid


#: Folders of tests that run whole commands or build whole pages.
_WHOLE = {"cli", "reliability", "report", "robustness", "workflows"}


def _takes_long(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None or not _WHOLE.isdisjoint(item.path.parts)


#: Files of which a test, or all tests that share a fixture, take a minute or most of one: they come first.
_LONGEST = {
    "test_demo.py",
    "test_examples.py",
    "test_kills.py",
    "test_notebook.py",
    "test_privacy_of_a_study.py",
    "test_real_data.py",
    "test_schemas.py",
    "test_shards.py",
    "test_training_resume.py",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow tests, so that no process ends long after the others."""
    longest = {_unit_of(item.nodeid) for item in items if item.path.name in _LONGEST}
    slow = {_unit_of(item.nodeid) for item in items if _takes_long(item)}

    def place(item: pytest.Item) -> int:
        unit = _unit_of(item.nodeid)
        return 0 if unit in longest else 1 if unit in slow else 2

    items.sort(key=place)


def _draws(item: pytest.Item) -> bool:
    """Whether a test runs the same lines with many drawn examples."""
    return bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure coverage in the quick tests of single functions: it would double the time of the others."""
    from coverage import Coverage

    measuring = Coverage.current() if _takes_long(item) or _draws(item) else None
    if measuring is not None:
        measuring.stop()
    try:
        return (yield)
    finally:
        if measuring is not None:
            measuring.start()


@pytest.fixture(scope="session", autouse=True)
def _compiling_is_not_measured() -> Iterator[None]:
    """Pause coverage while Numba compiles: its Python code takes twice as long under a tracer."""
    from coverage import Coverage
    from numba.core.dispatcher import _FunctionCompiler

    compile_function = _FunctionCompiler.compile

    def paused(*arguments: Any) -> Any:
        measuring = Coverage.current() if sys.gettrace() is not None else None
        if measuring is None:
            return compile_function(*arguments)
        measuring.stop()
        try:
            return compile_function(*arguments)
        finally:
            measuring.start()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_FunctionCompiler, "compile", paused)
        yield


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Divide the tests among processes by `_unit_of`; xdist's own groups do nothing under pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class ByUnit(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _unit_of(nodeid)

    return ByUnit(config, log)


@pytest.fixture(autouse=True)
def _locale_stays() -> Iterator[None]:
    """A test after which the process has another locale fails itself, and not one that comes after it."""
    before = locale.setlocale(locale.LC_ALL)
    yield
    after = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_ALL, before)
    assert after == before


#: A picture of one transparent pixel.
_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module", autouse=True)
def _pictures_without_pixels(request: pytest.FixtureRequest) -> Iterator[None]:
    """Draw the figures, but render them only in `tests/report`: that takes half the time of a small run."""
    with pytest.MonkeyPatch.context() as patch:
        if "report" not in request.path.parts:
            patch.setattr("matplotlib.figure.Figure.savefig", lambda _, file, **__: file.write(_PIXEL))
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real data; the test is skipped, saying so, where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"no real data at {DATA}; set NBRADIOMICS_TEST_DATA to its folder")
    return DATA


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """One thread of torch: as many as cores stand in each other's way where tests share a machine."""
    from nbradiomics.segmentation.environment import torch_threads

    with torch_threads(1):
        yield
