"""The command `compare`: compare masks with masks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nbradiomics.cli.label_notes import show_label_warnings
from nbradiomics.cli.options import Background, CohortFile, Jobs, Lesions, Tolerance, Work
from nbradiomics.cli.stated import settings_from
from nbradiomics.cli.steps import execution_of, finish, prepare, read_cohort, show_made_again


def compare(
    cohort: CohortFile,
    out: Annotated[Path, typer.Option(help="Table to write (.csv or .parquet).")],
    reference: Annotated[
        str | None, typer.Option(help="Reader to compare with; default: every ordered pair of readers.")
    ] = None,
    tolerance: Tolerance = None,
    background: Background = None,
    lesions: Lesions = None,
    jobs: Jobs = None,
    work: Work = None,
) -> None:
    """Compare masks: overlap, surface distance, direction of error."""
    from nbradiomics.agreement.cohort import compare_cohort
    from nbradiomics.agreement.settings import ComparisonSettings
    from nbradiomics.tables import write_table

    prepare(out, ".csv", ".parquet", inputs=[cohort])
    settings = settings_from(ComparisonSettings, tolerance_mm=tolerance, background_mm=background)
    execution = execution_of(jobs, work)
    loaded = read_cohort(cohort)
    choice: dict[str, Any] = {"reference": reference, "lesions": lesions}
    agreement = compare_cohort(loaded, **choice, settings=settings, execution=execution)
    write_table(agreement.table, out)
    show_made_again(execution.workspace)
    show_label_warnings(loaded, execution=execution)
    finish(agreement.failures, len(agreement.table), out)
