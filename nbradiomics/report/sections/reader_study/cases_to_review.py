"""Cases to look at: a table of the worst cases, and pictures of the worst, median and best case."""

from __future__ import annotations

import pandas as pd

from nbradiomics.messages.wording import NO_BREAK, counted, signed
from nbradiomics.report.content import Block, Heading, Table, Text
from nbradiomics.report.metric_text import write_metric
from nbradiomics.report.sections.ranking import Chosen
from nbradiomics.report.sections.reader_study.frames import Column, Row, StudyRun, filled, table_of, words
from nbradiomics.report.sections.reader_study.signed import signed_blocks

_SHOWN = 10
#: Note on the page for each status of the automatic mask.
_NOTES = {
    "ok": "",
    "missing": "no mask of the model",
    "failed": "could not be compared",
    "empty_mask": "model's mask empty",
    "empty_reference": "readers' masks empty",
    "both_empty": "all masks empty",
}


def review_blocks(study_run: StudyRun) -> list[Block]:
    """Table of the worst cases, and pictures of the worst, median and best case."""
    cases = filled(study_run.study.cases)
    if cases.empty:
        return []
    blocks: list[Block] = [
        Heading("Cases to look at"),
        _table(cases, study_run),
        *signed_blocks(study_run, cases),
    ]
    if study_run.study.distance_maps:
        maps = counted(study_run.study.distance_maps, "map")
        blocks.append(
            Text(
                f"The folder distance_maps/ contains {maps} of the signed distance from a reader's boundary "
                "to the model's boundary (NIfTI, mm). A viewer can show them over the images.",
                tone="note",
            )
        )
    return blocks


def case_of(row: Row) -> Chosen:
    """Name the case of a row."""
    return Chosen((str(row["subject"]), str(row["timepoint"]), str(row["sequence"]), str(row["roi"])))


def _table(cases: pd.DataFrame, study_run: StudyRun) -> Table:
    by_model = bool(cases["auto_readers"].notna().any())
    criterion = (
        "the model agrees least with the readers" if by_model else "the readers agree least with each other"
    )
    selection = f"The {_SHOWN} of {len(cases):,} cases in" if len(cases) > _SHOWN else "All cases: those in"
    caption = f"{selection} which {criterion} come first ({study_run.label})"
    columns = (
        Column("Case", lambda row: case_of(row).name.replace(" ", NO_BREAK)),
        words("Lowest pair", "lowest_pair"),
        Column("Note", lambda row: _NOTES.get(str(row["status"]), str(row["status"]))),
        Column("Model and readers", lambda row: write_metric(study_run.metric, row["auto_readers"])),
        Column("Readers", lambda row: write_metric(study_run.metric, row["readers_readers"])),
        Column("Difference (above 0: model better)", lambda row: signed(row["difference"])),
        Column("HD95 (mm)", lambda row: write_metric("hd95_mm", row["hd95_mm"])),
        Column("FPRm", lambda row: write_metric("fprm", row["fprm"])),
        Column("FNR", lambda row: write_metric("fnr", row["fnr"])),
    )
    return table_of(cases.head(_SHOWN), columns, text_columns=3, caption=caption)
