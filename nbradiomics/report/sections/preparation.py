"""What the preparation of the images did: pictures and curves before and after, registrations, failures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from nbradiomics.errors import NbradiomicsError
from nbradiomics.images.io import read_image
from nbradiomics.images.region import read_region
from nbradiomics.messages.wording import MISSING, counted, number
from nbradiomics.preparation.moved_masks import mask_on_grid
from nbradiomics.preparation.written import is_flagged
from nbradiomics.report.content import Block, Details, Gallery, Heading, Picture, Sentences, Table, Text
from nbradiomics.report.figures.intensity_curves import Curve, draw_curves
from nbradiomics.report.figures.slices import Slice, draw_slice, largest_slice
from nbradiomics.report.run_files import Run

PREPARATION, TITLE = "preparation", "Preparation of the images"
PREPARED = "prepared"
#: Images with pictures, and sequences with curves.
_PICTURES, _GROUPS = 3, 6
_SCAN = ["subject", "timepoint", "sequence"]
_SMALL_PRINT = (
    "Pictures: up to three images of which a warning tells; if there are fewer, the darkest, the middle and "
    "the brightest image by their median before the preparation; the slice (third axis of the image as "
    "stored) with the largest mask, or the middle one. Grey window of each "
    "picture, before and after: its own 1st to 99th percentile, so that a change of scale alone does not "
    "show. Curves: intensities in the body, or in the foreground (brighter than a tenth of the image's "
    "range); each curve has the height 1. Equal curves do not mean that a tissue has equal intensities."
)


def preparation_blocks(run: Run) -> tuple[Block, ...]:
    """Blocks of the section; none if the run did not prepare images."""
    table = run.preparation
    if table is None or table.empty:
        return ()
    pictures, unread = _pictures(run, table)
    warnings = run.provenance.get("prepare", {}).get("warnings", ())
    blocks: list[Block] = [Text(line, tone="warning") for line in warnings]
    blocks += [Text(_introduction(table)), Sentences(tuple(_sentences(run)))]
    if pictures:
        blocks += [Heading("Before and after"), Gallery(tuple(pictures), layout="charts")]
    if unread:
        blocks.append(Sentences(tuple(unread)))
    blocks += [Heading("Intensities"), *_curves(run)]
    blocks += [*_found(table), *_registrations(run), *_masks(run), *_failures(run)]
    return (*blocks, Text(_SMALL_PRINT, tone="note"))


def _introduction(table: pd.DataFrame) -> str:
    variants = ", ".join(sorted(set(table["variant"])))
    changed = table[table["steps"] != ""]
    return (
        f"{counted(len(changed), 'image')} of {counted(changed['subject'].nunique(), 'subject')} were "
        f"prepared ({variants}). Masks, features and models of this run are those of the prepared images."
    )


def _sentences(run: Run) -> Iterator[str]:
    assert run.preparation is not None
    table = run.preparation
    plain = table[table["steps"] == ""]
    if len(plain):
        channels = ", ".join(sorted(set(plain["channel"])))
        yield f"{counted(len(plain), 'image')} of other channels ({channels}) were taken as they are."
    record: dict[str, Any] = run.provenance.get("prepare", {})
    fits: dict[str, Any] = record.get("fits", {})
    if "named" in fits:
        number_of = len(fits["named"]["fitted_on"])
        yield (
            f"Landmarks were fitted on {counted(number_of, 'named subject')}, and applied to all: outcome "
            "models are not evaluated on the subjects who fitted them."
        )
    elif fits:
        yield (
            f"Landmarks were cross-fitted in {counted(len(fits), 'fold')} of subjects: no subject's own "
            "images decided about its landmarks."
        )
    elif (table["fit"] == "file").any():
        yield "Landmarks were fitted on another cohort."
    notes = table.loc[table["note"] != "", ["subject", "note"]]
    for subject, note in list(notes.itertuples(index=False, name=None))[:5]:
        yield f"{subject}: {note}."
    if len(notes) > 5:
        yield f"{len(notes) - 5} more images have a note: see preparation.csv."


def _pictures(run: Run, table: pd.DataFrame) -> tuple[list[Picture], list[str]]:
    pictures: list[Picture] = []
    unread = []
    for row in _shown(table).to_dict("records"):
        try:
            pictures += _pair(run, row)
        except NbradiomicsError as error:
            unread.append(f"{_name(row)} is not shown: {error}")
    return pictures, unread


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Images of which a warning tells, then the darkest, the middle and the brightest one."""
    ranked = table[table["steps"] != ""].sort_values("whole_median_before", kind="stable")
    flagged = ranked[is_flagged(ranked)].iloc[:_PICTURES]
    others = ranked.iloc[sorted({0, len(ranked) // 2, len(ranked) - 1})] if len(ranked) else ranked
    others = others[~others.index.isin(flagged.index)]
    return pd.concat([flagged, others]).iloc[:_PICTURES]


def _pair(run: Run, row: dict[Any, Any]) -> list[Picture]:
    """Pictures of one image, before and after, at the same place."""
    folder = run.folder / PREPARED
    before, after = read_image(folder / row["image_before"]), read_image(folder / row["image"])
    region = _region(run, row)
    place = _slice_of(before, region)
    middle = [(count - 1) / 2 for count in before.GetSize()[:2]]
    point = before.TransformContinuousIndexToPhysicalPoint([*middle, float(place)])
    there = round(after.TransformPhysicalPointToContinuousIndex(point)[2])
    there = min(max(there, 0), after.GetSize()[2] - 1)
    return [
        _picture(before, place, f"{_name(row)}, before"),
        _picture(after, there, f"{_name(row)}, after {row['steps']}"),
    ]


def _slice_of(image: sitk.Image, region: sitk.Image | None) -> int:
    if region is None:
        return int(image.GetSize()[2]) // 2
    moved = mask_on_grid(region, image)
    return largest_slice({"": sitk.GetArrayViewFromImage(moved) > 0}, int(image.GetSize()[2]))


def _region(run: Run, row: dict[Any, Any]) -> sitk.Image | None:
    """The first mask of the scan; ``None`` if there is none that can be read."""
    if run.cohort is None:
        return None
    rows = run.cohort
    for name in _SCAN:
        rows = rows[rows[name].astype(str) == str(row[name])]
    for row_of_mask in rows[rows["mask"] != ""].to_dict("records"):
        try:
            return read_region(run.folder / row_of_mask["mask"], row_of_mask.get("label") or 1)
        except NbradiomicsError:
            continue
    return None


def _picture(image: sitk.Image, place: int, name: str) -> Picture:
    plane = np.array(sitk.GetArrayViewFromImage(image)[place], dtype=float)
    x, y, _ = image.GetSpacing()
    ends = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(image.GetDirection())
    where = f"slice {place + 1} of {image.GetSize()[2]}"
    content = Slice(plane, {}, (x, y), (ends[0], ends[1]))
    return draw_slice(content, (), alt=f"{name}, {where}", caption=(name, where))


def _name(row: dict[Any, Any]) -> str:
    parts = [row["subject"], row["timepoint"], row["sequence"], row["channel"]]
    return "/".join(str(part) for part in parts if part)


def _curves(run: Run) -> Iterator[Block]:
    table = run.intensities
    if table is None or table.empty:
        return
    # Channels that no step changed have no before and after.
    changed = table.groupby(["sequence", "channel"]).filter(
        lambda rows: not rows["before"].equals(rows["after"])
    )
    if changed.empty:
        return
    groups = list(changed.groupby(["sequence", "channel"], sort=True))
    for (sequence, channel), rows in groups[:_GROUPS]:
        curves = [
            Curve(
                str(image["site"].iloc[0]),
                image["share"].to_numpy(float),
                image["before"].to_numpy(float),
                image["after"].to_numpy(float),
            )
            for _, image in rows.groupby([*_SCAN], sort=False)
        ]
        name = f"{sequence}, channel {channel}" if channel else str(sequence)
        text = f"Intensities of {counted(len(curves), 'image')} of {name}, a line for each"
        yield draw_curves(curves, alt=f"{text}, before and after", caption=(text,))
    if len(groups) > _GROUPS:
        yield Text(f"Curves of {len(groups) - _GROUPS} more sequences or channels are in intensities.csv.")


def _found(table: pd.DataFrame) -> Iterator[Block]:
    """Table of what the steps found, by site."""
    columns = {
        "bias_lowest": "Bias field, lowest",
        "bias_highest": "Bias field, highest",
        "noise": "Noise level",
        "offset": "Offset",
        "scale": "Scale",
        "whole_median_before": "Median before",
        "whole_median_after": "Median after",
        "tumour_median_before": "Tumour before",
        "tumour_median_after": "Tumour after",
        "tumour_measured": "Share of the tumour measured",
    }
    there = {name: title for name, title in columns.items() if table[name].notna().any()}
    keys = [key for key in ("sequence", "channel", "site") if (table[key] != "").any()]
    rows = []
    for values, part in table.groupby(keys, sort=True):
        names = [str(value) or "not stated" for value in values]
        rows.append((*names, f"{len(part):,}", *(_range(part[name]) for name in there)))
    heading = (*(key.capitalize() for key in keys), "Images", *there.values())
    caption = "Median over the images, and smallest to largest."
    found = Table(tuple(heading), tuple(rows), text_columns=len(keys), caption=caption)
    yield Details("What the steps found", (found,))


def _range(values: pd.Series) -> str:
    known = values.dropna()
    if known.empty:
        return MISSING
    return f"{known.median():.3g} ({known.min():.3g} to {known.max():.3g})"


def _registrations(run: Run) -> Iterator[Block]:
    table = run.registration
    if table is None or table.empty:
        return
    worst = table.sort_values(["overlap_after", "shift_mm"], ascending=[True, False], kind="stable")
    rows = [
        (
            _name(row),
            str(row["target"]),
            number(row["mutual_information_before"]),
            number(row["mutual_information_after"]),
            number(row["shift_mm"]),
            number(row["rotation_degrees"]),
            f"{row['overlap_after']:.0%}",
            str(row["converged"]),
            str(row["position"]),
        )
        for row in worst.head(20).to_dict("records")
    ]
    columns = (
        "Image",
        "Onto",
        "Mutual information before",
        "After",
        "Shift (mm)",
        "Rotation (degrees)",
        "Overlap",
        "Converged",
        "Position",
    )
    caption = (
        f"{counted(len(table), 'registered image')}; up to 20 are shown, the smallest overlap first. A "
        "larger mutual information does not prove that the organs lie on each other: look at the images."
    )
    yield Heading("Registration")
    yield Table(columns, tuple(rows), text_columns=2, caption=caption)


def _masks(run: Run) -> Iterator[Block]:
    table = run.moved_masks
    if table is None or table.empty:
        return
    change = table["change"].abs()
    yield Text(
        f"{counted(len(table), 'mask')} moved to another grid. Their volume changed by {change.median():.1%} "
        f"(median), at most by {change.max():.1%}."
    )


def _failures(run: Run) -> Iterator[Block]:
    if run.failures is None:
        return
    lost = run.failures[run.failures["stage"] == "prepare"]
    if len(lost):
        pairs = lost[["case", "cause"]].itertuples(index=False, name=None)
        rows = [(str(case), str(cause)) for case, cause in pairs]
        caption = "Scans and masks that are not part of the following results."
        yield Heading("Not prepared")
        yield Table(("Case", "Cause"), tuple(rows[:50]), text_columns=2, caption=caption)
