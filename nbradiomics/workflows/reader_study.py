"""The reader study: compare masks, analyse the agreement, write maps, tables and a report."""

from __future__ import annotations

from dataclasses import dataclass, replace as replaced
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import Field

from nbradiomics.agreement.cohort import require_pairs
from nbradiomics.agreement.consensus import require_methods
from nbradiomics.agreement.consensus_cohort import consensus_note, require_consensus
from nbradiomics.agreement.reader_study import ReadersStudy
from nbradiomics.agreement.reader_study.agreement_table import require_names
from nbradiomics.cohort import Cohort, CohortSource, load_cohort
from nbradiomics.cohort.case_region import DEFAULT_LABEL
from nbradiomics.cohort.in_training import require_known
from nbradiomics.cohort.lesions import LesionRule, lesion_rule
from nbradiomics.cohort.variants import require_one_variant
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.failures import write_failures
from nbradiomics.execution.provenance import write_provenance
from nbradiomics.execution.workspace import result_key
from nbradiomics.files.folder_in_use import working_in
from nbradiomics.files.regular_file import read_own_json
from nbradiomics.report import build_report
from nbradiomics.segmentation.cohort import scan_stems
from nbradiomics.settings import spread
from nbradiomics.settings.kinds import Names, Seed
from nbradiomics.study.checks.problem_table import problem_table
from nbradiomics.study.checks.readers import read_clinical
from nbradiomics.study.study import Readers, Study
from nbradiomics.tables import write_table
from nbradiomics.tables.result import Result
from nbradiomics.workflows.folder import RunFolder, cohort_owner
from nbradiomics.workflows.stages.base import Work, run_stages
from nbradiomics.workflows.stages.compare import Compare, judged
from nbradiomics.workflows.stages.consensus import WriteConsensus
from nbradiomics.workflows.stages.readers import Readers as ReadersStage


@dataclass(frozen=True, repr=False)
class ReaderStudyResult(Result):
    """Result of a reader study.

    Attributes
    ----------
    folder
        The folder with the tables; `nbradiomics.workflows.folder` lists its files.
    report
        The HTML report.
    study
        The tables of the study.
    agreement
        Comparison of masks, one row per ordered pair.
    failures
        Cases and stages that failed.
    notes
        Further notes: changed settings, the location of a written consensus.
    """

    folder: Path
    report: Path
    study: ReadersStudy
    agreement: pd.DataFrame
    failures: list[Failure]
    notes: list[str]


class ReaderStudyPlan(Readers):
    """Settings of a reader study: comparison, analysis and additional output."""

    lesions: LesionRule | None = Field(
        default=None,
        description="How to treat several lesions of a subject: union, largest or roi. Default: union, and "
        "roi for labels of a batch table.",
    )
    label: int = Field(default=DEFAULT_LABEL, description="Label of masks for which the cohort names none.")
    seed: Seed = Field(default=0, description="Seed of the bootstraps.")
    training_subjects: Names = Field(
        default=(),
        description="Subjects that the model was trained on, in addition to those marked in the cohort table "
        "(in_training); subjects of other cohorts are allowed. They are left out of all results about the "
        "model.",
    )
    write_consensus: Names = Field(
        default=(),
        description="majority or staple: write the consensus of the readers as masks of a reader with that "
        "name, for example to train a model.",
    )


