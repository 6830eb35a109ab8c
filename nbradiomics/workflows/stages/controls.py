"""The stage `controls`: features of negative controls of the masks that the outcome models use."""

from __future__ import annotations

from dataclasses import replace

from nbradiomics.execution.batch import Failure
from nbradiomics.execution.stage_names import StageName
from nbradiomics.features.cohort import FeatureTable
from nbradiomics.features.controls.extract import extract_controls
from nbradiomics.features.controls.settings import ControlSettings
from nbradiomics.study.controls import CONTROLS
from nbradiomics.study.external_tables import rows_of_models
from nbradiomics.tables import select, write_table
from nbradiomics.workflows.stages.base import Stage, Work


class Controls(Stage):
    """Makes the controls of the section `controls` in memory, and extracts their features."""

    name = StageName.CONTROLS

    def wanted(self, work: Work) -> bool:
        """Whether the study has a section `controls`, and outcome models that use it."""
        return work.study.controls is not None and work.study.outcome is not None

    def run(self, work: Work) -> list[Failure]:
        """Write ``controls/features.parquet``."""
        settings, features = controlled_features(work)
        write_table(features.table, work.folder.file(CONTROLS, "features.parquet"))
        work.controls = features.table
        work.provenance[CONTROLS] = settings.stated() | {
            "kinds": list(settings.kinds),
            "ring_mm": settings.ring_mm,
            "seed": work.study.seed,
            "masks": len(features.table) // len(settings.kinds),
        }
        return features.failures


def controlled_features(work: Work) -> tuple[ControlSettings, FeatureTable]:
    """Return the settings and the features of the controls; write no table."""
    study = work.study
    section, outcome = study.controls, study.outcome
    assert section is not None
    assert outcome is not None
    rows = rows_of_models(outcome, work.features)
    settings = section.of_masks(rows)
    cohort = work.cohort
    if rows.variant is not None:
        cohort = replace(cohort, table=select(cohort.table, variant=rows.variant))
    features = extract_controls(
        cohort,
        params=study.extract.params,
        engine=study.extract.engine,
        lesions=study.asked_lesions,
        min_lesion_ml=study.lesion_min_ml,
        seed=study.seed,
        settings=settings,
        execution=work.extraction(),
    )
    return settings, features
