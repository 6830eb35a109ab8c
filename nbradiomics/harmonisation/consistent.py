"""Refuse settings that contradict each other: nothing that was asked for is ignored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from nbradiomics.errors import InputError
from nbradiomics.harmonisation.kinds import Order, SmallBatch, UnknownCovariate, Unseen

_CHOICES: Mapping[str, tuple[Any, ...]] = {
    "order": get_args(Order),
    "unseen": get_args(Unseen),
    "small_batch": get_args(SmallBatch),
    "unknown_covariate": get_args(UnknownCovariate),
    "mean_only": (True, False, "neurocombat"),
}


def require_consistent(settings: Mapping[str, Any], columns: Sequence[str]) -> None:
    """Refuse settings of `ComBat` that contradict each other.

    Parameters
    ----------
    settings
        All parameters by their names.
    columns
        The batch columns.

    Raises
    ------
    InputError
        As described.
    """
    if not columns:
        raise InputError("no batch column was given.", "Give a column, such as batch='site'.")
    _require_kinds(settings)
    used = [*columns, *settings["covariates"]]
    repeated = [name for name in used if used.count(name) > 1]
    if repeated:
        raise InputError(
            f"column {repeated[0]!r} is given twice as batch or covariate.",
            "Give each column once: its effect is either removed or kept.",
        )
    other = sorted({*settings["categories"]} - {*settings["covariates"]})
    if other:
        raise InputError(f"category {other[0]!r} is no covariate.", "Add it to the covariates.")
    if settings["m_combat"] and settings["reference_batch"] is None:
        raise InputError("M-ComBat needs a reference batch.", "Give reference_batch.")
    _require_references(settings["reference_batch"], columns)


def _require_kinds(settings: Mapping[str, Any]) -> None:
    for name in ("covariates", "categories", "features"):
        text = settings[name]
        if isinstance(text, str):
            raise InputError(f"{name} is the text {text!r}; a list was expected.", f"Give [{text!r}].")
    for name, choices in _CHOICES.items():
        if settings[name] not in choices:
            listed = ", ".join(map(str, choices))
            raise InputError(f"{name} is {settings[name]!r}.", f"Use one of {listed}.")
    least = settings["least_subjects"]
    if least < 1:
        raise InputError(f"least_subjects is {least}; 1 or more was expected.", "Correct it.")


def _require_references(reference: Any, columns: Sequence[str]) -> None:
    if isinstance(reference, Mapping):
        unknown = sorted({*reference} - {*columns})
        if unknown:
            raise InputError(
                f"reference_batch names {unknown[0]!r}, which is no batch column.",
                f"Batch columns: {', '.join(columns)}.",
            )
    elif reference is not None and len(columns) > 1:
        raise InputError(
            f"there are {len(columns)} batch columns and one reference batch.",
            "Give a mapping from column to reference batch.",
        )
