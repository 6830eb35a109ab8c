"""The wavelet transform: PyWavelets' values to the last bit, of any part of an image."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import pywt
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from nbradiomics.features.native.filters import wavelets
from nbradiomics.features.native.filters.wavelets import wavelet_images
from nbradiomics.features.native.grid.box import Box
from tests.support.boxes import boxes_in

Array = NDArray[Any]
WAVELETS = ["coif1", "haar", "db3", "sym8", "coif3", "bior2.2", "bior3.1", "rbio1.3", "dmey"]
SHAPES = st.tuples(*[st.integers(2, 21)] * 3)
SETTINGS = st.fixed_dictionaries(
    {"wavelet": st.sampled_from(WAVELETS)},
    optional={
        "level": st.integers(1, 3),
        "start_level": st.integers(0, 2),
        "force2D": st.booleans(),
        "force2Ddimension": st.integers(0, 2),
    },
)


def by_pywavelets(image: Array, settings: dict[str, Any]) -> dict[str, Array]:
    """Transform level by level, as PyRadiomics does."""
    axes = tuple(
        axis
        for axis in (2, 1, 0)
        if not (settings.get("force2D") and axis == settings.get("force2Ddimension", 0))
    )
    data = np.pad(image, [(0, length % 2) for length in image.shape], "wrap")
    found: dict[str, Array] = {}
    start, levels = settings.get("start_level", 0), settings.get("level", 1)
    for level in range(start + levels):
        (parts,) = pywt.swtn(data, settings["wavelet"], level=1, axes=axes)
        data = parts.pop("a" * len(axes))
        if level >= start:
            prefix = f"wavelet{level - start + 1}" if level > start else "wavelet"
            found |= {
                f"{prefix}-{name.replace('a', 'L').replace('d', 'H')}": part for name, part in parts.items()
            }
    found[f"{prefix}-{'L' * len(axes)}"] = data
    return {name: part[tuple(slice(length) for length in image.shape)] for name, part in found.items()}


def an_image(shape: tuple[int, int, int], kind: str, seed: int) -> Array:
    return np.random.default_rng(seed).normal(100, 30, shape).astype(kind)


@given(st.data(), SHAPES, SETTINGS, st.sampled_from(["i2", "u1", "i4", "f4", "f8"]), st.integers(0, 99))
def test_values_are_pywavelets_to_the_last_bit(
    data: st.DataObject, shape: tuple[int, int, int], settings: dict[str, Any], kind: str, seed: int
) -> None:
    image = an_image(shape, kind, seed)
    expected = by_pywavelets(image, settings)
    box = data.draw(boxes_in(shape))
    whole, part = dict(wavelet_images(image, settings)), dict(wavelet_images(image, settings, box))
    assert list(whole) == list(part) == list(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(whole[name], values, strict=True)
        np.testing.assert_array_equal(part[name], values[box.slices], strict=True)


def test_another_processor_is_left_to_pywavelets(monkeypatch: pytest.MonkeyPatch) -> None:
    image, box = an_image((9, 12, 15), "f4", 1), Box((1, 0, 3), (7, 11, 14))
    for settings in ({}, {"level": 2}):
        own = dict(wavelet_images(image, settings, box))
        with monkeypatch.context() as patch:
            patch.setattr(wavelets, "rounds_as_itk", lambda: False)
            theirs = dict(wavelet_images(image, settings, box))
        assert list(own) == list(theirs)
        for name, values in own.items():
            np.testing.assert_allclose(values, theirs[name], rtol=1e-4, atol=1e-3)
