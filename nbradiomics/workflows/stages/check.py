"""The stage `check`: everything that is wrong with the images and masks, listed."""

from __future__ import annotations

from nbradiomics.execution.batch import Failure
from nbradiomics.execution.stage_names import StageName
from nbradiomics.messages.problem import told_once
from nbradiomics.study.checks import check_images
from nbradiomics.study.checks.problem_table import problem_table
from nbradiomics.study.checks.segmentation import check_scans
from nbradiomics.study.checks.study import study_parameters
from nbradiomics.tables import write_table
from nbradiomics.workflows.stages.base import Stage, Work


class Check(Stage):
    """Looks at the images and masks too, and lists all that is wrong, beside what the tables gave."""

    name = StageName.CHECK
    essential = True

    def run(self, work: Work) -> list[Failure]:
        """Write ``check.csv``. Images that are wrong become failures where they are used."""
        table, path = work.cohort.table, work.cohort.path
        scans = check_scans(work.model, table, path) if work.model else []
        images = check_images(
            table,
            path,
            label=work.label,
            parameters=study_parameters(work.study),
            execution=work.execution,
        )
        problems = problem_table([*work.problems, *scans, *told_once(images, len(table))])
        write_table(work.folder.localised(problems), work.folder.file("check.csv"))
        return []
