"""The command `compare`: compare masks with masks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nbradiomics.cli.console import notes
from nbradiomics.cli.label_notes import show_label_warnings
from nbradiomics.cli.options import (
    Background,
    ClusterFile,
    CohortFile,
    ExecutorName,
    Jobs,
    Lesions,
    Tolerance,
    Work,
)
from nbradiomics.cli.parts import ShardOption, finish_part, limited, remove_parts
from nbradiomics.cli.stated import settings_from
from nbradiomics.cli.steps import execution_of, finish, prepare, read_cohort, show_made_again

if TYPE_CHECKING:
    from nbradiomics.agreement.cohort import AgreementTable
    from nbradiomics.cohort import Cohort


def compare(
    cohort: CohortFile,
    out: Annotated[Path, typer.Option(help="Table to write (.csv or .parquet).")],
    reference: Annotated[
        str | None, typer.Option(help="Reader to compare with; default: every ordered pair of readers.")
    ] = None,
    tolerance: Tolerance = None,
    background: Background = None,
    lesions: Lesions = None,
    perturb: Annotated[
        str | None,
        typer.Option(
            help="Also compare every mask with variants of it, made in memory as by `extract --perturb`: "
            "letters (V volume, C contour), or a YAML file of a chain."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the variants.")] = 0,
    jobs: Jobs = None,
    work: Work = None,
    executor: ExecutorName = None,
    cluster: ClusterFile = None,
    shard: ShardOption = None,
) -> None:
    """Compare masks: overlap, surface distance, direction of error."""
    from nbradiomics.agreement.settings import ComparisonSettings
    from nbradiomics.tables import write_table

    prepare(out, ".csv", ".parquet", inputs=[cohort])
    settings = settings_from(ComparisonSettings, tolerance_mm=tolerance, background_mm=background)
    loaded = read_cohort(cohort)
    execution = limited(execution_of(jobs, work, executor=executor, cluster=cluster), shard, loaded)
    options: dict[str, Any] = {"lesions": lesions, "settings": settings, "execution": execution}
    agreement = _agreement(loaded, reference, perturb, seed, options)
    if shard is not None:
        measured = bool(agreement.table["status"].notna().any())
        finish_part(execution, shard, agreement.failures, out, measured=measured)
        return
    write_table(agreement.table, out)
    remove_parts(out)
    for note in agreement.notes:
        notes.print(f"Note: {note}", markup=False)
    show_made_again(execution.workspace)
    show_label_warnings(loaded, execution=execution)
    finish(agreement.failures, len(agreement.table), out)


def _agreement(
    cohort: Cohort, reference: str | None, perturb: str | None, seed: int, options: dict[str, Any]
) -> AgreementTable:
    """Compare the masks of a cohort; with variants too, if a chain is given."""
    from nbradiomics.agreement.cohort import compare_cohort
    from nbradiomics.agreement.perturbed_cohort import compare_with_variants
    from nbradiomics.perturbation import read_chain

    if perturb is None:
        return compare_cohort(cohort, reference=reference, **options)
    variants = read_chain(perturb, seed)
    return compare_with_variants(cohort, variants, reference=reference, seed=seed, **options)
