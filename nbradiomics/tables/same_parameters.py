"""Features of one analysis must be made with the same parameters, as far as their tables say."""

from __future__ import annotations

import re

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import counted, tally

#: Column of a feature table with the hash of its parameters.
COLUMN = "parameters"
_HASH = re.compile(r"p[0-9a-f]{15}")
REMEDY = "Extract the features with the parameter file of the models."


class OtherParametersError(InputError):
    """Two tables of features were made with different parameters."""

    def __init__(self, problem: str, ours: tuple[str, ...], theirs: tuple[str, ...]) -> None:
        super().__init__(problem, REMEDY)
        self.ours, self.theirs = ours, theirs

    def __reduce__(self) -> tuple[type[OtherParametersError], tuple[object, ...]]:
        return type(self), (self.problem, self.ours, self.theirs)


def parameter_hashes(rows: pd.DataFrame) -> tuple[str, ...]:
    """Hashes of the parameters of some rows, sorted; other texts in the column are none."""
    if COLUMN not in rows:
        return ()
    return tuple(sorted({text for text in rows[COLUMN].dropna().astype(str) if _HASH.fullmatch(text)}))


def require_one_hash(rows: pd.DataFrame) -> None:
    """Refuse rows that were made with several parameter files.

    Raises
    ------
    InputError
        When the column `parameters` has several hashes.
    """
    mixture = mixture_of_parameters(rows)
    if mixture:
        raise InputError(
            f"{mixture}.", "Extract all subjects with one parameter file, or keep the rows of one."
        )


def mixture_of_parameters(rows: pd.DataFrame) -> str:
    """Say which parameters made how many rows, without a full stop; empty if no two are known."""
    hashes = parameter_hashes(rows)
    if len(hashes) < 2:
        return ""
    counts = rows[COLUMN].value_counts()
    listed = tally((name, int(counts[name])) for name in hashes)
    return f"the features were made with {len(hashes)} different parameters (column {COLUMN}: {listed})"


def partly_stated(rows: pd.DataFrame) -> str:
    """Say how many rows do not state their parameters although others do; empty if none."""
    if not parameter_hashes(rows):
        return ""
    stated = rows[COLUMN].astype(str).map(lambda text: bool(_HASH.fullmatch(text)))
    silent = int((~stated).sum())
    if not silent:
        return ""
    return (
        f"{counted(silent, 'row')} of {len(rows)} of the feature table {'does' if silent == 1 else 'do'} not "
        f"state the parameters (column {COLUMN}). Check that they are those of the others."
    )


def require_same(ours: tuple[str, ...], theirs: tuple[str, ...], *, first: str, second: str) -> str:
    """Refuse features of other parameters; return a sentence if one of the tables does not state them.

    Parameters
    ----------
    ours, theirs
        Hashes of the parameters of two tables; empty if a table states none.
    first, second
        Words for the two, such as ``the features of the models``.

    Raises
    ------
    OtherParametersError
        When both state parameters, and these differ.
    """
    if ours and theirs and ours != theirs:
        raise OtherParametersError(
            f"the parameters of {first} are {', '.join(ours)}, those of {second} {', '.join(theirs)} "
            f"(column {COLUMN}).",
            ours,
            theirs,
        )
    silent = " and ".join(name for name, stated in ((first, ours), (second, theirs)) if not stated)
    return (
        f"The parameters of {silent} are not stated (column {COLUMN}): whether both were extracted with the "
        "same parameter file is not known."
        if silent
        else ""
    )
