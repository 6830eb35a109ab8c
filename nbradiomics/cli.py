"""The command line: parse, call, print.

Nothing heavy is imported before a command runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from nbradiomics.cli_features import maps, show_label_warnings, verify, write_diagnostics
from nbradiomics.cli_model import model_app
from nbradiomics.cli_options import (
    Background,
    CohortFile,
    Jobs,
    Lesions,
    Models,
    Replace,
    Work,
)
from nbradiomics.cli_outcome import outcome, reproducibility
from nbradiomics.cli_readers import readers
from nbradiomics.cli_segment import segment
from nbradiomics.cli_steps import (
    finish,
    finish_run,
    open_workspace,
    prepare,
    processes,
    read_cohort,
    show_made_again,
)
from nbradiomics.cli_train import train
from nbradiomics.console import bars, notes, output, problem_line, show_lines
from nbradiomics.errors import NbradiomicsError
from nbradiomics.execution import FAULT
from nbradiomics.failures import write_error_log
from nbradiomics.names import require_readable_name
from nbradiomics.passing import passing_hint
from nbradiomics.streams import (
    HUNG_UP,
    INTERRUPTED,
    TERMINATED,
    end_if_asked,
    end_when_asked,
    no_longer_ask,
    prepare_streams,
    require_unicode_names,
)

app = typer.Typer(
    name="nbradiomics",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

#: Exit codes after Ctrl-C, a request to end, and a terminal that was closed.
_STOPPED = (INTERRUPTED, TERMINATED, HUNG_UP)
#: Named here so that the help need not read the parameter files; a test holds it true.
PRESETS = (
    "ct_1mm, ct_anisotropic, ibsi_ct_phantom_c, ibsi_ct_phantom_d, ibsi_ct_phantom_e, ibsi_digital_phantom, "
    "t1w_mr_1mm, t1w_mr_anisotropic, t2w_mr_1mm, t2w_mr_anisotropic"
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: exit code 0 when done, 1 on errors, 2 for wrong usage, 130 or 143 if stopped."""
    if arguments is None:  # else another program calls, to whom the process belongs
        require_unicode_names()
        # Without shared memory joblib works in this process alone, which is no news for a user.
        warnings.filterwarnings("ignore", message=".*joblib will operate in serial mode")
        end_when_asked()
    prepare_streams()
    try:
        _run_command(arguments)
    except KeyboardInterrupt:
        _say_stopped(INTERRUPTED)
    except SystemExit as stop:
        if stop.code not in _STOPPED:
            raise
        _say_stopped(stop.code)
    finally:
        if arguments is None:
            no_longer_ask()


def _run_command(arguments: Sequence[str] | None) -> None:
    try:
        for name in (*(sys.argv[1:] if arguments is None else arguments), str(Path.cwd())):
            require_readable_name(name)
        app(args=arguments)
    except NbradiomicsError as error:
        _stop(str(error), error.details)
    except OSError as error:  # a full disk, a folder that may not be written to
        where = f": {error.filename}" if error.filename else ""
        _stop(f"{error.strerror or error}{where}. Check the path, its rights and the disk.")
    except Exception as error:
        if hint := passing_hint(error):
            _stop(hint)
        # A fault of ours: nobody can do anything with its traceback but report it
        _stop(f"{type(error).__name__}: {error}. {FAULT}", traceback.format_exc())


def _say_stopped(code: int | str | None) -> NoReturn:
    notes.print("Stopped. The same command continues a run, demo or training, and one with --work.")
    sys.exit(code)


