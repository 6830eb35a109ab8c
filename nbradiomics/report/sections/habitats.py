"""Sections of the derived regions of a run: habitats with pictures, and rings, rims and cores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from nbradiomics.cohort.names import name_of, scan_name
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.habitats.clusters.number import STABLE
from nbradiomics.habitats.clusters.separation import APART
from nbradiomics.habitats.schema import (
    HABITAT_MODELS,
    HABITAT_NUMBERS,
    HABITAT_REGIONS,
    HABITAT_THRESHOLDS,
    HABITATS,
)
from nbradiomics.images.io import read_image
from nbradiomics.messages.wording import counted, number, percent
from nbradiomics.report.content import Block, Heading, Picture, Sentences, Table, Text
from nbradiomics.report.figures.habitat_maps import (
    HabitatSlice,
    draw_habitats,
    draw_shares,
    draw_thresholds,
)
from nbradiomics.report.run_files import CASE, Run
from nbradiomics.report.sections.missing_parts import failures_of
from nbradiomics.rings.words import summarised

HABITATS_SECTION, ROIS_SECTION = "habitats", "rois"
#: Cases with a picture, and bars of shares.
_PICTURES, _BARS = 4, 60
_KEY = [*CASE, "reader", "reading", "variant"]
_NO_VALUE = 255

_SMALL_PRINT = (
    "A habitat has the same number in every patient, because it comes from a model of several patients. The "
    "confidence is the probability of the habitat in that model: it is right only as far as the values of "
    "the habitats follow the model. Pictures show the slice with the largest part of the region; what has no "
    "colour has no value. Shares are those of the most probable habitat, whatever its confidence; the masks, "
    "and so the features, contain the voxels with the stated confidence."
)


def habitats_blocks(run: Run) -> tuple[Block, ...]:
    """What was fitted, how many habitats, what they look like, and how sure they are."""
    tables = run.habitats
    if not {HABITATS.name, HABITAT_REGIONS.name, HABITAT_MODELS.name} <= set(tables):
        return _failed(run, HABITATS_SECTION)
    habitats, regions = tables[HABITATS.name], tables[HABITAT_REGIONS.name]
    notes = run.provenance.get(HABITATS_SECTION, {}).get("notes", ())
    blocks: list[Block] = [Text(f"Note: {note}", tone="warning") for note in notes]
    blocks.append(Text(_introduction(tables[HABITAT_MODELS.name], regions)))
    blocks.append(_models(tables[HABITAT_MODELS.name]))
    if HABITAT_NUMBERS.name in tables:
        blocks.append(_numbers(tables[HABITAT_NUMBERS.name]))
    pictures, unread = _pictures(run, habitats, regions)
    blocks += [Heading("Cases"), *pictures] if pictures else []
    blocks += [Sentences(tuple(unread))] if unread else []
    blocks += [Heading("Shares of the habitats"), _shares(habitats)]
    if HABITAT_THRESHOLDS.name in tables and tables[HABITAT_THRESHOLDS.name]["kept"].notna().any():
        blocks.append(_thresholds(tables[HABITAT_THRESHOLDS.name], regions))
    return (*blocks, *_failed(run, HABITATS_SECTION), Text(_SMALL_PRINT, tone="note"))


def _failed(run: Run, section: str) -> tuple[Block, ...]:
    causes = [f"{case}: {cause}" for case, cause in failures_of(run, section)]
    if not causes:
        return ()
    more = [f"and {len(causes) - 5} more"] if causes[5:] else []
    return (Text(f"{counted(len(causes), 'failure')}:", tone="warning"), Sentences((*causes[:5], *more)))


def _introduction(models: pd.DataFrame, regions: pd.DataFrame) -> str:
    names = list(dict.fromkeys(models["model"]))
    applied = sorted(set(regions["model"]))
    folds = [name for name in applied if str(name).startswith("fold-")]
    if folds:
        how = (
            f"The habitats are cross-fitted: {counted(len(folds), 'model')}, each applied to subjects that "
            "did not fit it."
        )
    elif "given" in applied:
        how = "The habitats come from a given model; nothing was fitted on this cohort."
    else:
        how = "The model was fitted on named subjects; outcome models are not evaluated on them."
    count = models.loc[models["model"] == names[0], "habitat"].nunique()
    return f"{counted(len(regions), 'region')} divided into {counted(count, 'habitat')}. {how}"


def _models(models: pd.DataFrame) -> Table:
    values = [name for name in models if str(name).startswith(("mean_", "sd_"))]
    rows = [
        (
            str(row["model"]),
            str(row["habitat"]),
            str(row["subjects"]),
            percent(row["weight"]),
            *(f"{row[name]:.3g}" if pd.notna(row[name]) else "-" for name in values),
            number(row["distance"]),
        )
        for row in models.to_dict("records")
    ]
    columns = ("model", "habitat", "subjects", "share", *(str(name).replace("_", " ", 1) for name in values))
    caption = (
        "The fitted models. The distance is that of a habitat's mean from that of the first model, in "
        "standard deviations of the channels: a large one means that the habitats depend on who fitted them."
    )
    return Table((*columns, "distance"), tuple(rows), 1, caption)


def _numbers(numbers: pd.DataFrame) -> Table:
    rows = [
        (
            str(row["model"]),
            str(row["clusters"]) + (" (chosen)" if row["chosen"] else ""),
            number(row["bic"], 3),
            number(row["silhouette"], 3),
            number(row["stability"], 3),
            number(row["stability_low"], 3),
            number(row["valley"], beside=(APART,)),
        )
        for row in numbers.to_dict("records")
    ]
    columns = ("model", "habitats", "BIC per voxel", "silhouette", "stability", "10th percentile", "valley")
    caption = (
        f"How many habitats. If it was not stated: the best silhouette among the numbers with a stability of "
        f"{STABLE:g} or more and a valley of {APART:g} or less. The valley is the density of the values "
        "between the two habitats that are least apart, as a share of the lower of their peaks: at 1, they "
        "are parts of one group."
    )
    return Table(columns, tuple(rows), 2, caption)


def _name(row: Mapping[Any, Any]) -> str:
    scan = scan_name(*(str(row[name]) for name in ("subject", "timepoint", "sequence", "variant")))
    return f"{scan}/{name_of(str(row['roi']), str(row['reader']))}"


def _pictures(run: Run, habitats: pd.DataFrame, regions: pd.DataFrame) -> tuple[list[Picture], list[str]]:
    """Cases from the smallest to the largest share of habitat 1, one for each subject."""
    first = (
        habitats[habitats["habitat"] == 1].drop_duplicates("subject").sort_values("fraction", kind="stable")
    )
    if first.empty:
        return [], []
    places = np.unique(np.linspace(0, len(first) - 1, min(_PICTURES, len(first))).round().astype(int))
    pictures, unread = [], []
    for row in first.iloc[places].to_dict("records"):
        try:
            pictures.append(_picture(run, row, regions, int(habitats["habitat"].max())))
        except NbradiomicsError as error:
            unread.append(f"{_name(row)} is not shown: {error}")
    return pictures, unread


def _picture(run: Run, row: Mapping[Any, Any], regions: pd.DataFrame, count: int) -> Picture:
    same = np.logical_and.reduce([regions[name] == row[name] for name in _KEY])
    file = run.folder / "habitats" / str(regions.loc[same, "map"].iloc[0])
    labels = read_image(file)
    sure = file.with_name(file.name.replace("_habitats.nii.gz", "_confidence.nii.gz"))
    array = sitk.GetArrayFromImage(labels).astype(np.int64)
    array[array == _NO_VALUE] = 0
    place = int((array > 0).sum(axis=(1, 2)).argmax())
    plane = np.asarray(sitk.GetArrayViewFromImage(_image_of(run, row, labels))[place], dtype=float)
    confidence = np.full(plane.shape, np.nan)
    if sure.is_file():
        confidence = np.asarray(sitk.GetArrayViewFromImage(read_image(sure))[place], dtype=float)
    confidence = np.where(array[place] > 0, confidence, np.nan)
    x, y, _ = labels.GetSpacing()
    name = _name(row)
    where = f"slice {place + 1} of {array.shape[0]}; habitat 1: {percent(row['fraction'])}"
    alt = f"{name}, {where}: the image, the habitats and their confidence"
    content = HabitatSlice(plane, array[place], confidence, (x, y))
    return draw_habitats(content, habitats=count, alt=alt, caption=(name, where))


def _image_of(run: Run, row: Mapping[Any, Any], labels: sitk.Image) -> sitk.Image:
    if run.cohort is None:
        raise InputError("cohort.csv, which names its image, is missing.")
    names = ["subject", "timepoint", "sequence", "variant"]
    rows = run.cohort[run.cohort["mask"].fillna("") != ""]
    known = [name for name in names if name in rows]
    found = rows[np.logical_and.reduce([rows[name] == row[name] for name in known])]
    if found.empty:
        raise InputError("cohort.csv has no image of this case.")
    image = read_image(run.folder / found["image"].iloc[0])
    if image.GetSize() != labels.GetSize():
        raise InputError("its image has another grid than the label map.")
    return image


def _shares(habitats: pd.DataFrame) -> Picture:
    reader = next(iter(habitats["reader"]))
    one = habitats[(habitats["reader"] == reader)].drop_duplicates([*_KEY, "habitat"])
    wide = one.pivot_table(index=_KEY, columns="habitat", values="fraction", sort=False)
    wide = wide.sort_values(1, kind="stable")
    shown = wide.iloc[:_BARS]
    names = [str(key[0]) for key in shown.index]
    shares = {int(habitat): shown[habitat].tolist() for habitat in shown}
    left = f"; {len(wide) - _BARS} more are not shown" if len(wide) > _BARS else ""
    caption = (f"Shares of the habitats in the masks of {reader}{left}",)
    return draw_shares(names, shares, alt="Share of each habitat in each region", caption=caption)


def _thresholds(table: pd.DataFrame, regions: pd.DataFrame) -> Picture:
    median = table.groupby(["threshold", "habitat"])[["kept", "fraction"]].median().reset_index()
    first = median[median["habitat"] == median["habitat"].min()]
    shares = {
        int(str(habitat)): rows["fraction"].tolist() for habitat, rows in median.groupby("habitat", sort=True)
    }
    caption = (
        "What a least confidence keeps, and the share of each habitat in it (median of the regions): if the "
        "shares change with it, one habitat is less sure than the other. The line is the stated confidence."
    )
    return draw_thresholds(
        first["threshold"].tolist(),
        first["kept"].tolist(),
        shares,
        stated=float(regions["confidence"].iloc[0]),
        alt="Voxels that are kept, and shares of the habitats, by the least confidence",
        caption=(caption,),
    )


def rois_blocks(run: Run) -> tuple[Block, ...]:
    """Rings, rims and cores: how large, what is missing of them, and what may be wrong with them."""
    if run.rois is None:
        return _failed(run, ROIS_SECTION)
    rows = [_roi_row(str(roi), group) for roi, group in run.rois.groupby("roi", sort=True)]
    columns = ("region", "made", "failed", "median ml", "smallest ml", "thickness mm", "outside image, most")
    caption = "Regions by distance from the drawn ones, over all readers; `rois/rois.csv` has each."
    notes = summarised(run.rois)
    blocks: list[Block] = [Table(columns, tuple(rows), 1, caption)]
    return (*blocks, *([Sentences(tuple(notes))] if notes else []), *_failed(run, ROIS_SECTION))


def _roi_row(roi: str, group: pd.DataFrame) -> tuple[str, ...]:
    volumes, outside = group["volume_ml"].dropna(), group["outside_image"].dropna()
    thickness = sorted({f"{value:.3g}" for value in group["thickness_mm"].dropna()})
    return (
        roi,
        str(len(volumes)),
        str(len(group) - len(volumes)),
        f"{volumes.median():.3g}" if len(volumes) else "-",
        f"{volumes.min():.3g}" if len(volumes) else "-",
        " to ".join(dict.fromkeys([*thickness[:1], *thickness[-1:]])) or "-",
        percent(outside.max()) if len(outside) else "-",
    )
