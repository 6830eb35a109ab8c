"""Schema of the data dictionary."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema

_ANSWERS = ("yes", "no")
_UNCHANGED = ("yes", "whole bins", "no")


def _unchanged(name: str, meaning: str) -> Column:
    return Column(
        name,
        "text",
        f"whether the value stays the same {meaning}; `whole bins`: only if a multiple of the bin width is "
        "added; `no`: it changes, or nothing is claimed",
        values=_UNCHANGED,
    )


_SHIFTED, _SCALED = "if a number is added to all intensities", "if all intensities are multiplied"
_WIDTH, _COUNT = "with a fixed bin width", "with a fixed number of bins"
DICTIONARY = Schema(
    name="Data dictionary",
    file="NAME.csv",
    row="a feature that a parameter file makes, in the order of the feature table",
    columns=(
        Column("feature", "text", "name of the column of the feature table"),
        Column("image", "text", "image in which the feature is measured: `original`, or that of a filter"),
        Column("filter", "text", "what the filter of the image does", missing="the original image"),
        Column("filter_formula", "text", "where the filter is defined", missing="the original image"),
        Column(
            "filter_code",
            "text",
            "codes of the IBSI for the filter, separated by a space",
            missing="the original image, or a filter of PyRadiomics",
        ),
        Column("class", "text", "class of PyRadiomics, or family of the IBSI"),
        Column("name", "text", "readable name"),
        Column("definition", "text", "what is measured, in a sentence"),
        Column("formula", "text", "where the formula is found"),
        Column("ibsi_code", "text", "code of the IBSI", missing="there is none, see `without_code`"),
        Column("without_code", "text", "why there is no code", missing="there is one"),
        Column(
            "unit",
            "text",
            "unit of the value; `intensity`: that of the image, `voxel`: the edge of a voxel, `mm3`: cubic "
            "millimetres, `none`: no unit",
        ),
        Column("lowest", "text", "lowest possible value", missing="no bound is claimed"),
        Column(
            "highest",
            "text",
            "highest possible value; Ng is the highest grey level of the region",
            missing="no bound is claimed",
        ),
        Column(
            "volume",
            "text",
            "whether the value is confounded with the volume by construction; `no`: two regions of the same "
            "tissue, taken as one, have the value of one",
            values=_ANSWERS,
        ),
        Column("volume_reason", "text", "why it is", missing="it is not"),
        Column(
            "grey_levels",
            "text",
            "whether the value depends on the number of grey levels by construction",
            values=_ANSWERS,
        ),
        Column(
            "translation",
            "text",
            "whether the value stays the same if image and mask are moved by whole voxels, as long as no "
            "filter reads beyond the border of the image",
            values=_ANSWERS,
        ),
        Column(
            "rotation",
            "text",
            "whether the value stays the same if image and mask are turned by right angles; `in slices`: "
            "only within the slices",
            values=("yes", "in slices", "no"),
        ),
        _unchanged("shift_bin_width", f"{_SHIFTED}, {_WIDTH}"),
        _unchanged("shift_bin_count", f"{_SHIFTED}, {_COUNT}"),
        _unchanged("scale_bin_width", f"{_SCALED}, {_WIDTH}"),
        _unchanged("scale_bin_count", f"{_SCALED}, {_COUNT}"),
        Column("deprecated", "text", "why PyRadiomics retired the feature", missing="it did not"),
    ),
    key=("feature",),
    note="`nbradiomics features --out` writes it as CSV or Parquet.",
)