def _stop(message: str, details: str = "") -> NoReturn:
    end_if_asked()  # then that is the reason
    notes.print("Error:", style="bold red", end=" ")
    notes.print(message, markup=False)
    if details:
        try:
            notes.print(f"The traceback is in {write_error_log(details)}.", markup=False)
        except OSError as error:
            notes.print(f"The traceback could not be written down: {error}.\n{details}", markup=False)
    sys.exit(1)


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        output.print(version("nbradiomics"), markup=False)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Say the version.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Segment tumours, extract PyRadiomics features, test their reproducibility, foretell outcomes."""


@app.command(epilog="Example: nbradiomics demo --out demo")
def demo(
    out: Annotated[Path, typer.Option(help="Run folder; an unfinished demo in it is continued.")],
    subjects: Annotated[
        int, typer.Option(help="Size of the cohort; outcome models need about 20.", min=2)
    ] = 60,
    seed: Annotated[int, typer.Option(help="Seed of the cohort.", min=0)] = 0,
    replace: Replace = False,
    jobs: Jobs = None,
) -> None:
    """Make a synthetic cohort and run the whole study on it."""
    from nbradiomics.demo import run_demo

    asked: dict[str, Any] = {"subjects": subjects, "seed": seed, "replace": replace}
    finish_run(run_demo(out, **asked, jobs=processes(jobs), progress=bars))


@app.command(epilog="Example: nbradiomics run study.yaml --out results")
def run(
    study: Annotated[Path, typer.Argument(help="Study file (YAML).")],
    out: Annotated[Path, typer.Option(help="Run folder; an unfinished run in it is continued.")],
    models: Models = None,
    replace: Replace = False,
    jobs: Jobs = None,
) -> None:
    """Run a whole study: check, segment, compare, readers, extract, reproducibility, outcome, report."""
    from nbradiomics.pipeline import run as run_study

    asked: dict[str, Any] = {"models": models, "replace": replace}
    finish_run(run_study(study, out, **asked, jobs=processes(jobs), progress=bars))


@app.command(epilog="Example: nbradiomics check study.yaml")
def check(
    path: Annotated[Path, typer.Argument(help="Study file (YAML) or cohort table (CSV).")],
    params: Annotated[
        str | None,
        typer.Option(help="For a cohort table: parameters, which may name the label."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write all problems to this table.")] = None,
    models: Models = None,
    jobs: Jobs = None,
) -> None:
    """Find every problem of a study or a cohort before anything is computed."""
    from nbradiomics.checks import survey
    from nbradiomics.checks.outcomes import describe_outcomes
    from nbradiomics.checks.readers import describe_readers
    from nbradiomics.tables import write_table

    done = survey(path, params=params, models=models, jobs=processes(jobs), progress=bars)
    problems = done.problems
    if out is not None:
        write_table(problems, out)
    errors = int((problems["severity"] == "error").sum())
    show_lines([problem_line(row) for row in problems.to_dict("records")])
    is_study = path.suffix.lower() in (".yaml", ".yml")
    for line in [*describe_outcomes(path), *describe_readers(path)] if is_study else []:
        output.print(line, markup=False)
    output.print(f"{path}: {errors} error(s), {len(problems) - errors} warning(s).", markup=False)
    if errors:
        raise typer.Exit(1)
    for line in done.found.lines() if done.found else []:
        output.print(line, markup=False)


app.add_typer(model_app)
app.command(epilog="Example: nbradiomics train cohort.csv --reader expert --out model --preset small")(train)
app.command(epilog="Example: nbradiomics segment cohort.csv --model synthetic-demo --out cohort_auto.csv")(
    segment
)


@app.command(epilog="Example: nbradiomics compare cohort_auto.csv --reference expert --out agreement.csv")
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


app.command(epilog="Example: nbradiomics readers cohort_auto.csv --out readers")(readers)


@app.command(epilog="Example: nbradiomics extract cohort.csv --params t2w_mr_1mm --out features.parquet")
def extract(
    cohort: CohortFile,
    params: Annotated[str, typer.Option(help=f"PyRadiomics parameter file, or a preset: {PRESETS}.")],
    out: Annotated[Path, typer.Option(help="Feature table to write (.parquet or .csv).")],
    engine: Annotated[
        str, typer.Option(help="Engine of the numbers: native, or pyradiomics; their values are the same.")
    ] = "native",
    diagnostics: Annotated[
        Path | None, typer.Option(help="Write PyRadiomics' diagnostics of every mask to this table.")
    ] = None,
    lesions: Lesions = None,
    min_lesion_volume: Annotated[
        float | None,
        typer.Option(help="For --lesions components: least volume of a component in ml, 0.1 unless given."),
    ] = None,
    jobs: Jobs = None,
    work: Work = None,
) -> None:
    """Extract PyRadiomics features of every image and every reader's mask."""
    from nbradiomics.features.cohort import extract_cohort
    from nbradiomics.tables import INDEX, write_table

    for file in (out, *([diagnostics] if diagnostics else [])):
        prepare(file, ".csv", ".parquet", inputs=[cohort, params])
    options: dict[str, Any] = {"jobs": processes(jobs), "workspace": open_workspace(work), "progress": bars}
    loaded = read_cohort(cohort)
    asked: dict[str, Any] = {"params": params, "lesions": lesions, "min_lesion_ml": min_lesion_volume}
    features = extract_cohort(loaded, engine=engine, **asked, **options)
    write_table(features.table, out)
    show_made_again(options["workspace"])
    for note in features.notes:
        notes.print(note, markup=False)
    if diagnostics is not None:
        write_diagnostics(diagnostics, loaded, jobs=processes(jobs), **asked)
    show_label_warnings(loaded, params, jobs=processes(jobs))
    finish(
        features.failures,
        len(features.table),
        out,
        complete=bool(features.table.drop(columns=list(INDEX)).notna().any(axis=None)),
    )


app.command(epilog="Example: nbradiomics verify t2w.nii.gz tumour.nii.gz --params t2w_mr_1mm")(verify)
app.command(epilog="Example: nbradiomics maps t2w.nii.gz tumour.nii.gz --params t2w_mr_1mm --out maps")(maps)


app.command(epilog="Example: nbradiomics reproducibility features.parquet --readers A,B --out stable.csv")(
    reproducibility
)
app.command(
    epilog="Example: nbradiomics outcome features.parquet clinical.csv --time os_days --event os_event "
    "--covariates age,stage --reader auto --out outcome"
)(outcome)


@app.command(epilog="Example: nbradiomics report results")
def report(
    folder: Annotated[Path, typer.Argument(help="Run folder, or a folder that `outcome` wrote.")],
    out: Annotated[
        Path | None, typer.Option(help="HTML file; report.html in the folder unless given.")
    ] = None,
) -> None:
    """Make the report of a run folder, or the page of an outcome, anew."""
    from nbradiomics.report import build_report

    output.print(str(build_report(folder, out)), markup=False)


@app.command(epilog="Example: nbradiomics doctor")
def doctor() -> None:
    """Say which parts are installed and working, and what to do about those that are not."""
    from nbradiomics.doctor import examine

    parts = examine()
    for part in parts:
        output.print(f"{part.state:8s} {part.name}: {part.detail}", markup=False)
        if part.remedy and part.state != "ok":
            output.print(f"         {part.remedy}", markup=False)
    if any(part.state == "broken" for part in parts):
        raise typer.Exit(1)
