"""Audit what the drawing changes: ranges, groups, shares and losses, from the risks by mask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.evidence.audit.endpoint_files import EndpointFiles
from nbradiomics.evidence.audit.finding import Finding, verdict_of
from nbradiomics.evidence.audit.replay import Replay
from nbradiomics.evidence.audit.same_table import differences
from nbradiomics.evidence.audit.same_value import value_differences
from nbradiomics.messages.wording import counted
from nbradiomics.outcome.drawing.changes import FAILED, group_table, subject_table
from nbradiomics.outcome.drawing.masks import Drawing
from nbradiomics.outcome.drawing.risks import Risks, most_frequent
from nbradiomics.outcome.drawing.text import drawing_sentences
from nbradiomics.outcome.drawing.transfer import simulated
from nbradiomics.outcome.drawing_schema import (
    DRAWING,
    DRAWING_GROUPS,
    DRAWING_SUBJECTS,
    DRAWING_TABLES,
    DRAWING_TRANSFER,
)
from nbradiomics.outcome.performance_schema import PERFORMANCE

_OF_MASK = ["kind", "reader", "reading", "variant"]
#: Groups of a time to an event; those of a target are its classes.
_LOW_HIGH = ("low", "high")


def drawing_findings(files: EndpointFiles, replay: Replay) -> Iterator[Finding]:
    """Check the tables and sentences about risks by mask; nothing without them."""
    told = files.summary.get("drawing")
    tables = {name: files.table(schema) for name, schema in DRAWING_TABLES.items()}
    missing = [files.file(DRAWING_TABLES[name]) for name, table in tables.items() if table is None]
    if told is None and len(missing) == len(tables):
        return
    if told is None or missing:
        lacking = ", ".join(missing) or "what summary.json says of it"
        yield Finding("drawing", "broken", f"Risks by mask lack {lacking}.", files.file(DRAWING))
        return
    risks, subjects, groups, transfer = (tables[name] for name in ("risks", "subjects", "groups", "transfer"))
    assert risks is not None
    assert subjects is not None
    assert groups is not None
    assert transfer is not None
    found = _ByMask(risks, replay)
    if found.problems:
        yield verdict_of("drawing", found.problems, "", files.file(DRAWING))
        return
    yield found.of_evaluation(files)
    for schema, table, again in (
        (DRAWING_SUBJECTS, subjects, found.ranges()),
        (DRAWING_GROUPS, groups, found.changes()),
    ):
        holds = f"{counted(len(table), 'row')} were computed again from the risks by mask."
        yield verdict_of("drawing", differences(table, again, schema.key), holds, files.file(schema))
    yield _losses(files, transfer, replay, told)
    yield _told(files, found, (groups, subjects, transfer), told)


class _ByMask:
    """Risks, groups and shares of a table by model, mask and subject."""

    def __init__(self, table: pd.DataFrame, replay: Replay) -> None:
        self.replay = replay
        names = tuple(name for name in replay.models if name in set(table["model"]))
        masks = table[_OF_MASK].drop_duplicates()
        keys = [table["model"], _joined(table[_OF_MASK]), table["subject"]]
        every = pd.MultiIndex.from_product([names, _joined(masks), replay.subjects])
        rows = table.set_index(pd.MultiIndex.from_arrays(keys))
        self.problems = _not_one_each(rows, every)
        if self.problems:
            return
        shape = (len(names), len(masks), len(replay.subjects))
        rows = rows.loc[every]
        codes = {name: place for place, name in enumerate(replay.classes or _LOW_HIGH)}
        groups = rows["group"].map(codes).astype("float64")
        columns = (rows["risk"], groups, rows["repeats"])
        self.risks = Risks(
            names, *(each.to_numpy("float64", na_value=np.nan).reshape(shape) for each in columns)
        )
        absent = rows["absent"].replace(FAILED, "").to_numpy(dtype=object).reshape(shape)[0]
        of_masks = zip(masks.to_dict("records"), absent, strict=True)
        self.drawings = [_drawing(mask, why) for mask, why in of_masks]
        self.problems = _contradictions(rows, self.risks, replay)

    def of_evaluation(self, files: EndpointFiles) -> Finding:
        """With the masks of the models' reader the groups are those of the evaluation."""
        problems = []
        for place, name in enumerate(self.risks.models):
            group, share = most_frequent(_groups(self.replay, name))
            ours = (self.risks.group[place, 0], self.risks.share[place, 0])
            if not all(np.allclose(a, b, equal_nan=True) for a, b in zip(ours, (group, share), strict=True)):
                problems.append(
                    f"groups of the {name} model with the masks of the evaluation are not its groups"
                )
        holds = (
            "With the masks of the evaluation the groups, and in how many repeats, are those of the "
            "predictions (risks and groups with other masks are in no other table)."
        )
        return verdict_of("drawing", problems, holds, files.file(DRAWING))

    def ranges(self) -> pd.DataFrame:
        """Range of the risk of each subject, computed again."""
        return subject_table(self.replay.data, self.drawings, self.risks)

    def changes(self) -> pd.DataFrame:
        """Changes of the group, computed again."""
        limits = simulated(self.replay.task)
        return group_table(self.drawings, self.risks, self.replay.settings.confidence, limits=limits)


