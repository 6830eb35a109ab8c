"""The reader study: the answer first, then the evidence for it."""

from __future__ import annotations

from nbradiomics.report.content import Block, Heading, Text
from nbradiomics.report.run_files import Run
from nbradiomics.report.sections.missing_parts import absent_blocks, why_no_study
from nbradiomics.report.sections.reader_study.answer import answer_blocks
from nbradiomics.report.sections.reader_study.cases_to_review import looks_blocks
from nbradiomics.report.sections.reader_study.comparison import comparison_blocks
from nbradiomics.report.sections.reader_study.errors import detection_blocks, direction_blocks
from nbradiomics.report.sections.reader_study.frames import StudyRun
from nbradiomics.report.sections.reader_study.methods import method_blocks
from nbradiomics.report.sections.reader_study.pictures import picture_blocks
from nbradiomics.report.sections.reader_study.pools import apart_blocks, pools_blocks
from nbradiomics.report.sections.reader_study.subgroups import subgroup_blocks
from nbradiomics.report.sections.reader_study.times import time_blocks
from nbradiomics.report.sections.reader_study.volumes import volume_blocks

_POOLED = (
    "The cohort contains several timepoints, sequences or regions. This section pools them; the subgroups "
    "and the section on the agreement of masks show them separately."
)


def readers_blocks(run: Run) -> tuple[Block, ...]:
    """Blocks of the reader study: is the model as good as another expert?"""
    if run.study is None:
        return absent_blocks(why_no_study(run))
    of = StudyRun.of(run, run.study)
    agreement: list[Block] = [*comparison_blocks(of), *picture_blocks(of), *pools_blocks(of)]
    return (
        *answer_blocks(of),
        *_pooled(of),
        Heading("The model with the readers, and the readers among themselves"),
        *agreement,
        *looks_blocks(of),
        *direction_blocks(of),
        *detection_blocks(of),
        *volume_blocks(of),
        *subgroup_blocks(of),
        *time_blocks(of),
        *apart_blocks(of),
        *method_blocks(of),
    )


def _pooled(of: StudyRun) -> list[Block]:
    cases = of.study.cases
    several = cases is not None and len(cases[["timepoint", "sequence", "roi"]].drop_duplicates()) > 1
    return [Text(_POOLED, tone="note")] if several else []
