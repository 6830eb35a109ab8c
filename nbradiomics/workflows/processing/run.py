"""Run a processing study: extract the grid, compare, write the tables and the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace as replaced
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from nbradiomics.cohort import Cohort, CohortSource, load_cohort
from nbradiomics.cohort.in_training import (
    left_out_sentence,
    seen_subjects,
    unknown_sentence,
    unknown_subjects,
)
from nbradiomics.cohort.lesions import measured_cases
from nbradiomics.cohort.variants import require_one_variant
from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.failures import remove_failures, write_failures
from nbradiomics.execution.provenance import write_provenance
from nbradiomics.execution.workspace import Workspace, result_key
from nbradiomics.features.extract import DEFAULT_ENGINE, resolve_label
from nbradiomics.features.processing import ProcessingGrid, extract_grid, load_grid
from nbradiomics.files.folder_in_use import working_in
from nbradiomics.files.owned_folder import claim
from nbradiomics.report.processing_page import write_processing_page
from nbradiomics.reproducibility.processing.settings import ProcessingSettings
from nbradiomics.settings import spread
from nbradiomics.tables import AUTO, select, write_table
from nbradiomics.tables.result import Result
from nbradiomics.workflows.folder import cohort_owner
from nbradiomics.workflows.processing.comparison import compare_processing, count_classes

_FILES = {
    "features.parquet",
    "processing.csv",
    "processing_classes.csv",
    "failures.csv",
    "failures.log",
    "provenance.json",
    "report.html",
}


@dataclass(frozen=True, repr=False)
class ProcessingResult(Result):
    """Result of a processing study.

    Attributes
    ----------
    table
        A row per feature and alteration (`processing.csv`).
    classes
        Number of stable features of each class and alteration (`processing_classes.csv`).
    features
        Features of the reference (variant `original`) and of every alteration.
    failures
        Masks that could not be altered or measured, and features without a value.
    notes
        Remarks: left-out masks, bins that do not suit an alteration.
    sentences
        The answer in words.
    report
        The page.
    """

    table: pd.DataFrame
    classes: pd.DataFrame
    features: pd.DataFrame
    failures: list[Failure]
    notes: list[str]
    sentences: list[str]
    report: Path


@spread(settings=ProcessingSettings, execution=Execution)
def study_processing(
    cohort: CohortSource,
    grid: str | Path | Mapping[str, Any] | ProcessingGrid,
    out: str | Path,
    *,
    engine: str = DEFAULT_ENGINE,
    settings: ProcessingSettings = ProcessingSettings(),  # noqa: B008 - frozen
    replace: bool = False,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> ProcessingResult:
    """Find out which features keep their values when the processing of image and mask is altered.

    Parameters
    ----------
    cohort
        Cohort table (a file or a DataFrame), or a loaded cohort. Each subject is measured once: choose a
        reader, timepoint, sequence and reading if there are several. Automatic masks of subjects that the
        model was trained on are left out.
    grid
        File of the reference pipeline and its alterations, or its content (`docs/guides/processing.md`).
    out
        Folder of the results; a study that was interrupted continues there.
    engine
        Engine that computes the features.
    settings
        Threshold, intervals, and which masks are measured. Each of its fields may be given by its own name.
    replace
        First remove the results of another study from the folder.
    execution
        Processes and progress display. Each of its fields may be given by its own name.

    Raises
    ------
    InputError
        When the grid or the cohort table is wrong, a subject has several masks, or the folder has other
        files.

    Examples
    --------
    >>> grid = {"reference": "params.yaml", "alterations": {"dilated": {"mask_mm": 1}}}
    >>> done = study_processing("cohort.csv", grid, "processing", reader="A")
    >>> done.table[["alteration", "subjects", "reason"]].to_numpy().tolist()
    [['dilated', 3, '3 subjects with a value by both pipelines; 10 are needed']]
    """
    loaded = load_cohort(cohort)
    grid = load_grid(grid)
    chosen, notes = _chosen(loaded, grid, settings)
    owner, folder = cohort_owner("processing study", loaded), Path(out)
    stated = settings.model_dump(mode="json")
    key = result_key("processing", grid=grid.text, asked=stated, engine=engine, table=str(loaded.path))
    with working_in(folder, str(owner), key):
        claim(folder, owner, _is_own, replacing=replace)
        execution = _storing(execution, folder)
        features = extract_grid(chosen, grid, engine=engine, execution=execution)
        table = compare_processing(features.table, grid, settings)
        classes = count_classes(table, settings)
        for name, content in (
            ("features.parquet", features.table),
            ("processing.csv", table),
            ("processing_classes.csv", classes),
        ):
            write_table(content, folder / name)
        remove_failures(folder / "failures.csv")
        failures = features.failures
        if failures:
            failures = write_failures(failures, folder / "failures.csv")
        files = [path for path in chosen.files() if path.exists()]
        record = {"grid": grid.text, "settings": stated, "engine": engine}
        write_provenance(folder / "provenance.json", inputs=files, processing=record)
        notes = [*notes, *features.notes, *_workspace_notes(execution)]
        report = folder / "report.html"
        sentences = write_processing_page(
            report, table, classes, grid_text=grid.text, threshold=settings.threshold, notes=notes
        )
        return ProcessingResult(table, classes, features.table, failures, notes, sentences, report)


def _is_own(path: PurePosixPath, _names: object) -> bool:
    return str(path) in _FILES or path.parts[0] == "work"


def _storing(execution: Execution, folder: Path) -> Execution:
    """Store results in the folder, unless the caller names another place."""
    if execution.workspace is not None:
        return execution
    return replaced(execution, workspace=Workspace(folder / "work"))


def _workspace_notes(execution: Execution) -> list[str]:
    return execution.workspace.notes() if execution.workspace is not None else []


def _chosen(cohort: Cohort, grid: ProcessingGrid, settings: ProcessingSettings) -> tuple[Cohort, list[str]]:
    """Return the cohort with one mask of each subject, and notes on what is left out."""
    table = cohort.table
    require_one_variant(table, cohort.path, "a processing study")
    drawn = table[table["mask"] != ""]
    if drawn.empty:
        raise InputError(f"{cohort.path} has no mask.", "Add readers' masks, or segment the images first.")
    wanted = {name: getattr(settings, name) for name in ("reader", "timepoint", "sequence", "reading")}
    if settings.roi is not None:
        wanted["roi"] = settings.roi
    rows = select(drawn, **wanted)
    notes = []
    if set(rows["reader"]) == {AUTO}:
        seen = seen_subjects(table) & set(rows["subject"])
        unknown = unknown_subjects(table) & set(rows["subject"])
        total = rows["subject"].nunique()
        notes = [text for text in (left_out_sentence(seen, total), unknown_sentence(unknown, total)) if text]
        rows = rows[~rows["subject"].isin(seen)]
        if rows.empty:
            raise InputError(
                "the model was trained on every subject with an automatic mask.",
                "Choose another reader: masks of training subjects are better than those of new ones.",
            )
    kept = table.index.isin(rows.index) | ((table["mask"] == "") & table["subject"].isin(rows["subject"]))
    chosen = replaced(cohort, table=table[kept].reset_index(drop=True))
    _require_one_each(chosen, int(resolve_label(grid.reference, None)))
    return chosen, notes


def _require_one_each(cohort: Cohort, label: int) -> None:
    """Raise `AmbiguousError` if a subject has several regions, before anything is computed."""
    subjects = pd.Series([case.scan.subject for case in measured_cases(cohort, None, label=label)])
    several = sorted(set(subjects[subjects.duplicated()]))
    if several:
        rois = ", ".join(sorted({case.roi for case in cohort.cases()}))
        raise AmbiguousError(
            f"{len(several)} subject(s) have several regions ({', '.join(several[:3])}): {rois}.",
            "Choose one with --roi: regions of one subject are not independent.",
        )
