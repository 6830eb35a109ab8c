"""What a stage is, and what the stages of a run hand on to each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
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
from nbradiomics.messages.problem import Problem
from nbradiomics.segmentation.model import Model
from nbradiomics.study.study import Study
from nbradiomics.workflows.folder import RunFolder


@dataclass
class Work:
    """A study on its way: what was asked for, where it goes, and what its stages have left so far.

    Attributes
    ----------
    study
        What was asked for.
    folder
        Where the results go.
    execution
        Processes and progress display; its workspace is the folder's.
    cohort
        Images and masks; the stage `segment` adds those of the model.
    label
        Label of masks for which the cohort names none.
    model
        Loaded once; ``None`` where the study does not segment.
    problems
        What the check of the tables found.
    agreement
        Masks against masks; ``None`` until they are compared, or where there are no two.
    readers
        The reader study; ``None`` until it is done.
    features
        A row per mask; without rows until they are extracted.
    failures
        What could not be done so far.
    provenance
        What stages add to the record of the run.
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
    failures: list[Failure] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def rule_of_masks(self) -> LesionRule:
        """Rule for several lesions where masks are held against masks."""
        return whole_rule(lesion_rule(self.study.asked_lesions, self.cohort.table))


class Stage(Protocol):
    """One stage of a run.

    Attributes
    ----------
    name
        Its name in progress bars, failures and reports.
    essential
        Whether the run ends where it cannot be done at all; else the others go on, and the report says so.
    """

    name: StageName
    essential: bool = False

    def wanted(self, work: Work) -> bool:  # noqa: ARG002 - for the stages that ask
        """Whether the study asks for it, and the cohort allows it; always, unless a stage says otherwise."""
        return True

    def run(self, work: Work) -> list[Failure]:
        """Do it: leave tables in the folder and what others need in `work`; give what could not be done."""
        ...


def run_stages(work: Work, stages: Iterable[Stage]) -> None:
    """Do the stages that are wanted, one after the other.

    Raises
    ------
    NbradiomicsError
        When an essential stage cannot be done at all.
    """
    for stage in stages:
        if not stage.wanted(work):
            continue
        try:
            work.failures += stage.run(work)
        except NbradiomicsError as error:
            if stage.essential:
                raise
            work.failures.append(failure_of("cohort", stage.name, error))
