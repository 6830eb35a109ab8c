"""The stage `perturbation`: features of variants of the masks of one reader, made in memory."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from nbradiomics.cohort.chosen_masks import chosen_rows, cohort_of_rows
from nbradiomics.cohort.lesions import lesion_rule
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.stage_names import StageName
from nbradiomics.features.cohort import FeatureTable, extract_cohort
from nbradiomics.perturbation import Variant
from nbradiomics.reproducibility import training_sentences
from nbradiomics.study.checks.perturbation import memory_chain
from nbradiomics.study.perturbation import PERTURBATION
from nbradiomics.tables import write_table
from nbradiomics.workflows.stages.base import Stage, Work


class Perturbation(Stage):
    """Makes the variants of the section `perturbation` in memory, and extracts their features."""

    name = StageName.PERTURBATION

    def wanted(self, work: Work) -> bool:
        """Whether the study has a section `perturbation`."""
        return work.study.perturbation is not None

    def run(self, work: Work) -> list[Failure]:
        """Write ``perturbation/features.parquet``."""
        section = work.study.perturbation
        assert section is not None
        rows, variants, features = perturbed_features(work)
        write_table(features.table, work.folder.file(PERTURBATION, "features.parquet"))
        work.perturbed = features.table
        work.provenance[PERTURBATION] = {
            "chain": section.chain,
            "seed": work.study.seed,
            "reader": str(rows["reader"].iloc[0]),
            "subjects": int(rows["subject"].nunique()),
            "variants": [variant.model_dump() | {"name": variant.name} for variant in variants],
            "notes": training_sentences(work.cohort.table, list(rows["reader"].unique())),
        }
        return [replace(failure, stage=self.name) for failure in features.failures]


def perturbed_features(work: Work) -> tuple[pd.DataFrame, list[Variant], FeatureTable]:
    """Return the chosen rows of the cohort, their variants, and the features of these; write no table."""
    study, section = work.study, work.study.perturbation
    assert section is not None
    rows = chosen_rows(work.cohort.table, section, study.asked_lesions)
    variants = memory_chain(section.chain, study.seed)
    features = extract_cohort(
        cohort_of_rows(work.cohort, rows),
        params=study.extract.params,
        engine=study.extract.engine,
        # The rule of the whole cohort: a part of it may suggest another one.
        lesions=lesion_rule(study.asked_lesions, work.cohort.table),
        variants=variants,
        seed=study.seed,
        execution=work.extraction(),
    )
    return rows, variants, features
