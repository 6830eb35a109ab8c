"""Settings that cost more than anybody means."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from tests.reliability.harness import Bounds, Kind, Variant
from tests.reliability.images import write_pair

_EXTRACT = "extract cohort.csv --params params.yaml --out f.csv --jobs 1"
_CLASSES = "featureClass: {firstorder: [Mean, Entropy], glcm: [Contrast]}"


def _given(text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        write_pair(folder)
        (folder / "params.yaml").write_text(f"{text}\n{_CLASSES}\n", encoding="utf-8")

    return write


def _no_table(folder: Path) -> None:
    assert not (folder / "f.csv").exists()


def _refused(name: str, text: str, *says: str) -> Variant:
    return Variant(name, _given(text), _EXTRACT, 1, ("params[.]yaml", *says), ("P1/",), _no_table)


def _type(kind: str, own: str) -> str:
    return f"imageType: {{Original: {{}}, {kind}: {{{own}}}}}"


_SIGMAS = ", ".join(str(1 + number / 1000) for number in range(8000))
BY_THE_FILE = Kind(
    "A parameter file with settings of an unrealistic size",
    "refused once, before any case: the message names the setting, the resulting size, the expected size, "
    "and the limit that allows it if it is intended",
    [
        _refused(
            "8,000 sigmas",
            _type("LoG", f"sigma: [{_SIGMAS}]"),
            "8000 sigmas",
            "8,001 images",
            "limits: {images",
        ),
        _refused("wavelet level 50", _type("Wavelet", "level: 50"), "level 50", "352 images"),
        _refused("wavelet level 10^12", _type("Wavelet", f"level: {10**12}"), "level about 10.12"),
        _refused("wavelet start_level 10^6", _type("Wavelet", "start_level: 1000000"), "start_level 1000000"),
        _refused("lbp2DSamples 1e8", _type("LBP2D", "lbp2DSamples: 100000000"), "lbp2DSamples 100000000"),
        _refused("lbp2DSamples 10^17", _type("LBP2D", f"lbp2DSamples: {10**17}"), "about 10.17"),
        _refused("lbp3D, 20 subdivisions", _type("LBP3D", "lbp3DIcosphereSubdivision: 20"), "Subdivision 20"),
        _refused("lbp3D, 10,000 levels", _type("LBP3D", "lbp3DLevels: 10000"), "lbp3DLevels 10000"),
        _refused("binCount 10^9", "setting: {binCount: 1000000000}", "binCount", "grey levels"),
        _refused("binCount of one image type", _type("Square", "binCount: 50000000"), "binCount 50000000"),
        _refused("distance 1,000", "setting: {distances: [1000]}", "distances .1000.", "directions"),
        _refused("a thousand distances", f"setting: {{distances: {list(range(1, 1001))}}}", "1000 values"),
        _refused(
            "kernelRadius 1,000", "voxelSetting: {kernelRadius: 1000}", "kernelRadius 1000", "voxels around"
        ),
        _refused(
            "two at once",
            "setting: {binCount: 99999999, distances: [99]}",
            "binCount 99999999",
            "distances .99.",
        ),
        _refused("a limit below 1", "nbradiomics: {limits: {images: 0}}", "limits.images is 0"),
        _refused("a limit in words", "nbradiomics: {limits: {bins: many}}", "limits.bins is 'many'"),
        _refused("a limit that is none", "nbradiomics: {limits: {sigmas: 5}}", "unknown key 'sigmas'"),
        _refused("limits that are no mapping", "nbradiomics: {limits: 7}", "limits is 7", "mapping"),
    ],
)


def _failed(name: str, text: str, *says: str, engine: str = "native") -> Variant:
    command = f"{_EXTRACT} --engine {engine}"
    return Variant(name, _given(text), command, 1, ("P1/", *says), holds=_empty_row, bounds=Bounds(60, 3000))


def _empty_row(folder: Path) -> None:
    table = pd.read_csv(folder / "f.csv")
    assert len(table)
    assert table.filter(like="original_").isna().all(axis=None)


_FINE = "setting: {resampledPixelSpacing: [0.01, 0.01, 0.01]}"
BY_THE_IMAGE = Kind(
    "Settings that are too large for an image",
    "the case is a failure before memory or time is spent: the message gives the setting, the size "
    "of the grid or the number of bins, and the limit",
    [
        _failed(
            "voxels of 0.01 mm", _FINE, "resampledPixelSpacing 0.01 x 0.01 x 0.01", "voxels around the mask"
        ),
        _failed("voxels of 0.01 mm, PyRadiomics", _FINE, "at most 300,000,000", engine="pyradiomics"),
        _failed(
            "voxels of 1e-9 mm",
            "setting: {resampledPixelSpacing: [1.0e-9, 1.0e-9, 0]}",
            "about 10.20 in total",
        ),
        _failed(
            "binWidth 1e-6",
            "setting: {binWidth: 1.0e-6}",
            "binWidth 1e-06",
            "original image",
            "bins; at most",
        ),
        _failed(
            "binWidth 1e-6, PyRadiomics",
            "setting: {binWidth: 1.0e-6}",
            "binWidth 1e-06",
            engine="pyradiomics",
        ),
        _failed("binWidth 1e-320", "setting: {binWidth: 1.0e-320}", "about 10.300 bins"),
        _failed(
            "normalizeScale 1e12",
            "setting: {normalize: true, normalizeScale: 1.0e+12}",
            "binWidth 25",
            "bins",
        ),
    ],
)


def _values(folder: Path) -> None:
    assert pd.read_csv(folder / "f.csv").filter(like="original_").notna().all(axis=None)


ALLOWED = Kind(
    "The same settings, allowed by the parameter file",
    "computed, and stored with the same key as without the limit",
    [
        Variant(
            "bins",
            _given("setting: {binWidth: 0.001}\nnbradiomics: {limits: {bins: 400000}}"),
            _EXTRACT,
            0,
            holds=_values,
        ),
        Variant(
            "a lower limit, kept",
            _given("setting: {binWidth: 5}\nnbradiomics: {limits: {bins: 500}}"),
            _EXTRACT,
            0,
            holds=_values,
        ),
    ],
)

KINDS = [BY_THE_FILE, BY_THE_IMAGE, ALLOWED]
