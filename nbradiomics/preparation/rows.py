"""Rows of the prepared cohort, and the tables of a preparation."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.cohort import Cohort
from nbradiomics.cohort.columns import DEFAULTS
from nbradiomics.preparation.intensities import SHARES
from nbradiomics.preparation.jobs import prepared_variant
from nbradiomics.preparation.one_image import ImageJob, MaskJob
from nbradiomics.preparation.schemas import INTENSITIES, MOVED_MASKS, PREPARATION, REGISTRATION
from nbradiomics.preparation.settings import PreparationSettings
from nbradiomics.preparation.steps.percentile import TOP

#: Share by which the volume of a mask may change with its grid before it is noted.
NOTED_CHANGE = 0.05
#: Share of a tumour below which it counts as not measured by the normalisation.
LEAST_MEASURED = 0.5
#: Factor by which landmarks may change the spread of a tumour, against a linear scale.
MOST_STRETCHED = 3.0
#: Least spread of a tumour (interquartile range) in standard deviations of its normalisation.
LEAST_SPREAD = 0.01
FLAT = "the middle half of the tumour is no wider than"
STRETCHED = "the landmarks make the spread of the tumour"
BEYOND = (
    "the median of the tumour lies beyond the landmarks, where the scale is extrapolated: measure them in "
    "the body (over=body)"
)
_SCAN = ["subject", "timepoint", "sequence"]
_MASK = ["roi", "reader", "reading"]


def prepared_rows(
    cohort: Cohort,
    jobs: Mapping[str, ImageJob],
    results: Mapping[str, Any],
    settings: PreparationSettings,
    lost: Collection[str] = (),
) -> pd.DataFrame:
    """Rows of a cohort table for prepared images, in the order of the original table.

    Parameters
    ----------
    cohort
        The originals.
    jobs
        Images that were prepared, or will be by another process.
    results
        Results of those that were prepared here.
    settings
        Body and reference tissue have no rows: they would count as lesions.
    lost
        Names of masks that are left out, because an image of their scan was not measured in all of them.
    """
    by_image = {
        (*job.scan.key[:3], job.channel.name, str(job.channel.image)): (name, job)
        for name, job in jobs.items()
    }
    beside = {settings.body_roi, settings.reference_roi} - {None}
    rows: list[dict[str, Any]] = []
    for row in cohort.table.to_dict("records"):
        found = by_image.get((*(row[name] for name in _SCAN), row["channel"], row["image"]))
        if found is None:
            continue
        name, job = found
        made = {
            **row,
            "image": str(job.file),
            "unit": job.unit,
            "variant": prepared_variant(row["variant"], settings.chain),
        }
        is_left_out = row["roi"] in beside or (bool(row["mask"]) and _own(job, row).case.name in lost)
        rows.append(_with_mask(made, job, results.get(name), is_left_out=is_left_out))
    return _without_bare(pd.DataFrame(rows, columns=list(DEFAULTS)))


def _with_mask(
    row: dict[Any, Any], job: ImageJob, result: Mapping[str, Any] | None, *, is_left_out: bool
) -> dict[Any, Any]:
    """Give a row its mask on the new grid; none, if it is left out, or could not be moved."""
    if not row["mask"]:
        return row
    bare = {**row, **{name: DEFAULTS[name] for name in _OF_MASK}}
    if is_left_out:
        return bare
    if not job.moves:
        return row
    own = _own(job, row)
    moved = result is None or any(mask["case"] == own.case.name for mask in result["masks"])
    return {**row, "mask": str(own.file), "label": 1, "probability": ""} if moved else bare


def _own(job: ImageJob, row: Mapping[Any, Any]) -> MaskJob:
    """The mask of a row among those of its scan."""
    key = tuple(str(row[name]) for name in _MASK)
    return next(one for one in job.masks if (one.case.roi, one.case.reader, str(one.case.reading)) == key)


#: Columns that a row without a mask leaves empty.
_OF_MASK = ("reader", "mask", "label", "roi", "reading", "reference_kind", "minutes", "probability")


def _without_bare(table: pd.DataFrame) -> pd.DataFrame:
    """Remove rows without a mask of images that have another row, and repeated ones."""
    bare = table["mask"] == ""
    drawn = set(table.loc[~bare, "image"])
    kept = table[~bare | ~table["image"].isin(drawn)]
    repeated = (kept["mask"] == "") & kept.duplicated([*_SCAN, "channel", "image"])
    return kept[~repeated].reset_index(drop=True)


def tables_of(
    cohort: Cohort,
    settings: PreparationSettings,
    jobs: Mapping[str, ImageJob],
    results: Mapping[str, Any],
    folder: Path,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Make the tables of `schemas`: preparation, registration, moved masks, intensities."""
    scans = [tuple(scan) for scan in cohort.table[_SCAN].itertuples(index=False, name=None)]
    sites = dict(zip(scans, cohort.table["site"], strict=True))
    prepared: list[dict[str, Any]] = []
    registered: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    curves: list[dict[str, Any]] = []
    for name, job in jobs.items():
        result = results[name]
        index = {**job.scan.index(), "channel": job.channel.name}
        site = {"site": sites[job.scan.key[:3]]}
        variant = {"variant": prepared_variant(job.scan.variant, settings.chain)}
        prepared.append({**index, **site, **variant, **_prepared(job, result, folder)})
        registered += [{**index, **row} for row in _registered(job, result)]
        moved += list(_moved(job, result))
        curve = zip(SHARES, result["before"]["curve"], result["after"]["curve"], strict=True)
        curves += [
            {**index, **site, "share": share, "before": old, "after": new} for share, old, new in curve
        ]
    return (
        PREPARATION.table(prepared),
        REGISTRATION.table(registered),
        MOVED_MASKS.table(moved),
        INTENSITIES.table(curves),
    )


