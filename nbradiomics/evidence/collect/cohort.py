"""Facts about the cohort: who is in it, who is missing, and how the images were prepared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from nbradiomics.cohort.schema import COHORT
from nbradiomics.evidence.collect.plain import counts_of, plain
from nbradiomics.evidence.collect.run import PROVENANCE, study_of
from nbradiomics.evidence.facts import Fact
from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.features.schema import FEATURES
from nbradiomics.messages.wording import counted, shortened
from nbradiomics.preparation.schemas import PREPARATION
from nbradiomics.segmentation.schema import SEGMENTATION
from nbradiomics.study.checks.problem_table import CHECK
from nbradiomics.tables import AUTO, feature_columns

_SCAN = ["subject", "timepoint", "sequence"]


def cohort_facts(folder: ResultFolder) -> Iterator[Fact]:
    """Yield who is in the cohort, what is missing, and what was done to the images."""
    table = folder.table(COHORT)
    if table is not None:
        yield _cohort(folder, table)
        yield _missing(folder, table)
    yield from _preparation(folder)
    yield from _segmentation(folder)


def _cohort(folder: ResultFolder, table: pd.DataFrame) -> Fact:
    masks = table[table["mask"] != ""]
    readers = sorted(set(masks["reader"]) - {AUTO})
    sites = table["site"].replace("", pd.NA).dropna() if "site" in table else pd.Series(dtype=object)
    value = {
        "subjects": table["subject"].nunique(),
        "scans": len(table[_SCAN].drop_duplicates()),
        "images": table["image"].nunique(),
        "masks": len(masks),
        "readers": len(readers),
        "automatic_masks": int((masks["reader"] == AUTO).sum()),
        "sequences": counts_of(table.drop_duplicates("image")["sequence"]),
        "timepoints": counts_of(table.drop_duplicates("image")["timepoint"]),
        "regions": counts_of(masks["roi"]),
        "sites": sites.nunique(),
        "subjects_without_site": table["subject"].nunique() - table.loc[sites.index, "subject"].nunique(),
    }
    text = (
        f"{counted(value['subjects'], 'subject')} with {counted(value['images'], 'image')} "
        f"({shortened(value['sequences'])}) and masks of {counted(len(readers), 'reader')}"
        f"{' and of the model' if value['automatic_masks'] else ''}."
    )
    return folder.fact("cohort", text, plain(value), (COHORT.file, "one row for each image and mask"))


def _missing(folder: ResultFolder, table: pd.DataFrame) -> Fact:
    """Count what is not there, and how many subjects are left in each table."""
    masked = set(table.loc[table["mask"] != "", "subject"])
    value: dict[str, Any] = {"subjects_without_mask": len(set(table["subject"]) - masked)}
    sources = [(COHORT.file, "subjects whose rows have no mask")]
    check = folder.table(CHECK)
    if check is not None:
        value["warnings_of_the_check"] = int((check["severity"] == "warning").sum())
        sources.append((CHECK.file, "severity"))
    features = folder.table(FEATURES)
    if features is not None:
        measured = features[feature_columns(features)].notna().any(axis=1)
        value["rows_without_any_feature"] = int((~measured).sum())
        value["rows"] = len(features)
        value["subjects_with_features"] = features.loc[measured, "subject"].nunique()
        sources.append((FEATURES.file, "rows without any value"))
    left = ""
    if "subjects_with_features" in value:
        left = f"; {value['rows_without_any_feature']} of {value['rows']} rows of features are empty"
    text = f"{counted(value['subjects_without_mask'], 'subject')} without a mask{left}."
    return folder.fact("cohort.missing", text, plain(value), *sources)


def _preparation(folder: ResultFolder) -> Iterator[Fact]:
    file = f"prepared/{PREPARATION.file}"
    table = folder.table(PREPARATION, file)
    if table is None:
        return
    fits = counts_of(table["fit"].replace("", "nothing was fitted"))
    record = folder.record(PROVENANCE).get("prepare") or {}
    own = int((table["in_fit"] == "yes").sum()) if "in_fit" in table else 0
    value = {"images": len(table), "steps": counts_of(table["steps"]), "fits": fits, "in_fit": own}
    value["warnings"] = len(record.get("warnings") or ())
    text = (
        f"{counted(len(table), 'image')} were prepared; {own} of them by a fit that the subject's own image "
        "was part of (outcome models are not evaluated on these)."
    )
    yield folder.fact("preparation", text, plain(value), (file, "steps, fit, in_fit"))


def _segmentation(folder: ResultFolder) -> Iterator[Fact]:
    table, record = folder.table(SEGMENTATION), folder.record(PROVENANCE)
    model = record.get("model") or {}
    if table is None:
        return
    seen = table["in_training"] if "in_training" in table else pd.Series([pd.NA] * len(table))
    card = model.get("card") or {}
    value = {
        "model": model.get("name"),
        "fingerprint": model.get("fingerprint"),
        "folds": len(model.get("folds") or ()),
        "licence": card.get("licence"),
        "training_images_known": len(card.get("training_images") or ()),
        "training_subjects_named": study_of(folder).get("segment", {}).get("training_subjects") is not None,
        "scans": len(table),
        "failed": int((table["status"] == "").sum()),
        "empty": int((table["status"] == "empty").sum()),
        "in_training": int((seen == True).sum()),  # noqa: E712 - may be missing
        "in_training_not_known": int(seen.isna().sum()),
        "median_dice_of_folds": table["fold_dice"].dropna().median(),
    }
    text = (
        f"The model {value['model']} segmented {counted(len(table), 'scan')}: {value['empty']} without a "
        f"tumour, {value['failed']} failed; {value['in_training']} were in its training, and of "
        f"{value['in_training_not_known']} this is not known."
    )
    sources = [(SEGMENTATION.file, "status, in_training, fold_dice"), (PROVENANCE, "model, segmentation")]
    yield folder.fact("segmentation", text, plain(value), *sources)
