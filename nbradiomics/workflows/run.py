"""Run a whole study: all stages in order, in one run folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace as replaced
from pathlib import Path
from typing import Any

from nbradiomics.cohort import Cohort, load_cohort
from nbradiomics.cohort.lesions import COMPONENTS, least_volume, lesion_rule
from nbradiomics.evidence.write import EVIDENCE
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.failures import write_failures
from nbradiomics.execution.provenance import write_provenance
from nbradiomics.execution.record import WHOLE, InputFile
from nbradiomics.execution.stage_names import StageName
from nbradiomics.execution.workspace import content_hash, noting_inputs, result_key
from nbradiomics.features.parameters import load_parameters
from nbradiomics.files.folder_in_use import working_in
from nbradiomics.files.regular_file import is_regular
from nbradiomics.messages.problem import Problem, raise_errors
from nbradiomics.report import build_report
from nbradiomics.report.evidence_page import KIND, PAGE, build_evidence_page
from nbradiomics.report.render import claim_page
from nbradiomics.segmentation.cohort import scan_stems
from nbradiomics.segmentation.model import Model, load_model
from nbradiomics.settings import spread
from nbradiomics.study.checks import check_tables
from nbradiomics.study.checks.columns import clinical_files
from nbradiomics.study.checks.study import study_label
from nbradiomics.study.file import load_study
from nbradiomics.study.perturbation import chain_file
from nbradiomics.study.preparation import PREPARE, as_prepared, files_of_preparation
from nbradiomics.study.rules_file import files_of
from nbradiomics.study.study import Study
from nbradiomics.tables import feature_columns
from nbradiomics.tables.result import Result
from nbradiomics.workflows.folder import RunFolder, study_owner
from nbradiomics.workflows.ingested import INGEST, ingest_record
from nbradiomics.workflows.run_evidence import write_run_checklists, write_run_evidence
from nbradiomics.workflows.stages import STAGES
from nbradiomics.workflows.stages.base import Work, possible, run_stages
from nbradiomics.workflows.summary import summarise


@dataclass(frozen=True, repr=False)
class RunResult(Result):
    """Result of a run.

    Attributes
    ----------
    folder
        The run folder.
    report
        The HTML report.
    failures
        Failures of all stages.
    summary
        Summary of the results in five lines.
    complete
        False if no feature could be measured in any case.
    notes
        Stored results that were damaged and computed again, prepared images that must not be compared, and
        what a person answered in a checklist and the run contradicts.
    """

    folder: Path
    report: Path
    failures: list[Failure]
    summary: list[str]
    complete: bool
    notes: tuple[str, ...] = ()


@spread(execution=Execution)
def run(
    study: str | Path,
    out: str | Path,
    *,
    models: str | Path | None = None,
    replace: bool = False,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> RunResult:
    """Run all stages of a study, from the check of its input to the report.

    Parameters
    ----------
    study
        Study file (YAML); see `nbradiomics.study.study.Study` for its keys.
    out
        Run folder; `nbradiomics.workflows.folder` lists its files. A run that was interrupted continues when
        it is started again; if the study has changed, only the affected results are computed again.
    models
        Folder of imported models; see `nbradiomics.load_model`.
    replace
        First remove the results of another study from the folder; otherwise they are not changed.
    execution
        Processes and progress display; results are stored in the run folder. Each of its fields may be given
        by its own name: ``jobs=4``.

    Raises
    ------
    InputError
        When the study, the cohort table, the parameters or the clinical table are invalid: all problems are
        reported at once, and nothing is computed. Invalid images and masks become failures instead. Also
        when the folder contains results of another study, or files that no run wrote.

    Examples
    --------
    >>> done = run("study.yaml", "results", jobs=1)
    >>> len(done.failures), done.report.name
    (0, 'report.html')
    """
    opened = open_study(study, models)
    plan, cohort = opened.plan, opened.cohort
    owner = study_owner(plan, opened.file, cohort)
    with working_in(Path(out), str(owner), opened.key()):
        folder = RunFolder.open(
            Path(out),
            owner,
            stems=opened.stems(),
            inputs=opened.inputs(),
            segments=opened.model is not None,
            derives=[name for name in ("adc", "habitats", "rois") if getattr(plan, name) is not None],
            prepares=plan.prepare is not None,
            replacing=replace,
        )
        record = folder.recorder(WHOLE, str(owner))
        execution = replaced(execution, workspace=replaced(folder.workspace, record=record))
        work = opened.work(folder, execution)
        with record.run(opened.recorded_tables(), possible(work, STAGES)):
            done = _run(work, opened.inputs())
        folder.remove_shards()
        return done


@dataclass(frozen=True)
class OpenedStudy:
    """A study whose tables were read and found valid.

    Attributes
    ----------
    plan, file
        The study and its file.
    cohort, model
        Its cohort, and its model if it segments.
    problems
        Warnings about the tables.
    """

    plan: Study
    file: Path
    cohort: Cohort
    model: Model | None
    problems: list[Problem]

    def tables(self) -> list[Path]:
        """Return the files that the study reads besides images and masks."""
        return [*_tables(self.plan), self.file.resolve()]

    def stems(self) -> list[str]:
        """Return the file names of the scans that are segmented, without ending."""
        return scan_stems(Cohort(as_prepared(self.plan.prepare, self.cohort.table), self.cohort.path))

    def inputs(self) -> list[Path]:
        """Return every file that the study reads."""
        return [*self.tables(), *self.cohort.files()]

    def recorded_tables(self) -> list[InputFile]:
        """Return the state of the tables and of the parameter file, for the record of the run."""
        params = Path(str(self.plan.extract.params))
        with noting_inputs() as noted:
            for file in (*self.tables(), *([params] if is_regular(params) else [])):
                content_hash(file)
        return list(noted.values())

    def key(self) -> str:
        """Return the key of the results: two runs with the same key may share a folder."""
        return _key(self.plan, self.model)

    def work(self, folder: RunFolder, execution: Execution) -> Work:
        """Return the state of a run that begins."""
        label = study_label(self.plan)
        return Work(self.plan, folder, execution, self.cohort, label, self.model, self.problems)


def open_study(study: str | Path, models: str | Path | None) -> OpenedStudy:
    """Read a study and its tables.

    Raises
    ------
    InputError
        When one of them is invalid; the message lists all problems.
    """
    file = Path(study)
    plan = load_study(file)
    problems = check_tables(plan, file, models)
    raise_errors(problems)
    cohort = load_cohort(plan.cohort, plan.columns)
    model = load_model(plan.segment.model, models=models) if plan.segment else None
    return OpenedStudy(plan, file, cohort, model, problems)


def _tables(study: Study) -> list[Path]:
    """Return the tables, the chain and the grid that a study reads."""
    features = [cohort.features for cohort in study.outcome.external] if study.outcome else []
    compared = [file for _, file in files_of(study.reproducibility)]
    repeatability = study.needed_agreement.repeatability
    needed = [repeatability] if repeatability else []
    chain = chain_file(study.perturbation)
    asked = [] if chain is None else [chain]
    asked += files_of_preparation(study.prepare).values()
    asked += [] if study.processing is None else [study.processing.grid]
    return [study.cohort, *clinical_files(study), *features, *compared, *needed, *asked]


def _key(study: Study, model: Model | None) -> str:
    """Return a key of everything except the images that determines the results of a study.

    Two runs with the same key may share a folder.
    """
    return result_key(
        "run",
        study=study.model_dump(mode="json"),
        tables=[content_hash(file) for file in _tables(study)],
        parameters=load_parameters(study.extract.params).fingerprint,
        model=model.fingerprint if model else None,
    )


def _run(work: Work, inputs: list[Path]) -> RunResult:
    """Run the stages in a folder that is already claimed."""
    folder = work.folder
    ingested = ingest_record(work.study.cohort, work.cohort.table)
    if ingested is not None:
        work.provenance[INGEST] = ingested
    # What an earlier run could prove is no proof of tables that this one may leave half done.
    claim_page(folder.file(PAGE), KIND).unlink(missing_ok=True)
    folder.file(EVIDENCE).unlink(missing_ok=True)
    run_stages(work, STAGES)
    failures = write_failures(work.failures, folder.file("failures.csv"), localised=folder.localised)
    write_provenance(
        folder.file("provenance.json"),
        inputs=inputs,
        study=_effective_study(work),
        parameters=load_parameters(work.study.extract.params).text,
        **work.provenance,
    )
    write_run_evidence(work)
    answered = write_run_checklists(folder.root)
    build_evidence_page(folder.root, work.study.name)
    report = build_report(folder.root)
    summary = summarise(folder, work.cohort, work.features, failures)
    measured = bool(work.features[feature_columns(work.features)].notna().any(axis=None))
    told = (*folder.workspace.notes(), *_notes(work.provenance), *answered)
    return RunResult(folder.root, report, failures, summary, measured, told)


def _notes(provenance: Mapping[str, Any]) -> Iterator[str]:
    """What a user must know of the preparation, of diffusion maps and of habitats."""
    yield from provenance.get(PREPARE, {}).get("warnings", ())
    for stage in (StageName.ADC, StageName.HABITATS):
        yield from (f"{stage}: {note}" for note in provenance.get(stage, {}).get("notes", ()))


def _effective_study(work: Work) -> dict[str, Any]:
    """Return the study with the lesion rule that was applied, even if the file gives none."""
    study = work.study
    rule = lesion_rule(study.asked_lesions, work.cohort.table)
    least = least_volume(rule, study.lesion_min_ml) if rule == COMPONENTS else None
    return {**study.model_dump(mode="json"), "lesions": rule, "lesion_min_ml": least}
