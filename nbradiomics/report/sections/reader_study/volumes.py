"""Volumes: Bland-Altman pictures and limits of agreement."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nbradiomics.messages.wording import counted, signed, signed_percent
from nbradiomics.report.agreement_rows import independent_rows
from nbradiomics.report.content import Block, Gallery, Heading, Picture, Text
from nbradiomics.report.figures.bland_altman import VolumePair, draw_bland_altman
from nbradiomics.report.sections.reader_study.frames import Column, Row, StudyRun, filled, table_of, whole
from nbradiomics.tables import AUTO

_MOST_PICTURES = 12


def volume_blocks(study_run: StudyRun) -> list[Block]:
    """A picture and a row of numbers for each pair."""
    table = filled(study_run.study.bland_altman)
    if table.empty:
        return []
    table = table.assign(place=table["reader"] != AUTO).sort_values("place", kind="stable")
    blocks: list[Block] = [Heading("Volumes"), *_gallery(study_run, table)]
    columns = (
        Column("Pair", lambda row: f"{row['reader']} minus {row['reference']}"),
        whole("n", "n"),
        Column("Bias (ml)", lambda row: _with_interval(row, "bias", "ml")),
        Column("Limits of agreement (ml)", lambda row: _limits(row, "ml")),
        whole("n, ratio", "ratio_n"),
        Column("Bias (%)", lambda row: _with_interval(row, "bias", "percent")),
        Column("Limits of agreement (%)", lambda row: _limits(row, "percent")),
    )
    title = "Volume of the first minus the second: bias and limits of agreement"
    caption = f"{title}, with {study_run.level} intervals"
    return [*blocks, table_of(table, columns, caption=caption), Text(_NOTE, tone="note")]


_NOTE = (
    "Bland and Altman, Lancet 1986;327:307 and Stat Methods Med Res 1999;8:135. Tumour volumes span several "
    "orders of magnitude, and their differences grow with the volume. The pictures therefore show the ratio "
    "of the two volumes, on a logarithmic axis and in percent, against their geometric mean: +100 % is twice "
    "the volume, -50 % is half. 95 % of the cases are expected between the limits if the logarithms of the "
    "ratios are normally distributed. A case with an empty mask has no ratio, but it is in the differences "
    "in ml."
)


def _gallery(study_run: StudyRun, table: pd.DataFrame) -> list[Block]:
    rows = study_run.run.of_lesions
    if rows is None or not {"volume_ml", "reference_ml"} <= set(rows):
        return [Text("No Bland-Altman picture: agreement.csv is missing or lacks the volumes.")]
    pairs = [(_pair(independent_rows(rows), row), row) for row in table.to_dict("records")]
    drawable = [(pair, row) for pair, row in pairs if pair.volumes.size][:_MOST_PICTURES]
    if not drawable:
        return [Text("No Bland-Altman picture: no case has two volumes above 0.")]
    reach = max(pair.reach for pair, _ in drawable)
    blocks: list[Block] = [
        Gallery(tuple(_picture(pair, row, reach) for pair, row in drawable), layout="charts")
    ]
    omitted = len([pair for pair, _ in pairs if pair.volumes.size]) - len(drawable)
    return (
        [*blocks, Text(f"Not drawn: {counted(omitted, 'further pair')}.", tone="note")] if omitted else blocks
    )


def _pair(rows: pd.DataFrame, row: Row) -> VolumePair:
    """Volumes of a pair, from either of the two rows of a case."""
    names = ["subject", "timepoint", "sequence", "roi", "volume_ml", "reference_ml"]
    forward = rows[(rows["reader"] == row["reader"]) & (rows["reference"] == row["reference"])][names]
    backward = rows[(rows["reader"] == row["reference"]) & (rows["reference"] == row["reader"])][names]
    backward = backward.rename(columns={"volume_ml": "reference_ml", "reference_ml": "volume_ml"})
    both = pd.concat([forward, backward[names]]).dropna(subset=["volume_ml", "reference_ml"])
    once = both.drop_duplicates(names[:4])
    positive = once[(once["volume_ml"] > 0) & (once["reference_ml"] > 0)]
    bias, low, high = (1 + float(row[f"{part}_percent"]) / 100 for part in ("bias", "low", "high"))
    return VolumePair(
        str(row["reader"]),
        str(row["reference"]),
        positive["volume_ml"].to_numpy(dtype=np.float64),
        positive["reference_ml"].to_numpy(dtype=np.float64),
        bias,
        low,
        high,
        emphasised=AUTO in (row["reader"], row["reference"]),
    )


def _picture(pair: VolumePair, row: Row, reach: float) -> Picture:
    name = f"{pair.first} and {pair.second}"
    bias = f"{pair.first} {signed_percent(row['bias_percent'])} against {pair.second}"
    lines = [name, f"{counted(pair.volumes.size, 'case')}; bias solid, limits of agreement dashed"]
    if row["ratio_left_out"] > 0:
        lines.append(f"not drawn: {counted(int(row['ratio_left_out']), 'case')} with an empty mask")
    alt = f"Bland-Altman picture of the volumes of {name}: {bias}, limits {_limits(row, 'percent')}."
    return draw_bland_altman(pair, reach=reach, alt=alt, caption=tuple(lines))


def _write(value: float, unit: str) -> str:
    return signed_percent(value) if unit == "percent" else signed(value, 1)


def _with_interval(row: Row, part: str, unit: str) -> str:
    value, low, high = (row[f"{part}_{unit}{end}"] for end in ("", "_low", "_high"))
    text = _write(value, unit)
    return text if pd.isna(low) else f"{text}\n[{_write(low, unit)}, {_write(high, unit)}]"


def _limits(row: Row, unit: str) -> str:
    return f"{_write(row[f'low_{unit}'], unit)} to {_write(row[f'high_{unit}'], unit)}"
