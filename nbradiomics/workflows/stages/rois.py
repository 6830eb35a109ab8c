"""The stage `rois`: the ring around each region, its rim and its core, as further regions."""

from __future__ import annotations

from nbradiomics.cohort.unnamed_files import remove_unnamed
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.stage_names import StageName
from nbradiomics.rings import RegionSettings, add_regions
from nbradiomics.rings.cohort import is_region_file
from nbradiomics.rings.schema import ROIS
from nbradiomics.rings.words import summarised
from nbradiomics.tables import write_table
from nbradiomics.workflows.stages.base import Stage, Work
from nbradiomics.workflows.stages.check import write_problems


class Rois(Stage):
    """Derives the regions of the section `rois` from the masks of all readers and of the model."""

    name = StageName.ROIS

    def wanted(self, work: Work) -> bool:
        """Whether the study has a section `rois`."""
        return work.study.rois is not None

    def run(self, work: Work) -> list[Failure]:
        """Write the masks and the table of ``rois/``, and the cohort table with the regions."""
        section, folder = work.study.rois, work.folder.file(self.name)
        assert section is not None
        done = add_regions(
            work.cohort,
            out=folder,
            settings=RegionSettings(**section.stated()),
            lesions=work.rule_of_masks,
            label=work.label,
            execution=work.execution,
        )
        remove_unnamed(done.cohort, folder, is_region_file)
        write_table(done.table, folder / ROIS.file)
        work.cohort = done.cohort.write(work.folder.file("cohort.csv"))
        work.note(self.name, summarised(done.table))
        write_problems(work)
        return done.failures
