"""The command `readers`: is the model as good as another expert?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbradiomics.cli.console import failure_line, output, show_lines
from nbradiomics.cli.label_notes import show_label_warnings
from nbradiomics.cli.options import (
    Background,
    Categorical,
    ClusterFile,
    CohortFile,
    ExecutorName,
    Jobs,
    Lesions,
    Numeric,
    Replace,
    Tolerance,
)
from nbradiomics.cli.stated import setting, settings_from
from nbradiomics.cli.steps import execution_of, names_in, read_cohort, subjects_in

if TYPE_CHECKING:
    from nbradiomics.workflows.reader_study import ReaderStudyResult
_PLAN = "workflows.reader_study:ReaderStudyPlan"


def readers(
    cohort: CohortFile,
    out: Annotated[Path, typer.Option(help="Output folder; an unfinished study in it is continued.")],
    metric: Annotated[str | None, setting(f"{_PLAN}.metric")] = None,
    margin: Annotated[float | None, setting(f"{_PLAN}.margin")] = None,
    margin_fixed: Annotated[str | None, setting(f"{_PLAN}.margin_fixed")] = None,
    training_subjects: Annotated[
        str | None,
        setting(f"{_PLAN}.training_subjects", hint="Separated by commas, or @FILE with one per line."),
    ] = None,
    epsilon: Annotated[
        float | None,
        typer.Option(
            help="Advantage of the model in the alternative annotator test, from 0 to below 1; the test with "
            "0 is always added. Default: 0.2."
        ),
    ] = None,
    tolerance: Tolerance = None,
    background: Background = None,
    consensus: Annotated[str | None, setting(f"{_PLAN}.consensus", hint="staple,majority.")] = None,
    write_consensus: Annotated[
        str | None, setting(f"{_PLAN}.write_consensus", hint="Separated by commas.")
    ] = None,
    subgroups: Annotated[str | None, setting(f"{_PLAN}.subgroups", hint="Separated by commas.")] = None,
    clinical: Annotated[Path | None, typer.Option(help="Clinical table with columns for subgroups.")] = None,
    categorical: Categorical = None,
    numeric: Numeric = None,
    maps: Annotated[bool | None, setting(f"{_PLAN}.maps", "--maps/--no-maps")] = None,
    confidence: Annotated[float | None, setting(f"{_PLAN}.confidence")] = None,
    alpha: Annotated[float | None, setting(f"{_PLAN}.alpha")] = None,
    bootstraps: Annotated[int | None, setting(f"{_PLAN}.bootstraps")] = None,
    seed: Annotated[int | None, setting(f"{_PLAN}.seed")] = None,
    lesions: Lesions = None,
    replace: Replace = False,
    jobs: Jobs = None,
    executor: ExecutorName = None,
    cluster: ClusterFile = None,
) -> None:
    """Compare readers with each other and with the model: is it as good as another expert?"""
    from nbradiomics.workflows.reader_study import ReaderStudyPlan, run_reader_study

    plan = settings_from(
        ReaderStudyPlan,
        metric=metric,
        margin=margin,
        margin_fixed=margin_fixed,
        training_subjects=None if training_subjects is None else subjects_in(training_subjects),
        epsilons=None if epsilon is None else sorted({epsilon, 0.0}, reverse=True),
        tolerance_mm=tolerance,
        background_mm=background,
        consensus=names_in(consensus),
        write_consensus=names_in(write_consensus),
        subgroups=names_in(subgroups),
        clinical=clinical,
        categorical=names_in(categorical),
        numeric=names_in(numeric),
        maps=maps,
        confidence=confidence,
        alpha=alpha,
        bootstraps=bootstraps,
        seed=seed,
        lesions=lesions,
    )
    execution = execution_of(jobs, executor=executor, cluster=cluster)
    loaded = read_cohort(cohort)
    done = run_reader_study(loaded, out, plan=plan, replace=replace, execution=execution)
    show_label_warnings(loaded, execution=execution)
    _finish(done)


def _finish(done: ReaderStudyResult) -> None:
    show_lines([failure_line(failure) for failure in done.failures])
    for sentence in (*done.study.sentences, *done.notes):
        output.print(sentence, markup=False)
    output.print(f"{len(done.agreement)} rows, {len(done.failures)} failure(s)", markup=False)
    output.print(str(done.report), markup=False)
    if done.agreement["status"].isna().all():
        raise typer.Exit(1)
