"""What a parameter file asks for is counted before it is computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, strategies as st

from nbradiomics.errors import InputError, TransientError
from nbradiomics.features.extract import extract_features
from nbradiomics.features.grid_cost import grid_size, require_affordable
from nbradiomics.features.native.classes.neighbours import offsets
from nbradiomics.features.parameters import load_parameters, presets
from nbradiomics.features.parameters.limits import Limits, require_bins, require_within
from nbradiomics.system import memory
from nbradiomics.system.memory import free_memory
from tests.support.helpers import ball, make_image

FAR = 1000


def counted(content: dict[str, Any], kind: str) -> int:
    """What a file comes to: the lowest limit that it passes."""
    low, high = 0, 10**9
    while high - low > 1:
        middle = (low + high) // 2
        try:
            require_within("x", content, Limits(**{kind: middle}))
            high = middle
        except InputError:
            low = middle
    return high


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("distances", [[1], [2], [1, 3], [2, 2]])
def test_directions_are_those_that_textures_look_in(distances: list[int], dimensions: int) -> None:
    plane = 0 if dimensions == 2 else None
    found = len(offsets((FAR,) * 3, distances, both_ways=False, plane=plane))
    setting = {"distances": distances, "force2D": dimensions == 2}
    assert counted({"setting": setting}, "neighbours") == found


@pytest.mark.parametrize(
    ("types", "wanted"),
    [
        ({"Original": {}}, 1),
        ({"Original": {}, "LoG": {"sigma": [1.0, 2.0, 3.0]}}, 4),
        ({"Wavelet": {}}, 8),
        ({"Wavelet": {"level": 2}}, 15),
        ({"Square": {}, "Gradient": {}, "LBP2D": {}}, 3),
    ],
)
def test_images_are_those_that_are_made(types: dict[str, Any], wanted: int) -> None:
    assert counted({"imageType": types}, "images") == wanted
    image = make_image(np.random.default_rng(0).normal(100, 20, (16, 16, 16)))
    params = {"imageType": types, "featureClass": {"firstorder": ["Mean"]}}
    found = extract_features(image, make_image(ball((16, 16, 16), 5)), params=params)
    assert len(found) == wanted


@given(
    st.tuples(*[st.floats(0.2, 5)] * 3),
    st.integers(0, 9),
    st.integers(2, 7),
    st.tuples(*[st.floats(0.4, 4)] * 3),
)
def test_a_grid_is_never_thought_smaller_than_pyradiomics_makes_it(
    spacing: tuple[float, float, float], pad: int, radius: int, wanted: tuple[float, float, float]
) -> None:
    from radiomics import imageoperations

    mask = make_image(ball((20, 22, 24), radius), spacing)
    image = sitk.Cast(mask, sitk.sitkFloat64)
    setting = {"resampledPixelSpacing": list(wanted), "padDistance": pad}
    _, made = imageoperations.resampleImage(image, mask, **setting, label=1)
    thought = grid_size(mask, setting, whole=False)
    for real, expected in zip(made.GetSize(), thought, strict=True):
        assert real <= expected + 1
        assert expected <= real + 2


def test_what_memory_cannot_hold_is_refused_with_both_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda: 10**6)
    parameters = load_parameters({"setting": {"resampledPixelSpacing": [0.2, 0.2, 0.2]}})
    with pytest.raises(
        TransientError, match=r"takes about 0[.]0\d+ GB of memory; 0[.]001 GB are free"
    ) as refusal:
        require_affordable(make_image(ball()), parameters)
    assert "--jobs" in refusal.value.remedy
    monkeypatch.setattr(memory, "free_memory", lambda: 10**9)
    require_affordable(make_image(ball()), parameters)


def test_free_memory_is_some_and_not_more_than_there_is() -> None:
    assert 10**7 < free_memory() < 10**15


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(1e-3, 1e3))
def test_bins_are_those_of_pyradiomics_within_one(low: float, span: float, width: float) -> None:
    from radiomics.imageoperations import getBinEdges

    high = low + span
    if span / width > 1e5:
        return
    made = len(getBinEdges(np.array([low, high]), binWidth=width)) - 1
    require_bins(low, high, {"binWidth": width}, Limits(bins=made + 2))
    if made > 3:
        with pytest.raises(InputError, match="bins; at most"):
            require_bins(low, high, {"binWidth": width}, Limits(bins=made - 3))


def test_presets_are_far_below_every_limit() -> None:
    lower = Limits(**{kind: most // 3 for kind, most in vars(Limits()).items()})
    for name in presets():
        require_within(name, load_parameters(name).content, lower)


def test_a_limit_does_not_change_what_results_are_kept_by() -> None:
    content: dict[str, Any] = {"setting": {"binWidth": 5}}
    bounded = load_parameters({**content, "nbradiomics": {"limits": {"bins": 77}}})
    assert bounded.limits == Limits(bins=77)
    assert not bounded.own.asks
    assert bounded.fingerprint == load_parameters(content).fingerprint
