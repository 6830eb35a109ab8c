"""The command `prepare`: write prepared images, and their cohort table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nbradiomics.cli.console import notes, output, problem_line
from nbradiomics.cli.folders import renewed, working_on_images
from nbradiomics.cli.options import ClusterFile, CohortFile, ExecutorName, Jobs, Replace, Work
from nbradiomics.cli.stated import setting, settings_from
from nbradiomics.cli.steps import (
    execution_of,
    finish,
    fitting_subjects,
    names_in,
    prepare as prepare_output,
    read_cohort,
    show_made_again,
)

if TYPE_CHECKING:
    from nbradiomics.cohort import Cohort
    from nbradiomics.preparation.cohort import PreparedCohort
    from nbradiomics.preparation.settings import PreparationSettings
_SETTINGS = "preparation.settings:PreparationSettings"
_COMMAS = "Separated by commas."
_TABLES = ("preparation", "registration", "moved_masks", "intensities")


def prepare(
    cohort: CohortFile,
    steps: Annotated[str, setting(f"{_SETTINGS}.steps")],
    out: Annotated[
        Path,
        typer.Option(
            help="Cohort table to write (.csv), with the images in the folder NAME_prepared beside it; or a "
            "new folder for both."
        ),
    ],
    fit_on: Annotated[
        str | None, setting(f"{_SETTINGS}.fit_on", hint=f"{_COMMAS[:-1]}, or @FILE with one per line.")
    ] = None,
    fit_folds: Annotated[int | None, setting(f"{_SETTINGS}.fit_folds")] = None,
    landmarks: Annotated[Path | None, setting(f"{_SETTINGS}.landmarks")] = None,
    sequences: Annotated[str | None, setting(f"{_SETTINGS}.sequences", hint=_COMMAS)] = None,
    channels: Annotated[str | None, setting(f"{_SETTINGS}.channels", hint=_COMMAS)] = None,
    body_roi: Annotated[str | None, setting(f"{_SETTINGS}.body_roi")] = None,
    reference_roi: Annotated[str | None, setting(f"{_SETTINGS}.reference_roi")] = None,
    label: Annotated[int, typer.Option(help="Label of masks for which the cohort table names none.")] = 1,
    seed: Annotated[int | None, setting(f"{_SETTINGS}.seed")] = None,
    replace: Replace = False,
    jobs: Jobs = None,
    work: Work = None,
    executor: ExecutorName = None,
    cluster: ClusterFile = None,
) -> None:
    """Prepare images: bias field, noise, normalisation, registration of channels, voxel size."""
    from nbradiomics.execution.workspace import content_hash, result_key
    from nbradiomics.preparation.cohort import is_prepared_file, prepare_cohort
    from nbradiomics.preparation.settings import PreparationSettings

    folder = out.with_name(f"{out.stem}_prepared") if out.suffix == ".csv" else out
    table_file = out if out.suffix == ".csv" else out / "cohort.csv"
    settings = settings_from(
        PreparationSettings,
        steps=steps,
        fit_on=fitting_subjects(fit_on, fit_folds),
        fit_folds=fit_folds,
        landmarks=landmarks,
        sequences=names_in(sequences),
        channels=names_in(channels),
        body_roi=body_roi,
        reference_roi=reference_roi,
        seed=seed,
    )
    chain = settings.chain  # a file of steps is read before anything is written
    execution = execution_of(jobs, work, executor=executor, cluster=cluster)
    loaded = read_cohort(cohort)
    given = [*([] if landmarks is None else [landmarks]), *([Path(steps)] if Path(steps).is_file() else [])]
    prepare_output(table_file, ".csv", inputs=[cohort, *given])
    asked = [
        settings.model_dump(mode="json"),
        [step.name for step in chain],
        *map(content_hash, given),
        label,
    ]
    key = result_key("prepare", asked=[*asked, str(loaded.path)])
    tables = [table_file, *(folder / f"{name}.csv" for name in _TABLES), folder / "landmarks.json"]
    claimed = working_on_images("preparation", loaded, folder, key, is_prepared_file, replacing=replace)
    with claimed, renewed(tables):
        done = prepare_cohort(loaded, out=folder, label=label, settings=settings, execution=execution)
        _warn(loaded, settings)
        _write(done, table_file, folder, [*loaded.files(), *given], settings.model_dump(mode="json"))
        show_made_again(execution.workspace)
        _show(done)
        complete = bool(len(done.table))
        rows = len(done.table) + len(done.failures)
        _show_warnings(done)
        finish(done.failures, rows, table_file, f"{len(done.table)} prepared images; ", complete=complete)


def _warn(cohort: Cohort, settings: PreparationSettings) -> None:
    """Print what `check` warns of in a study."""
    from dataclasses import asdict

    from nbradiomics.study.checks.preparation import preparation_warnings

    for problem in preparation_warnings(cohort, settings, cohort.path):
        notes.print(problem_line(asdict(problem)), markup=False)


def _write(
    done: PreparedCohort, table_file: Path, folder: Path, inputs: list[Path], settings: dict[str, Any]
) -> None:
    from nbradiomics.cohort.unnamed_files import remove_unnamed
    from nbradiomics.execution.provenance import provenance_file, write_provenance
    from nbradiomics.preparation.cohort import is_prepared_file
    from nbradiomics.preparation.written import write_tables

    remove_unnamed(done.cohort, folder, is_prepared_file)
    write_tables(done, folder)
    provenance = provenance_file(table_file)
    write_provenance(provenance, inputs=inputs, preparation={**settings, "fits": done.plan})
    done.cohort.write(table_file)


def _show(done: PreparedCohort) -> None:
    """Print what a user must know before using the images."""
    from nbradiomics.preparation.written import sentences

    for line in done.notes:
        notes.print(f"Note: {line}", markup=False)
    for line in sentences(done):
        output.print(line, markup=False)


def _show_warnings(done: PreparedCohort) -> None:
    """Print which images must not be compared."""
    from nbradiomics.preparation.written import warnings

    for line in warnings(done):
        notes.print(f"Warning: {line}", markup=False)
