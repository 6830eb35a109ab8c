"""Read an external cohort as the cohort of the models was read, and see where the two differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.clinical import Endpoint, as_text, same_value
from nbradiomics.errors import InputError
from nbradiomics.messages.wording import counted
from nbradiomics.outcome.assembly import (
    EVENTS_PER_FOLD,
    OutcomeData,
    TooFewError,
    assemble,
    choose_rows,
    mixture_sentences,
)
from nbradiomics.outcome.external_differences import differences, filled_in, listed, other_rows
from nbradiomics.outcome.known_values import known_values, value_errors
from nbradiomics.outcome.prepared import Prepared, rows_of
from nbradiomics.outcome.seen import LeftOut, without_seen_subjects
from nbradiomics.outcome.solvers import has_competing, survival_array
from nbradiomics.outcome.unseen_batches import refuse_unseen
from nbradiomics.outcome.without_region import without_region
from nbradiomics.tables import INDEX, RowsOfReader, require_single_names
from nbradiomics.tables.same_parameters import COLUMN as PARAMETERS

if TYPE_CHECKING:
    from nbradiomics.outcome.settings import Predictors

#: Fewest features that two different subjects hardly share.
_ENOUGH_FEATURES = 5


@dataclass(frozen=True)
class External:
    """An external cohort.

    Attributes
    ----------
    data
        Its subjects, with the columns, levels and classes of the cohort of the models.
    sentences
        What to say first: masks that were left out, differences between the cohorts.
    """

    data: OutcomeData
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class ExternalRows:
    """Rows of an external feature table: one per subject, with the features of the models.

    Attributes
    ----------
    table
        The rows.
    left_out
        Subjects who were left out because a result on them would be too good, with the reason.
    sentences
        What to say first.
    """

    table: pd.DataFrame
    left_out: LeftOut
    sentences: tuple[str, ...]


def read_external(
    prepared: Prepared,
    features: pd.DataFrame,
    clinical: pd.DataFrame,
    endpoint: Endpoint,
    predictors: Predictors,
    rows: RowsOfReader,
) -> External:
    """Read an external cohort: its own tables never decide what a column is.

    Raises
    ------
    InputError
        When a column is absent or is not what it is in the first cohort, a subject is in both cohorts, most
        subjects have a level that the first cohort lacks, or there are too few subjects, events or classes.
    """
    features, clinical = features.rename(columns=str), clinical.rename(columns=str)
    require_single_names(clinical.columns, "the external clinical table")
    chosen = choose_external_rows(prepared, features, rows)
    data = assemble_external(prepared.data, chosen, clinical, endpoint, predictors)
    for error in external_errors(prepared.data, data):
        raise error
    told = (*differences(known_values(prepared.data), data), *filled_in(data))
    return External(data, (*chosen.sentences, *told))


def choose_external_rows(prepared: Prepared, features: pd.DataFrame, rows: RowsOfReader) -> ExternalRows:
    """Choose the rows of the external features, one per subject, and their columns.

    Raises
    ------
    InputError
        When a column is absent or has no numbers, rows cannot be chosen, or the engine is another one.
    """
    first = prepared.data
    names = first.radiomic
    volume = (first.volume,) if first.volume and first.volume not in names else ()
    _require_columns(features, ("subject", *names, *volume), "feature")
    _require_numbers(features, (*names, *volume))
    features, left_out, sentences = without_seen_subjects(features, rows.reader)
    chosen = choose_rows(features, rows.wanted())
    absent, said = without_region(features, chosen, rows.wanted())
    left_out, sentences = {**absent, **left_out}, [*sentences, *said]
    told = list(other_rows(prepared.rows, rows_of(chosen)))
    # Without other features, so that the volume is the same column in both cohorts.
    batches = first.harmonisation.asked.batch if first.harmonisation else ()
    kept = (*INDEX, PARAMETERS, *names, *volume, *batches)
    chosen = chosen[[name for name in chosen if name in kept]]
    return ExternalRows(chosen, left_out, (*sentences, *mixture_sentences(chosen), *told))


def assemble_external(
    first: OutcomeData,
    chosen: ExternalRows,
    clinical: pd.DataFrame,
    endpoint: Endpoint,
    predictors: Predictors,
) -> OutcomeData:
    """Join the external features and clinical columns, read as the first cohort was.

    Raises
    ------
    InputError
        When a clinical column is absent or is not what it is in the first cohort.
    TooFewError
        When there are too few subjects or events.
    """
    require_clinical(clinical, (*predictors.covariates, *endpoint.columns), endpoint)
    rule, declared = as_read(first, predictors, endpoint, clinical)
    data = assemble(
        chosen.table,
        with_class_names(clinical, first, endpoint),
        first.radiomic,
        first.stability,
        rule,
        declared,
        folds=1,
        left_out=chosen.left_out,
    )
    return with_outcome_of(data, first.classes, competing=has_competing(first.y))


def require_clinical(clinical: pd.DataFrame, columns: Sequence[str], endpoint: Endpoint) -> None:
    """Refuse an external clinical table that lacks columns or the value of the event.

    Raises
    ------
    InputError
        When a column is absent, or no subject has the value that is declared as the event.
    """
    _require_columns(clinical, ("subject", *columns), "clinical")
    if absent := absent_event(clinical, endpoint):
        raise absent


def with_outcome_of(data: OutcomeData, classes: tuple[str, ...], *, competing: bool) -> OutcomeData:
    """Write the outcome of external subjects in the form of the models: their classes, competing events."""
    if competing and not has_competing(data.y):
        data = replace(
            data, y=survival_array(data.y["time"], data.y["event"], np.zeros(len(data.y), dtype=bool))
        )
    if classes:
        unknown = sorted(set(data.classes) - set(classes))
        if unknown:
            raise InputError(
                f"the models do not know the class {', '.join(unknown)}; theirs are {', '.join(classes)}.",
                "Write the classes of both cohorts in the same way.",
            )
        numbers = np.array([classes.index(name) for name in data.classes], dtype=np.intp)
        data = replace(data, y=numbers[data.y], classes=classes)
    return data


def external_errors(first: OutcomeData, data: OutcomeData) -> Iterator[InputError]:
    """Yield every reason why the models of the first cohort cannot be judged on these subjects."""
    for require in (require_classes, _require_others, _require_other_rows, _require_rule_for_batches):
        try:
            require(first, data)
        except InputError as error:
            yield error
    yield from value_errors(known_values(first), data)


def joined(first: OutcomeData, second: OutcomeData) -> OutcomeData:
    """Put the external subjects behind those of the first cohort."""
    frame = pd.concat([first.frame, second.frame[list(first.frame)]])
    harmonisation = first.harmonisation
    if harmonisation and second.harmonisation:
        harmonisation = harmonisation.with_others(second.harmonisation)
    y = np.concatenate([first.y, second.y])
    return replace(first, frame=frame, y=y, harmonisation=harmonisation)


def absent_event(clinical: pd.DataFrame, endpoint: Endpoint) -> TooFewError | None:
    """Say that no external subject has a value that is declared as the event; None if one has."""
    if not endpoint.event_value or endpoint.event not in clinical:
        return None
    if _occurs(clinical[endpoint.event], endpoint.event_value):
        return None
    named = " or ".join(map(repr, endpoint.event_value))
    return TooFewError(
        f"no external subject has the event: no cell of {endpoint.event} is {named}.",
        "Write the event as in the first cohort, or wait for events.",
    )


def _occurs(cells: pd.Series, values: Sequence[str]) -> bool:
    return any(same_value(as_text(cell), value) for cell in cells.unique() for value in values)


def as_read(
    first: OutcomeData, predictors: Predictors, endpoint: Endpoint, clinical: pd.DataFrame
) -> tuple[Endpoint, Predictors]:
    """Declare each covariate, and the classes, to be what they are in the first cohort.

    Competing events are not looked for where no external subject has one: that is no misspelt value.
    """
    if endpoint.event in clinical and not _occurs(clinical[endpoint.event], endpoint.competing):
        endpoint = endpoint.changed(competing=())
    kinds: dict[str, list[str]] = {"categorical": [], "numeric": []}
    ordinal: dict[str, list[str]] = {}
    for record in first.description.records.get("columns", ()):
        if record["kind"] == "ordinal":
            ordinal[record["column"]] = list(record["levels"])
        else:
            kinds[record["kind"]].append(record["column"])
    ordinal |= {name: list(levels) for name, levels in predictors.ordinal.items() if name in ordinal}
    if first.classes:
        ordinal[endpoint.target] = list(first.classes)
        endpoint = Endpoint(target=endpoint.target)
    for name, numeric in _kinds_of_covariates(first).items():
        if name not in ordinal and not any(name in values for values in kinds.values()):
            if name in predictors.ordinal:
                ordinal[name] = list(predictors.ordinal[name])
            else:
                kinds["numeric" if numeric else "categorical"].append(name)
    names = {name: tuple(values) for name, values in kinds.items()}
    return endpoint, predictors.changed(**names, ordinal=ordinal)


def _kinds_of_covariates(first: OutcomeData) -> dict[str, bool]:
    """Whether each covariate of the harmonisation is a number in the first cohort."""
    if first.harmonisation is None:
        return {}
    table = first.harmonisation.batches[list(first.harmonisation.asked.covariates)]
    return {str(name): pd.api.types.is_numeric_dtype(table[name]) for name in table}


def with_class_names(clinical: pd.DataFrame, first: OutcomeData, endpoint: Endpoint) -> pd.DataFrame:
    """Write the classes of the first cohort for its values; other values stay, and are refused."""
    if not first.classes:
        return clinical
    return named_classes(clinical, endpoint.target, first.description.records["endpoint"]["values"])


def named_classes(clinical: pd.DataFrame, target: str, known: Mapping[str, str]) -> pd.DataFrame:
    """Write the class of each value that is `known` into a column; other values stay."""

    def name_of(cell: object) -> object:
        text = as_text(cell)
        return next((known[value] for value in known if same_value(text, value)), cell) if text else cell

    named = pd.Series([name_of(cell) for cell in clinical[target]], clinical.index, dtype=object)
    return clinical.assign(**{target: named})


def _require_columns(table: pd.DataFrame, names: Sequence[str], which: str) -> None:
    absent = [name for name in names if name not in table]
    if absent:
        raise InputError(
            f"the external {which} table lacks {counted(len(absent), 'column')}: {listed(absent)}.",
            "Compute the external table in the same way as the first one.",
        )


def _require_numbers(features: pd.DataFrame, names: Sequence[str]) -> None:
    texts = [name for name in names if not pd.api.types.is_numeric_dtype(features[name])]
    if texts:
        raise InputError(
            f"{counted(len(texts), 'feature')} of the external table are no numbers: {listed(texts)}.",
            "Compute the external table in the same way as the first one.",
        )


def _require_other_rows(first: OutcomeData, second: OutcomeData) -> None:
    """Refuse subjects whose features are all those of a subject of the first cohort, whatever the name."""
    names = [name for name in first.radiomic if first.frame[name].notna().any()]
    if len(names) < _ENOUGH_FEATURES:
        return
    known = {tuple(row) for row in first.frame[names].to_numpy()}
    rows = second.frame[names].to_numpy()
    copies = [name for name, row in zip(second.subjects, rows, strict=True) if tuple(row) in known]
    if copies:
        raise InputError(
            f"{counted(len(copies), 'external subject')} {'has' if len(copies) == 1 else 'have'} exactly the "
            f"features of a subject of the first cohort: {listed(copies)}.",
            "An external validation needs other subjects, not the same ones under other names.",
        )


def _require_others(first: OutcomeData, second: OutcomeData) -> None:
    shared = sorted(set(first.subjects) & set(second.subjects))
    if shared:
        raise InputError(
            f"{counted(len(shared), 'subject')} {'is' if len(shared) == 1 else 'are'} in both cohorts: "
            f"{listed(shared)}.",
            "An external validation needs other subjects. Rename different people who have the same name.",
        )


def require_classes(_: OutcomeData, data: OutcomeData) -> None:
    """Refuse external subjects with too few of a class.

    Raises
    ------
    TooFewError
        When a class of the models has too few subjects.
    """
    counts = np.bincount(data.y, minlength=len(data.classes)) if data.classes else np.empty(0)
    if len(counts) and counts.min() < EVENTS_PER_FOLD:
        listed = ", ".join(f"{count} x {name!r}" for name, count in zip(data.classes, counts, strict=True))
        raise TooFewError(
            f"the external cohort has {listed}; {EVENTS_PER_FOLD} subjects or more of each class of the "
            "models were expected.",
            "Add subjects, or merge classes in both tables.",
        )


def _require_rule_for_batches(first: OutcomeData, second: OutcomeData) -> None:
    """Refuse batches that the first cohort lacks, unless a rule says what is done with them."""
    harmonisation = joined(first, second).harmonisation
    if harmonisation is not None:
        pair = first.frame.index, second.frame.index
        refuse_unseen(harmonisation, [pair], who="external subjects")
