"""Restore the state of the process after nnU-Net has changed it."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator, Mapping


@contextlib.contextmanager
def environment(variables: Mapping[str, str | None]) -> Iterator[None]:
    """Set environment variables (``None`` removes one), and restore all of them afterwards."""
    before = {name: os.environ.get(name) for name in variables}
    try:
        _assign(variables)
        yield
    finally:
        _assign(before)


def _assign(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextlib.contextmanager
def torch_threads(count: int | None = None) -> Iterator[None]:
    """Let torch use `count` threads (``None`` keeps the number), and restore the number afterwards."""
    import torch

    before = torch.get_num_threads()
    try:
        if count is not None:
            torch.set_num_threads(count)
        yield
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def matplotlib_untouched() -> Iterator[None]:
    """Restore matplotlib's settings and backend, which the import of nnU-Net's trainer changes.

    Otherwise a notebook would show no figures after a model was trained.
    """
    import matplotlib as mpl

    # Plain dict access: the usual way to read a backend that is not chosen yet would choose one.
    before = dict(dict.items(mpl.rcParams))
    try:
        yield
    finally:
        if dict.__getitem__(mpl.rcParams, "backend") != before["backend"]:
            _restore_backend(before["backend"])
        for name, value in before.items():
            dict.__setitem__(mpl.rcParams, name, value)


def _restore_backend(backend: object) -> None:
    import matplotlib as mpl

    # Only a loaded pyplot keeps its own backend; if it is not loaded yet, it will read the settings.
    if "matplotlib.pyplot" in sys.modules and isinstance(backend, str):
        mpl.use(backend)


@contextlib.contextmanager
def random_state(seed: int) -> Iterator[None]:
    """Seed the global generators of Python, NumPy and torch, and restore their states afterwards."""
    import random

    import numpy as np
    import torch

    python, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002 - nnU-Net uses it
    with torch.random.fork_rng(devices=[]):
        try:
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002
            torch.manual_seed(seed)
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy_state)  # noqa: NPY002


@contextlib.contextmanager
def quiet_nnunet() -> Iterator[None]:
    """Suppress nnU-Net's output on the standard output."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield
