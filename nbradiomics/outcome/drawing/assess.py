"""From segmentation to prognosis: risks of each subject with each of its masks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nbradiomics.clinical import Endpoint
from nbradiomics.cohort.in_training import unknown_sentence, unknown_subjects
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.execution.execution import Execution
from nbradiomics.messages.wording import counted
from nbradiomics.outcome.assembly import EVENTS_PER_FOLD, MINIMUM_SUBJECTS, choose_rows
from nbradiomics.outcome.drawing.changes import drawing_table, group_table, subject_table
from nbradiomics.outcome.drawing.masks import (
    Drawing,
    Source,
    drawings_of_readers,
    drawings_of_table,
    seen_in,
    source_of,
)
from nbradiomics.outcome.drawing.risks import Risks, risks_of_drawings
from nbradiomics.outcome.drawing.settings import DrawingSettings
from nbradiomics.outcome.drawing.text import drawing_sentences
from nbradiomics.outcome.drawing.transfer import Cohorts, simulated, transfer_table
from nbradiomics.outcome.drawing_result import DrawingResult
from nbradiomics.outcome.drawing_schema import DRAWING_TRANSFER
from nbradiomics.outcome.evaluate import task_of
from nbradiomics.outcome.prepared import prepare
from nbradiomics.outcome.seen import without_seen_subjects
from nbradiomics.outcome.settings import OutcomeSettings, Predictors
from nbradiomics.outcome.stability import Candidates, find_rule
from nbradiomics.settings import spread
from nbradiomics.tables import AUTO, RowsOfReader

if TYPE_CHECKING:
    import pandas as pd

    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.result import OutcomeResult
    from nbradiomics.outcome.tasks import Task


@dataclass(frozen=True, eq=False)
class DrawingTables:
    """Tables of an evaluation, and features of further masks of its subjects.

    Attributes
    ----------
    features, clinical
        As for :func:`nbradiomics.outcome.evaluate_outcome`; the feature table has the masks of all readers.
    folds
        Features of the masks of the segmentation model's folds, with reader ``auto`` and the fold in the
        column ``variant``.
    perturbed
        Features of perturbed masks; variants that change the image are left out.
    """

    features: pd.DataFrame
    clinical: pd.DataFrame
    folds: pd.DataFrame | None = None
    perturbed: pd.DataFrame | None = None


@spread(
    drawing=DrawingSettings,
    endpoint=Endpoint,
    predictors=Predictors,
    rows=RowsOfReader,
    settings=OutcomeSettings,
    execution=Execution,
)
def assess_drawing(
    tables: DrawingTables,
    *,
    drawing: DrawingSettings = DrawingSettings(),  # noqa: B008 - frozen
    endpoint: Endpoint,
    predictors: Predictors = Predictors(),  # noqa: B008 - frozen
    rows: RowsOfReader = RowsOfReader(),  # noqa: B008 - frozen
    stable: Sequence[str] | Candidates | None = None,
    settings: OutcomeSettings = OutcomeSettings(),  # noqa: B008 - frozen
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> DrawingResult:
    """Assess how far the predicted risk of a subject depends on who drew its mask.

    In each fold of the evaluation, the models are fitted to the masks of one reader in the training
    subjects, and predict each held-out subject with each of its masks. Nothing is learned from any mask of a
    held-out subject.

    Parameters
    ----------
    tables
        Tables of the evaluation, and features of further masks.
    drawing
        Which readers are compared, and whether models are fitted to the masks of each.
    endpoint, predictors, rows, stable, settings, execution
        As for :func:`nbradiomics.outcome.evaluate_outcome`, with the same values.

    Returns
    -------
    DrawingResult
        Risks by mask, their range, changes of the risk group, what is lost between readers, and sentences.

    Raises
    ------
    InputError
        As :func:`nbradiomics.outcome.evaluate_outcome`; when the rows have no single reader or are
        components of masks, no subject has another mask, or a named reader has none.

    Examples
    --------
    >>> done = assess_drawing(
    ...     DrawingTables(features, clinical), time="os_days", event="os_event", reader="A", refits=0,
    ... )  # doctest: +SKIP
    >>> done.groups[["first", "second", "subjects", "changed"]]  # doctest: +SKIP
    """
    folds = 1 if predictors.leave_out else settings.folds
    prepared = prepare(
        tables.features, tables.clinical, endpoint, predictors, rows, stable, settings, folds=folds
    )
    features, _, _ = without_seen_subjects(tables.features.rename(columns=str), rows.reader)
    source = source_of(prepared.data, choose_rows(features, rows.wanted()))
    drawings = _drawings(source, features, tables, drawing)
    data, task = prepared.data, task_of(prepared.data, settings.horizons)
    risks = risks_of_drawings(data, drawings, settings, task, execution=execution)
    trained = _Training(source, features, stable, settings, folds)
    transfer, told = _transfer(trained, drawings, drawing, task, execution)
    groups = group_table(drawings, risks, settings.confidence, limits=simulated(task))
    subjects = subject_table(data, drawings, risks)
    summary: dict[str, Any] = {
        "reader": source.reader,
        "subjects": len(data.y),
        "drawings": dict(Counter(one.kind for one in drawings)),
        "made_from_others": source.made_from_others,
        "unknown_training": _unknown_training(features, drawings),
        "failed": _failed(drawings[0], risks),
        "unused": dict(_unused(tables, drawings)),
        "absent": {one.name: dict(Counter(filter(None, map(str, one.absent)))) for one in drawings},
        "settings": drawing.model_dump(mode="json"),
        "transfer": told,
    }
    summary |= drawing_sentences(summary, groups, subjects, transfer, settings, is_class=bool(data.classes))
    return DrawingResult(drawing_table(data, drawings, risks), subjects, groups, transfer, summary)


def with_drawing(result: OutcomeResult, drawing: DrawingResult) -> OutcomeResult:
    """Add a comparison of masks to its evaluation: the tables, and the entry ``drawing`` of the summary."""
    return replace(result, drawing=drawing, summary={**result.summary, "drawing": drawing.summary})


def _unknown_training(features: pd.DataFrame, drawings: Sequence[Drawing]) -> str:
    """Say for how many subjects with an automatic mask it is unknown whether the model has seen them."""
    automatic = [one for one in drawings if one.reader == AUTO]
    if not automatic:
        return ""
    there = np.logical_or.reduce([one.there for one in automatic])
    subjects = set(automatic[0].frame.index[there].astype(str))
    unknown = unknown_subjects(features) & subjects
    return f"{AUTO}: {unknown_sentence(unknown, len(subjects))}" if unknown else ""


def _failed(own: Drawing, risks: Risks) -> dict[str, int]:
    """Count the subjects for whom a model failed in every fold that held them out, by model."""
    counts = np.isnan(risks.group[:, 0][:, own.there]).sum(axis=1)
    return {name: int(count) for name, count in zip(risks.models, counts, strict=True) if count}


def _unused(tables: DrawingTables, drawings: Sequence[Drawing]) -> Iterator[tuple[str, str]]:
    """Kinds of masks that were given and are not compared, with the reason."""
    readers = {one.reader for one in drawings if one.kind == "reader"}
    for kind, table in (("fold", tables.folds), ("perturbed", tables.perturbed)):
        if table is None:
            continue
        made = [one for one in drawings if one.kind == kind]
        others = sorted({one.reader for one in made} - readers)
        if not any(one.there.any() for one in made):
            yield kind, "none belongs to the rows of the models (same scan, region and engine)"
        elif others:
            names = ", ".join(others)
            yield kind, f"those of {names} are of readers whose own masks are not compared"


def _drawings(
    source: Source, features: pd.DataFrame, tables: DrawingTables, asked: DrawingSettings
) -> list[Drawing]:
    seen = seen_in(tables.features, tables.folds)
    drawings = [
        *drawings_of_readers(source, features, seen, asked.drawing_readers),
        *drawings_of_table(source, tables.folds, "fold", seen),
        *drawings_of_table(source, tables.perturbed, "perturbed", seen),
    ]
    if not any(one.there.any() for one in drawings[1:]):
        raise InputError(
            f"no subject of the evaluation has another mask than that of {source.reader}.",
            "Give features of the masks of another reader, or leave out drawing.",
        )
    return drawings


@dataclass(frozen=True, eq=False)
class _Training:
    """What is needed to fit models to the masks of another reader as to those of the models' reader."""

    source: Source
    features: pd.DataFrame
    stable: Sequence[str] | Candidates | None
    settings: OutcomeSettings
    folds: int

    def data_of(self, drawing: Drawing) -> OutcomeData:
        """Data of the evaluation with the masks of a reader, and the stability filter for this reader."""
        data = self.source.data
        if drawing.reader == self.source.reader:
            return data
        chosen = self.source.chosen.assign(reader=drawing.reader)
        rule = find_rule(self.features, chosen, data.radiomic, stable=self.stable, settings=self.settings)
        return replace(data, frame=drawing.frame, stability=rule)


