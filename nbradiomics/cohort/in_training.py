"""Track on which subjects the model was trained, which decides which automatic masks may be evaluated.

The column `in_training` of a cohort or feature table is ``yes``, ``no``, or empty if unknown. A subject
counts as seen at every timepoint if one row says so, because images of one person are similar. The automatic
masks of a seen subject are better than those of a new one, so they are excluded from every evaluation.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from nbradiomics.errors import InputError
from nbradiomics.messages.suggestion import like_names
from nbradiomics.messages.wording import counted, quoted
from nbradiomics.tables import AUTO

if TYPE_CHECKING:
    import pandas as pd

COLUMN = "in_training"
YES, NO, UNKNOWN = "yes", "no", ""
_SPELLINGS = {
    **dict.fromkeys(("yes", "y", "true", "1", "1.0"), YES),
    **dict.fromkeys(("no", "n", "false", "0", "0.0"), NO),
    **dict.fromkeys(("", "na", "nan", "none", "<na>"), UNKNOWN),
}
_SHOWN = 5


def read_state(cell: Any) -> str:
    """Read a cell: ``yes``, ``no`` or empty, also in the spellings of other programs.

    Raises
    ------
    InputError
        When the cell is none of these.
    """
    state = _SPELLINGS.get(str(cell).strip().casefold())
    if state is None:
        raise InputError(
            f"{quoted(cell)}; yes, no or an empty cell was expected.", "Write yes or no, or leave it empty."
        )
    return state


def read_states(table: pd.DataFrame, column: str) -> list[str]:
    """Read a column of such cells of a table with subjects.

    Raises
    ------
    InputError
        When a cell cannot be read, with its subject.
    """
    states = []
    for subject, cell in zip(table["subject"], table[column], strict=True):
        try:
            states.append(read_state(cell))
        except InputError as error:
            raise InputError(f"subject {subject}: {column} is {error.problem}", error.remedy) from error
    return states


def state_of(known: bool | None) -> str:
    """Convert an answer to a state: ``None`` is unknown."""
    return UNKNOWN if known is None else YES if known else NO


def training_states(table: pd.DataFrame) -> dict[str, str]:
    """Determine the state of each subject in a cohort table, feature table or any table with subjects.

    Parameters
    ----------
    table
        Rows with ``subject``, and if known ``reader`` and ``in_training``.

    Returns
    -------
    dict
        ``yes`` if any row of the subject says so; ``no`` if all rows of its automatic masks say so; else
        empty. A subject without an automatic mask is ``no`` if all of its rows say so.
    """
    states = read_states(table, COLUMN) if COLUMN in table else [UNKNOWN] * len(table)
    by_auto = table["reader"] == AUTO if "reader" in table else [True] * len(table)
    automatic: dict[str, set[str]] = {}
    others: dict[str, set[str]] = {}
    for subject, auto, state in zip(table["subject"].astype(str), by_auto, states, strict=True):
        (automatic if auto else others).setdefault(subject, set()).add(state)
    combined = {}
    for subject in {**others, **automatic}:
        rows, rest = automatic.get(subject, set()), others.get(subject, set())
        deciding = rows or rest
        combined[subject] = YES if YES in rows | rest else NO if deciding == {NO} else UNKNOWN
    return combined


def seen_subjects(table: pd.DataFrame) -> set[str]:
    """Subjects that the model was trained on according to a table; see `training_states`."""
    return {subject for subject, state in training_states(table).items() if state == YES}


def unknown_subjects(table: pd.DataFrame) -> set[str]:
    """Subjects with an automatic mask for which it is unknown whether the model was trained on them.

    In a table with ``in_training`` but without ``reader``, every row counts as a row of the model.
    """
    states = training_states(table)
    by_auto = table["reader"] == AUTO if "reader" in table else [COLUMN in table] * len(table)
    return {subject for subject in table.loc[by_auto, "subject"].astype(str) if states[subject] == UNKNOWN}


def require_named_model(table: pd.DataFrame) -> None:
    """Refuse rows of the model under another name, from which seen subjects would not be left out.

    Raises
    ------
    InputError
        When the name of a reader differs from the model's only in capitals, or ``in_training`` is ``yes`` but
        no row is of the model.
    """
    if "reader" not in table:
        return
    names = sorted({str(name) for name in table["reader"]})
    for name in names:
        if name != AUTO and name.strip().casefold() == AUTO:
            raise InputError(
                f"the reader name {name!r} differs from {AUTO!r}, the name of the model.",
                f"Write {AUTO!r} for masks of the model, else the name of the reader.",
            )
    if AUTO not in names and COLUMN in table and YES in map(read_state, table[COLUMN]):
        raise InputError(
            f"{COLUMN} says that the model was trained on some subjects, but no row is of reader {AUTO!r}; "
            f"the readers are {_listed(names)}.",
            f"Write {AUTO!r} for masks of the model, or empty the column.",
        )


def automatic_rows_of_seen(table: pd.DataFrame) -> pd.Series:
    """Mark the rows with automatic masks of subjects that the model was trained on."""
    seen = table["subject"].astype(str).isin(seen_subjects(table))
    return seen & (table["reader"] == AUTO) if "reader" in table else seen


def left_out_sentence(seen: Iterable[str], total: int) -> str:
    """Say how many subjects are left out because the model was trained on them; empty for none."""
    names = sorted(seen)
    if not names:
        return ""
    verb, them = ("is", "this subject") if len(names) == 1 else ("are", "them")
    return (
        f"{len(names)} of {counted(total, 'subject')} {verb} left out, because the model was trained on "
        f"{them} ({_listed(names)})."
    )


def all_seen_sentence(seen: Iterable[str]) -> str:
    """Say that the model was trained on all subjects of a study."""
    names = sorted(seen)
    subjects = "the only subject" if len(names) == 1 else f"all {len(names)} subjects"
    return (
        f"The model was trained on {subjects} ({_listed(names)}): it cannot be evaluated, and the study "
        "compares only the readers."
    )


def unknown_sentence(unknown: Iterable[str], total: int) -> str:
    """Say for how many subjects it is unknown whether the model was trained on them; empty for none."""
    count = len(set(unknown))
    if not count:
        return ""
    subjects = "these subjects" if count == total else f"{count} of {total} subjects"
    return (
        f"It is not recorded whether the model was trained on {subjects}: if it was, the result is too good "
        "(column in_training of the cohort table)."
    )


def require_known(subjects: Iterable[str], there: Iterable[str]) -> str:
    """Compare a list of training subjects with a cohort: a misspelt subject would count as unseen.

    Parameters
    ----------
    subjects
        The listed subjects, possibly the model's whole training set.
    there
        Subjects of the cohort.

    Returns
    -------
    str
        A sentence about how many listed subjects are not in the cohort; empty if all are.

    Raises
    ------
    InputError
        When listed names are not in the cohort, but unlisted names of the cohort are similar to them; the
        message names all of them.
    """
    listed, known = dict.fromkeys(subjects), dict.fromkeys(sorted(set(there)))
    absent = [name for name in listed if name not in known]
    free = [name for name in known if name not in listed]
    similar = {name: guesses for name in absent if (guesses := like_names(name, free))}
    if similar:
        meant = ", ".join(f"{' or '.join(map(repr, names))} for {name!r}" for name, names in similar.items())
        raise InputError(
            f"the cohort table has no subject {', '.join(map(repr, similar))}.",
            f"Did you mean {meant}? Write subjects as in the cohort table, or remove them from the list if "
            "they are other subjects.",
        )
    if not absent:
        return ""
    verb = "is" if len(absent) == 1 else "are"
    return (
        f"{len(absent)} of {counted(len(listed), 'listed training subject')} {verb} not in this cohort "
        f"({_listed(absent)})."
    )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
