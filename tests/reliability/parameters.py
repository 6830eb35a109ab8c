"""Parameter files that are wrong, or ask for what no case can get."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from tests.reliability.harness import Kind, Variant
from tests.reliability.images import write_pair

_EXTRACT = "extract cohort.csv --params params.yaml --out f.csv --jobs 1"
_CLASSES = "featureClass: {firstorder: [Mean, Entropy]}"


def _given(text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        write_pair(folder)
        (folder / "params.yaml").write_text(text + "\n", encoding="utf-8")

    return write


def _no_table(folder: Path) -> None:
    assert not (folder / "f.csv").exists()


def _refused(name: str, text: str, *says: str) -> Variant:
    return Variant(name, _given(text), _EXTRACT, 1, ("params[.]yaml", *says), ("P1/", "viewer"), _no_table)


_SETTINGS = {
    "resampledPixelSpacing": ("[1, 1]", "[1, 1, 1, 1]", "'1,1,1'", "[1, a, 1]", "[-1, 1, 1]", "[.nan, 1, 1]"),
    "binWidth": ("'25'", "-5", "0", ".nan", "[25]", ".inf"),
    "binCount": ("0", "2.5", "'32'"),
    "interpolator": ("sitkBsplin", "99"),
    "label": ("1.5", "one"),
    "normalizeScale": ("big", "-1"),
    "normalize": ("maybe",),
    "resegmentRange": ("[a, b]", "'3'"),
    "resegmentMode": ("sgma",),
    "force2Ddimension": ("5", "axial"),
    "distances": ("[0]", "'1'", "[a]"),
    "weightingNorm": ("taxicab",),
    "padDistance": ("-3", "many"),
    "geometryTolerance": ("-1", "loose"),
    "minimumROIDimensions": ("7",),
    "correctMask": ("perhaps",),
}
#: PyRadiomics' own check spells it so.
_SAID = {"interpolator": "int.*polator"}
VALUES = Kind(
    "A setting of a parameter file with an impossible value",
    "refused once, before any case: the message names the file, the key and the value",
    [
        _refused(f"{key}: {value}", f"setting: {{{key}: {value}}}\n{_CLASSES}", _SAID.get(key, key))
        for key, values in _SETTINGS.items()
        for value in values
    ],
)

NAMES = Kind(
    "A misspelt key, class, filter or feature in a parameter file",
    "refused once, before any case: the message names it",
    [
        _refused("binwidth", f"setting: {{binwidth: 25}}\n{_CLASSES}", "binwidth"),
        _refused("setting in the wrong place", f"binWidth: 25\n{_CLASSES}", "binWidth"),
        _refused("settings", f"settings: {{binWidth: 25}}\n{_CLASSES}", "settings"),
        _refused("class firstOrder", "featureClass: {firstOrder: [Mean]}", "firstOrder"),
        _refused("class textures", "featureClass: {textures: }", "textures"),
        _refused("feature mean", "featureClass: {firstorder: [mean]}", "mean"),
        _refused("feature of another class", "featureClass: {glcm: [Mean]}", "Mean"),
        _refused("filter log", f"imageType: {{Original: {{}}, log: {{sigma: [1]}}}}\n{_CLASSES}", "log"),
        _refused("filter wavelet", f"imageType: {{wavelet: {{}}}}\n{_CLASSES}", "wavelet"),
        _refused("wavelet haar7", f"imageType: {{Wavelet: {{wavelet: haar7}}}}\n{_CLASSES}", "haar7"),
        _refused("sigma 0", f"imageType: {{LoG: {{sigma: [0]}}}}\n{_CLASSES}", "sigma"),
        _refused("sigma below 0", f"imageType: {{LoG: {{sigma: [-1.0]}}}}\n{_CLASSES}", "sigma"),
        _refused("sigma as text", f"imageType: {{LoG: {{sigma: small}}}}\n{_CLASSES}", "sigma"),
    ],
)

FILES = Kind(
    "A file that is not a parameter file",
    "refused once, before any case",
    [
        _refused("a tab", "setting:\n\tbinWidth: 25", "YAML"),
        _refused("an open bracket", "setting: {binWidth: 25", "YAML"),
        _refused("a list", "- binWidth: 25", "mapping"),
        _refused("a sentence", "bin width of 25", "mapping"),
    ],
)


def _other_values_hold(folder: Path) -> None:
    table = pd.read_csv(folder / "f.csv")
    assert table["original_firstorder_Mean"].notna().all()


def _absent(name: str, text: str, *says: str) -> Variant:
    return Variant(name, _given(text), _EXTRACT, 0, ("P1/", *says), ("symmetrical",), _other_values_hold)


ABSENT = Kind(
    "Requested features that no case has",
    "a failure of each case that names the missing features and the reason; the other values are correct",
    [
        _absent(
            "LoG with sigma 40",
            f"imageType: {{Original: {{}}, LoG: {{sigma: [1.0, 40.0]}}}}\n{_CLASSES}",
            "sigma.?40|log-sigma-40",
        ),
        _absent(
            "LoG with two sigmas that are too large",
            f"imageType: {{Original: {{}}, LoG: {{sigma: [30.0, 40.0]}}}}\n{_CLASSES}",
            "30",
            "40",
        ),
        _absent("LoG without sigma", f"imageType: {{Original: {{}}, LoG: {{}}}}\n{_CLASSES}", "LoG", "sigma"),
        _absent(
            "LoG with an empty list",
            f"imageType: {{Original: {{}}, LoG: {{sigma: []}}}}\n{_CLASSES}",
            "sigma",
        ),
        _absent(
            "a retired feature",
            "featureClass: {firstorder: [Mean], glcm: [Homogeneity1, Contrast]}",
            "Homogeneity1",
        ),
        _absent(
            "shape2D beside others", "featureClass: {firstorder: [Mean], shape2D: }", "shape2D", "force2D"
        ),
    ],
)

NOTHING = Kind(
    "A parameter file that requests no feature",
    "exit code 1, and the reason",
    [
        Variant(
            "shape2D without force2D",
            _given("featureClass: {shape2D: }"),
            _EXTRACT,
            1,
            ("shape2D", "force2D"),
        ),
        Variant(
            "only LoG without sigma",
            _given(f"imageType: {{LoG: {{}}}}\n{_CLASSES}"),
            _EXTRACT,
            1,
            ("LoG", "sigma"),
        ),
        Variant(
            "only LoG with a sigma that is too large",
            _given(f"imageType: {{LoG: {{sigma: [40.0]}}}}\n{_CLASSES}"),
            _EXTRACT,
            1,
            ("40",),
        ),
    ],
)

KINDS = [VALUES, NAMES, FILES, ABSENT, NOTHING]
