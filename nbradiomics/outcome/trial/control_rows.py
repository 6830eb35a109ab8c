"""Find the rows of each control that belong to the rows of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import counted, shortened
from nbradiomics.outcome.assembly import EVENTS_PER_FOLD
from nbradiomics.tables.index import INDEX

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.settings import OutcomeSettings
    from nbradiomics.outcome.tasks import Task

#: How the value of `variant` of a control begins.
BEGINNING = "control-"
#: A control that fewer of the subjects have is left out.
_LEAST_SHARE = 0.8
#: Values that differ by less are the same: a shuffled region has the same mean, summed in another order.
_ROUNDING = 1e-9
#: Of a control that keeps a larger share of the features it is said how many it changes.
_FEW_CHANGED = 0.5
#: Columns that say which mask a row is of; a control differs in the others.
_OF_MASK = tuple(name for name in INDEX if name not in ("variant", "in_training"))


@dataclass(frozen=True)
class Control:
    """Features of a control.

    Attributes
    ----------
    data
        Real features of the subjects who have the control; None if it is left out.
    changed
        The same subjects with the features of the control.
    note
        What is missing, or why it is left out; empty if nothing is.
    """

    data: OutcomeData | None
    changed: OutcomeData | None
    note: str = ""


def read_controls(
    controls: pd.DataFrame, chosen: pd.DataFrame, names: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Read the features of each control for the rows of the model.

    Parameters
    ----------
    controls
        Feature table, column `variant` is ``control-NAME``.
    chosen
        Index columns of the rows of the model, one row per subject. A row of a control belongs to one of
        these if it has the same subject, reader, region, sequence, engine ..., as far as both tables have
        these columns.
    names
        Features of the model.

    Returns
    -------
    dict
        By control, in the order of the table: features, indexed by subject. A control without a row is empty.

    Raises
    ------
    InputError
        When the table has no control, lacks a feature or an index column that divides its rows, or has no row
        of the masks that the model uses.
    """
    controls = controls.rename(columns=str)
    if "subject" not in controls or "variant" not in controls:
        raise InputError(
            "the table of controls has no column subject or no column variant.",
            "Give the table that `nbradiomics controls` writes.",
        )
    lacking = [name for name in names if name not in controls]
    if lacking:
        features = counted(len(lacking), "feature")
        raise InputError(
            f"the table of controls lacks {features} of the model: {shortened(lacking)}.",
            "Make the controls with the parameters of the features.",
        )
    variants = [name for name in controls["variant"].astype(str).unique() if name.startswith(BEGINNING)]
    if not variants:
        raise InputError(
            f"no row of the table of controls has a variant {BEGINNING}NAME.",
            "Give the table that `nbradiomics controls` writes.",
        )
    found = {
        name.removeprefix(BEGINNING): _rows(controls[controls["variant"].astype(str) == name], chosen, names)
        for name in variants
    }
    if not any(len(values) for values in found.values()):
        raise InputError(
            f"no row of the table of controls belongs to a row of the model: {_differing(controls, chosen)}.",
            "Make the controls of the same masks, with the same engine, as the features.",
        )
    return found


def _rows(rows: pd.DataFrame, chosen: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    keys = [name for name in _OF_MASK if name in rows and name in chosen]
    wanted = pd.MultiIndex.from_frame(_texts(chosen, keys))
    own = pd.MultiIndex.from_frame(_texts(rows, keys))
    rows = rows[own.isin(wanted)]
    subjects = pd.Index(rows["subject"].astype(str), name="subject")
    twice = subjects[subjects.duplicated()].unique()
    if len(twice):
        raise InputError(
            f"the table of controls has several rows of the subject {twice[0]} for one control.",
            "Choose the rows of the model by reader, sequence, roi, timepoint and engine, so that one "
            "remains.",
        )
    values = rows[list(names)].astype("float64").replace([np.inf, -np.inf], np.nan)
    return values.set_axis(subjects)


def _texts(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({name: [_text(cell) for cell in table[name]] for name in keys})


def _text(cell: object) -> str:
    """Text of a cell: a whole number that was read as a decimal has none."""
    if isinstance(cell, float):
        return "" if np.isnan(cell) else f"{cell:g}"
    return "" if cell is None or cell is pd.NA else str(cell)


def _differing(controls: pd.DataFrame, chosen: pd.DataFrame) -> str:
    for name in _OF_MASK:
        if name not in controls or name not in chosen:
            continue
        theirs, ours = set(_texts(controls, [name])[name]), set(_texts(chosen, [name])[name])
        if not theirs & ours:
            of_model = shortened(sorted(ours))
            return f"the column {name} is {shortened(sorted(theirs))}, and that of the model {of_model}"
    return "no subject has the same mask in both"


def control_of(data: OutcomeData, values: pd.DataFrame, settings: OutcomeSettings, task: Task) -> Control:
    """Give the subjects the features of a control.

    A subject whose control has no value of any feature is left out of this comparison, and of no other one.

    Parameters
    ----------
    data
        Data of the evaluation.
    values
        Features of the control, indexed by subject.
    settings, task
        Settings and kind of outcome.
    """
    names = list(data.radiomic)
    own = values.reindex(index=data.subjects, columns=names)
    there = own.notna().any(axis=1).to_numpy()
    if there.sum() < _LEAST_SHARE * len(there):
        return Control(
            None, None, f"left out: only {there.sum()} of {counted(len(there), 'subject')} have this control"
        )
    real = data if there.all() else data.drawn(np.flatnonzero(there))
    fewest = EVENTS_PER_FOLD * (1 if data.sites is not None else settings.folds)
    if task.informative_in(real.y) < fewest:
        return Control(None, None, f"left out: its subjects have too few {task.informative[1]}")
    own = own.loc[there]
    kept = _kept(real.frame[names], own)
    if kept.all():
        return Control(None, None, "its features are the real ones: this control changes none of them")
    changed = real.with_columns(own)
    if data.harmonisation is not None:
        rated = replace(data.harmonisation, rated=data.frame[names])
        changed = replace(changed, harmonisation=rated)
    gaps = _gaps(real, own, there)
    if kept.mean() > _FEW_CHANGED:
        gaps.append(f"it changes {(~kept).sum()} of {counted(len(names), 'feature')}")
    return Control(real, changed, "; ".join(gaps))


def _kept(real: pd.DataFrame, own: pd.DataFrame) -> np.ndarray:
    """Which features have the real values, but for rounding, shape (features,)."""
    before, after = real.to_numpy(np.float64), own.to_numpy(np.float64)
    scale = np.nan_to_num(np.nanmax(np.abs(before), axis=0, initial=0))
    near = np.isclose(before, after, rtol=_ROUNDING, atol=_ROUNDING * scale, equal_nan=True)
    return np.asarray(near.all(axis=0))


def _gaps(real: OutcomeData, own: pd.DataFrame, there: np.ndarray) -> list[str]:
    gaps = []
    if not there.all():
        missing = len(there) - int(there.sum())
        gaps.append(f"without {counted(missing, 'subject')} who {'lacks' if missing == 1 else 'lack'} it")
    empty = [name for name in own if own[name].isna().all() and real.frame[name].notna().any()]
    if empty:
        verb = "has" if len(empty) == 1 else "have"
        gaps.append(f"{counted(len(empty), 'feature')} of it {verb} no value: {shortened(empty)}")
    return gaps


def controls_of(
    data: OutcomeData, tables: Mapping[str, pd.DataFrame], settings: OutcomeSettings, task: Task
) -> dict[str, Control]:
    """Give the subjects the features of each control, by its name."""
    return {name: control_of(data, values, settings, task) for name, values in tables.items()}
