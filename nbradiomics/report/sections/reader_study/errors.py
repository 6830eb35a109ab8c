"""Missed tumours, and the direction of the errors."""

from __future__ import annotations

from nbradiomics.messages.wording import MISSING, number, p_value, share, signed
from nbradiomics.report.content import Block, Details, Heading, Sentences, Text
from nbradiomics.report.metric_text import write_metric
from nbradiomics.report.sections.reader_study.frames import (
    Column,
    Row,
    StudyRun,
    count,
    filled,
    table_of,
    whole,
    words,
)
from nbradiomics.tables import AUTO

_POOLED = "readers"


def detection_blocks(study_run: StudyRun) -> list[Block]:
    """Failures to find the tumour, each with its denominator."""
    table = filled(study_run.study.detection)
    if table.empty:
        return []
    columns = (
        Column("Mask", lambda row: row["reader"]),
        words("Against", "against"),
        words("Counted", "unit"),
        Column("Number", lambda row: f"{count(row['missed'])} of {count(row['of'])}"),
        Column(f"Rate [{study_run.level} interval]", _rate),
        *((whole("Unknown", "unknown"),) if "unknown" in table else ()),
    )
    caption = "Tumours that were missed, images without a mask, and false alarms"
    return [
        Heading("Failures to find the tumour"),
        table_of(table, columns, text_columns=3, caption=caption),
        Text(_DETECTION, tone="note"),
    ]


_DETECTION = (
    "A tumour is missed if the mask shares no voxel with the mask of any independent reader who drew it; an "
    "empty mask shares none. A patient is counted in two ways: missed in any image, and missed in every "
    "image with a tumour. Not segmented: images without an automatic mask although other images have one; "
    "they are not counted as missed. False alarm: the mask is not empty although no reader drew a tumour. "
    "Unknown: a pair of masks failed, and no other pair decides. The intervals are exact (Clopper and "
    "Pearson 1934)."
)
_DIRECTION = (
    "FPRm = FP / (TP + FN) and FNR = FN / (TP + FN): both are divided by the volume of the reference. "
    "Outward: share of cases with FPRm above FNR. Signed distance and volume difference are means; above 0 "
    "means that the mask reaches further than the reference. The signed distance is half the difference of "
    "the values in the two directions, because a mean over one surface can be below 0 in both directions. "
    "p: signed-rank test of FPRm minus FNR over the subjects."
)


def direction_blocks(study_run: StudyRun) -> list[Block]:
    """Whether the model, and each reader, draws too much or too little."""
    table = filled(study_run.study.direction)
    if table.empty:
        return []
    pooled = table[(table["reader"] == AUTO) & (table["reference"] == _POOLED)]
    model = table[table["reader"] == AUTO]
    first = pooled if len(pooled) else table
    columns = (
        Column("Mask and reference", lambda row: f"{row['reader']} vs {row['reference']}"),
        whole("n", "n"),
        whole("Left out", "left_out"),
        Column("FPRm, median", lambda row: write_metric("fprm", row["fprm_median"])),
        Column("FNR, median", lambda row: write_metric("fnr", row["fnr_median"])),
        Column("Outward", _outward),
        Column("Signed distance (mm)", lambda row: signed(row["signed_distance_mm"])),
        Column("Volume difference (ml)", lambda row: signed(row["volume_difference_ml"], 1)),
        Column("p", lambda row: p_value(row["p"])),
    )
    blocks: list[Block] = [
        Heading("Direction of the errors"),
        Sentences(tuple(first["sentence"])),
        table_of(table, columns, caption="Direction of the differences between masks"),
        Text(_DIRECTION, tone="note"),
    ]
    rest = table.drop(first.index)
    return (
        [*blocks, Details("The other pairs in sentences", (Sentences(tuple(rest["sentence"])),))]
        if len(rest) and len(model)
        else blocks
    )


def _outward(row: Row) -> str:
    value = row["share_outward"]
    return MISSING if value != value else share(round(value, 2))


def _rate(row: Row) -> str:
    if row["rate"] != row["rate"]:
        return MISSING
    rate, low, high = (number(100 * row[name], 1) for name in ("rate", "low", "high"))
    return f"{rate} % [{low}, {high}]"
