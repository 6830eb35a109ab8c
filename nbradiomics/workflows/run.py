"""A whole study: the stages in order over one run folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbradiomics.cohort import Cohort, load_cohort
from nbradiomics.cohort.lesions import COMPONENTS, least_volume, lesion_rule
from nbradiomics.execution.batch import Failure, Progress, quiet
from nbradiomics.execution.failures import write_failures
from nbradiomics.execution.provenance import write_provenance
from nbradiomics.execution.workspace import content_hash, result_key
from nbradiomics.features.parameters import load_parameters
from nbradiomics.files.folder_in_use import working_in
from nbradiomics.messages.problem import Problem, raise_errors
from nbradiomics.report import build_report
from nbradiomics.segmentation.cohort import scan_stems
from nbradiomics.segmentation.model import Model, load_model
from nbradiomics.study.checks import check_tables
from nbradiomics.study.file import load_study
from nbradiomics.study.study import Study
from nbradiomics.tables import feature_columns
from nbradiomics.workflows import stages
from nbradiomics.workflows.folder import RunFolder, study_owner
from nbradiomics.workflows.stages import Run
from nbradiomics.workflows.summary import summarise


@dataclass(frozen=True)
class RunResult:
    """What a run leaves.

    Attributes
    ----------
    folder
        The run folder.
    report
        The HTML report.
    failures
        What a stage could not do.
    summary
        Five plain lines: what was found.
    complete
        False when no feature could be measured in any case.
    notes
        Stored results that were damaged and were made again; empty where there were none.
    """

    folder: Path
    report: Path
    failures: list[Failure]
    summary: list[str]
    complete: bool
    notes: tuple[str, ...] = ()


def run(
    study: str | Path,
    out: str | Path,
    *,
    models: str | Path | None = None,
    jobs: int = 1,
    progress: Progress = quiet,
    replace: bool = False,
) -> RunResult:
    """Run a study: check, segment, compare, readers, extract, reproducibility, outcome, report.

    Parameters
    ----------
    study
        Study file (YAML); see `nbradiomics.study.study.Study` for its keys.
    out
        Run folder; `nbradiomics.workflows.folder` lists its files. Started again after a kill, the run
        continues; with a changed study it computes what the change touches.
    models
        Folder of imported models; see `nbradiomics.load_model`.
    jobs
        Processes.
    progress
        Progress display.
    replace
        Remove the results of another study from the folder first; without it they are not touched.

    Raises
    ------
    InputError
        When the study, the cohort table, the parameters or the clinical table are wrong: all that is wrong
        is reported at once, and nothing is computed. Images and masks that are wrong become failures. And
        when the folder holds results of another study, or files that no run wrote.
    """
    study_file = Path(study)
    plan = load_study(study_file)
    problems = check_tables(plan, study_file, models)
    raise_errors(problems)
    cohort = load_cohort(plan.cohort, plan.columns)
    model = load_model(plan.segment.model, models=models) if plan.segment else None
    owner = study_owner(plan, study_file, cohort)
    with working_in(Path(out), str(owner), _key(plan, model)):
        folder = RunFolder.open(
            Path(out),
            owner,
            stems=scan_stems(cohort),
            inputs=_inputs(plan, study_file, cohort),
            segments=model is not None,
            replacing=replace,
        )
        return _run(Run(plan, study_file, folder, model, jobs, progress), cohort, problems)


def _key(study: Study, model: Model | None) -> str:
    """What decides the results of a study, but for its images: two runs of one key may share a folder."""
    clinical = [study.readers.clinical, study.outcome.clinical if study.outcome else None]
    return result_key(
        "run",
        study=study.model_dump(mode="json"),
        tables=[content_hash(file) for file in [study.cohort, *clinical] if file],
        parameters=load_parameters(study.extract.params).fingerprint,
        model=model.fingerprint if model else None,
    )


def _run(work: Run, cohort: Cohort, problems: list[Problem]) -> RunResult:
    """Run the stages over a folder that is taken."""
    stages.check_inputs(work, cohort, problems)
    cohort, segmented = stages.segment(work, cohort)
    agreement, undone = stages.compare(work, cohort)
    failures = [*(segmented.failures if segmented else []), *undone]
    failures += stages.study_agreement(work, cohort, agreement)
    features, failed = stages.extract(work, cohort)
    failures += failed + stages.reproduce(work, features)
    failures += stages.predict(work, features)
    failures = write_failures(failures, work.folder.file("failures.csv"), localised=work.folder.localised)
    _write_provenance(work, cohort, segmented.provenance if segmented else {})
    report = build_report(work.folder.root)
    summary = summarise(work.folder, cohort, features, failures)
    measured = bool(features[feature_columns(features)].notna().any(axis=None))
    return RunResult(
        work.folder.root, report, failures, summary, measured, tuple(work.folder.workspace.notes())
    )


def _inputs(study: Study, study_file: Path, cohort: Cohort) -> list[Path]:
    """Files that a study reads, the tables first."""
    clinical = [study.readers.clinical, study.outcome.clinical if study.outcome else None]
    images = [Path(file) for column in ("image", "mask") for file in cohort.table[column] if file]
    tables = [study.cohort, study_file.resolve(), *(file for file in clinical if file)]
    return list(dict.fromkeys([*tables, *images]))


def _write_provenance(run: Run, cohort: Cohort, segmentation: dict[str, Any]) -> None:
    study = run.study
    rule = lesion_rule(study.asked_lesions, cohort.table)
    least = least_volume(rule, study.lesion_min_ml) if rule == COMPONENTS else None
    write_provenance(
        run.folder.file("provenance.json"),
        inputs=_inputs(study, run.study_file, cohort),
        # The rule that counted, also where the file gives none.
        study={**study.model_dump(mode="json"), "lesions": rule, "lesion_min_ml": least},
        parameters=load_parameters(study.extract.params).text,
        **segmentation,
    )
