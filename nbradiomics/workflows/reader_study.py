"""The reader study: masks against masks, what that says of the model, maps, tables and a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from nbradiomics.agreement.cohort import AgreementTable, How, compare_cohort, require_pairs
from nbradiomics.agreement.consensus import require_methods
from nbradiomics.agreement.consensus_cohort import (
    add_consensus,
    compare_with_consensus,
    consensus_note,
    require_consensus,
)
from nbradiomics.agreement.distance_cohort import write_distance_maps
from nbradiomics.agreement.field import Field
from nbradiomics.agreement.reader_study import ReadersStudy, study_readers
from nbradiomics.agreement.reader_study.agreement_table import require_names
from nbradiomics.cohort import Cohort, load_cohort
from nbradiomics.cohort.case_region import DEFAULT_LABEL
from nbradiomics.cohort.columns import FILES
from nbradiomics.cohort.in_training import require_known
from nbradiomics.cohort.lesions import lesion_rule
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure, Progress, quiet
from nbradiomics.execution.failures import write_failures
from nbradiomics.execution.provenance import write_provenance
from nbradiomics.execution.workspace import result_key
from nbradiomics.files.folder_in_use import working_in
from nbradiomics.files.regular_file import read_own_json
from nbradiomics.report import build_report
from nbradiomics.segmentation.cohort import scan_stems
from nbradiomics.study.checks.problem_table import problem_table
from nbradiomics.study.checks.readers import read_clinical, reader_settings
from nbradiomics.study.study import Readers
from nbradiomics.tables import AUTO, write_table
from nbradiomics.workflows.folder import RunFolder, cohort_owner


@dataclass(frozen=True)
class ReaderStudyResult:
    """What a reader study leaves.

    Attributes
    ----------
    folder
        The folder with its tables; `nbradiomics.workflows.folder` lists its files.
    report
        The HTML report.
    study
        The tables of the study.
    agreement
        Masks against masks, a row per ordered pair.
    failures
        What could not be done.
    notes
        What else must be known: settings that were changed, where a consensus lies.
    """

    folder: Path
    report: Path
    study: ReadersStudy
    agreement: pd.DataFrame
    failures: list[Failure]
    notes: list[str]


def run_reader_study(
    cohort: str | Path | Cohort,
    out: str | Path,
    *,
    plan: Readers = Readers(),  # noqa: B008 - frozen
    write_consensus: Sequence[str] = (),
    training_subjects: Sequence[str] = (),
    lesions: str | None = None,
    label: int = DEFAULT_LABEL,
    seed: int = 0,
    jobs: int = 1,
    progress: Progress = quiet,
    replace: bool = False,
) -> ReaderStudyResult:
    """Compare the readers with each other and with the model, and say whether it is as good as one of them.

    Parameters
    ----------
    cohort
        Cohort table, or a loaded one: masks of two readers or more, or of the model and readers.
    out
        Folder of the results. Started again after a kill, the study continues.
    plan
        Metric, margin and the rest: see `nbradiomics.study.study.Readers`.
    write_consensus
        ``majority`` or ``staple``: the consensus of the readers is written as masks of a reader of that name,
        into ``masks/`` and ``cohort.csv`` of the folder, for a training to learn from.
    training_subjects
        Subjects that the model was trained on, beside those of whom the cohort table says so (`in_training`);
        those of other cohorts may be among them.
        They are left out of everything that is said of the model.
    lesions
        What becomes of several lesions of a subject: ``union``, ``largest`` or ``roi``; see
        `lesions.lesion_rule` for what ``None`` is.
    label
        Label of masks for which the cohort names none.
    seed
        Seed of the bootstrap.
    jobs
        Processes.
    progress
        Progress display.
    replace
        Remove the results of another study from the folder first; without it they are not touched.

    Raises
    ------
    InputError
        When the cohort table is wrong, no scan has two masks, a training subject is misspelt, or
        the folder holds other files, results of another study or a file that is read.
    """
    require_methods([*plan.consensus, *write_consensus])
    given = cohort if isinstance(cohort, Cohort) else load_cohort(cohort)
    elsewhere = require_known(training_subjects, given.table["subject"])
    given = given.with_training_subjects(training_subjects)
    require_names(given.readers())
    require_consensus(given, write_consensus)
    lesions = lesion_rule(lesions, given.table)
    require_pairs(_to_judge(given), lesions)
    settings, groups = reader_settings(plan, seed), read_clinical(plan, given.table["subject"])
    asked = {
        **plan.model_dump(mode="json"),
        "lesions": lesions,
        "seed": seed,
        "training_subjects": sorted(training_subjects),
    }
    owner = cohort_owner("reader study", given)
    key = result_key("reader study", asked=asked, consensus=sorted(write_consensus), table=str(given.path))
    with working_in(Path(out), str(owner), key):
        notes, earlier = _earlier(Path(out), asked)
        folder = RunFolder.open(
            Path(out),
            owner,
            stems=scan_stems(given),
            inputs=_inputs(given, plan),
            replacing=replace,
        )
        write_table(problem_table(given.warnings), folder.file("check.csv"))
        by_case: dict[str, Any] = {"jobs": jobs, "progress": progress}
        how: dict[str, Any] = {"lesions": lesions, "label": label, **by_case}
        agreement = compare_readers(given, plan, workspace=folder.workspace, **how)
        write_table(agreement.table, folder.file("agreement.csv"))
        study = study_readers(
            agreement.table, given.table, clinical=groups.table, settings=settings, said=groups.sentences
        )
        study.write(folder.readers)
        failures = list(agreement.failures)
        if plan.maps and AUTO in given.readers():
            failures += write_distance_maps(given.without_seen_masks(), folder.distance_maps, **how)
        kept, undone = _with_consensus(given, write_consensus, folder, label, progress)
        kept.write(folder.file("cohort.csv"))
        failures += undone
        failures = write_failures(failures, folder.file("failures.csv"), localised=folder.localised)
        _write_provenance(folder, given, plan, readers=asked, earlier_settings=earlier)
        notes = [*notes, *filter(None, [elsewhere]), *_consensus_notes(given, write_consensus, folder, label)]
        notes += folder.workspace.notes()
        report = build_report(folder.root)
        return ReaderStudyResult(folder.root, report, study, agreement.table, failures, notes)


def reader_plan(*, margin: float | None = None, **asked: Any) -> Readers:
    """Make a plan from what a command was asked for; `margin` is left to its default where it is ``None``.

    Raises
    ------
    InputError
        When a value is out of range.
    """
    given = asked if margin is None else {**asked, "margin": margin}
    try:
        return Readers(**given)
    except ValidationError as error:
        found = error.errors()[0]
        name = ".".join(map(str, found["loc"]))
        if not name:  # options against each other
            raise InputError(str(found["ctx"]["error"]), "Correct the options.") from error
        raise InputError(
            f"{name}: {found['msg']}; found: {found['input']!r}.", "Correct the option."
        ) from error


def compare_readers(
    cohort: Cohort,
    plan: Readers,
    *,
    lesions: str,
    label: int,
    **by_case: Any,
) -> AgreementTable:
    """Masks against masks as a study asks for it: every pair, and the consensus where it is wanted.

    Automatic masks of subjects that the model was trained on are compared with nothing.
    """
    cohort = _to_judge(cohort)
    field = Field(plan.background_mm)
    found = compare_cohort(
        cohort, lesions=lesions, label=label, tolerance_mm=plan.tolerance_mm, field=field, **by_case
    )
    if not plan.consensus:
        return found
    how = How(label, plan.tolerance_mm, field)
    with_consensus = compare_with_consensus(cohort, plan.consensus, lesions=lesions, how=how, **by_case)
    tables = [table for table in (found.table, with_consensus.table) if len(table)]
    return AgreementTable(pd.concat(tables, ignore_index=True), [*found.failures, *with_consensus.failures])


def _to_judge(cohort: Cohort) -> Cohort:
    """The cohort without the automatic masks that prove nothing."""
    left = cohort.without_seen_masks()
    if AUTO in cohort.readers() and AUTO not in left.readers() and len(left.readers()) < 2:
        raise InputError(
            "the model was trained on all subjects that it segmented, and there are no two readers to "
            "compare.",
            "Give subjects that are new to the model, or masks of a second reader.",
        )
    return left


def _with_consensus(
    cohort: Cohort, methods: Sequence[str], folder: RunFolder, label: int, progress: Progress
) -> tuple[Cohort, list[Failure]]:
    failures: list[Failure] = []
    added = cohort
    for method in methods:
        added, failed = add_consensus(
            added, method, folder.masks.parent / method, label=label, progress=progress
        )
        failures += failed
    return added, failures


def _earlier(out: Path, asked: dict[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
    """What earlier studies in the folder asked for: a note where the last differs, and all of them."""
    try:
        found = read_own_json(out / "provenance.json")
        last, before = dict(found["readers"]), list(found.get("earlier_settings", []))
    except (OSError, ValueError, KeyError, TypeError):
        return [], []  # no study was here, or one that cannot be read
    changed = [
        f"{name} {last.get(name)} -> {value}" for name, value in asked.items() if last.get(name) != value
    ]
    if not changed:
        return [], before
    told = f"Settings differ from those of the study that was here before: {'; '.join(changed)}."
    return [f"{told} The provenance keeps both."], [*before, last]


def _consensus_notes(cohort: Cohort, methods: Sequence[str], folder: RunFolder, label: int) -> list[str]:
    notes = []
    for method in methods:
        where = f"Consensus {method}: masks in {folder.masks.parent / method}, reader {method!r} of "
        where += f"{folder.file('cohort.csv')} (to train: --reader {method})."
        notes += [where, consensus_note(cohort, method, label=label)]
    return [note for note in notes if note]


def _write_provenance(folder: RunFolder, cohort: Cohort, plan: Readers, **settings: Any) -> None:
    write_provenance(folder.file("provenance.json"), inputs=_inputs(cohort, plan), **settings)


def _inputs(cohort: Cohort, plan: Readers) -> list[Path]:
    """Files that the study reads, the table first."""
    files = [Path(value) for column in FILES for value in cohort.table[column] if value]
    return list(dict.fromkeys([cohort.path, *([plan.clinical] if plan.clinical else []), *files]))
