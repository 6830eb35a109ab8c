"""Kinds of bad input, each in many variants: what a command must do with them.

A variant writes files, gives a command, and states the answer: the exit code, words that must be said (on the
terminal, in the failures table or in the table of `check`), and what the result must hold. Whatever the
input, no traceback and no raw warning of a library may reach the terminal.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.helpers import call

#: What no user should ever see.
_RAW = ("Traceback (most recent call last)", "WARNING: In ", "itk::ERROR", "RuntimeWarning", "FutureWarning")


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
    """

    name: str
    write: Callable[[Path], None]
    command: str
    code: int
    says: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    holds: Callable[[Path], None] | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of bad input: what it is, what happens to it, and its variants."""

    title: str
    happens: str
    variants: Sequence[Variant]


def parametrised(kinds: Sequence[Kind]) -> pytest.MarkDecorator:
    """Mark that gives a test every variant of some kinds."""
    variants = [(kind, variant) for kind in kinds for variant in kind.variants]
    names = [f"{kind.title}: {variant.name}" for kind, variant in variants]
    assert len(set(names)) == len(names)
    return pytest.mark.parametrize("variant", [variant for _, variant in variants], ids=names)


def require_answer(
    variant: Variant, folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Call the command of a variant, and hold what it does against the right answer."""
    monkeypatch.chdir(folder)
    variant.write(folder)
    before = set(folder.rglob("*.csv"))
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


def _told(folder: Path) -> list[Path]:
    return [*folder.rglob("*failures.csv"), *folder.rglob("check.csv"), *folder.rglob("problems.csv")]
