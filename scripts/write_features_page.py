"""Write docs/features.md, the data dictionary of all features of the original image.

python -m scripts.write_features_page docs/features.md
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from nbradiomics.features.dictionary import feature_dictionary
from nbradiomics.features.parameters.filters.meaning import kind_of_filter
from nbradiomics.features.parameters.filters.reading import filters_of
from nbradiomics.nomenclature.entry import DISTANCE, PAIRS, SHARE, SIZE, SUM
from nbradiomics.nomenclature.filtered import KINDS, Effect, Kind
from nbradiomics.nomenclature.registry import CLASSES, find

HEAD = """\
# Features: the data dictionary

This page lists every feature of PyRadiomics' classes and of the [IBSI's families](guides/families.md) in
the original image, and [what filters change](#filters). It is generated from the code
(`python -m scripts.write_features_page docs/features.md`). The same table for your own parameter file,
filtered images included:

```sh
nbradiomics features --params my_parameters.yaml --out dictionary.csv
```

In Python: `nbradiomics.feature_dictionary("my_parameters.yaml")`. [Tables](tables.md#data-dictionary)
explains its columns.

**How to read it**

- **IBSI**: the four-letter code of the reference manual
  ([arXiv:1612.07003](https://arxiv.org/abs/1612.07003)), which belongs in the methods of a paper. All forms
  of a texture share a code, so state the form too. A dash means that the IBSI has no such feature, or that
  PyRadiomics defines it in another way; the table says which.
- **unit**: `intensity` is the unit of the image: Hounsfield units, SUV, or none that means anything, as in
  MR.
- **range**: the lowest and highest possible values. `Ng` is the highest grey level of the region.
- **volume**: whether the value is confounded with the volume by construction. If not, two regions of the
  same tissue, taken as one, have the value of one (percentiles but for interpolation). This does not make a
  feature independent of the volume: in small regions extremes are less extreme, entropies lower and all
  textures noisier, and large tumours differ from small ones in more than their size. [Robust
  features](guides/robust-features.md) measures it in your own data.
  *size*: it measures the size itself. *doubles*, *halves*: a sum over voxels, runs or zones, or divided by
  one: twice the tissue doubles or halves it. *distances*: distances to the border are longer in a larger
  region. *pairs*: a larger region has more pairs of distant voxels.
- **levels**: whether the value depends on the number of grey levels, which `binWidth` or `binCount` decide.
  Such values can be compared only between images that were binned in the same way.
- **turns**: whether the value stays when the image is turned by right angles. The mesh of PyRadiomics and
  the IBSI is ambiguous where voxels touch at an edge or a corner alone, and may be open there, so that
  features of a ragged surface change a little.
- **shift**, **scale**: whether the value stays when a number is added to all intensities, or all are
  multiplied; first with a fixed bin width, then with a fixed number of bins. *bins* means: only if a
  multiple of the bin width is added.

*no* means that the value changes, or that nothing is claimed. Every *yes* is tested on random regions, and
for every *no* of a shift, a scale and the grey levels the tests show a region in which the value changes.

A parameter file can take claims away, and the command says so: re-segmentation with absolute limits and
`ibsi.rounding` depend on the intensities themselves, and a resampled grid on the place of the image.
`normalize: true` makes every feature independent of a shift and a scale. With filters, a claim is that of
the filter and of the feature together.
"""
FILTERS = """\
## Filters

A filter makes an image in which features are measured. The first rows are those of PyRadiomics (`imageType`
of the parameter file), the others those of the IBSI (`filters` of the section `nbradiomics`), with examples
of their parameters where a claim depends on them.

- **shift**, **scale**: what becomes of the filtered image if a number is added to all intensities, or all are
  multiplied by a positive number. *unchanged*; *same*: it is shifted or scaled in the same way; *another
  shift*: by another number, often a small one, so that features keep their value if any shift leaves it, or
  if the number of bins is fixed; *changed*: in another way.
- **turns**: whether it turns with the image, by right angles. **moves**: whether it moves with the image, as
  long as the filter reads nothing beyond the border.
- **unit**: with `voxel`, values of images with other voxels cannot be compared.
- **range**: of the filtered intensities, and so of their mean, median, percentiles and extremes.

The frequencies of Simoncelli, Shannon and Riesz filters are those of the reference maps of the standard,
which are not symmetric along an even number of voxels: a turned image has other values, and a little of the
mean intensity passes. In an image of a few slices this can be much of it: choose `dimension: 2D` there.

| image | IBSI | what | unit | range | turns | moves | shift | scale |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""
_EXAMPLES = (
    {"type": "mean", "support": 5},
    {"type": "mean", "support": 5, "dimension": "2D"},
    {"type": "mean", "support": 5, "boundary": "zero"},
    {"type": "log", "sigma": 3},
    {"type": "log", "sigma": 3, "riesz": [1, 0, 0]},
    {"type": "laws", "kernels": "L5E5S5"},
    {"type": "laws", "kernels": "L5E5S5", "pooling": "max"},
    {"type": "laws", "kernels": "L5E5S5", "pooling": "max", "energy": 7},
    {"type": "laws", "kernels": "L5L5L5", "pooling": "max"},
    {"type": "laws", "kernels": "L5L5L5", "pooling": "max", "energy": 7},
    {"type": "gabor", "sigma": 5, "wavelength": 2, "gamma": 1.5, "angle": 30},
    {"type": "gabor", "sigma": 5, "wavelength": 2, "gamma": 1.5, "step": 22.5},
    {"type": "wavelet", "wavelet": "db3", "filter": "LLH"},
    {"type": "wavelet", "wavelet": "db3", "filter": "LLH", "pooling": "average"},
    {"type": "wavelet", "wavelet": "db3", "filter": "LLL", "pooling": "average"},
    {"type": "simoncelli", "level": 2},
    {"type": "shannon", "level": 2},
    {"type": "simoncelli", "level": 2, "riesz": [0, 2, 0]},
)
_TITLES = {
    "shape": "size and form",
    "shape2D": "size and form of one slice",
    "firstorder": "distribution of the intensities",
    "glcm": "co-occurrence of grey levels",
    "glrlm": "runs of grey levels",
    "glszm": "zones of grey levels",
    "gldm": "dependence of grey levels",
    "ngtdm": "differences of neighbours",
    "morph": "size and form",
    "loc": "local intensity",
    "stat": "distribution of the intensities",
    "ih": "histogram of the grey levels",
    "ivh": "intensity-volume histogram",
    "cm": "co-occurrence of grey levels",
    "rlm": "runs of grey levels",
    "szm": "zones of grey levels",
    "dzm": "zones of grey levels by their distance to the border",
    "ngt": "differences of neighbours",
    "ngl": "dependence of grey levels",
}
_REASONS = {"": "no", SIZE: "size", SUM: "doubles", SHARE: "halves", DISTANCE: "distances", PAIRS: "pairs"}
_COLUMNS = "| feature | IBSI | what | unit | range | volume | levels | turns | shift | scale |"


def page() -> str:
    """Return the whole page."""
    table = feature_dictionary()
    classes = (_section(name, table[table["class"] == name]) for name in CLASSES)
    return "\n".join([HEAD, *classes, FILTERS + "\n".join(_filters()), ""])


def _filters() -> list[str]:
    named = [(f"{kind.prefix}...", kind) for kind in KINDS if kind.definition]
    named += [(one.name, kind_of_filter(one)) for one in filters_of("example", list(_EXAMPLES))]
    return [_filter(name, kind) for name, kind in named]


def _filter(name: str, kind: Kind) -> str:
    cells = [
        f"`{name}`",
        kind.code or "-",
        kind.definition,
        kind.unit or "none",
        "any" if kind.negative else "0 to …",
        kind.rotation,
        "yes" if kind.translation else "no",
        _effect(kind.shift),
        _effect(kind.scale),
    ]
    return f"| {' | '.join(cells)} |"


def _effect(effect: Effect) -> str:
    return {"none": "unchanged", "same": "same", "moved": "another shift", "other": "changed"}[effect]


def _section(name: str, rows: pd.DataFrame) -> str:
    lines = [f"## `{name}`: {_TITLES[name]}", "", _COLUMNS, "| --- " * 10 + "|"]
    lines += [_line(row) for row in rows.to_dict("records")]
    reasons = rows[rows["without_code"] != ""].groupby("without_code", sort=False)["feature"].apply(list)
    if len(reasons):
        lines += ["", "Without a code:", ""]
    lines += [f"- {', '.join(map(_feature, names))}: {why}." for why, names in reasons.items()]
    retired = rows[rows["deprecated"] != ""].groupby("deprecated", sort=False)["feature"].apply(list)
    if len(retired) and name not in ("morph", "cm", "ngl"):
        lines += ["", "Retired:", ""]
    lines += [f"- {', '.join(map(_feature, names))}: {why}." for why, names in retired.items()]
    return "\n".join([*lines, ""])


def _line(row: dict[str, str]) -> str:
    named = find(row["feature"])
    what = f"**{named.entry.name if named else row['name']}.** {row['definition']}"
    span = f"{_bound(row['lowest'])} to {_bound(row['highest'])}"
    cells = [
        _feature(row["feature"]),
        row["ibsi_code"] or "-",
        what,
        row["unit"],
        "any" if span == "… to …" else span,
        _REASONS[row["volume_reason"]],
        row["grey_levels"],
        row["rotation"],
        _both(row["shift_bin_width"], row["shift_bin_count"]),
        _both(row["scale_bin_width"], row["scale_bin_count"]),
    ]
    return f"| {' | '.join(cells)} |"


def _feature(column: str) -> str:
    named = find(column)
    return f"`{named.entry.feature}`" if named else f"`{column}`"


def _bound(text: str) -> str:
    return text.replace("**2", "²").replace("**3", "³").replace("**4", "⁴").replace(" * ", "·") or "…"


def _both(width: str, count: str) -> str:
    width = width.removeprefix("whole ")
    return width if width == count else f"{width}, {count}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