def _transfer(
    training: _Training,
    drawings: Sequence[Drawing],
    asked: DrawingSettings,
    task: Task,
    execution: Execution,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Compare models of the readers in the subjects with masks of all of them; say why if it cannot be."""
    readers = [one for one in drawings if one.kind == "reader"]
    everywhere = np.logical_and.reduce([one.there for one in readers])
    places = np.flatnonzero(everywhere)
    told: dict[str, Any] = {
        "subjects": len(places),
        "left_out": int((~everywhere).sum()),
        "failed_refits": 0,
        "cause": "",
        "missing": "",
    }
    if len(readers) < 2:
        return DRAWING_TRANSFER.empty(), told | {"missing": "there is only one reader."}
    try:
        _require_enough(training, task, places)
        fitted = readers if asked.transfer else readers[:1]
        cohorts = Cohorts(
            {one.reader: training.data_of(one).drawn(places) for one in fitted},
            {one.reader: one.frame.iloc[places] for one in readers},
        )
        table, refits = transfer_table(cohorts, training.settings, task, execution=execution)
    except NbradiomicsError as error:
        return DRAWING_TRANSFER.empty(), told | {"missing": error.problem}
    return table, told | ({"failed_refits": refits.failed, "cause": refits.cause} if refits else {})


def _require_enough(training: _Training, task: Task, places: np.ndarray) -> None:
    y = training.source.data.y[places]
    informative = task.informative_in(y) if len(y) else 0
    needed = EVENTS_PER_FOLD * training.folds
    if len(y) < MINIMUM_SUBJECTS or informative < needed:
        raise InputError(
            f"{counted(len(y), 'subject')} with {counted(informative, *task.informative)} have masks of all "
            f"readers; {MINIMUM_SUBJECTS} with {needed} are needed.",
            "Name fewer readers.",
        )
