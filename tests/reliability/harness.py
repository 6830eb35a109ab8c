"""Kinds of bad input, each in many variants: what a command must do with them.

A variant writes files, gives a command, and states the answer: the exit code, words that must be said (on the
terminal, in the failures table or in the table of `check`), and what the result must hold. Whatever the
input, no traceback and no raw warning of a library may reach the terminal.
"""

from __future__ import annotations

import os
import re
import resource
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.helpers import call

#: What no user should ever see.
_RAW = ("Traceback (most recent call last)", "WARNING: In ", "itk::ERROR", "RuntimeWarning", "FutureWarning")


@dataclass(frozen=True)
class Bounds:
    """What a command may take; it then runs in a process of its own, which is ended beyond it.

    Attributes
    ----------
    seconds
        Time by the clock.
    megabytes
        Memory that the process may write to, its libraries' included.
    """

    seconds: float = 60
    megabytes: int = 3000


@dataclass(frozen=True)
class Variant:
    """One bad input.

    Attributes
    ----------
    name
        What is wrong with it.
    write
        Writes the files into a folder, which becomes the current one.
    command
        What is called, without ``nbradiomics``.
    code
        Exit code.
    says
        Regular expressions, each of which must be found in what is said; capitals do not count.
    silent
        Regular expressions that must not be found.
    holds
        Looks at what the command left in the folder.
    bounds
        Time and memory of input that may take without end; ``None`` calls the command in this process.
    environment
        Variables of the process that a bounded command runs in.
    """

    name: str
    write: Callable[[Path], None]
    command: str
    code: int
    says: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    holds: Callable[[Path], None] | None = None
    bounds: Bounds | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """A kind of bad input: what it is, what happens to it, and its variants."""

    title: str
    happens: str
    variants: Sequence[Variant]


def parametrised(kinds: Sequence[Kind]) -> pytest.MarkDecorator:
    """Mark that gives a test every variant of some kinds: the first of each, and the others as slow tests."""
    variants = [
        pytest.param(variant, id=f"{kind.title}: {variant.name}", marks=[pytest.mark.slow] if place else [])
        for kind in kinds
        for place, variant in enumerate(kind.variants)
    ]
    assert len({variant.id for variant in variants}) == len(variants)
    return pytest.mark.parametrize("variant", variants)


def require_answer(
    variant: Variant, folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Call the command of a variant, and hold what it does against the right answer."""
    monkeypatch.chdir(folder)
    variant.write(folder)
    before = set(folder.rglob("*.csv"))
    if variant.bounds:
        code, said = run_within(variant.bounds, variant.command, folder, variant.environment)
    else:
        code = call(*shlex.split(variant.command))
        said = "".join(capfd.readouterr())
    told = said + "".join(path.read_text(encoding="utf-8") for path in _told(folder) if path not in before)
    assert not [raw for raw in _RAW if raw in said], said
    assert code == variant.code, told
    for words in variant.says:
        assert re.search(words, told, re.IGNORECASE | re.DOTALL), f"{words!r} is not in:\n{told}"
    for words in variant.silent:
        assert not re.search(words, told, re.IGNORECASE | re.DOTALL), f"{words!r} is in:\n{told}"
    if variant.holds:
        variant.holds(folder)


def run_within(bounds: Bounds, command: str, folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a command in a process of its own, within bounds; give its exit code and all that it says."""

    def limit() -> None:
        memory = bounds.megabytes << 20
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))

    ended = subprocess.run(
        [sys.executable, "-m", "nbradiomics", *shlex.split(command)],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=bounds.seconds,
        preexec_fn=limit,  # the process has one thread when it comes to this
    )
    return ended.returncode, (ended.stdout + ended.stderr).decode("utf-8", errors="backslashreplace")


def _told(folder: Path) -> list[Path]:
    return [*folder.rglob("*failures.csv"), *folder.rglob("check.csv"), *folder.rglob("problems.csv")]
