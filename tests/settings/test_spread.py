"""Grouped arguments may be given whole, field by field, or both."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

import pytest

from nbradiomics.errors import InputError
from nbradiomics.settings import Settings, spread


class Fit(Settings):
    """How it is fitted."""

    folds: int = 5
    seed: int = 0


class MoreFit(Fit):
    """With more."""

    repeats: int = 1


@dataclass(frozen=True)
class Running:
    """How it runs."""

    jobs: int = 1


@spread(settings=MoreFit, running=Running)
def fitted(
    table: str,
    *,
    label: int = 1,
    settings: Fit = MoreFit(),  # noqa: B008
    running: Running = Running(),
) -> tuple[Any, ...]:
    """Say what was given."""
    return table, label, settings, running


def test_fields_and_groups_are_the_same() -> None:
    assert fitted("t") == ("t", 1, MoreFit(), Running())
    assert fitted("t", folds=3, jobs=2, label=4) == ("t", 4, MoreFit(folds=3), Running(2))
    assert fitted("t", settings=MoreFit(seed=9), folds=3) == ("t", 1, MoreFit(folds=3, seed=9), Running())
    assert fitted("t", running=Running(3), folds=2)[3] == Running(3)


def test_a_group_of_fewer_fields_takes_those_that_it_lacks() -> None:
    assert fitted("t", settings=Fit(folds=2), repeats=7)[2] == MoreFit(folds=2, repeats=7)
    assert type(fitted("t", settings=Fit(folds=2))[2]) is Fit


def test_what_no_group_has_is_refused_with_a_guess() -> None:
    with pytest.raises(TypeError, match=r"fitted\(\) has no argument 'fold'\. Did you mean 'folds'\?"):
        fitted("t", fold=3)
    with pytest.raises(InputError, match="folds"):
        fitted("t", folds="many")


def test_the_function_keeps_its_name_and_can_be_sent_to_a_process() -> None:
    assert fitted.__doc__ == "Say what was given."
    assert pickle.loads(pickle.dumps(fitted)) is fitted
