"""The stage `drawing`: features of the masks of the segmentation model's folds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from nbradiomics.cohort.derived_regions import is_derived
from nbradiomics.cohort.lesions import lesion_rule
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.stage_names import StageName
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.features.schema import FEATURES
from nbradiomics.segmentation.cohort import file_names
from nbradiomics.tables import AUTO, write_table
from nbradiomics.workflows.stages.base import Stage, Work

DRAWING = "drawing"


class FoldMasks(Stage):
    """Extracts the features of the masks of the segmentation model's folds, if the study asks for them."""

    name = StageName.DRAWING

    def wanted(self, work: Work) -> bool:
        """Whether the section `drawing` of `outcome` asks for the masks of the folds."""
        outcome = work.study.outcome
        return outcome is not None and outcome.drawing is not None and outcome.drawing.folds

    def run(self, work: Work) -> list[Failure]:
        """Write ``drawing/features.parquet``."""
        table, failures = features_of_folds(work)
        write_table(table, work.folder.file(DRAWING, "features.parquet"))
        work.fold_masks = table
        return failures


def features_of_folds(work: Work) -> tuple[pd.DataFrame, list[Failure]]:
    """Return the features of the masks of the folds, one row per scan and fold, and failures.

    Raises
    ------
    InputError
        When the run has no model of several folds.
    """
    folds = () if work.model is None else work.model.folds
    if len(folds) < 2:
        raise InputError(
            f"the masks of the folds were asked for, and the run has a model of {len(folds)} folds.",
            "Segment with a model of two folds or more, or leave out folds of drawing.",
        )
    table = pd.concat([_with_masks_of(work, fold) for fold in folds], ignore_index=True)
    if not (table["mask"] != "").any():
        return FEATURES.empty(), []
    # All folds together, each as a variant: otherwise two cases would have one name in the record.
    done = extract_cohort(
        replace(work.cohort, table=table),
        params=work.study.extract.params,
        engine=work.study.extract.engine,
        # The rule of the whole cohort: a part of it may suggest another one.
        lesions=lesion_rule(work.study.asked_lesions, work.cohort.table),
        min_lesion_ml=work.study.lesion_min_ml,
        execution=work.extraction(),
    )
    return done.table, [replace(one, stage=StageName.DRAWING) for one in done.failures]


def _with_masks_of(work: Work, fold: str) -> pd.DataFrame:
    """Return the rows of the cohort of the automatic masks, with those of a fold, and of other channels.

    The fold is the variant of the rows, as it is in the table of features.
    """
    cohort = work.cohort
    names = file_names({scan.name: scan for scan in cohort.scans()})
    stems = {(scan.subject, scan.timepoint, scan.sequence): names[scan.name] for scan in cohort.scans()}
    rows = _of_the_models(work)
    places = rows[["subject", "timepoint", "sequence"]].itertuples(index=False, name=None)
    files = [str(Path(work.folder.maps / f"{stems[place]}_{fold}.nii.gz").absolute()) for place in places]
    rows["mask"] = [file if mask else "" for file, mask in zip(files, rows["mask"], strict=True)]
    labels = rows["label"].where(rows["mask"] == "", 1)
    return rows.assign(label=labels, variant=fold).reset_index(drop=True)


def _of_the_models(work: Work) -> pd.DataFrame:
    """Return the rows of automatic masks and of other channels, of the scans that the outcome models use.

    Without a named timepoint or sequence these are all scans.
    """
    table, outcome = work.cohort.table, work.study.outcome
    automatic = (table["reader"] == AUTO) & ~table["roi"].map(is_derived).astype(bool)
    rows = table[automatic | (table["mask"] == "")]
    for column in ("timepoint", "sequence"):
        named = None if outcome is None else getattr(outcome, column)
        rows = rows if named is None else rows[rows[column] == named]
    return rows.copy()
