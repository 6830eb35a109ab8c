"""Steps that the commands share: check the output, read the tables, report the result, set the exit code."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import typer

from nbradiomics.cli.console import bars, failure_line, notes, output, problem_line, show_lines
from nbradiomics.errors import InputError
from nbradiomics.files.names import require_room
from nbradiomics.files.regular_file import exists
from nbradiomics.system.processors import processors

if TYPE_CHECKING:
    import pandas as pd

    from nbradiomics.cohort import Cohort
    from nbradiomics.execution.batch import Failure
    from nbradiomics.execution.execution import Execution
    from nbradiomics.execution.workspace import Workspace
    from nbradiomics.workflows.run import RunResult
    from nbradiomics.workflows.shards import ShardResult


def finish_run(result: RunResult) -> None:
    """Show the failures, the summary and the path of the report; exit 1 if no feature was measured."""
    for note in result.notes:
        notes.print(f"Note: {note}", markup=False)
    show_lines([failure_line(failure) for failure in result.failures])
    for line in result.summary:
        output.print(line, markup=False)
    output.print(str(result.report), markup=False)
    if not result.complete:
        raise typer.Exit(1)


def finish_shard(result: ShardResult) -> None:
    """Show the failures of a shard and what comes next; exit 1 if no feature was measured in it."""
    for note in result.notes:
        notes.print(f"Note: {note}", markup=False)
    show_lines([failure_line(failure) for failure in result.failures])
    listed = f", listed in {result.failures_file}" if result.failures_file else ""
    counts = f"{result.subjects} subject(s), {len(result.failures)} failure(s){listed}."
    output.print(f"Shard {result.shard} of {result.folder} is done: {counts}", markup=False)
    output.print("When all shards are done, the same command without --shard writes the tables.")
    if not result.complete:
        raise typer.Exit(1)


def finish(
    failures: list[Failure],
    cases: int,
    out: Path,
    extra: str = "",
    *,
    what: str = "rows",
    complete: bool | None = None,
) -> None:
    """Print the counts, write the failures beside the output and show them; exit 1 if nothing succeeded."""
    output.print(f"{cases} {what}, {extra}{len(failures)} failure(s) -> {out}", markup=False)
    list_failures(failures, out.with_name(f"{out.stem}.failures.csv"))
    if not (len(failures) < cases if complete is None else complete):
        raise typer.Exit(1)


def list_failures(failures: list[Failure], file: Path) -> None:
    """Remove the table of an earlier call; if there are failures, write them to a table and show them."""
    from nbradiomics.execution.failures import remove_failures, write_failures

    remove_failures(file)
    if failures:
        show_lines([failure_line(failure) for failure in write_failures(failures, file)])
        output.print(f"Failures are listed in {file}", markup=False)


def read_cohort(path: Path) -> Cohort:
    """Read a cohort table and show its warnings."""
    from dataclasses import asdict

    from nbradiomics.cohort import load_cohort

    cohort = load_cohort(path)
    for problem in cohort.warnings:
        notes.print(problem_line(asdict(problem)), markup=False)
    return cohort


def read_features(path: Path) -> pd.DataFrame:
    """Read a feature table and show the values that were changed during reading."""
    from nbradiomics.tables import read_feature_table

    table, reading_notes = read_feature_table(path)
    for note in reading_notes:
        notes.print(f"{path}: {note}", markup=False)
    return table


def read_clinical(path: Path) -> pd.DataFrame:
    """Read a clinical table and show the values that were changed during reading."""
    from nbradiomics.clinical import read_clinical_with_notes

    table, reading_notes = read_clinical_with_notes(path)
    for note in reading_notes:
        notes.print(f"{path}: {note}", markup=False)
    return table


def execution_of(
    jobs: int | None,
    work: Path | None = None,
    *,
    threads: int | None = None,
    executor: str | None = None,
    cluster: Path | None = None,
) -> Execution:
    """Make the execution settings from `--jobs`, `--work`, `--threads`, `--executor` and `--cluster`.

    A cluster ends with the command.
    """
    from nbradiomics.execution.execution import Execution
    from nbradiomics.execution.executors.choice import uses_this_machine

    if executor is not None and not uses_this_machine(executor):
        if jobs is not None:
            raise InputError(
                f"--jobs is the number of processes of this machine, and --executor {executor} uses others.",
                "Leave out --jobs: the scheduler, or `maximum` in the file of --cluster, decides the number.",
            )
        jobs = 1
    execution = Execution(
        processes(jobs, threads or 1),
        bars,
        _open_workspace(work),
        tell=_print_note,
        threads=threads,
        executor=executor,
        cluster=cluster,
    )
    context = click.get_current_context(silent=True)
    if context is not None:
        context.call_on_close(execution.close)
    return execution


def _print_note(line: str) -> None:
    notes.print(line, markup=False)


def _open_workspace(folder: Path | None) -> Workspace | None:
    """Open the workspace of the option `--work`."""
    from nbradiomics.execution import workspace

    if folder is not None and exists(folder) and not folder.is_dir():
        raise InputError(
            f"{folder} is not a folder.", "Name a new folder for --work, or the folder of earlier results."
        )
    if folder is None:
        return None
    opened = workspace.Workspace(folder)
    opened.remove_leftovers()
    return opened


def show_made_again(workspace: Workspace | None) -> None:
    """Report stored results that were damaged and had to be computed again."""
    for note in workspace.notes() if workspace is not None else []:
        notes.print(f"Note: {note}", markup=False)


def processes(jobs: int | None, threads: int = 1) -> int:
    """Return the number of processes for the option `--jobs`; default: one processor for each thread."""
    return max(processors() // threads, 1) if jobs is None else jobs


def names_in(text: str | None) -> list[str] | None:
    """Split the names of an option at commas; ``None`` if the option was not given."""
    return None if text is None else split_names(text)


def split_names(text: str | None) -> list[str]:
    """Split the names of an option at commas; an empty list if the option was not given."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def subjects_in(text: str) -> list[str]:
    """Read the subjects from the option, or from the file that it names."""
    from nbradiomics.tables import read_text

    if not text.startswith("@"):
        return split_names(text)
    file = Path(text.removeprefix("@"))
    return [name for line in read_text(file, "list of subjects").splitlines() for name in split_names(line)]


def fitting_subjects(fit_on: str | None, fit_folds: int | None) -> list[str] | None:
    """Read the subjects of --fit-on; named subjects and folds of a cross-fitting exclude each other."""
    if fit_on is not None and fit_folds is not None:
        raise InputError(
            "--fit-on and --fit-folds were both given.",
            "Name subjects on whom no model will be evaluated (--fit-on), or the number of folds "
            "(--fit-folds).",
        )
    return None if fit_on is None else subjects_in(fit_on)


def prepare(out: Path, *endings: str, inputs: Sequence[str | Path] = ()) -> None:
    """Check, before anything is computed, that the result can be written and overwrites no input."""
    if out.suffix not in endings:
        raise InputError(f"{out} ends in {out.suffix!r}.", f"Use a name that ends in {' or '.join(endings)}.")
    if any(os.path.abspath(out) == os.path.abspath(given) for given in inputs):
        raise InputError(f"{out} is an input of this command.", "Write to another file.")
    require_room(out, ".segmentation.csv", ".provenance.json", ".failures.csv")
    out.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(out.parent, os.W_OK):
        raise InputError(f"there is no permission to write to {out.parent}.", "Choose another folder.")