def _drawing(mask: Mapping[Any, Any], absent: np.ndarray) -> Drawing:
    reader, reading, variant = (str(mask[name]) for name in ("reader", "reading", "variant"))
    return Drawing(mask["kind"], reader, reading, variant, pd.DataFrame(), absent)


def _joined(masks: pd.DataFrame) -> pd.Series:
    return masks.astype(str).agg("\x1f".join, axis=1)


def _not_one_each(rows: pd.DataFrame, every: pd.MultiIndex) -> list[str]:
    if rows.index.has_duplicates:
        return ["a subject has two rows for a model and a mask"]
    missing, extra = set(every) - set(rows.index), set(rows.index) - set(every)
    problems = (
        [f"{counted(len(missing), 'row')} of subjects, models or masks are missing"] if len(missing) else []
    )
    return problems + ([f"{counted(len(extra), 'row')} are of no model or subject"] if len(extra) else [])


def _contradictions(rows: pd.DataFrame, risks: Risks, replay: Replay) -> list[str]:
    """Cells of a row that cannot stand together."""
    problems = []
    known = np.isfinite(risks.group)
    if (known == (rows["absent"] != "").to_numpy().reshape(known.shape)).any():
        problems.append("a row has both a group and a reason why it has none, or neither")
    if ((risks.share < 0) | (risks.share > 1)).any():
        problems.append("a share of the repeats is not between 0 and 1")
    if not replay.classes:
        # Who is above the cut-off in every repeat is above it on average.
        always = known & (risks.share == 1)
        if (always & ((risks.risk > 0) != (risks.group == 1))).any():
            problems.append("a subject is in one group in every repeat, and its risk is on the other side")
    return problems


def _groups(replay: Replay, model: str) -> np.ndarray:
    """Group of each subject in each repeat of the evaluation, shape (repeats, subjects)."""
    results = [one for one in replay.results if one.model == model]
    groups = np.full((max(one.repeat for one in results), len(replay.y)), np.nan)
    for one in results:
        if not one.failure:
            groups[one.repeat - 1, one.test] = one.group
    return groups


def _losses(files: EndpointFiles, table: pd.DataFrame, replay: Replay, told: Mapping[str, Any]) -> Finding:
    """A loss is the difference of two values of the same model."""
    own = table[table["trained"] == table["deployed"]].set_index(["model", "trained"])["value"]
    keys = pd.MultiIndex.from_frame(table[["model", "trained"]])
    again = table.assign(
        loss=own.reindex(keys).to_numpy() - table["value"].to_numpy(),
        metric=replay.task.order,
        subjects=told.get("transfer", {}).get("subjects"),
    )
    performance = files.table(PERFORMANCE)
    if performance is not None and len(table) and not told["transfer"]["left_out"]:
        known = performance[performance["metric"] == replay.task.order].set_index("model")["value"]
        reader = told.get("reader")
        evaluated = (table["trained"] == reader) & (table["deployed"] == reader)
        again.loc[evaluated, "value"] = known.reindex(table.loc[evaluated, "model"]).to_numpy()
    holds = (
        f"{counted(len(table), 'row')}: losses are differences of the values, and the models' reader has the "
        "value of performance.csv (values with other masks, and limits, need the fitting)."
    )
    problems = differences(table, again, DRAWING_TRANSFER.key)
    return verdict_of("drawing", problems, holds, files.file(DRAWING_TRANSFER))


def _told(
    files: EndpointFiles,
    found: _ByMask,
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
    told: Mapping[str, Any],
) -> Finding:
    """Counts and sentences of the summary are those of the tables."""
    drawings = found.drawings
    made: dict[str, Any] = {
        "reader": drawings[0].reader,
        "subjects": len(found.replay.y),
        "drawings": dict(Counter(one.kind for one in drawings)),
        "absent": {one.name: dict(Counter(filter(None, map(str, one.absent)))) for one in drawings},
    }
    as_told = {**told, **made}
    is_class = bool(found.replay.classes)
    made |= drawing_sentences(as_told, *tables, found.replay.settings, is_class=is_class)
    ours = {name: told.get(name) for name in made}
    problems = value_differences(ours, made)
    holds = "Counts and sentences about the drawing are those of its tables."
    return verdict_of("sentences", problems, holds, f"{files.place}summary.json")
