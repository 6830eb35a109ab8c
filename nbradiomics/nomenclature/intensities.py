"""Features of the distribution of intensities: `firstorder`, `stat`, `ih`, `ivh` and `loc`."""

from __future__ import annotations

from typing import Any

from nbradiomics.nomenclature.entry import NEVER, SUM, Entry
from nbradiomics.nomenclature.rows import LEVELS, Row, entries, row

#: Values that move with the intensities; that do not move but stretch with them; that do neither.
_PLACE: dict[str, Any] = {"unit": "I", "shift": NEVER, "scale": NEVER}
_WIDTH: dict[str, Any] = {"unit": "I", "scale": NEVER, "lowest": "0"}
_SQUARE: dict[str, Any] = {"unit": "I2", "shift": NEVER, "scale": NEVER, "lowest": "0"}
#: Bounds in the histogram of the grey levels.
_LEVEL: dict[str, str] = {"lowest": "1", "highest": "Ng"}
_SPAN: dict[str, str] = {"lowest": "0", "highest": "Ng - 1"}


def _distribution(of: str) -> tuple[tuple[Row, dict[str, str]], ...]:
    """Features of a distribution of intensities or grey levels, with their bounds for grey levels."""
    robust = (
        f"Mean absolute distance of the {of} between the 10th and the 90th percentile from their own mean."
    )
    return (
        (row("Mean", "mean", "Mean", f"Mean of the {of}.", **_PLACE), _LEVEL),
        (
            row(
                "Variance",
                "var",
                "Variance",
                f"Mean squared distance of the {of} from their mean.",
                unit="I2",
                scale=NEVER,
                lowest="0",
            ),
            {"lowest": "0", "highest": "(Ng - 1)**2 / 4"},
        ),
        (
            row(
                "Skewness",
                "skew",
                "Skewness",
                f"Asymmetry of the distribution of the {of} about their mean; 0 if it is symmetric.",
            ),
            {},
        ),
        (row("Median", "median", "Median", f"Median of the {of}.", **_PLACE), _LEVEL),
        (row("Minimum", "min", "Minimum", f"Lowest of the {of}.", **_PLACE), _LEVEL),
        (row("10Percentile", "p10", "10th percentile", f"10th percentile of the {of}.", **_PLACE), _LEVEL),
        (row("90Percentile", "p90", "90th percentile", f"90th percentile of the {of}.", **_PLACE), _LEVEL),
        (row("Maximum", "max", "Maximum", f"Highest of the {of}.", **_PLACE), _LEVEL),
        (
            row(
                "InterquartileRange",
                "iqr",
                "Interquartile range",
                f"Difference of the 75th and the 25th percentile of the {of}.",
                **_WIDTH,
            ),
            _SPAN,
        ),
        (
            row(
                "Range", "range", "Range", f"Difference of the highest and the lowest of the {of}.", **_WIDTH
            ),
            _SPAN,
        ),
        (
            row(
                "MeanAbsoluteDeviation",
                "mad",
                "Mean absolute deviation",
                f"Mean absolute distance of the {of} from their mean.",
                **_WIDTH,
            ),
            _SPAN,
        ),
        (
            row(
                "RobustMeanAbsoluteDeviation",
                "rmad",
                "Robust mean absolute deviation",
                robust,
                **_WIDTH,
            ),
            _SPAN,
        ),
    )


def _of_family(of: str) -> tuple[tuple[Row, dict[str, str]], ...]:
    """Features that only the IBSI has, or defines in its own way."""
    return (
        (
            row(
                "",
                "kurt",
                "Excess kurtosis",
                f"Weight of the tails of the distribution of the {of}; 0 for a normal distribution.",
                lowest="-2",
            ),
            {"lowest": "-2"},
        ),
        (
            row(
                "",
                "medad",
                "Median absolute deviation",
                f"Mean absolute distance of the {of} from their median.",
                **_WIDTH,
            ),
            _SPAN,
        ),
        (
            row(
                "",
                "cov",
                "Coefficient of variation",
                f"Standard deviation of the {of} divided by their mean.",
                shift=NEVER,
            ),
            {"lowest": "0"},
        ),
        (
            row(
                "",
                "qcod",
                "Quartile coefficient of dispersion",
                f"Interquartile range of the {of} divided by the sum of the two quartiles.",
                shift=NEVER,
            ),
            {"lowest": "0", "highest": "1"},
        ),
    )


