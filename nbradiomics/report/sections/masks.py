"""Masks drawn over slices: a few cases, from the worst agreement to the best."""

from __future__ import annotations

from nbradiomics.errors import NbradiomicsError
from nbradiomics.messages.wording import counted, share
from nbradiomics.report.agreement_rows import shown_rows
from nbradiomics.report.content import Block, Dash, Gallery, Key, Picture, Sentences, Text
from nbradiomics.report.figures.picture import reader_colours
from nbradiomics.report.figures.slices import SEEN, draw_slice, informative_slices, reaches_beyond
from nbradiomics.report.run_files import Run
from nbradiomics.report.sections.ranking import Chosen, cases_of_cohort, choose_cases
from nbradiomics.report.sections.volumes import CaseVolume, read_case
from nbradiomics.tables import AUTO

MOST = 6
_DASHES: tuple[Dash, ...] = ("solid", "dashed", "dotted")


def masks_blocks(run: Run) -> tuple[Block, ...]:
    """Pictures of up to six cases with the contours of all readers."""
    if run.cohort is None:
        return ()
    chosen = choose_cases(run.of_lesions, cases_of_cohort(run.cohort), most=MOST)
    readers = sorted(
        {reader for reader in run.cohort["reader"] if reader}, key=lambda name: (name == AUTO, name)
    )
    legend = _legend(readers)
    pictures, unread = [], []
    for case in chosen:
        try:
            pictures.extend(_pictures(read_case(run, case), case, legend))
        except NbradiomicsError as error:
            unread.append(f"{case.name} is not shown: {error}")
    if not chosen:
        return (Text("No image of this run has a mask."),)
    blocks: list[Block] = [Text(_introduction(run, len(chosen)))]
    if pictures:
        blocks.append(Gallery(tuple(pictures), legend))
    if unread:
        blocks.append(Sentences(tuple(unread)))
    return (*blocks, Text(_SMALL_PRINT, tone="note"))


_SMALL_PRINT = (
    "Each picture shows the slice (third axis of the image as stored) with the largest tumour area, summed "
    f"over the readers. If this slice contains less than {share(SEEN)} of the model's largest area, a second "
    "picture shows the slice with the model's largest area. Pictures are cropped around all contours; the "
    "caption says if the crop is wider than the image. Orientation: as stored, image axes, x to the right "
    "and y downwards; the letters name the patient's side at that edge (L left, R right, A anterior, "
    "P posterior, S superior, I inferior). Grey window: 1st to 99th percentile of the visible part; pixels "
    "are drawn at their size in mm and interpolated linearly. The Dice coefficient is that of the whole "
    "volume. The first independent reading of each reader is drawn (an edited automatic mask only if there "
    "is no other). If a rule merged several lesions, all of them are drawn."
)


def _introduction(run: Run, shown: int) -> str:
    if run.of_lesions is not None and (shown_rows(run.of_lesions)[0]["reader"] == AUTO).any():
        return (
            f"{counted(shown, 'case')}, from the lowest to the highest agreement of the model ({AUTO}) with "
            "the readers, by the mean Dice coefficient of the case. If only one of two masks is empty, their "
            "Dice coefficient counts as 0."
        )
    cases, have = ("case", "has") if shown == 1 else (f"{shown} cases", "have")
    return f"The first {cases} of the cohort table that {have} a mask."


def _legend(readers: list[str]) -> tuple[Key, ...]:
    colours = reader_colours(readers, AUTO)
    # The model is drawn first, so that the readers' thin lines stay visible on its thick line.
    ordered = sorted(readers, key=lambda reader: reader != AUTO)
    dashes = {
        reader: _DASHES[position % 3] for position, reader in enumerate(r for r in readers if r != AUTO)
    }
    return tuple(
        Key(reader, colours[reader], dashes.get(reader, "solid"), heavy=reader == AUTO) for reader in ordered
    )


def _pictures(volume: CaseVolume, case: Chosen, legend: tuple[Key, ...]) -> list[Picture]:
    chosen = informative_slices(volume.masks, AUTO, volume.slices)
    return [_picture(volume, case, place, reason, legend) for place, reason in chosen.items()]


def _picture(volume: CaseVolume, case: Chosen, place: int, reason: str, legend: tuple[Key, ...]) -> Picture:
    content = volume.slice_at(place)
    where = volume.where(place, reason)
    alt = f"{case.name}, {where}, with the contours of {', '.join(content.masks) or 'no reader'}"
    caption = (
        case.name,
        f"{case.why}; {where}" if case.why else where,
        *case.lines,
        *volume.gaps(place),
        *(("black: outside the image",) if reaches_beyond(content) else ()),
    )
    return draw_slice(content, legend, alt=alt, caption=caption)
