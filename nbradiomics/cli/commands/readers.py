"""The command `readers`: is the model as good as another expert?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbradiomics.cli.console import bars, failure_line, output, show_lines
from nbradiomics.cli.label_notes import show_label_warnings
from nbradiomics.cli.options import Background, Categorical, CohortFile, Jobs, Lesions, Numeric, Replace
from nbradiomics.cli.steps import processes, read_cohort, split_names

if TYPE_CHECKING:
    from nbradiomics.workflows.reader_study import ReaderStudyResult


def readers(
    cohort: CohortFile,
    out: Annotated[Path, typer.Option(help="Folder to write to; an unfinished study in it is continued.")],
    metric: Annotated[
        str, typer.Option(help="Metric that decides: dice, nsd, hd95_mm or another column.")
    ] = "dice",
    margin: Annotated[
        float | None,
        typer.Option(
            help="By how much the model may agree less with the readers than they do with each other; fixed "
            "beforehand. 0.03 for a metric from 0 to 1; needed for one in mm.",
            min=0,
        ),
    ] = None,
    margin_fixed: Annotated[
        str | None, typer.Option(help="When or where the margin was fixed beforehand: a date or a protocol.")
    ] = None,
    training_subjects: Annotated[
        str | None,
        typer.Option(
            help="Subjects that the model was trained on, with commas, or @FILE with one a line: they are "
            "left out, as are those of column in_training."
        ),
    ] = None,
    epsilon: Annotated[
        float,
        typer.Option(
            help="Benefit of the model in the alternative annotator test; 0 beside it.", min=0, max=0.99
        ),
    ] = 0.2,
    tolerance: Annotated[float, typer.Option(help="Tolerance of the surface Dice, mm.")] = 3.0,
    background: Background = None,
    consensus: Annotated[
        str | None,
        typer.Option(help="Consensus of the other readers as a further reference: staple,majority."),
    ] = None,
    write_consensus: Annotated[
        str | None,
        typer.Option(
            help="Write the readers' consensus as masks of a reader, to train from: staple,majority."
        ),
    ] = None,
    subgroups: Annotated[
        str | None,
        typer.Option(help="Columns, with commas; site, timepoint and sequence unless given."),
    ] = None,
    clinical: Annotated[Path | None, typer.Option(help="Clinical table with columns for subgroups.")] = None,
    categorical: Categorical = None,
    numeric: Numeric = None,
    maps: Annotated[
        bool, typer.Option(help="Write maps of the signed distance from each reader to the model.")
    ] = True,
    bootstraps: Annotated[int, typer.Option(help="Resamples of the subjects.", min=100)] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap.", min=0)] = 0,
    lesions: Lesions = None,
    replace: Replace = False,
    jobs: Jobs = None,
) -> None:
    """Compare readers with each other and with the model: is it as good as another expert?"""
    from nbradiomics.workflows.reader_study import reader_plan, run_reader_study

    plan = reader_plan(
        metric=metric,
        margin=margin,
        margin_fixed=margin_fixed,
        epsilons=[epsilon, 0.0] if epsilon else [0.0],
        tolerance_mm=tolerance,
        background_mm=background,
        consensus=split_names(consensus),
        subgroups=split_names(subgroups),
        clinical=clinical,
        categorical=split_names(categorical),
        numeric=split_names(numeric),
        maps=maps,
        bootstraps=bootstraps,
    )
    loaded = read_cohort(cohort)
    done = run_reader_study(
        loaded,
        out,
        plan=plan,
        write_consensus=split_names(write_consensus),
        training_subjects=_subjects(training_subjects),
        lesions=lesions,
        seed=seed,
        jobs=processes(jobs),
        progress=bars,
        replace=replace,
    )
    show_label_warnings(loaded, jobs=processes(jobs))
    _finish(done)


def _subjects(text: str | None) -> list[str]:
    """Subjects of the option, or of the file that it names."""
    from nbradiomics.tables import read_text

    if text is None or not text.startswith("@"):
        return split_names(text)
    file = Path(text.removeprefix("@"))
    return [name for line in read_text(file, "list of subjects").splitlines() for name in split_names(line)]


def _finish(done: ReaderStudyResult) -> None:
    show_lines([failure_line(failure) for failure in done.failures])
    for sentence in (*done.study.sentences, *done.notes):
        output.print(sentence, markup=False)
    output.print(f"{len(done.agreement)} rows, {len(done.failures)} failure(s)", markup=False)
    output.print(str(done.report), markup=False)
    if done.agreement["status"].isna().all():
        raise typer.Exit(1)
