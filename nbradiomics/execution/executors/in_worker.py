"""What runs inside a worker of a Dask cluster: one case at a time, with one thread, after two checks.

A worker with another version of a package could give other numbers, and a worker that does not see the files
would turn every case into a failure. Such a worker computes nothing: it says why it is unfit.
"""

from __future__ import annotations

import contextlib
import pickle
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from nbradiomics.execution.batch import guarded
from nbradiomics.execution.executors.threads import one_thread
from nbradiomics.files.regular_file import exists

#: Packages whose version may change a number.
_DECISIVE = (
    "nbradiomics",
    "numpy",
    "scipy",
    "pandas",
    "SimpleITK",
    "pyradiomics-bhklab",
    "PyWavelets",
    "scikit-image",
    "numba",
    "scikit-learn",
    "lifelines",
    "torch",
    "nnunetv2",
)
#: Seconds between two looks for a file that another machine has just written.
_PAUSE = 1.0


@dataclass(frozen=True)
class Request:
    """A case to compute.

    Attributes
    ----------
    call
        Function, stage, name of the case and arguments, pickled.
    folder
        Current folder of the caller, from which relative paths start.
    paths
        Paths among the arguments that exist on the caller's machine.
    patience
        Seconds to wait until these paths are visible: network file systems show new files late.
    versions
        Versions on the caller's machine; see `versions`.
    """

    call: bytes = field(repr=False)  # Dask logs the arguments of a function that raises
    folder: str = field(repr=False)
    paths: tuple[str, ...] = field(repr=False)
    patience: float
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Unfit:
    """Why a worker did not compute a case."""

    reason: str


@cache
def versions() -> dict[str, str]:
    """Versions of Python and of all packages that decide about numbers; missing packages are left out."""
    found = {"Python": "{}.{}".format(*sys.version_info)}
    for package in _DECISIVE:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def compute(request: Request) -> Any:
    """Compute a case: its result or failure, or `Unfit`."""
    if reason := _different(request.versions):
        return Unfit(reason)
    with _inside(request.folder):
        if unseen := _unseen(request.paths, request.patience):
            return Unfit(f"it does not see {unseen}")
        function, stage, name, arguments = pickle.loads(request.call)
        with one_thread():
            return guarded(function, stage, name, arguments)


def _different(expected: Mapping[str, str]) -> str:
    """Name the first package with another version than the caller's; empty if there is none."""
    here = versions()
    for package in {**expected, **here}:
        if here.get(package) != expected.get(package):
            found, wanted = here.get(package, "none"), expected.get(package, "none")
            return f"it has {package} {found}; this command has {package} {wanted}"
    return ""


@contextlib.contextmanager
def _inside(folder: str) -> Iterator[None]:
    """Work in the caller's folder if it exists here; absolute paths do not need it."""
    with contextlib.chdir(folder) if Path(folder).is_dir() else contextlib.nullcontext():
        yield


def _unseen(paths: tuple[str, ...], patience: float) -> str:
    """Return the first path that does not exist here, after some patience; empty if all exist."""
    until = time.monotonic() + patience
    for path in paths:
        while not exists(Path(path)):
            if time.monotonic() > until:
                return path
            with contextlib.suppress(
                OSError, StopIteration
            ):  # makes a network file system read the folder again
                next(Path(path).parent.iterdir())
            time.sleep(_PAUSE)
    return ""
