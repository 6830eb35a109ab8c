"""Predict the outcome of new subjects with the models of a file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.cohort.fitted_names import known_names
from nbradiomics.errors import InputError
from nbradiomics.messages.wording import counted
from nbradiomics.settings import spread
from nbradiomics.signature.harmonised import ASKED
from nbradiomics.signature.new_subjects import read_new_subjects
from nbradiomics.signature.read import Signature, load_models
from nbradiomics.signature.schema import PREDICTED
from nbradiomics.signature.steps import Levels
from nbradiomics.signature.told_inputs import input_sentences, known_values_of, unseen_batch_sentences
from nbradiomics.tables import RowsOfReader
from nbradiomics.tables.result import Result

if TYPE_CHECKING:
    from nbradiomics.signature.content import OfModel

KNOWN = "the models learned from this subject: the prediction is too good"
EMPTY = "no feature has a value"
ABSENT = "not in the clinical table"


@dataclass(frozen=True, repr=False)
class PredictedOutcome(Result):
    """Predictions for new subjects.

    Attributes
    ----------
    table
        Columns of `signature.schema.PREDICTED`.
    contributions
        What each column of the model adds to the linear predictor, one row per subject.
    sentences
        What to say first: what was filled in, who is unlike the training subjects.
    of_model
        The model, with what is known of its training subjects.
    """

    table: pd.DataFrame
    contributions: pd.DataFrame
    sentences: tuple[str, ...]
    of_model: OfModel = field(repr=False)


@spread(rows=RowsOfReader)
def predict_outcome(
    models: str | Path | Signature,
    features: pd.DataFrame,
    clinical: pd.DataFrame | None = None,
    *,
    model: str | None = None,
    times: Sequence[float] = (),
    rows: RowsOfReader = RowsOfReader(),  # noqa: B008 - frozen
) -> PredictedOutcome:
    """Predict the outcome of new subjects, as the models are.

    Parameters
    ----------
    models
        File of models, or what :func:`load_models` read from it.
    features
        Feature table, computed as that of the models.
    clinical
        Clinical table, for models with covariates.
    model
        Name of the model; by default the last one of the file (``combined``, if there are covariates),
        without a clinical table ``radiomic``.
    times
        Points in time of the predicted probabilities; by default those at which the models were judged.
    rows
        Rows of the feature table to use, if it has several per subject.

    Returns
    -------
    PredictedOutcome
        One row per subject and time, or class. A subject without any feature has no prediction.

    Raises
    ------
    InputError
        When the file is not intact, a column is absent, the features were made in another way, or a time is
        after the last event that the models know.
    AmbiguousError
        When several rows of a subject match.

    Notes
    -----
    Each field of `rows` may be given by its own name: ``reader="A"``.

    Examples
    --------
    >>> digest = write_models(result, "model.zip")
    >>> done = predict_outcome("model.zip", features, reader="A")
    >>> done.table["probability"].between(0, 1).all()
    np.True_
    """
    signature = models if isinstance(models, Signature) else load_models(models)
    chosen = signature.model(model or _default(signature, clinical))
    points = _points(signature, times)
    new = read_new_subjects(signature.content.inputs, chosen.model.inputs, features, clinical, rows)
    inputs = new.inputs
    empty, absent = _empty(chosen, inputs), _absent(signature, chosen, inputs, clinical)
    table = chosen.model.prepared(inputs)
    predicted = chosen.model.outcome.predict(table, points)
    apart = chosen.model.prepared(inputs, limited=False)
    distance = signature.novelty(chosen.model.name).distances(apart) / chosen.novelty_limit
    shared = pd.DataFrame(
        {
            "subject": inputs.index,
            "model": chosen.model.name,
            "risk": np.where(empty, np.nan, predicted.risk),
            "group": pd.Series(_groups(signature, predicted.group)).mask(empty, ""),
            "distance": np.where(empty, np.nan, distance),
            "novel": pd.Series(distance > 1, dtype="boolean").mask(empty),
            "filled": _joined(inputs.isna()),
            "outside": _joined(_outside(chosen, inputs)),
            "note": _notes(signature, list(inputs.index), empty, absent),
        }
    )
    found = _long(signature, shared, np.where(empty[:, None], np.nan, predicted.probabilities), points)
    parts = chosen.model.outcome.linears[0].contributions(table)
    told = (
        *new.sentences,
        *input_sentences(known_values_of(signature, [chosen.model.name]), inputs, absent),
        *unseen_batch_sentences([chosen.model], inputs),
        *_sentences(shared, chosen),
    )
    return PredictedOutcome(found, parts[~empty], told, chosen)


def _default(signature: Signature, clinical: pd.DataFrame | None) -> str:
    """The last model; without a clinical table the radiomic one, and never another one in its place."""
    names = signature.names
    return names[-1] if clinical is not None or "radiomic" not in names else "radiomic"


def _points(signature: Signature, times: Sequence[float]) -> tuple[float, ...]:
    outcome = signature.content.outcome
    if outcome.kind == "classes":
        if times:
            raise InputError(
                "times are for a time to an event; these models predict classes.", "Leave them out."
            )
        return ()
    last = outcome.last_event
    late = [time for time in times if last is not None and time > last]
    if late or any(time <= 0 for time in times):
        raise InputError(
            f"the models know times above 0 and up to the last event, {last:g}; asked was "
            f"{', '.join(f'{time:g}' for time in times)}.",
            f"Choose earlier times, in the unit of {outcome.time}.",
        )
    return tuple(times) or outcome.horizons


def _empty(chosen: OfModel, inputs: pd.DataFrame) -> np.ndarray:
    """Whether a subject has no value of any feature, shape (subjects,)."""
    blocks = [block for block in chosen.model.blocks if block.name in ("radiomic", "volume")]
    names = [name for block in blocks for name in block.columns if not name.startswith(ASKED)]
    none: np.ndarray = inputs[names].isna().all(axis=1).to_numpy() & bool(names)
    return none


def _groups(signature: Signature, groups: np.ndarray) -> list[str]:
    names = signature.content.outcome.classes or ("low", "high")
    return [names[int(group)] for group in groups]


def _joined(marked: pd.DataFrame) -> list[str]:
    names = np.array([str(name).removeprefix(ASKED) for name in marked.columns], dtype=object)
    return ["; ".join(names[row]) for row in marked.to_numpy(bool)]


def _outside(chosen: OfModel, inputs: pd.DataFrame) -> pd.DataFrame:
    """Numbers outside the range, and levels that the training subjects did not have."""
    marked = pd.DataFrame(False, index=inputs.index, columns=inputs.columns)
    steps = [step for block in chosen.model.blocks for step in block.steps if isinstance(step, Levels)]
    for category in (each for step in steps for each in step.categories):
        cells = inputs[category.column]
        marked[category.column] = cells.notna() & ~cells.isin(category.levels)
    for each in chosen.ranges:
        marked[each.name] = (inputs[each.name] < each.low) | (inputs[each.name] > each.high)
    return marked


def _absent(
    signature: Signature, chosen: OfModel, inputs: pd.DataFrame, clinical: pd.DataFrame | None
) -> set[str]:
    """Subjects without a row in the clinical table, if the model has covariates."""
    covariates = {each.name for each in signature.content.inputs.covariates}
    if clinical is None or not covariates & set(chosen.model.inputs):
        return set()
    return set(inputs.index) - set(clinical["subject"].astype(str))


def _notes(
    signature: Signature, subjects: Sequence[str], empty: np.ndarray, absent: Collection[str]
) -> list[str]:
    learned = signature.content.subjects
    known = known_names(subjects, learned.hashes, [learned.salt])
    notes = []
    for name, none in zip(subjects, empty, strict=True):
        said = {EMPTY: none, ABSENT: name in absent, KNOWN: name in known}
        notes.append("; ".join(text for text, holds in said.items() if holds))
    return notes


def _long(
    signature: Signature, shared: pd.DataFrame, probabilities: np.ndarray, points: Sequence[float]
) -> pd.DataFrame:
    classes = signature.content.outcome.classes
    parts = []
    for place in range(probabilities.shape[1]):
        column = {"class": classes[place]} if classes else {"class": "", "time": points[place]}
        parts.append(shared.assign(probability=probabilities[:, place], **column))
    table = pd.concat(parts, ignore_index=True)
    return PREDICTED.table(table.sort_values(["subject"], kind="stable", ignore_index=True))


def _sentences(shared: pd.DataFrame, chosen: OfModel) -> Iterator[str]:
    total = len(shared)
    empty = int(shared["note"].str.contains(EMPTY).sum())
    known = int(shared["note"].str.contains(KNOWN).sum())
    filled = int((shared["filled"] != "").sum()) - empty
    novel = int(shared["novel"].sum())
    yield f"{counted(total - empty, 'subject')} predicted by the model {chosen.model.name}."
    if empty:
        yield f"{counted(empty, 'subject')} of {total} have no feature, and no prediction."
    if known:
        yield (
            f"The models learned from {counted(known, 'subject')} of {total}: their predictions are too "
            "good, and say nothing of how well the models predict."
        )
    if filled > 0:
        yield f"{counted(filled, 'subject')} of {total} had missing inputs, which were filled in."
    if novel:
        yield (
            f"{counted(novel, 'subject')} of {total} {'is' if novel == 1 else 'are'} further from the "
            "training subjects than 99 % of subjects like them: the models may not hold for them."
        )
