"""Describe how the columns of a clinical table were read, in sentences and for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nbradiomics.clinical.cells import Cells
from nbradiomics.clinical.column import ClinicalColumn, Said
from nbradiomics.clinical.endpoints import DROP, Endpoint, EndpointReading
from nbradiomics.clinical.events import COMPETING_EVENT
from nbradiomics.clinical.inference import Kind
from nbradiomics.clinical.targets import TargetReading, target_sentence
from nbradiomics.messages.problem import Problem
from nbradiomics.messages.wording import counted, short

_SAID = {Said.INFERRED: "was read as", Said.DECLARED: "was declared to be", Said.TYPED: "is typed as"}
_SHOWN = 5


@dataclass(frozen=True)
class Description:
    """Description of the columns as they were read, for the analysed subjects.

    Attributes
    ----------
    sentences
        Kinds, levels with their counts, codes of missing values, how events are coded, times of 0.
    warnings
        Warnings about values that may be unintended.
    records
        The same information for JSON: ``columns`` (a dictionary per covariate) and ``endpoint``.
    """

    sentences: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    records: Mapping[str, Any] = field(default_factory=dict)


def describe(
    columns: Sequence[ClinicalColumn],
    reading: EndpointReading | TargetReading,
    rule: Endpoint,
    problems: Sequence[Problem],
    chosen: np.ndarray,
) -> Description:
    """Describe covariates and endpoint in some rows of a clinical table.

    Parameters
    ----------
    columns, reading, rule
        The columns and endpoint as read, and the definition of the endpoint.
    problems
        All findings; the warnings among them are included.
    chosen
        Positions of the analysed rows, shape (subjects,).
    """
    analysed = [column.of(chosen) for column in columns]
    warnings = [f"{each.problem} {each.remedy}" for each in problems if each.severity == "warning"]
    return Description(
        sentences=(
            *endpoint_sentences(reading, rule, chosen),
            *(sentence for column in analysed for sentence in column_sentences(column)),
        ),
        warnings=tuple(dict.fromkeys(warnings)),
        records={
            "columns": [_record(column) for column in analysed],
            "endpoint": _endpoint_record(reading, chosen),
        },
    )


def column_sentences(column: ClinicalColumn) -> Iterator[str]:
    """Describe the kind of a covariate, and the codes that count as missing."""
    verb = _SAID[column.said]
    present = column.values.dropna()
    if column.kind is Kind.NUMERIC:
        span = f", {short(present.min())} to {short(present.max())}" if len(present) else ""
        commas = ", with decimal commas" if column.commas else ""
        yield f"{column.name} {verb} a number{span}{commas}."
    elif column.kind is Kind.ORDINAL:
        levels = " < ".join(f"{level} ({count})" for level, count in column.counts.items())
        yield f"{column.name} {verb} ordered: {levels}; the model uses 0, 1, 2 and so on."
    elif column.kind in (Kind.DATE, Kind.IDENTIFIER):
        kind = "a date" if column.kind is Kind.DATE else "the name of each subject"
        yield f"{column.name} {verb} {kind}, which a model cannot use."
    else:
        levels = ", ".join(f"{level} ({count})" for level, count in column.counts.items() if count)
        yield f"{column.name} {verb} a category: {levels}."
    yield from _codes(column.name, column.missing_codes)


def endpoint_sentences(
    reading: EndpointReading | TargetReading, rule: Endpoint, chosen: np.ndarray
) -> Iterator[str]:
    """Describe classes, or the coding of events if it is not 1 and 0 and times of 0; codes of missing."""
    if isinstance(reading, TargetReading):
        if reading.classes:
            yield target_sentence(reading, rule, chosen)
        yield from _codes(rule.target, _counts(reading.cells))
        return
    event, censored = reading.meaning(1, chosen), reading.meaning(0, chosen)
    if rule.competing:
        competing = _listed(reading.meaning(COMPETING_EVENT, chosen))
        yield (
            f"{rule.event}: {_listed(event)} means an event, {competing} a competing event, "
            f"{_listed(censored)} neither."
        )
    elif not (set(event) <= {"1", "1.0"} and set(censored) <= {"0", "0.0"}):
        yield f"{rule.event}: {_listed(event)} means an event, {_listed(censored)} no event."
    for cells in (reading.time, reading.event):
        yield from _codes(cells.name, _counts(cells))
    zero = np.flatnonzero(reading.zero)
    if len(zero) and rule.zero_times is not None:
        rule_text = "left out" if rule.zero_times == DROP else f"replaced by {rule.zero_times}"
        shown = ", ".join(reading.time.subjects[place] for place in zero[:_SHOWN])
        shown += " ..." if len(zero) > _SHOWN else ""
        yield f"{rule.time} is 0 in {counted(len(zero), 'subject')} ({shown}): {rule_text}."


def _codes(name: str, codes: Mapping[str, int]) -> Iterator[str]:
    if codes:
        yield f"{name}: {_listed(codes)} counts as missing."


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{text!r} ({count})" for text, count in counts.items()) or "nothing"


def _counts(cells: Cells) -> dict[str, int]:
    written = cells.codes[cells.codes != ""]
    counts = {str(code): int(count) for code, count in written.value_counts().items()}
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))  # not in the order of the rows


def _endpoint_record(reading: EndpointReading | TargetReading, chosen: np.ndarray) -> dict[str, Any]:
    if isinstance(reading, TargetReading):
        return {"classes": reading.counts(chosen), "values": dict(reading.values)}
    meanings = {"event": reading.meaning(1, chosen), "no_event": reading.meaning(0, chosen)}
    competing = reading.meaning(COMPETING_EVENT, chosen)
    return {**meanings, "competing": competing} if competing else meanings


def _record(column: ClinicalColumn) -> dict[str, Any]:
    return {
        "column": column.name,
        "kind": str(column.kind),
        "said": str(column.said),
        "levels": column.counts,
        "missing_codes": column.missing_codes,
        "decimal_commas": column.commas,
    }
