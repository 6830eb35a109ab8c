"""Where the images of an ingested cohort come from, and what became no image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbradiomics.messages.wording import MISSING, counted, tally
from nbradiomics.report.content import Block, Details, Step, Table
from nbradiomics.report.run_files import Run

_NAMES = {
    "site": "Site",
    "vendor": "Vendor",
    "model": "Model",
    "field_strength": "Field strength (T)",
    "kvp": "Tube voltage (kV)",
    "kernel": "Kernel",
    "contrast": "Contrast agent named",
    "units": "Unit",
}
_NUMBERS = {
    "te": "TE (ms)",
    "tr": "TR (ms)",
    "b_value": "b-value (s/mm2)",
    "spacing_x": "Distance of columns (mm)",
    "spacing_z": "Distance of slices (mm)",
}


def ingest_steps(run: Run) -> list[Step]:
    """The first step of the cohort flow: what an ingest could not convert, or did not choose."""
    record = run.provenance.get("ingest")
    if not isinstance(record, Mapping):
        return []
    images = sum(int(one["images"]) for one in record["acquisition"])
    lost = (
        [f"{counted(record['without_image'], 'subject')} without an image"] if record["without_image"] else []
    )
    lost += [f"{counted(number, 'failure')}: {cause}" for cause, number in record["failures"].items()]
    chosen = tally(record["not_chosen"].items())
    details = [f"not chosen: {chosen}"] if chosen else []
    return [Step("DICOM", f"{images:,}", ("images converted", *details), tuple(lost))]


def acquisition_blocks(run: Run) -> tuple[Block, ...]:
    """Table of the acquisition: a column for each sequence."""
    record = run.provenance.get("ingest")
    if not isinstance(record, Mapping) or not record["acquisition"]:
        return ()
    sequences = record["acquisition"]
    rows = [("Images", *(f"{one['images']:,}" for one in sequences))]
    for name, title in {**_NAMES, **_NUMBERS}.items():
        if any(name in one for one in sequences):
            rows.append((title, *(_cell(one.get(name), int(one["images"])) for one in sequences)))
    columns = ("Acquisition", *(str(one["sequence"]) for one in sequences))
    caption = "From the headers of the DICOM files; numbers of images, or smallest to largest value."
    table = Table(columns, tuple(rows), text_columns=len(columns), caption=caption)
    return (Details("How the images were acquired", (table,)),)


def _cell(value: Any, images: int) -> str:
    """Counts of names, or a range; a name that all images have is shown alone."""
    if isinstance(value, Mapping):
        named = ", ".join(f"{name}: {number:,}" for name, number in value.items())
        return next(iter(value)) if list(value.values()) == [images] else named
    if isinstance(value, list):
        low, high, unstated = value
        text = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        return f"{text}; not stated: {unstated:,}" if unstated else text
    return MISSING
