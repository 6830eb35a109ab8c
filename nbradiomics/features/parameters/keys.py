"""The keys of a PyRadiomics parameter file, and the values that each of them may have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

#: Interpolators of SimpleITK that PyRadiomics knows by name; it also takes their numbers, 1 to 10.
INTERPOLATORS = (
    "sitkNearestNeighbor",
    "sitkLinear",
    "sitkBSpline",
    "sitkGaussian",
    "sitkLabelGaussian",
    "sitkHammingWindowedSinc",
    "sitkCosineWindowedSinc",
    "sitkWelchWindowedSinc",
    "sitkLanczosWindowedSinc",
    "sitkBlackmanWindowedSinc",
)
#: Weights of distances between neighbours.
WEIGHTS = ("euclidean", "manhattan", "infinity", "no_weighting")


@dataclass(frozen=True)
class Key:
    """What a key of a parameter file may have as its value; `None` (empty) is checked elsewhere.

    Attributes
    ----------
    kind
        ``whole``, ``number``, ``truth``, or ``word``.
    least, above, most
        Bounds of a number: included, excluded, included.
    words
        The words that are allowed; empty for any.
    listed
        Whether the value is a list of such values.
    check
        Returns what was expected instead of a value, empty if it is allowed; it replaces all others.
    """

    kind: Literal["whole", "number", "truth", "word"]
    least: float | None = None
    above: float | None = None
    most: float | None = None
    words: tuple[str, ...] = ()
    listed: bool = False
    check: Callable[[Any], str] | None = None

    def expected(self, value: Any) -> str:
        """Return what was expected instead of a value; empty if the value is allowed."""
        if self.check is not None:
            return self.check(value)
        if value is None:
            return ""
        if not self.listed:
            return self._expected(value)
        if not isinstance(value, list):
            return f"it is not a list; a list was expected, such as [{self._example}]"
        wrong = [self._expected(part) for part in value if part is not None]
        return next((text for text in wrong if text), "")

    @property
    def _example(self) -> str:
        return "1" if self.kind == "whole" else "1.0"

    def _expected(self, value: Any) -> str:
        if not _KINDS[self.kind](value):
            return f"{_IN_WORDS[self.kind]} was expected"
        if self.words:
            return "" if value in self.words else f"one of {', '.join(self.words)} was expected"
        # Text that reads as a number is refused later, by a rule that says how to write it.
        return "" if isinstance(value, str) or self._within(value) else f"{self._bounds} was expected"

    def _within(self, value: Any) -> bool:
        return not (
            (self.least is not None and value < self.least)
            or (self.above is not None and value <= self.above)
            or (self.most is not None and value > self.most)
        )

    @property
    def _bounds(self) -> str:
        noun = _IN_WORDS[self.kind]
        if self.above is not None:
            return f"{noun} above {self.above:g}"
        return (
            f"{noun} from {self.least:g} to {self.most:g}"
            if self.most
            else f"{noun} of at least {self.least:g}"
        )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    """Whether a value is a number, or text that can be read as one."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return False
    try:
        float(value)
    except (ValueError, OverflowError):
        return False
    return True


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "whole": _is_whole,
    "number": _is_number,
    "truth": lambda value: isinstance(value, bool),
    "word": lambda value: isinstance(value, str),
}
_IN_WORDS = {
    "whole": "a whole number (int)",
    "number": "a number (float)",
    "truth": "true or false",
    "word": "a word",
}


def _interpolator(value: Any) -> str:
    named = isinstance(value, str) and value in INTERPOLATORS
    numbered = isinstance(value, int) and 1 <= value <= len(INTERPOLATORS)
    if value is None or named or numbered:
        return ""
    return f"the name of an interpolator was expected: {', '.join(INTERPOLATORS)}; or its number, 1 to 10"


def _weights(value: Any) -> str:
    return "" if value is None or value in WEIGHTS else f"one of {', '.join(WEIGHTS)} was expected"


def _wavelet(value: Any) -> str:
    import pywt  # type: ignore[import-untyped]

    if isinstance(value, str) and value in pywt.wavelist():
        return ""
    return "the name of a discrete wavelet was expected, such as coif1 or haar"


_POSITIVE = Key("number", above=0)
_COUNT = Key("whole", above=0)
_NATURAL = Key("whole", least=0)
_TRUTH = Key("truth")

#: Keys of the section `setting`, and of each image type.
SETTINGS: Mapping[str, Key] = {
    "minimumROIDimensions": Key("whole", least=1, most=3),
    "minimumROISize": _COUNT,
    "geometryTolerance": _POSITIVE,
    "correctMask": _TRUTH,
    "additionalInfo": _TRUTH,
    "label": _COUNT,
    "label_channel": _NATURAL,
    "binWidth": _POSITIVE,
    "binCount": _COUNT,
    "normalize": _TRUTH,
    "normalizeScale": _POSITIVE,
    "removeOutliers": _POSITIVE,
    "resampledPixelSpacing": Key("number", least=0, listed=True),
    "interpolator": Key("word", check=_interpolator),
    "padDistance": _NATURAL,
    "distances": Key("whole", above=0, listed=True),
    "force2D": _TRUTH,
    "force2Ddimension": Key("whole", least=0, most=2),
    "resegmentRange": Key("number", listed=True),
    "resegmentMode": Key("word", words=("absolute", "relative", "sigma")),
    "resegmentShape": _TRUTH,
    "preCrop": _TRUTH,
    "sigma": Key("number", above=0, listed=True),
    "start_level": _NATURAL,
    "level": _COUNT,
    "wavelet": Key("word", check=_wavelet),
    "gradientUseSpacing": _TRUTH,
    "lbp2DRadius": _POSITIVE,
    "lbp2DSamples": Key("whole", least=1),
    "lbp2DMethod": Key("word", words=("default", "ror", "uniform", "var")),
    "lbp3DLevels": Key("whole", least=1),
    "lbp3DIcosphereRadius": _POSITIVE,
    "lbp3DIcosphereSubdivision": _NATURAL,
    "voxelArrayShift": Key("whole"),
    "symmetricalGLCM": _TRUTH,
    "weightingNorm": Key("word", check=_weights),
    "gldm_a": _NATURAL,
}
#: Keys of the section `voxelSetting`.
VOXEL_SETTINGS: Mapping[str, Key] = {
    "kernelRadius": _COUNT,
    "maskedKernel": _TRUTH,
    "initValue": Key("number"),
    "voxelBatch": _COUNT,
}
#: Sections of a parameter file.
SECTIONS = ("setting", "voxelSetting", "featureClass", "imageType")
