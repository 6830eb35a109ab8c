"""Which steps may follow each other."""

from __future__ import annotations

from collections.abc import Sequence

from nbradiomics.errors import InputError
from nbradiomics.preparation.steps.step import Step

#: First step, a later step that must not follow it, and why.
_REFUSED = (
    ("resample", "register", "registration interpolates too, so that the image would be interpolated twice"),
    ("resample", "n4", "the bias field is estimated on the original voxels"),
    ("register", "ad", "interpolation has smoothed the noise, and neighbours now share it"),
    ("register", "nlm", "interpolation has smoothed the noise, and neighbours now share it"),
    ("resample", "ad", "interpolation has smoothed the noise, and neighbours now share it"),
    ("resample", "nlm", "interpolation has smoothed the noise, and neighbours now share it"),
)  # fmt: skip


def require_order(steps: Sequence[Step]) -> None:
    """Raise `InputError` when steps are doubled, or stand in an order that makes no sense."""
    kinds = [step.kind for step in steps]
    twice = next((kind for kind in kinds if kinds.count(kind) > 1), None)
    if twice:
        raise InputError(f"the step {twice} occurs twice.", "Give each step once.")
    if {"ad", "nlm"} <= set(kinds):
        raise InputError("ad and nlm both remove noise.", "Choose one of them.")
    normalising = [step.kind for step in steps if step.normalises]
    if len(normalising) > 1:
        raise InputError(
            f"{' and '.join(normalising)} both normalise the intensities.", "Choose one of them."
        )
    for first, second, why in _refused(normalising):
        if first in kinds and second in kinds and kinds.index(first) < kinds.index(second):
            raise InputError(
                f"the step {second} comes after {first}: {why}.", f"Give {second} before {first}."
            )


def _refused(normalising: Sequence[str]) -> list[tuple[str, str, str]]:
    signal = "it takes logarithms of the signal, which must be above 0"
    return [*_REFUSED, *((kind, "n4", signal) for kind in normalising)]
