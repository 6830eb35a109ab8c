"""Section of a run's processing study: which features does the processing change?"""

from __future__ import annotations

from typing import Any

from nbradiomics.report.content import Block, Text
from nbradiomics.report.processing_page import processing_blocks
from nbradiomics.report.run_files import Run
from nbradiomics.report.sections.missing_parts import NOT_REQUESTED, absent_blocks, could_not, failures_of
from nbradiomics.reproducibility.processing.settings import ProcessingSettings

PROCESSING = "processing"


def processing_of_run_blocks(run: Run) -> tuple[Block, ...]:
    """The blocks of the page of a processing study, and whose masks were measured; why there are none."""
    if run.processing is None or run.processing_classes is None:
        causes = [cause for case, cause in failures_of(run, PROCESSING) if case == "cohort"]
        return absent_blocks(could_not(causes[0]) if causes else NOT_REQUESTED)
    record: dict[str, Any] = run.provenance.get(PROCESSING, {})
    blocks = processing_blocks(
        run.processing,
        run.processing_classes,
        grid_text=str(record.get("grid", "")),
        threshold=ProcessingSettings(**record.get("settings", {})).threshold,
        notes=[str(note) for note in record.get("notes", [])],
    )
    if "reader" not in record:
        return blocks
    return (blocks[0], Text(f"Measured with the masks of {record['reader']}."), *blocks[1:])