@spread(plan=ReaderStudyPlan, execution=Execution)
def run_reader_study(
    cohort: CohortSource,
    out: str | Path,
    *,
    plan: Readers = ReaderStudyPlan(),  # noqa: B008 - frozen
    replace: bool = False,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> ReaderStudyResult:
    """Compare the readers with each other and with the model, and test whether it is as good as a reader.

    Parameters
    ----------
    cohort
        Cohort table (a file or a DataFrame), or a loaded cohort: masks of two readers or more, or of the
        model and readers.
    out
        Folder of the results. A study that was interrupted continues when it is started again.
    plan
        Metric, margin and other settings: `ReaderStudyPlan`, or the section `readers` of a study. Each of
        its fields may be given by its own name: ``margin=0.05``.
    replace
        First remove the results of another study from the folder; otherwise they are not changed.
    execution
        Processes and progress display. Each of its fields may be given by its own name.

    Raises
    ------
    InputError
        When the cohort table is invalid, no scan has two masks, a training subject is misspelt, or the
        folder contains other files, results of another study or an input file.

    Examples
    --------
    >>> done = run_reader_study("cohort.csv", "readers", margin=0.05, maps=False, bootstraps=100)
    >>> done.study.summary["metric"].iloc[0]
    'dice'
    """
    plan = plan if isinstance(plan, ReaderStudyPlan) else ReaderStudyPlan(**plan.stated())
    loaded, elsewhere = _checked(cohort, plan)
    study = _study_of(plan, loaded)
    settings = {
        **plan.part(Readers).model_dump(mode="json"),
        "lesions": study.lesions,
        "seed": plan.seed,
        "training_subjects": sorted(plan.training_subjects),
    }
    owner = cohort_owner("reader study", loaded)
    key = result_key(
        "reader study", asked=settings, consensus=sorted(plan.write_consensus), table=str(loaded.path)
    )
    with working_in(Path(out), str(owner), key):
        changed, earlier = _earlier(Path(out), settings)
        inputs = [*loaded.files(), *([plan.clinical] if plan.clinical else [])]
        folder = RunFolder.open(Path(out), owner, stems=scan_stems(loaded), inputs=inputs, replacing=replace)
        write_table(problem_table(loaded.warnings), folder.file("check.csv"))
        work = Work(study, folder, replaced(execution, workspace=folder.workspace), loaded, plan.label)
        consensus = WriteConsensus(plan.write_consensus)
        run_stages(work, [Compare(essential=True), ReadersStage(essential=True), consensus])
        assert work.agreement is not None
        assert work.readers is not None
        failures = write_failures(work.failures, folder.file("failures.csv"), localised=folder.localised)
        write_provenance(
            folder.file("provenance.json"), inputs=inputs, readers=settings, earlier_settings=earlier
        )
        notes = [*changed, *filter(None, [elsewhere]), *_consensus_notes(loaded, plan, folder)]
        notes += folder.workspace.notes()
        report = build_report(folder.root)
        return ReaderStudyResult(folder.root, report, work.readers, work.agreement, failures, notes)


def _checked(cohort: CohortSource, plan: ReaderStudyPlan) -> tuple[Cohort, str]:
    """Return the cohort with the training subjects marked, and a note on training subjects of other cohorts.

    All problems that can be found without opening a mask are reported here.
    """
    require_methods([*plan.consensus, *plan.write_consensus])
    loaded = load_cohort(cohort)
    require_one_variant(loaded.table, loaded.path, "a reader study")
    elsewhere = require_known(plan.training_subjects, loaded.table["subject"])
    loaded = loaded.with_training_subjects(plan.training_subjects)
    require_names(loaded.readers())
    require_consensus(loaded, plan.write_consensus)
    require_pairs(judged(loaded), lesion_rule(plan.lesions, loaded.table))
    read_clinical(plan, loaded.table["subject"])
    return loaded, elsewhere


def _study_of(plan: ReaderStudyPlan, cohort: Cohort) -> Study:
    """Make a study that consists of the reader study only."""
    return Study(
        cohort=cohort.path,
        readers=plan.part(Readers),
        seed=plan.seed,
        lesions=lesion_rule(plan.lesions, cohort.table),
    )


def _earlier(out: Path, settings: dict[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
    """Return a note if the settings differ from the previous study in the folder, and earlier settings."""
    try:
        record = read_own_json(out / "provenance.json")
        last, before = dict(record["readers"]), list(record.get("earlier_settings", []))
    except (OSError, ValueError, KeyError, TypeError):
        return [], []  # the folder contains no earlier study, or its record cannot be read
    changed = [
        f"{name} {last.get(name)} -> {value}" for name, value in settings.items() if last.get(name) != value
    ]
    if not changed:
        return [], before
    note = f"The settings differ from those of the previous study in this folder: {'; '.join(changed)}."
    return [f"{note} The provenance records both."], [*before, last]


def _consensus_notes(cohort: Cohort, plan: ReaderStudyPlan, folder: RunFolder) -> list[str]:
    notes = []
    for method in plan.write_consensus:
        location = f"Consensus {method}: masks in {folder.masks.parent / method}, reader {method!r} in "
        location += f"{folder.file('cohort.csv')} (to train on it: --reader {method})."
        notes += [location, consensus_note(cohort, method, label=plan.label)]
    return [note for note in notes if note]