_INTENSITIES, _LEVELS = "intensities", "grey levels"
_SHARES = (
    row(
        "Entropy",
        "entropy",
        "Entropy",
        "Entropy, in bits, of the histogram of the grey levels.",
        lowest="0",
        highest="log2(Ng)",
        **LEVELS,
    ),
    row(
        "Uniformity",
        "uniformity",
        "Uniformity",
        "Sum of the squared shares of the grey levels.",
        lowest="0",
        highest="1",
        **LEVELS,
    ),
)
_PYRADIOMICS = (
    row(
        "Energy",
        "",
        "Energy",
        "Sum of the squared intensities, after voxelArrayShift was added to each.",
        volume=SUM,
        **_SQUARE,
    ),
    row(
        "TotalEnergy",
        "",
        "Total energy",
        "Energy times the volume of a voxel.",
        volume=SUM,
        **{**_SQUARE, "unit": "mm3 I2"},
    ),
    row(
        "RootMeanSquared",
        "",
        "Root mean square",
        "Root of the mean squared intensity, after voxelArrayShift was added to each.",
        **{**_PLACE, "lowest": "0"},
    ),
    row(
        "StandardDeviation",
        "",
        "Standard deviation",
        "Root of the variance of the intensities.",
        deprecated="PyRadiomics retired it: it is the root of Variance",
        **_WIDTH,
    ),
    row(
        "Kurtosis",
        "",
        "Kurtosis",
        "Weight of the tails of the distribution of the intensities; 3 for a normal distribution.",
        lowest="0",
    ),
)
_STAT = (
    row("", "energy", "Energy", "Sum of the squared intensities.", volume=SUM, **_SQUARE),
    row(
        "",
        "rms",
        "Root mean square",
        "Root of the mean squared intensity.",
        **{**_PLACE, "lowest": "0"},
    ),
)


def _gradient(which: str, extreme: str) -> tuple[Row, Row]:
    return (
        row(
            "",
            f"{which}_grad",
            f"{extreme} histogram gradient",
            f"{extreme} slope of the histogram, in voxels per grey level.",
            volume=SUM,
            **LEVELS,
        ),
        row(
            "",
            f"{which}_grad_g",
            f"{extreme} histogram gradient grey level",
            f"Grey level at which the slope of the histogram is its {extreme.lower()}.",
            **_LEVEL,
            **LEVELS,
        ),
    )


_IH = (
    row("", "mode", "Mode", "Most frequent grey level.", **_LEVEL, **LEVELS),
    *_gradient("max", "Maximum"),
    *_gradient("min", "Minimum"),
)


def _histogram() -> tuple[Row, ...]:
    """Features of `ih` that are those of a distribution: without unit, bounded by the grey levels."""
    return tuple(
        row("", one.ibsi, one.name, one.definition, **bounds, **LEVELS)
        for one, bounds in (*_distribution(_LEVELS), *_of_family(_LEVELS))
    )


_IVH = (
    *(
        row(
            "",
            f"v{percent}",
            f"Volume at intensity fraction {percent} %",
            f"Part of the region with at least the intensity that lies {percent} % of the way from the "
            "lowest to the highest.",
            lowest="0",
            highest="1",
        )
        for percent in (10, 90)
    ),
    *(
        row(
            "",
            f"i{percent}",
            f"Intensity at volume fraction {percent} %",
            f"Lowest level of intensity that at most {percent} % of the region reach.",
            unit="level",
        )
        for percent in (10, 90)
    ),
    row(
        "",
        "diff_v10_v90",
        "Volume fraction difference",
        "Volume at intensity fraction 10 % less that at 90 %.",
        lowest="0",
        highest="1",
    ),
    row(
        "",
        "diff_i10_i90",
        "Intensity fraction difference",
        "Intensity at volume fraction 10 % less that at 90 %.",
        unit="level",
        lowest="0",
    ),
    row(
        "",
        "auc",
        "Area under the intensity-volume histogram",
        "Area under the curve of the part of the region that has at least an intensity, over the place of "
        "this intensity between the lowest and the highest.",
        lowest="0",
        highest="1",
    ),
)
_LOC = (
    row(
        "",
        "peak_loc",
        "Local intensity peak",
        "Mean intensity in a ball of 1 cm3 about the voxel of the highest intensity.",
        **_PLACE,
    ),
    row(
        "",
        "peak_glob",
        "Global intensity peak",
        "Highest mean intensity in a ball of 1 cm3 about any voxel of the region.",
        **_PLACE,
    ),
)
_SHARED = tuple(one for one, _ in _distribution(_INTENSITIES))
ENTRIES: list[Entry] = [
    *entries((*_SHARED, *_SHARES, *_PYRADIOMICS), "firstorder", ""),
    *entries((*_SHARED, *(one for one, _ in _of_family(_INTENSITIES)), *_STAT), "", "stat"),
    *entries((*_histogram(), *_SHARES, *_IH), "", "ih"),
    *entries(_IVH, "", "ivh"),
    *entries(_LOC, "", "loc"),
]
