"""Growth and shrinkage reach the requested volume, and keep the shape that geometry says."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import ndimage

from nbradiomics.errors import InputError
from nbradiomics.features import extract_features
from nbradiomics.perturbation.growth import grown, signed_distance
from tests.support.helpers import ball, make_image

ROOM = np.ones((3, 3, 3), bool)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@settings(max_examples=60, deadline=None)
@given(
    share=st.floats(-0.9, 1.5).filter(lambda share: abs(share) > 0.002),  # a voxel of the 720
    voxels=st.integers(0, 2**32),
    thick=st.floats(0.5, 6),
)
def test_the_volume_changes_by_what_was_asked(share: float, voxels: int, thick: float) -> None:
    noise = ndimage.gaussian_filter(rng(voxels).standard_normal((9, 20, 20)), 2)
    inside = noise > np.quantile(noise, 0.8)
    result = grown(inside, (thick, 1.0, 1.0), share, rng(voxels))
    assert result.sum() == max(round(inside.sum() * (1 + share)), 1)
    smaller, larger = sorted([inside, result], key=np.sum)
    assert not (smaller & ~larger).any()


def test_a_single_voxel_never_vanishes() -> None:
    inside = np.zeros((3, 3, 3), bool)
    inside[1, 1, 1] = True
    with pytest.raises(InputError, match=r"1 voxel\(s\) cannot shrink by 0.9 .*less than half a voxel"):
        grown(inside, (1, 1, 1), -0.9, rng())
    inside[1, 1, 2] = True
    assert grown(inside, (1, 1, 1), -0.9, rng()).sum() == 1


@pytest.mark.parametrize(
    ("shape", "share", "said"),
    [
        ((3, 8, 8), 0.2, "the image has 192 voxels"),
        ((3, 8, 8), -0.2, "fills the image"),
        ((1, 8, 8), -0.2, "fills the image"),
    ],
)
def test_a_mask_without_a_surface_is_refused(shape: tuple[int, int, int], share: float, said: str) -> None:
    with pytest.raises(InputError, match=said):
        grown(np.ones(shape, bool), (3, 1, 1), share, rng())


def test_a_dumbbell_stays_in_one_piece() -> None:
    inside = np.zeros((9, 9, 30), bool)
    inside[1:8, 1:8, 1:10] = inside[1:8, 1:8, 20:29] = True
    inside[4, 4, 10:20] = True
    result = grown(inside, (1, 1, 1), -0.4, rng())
    assert result.sum() == round(0.6 * inside.sum())
    assert ndimage.label(result, ROOM)[1] == 1


def test_growth_and_shrinkage_follow_the_surface_in_mm() -> None:
    """Thick slices: the ball stays a ball in mm, not in voxels."""
    spacing = (3.0, 1.0, 1.0)
    z, y, x = np.meshgrid(
        *[(np.arange(n) - (n - 1) / 2) * e for n, e in zip((25, 71, 71), spacing, strict=True)], indexing="ij"
    )
    radius = np.sqrt(z**2 + y**2 + x**2)
    inside = radius <= 24
    for share in (-0.3, 0.3):
        result = grown(inside, spacing, share, rng())
        new = 24 * (1 + share) ** (1 / 3)
        wrong = (result != (radius <= new)).sum() / result.sum()
        assert wrong < 0.055
        assert np.argwhere(result).mean(axis=0) == pytest.approx([12, 35, 35], abs=0.1)


def test_shape_features_of_a_ball_move_as_geometry_says() -> None:
    inside = ball((61, 61, 61), 22.0) > 0
    image = make_image(rng().normal(0, 1, inside.shape).astype(np.float32))
    names = ["MeshVolume", "SurfaceArea", "Sphericity", "Maximum3DDiameter", "MajorAxisLength"]
    params = {"featureClass": {"shape": names}}

    def shape(mask: np.ndarray) -> np.ndarray:
        done = extract_features(image, make_image(mask.astype(np.uint8)), params=params)
        return np.array([float(done[f"original_shape_{name}"]) for name in names])

    before = shape(inside)
    for share in (0.15, -0.15):
        factor = (1 + share) ** (1 / 3)
        expected = before * [factor**3, factor**2, 1, factor, factor]
        assert shape(grown(inside, (1, 1, 1), share, rng())) == pytest.approx(expected, rel=0.025)


def test_the_distance_of_a_ball_is_that_of_its_surface() -> None:
    z, y, x = np.meshgrid(*[np.arange(41) - 20.0] * 3, indexing="ij")
    radius = np.sqrt(z**2 + y**2 + x**2)
    distances = signed_distance(radius <= 12, (1, 1, 1))
    near = np.abs(radius - 12) < 3
    assert np.abs(distances - (radius - 12))[near].max() < 0.8
    assert np.mean(distances[near] - (radius[near] - 12)) == pytest.approx(0, abs=0.15)


@pytest.mark.parametrize("share", [0.07, -0.07])
def test_ties_are_drawn_and_a_seed_repeats_them(share: float) -> None:
    inside = np.zeros((12, 12, 12), bool)
    inside[3:9, 3:9, 3:9] = True
    first, again, other = (grown(inside, (1, 1, 1), share, rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