def _prepared(job: ImageJob, result: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    levels = {
        f"{what}_{when}": result[when][what]
        for what in ("whole_median", "whole_iqr", "tumour_median", "tumour_iqr")
        for when in ("before", "after")
    }
    root = os.path.abspath(folder)
    return {
        "unit": job.unit,
        "image_before": os.path.relpath(job.channel.image, root),
        "image": os.path.relpath(job.file, root),
        "steps": ", ".join(step.name for step in job.steps),
        "fit": job.fit,
        **_numbers(result["records"]),
        **levels,
        "found": "; ".join(_found(record) for record in result["records"]),
        "note": "; ".join([*result["notes"], *_tumour(result), *_changed(result["masks"])]),
    }


def _numbers(records: list[dict[str, Any]]) -> dict[str, float]:
    """Numbers of the steps that have a column of their own."""
    found: dict[str, float] = {}
    for record in records:
        kind, values = record["step"].partition("_")[0], record["values"]
        if kind == "n4":
            found |= {"bias_lowest": values["field_lowest"], "bias_highest": values["field_highest"]}
        elif kind == "nlm":
            found["noise"] = values["noise_level"]
        elif kind in ("zscore", "whitestripe"):
            found |= {"offset": values["mean"], "scale": values["standard_deviation"]}
        elif kind == "percentile":
            found |= {"offset": values["low"], "scale": (values["high"] - values["low"]) / 100}
        elif kind == "nyul":
            low, high = values["lowest_landmark"], values["highest_landmark"]
            found |= {"offset": low, "scale": (high - low) / TOP}
        if "tumour_measured" in values:
            found["tumour_measured"] = values["tumour_measured"]
    return found


def _found(record: Mapping[str, Any]) -> str:
    values = (
        f"{name}={value:.6g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in record["values"].items()
    )
    return f"{record['step']}: {', '.join(values)}" if record["values"] else str(record["step"])


def _tumour(result: Mapping[str, Any]) -> list[str]:
    return [*_unmeasured(result), *_flat(result), *_beyond(result), *_stretched(result)]


def _flat(result: Mapping[str, Any]) -> list[str]:
    """Tell of a standard deviation that is not made by tissue, but by a few voxels of extreme values."""
    deviations = [record["values"].get("standard_deviation", math.nan) for record in result["records"]]
    spread = result["before"]["tumour_iqr"]
    return [
        f"{FLAT} {spread / deviation:.2g} of the standard deviation {deviation:.3g}"
        for deviation in deviations
        if 0 < spread < LEAST_SPREAD * deviation
    ]


def _beyond(result: Mapping[str, Any]) -> list[str]:
    """Tell of a tumour that the landmarks do not cover; a median of NaN lies nowhere."""
    middle = result["after"]["tumour_median"]
    mapped = any("lowest_landmark" in record["values"] for record in result["records"])
    return [BEYOND] if mapped and (middle < 0 or middle > TOP) else []


def _stretched(result: Mapping[str, Any]) -> list[str]:
    """Tell of a tumour whose contrast the landmarks change much more than a linear scale would."""
    found = _numbers(result["records"])
    mapped = any("lowest_landmark" in record["values"] for record in result["records"])
    linear = result["before"]["tumour_iqr"] / found["scale"] if mapped else math.nan
    if not linear > 0:
        return []
    stretch = result["after"]["tumour_iqr"] / linear
    if 1 / MOST_STRETCHED <= stretch <= MOST_STRETCHED:
        return []
    return [f"{STRETCHED} {stretch:.2g} times what a linear scale makes it"]


def _unmeasured(result: Mapping[str, Any]) -> list[str]:
    """Tell of a tumour that is not among the voxels that decided about its normalisation."""
    share = _numbers(result["records"]).get("tumour_measured", 1.0)
    if share >= LEAST_MEASURED:
        return []
    return [f"only {share:.0%} of the tumour is in the voxels that the normalisation measured"]


def _changed(masks: list[dict[str, Any]]) -> list[str]:
    changed = [mask for mask in masks if abs(mask["change"]) > NOTED_CHANGE]
    return [
        f"the volume of mask {mask['case']} changed by {mask['change']:+.1%} on the new grid"
        for mask in changed
    ]


def _registered(job: ImageJob, result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for record in result["records"]:
        if "mutual_information_after" in record["values"]:
            known = {name: value for name, value in record["values"].items() if name in REGISTRATION.names}
            yield {"target": job.scan.channels[0].name, **known}


def _moved(job: ImageJob, result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    volumes = {mask["case"]: mask for mask in result["masks"]}
    for one in job.masks:
        if one.case.name in volumes:
            found = volumes[one.case.name]
            yield {**one.case.index(), **{name: found[name] for name in ("before_ml", "after_ml", "change")}}
