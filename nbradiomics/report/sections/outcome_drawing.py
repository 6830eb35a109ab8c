"""From segmentation to prognosis: what the risk owes to who drew the mask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.messages.wording import (
    MISSING,
    against,
    concordance,
    counted,
    interval,
    number,
    percent,
    share,
)
from nbradiomics.outcome.drawing.changes import ANY
from nbradiomics.outcome.drawing.text import range_text
from nbradiomics.report.content import Block, Details, Heading, Picture, Sentences, Table, Text
from nbradiomics.report.figures.caterpillar import Ranges, beyond, draw_caterpillar
from nbradiomics.report.formatting import shorten_apart
from nbradiomics.report.run_files import Endpoint, rows_of

_MASKS = {
    "readers": "the readers",
    "readings": "the readings",
    "edited": "edited automatic masks",
    "consensus": "a consensus",
    "folds": "the folds of the segmentation model",
    "perturbed": "perturbed masks",
}
#: Models with a picture, the first one on top; the others are folded.
_PICTURED = ("radiomic", "combined")
#: Rows of a table that are shown; of more, those of one model, unless these are more than the second number.
_SHOWN, _MOST = 12, 20


def drawing_blocks(endpoint: Endpoint) -> list[Block]:
    """Blocks of the comparison of masks: the answer, the risks with their ranges, groups, and transfer."""
    summary = endpoint.summary.get("drawing")
    if not isinstance(summary, Mapping):
        return []
    sentences = tuple(map(str, summary.get("sentences", [])))
    answer = [str(text) for text in summary.get("leading", [])]
    others = tuple(text for text in sentences if text not in answer)
    blocks: list[Block] = [Heading(f"{endpoint.name}: does the risk depend on who drew the mask?")]
    blocks += [Sentences(tuple(answer))] if answer else []
    blocks += _pictures(endpoint, str(summary.get("reader", MISSING)))
    blocks += _groups(endpoint.drawing_groups, _level(endpoint.summary))
    blocks += _transfer(endpoint.drawing_transfer, _level(endpoint.summary))
    title = f"How the masks were compared, and what it means: {counted(len(others), 'sentence')}"
    return [*blocks, Details(title, (Sentences(others),))] if others else blocks


def _level(summary: Mapping[str, Any]) -> str:
    settings = summary.get("settings")
    level = settings.get("confidence") if isinstance(settings, Mapping) else None
    return f"{share(level)} " if isinstance(level, (int, float)) else ""


def _pictures(endpoint: Endpoint, reader: str) -> list[Block]:
    table = endpoint.drawing_subjects
    if table is None or table.empty:
        return []
    first: list[Block] = []
    folded: list[Block] = []
    for (model, masks, _), part in table.groupby(["model", "masks", "reader"], sort=False):
        known = part[part["risk"].notna()]
        if model not in _PICTURED or known.empty or known["low"].isna().all():
            continue
        picture = _picture(endpoint, (str(model), str(masks), reader), part)
        taken = [each.name for each in (*first, *folded) if isinstance(each, Picture)]
        if picture.name in taken:  # perturbed masks of several readers
            picture = replace(picture, name=f"{picture.name}_{len(taken)}")
        (first if model == _PICTURED[0] else folded).append(picture)
    if folded:
        first.append(Details("Risks of the combined model", tuple(folded)))
    if not first and endpoint.is_class:
        return [Text(f"More than two classes have no risk beside the cut-off of {reader}.", tone="note")]
    return first


def _picture(endpoint: Endpoint, which: tuple[str, str, str], rows: pd.DataFrame) -> Picture:
    """Draw the risks by one model with one set of masks; `which` names both, and the models' reader."""
    model, masks, _ = which
    drawn = rows[rows["risk"].notna()]
    changes = drawn["others"].to_numpy(dtype=int) > 0
    names = shorten_apart([str(name) for name in drawn["subject"]], 12)
    own, low, high = (drawn[name].to_numpy(dtype=float) for name in ("risk", "low", "high"))
    risk = "Log odds" if endpoint.is_class else "Risk"
    ranges = Ranges(tuple(names), own, low, high, changes, f"{risk} beyond the cut-off")
    alt = (
        f"Risks of {counted(len(drawn), 'subject')} in their order, each with its range over "
        f"{int(rows['number'].max())} masks of {_MASKS[masks]}; {int(changes.sum())} change the risk group."
    )
    caption = (f"{endpoint.name}: {model} model, masks of {_MASKS[masks]}", *_caption(ranges, which, rows))
    picture = draw_caterpillar(ranges, alt=alt, caption=caption)
    return replace(picture, name=f"drawing_{model}_{masks}")


