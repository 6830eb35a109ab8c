"""Whether the model was trained on a subject: what decides which automatic masks may be judged.

The column `in_training` of a cohort or feature table says ``yes``, ``no``, or nothing where it is not known.
A subject counts as seen at every timepoint as soon as one row says so: images of one person are alike. The
automatic masks of a seen subject are better than those of a new one, so that they enter no verdict.
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
    """Read a cell: ``yes``, ``no`` or empty, in the spellings of other programs too.

    Raises
    ------
    InputError
        When it is none of these.
    """
    found = _SPELLINGS.get(str(cell).strip().casefold())
    if found is None:
        raise InputError(
            f"{quoted(cell)}; yes, no or nothing was expected.", "Write yes, no, or leave it empty."
        )
    return found


def state_of(known: bool | None) -> str:
    """Write what is known: ``None`` is nothing."""
    return UNKNOWN if known is None else YES if known else NO


def training_states(table: pd.DataFrame) -> dict[str, str]:
    """State of each subject: of a cohort or feature table, or of any table with a column `subject`.

    Parameters
    ----------
    table
        Rows with ``subject``, and where they are known ``reader`` and ``in_training``.

    Returns
    -------
    dict
        ``yes`` where any row of the subject says so; ``no`` where every row of an automatic mask does; else
        empty. A subject without automatic mask is ``no`` where all of its rows say so.
    """
    states = [read_state(cell) for cell in table[COLUMN]] if COLUMN in table else [UNKNOWN] * len(table)
    by_auto = table["reader"] == AUTO if "reader" in table else [True] * len(table)
    told: dict[str, set[str]] = {}
    others: dict[str, set[str]] = {}
    for subject, auto, state in zip(table["subject"].astype(str), by_auto, states, strict=True):
        (told if auto else others).setdefault(subject, set()).add(state)
    found = {}
    for subject in {**others, **told}:
        rows, rest = told.get(subject, set()), others.get(subject, set())
        deciding = rows or rest
        found[subject] = YES if YES in rows | rest else NO if deciding == {NO} else UNKNOWN
    return found


def seen_subjects(table: pd.DataFrame) -> set[str]:
    """Subjects that the model was trained on, as far as a table says; see `training_states`."""
    return {subject for subject, state in training_states(table).items() if state == YES}


def unknown_subjects(table: pd.DataFrame) -> set[str]:
    """Subjects with an automatic mask of whom it is not known whether the model was trained on them.

    Without a column ``reader`` every row is one of the model's where there is a column ``in_training``.
    """
    states = training_states(table)
    by_auto = table["reader"] == AUTO if "reader" in table else [COLUMN in table] * len(table)
    return {subject for subject in table.loc[by_auto, "subject"].astype(str) if states[subject] == UNKNOWN}


def require_named_model(table: pd.DataFrame) -> None:
    """Refuse rows of the model under another name: nothing would be left out of what is said of it.

    Raises
    ------
    InputError
        When a reader is called as the model but for capitals, or ``in_training`` says ``yes`` and no row is
        the model's.
    """
    if "reader" not in table:
        return
    names = sorted({str(name) for name in table["reader"]})
    for name in names:
        if name != AUTO and name.strip().casefold() == AUTO:
            raise InputError(
                f"a reader is called {name!r}, which is not {AUTO!r}, the name of the model.",
                f"Write {AUTO!r} for masks of the model, or name the reader.",
            )
    if AUTO not in names and COLUMN in table and YES in map(read_state, table[COLUMN]):
        raise InputError(
            f"{COLUMN} says that the model was trained on some subjects, and no row is of reader {AUTO!r}, "
            f"but of {_listed(names)}.",
            f"Write {AUTO!r} for masks of the model, or empty the column.",
        )


def automatic_rows_of_seen(table: pd.DataFrame) -> pd.Series:
    """Mark the rows of automatic masks of subjects that the model was trained on."""
    seen = table["subject"].astype(str).isin(seen_subjects(table))
    return seen & (table["reader"] == AUTO) if "reader" in table else seen


def left_out_sentence(seen: Iterable[str], total: int) -> str:
    """How many subjects are left out because the model was trained on them; empty where none is."""
    names = sorted(seen)
    if not names:
        return ""
    verb, whom = ("is", "this subject") if len(names) == 1 else ("are", "them")
    return (
        f"{len(names)} of {counted(total, 'subject')} {verb} left out, because the model was trained on "
        f"{whom} ({_listed(names)})."
    )


def all_seen_sentence(seen: Iterable[str]) -> str:
    """What a study says whose subjects were all among those that the model was trained on."""
    names = sorted(seen)
    whom = "the only subject" if len(names) == 1 else f"all {len(names)} subjects"
    return (
        f"The model was trained on {whom} ({_listed(names)}): nothing can be said of it, and the study is "
        "one between readers alone."
    )


def unknown_sentence(unknown: Iterable[str], total: int) -> str:
    """Whether it is known of all that they are new to the model; empty where it is."""
    count = len(set(unknown))
    if not count:
        return ""
    whom = "these subjects" if count == total else f"{count} of {total} subjects"
    return (
        f"It is not recorded whether the model was trained on {whom}: if it was, the result is too good "
        "(column in_training of the cohort table)."
    )


def require_known(subjects: Iterable[str], there: Iterable[str]) -> str:
    """Compare a list of training subjects with a cohort: one who is misspelt would pass for unseen.

    Parameters
    ----------
    subjects
        Who is listed: the model's whole training set may be.
    there
        Subjects of the cohort.

    Returns
    -------
    str
        How many of the list are not in the cohort, in a sentence; empty where all are.

    Raises
    ------
    InputError
        When names are not in the cohort as they are written, but others that are not listed are like them;
        the message names all of them.
    """
    listed, known = dict.fromkeys(subjects), dict.fromkeys(sorted(set(there)))
    absent = [name for name in listed if name not in known]
    free = [name for name in known if name not in listed]
    near = {name: guesses for name in absent if (guesses := like_names(name, free))}
    if near:
        meant = ", ".join(f"{' or '.join(map(repr, found))} for {name!r}" for name, found in near.items())
        raise InputError(
            f"no subject {', '.join(map(repr, near))} in the cohort table.",
            f"Did you mean {meant}? Write subjects as the cohort table does, or take from the list "
            "those who are others.",
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
