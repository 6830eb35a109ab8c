"""The stage `check`: list all problems of the tables, images and masks."""

from __future__ import annotations

from nbradiomics.execution.batch import Failure
from nbradiomics.execution.stage_names import StageName
from nbradiomics.messages.problem import Problem, told_once
from nbradiomics.study.checks import check_images
from nbradiomics.study.checks.problem_table import problem_table
from nbradiomics.study.checks.segmentation import check_scans
from nbradiomics.study.checks.study import study_parameters
from nbradiomics.tables import write_table
from nbradiomics.workflows.stages.base import Stage, Work


class Check(Stage):
    """Checks the images and masks, and lists their problems together with those of the tables."""

    name = StageName.CHECK
    essential = True

    def run(self, work: Work) -> list[Failure]:
        """Write ``check.csv``; invalid images become failures in the stages that use them."""
        table, path = work.cohort.table, work.cohort.path
        scans = check_scans(work.model, table, path) if work.model else []
        work.problems += [*scans, *told_once(checked_images(work), len(table))]
        write_problems(work)
        return []


def checked_images(work: Work) -> list[Problem]:
    """Check every image, or take its stored check."""
    return check_images(
        work.cohort.table,
        work.cohort.path,
        label=work.label,
        parameters=study_parameters(work.study),
        bins=False,  # the extraction measures the same
        execution=work.execution,
    )


def write_problems(work: Work) -> None:
    """Write ``check.csv``: the problems that were found so far."""
    problems = problem_table(work.problems)
    write_table(work.folder.localised(problems), work.folder.file("check.csv"))
