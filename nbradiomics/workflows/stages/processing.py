"""The stage `processing`: the processing study of a study file."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from nbradiomics.cohort.chosen_masks import chosen_rows, cohort_of_rows
from nbradiomics.cohort.lesions import lesion_rule
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.stage_names import StageName
from nbradiomics.features.cohort import FeatureTable
from nbradiomics.features.processing import ProcessingGrid, extract_grid, load_grid
from nbradiomics.reproducibility import training_sentences
from nbradiomics.reproducibility.processing.schema import PROCESSING as TABLE, PROCESSING_CLASSES
from nbradiomics.reproducibility.processing.settings import ProcessingSettings
from nbradiomics.study.processing import PROCESSING
from nbradiomics.tables import write_table
from nbradiomics.workflows.processing.comparison import compare_processing, count_classes
from nbradiomics.workflows.stages.base import Stage, Work


class Processing(Stage):
    """Extracts the masks of one reader with every alteration of the section `processing`, and compares."""

    name = StageName.PROCESSING

    def wanted(self, work: Work) -> bool:
        """Whether the study has a section `processing`."""
        return work.study.processing is not None

    def run(self, work: Work) -> list[Failure]:
        """Write the tables of ``processing/``."""
        section = work.study.processing
        assert section is not None
        settings = section.part(ProcessingSettings)
        rows, grid, features = processed_features(work)
        table = compare_processing(features.table, grid, settings)
        write_table(features.table, work.folder.file(PROCESSING, "features.parquet"))
        write_table(table, work.folder.file(PROCESSING, TABLE.file))
        write_table(count_classes(table, settings), work.folder.file(PROCESSING, PROCESSING_CLASSES.file))
        reader = str(rows["reader"].iloc[0])
        work.provenance[PROCESSING] = {
            "grid": grid.text,
            "settings": settings.model_dump(mode="json"),
            "reader": reader,
            "notes": [*training_sentences(work.cohort.table, [reader]), *features.notes],
        }
        return [replace(failure, stage=self.name) for failure in features.failures]


def processed_features(work: Work) -> tuple[pd.DataFrame, ProcessingGrid, FeatureTable]:
    """Return the chosen rows of the cohort, the grid, and the features of its alterations; no table."""
    study, section = work.study, work.study.processing
    assert section is not None
    rows = chosen_rows(work.cohort.table, section.masks, study.asked_lesions)
    grid = load_grid(section.grid)
    features = extract_grid(
        cohort_of_rows(work.cohort, rows),
        grid,
        engine=study.extract.engine,
        # The rule of the whole cohort: a part of it may suggest another one.
        lesions=lesion_rule(study.asked_lesions, work.cohort.table),
        execution=work.extraction(),
    )
    return rows, grid, features
