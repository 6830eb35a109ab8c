"""Tables of a preparation: what each step found in each image, registrations, masks, intensities."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import CASE, READER, READING, SCAN, VARIANT

_ONE = "the scan has one image"
_CHANNEL = Column("channel", "text", "channel of the image", missing=_ONE)
_NO_STEP = "no step of this kind"
_NO_TUMOUR = "no mask on the grid of the image"
_SITE = Column("site", "text", "hospital or scanner", missing="not stated")


def _level(what: str, when: str, missing: str = "") -> Column:
    words = {"median": "median", "iqr": "interquartile range"}
    part, kind = what.split("_")
    where = "the body, or the foreground" if part == "whole" else "the masks of the scan"
    return Column(
        f"{what}_{when}", "number", f"{words[kind]} of the intensities in {where}, {when}", missing=missing
    )


PREPARATION = Schema(
    name="Preparation",
    file="preparation.csv",
    row="a prepared image",
    columns=(
        *SCAN,
        _CHANNEL,
        VARIANT,
        _SITE,
        Column("unit", "text", "unit of the voxels", missing="arbitrary, or not stated"),
        Column("image_before", "text", "image file before, relative to the table"),
        Column("image", "text", "prepared image, relative to the table"),
        Column("steps", "text", "steps that were applied to this image", missing="taken as it is"),
        Column(
            "fit",
            "text",
            "which fit was applied: `named`, `fold-1` ..., or `file` if it was fitted elsewhere",
            missing="nothing was fitted",
        ),
        Column("bias_lowest", "number", "smallest factor of the bias field", missing=_NO_STEP),
        Column("bias_highest", "number", "largest factor of the bias field", missing=_NO_STEP),
        Column("noise", "number", "noise level, in units of the image", missing=_NO_STEP),
        Column(
            "offset",
            "number",
            "of the normalisation: intensities become (before - offset) / scale; for Nyul between the outer "
            "landmarks",
            missing=_NO_STEP,
        ),
        Column("scale", "number", "of the normalisation; see `offset`", missing=_NO_STEP),
        Column(
            "tumour_measured",
            "number",
            "share of the masks' voxels that are among those that the normalisation measured (foreground or "
            "body)",
            missing="no such normalisation, or no mask",
        ),
        *(_level(what, when) for what in ("whole_median", "whole_iqr") for when in ("before", "after")),
        *(
            _level(what, when, _NO_TUMOUR)
            for what in ("tumour_median", "tumour_iqr")
            for when in ("before", "after")
        ),
        Column("found", "text", "everything that the steps recorded", missing="nothing"),
        Column("note", "text", "what you should know about the image", missing="nothing"),
    ),
    key=("subject", "timepoint", "sequence", "channel"),
    note="`nbradiomics prepare` writes it beside the prepared images; a run writes it to `prepared/`.",
)

REGISTRATION = Schema(
    name="Registration",
    file="registration.csv",
    row="an image that was registered onto the first channel of its scan",
    columns=(
        *SCAN,
        _CHANNEL,
        Column("target", "text", "channel onto which the image was moved"),
        Column(
            "mutual_information_before", "number", "with the target, at the position of the headers", "nats"
        ),
        Column("mutual_information_after", "number", "with the target, after the registration", "nats"),
        Column("shift_x_mm", "number", "shift of the centre along x (towards left)", "mm"),
        Column("shift_y_mm", "number", "shift of the centre along y (towards posterior)", "mm"),
        Column("shift_z_mm", "number", "shift of the centre along z (towards superior)", "mm"),
        Column("shift_mm", "number", "length of the shift", "mm"),
        Column("rotation_degrees", "number", "rotation about the centre", "degrees"),
        Column("overlap_before", "number", "share of the target's grid that the image covers, before"),
        Column("overlap_after", "number", "share of the target's grid that the image covers, after"),
        Column("converged", "text", "whether the registration ended by itself", values=("yes", "no")),
        Column(
            "position",
            "text",
            "that of the headers, kept because no other was clearly better, or the one that was found",
            values=("headers", "found"),
        ),
        Column("proposed_shift_mm", "number", "shift that was found, even if it was not used", "mm"),
    ),
    key=("subject", "timepoint", "sequence", "channel"),
    note="`nbradiomics prepare` writes it if images were registered.",
)

MOVED_MASKS = Schema(
    name="Moved masks",
    file="moved_masks.csv",
    row="a mask that was moved to another grid with its image",
    columns=(
        *CASE,
        READER,
        READING,
        Column("before_ml", "number", "volume on the grid of the original image", "ml"),
        Column("after_ml", "number", "volume on the new grid", "ml"),
        Column("change", "number", "change of the volume, as a share"),
    ),
    key=("subject", "timepoint", "sequence", "roi", "reader", "reading"),
    note="`nbradiomics prepare` writes it if a step changed the grid.",
)

INTENSITIES = Schema(
    name="Intensities",
    file="intensities.csv",
    row="a level of the intensities of a prepared image",
    columns=(
        *SCAN,
        _CHANNEL,
        _SITE,
        Column("share", "number", "share of the voxels in the body or the foreground that lie below"),
        Column("before", "number", "intensity below which they lie, before the preparation"),
        Column("after", "number", "the same after the preparation"),
    ),
    key=("subject", "timepoint", "sequence", "channel", "share"),
    note="The curves of the report are drawn from it.",
)
