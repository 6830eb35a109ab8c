"""The stage `adc`: the apparent diffusion coefficient, as further channels of the scans."""

from __future__ import annotations

from nbradiomics.cohort.unnamed_files import remove_unnamed
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.stage_names import StageName
from nbradiomics.habitats.diffusion.cohort import fit_adc
from nbradiomics.habitats.diffusion.schema import DIFFUSION
from nbradiomics.habitats.files import is_habitat_file
from nbradiomics.tables import write_table
from nbradiomics.workflows.stages.base import Stage, Work
from nbradiomics.workflows.stages.check import write_problems


class Adc(Stage):
    """Fits the diffusion images of the cohort by the section `adc`."""

    name = StageName.ADC

    def wanted(self, work: Work) -> bool:
        """Whether the study has a section `adc`."""
        return work.study.adc is not None

    def run(self, work: Work) -> list[Failure]:
        """Write the maps and the table of ``adc/``, and the cohort table with the channels."""
        section, folder = work.study.adc, work.folder.file(self.name)
        assert section is not None
        done = fit_adc(work.cohort, out=folder, label=work.label, settings=section, execution=work.execution)
        remove_unnamed(done.cohort, folder, is_habitat_file)
        write_table(done.table, folder / DIFFUSION.file)
        work.cohort = done.cohort.write(work.folder.file("cohort.csv"))
        work.note(self.name, done.notes)
        work.provenance[self.name] = {
            "settings": section.model_dump(mode="json"),
            "b_values": sorted(set(done.table["b_values"])),
            "notes": list(done.notes),
        }
        write_problems(work)
        return done.failures
