"""The command `processing`: which features does the processing of image and mask change?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nbradiomics.cli.console import failure_line, notes, output, show_lines
from nbradiomics.cli.options import ClusterFile, CohortFile, ExecutorName, ImageThreads, Jobs, Replace, Work
from nbradiomics.cli.stated import setting, settings_from, settings_of_options
from nbradiomics.cli.steps import execution_of, read_cohort

_SETTINGS = "reproducibility.processing.settings:ProcessingSettings"


def processing(
    cohort: CohortFile,
    grid: Annotated[Path, typer.Option(help="File of the reference pipeline and its alterations (YAML).")],
    out: Annotated[Path, typer.Option(help="Output folder; an unfinished study in it is continued.")],
    threshold: Annotated[float | None, setting(f"{_SETTINGS}.threshold")] = None,
    confidence: Annotated[float | None, setting(f"{_SETTINGS}.confidence")] = None,
    min_subjects: Annotated[int | None, setting(f"{_SETTINGS}.min_subjects")] = None,
    reader: Annotated[str | None, setting(f"{_SETTINGS}.reader")] = None,
    timepoint: Annotated[str | None, setting(f"{_SETTINGS}.timepoint")] = None,
    sequence: Annotated[str | None, setting(f"{_SETTINGS}.sequence")] = None,
    roi: Annotated[str | None, setting(f"{_SETTINGS}.roi")] = None,
    reading: Annotated[int | None, setting(f"{_SETTINGS}.reading")] = None,
    engine: Annotated[str | None, setting("features.settings:ExtractionSettings.engine")] = None,
    replace: Replace = False,
    jobs: Jobs = None,
    threads: ImageThreads = None,
    work: Work = None,
    executor: ExecutorName = None,
    cluster: ClusterFile = None,
) -> None:
    """Find out which features keep their values when the processing of image and mask is altered."""
    options = dict(locals())
    from nbradiomics.features.settings import ExtractionSettings
    from nbradiomics.reproducibility.processing.settings import ProcessingSettings
    from nbradiomics.workflows.processing.run import study_processing

    settings = settings_of_options(ProcessingSettings, options)
    chosen = settings_from(ExtractionSettings, engine=engine, threads=threads).engine
    execution = execution_of(jobs, work, threads=threads, executor=executor, cluster=cluster)
    loaded = read_cohort(cohort)
    done = study_processing(
        loaded, grid, out, engine=chosen, settings=settings, replace=replace, execution=execution
    )
    show_lines([failure_line(failure) for failure in done.failures])
    for note in done.notes:
        notes.print(note, markup=False)
    for sentence in done.sentences:
        output.print(sentence, markup=False)
    output.print(f"{len(done.table)} rows, {len(done.failures)} failure(s)", markup=False)
    output.print(str(done.report), markup=False)
    if done.table["ccc"].isna().all():
        raise typer.Exit(1)
