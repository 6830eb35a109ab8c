"""Rules for parameter files in addition to PyRadiomics' schema, which accepts values that fail in every case.

The schema accepts text, NaN or infinity as numbers, lists of any length, and filters with their own labels.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import quoted

#: Settings that must be finite numbers; the schema requires them to be above 0.
_NUMBERS = (
    "binWidth",
    "normalizeScale",
    "removeOutliers",
    "geometryTolerance",
    "lbp2DRadius",
    "lbp3DIcosphereRadius",
)
_LISTS = ("resampledPixelSpacing", "resegmentRange", "sigma")
#: Settings with a meaning when they are empty: none, or no.
_EMPTY = {
    "minimumROISize",
    "geometryTolerance",
    "correctMask",
    "additionalInfo",
    "label",
    "binCount",
    "normalize",
    "removeOutliers",
    "resampledPixelSpacing",
    "interpolator",
    "force2D",
    "resegmentRange",
    "resegmentShape",
    "preCrop",
    "weightingNorm",
}


def require_sound(name: str, content: Mapping[str, Any]) -> None:
    """Raise one `InputError` that names every value that passes PyRadiomics' schema but fails in every case.

    Parameters
    ----------
    name
        The file, for messages.
    content
        Content that has passed the schema.
    """
    problems = [problem for key, settings in _sections(content) for problem in _problems(key, settings)]
    problems += _labels(content)
    if problems:
        raise InputError(
            f"{name}: {'; '.join(problems)}.",
            "Correct these values; see PyRadiomics' documentation of parameters.",
        )


def _sections(content: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for section in ("setting", "voxelSetting"):
        yield section, content.get(section) or {}
    for kind, own in (content.get("imageType") or {}).items():
        yield f"imageType.{kind}", own or {}


def _problems(section: str, settings: Mapping[str, Any]) -> Iterator[str]:
    for key, value in settings.items():
        expected = _wrong(key, value)
        if expected:
            yield f"{section}.{key} is {quoted(value)}; {expected}"


def _labels(content: Mapping[str, Any]) -> Iterator[str]:
    """Yield image types with another label: an extraction measures one region."""
    shared = (content.get("setting") or {}).get("label") or 1
    for kind, own in (content.get("imageType") or {}).items():
        label = (own or {}).get("label")
        if label is not None and (label != shared or shared != 1):
            yield f"imageType.{kind} has its own label, {label}; set the label once, under `setting`"


def _wrong(key: str, value: Any) -> str:
    """Return what was expected instead of a value; empty if the value is allowed."""
    if value is None:
        return "" if key in _EMPTY else "a value was expected; remove the key for PyRadiomics' default"
    if key in _NUMBERS:
        return "" if _number(value) else f"a number was expected{_in_quotes(value)}"
    if key == "initValue":  # NaN marks what was not measured
        fits = isinstance(value, (int, float)) and not isinstance(value, bool)
        return "" if fits else f"a number was expected{_in_quotes(value)}"
    if key in _LISTS and not all(map(_number, value)):
        return "a list of numbers was expected" + next(
            (_in_quotes(part) for part in value if not _number(part)), ""
        )
    rule = _RULES.get(key)
    return rule(value) if rule else ""


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _in_quotes(value: Any) -> str:
    """Explain how to write a number that was given as text: without quotes, and an exponent with a point."""
    try:
        number = float(value) if isinstance(value, str) else math.nan
    except ValueError:
        return ""
    plain = (
        value.strip()
        if isinstance(value, str) and re.fullmatch("[0-9]{1,18}", value.strip())
        else repr(number)
    )
    if not math.isfinite(number):
        return ""
    # YAML reads 1e-3 as text, with or without quotes.
    as_number = plain if "e" not in plain or "." in plain else plain.replace("e", ".0e")
    return f": write {as_number} without quotes"


def _spacing(value: list[float]) -> str:
    if len(value) == 3:
        return ""
    return f"3 numbers were expected, for x, y and z in mm (0: unchanged), and there are {len(value)}"


def _range(value: list[float]) -> str:
    return "" if len(value) in (1, 2) else f"1 or 2 numbers were expected, and there are {len(value)}"


def _distances(value: list[int]) -> str:
    return "" if value else "at least one distance was expected, such as [1]"


def _interpolator(value: Any) -> str:
    return "the name of an interpolator was expected, such as sitkBSpline" if isinstance(value, bool) else ""


def _wavelet(value: str) -> str:
    import pywt  # type: ignore[import-untyped]

    known = pywt.wavelist(kind="discrete")
    if value in known:
        return ""
    near = difflib.get_close_matches(value, known, n=3)
    return f"a discrete wavelet was expected, such as {', '.join(near or ['coif1', 'haar'])}"


_RULES: Mapping[str, Callable[[Any], str]] = {
    "resampledPixelSpacing": _spacing,
    "resegmentRange": _range,
    "distances": _distances,
    "interpolator": _interpolator,
    "wavelet": _wavelet,
}
