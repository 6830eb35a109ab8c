"""Definition of a stage, and the data that the stages of a run share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import pandas as pd

from nbradiomics.agreement.reader_study import ReadersStudy
from nbradiomics.cohort import Cohort
from nbradiomics.cohort.lesions import LesionRule, lesion_rule, whole_rule
from nbradiomics.errors import NbradiomicsError
from nbradiomics.execution.batch import Failure, failure_of
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.stage_names import StageName
from nbradiomics.features.schema import FEATURES
from nbradiomics.files.folder_in_use import require_in
from nbradiomics.messages.problem import Problem
from nbradiomics.messages.wording import counted
from nbradiomics.segmentation.model import Model
from nbradiomics.study.study import Study
from nbradiomics.system.processors import processors
from nbradiomics.workflows.folder import RunFolder

#: Name of the case of a failure that is about the cohort as a whole.
WHOLE_COHORT = "cohort"


@dataclass
class Work:
    """State of a run: the study, the output folder, and the results of the stages so far.

    Attributes
    ----------
    study
        The study to run.
    folder
        Output folder.
    execution
        Processes and progress display; its workspace is the folder's.
    cohort
        Images and masks; the stage `prepare` replaces the images by prepared ones, and `segment` adds the
        automatic masks.
    label
        Label of masks for which the cohort names none.
    model
        The model, loaded once; ``None`` if the study does not segment.
    problems
        Problems found in the tables, and by the stages so far.
    agreement
        Agreement table; ``None`` before the comparison, or if there are no two masks to compare.
    readers
        The reader study; ``None`` before it is done.
    features
        Feature table, one row per mask; empty before the extraction.
    perturbed
        Features of the variants of the section `perturbation`; ``None`` without them.
    controls
        Features of the negative controls of the section `controls`; ``None`` without them.
    fold_masks
        Features of the masks of the segmentation model's folds; ``None`` without them.
    stable
        Table of the combined rules; ``None`` without rules.
    failures
        Failures so far.
    provenance
        Entries of the stages for the provenance of the run.
    """

    study: Study
    folder: RunFolder
    execution: Execution
    cohort: Cohort
    label: int = 1
    model: Model | None = None
    problems: list[Problem] = field(default_factory=list)
    agreement: pd.DataFrame | None = None
    readers: ReadersStudy | None = None
    features: pd.DataFrame = field(default_factory=FEATURES.empty)
    perturbed: pd.DataFrame | None = None
    controls: pd.DataFrame | None = None
    fold_masks: pd.DataFrame | None = None
    stable: pd.DataFrame | None = None
    failures: list[Failure] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def rule_of_masks(self) -> LesionRule:
        """Rule for several lesions when masks are compared with masks."""
        return whole_rule(lesion_rule(self.study.asked_lesions, self.cohort.table))

    def extraction(self) -> Execution:
        """Return how features are extracted: with the study's threads for each image.

        On this machine there are at most as many processes as leave a processor for each thread; the user is
        told if they are fewer than those of the other stages.
        """
        execution, threads = self.execution, self.study.extract.threads
        if threads == 1:
            return execution
        jobs = execution.jobs
        if execution.executor is None:
            jobs = max(min(jobs, processors() // threads), 1)
        if jobs < execution.jobs:
            several = counted(jobs, "process", "processes")
            execution.tell(
                f"Note: features are extracted in {several} of {threads} threads (extract: threads)."
            )
        return replace(execution, jobs=jobs, threads=threads)

    def note(self, section: str, lines: Iterable[str]) -> None:
        """Add what a stage found unusual to the problems of the run."""
        remedy = f"Look at the tables in `{section}/`, and at the report."
        path = str(self.study.cohort)
        self.problems += [Problem(path, "", section, "warning", line, remedy) for line in lines]


class Stage(Protocol):
    """One stage of a run.

    Attributes
    ----------
    name
        Name of the stage in progress bars, failures and reports.
    essential
        Whether the run ends if the stage fails as a whole. Otherwise the other stages continue, and the
        report shows the failure.
    """

    name: StageName
    essential: bool = False

    def wanted(self, work: Work) -> bool:  # noqa: ARG002 - stages that override this use it
        """Whether the study requests the stage and the cohort allows it; true unless a stage overrides it."""
        return True

    def run(self, work: Work) -> list[Failure]:
        """Run the stage: write tables to the folder, update `work` for later stages, return the failures."""
        ...


def possible(work: Work, stages: Iterable[Stage]) -> list[str]:
    """List the stages that a run may have, before it begins: the study or the cohort may rule out others."""
    asked = (
        StageName.PREPARE,
        *(StageName.ADC, StageName.HABITATS, StageName.ROIS),
        *(
            StageName.PERTURBATION,
            StageName.PROCESSING,
            StageName.CONTROLS,
            StageName.DRAWING,
            StageName.OUTCOME,
        ),
    )
    return [stage.name for stage in stages if stage.name not in asked or stage.wanted(work)]


def run_stages(work: Work, stages: Iterable[Stage]) -> None:
    """Run the stages that are wanted, one after the other.

    Raises
    ------
    NbradiomicsError
        When an essential stage fails as a whole, or the folder is moved or removed meanwhile.
    """
    workspace = work.execution.workspace
    record = None if workspace is None else workspace.record
    for stage in stages:
        if not stage.wanted(work):
            continue
        if record is not None:
            record.begin(stage.name)
        try:
            failures = stage.run(work)
        except NbradiomicsError as error:
            if stage.essential:
                raise
            failures = [failure_of(WHOLE_COHORT, stage.name, error)]
        work.failures += failures
        require_in(work.folder.root)
        if record is not None:
            record.end(failures)
