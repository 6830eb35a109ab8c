"""Reading and editing times, and the time saved."""

from __future__ import annotations

from nbradiomics.messages.wording import interval, number
from nbradiomics.report.content import Block, Heading, Sentences
from nbradiomics.report.sections.reader_study.frames import Column, StudyRun, filled, table_of, whole, words


def time_blocks(study_run: StudyRun) -> list[Block]:
    """Minutes per reader and kind of mask, and the time that editing saves; none without stated times."""
    times, saved = filled(study_run.study.times), filled(study_run.study.time_saved)
    if times.empty:
        return []
    columns = (
        words("Reader", "reader"),
        words("Mask", "kind"),
        whole("Masks", "n"),
        Column(
            "Minutes, median [quartiles]",
            lambda row: interval(row["median"], row["q1"], row["q3"], digits=1, form=number),
        ),
        Column("Total (hours)", lambda row: number(row["total"] / 60, 1)),
    )
    table = table_of(times, columns, text_columns=2, caption="Time per mask, as the cohort table states it")
    sentences: list[Block] = [Sentences(tuple(saved["sentence"]))] if len(saved) else []
    return [Heading("Reading times"), *sentences, table]