def _caption(ranges: Ranges, which: tuple[str, str, str], rows: pd.DataFrame) -> Iterator[str]:
    """Say what is drawn, who changes the group, and who is not in the picture."""
    *_, fitted = which
    reader, most, number_of = str(rows["reader"].iloc[0]), int(rows["number"].max()), len(ranges.names)
    yield (
        f"Point: out-of-fold risk with the mask of {reader} (models fitted to the masks of {fitted}), minus "
        f"the cut-off of the fold, mean over the repeats. Line: lowest to highest risk over {most} masks, no "
        f"confidence interval: {range_text(float(rows['contains'].max()))}."
    )
    yield (
        f"{int(ranges.changes.sum())} of {counted(number_of, 'subject')} are in another group with one of "
        "the masks that they have. The group is that of most repeats: a line can cross the cut-off without a "
        "change, and a group can change without it."
    )
    fewer = int((rows.loc[rows["risk"].notna(), "number"] < most).sum())
    if fewer:
        yield f"{counted(fewer, 'subject')} with fewer masks."
    if number_of < len(rows):
        lacking = counted(len(rows) - number_of, "subject")
        yield f"{lacking} without a risk with the mask of {reader}, not drawn."
    outside = beyond(ranges)
    if outside:
        yield f"{counted(outside, 'subject')} beyond the axis."


def _groups(table: pd.DataFrame | None, level: str) -> list[Block]:
    if table is None or table.empty:
        return []
    counts = ("Subjects", "Change group", f"Share [{level}interval]", "To higher", "To lower", "Lack a mask")
    heading = ("Model", "Mask", "Another mask", *counts)
    columns = ("model", "first", "second", "subjects", "changed", "share", "low", "high")
    rows = []
    for masks, *cells, higher, lower, without in rows_of(
        table, "masks", *columns, "to_higher", "to_lower", "without"
    ):
        model, first, second, subjects, changed, part, low, high = cells
        if masks == "perturbed" and second != ANY:
            continue  # many, and each alone tells little; the file has them
        other = f"{ANY}: {_MASKS[masks]}" if second == ANY else second
        limits = interval(part, low, high, form=_percent) if np.isfinite(low) else percent(part)
        row = (model, first, other, str(subjects), str(changed), limits)
        rows.append((*row, *(MISSING if pd.isna(one) else str(int(one)) for one in (higher, lower, without))))
    return _of_models(heading, rows, "Subjects whose risk group changes with the mask", "drawing_groups")


def _of_models(
    heading: tuple[str, ...], rows: Sequence[tuple[str, ...]], caption: str, name: str
) -> list[Block]:
    """Show one table; of many rows, those of the first pictured model, and fold the others."""
    main = tuple(row for row in rows if row[0] == _PICTURED[0])
    others = tuple(row for row in rows if row[0] != _PICTURED[0])
    if len(rows) <= _SHOWN or not (main and others):
        whole = Table(heading, tuple(rows), 3, caption=caption, name=name)
        return [whole] if len(rows) <= _MOST else [Details(f"{caption}: {len(rows)} comparisons", (whole,))]
    first = _of_models(heading, main, f"{caption} ({_PICTURED[0]} model)", name)
    further = Table(heading, others, 3, caption=f"{caption} (other models)", name=f"{name}_others")
    return [*first, Details(f"The same of the other models: {len(others)} comparisons", (further,))]


def _percent(value: float | None, digits: int = 0) -> str:  # noqa: ARG001 - the form of `interval`
    """Write a share in whole percent."""
    return percent(value)


def _transfer(table: pd.DataFrame | None, level: str) -> list[Block]:
    if table is None or table.empty:
        return []
    metric = "ROC area" if "roc_auc" in set(table["metric"]) else "C"
    limited, paired = (bool(table[name].notna().any()) for name in ("low", "loss_low"))
    values_of = f"{metric} [{level}interval]" if limited else metric
    losses = f"Loss [{level}paired interval]" if paired else "Loss"
    heading = ("Model", "Fitted to masks of", "Used with masks of", values_of, losses)
    rows = []
    for model, trained, deployed, *values in rows_of(
        table, "model", "trained", "deployed", "value", "low", "high", "loss", "loss_low", "loss_high"
    ):
        value, low, high, loss, loss_low, loss_high = values
        own = interval(value, low, high, form=concordance) if np.isfinite(low) else concordance(value)
        form = against(number, 0)
        lost = interval(loss, loss_low, loss_high, form=form) if np.isfinite(loss_low) else form(loss, 2)
        rows.append((model, trained, deployed, own, "" if trained == deployed else lost))
    caption = f"What is lost in {metric} when the model is used with masks of another reader"
    same = f"the same {counted(int(table['subjects'].iloc[0]), 'subject')}, folds and models"
    ended = (
        ", and the same bootstrap samples." if paired else "." if limited else ". Intervals need `refits`."
    )
    what = "Loss: with the masks that the model was fitted to, minus with those that it is used with; "
    return [*_of_models(heading, rows, caption, "drawing_transfer"), Text(what + same + ended, tone="note")]
