"""The stage `habitats`: sub-regions of the tumours, as further regions."""

from __future__ import annotations

from typing import Any

from nbradiomics.execution.batch import Failure
from nbradiomics.execution.stage_names import StageName
from nbradiomics.habitats.cohort import find_habitats
from nbradiomics.habitats.settings import HabitatSettings
from nbradiomics.habitats.written import write_habitats
from nbradiomics.workflows.stages.base import Stage, Work
from nbradiomics.workflows.stages.check import write_problems


class Habitats(Stage):
    """Divides the tumours of all readers and of the model into the habitats of the section `habitats`."""

    name = StageName.HABITATS

    def wanted(self, work: Work) -> bool:
        """Whether the study has a section `habitats`."""
        return work.study.habitats is not None

    def run(self, work: Work) -> list[Failure]:
        """Write maps, tables and models of ``habitats/``, and the cohort table with the habitats."""
        section, folder = work.study.habitats, work.folder.file(self.name)
        assert section is not None
        settings = _settings(section, work)
        done = find_habitats(
            work.cohort,
            out=folder,
            lesions=work.rule_of_masks,
            label=work.label,
            settings=settings,
            execution=work.execution,
        )
        write_habitats(done, folder)
        work.cohort = done.cohort.write(work.folder.file("cohort.csv"))
        work.note(self.name, done.notes)
        work.provenance[self.name] = {"settings": settings.model_dump(mode="json"), **done.record()}
        write_problems(work)
        return done.failures


def _settings(section: HabitatSettings, work: Work) -> HabitatSettings:
    """The section, with the seed and the diffusion images of the study where it names none."""
    study = work.study
    defaults: dict[str, Any] = {"seed": study.seed}
    if study.adc is not None:
        defaults["b_values"] = study.adc.b_values
    return section.changed(
        **{name: value for name, value in defaults.items() if name not in section.model_fields_set}
    )
