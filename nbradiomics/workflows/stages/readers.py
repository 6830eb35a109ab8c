"""The stage `readers`: is the model as good as another expert?"""

from __future__ import annotations

from nbradiomics.agreement.distance_cohort import write_distance_maps
from nbradiomics.agreement.reader_study import ReaderStudySettings, study_readers
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.stage_names import StageName
from nbradiomics.study.checks.readers import read_clinical
from nbradiomics.study.study import Study
from nbradiomics.tables import AUTO
from nbradiomics.workflows.stages.base import Stage, Work


class Readers(Stage):
    """Tests whether the model is as good as another expert, and maps where it differs from the readers.

    Parameters
    ----------
    essential
        Whether the run ends if the stage fails.
    """

    name = StageName.READERS

    def __init__(self, *, essential: bool = False) -> None:
        self.essential = essential

    def wanted(self, work: Work) -> bool:
        """Whether masks were compared."""
        return work.agreement is not None

    def run(self, work: Work) -> list[Failure]:
        """Write the tables of ``readers/`` and the maps of the signed distance."""
        assert work.agreement is not None
        study, cohort = work.study, work.cohort
        groups = read_clinical(study.readers, cohort.table["subject"], study.outcome, study.subject_column)
        work.readers = study_readers(
            work.agreement,
            cohort.table,
            clinical=groups.table,
            settings=analysis_of(study),
            said=groups.sentences,
        )
        work.readers.write(work.folder.readers)
        if not (study.readers.maps and AUTO in cohort.readers()):
            return []
        return write_distance_maps(
            cohort.without_seen_masks(),
            work.folder.distance_maps,
            lesions=work.rule_of_masks,
            label=work.label,
            execution=work.execution,
        )


def analysis_of(study: Study) -> ReaderStudySettings:
    """Make the settings of the reader study from the section `readers` and the study's seed."""
    return study.readers.part(ReaderStudySettings).changed(seed=study.seed)
