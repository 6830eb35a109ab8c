"""The commands for a whole study: `demo`, `run`, `check`, `report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nbradiomics.cli.console import output, problem_line, show_json, show_lines
from nbradiomics.cli.options import ClusterFile, ExecutorName, Export, Jobs, Json, Models, Replace
from nbradiomics.cli.steps import execution_of, finish_run, finish_shard
from nbradiomics.errors import InputError


def demo(
    out: Annotated[Path, typer.Option(help="Run folder; an unfinished demo in it is continued.")],
    subjects: Annotated[
        int, typer.Option(help="Number of subjects; outcome models need about 20.", min=2)
    ] = 60,
    seed: Annotated[int, typer.Option(help="Seed of the cohort.", min=0)] = 0,
    replace: Replace = False,
    jobs: Jobs = None,
    executor: ExecutorName = None,
    cluster: ClusterFile = None,
) -> None:
    """Make a synthetic cohort and run the whole study on it."""
    from nbradiomics.workflows.demo import run_demo

    execution = execution_of(jobs, executor=executor, cluster=cluster)
    finish_run(run_demo(out, subjects=subjects, seed=seed, replace=replace, execution=execution))


def run(
    study: Annotated[Path, typer.Argument(help="Study file (YAML).")],
    out: Annotated[Path, typer.Option(help="Run folder; an unfinished run in it is continued.")],
    models: Models = None,
    replace: Replace = False,
    jobs: Jobs = None,
    executor: ExecutorName = None,
    cluster: ClusterFile = None,
    shard: Annotated[
        str | None,
        typer.Option(
            help="Compute only part i of n of the subjects, such as 1/4, and write no tables; run all parts "
            "at once as a job array, and then the command without this option.",
            metavar="I/N",
        ),
    ] = None,
) -> None:
    """Run a whole study: all stages that its study file has, from check to report."""
    from nbradiomics.workflows.run import run as run_study
    from nbradiomics.workflows.shards import run_shard

    execution = execution_of(jobs, executor=executor, cluster=cluster)
    if shard is not None:
        if replace:
            raise InputError(
                "--replace was given with --shard, but a shard removes nothing: others may work there.",
                "Remove the earlier results first, or choose another folder.",
            )
        finish_shard(run_shard(study, out, shard, models=models, execution=execution))
        return
    finish_run(run_study(study, out, models=models, replace=replace, execution=execution))


def check(
    path: Annotated[Path, typer.Argument(help="Study file (YAML) or cohort table (CSV).")],
    params: Annotated[
        str | None,
        typer.Option(help="For a cohort table: parameter file or preset, which may name the label."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write all problems to this table.")] = None,
    models: Models = None,
    jobs: Jobs = None,
    executor: ExecutorName = None,
    cluster: ClusterFile = None,
    as_json: Json = False,
) -> None:
    """Find every problem of a study or a cohort before anything is computed."""
    from nbradiomics.study.checks import survey
    from nbradiomics.study.checks.outcomes import describe_outcomes
    from nbradiomics.study.checks.readers import describe_readers
    from nbradiomics.tables import write_table

    execution = execution_of(jobs, executor=executor, cluster=cluster)
    done = survey(path, params=params, models=models, execution=execution)
    problems = done.problems
    if out is not None:
        write_table(problems, out)
    errors = int((problems["severity"] == "error").sum())
    is_study = path.suffix.lower() in (".yaml", ".yml")
    read_as = [*describe_outcomes(path), *describe_readers(path)] if is_study else []
    found = done.found.lines() if done.found and not errors else []
    if as_json:
        show_json(problems=problems, errors=errors, read_as=read_as, found=found)
    else:
        show_lines([problem_line(row) for row in problems.to_dict("records")])
        counts = f"{path}: {errors} error(s), {len(problems) - errors} warning(s)."
        for line in (*read_as, counts, *found):
            output.print(line, markup=False)
    if errors:
        raise typer.Exit(1)


def report(
    folder: Annotated[Path, typer.Argument(help="Run folder, or a folder written by `outcome`.")],
    out: Annotated[Path | None, typer.Option(help="HTML file; default: report.html in the folder.")] = None,
    export: Export = None,
) -> None:
    """Build the report of a run folder, or of an outcome folder, again."""
    from nbradiomics.report import build_report, export_paper

    output.print(str(build_report(folder, out)), markup=False)
    for line in export_paper(folder).lines if export else []:
        output.print(line, markup=False)
