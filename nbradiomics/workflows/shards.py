"""Run one shard of a study: the stages of single subjects, for a part of the subjects.

A shard stores results where the run finds them, and writes no table of the cohort. Any number of shards may
work in one folder, on any number of machines that share it, with different numbers of shards; a shard that
was killed is repeated or left out. The run without a shard takes every stored result by the hash of its
inputs, computes what is missing, and writes the tables: the same ones as without shards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace as replaced
from pathlib import Path

from nbradiomics.cohort import Cohort, subject_of
from nbradiomics.cohort.lesions import lesion_rule
from nbradiomics.cohort.shard import Shard
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.failures import remove_failures, write_failures
from nbradiomics.files.folder_in_use import working_in
from nbradiomics.preparation.landmarks import fitted_prefix
from nbradiomics.settings import spread
from nbradiomics.tables import AUTO, feature_columns
from nbradiomics.tables.result import Result
from nbradiomics.workflows.folder import RunFolder, study_owner
from nbradiomics.workflows.run import OpenedStudy, open_study
from nbradiomics.workflows.stages import STAGES
from nbradiomics.workflows.stages.base import WHOLE_COHORT, Stage, Work, possible, run_stages
from nbradiomics.workflows.stages.check import Check, checked_images
from nbradiomics.workflows.stages.compare import Compare, compare_masks
from nbradiomics.workflows.stages.controls import Controls, controlled_features
from nbradiomics.workflows.stages.drawing import FoldMasks, features_of_folds
from nbradiomics.workflows.stages.extract import Extract, features_of
from nbradiomics.workflows.stages.perturbation import Perturbation, perturbed_features
from nbradiomics.workflows.stages.prepare import Prepare, prepared_images
from nbradiomics.workflows.stages.processing import Processing, processed_features
from nbradiomics.workflows.stages.segment import Segment, segment_scans


@dataclass(frozen=True, repr=False)
class ShardResult(Result):
    """Result of one shard of a run.

    Attributes
    ----------
    folder
        The run folder.
    shard
        Which shard: ``2/4``.
    subjects
        Number of subjects of the shard.
    failures
        Failures of all stages of the shard.
    failures_file
        Table of these failures; ``None`` if there are none.
    complete
        False if no feature could be measured in any case of the shard.
    notes
        Stored results that were damaged and computed again; empty if there were none.
    """

    folder: Path
    shard: str
    subjects: int
    failures: list[Failure]
    failures_file: Path | None
    complete: bool
    notes: tuple[str, ...] = ()


@spread(execution=Execution)
def run_shard(
    study: str | Path,
    out: str | Path,
    shard: str,
    *,
    models: str | Path | None = None,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> ShardResult:
    """Compute one shard of a study: the stages of single subjects, from `check` to `controls`.

    Parameters
    ----------
    study, out, models
        As in `run`.
    shard
        ``i/n``: the part i, from 1 to n, of n parts of the subjects. Shards may run at the same time.
    execution
        Processes and progress display; results are stored in the run folder. Each of its fields may be given
        by its own name: ``jobs=4``.

    Raises
    ------
    InputError
        As in `run`; also when the shard does not exist.

    Examples
    --------
    >>> run_shard("study.yaml", "results", "1/1", jobs=1).subjects
    3
    """
    part, opened = Shard.of_text(shard), open_study(study, models)
    _require_single_subjects(opened)
    # Without the hashes of all images: the study is recognised by its file and its cohort.
    owner = study_owner(opened.plan, opened.file, None)
    subjects = part.subjects(opened.cohort.table["subject"])
    with working_in(Path(out), f"shard {part} of {owner}", opened.key()):
        folder = RunFolder.join(Path(out), owner, stems=opened.stems(), inputs=opened.inputs())
        record = folder.recorder(f"shard-{part.slug}", f"shard {part} of {owner}")
        execution = replaced(
            execution,
            workspace=replaced(folder.workspace, record=record),
            only=lambda name: subject_of(name) in subjects,
        )
        work = opened.work(folder, execution)
        with record.run(opened.recorded_tables(), possible(work, STAGES)):
            run_stages(work, _STAGES[:3] if subjects else ())
            work.cohort = _restricted(work, subjects)
            run_stages(work, _STAGES[3:] if subjects else ())
        return _result(work, part, subjects)


def _restricted(work: Work, subjects: frozenset[str]) -> Cohort:
    """Return the cohort of the shard, unless its regions, readers or lesions are named otherwise than in all.

    Each stage leaves out the other subjects anyway, but would make their rows of missing values, and would
    open their masks if the rule for lesions depends on volumes. The names of the files that `segment` writes
    depend on all subjects, so this comes after it.
    """
    table = work.cohort.table
    part = table[table["subject"].isin(subjects)].reset_index(drop=True)
    rules = [lesion_rule(work.study.asked_lesions, one) for one in (table, part)]
    drawn = [one[(one["mask"] != "") & (one["reader"] != AUTO)] for one in (table, part)]
    alike = all(set(drawn[0][name]) == set(drawn[1][name]) for name in ("reader", "roi"))
    return replaced(work.cohort, table=part) if alike and rules[0] == rules[1] else work.cohort


def _result(work: Work, shard: Shard, subjects: frozenset[str]) -> ShardResult:
    """Write the table of failures of the shard."""
    folder, file = work.folder, work.folder.file("shards", f"failures-{shard.slug}.csv")
    failures = [one for one in work.failures if one.case == WHOLE_COHORT or subject_of(one.case) in subjects]
    if failures:
        failures = write_failures(failures, file, localised=folder.localised)
    else:
        remove_failures(file)
    columns = feature_columns(work.features)
    measured = bool(work.features[columns].notna().any(axis=None))
    return ShardResult(
        folder.root,
        str(shard),
        len(subjects),
        failures,
        file if failures else None,
        measured or not subjects,
        tuple(folder.workspace.notes()),
    )


class _Part(Stage):
    """The part of a stage that works on single subjects, without the tables of the cohort."""

    def __init__(self, stage: Stage, compute: Callable[[Work], list[Failure]]) -> None:
        self.name, self.essential = stage.name, stage.essential
        self._stage, self._compute = stage, compute

    def wanted(self, work: Work) -> bool:
        """Whether the stage is wanted."""
        return self._stage.wanted(work)

    def run(self, work: Work) -> list[Failure]:
        """Compute and store the results of the subjects of the shard."""
        return [replaced(failure, stage=self.name) for failure in self._compute(work)]


def _check(work: Work) -> list[Failure]:
    """Store the check of each image; the run lists the problems."""
    checked_images(work)
    return []


def _prepare(work: Work) -> list[Failure]:
    """Prepare the images of the shard; those of other shards stay in the table, as files to come."""
    done = prepared_images(work)
    work.cohort = done.cohort
    return done.failures


def _require_single_subjects(opened: OpenedStudy) -> None:
    """Refuse a preparation that is fitted on the images of all subjects."""
    section = opened.plan.prepare
    if section is not None and section.landmarks is None and fitted_prefix(section.chain) is not None:
        raise InputError(
            "the section `prepare` fits landmarks on images of many subjects, which a shard does not have.",
            "Prepare the cohort once by `nbradiomics prepare`, and run the study of the prepared cohort in "
            "shards; or name `landmarks` that were fitted before.",
        )


def _segment(work: Work) -> list[Failure]:
    if work.study.segment is None or work.model is None:
        return []
    segmented = segment_scans(work)
    work.cohort = segmented.cohort
    return segmented.failures


def _compare(work: Work) -> list[Failure]:
    """Compare the masks; whether the cohort has any two to compare, only the run can say."""
    try:
        return [failure for failure in compare_masks(work).failures if failure.case != WHOLE_COHORT]
    except NbradiomicsError:
        return []


def _extract(work: Work) -> list[Failure]:
    features = features_of(work)
    work.features = features.table
    return features.failures


def _controls(work: Work) -> list[Failure]:
    """Extract the controls; whether there are masks of the outcome models, only the run can say."""
    try:
        return controlled_features(work)[1].failures
    except NbradiomicsError:
        return []


_STAGES = (
    _Part(Check(), _check),
    _Part(Prepare(), _prepare),
    _Part(Segment(), _segment),
    _Part(Compare(), _compare),
    _Part(Extract(), _extract),
    _Part(Perturbation(), lambda work: perturbed_features(work)[2].failures),
    _Part(Processing(), lambda work: processed_features(work)[2].failures),
    _Part(Controls(), _controls),
    _Part(FoldMasks(), lambda work: features_of_folds(work)[1]),
)
