"""The stage `prepare`: images are prepared before they are segmented and measured."""

from __future__ import annotations

from typing import Any

from nbradiomics.cohort.unnamed_files import remove_unnamed
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.stage_names import StageName
from nbradiomics.preparation.cohort import PreparedCohort, is_prepared_file, prepare_cohort
from nbradiomics.preparation.settings import PreparationSettings
from nbradiomics.preparation.written import sentences, warnings, write_tables
from nbradiomics.study.preparation import PREPARE, PREPARED
from nbradiomics.workflows.stages.base import Stage, Work


class Prepare(Stage):
    """Prepares the images of the section `prepare`; later stages see the prepared images alone."""

    name = StageName.PREPARE
    essential = True

    def wanted(self, work: Work) -> bool:
        """Whether the study has a section `prepare`."""
        return work.study.prepare is not None

    def run(self, work: Work) -> list[Failure]:
        """Write images, masks and tables of ``prepared/``.

        Raises
        ------
        InputError
            When no image could be prepared.
        """
        done = prepared_images(work)
        folder = work.folder.file(PREPARED)
        if done.cohort.table.empty:
            first = done.failures[0]
            raise InputError(f"no image could be prepared; the first: {first.cause}", first.hint)
        remove_unnamed(done.cohort, folder, is_prepared_file)
        write_tables(done, folder)
        work.cohort = done.cohort
        work.provenance[PREPARE] = self._record(work, done)
        work.note(PREPARED, warnings(done))
        return done.failures

    def _record(self, work: Work, done: PreparedCohort) -> dict[str, Any]:
        section = work.study.prepare
        assert section is not None
        return {
            "steps": [step.name for step in section.chain],
            "settings": section.model_dump(mode="json"),
            "fits": done.plan,
            "notes": [*done.notes, *sentences(done)],
            "warnings": warnings(done),
        }


def prepared_images(work: Work) -> PreparedCohort:
    """Prepare the images, and write no table."""
    section = work.study.prepare
    assert section is not None
    settings = PreparationSettings(**{**section.stated(), "seed": work.study.seed})
    return prepare_cohort(
        work.cohort,
        out=work.folder.file(PREPARED),
        settings=settings,
        label=work.label,
        execution=work.execution,
    )
