"""The command `compare`: masks against masks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nbradiomics.cli.console import bars
from nbradiomics.cli.label_notes import show_label_warnings
from nbradiomics.cli.options import Background, CohortFile, Jobs, Lesions, Work
from nbradiomics.cli.steps import finish, open_workspace, prepare, processes, read_cohort, show_made_again


def compare(
    cohort: CohortFile,
    out: Annotated[Path, typer.Option(help="Table to write (.csv or .parquet).")],
    reference: Annotated[
        str | None, typer.Option(help="Reader to compare with; every ordered pair unless given.")
    ] = None,
    tolerance: Annotated[float, typer.Option(help="Tolerance of the surface Dice, mm.")] = 3.0,
    background: Background = None,
    lesions: Lesions = None,
    jobs: Jobs = None,
    work: Work = None,
) -> None:
    """Compare masks: overlap, surface distance, direction of error."""
    from nbradiomics.agreement.cohort import compare_cohort
    from nbradiomics.agreement.field import Field
    from nbradiomics.tables import write_table

    prepare(out, ".csv", ".parquet", inputs=[cohort])
    options: dict[str, Any] = {"jobs": processes(jobs), "workspace": open_workspace(work), "progress": bars}
    loaded = read_cohort(cohort)
    agreement = compare_cohort(
        loaded,
        reference=reference,
        lesions=lesions,
        tolerance_mm=tolerance,
        field=Field(background),
        **options,
    )
    write_table(agreement.table, out)
    show_made_again(options["workspace"])
    show_label_warnings(loaded, jobs=processes(jobs))
    finish(agreement.failures, len(agreement.table), out)
