"""Worst, median and best case: readers' contours coloured by their distance from the model's contour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from nbradiomics.agreement.distance_map import signed_distance_map
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.messages.wording import share
from nbradiomics.report.content import Block, Dash, Gallery, Key, Picture, Sentences, Text
from nbradiomics.report.figures.signed_contour import MODEL_COLOUR, SignedSlice, draw_signed_slice
from nbradiomics.report.figures.slices import SEEN, Mask, Slice, informative_slices, reaches_beyond
from nbradiomics.report.metric_text import metric_label, write_metric
from nbradiomics.report.sections.ranking import Chosen
from nbradiomics.report.sections.reader_study.frames import Row, StudyRun
from nbradiomics.report.sections.volumes import CaseVolume, read_case
from nbradiomics.tables import AUTO

Floats = NDArray[np.float64]
_DASHES: tuple[Dash, ...] = ("solid", "dashed", "dotted")
_NEUTRAL = "#9aa5b1"
#: Smallest and largest end of the colour scale, mm: smaller distances are no pattern worth colouring, and
#: one misplaced mask would use up the colours of all others.
_LEAST_MM, _MOST_MM = 3.0, 6.0
#: Neighbours of a voxel in its slice.
_IN_SLICE = ndimage.generate_binary_structure(2, 1)[None]
_NOT_INDEPENDENT = ("edited", "consensus")


@dataclass(frozen=True)
class _Shown:
    """A case, the slice that is shown, and the distances on it."""

    case: Chosen
    volume: CaseVolume
    position: int
    reason: str
    content: Slice
    distances: Mapping[str, Floats]


def signed_blocks(study_run: StudyRun, cases: pd.DataFrame) -> list[Block]:
    """Gallery of three or four cases, and a sentence for each case that cannot be shown.

    Parameters
    ----------
    study_run
        The run.
    cases
        Cases of the study, the worst first.
    """
    drawable = cases[cases["status"].isin(_RANKED)]
    if drawable.empty or not _modelled(study_run):
        return [Text(_NONE)]
    shown: list[_Shown] = []
    sentences = []
    for case in _choose(study_run, drawable):
        try:
            shown.extend(_read(study_run, case))
        except NbradiomicsError as error:
            sentences.append(f"{case.name} is not shown: {error}")
    blocks: list[Block] = [Text(_INTRODUCTION), *_gallery(shown)] if shown else []
    return [*blocks, Sentences(tuple(sentences))] if sentences else blocks


def _modelled(study_run: StudyRun) -> bool:
    return study_run.run.cohort is None or AUTO in set(study_run.run.cohort["reader"])


def _gallery(shown: list[_Shown]) -> list[Block]:
    readers = sorted({reader for item in shown for reader in item.distances})
    dashes = {reader: _DASHES[place % len(_DASHES)] for place, reader in enumerate(readers)}
    limit = _limit(shown)
    pictures = tuple(_picture(item, dashes, limit) for item in shown)
    legend = (_MODEL, *(Key(reader, _NEUTRAL, dashes[reader]) for reader in readers))
    return [Gallery(pictures, legend), Text(_SMALL_PRINT, tone="note")]


_NONE = (
    "No case is drawn with signed distances: this needs masks of the model and a tumour that a reader drew."
)
#: Cases with a rank: a reader drew a tumour, and the model found it or did not.
_RANKED = ("missing", "empty_mask", "ok")
_MODEL = Key(AUTO, MODEL_COLOUR, "solid")
_INTRODUCTION = (
    "Worst, median and best case by the agreement of the model with the readers. Each reader's contour is "
    "coloured by its distance from the model's surface: red where the model reaches further than the reader, "
    "blue where it does not reach as far, white where both are the same, grey if the model drew nothing at "
    "all. The thin yellow line is the model's contour."
)
_SMALL_PRINT = (
    "Distances are measured in 3-D, from a voxel of the reader's boundary to the nearest voxel of the "
    "model's boundary: a distance can be shorter than it looks in the slice. All pictures have the same "
    "colour scale; distances beyond its ends have the colour of the end. Each picture shows the slice with "
    f"the readers' largest area. If this slice contains less than {share(SEEN)} of the model's largest area, "
    "a second picture shows the slice with the model's largest area. The masks may differ more in other "
    "slices. Only independent masks are drawn."
)


def _choose(study_run: StudyRun, cases: pd.DataFrame) -> list[Chosen]:
    rows = cases.to_dict("records")
    last = len(rows) - 1
    places = {last // 2: "median", last: "best", 0: "worst"} if last > 1 else {last: "best", 0: "worst"}
    segmented = next((place for place, row in enumerate(rows) if row["status"] == "ok"), last)
    if segmented not in places:
        places[segmented] = "worst with a mask of the model, number"
    return [
        _chosen(study_run, rows[place], _rank(places[place], place, last + 1) if last else "the only case")
        for place in sorted(places)
    ]


def _rank(word: str, place: int, total: int) -> str:
    return f"{word} {place + 1} of {total}" if word.endswith("number") else f"{word} of {total}"


def _chosen(study_run: StudyRun, row: Row, why: str) -> Chosen:
    key = (str(row["subject"]), str(row["timepoint"]), str(row["sequence"]), str(row["roi"]))
    metric = study_run.metric
    value = f"{metric_label(metric)} with the readers {write_metric(metric, row['auto_readers'])}"
    readers_value = row["readers_readers"]
    between_readers: str = (
        "" if pd.isna(readers_value) else f", between the readers {write_metric(metric, readers_value)}"
    )
    return Chosen(key, why, (value + between_readers,))


def _read(study_run: StudyRun, case: Chosen) -> list[_Shown]:
    volume = read_case(study_run.run, case)
    independent = {
        reader: mask
        for reader, mask in volume.masks.items()
        if reader == AUTO or volume.kinds[reader] not in _NOT_INDEPENDENT
    }
    if not set(independent) - {AUTO}:
        cause = "; ".join(volume.notes) or "there is no independent mask of a reader"
        raise InputError(f"{cause}.")
    volume = replace(volume, masks=independent)
    maps = {reader: _distances(volume, mask) for reader, mask in independent.items() if reader != AUTO}
    return [
        _Shown(
            case,
            volume,
            place,
            reason,
            volume.slice_at(place),
            {reader: distances[place] for reader, distances in maps.items()},
        )
        for place, reason in informative_slices(independent, AUTO, volume.slices).items()
    ]


def _distances(volume: CaseVolume, mask: Mask) -> Floats:
    """Signed distance (mm) on the outlines of a reader's mask, slice by slice; NaN elsewhere."""
    values = np.full(mask.shape, np.nan)
    auto = volume.masks.get(AUTO)
    if auto is not None and auto.any() and mask.any():
        outline = mask & ~ndimage.binary_erosion(mask, _IN_SLICE)
        mapped = signed_distance_map(_image(auto, volume), _image(mask, volume))
        values[outline] = sitk.GetArrayViewFromImage(mapped)[outline]
    return values


def _image(mask: Mask, volume: CaseVolume) -> sitk.Image:
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.CopyInformation(volume.image)
    return image


def _limit(shown: list[_Shown]) -> float:
    values = np.concatenate(
        [distances[np.isfinite(distances)] for item in shown for distances in item.distances.values()]
    )
    limit = float(np.ceil(np.quantile(np.abs(values), 0.95))) if values.size else _LEAST_MM
    return min(max(limit, _LEAST_MM), _MOST_MM)


def _picture(item: _Shown, dashes: Mapping[str, Dash], limit: float) -> Picture:
    where = item.volume.where(item.position, item.reason)
    readers = ", ".join(item.distances)
    alt = f"{item.case.name}, {where}: contours of {readers} coloured by the distance to the model's contour"
    caption = (
        item.case.name,
        f"{item.case.why}; {where}",
        *item.case.lines,
        *item.volume.gaps(item.position),
        *(("black: beyond the image",) if reaches_beyond(item.content) else ()),
    )
    return draw_signed_slice(
        SignedSlice(item.content, item.distances, limit), _MODEL, dashes, alt=alt, caption=caption
    )
