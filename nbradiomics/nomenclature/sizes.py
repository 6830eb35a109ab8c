"""Features of matrices that count grey levels by a size.

Runs (`glrlm`, `rlm`), zones (`glszm`, `szm`), zones by their distance to the border (`dzm`), and voxels by
the number of their similar neighbours (`gldm`, `ngl`). Their formulas are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbradiomics.nomenclature.entry import DISTANCE, SUM, Entry
from nbradiomics.nomenclature.rows import LEVELS, Row, entries, row

_DARK, _BRIGHT = "low grey levels", "high grey levels"


@dataclass(frozen=True)
class _Words:
    """Words of a kind of matrix.

    Attributes
    ----------
    one
        What is counted.
    size
        Its size.
    small, large
        Adjectives of small and large sizes.
    volume
        Why the size itself grows with the volume; empty if it does not.
    """

    one: str
    size: str
    small: str
    large: str
    volume: str = ""


_RUN = _Words("run of equal grey levels", "length", "Short run", "Long run")
_ZONE = _Words("zone of equal grey levels", "size", "Small zone", "Large zone")
_DISTANCE = _Words(
    "zone of equal grey levels", "distance to the border", "Small distance", "Large distance", DISTANCE
)
_DEPENDENCE = _Words("voxel", "number of similar neighbours", "Low dependence", "High dependence")


def _rows(words: _Words, pyradiomics: tuple[str, ...], ibsi: tuple[str, ...], level: str) -> tuple[Row, ...]:
    """Make the rows in the order of the IBSI; `level` is the name of the emphasis of grey levels."""
    texts = (*_emphases(words, level), *_others(words))
    return tuple(
        row(ours, theirs, name, definition, **claims)
        for ours, theirs, (name, definition, claims) in zip(pyradiomics, ibsi, texts, strict=True)
    )


_Text = tuple[str, str, dict[str, Any]]


def _emphases(words: _Words, level: str) -> list[_Text]:
    size = words.size
    grows = {"volume": words.volume}
    mixed = f"Mean of {{}} of each {words.one}: {{}} weigh most."
    small, large = words.small.lower() + "s", words.large.lower() + "s"
    if words is _DISTANCE:
        small, large = "zones near the border", "zones far from the border"
    if words is _DEPENDENCE:
        small, large = "voxels with few similar neighbours", "voxels with many similar neighbours"
    inverse, square = f"the inverse squared {size}", f"the squared {size}"
    dark, bright = "the inverse squared grey level", "the squared grey level"
    return [
        (f"{words.small} emphasis", mixed.format(inverse, small), {"highest": "1", **grows}),
        (f"{words.large} emphasis", mixed.format(square, large), {"lowest": "1", **grows}),
        (f"Low grey level {level}emphasis", mixed.format(dark, _DARK), {"highest": "1"}),
        (
            f"High grey level {level}emphasis",
            mixed.format(bright, _BRIGHT),
            {"lowest": "1", "highest": "Ng**2"},
        ),
        (
            f"{words.small} low grey level emphasis",
            mixed.format(f"{inverse} times {dark}", f"{small} and {_DARK}"),
            {"highest": "1", **grows},
        ),
        (
            f"{words.small} high grey level emphasis",
            mixed.format(f"{inverse} times {bright}", f"{small} and {_BRIGHT}"),
            {"highest": "Ng**2", **grows},
        ),
        (
            f"{words.large} low grey level emphasis",
            mixed.format(f"{square} times {dark}", f"{large} and {_DARK}"),
            grows,
        ),
        (
            f"{words.large} high grey level emphasis",
            mixed.format(f"{square} times {bright}", f"{large} and {_BRIGHT}"),
            {"lowest": "1", **grows},
        ),
    ]


def _others(words: _Words) -> list[_Text]:
    many, size = words.one.split()[0] + "s", words.size
    grows = {"volume": words.volume}
    spread = (
        f"Sum of the squared numbers of {many} of each {{}}, divided by that of all: low if evenly spread."
    )
    again = f"non-uniformity, divided once more by the number of {many}."
    return [
        ("Grey level non-uniformity", spread.format("grey level"), {"lowest": "1", "volume": SUM}),
        ("Normalised grey level non-uniformity", f"Grey level {again}", {"highest": "1"}),
        (f"{size.capitalize()} non-uniformity", spread.format(size), {"lowest": "1", "volume": SUM}),
        (f"Normalised {size} non-uniformity", f"{size.capitalize()} {again}", {"highest": "1", **grows}),
        (
            "Percentage",
            f"Number of {many}, divided by the largest number that is possible in the region.",
            {"highest": "1"},
        ),
        ("Grey level variance", f"Variance of the grey level of the {many}.", {"highest": "(Ng - 1)**2 / 4"}),
        (f"{size.capitalize()} variance", f"Variance of the {size} of the {many}.", grows),
        (
            f"{size.capitalize()} entropy",
            f"Entropy, in bits, of the grey level and the {size} of the {many} together.",
            grows,
        ),
    ]


def _mixtures(small: str, large: str, low: str, high: str) -> tuple[str, ...]:
    return (f"{small}{low}", f"{small}{high}", f"{large}{low}", f"{large}{high}")


_LEVELS = ("LowGrayLevelEmphasis", "HighGrayLevelEmphasis")
_GREY = ("GrayLevelNonUniformity", "GrayLevelNonUniformityNormalized")
_GLRLM = (
    *("ShortRunEmphasis", "LongRunEmphasis", "LowGrayLevelRunEmphasis", "HighGrayLevelRunEmphasis"),
    *_mixtures("ShortRun", "LongRun", *_LEVELS),
    *(*_GREY, "RunLengthNonUniformity", "RunLengthNonUniformityNormalized"),
    *("RunPercentage", "GrayLevelVariance", "RunVariance", "RunEntropy"),
)
_RLM = (
    *("sre", "lre", "lgre", "hgre", "srlge", "srhge", "lrlge", "lrhge"),
    *("glnu", "glnu_norm", "rlnu", "rlnu_norm", "r_perc", "gl_var", "rl_var", "rl_entr"),
)
_GLSZM = (
    *("SmallAreaEmphasis", "LargeAreaEmphasis", "LowGrayLevelZoneEmphasis", "HighGrayLevelZoneEmphasis"),
    *_mixtures("SmallArea", "LargeArea", *_LEVELS),
    *(*_GREY, "SizeZoneNonUniformity", "SizeZoneNonUniformityNormalized"),
    *("ZonePercentage", "GrayLevelVariance", "ZoneVariance", "ZoneEntropy"),
)
_SZM = (
    *("sze", "lze", "lgze", "hgze", "szlge", "szhge", "lzlge", "lzhge"),
    *("glnu", "glnu_norm", "zsnu", "zsnu_norm", "z_perc", "gl_var", "zs_var", "zs_entr"),
)
_DZM = (
    *("sde", "lde", "lgze", "hgze", "sdlge", "sdhge", "ldlge", "ldhge"),
    *("glnu", "glnu_norm", "zdnu", "zdnu_norm", "z_perc", "gl_var", "zd_var", "zd_entr"),
)
_GLDM = (
    *("SmallDependenceEmphasis", "LargeDependenceEmphasis", *_LEVELS),
    *_mixtures("SmallDependence", "LargeDependence", *_LEVELS),
    *(*_GREY, "DependenceNonUniformity", "DependenceNonUniformityNormalized"),
    *("DependencePercentage", "GrayLevelVariance", "DependenceVariance", "DependenceEntropy"),
)
_NGL = (
    *("lde", "hde", "lgce", "hgce", "ldlge", "ldhge", "hdlge", "hdhge"),
    *("glnu", "glnu_norm", "dcnu", "dcnu_norm", "dc_perc", "gl_var", "dc_var", "dc_entr"),
)
#: What the features of the dependence matrix have in their own way.
_OF_DEPENDENCE: dict[str, dict[str, Any]] = {
    "glnu_norm": {"deprecated": "PyRadiomics retired it: it equals Uniformity of firstorder"},
    "dc_perc": {
        "deprecated": "PyRadiomics retired it: it is 1 in every region",
        "lowest": "1",
        "grey_levels": False,
        "shift": ("yes", "yes"),
        "scale": ("yes", "yes"),
    },
}


def _dependence() -> tuple[Row, ...]:
    made = _rows(_DEPENDENCE, _GLDM, _NGL, "count ")
    changed = [
        row(one.pyradiomics, one.ibsi, one.name, one.definition, **one.claims, **extra)
        for one in made
        for extra in [_OF_DEPENDENCE.get(one.ibsi, {})]
    ]
    energy = row(
        "",
        "dc_energy",
        "Dependence count energy",
        "Sum of the squared shares of grey level and number of similar neighbours together.",
        highest="1",
    )
    return (*changed, energy)


_NO_CLASS = ("",) * len(_DZM)
ENTRIES: list[Entry] = [
    *entries(_rows(_RUN, _GLRLM, _RLM, "run "), "glrlm", "rlm", lowest="0", **LEVELS),
    *entries(_rows(_ZONE, _GLSZM, _SZM, "zone "), "glszm", "szm", lowest="0", **LEVELS),
    *entries(_rows(_DISTANCE, _NO_CLASS, _DZM, "zone "), "", "dzm", lowest="0", **LEVELS),
    *entries(_dependence(), "gldm", "ngl", lowest="0", **LEVELS),
]
