"""The native textures worked out by hand, and what must hold whatever the region."""

from collections.abc import Iterator
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy import ndimage

from nbradiomics.errors import InputError
from nbradiomics.features.native.classes.along import Wanted, look_along, zones_of
from nbradiomics.features.native.classes.glcm_correlation import maximal_correlations
from nbradiomics.features.native.classes.glcm_formulas import marginals
from nbradiomics.features.native.classes.glcm_matrix import Cooccurrence, cooccurrences, count_cells
from nbradiomics.features.native.classes.neighbourhood import neighbourhoods
from nbradiomics.features.native.classes.neighbours import lengths, offsets
from nbradiomics.features.native.classes.textures import TEXTURES, TextureSettings, texture_features
from nbradiomics.features.native.levels.grey_levels import DiscreteRegion
from nbradiomics.features.native.levels.ranks import ranked

SLICE = np.array([[[1, 2, 2], [1, 1, 3], [0, 3, 3]]], np.int32)


def region_of(levels: NDArray[np.int32]) -> DiscreteRegion:
    return DiscreteRegion(levels, np.unique(levels[levels > 0]).astype(np.int64), (2.0, 1.0, 1.0))


def matrices_of(levels: NDArray[np.int32], *, symmetrical: bool = True) -> list[Cooccurrence]:
    region = ranked(region_of(levels), 1)
    counted = count_cells(region, offsets(region.shape, both_ways=False), symmetrical=symmetrical)
    return cooccurrences(counted, None, len(region.present), symmetrical=symmetrical)


def runs_along(levels: NDArray[np.int32], step: tuple[int, int, int]) -> list[list[int]]:
    (runs,) = look_along(ranked(region_of(levels), 1), np.array([step]), Wanted(runs=True)).runs
    return runs[:, 1:].tolist()


def test_offsets_are_listed_from_the_largest_step_down() -> None:
    one_way = offsets((9, 9, 9), both_ways=False)
    assert len(one_way) == 13
    assert one_way[:3].tolist() == [[1, 1, 1], [1, 1, 0], [1, 1, -1]]
    assert one_way[-1].tolist() == [0, 0, 1]
    assert np.array_equal(offsets((9, 9, 9), both_ways=True)[:13], one_way)


def test_offsets_stay_in_the_box_and_in_the_plane() -> None:
    assert offsets((1, 9, 9), both_ways=False).tolist() == [[0, 1, 1], [0, 1, 0], [0, 1, -1], [0, 0, 1]]
    assert offsets((9, 9, 9), both_ways=False, plane=2)[:, 2].tolist() == [0] * 4
    assert len(offsets((9, 9, 9), (2,), both_ways=False)) == 49
    assert len(offsets((3, 3, 2), (2,), both_ways=True)) == (5 * 5 - 3 * 3) * 3


@pytest.mark.parametrize("distances", [(0,), (1, -1), (3,)])
def test_no_neighbours_are_refused(distances: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="distance"):
        offsets((3, 3, 3), distances, both_ways=False)


def test_a_single_voxel_is_refused() -> None:
    with pytest.raises(InputError, match="No voxel has a neighbour"):
        texture_features(region_of(np.ones((1, 1, 1), np.int32)), TextureSettings(), {"glrlm": None})


def test_lengths() -> None:
    steps = np.array([[1, -1, 0], [0, 0, 2]])
    spacing = (3.0, 4.0, 0.5)
    for norm, expected in (("manhattan", [7, 1]), ("euclidean", [5, 1]), ("infinity", [4, 1])):
        assert np.allclose(lengths(steps, spacing, norm), expected), norm
    assert lengths(steps, spacing, "no_weighting") is None


def test_cooccurrences_by_hand() -> None:
    # Beside each other along a row: 1-2, 2-2; 1-1, 1-3; 3-3. The last direction is that of the rows.
    found = matrices_of(SLICE)
    assert len(found) == 4
    expected = np.array([[2, 1, 1], [1, 2, 0], [1, 0, 2]]) / 10
    assert np.allclose(found[-1].dense(3), expected)
    ordered = matrices_of(SLICE, symmetrical=False)
    assert np.allclose(ordered[-1].dense(3), np.array([[1, 1, 1], [0, 1, 0], [0, 0, 1]]) / 5)


def test_runs_by_hand() -> None:
    # Runs along a row: 1, 2 2; 1 1, 3; 3 3.
    assert runs_along(SLICE, (0, 0, 1)) == [[1, 1], [0, 1], [1, 1]]
    # Along the diagonal (1, -1): 1, then 2 and 1, 2 and 1, then 3 3, then 3.
    assert runs_along(SLICE, (0, 1, -1)) == [[3, 0], [2, 0], [1, 1]]


@pytest.mark.parametrize("voxels", range(1, 14))
def test_runs_of_every_length(voxels: int) -> None:
    levels = np.zeros((1, 1, 16), np.int32)
    levels[0, 0, 1 : 1 + voxels] = 2
    levels[0, 0, 15] = 2
    expected = [0] * voxels
    expected[0] += 1
    expected[-1] += 1
    assert runs_along(levels, (0, 0, 1)) == [expected]


def test_zones_by_hand() -> None:
    region = ranked(region_of(SLICE), 1)
    levels, sizes, of_voxels = zones_of(region, offsets(region.shape, both_ways=False))
    assert list(zip(levels.tolist(), sizes.tolist(), strict=True)) == [(1, 3), (2, 2), (3, 3)]
    # In the order of the voxels: 1 2 2, 1 1 3, 3 3.
    assert of_voxels.tolist() == [0, 1, 1, 0, 0, 2, 2, 2]


def test_neighbourhoods_by_hand() -> None:
    region = ranked(region_of(SLICE), 1)
    found = neighbourhoods(region, offsets(region.shape, both_ways=True), 0)
    # Like neighbours: each 1 has two, each 2 has one, each 3 has two.
    assert found.dependences[:, :4].tolist() == [[0, 0, 3, 0], [0, 2, 0, 0], [0, 0, 3, 0]]
    # 1 at the corner: 2, 1, 1; 1 below it: 1, 2, 1, 3 (outside: one); 1 in the middle: 1 2 2 1 3 3 3.
    assert found.differences[0] == pytest.approx(abs(1 - 4 / 3) + abs(1 - 7 / 4) + abs(1 - 15 / 7))


def test_the_published_tone_difference_example() -> None:
    # The worked example of PyRadiomics' documentation: s of the levels 1, 2, 3 and 5.
    levels = np.array([[[1, 2, 5, 2], [3, 5, 1, 3], [1, 3, 5, 5], [3, 1, 1, 1]]], np.int32)
    region = ranked(region_of(levels), 1)
    found = neighbourhoods(region, offsets(region.shape, both_ways=True), 0)
    assert found.dependences.sum(axis=1).tolist() == [6, 2, 4, 4]
    assert np.allclose(found.differences, [13.35, 2.0, 3.03, 10.075], atol=0.005)


def test_the_published_cooccurrence_and_run_examples() -> None:
    # The worked examples of PyRadiomics' documentation, along the rows.
    levels = np.array(
        [[[1, 2, 5, 2, 3], [3, 2, 1, 3, 1], [1, 3, 5, 5, 2], [1, 1, 1, 1, 2], [1, 2, 4, 3, 5]]], np.int32
    )
    pairs = [[6, 4, 3, 0, 0], [4, 0, 2, 1, 3], [3, 2, 0, 1, 2], [0, 1, 1, 0, 0], [0, 3, 2, 0, 2]]
    found = matrices_of(levels)
    assert np.allclose(found[-1].dense(5) * 40, pairs)
    levels = np.array(
        [[[5, 2, 5, 4, 4], [3, 3, 3, 1, 3], [2, 1, 1, 1, 3], [4, 2, 2, 2, 3], [3, 5, 3, 3, 2]]], np.int32
    )
    assert runs_along(levels, (0, 0, 1)) == [[1, 0, 1], [3, 0, 1], [4, 1, 1], [1, 1, 0], [3, 0, 0]]


def test_a_hand_made_maximal_correlation() -> None:
    # p = [[a, b], [b, a]]: Q has the eigenvalues 1 and ((a - b) / (a + b))^2.
    matrix = Cooccurrence(
        np.array([0, 1, 1], np.int32), np.array([0, 0, 1], np.int32), np.array([0.35, 0.15, 0.35]), True
    )
    sides = marginals(matrix.rows, matrix.columns, matrix.shares, 2, True)
    assert maximal_correlations([matrix], [sides])[0] == pytest.approx(0.4, abs=1e-12)


@pytest.mark.parametrize("folded", [True, False])
def test_the_iteration_finds_what_the_full_problem_finds(folded: bool) -> None:
    rng = np.random.default_rng(3)
    shares = rng.random((150, 150)) * (rng.random((150, 150)) < 0.1)
    shares = shares + shares.T if folded else shares
    shares /= shares.sum()
    rows, columns = np.nonzero(np.tril(shares) if folded else shares)
    matrix = Cooccurrence(rows.astype(np.int32), columns.astype(np.int32), shares[rows, columns], folded)
    sides = marginals(matrix.rows, matrix.columns, matrix.shares, 150, folded)
    quotient = (shares / sides[0][:, None]) @ (shares / sides[1][None]).T
    expected = np.sqrt(np.sort(np.linalg.eigvals(quotient).real)[-2])
    assert maximal_correlations([matrix], [sides])[0] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize(
    "kind", ["independent", "two close values", "nearly separate", "blocks", "one cell a row"]
)
def test_the_iteration_where_it_is_hard(folded: bool, kind: str) -> None:
    rng = np.random.default_rng(5)
    size = 90
    if kind == "independent":
        marginal = rng.random(size) + 0.1
        shares = np.outer(marginal, marginal)
    elif kind == "two close values":
        waves = np.cos(np.outer(np.arange(size) + 0.5, [1, 2]) * np.pi / size)
        shares = 1 + (waves * [0.4, 0.4 - 1e-7]) @ waves.T
    elif kind == "nearly separate":
        # Of the two largest values the larger one belongs to a vector that is the same from both ends.
        cluster = np.exp(-np.abs(np.subtract.outer(np.arange(30.0), np.arange(30.0))) / 8)
        shares = np.kron(np.eye(3), cluster)
        shares[:30, 60:] = shares[60:, :30] = 2e-5
    elif kind == "blocks":
        shares = np.kron(np.eye(9), np.ones((10, 10))) + 1e-3
    else:
        shares = np.eye(size)[::-1] * (rng.random(size) + 0.5)
        shares = shares + shares.T
    shares /= shares.sum()
    rows, columns = np.nonzero(np.tril(shares) if folded else shares)
    matrix = Cooccurrence(rows.astype(np.int32), columns.astype(np.int32), shares[rows, columns], folded)
    sides = marginals(matrix.rows, matrix.columns, matrix.shares, size, folded)
    scaled = shares / np.sqrt(np.outer(*sides))
    expected = np.linalg.svd(scaled, compute_uv=False)[1]
    assert maximal_correlations([matrix], [sides])[0] == pytest.approx(expected, rel=1e-9, abs=1e-10)


def test_unknown_names_and_fractions_are_refused() -> None:
    region = region_of(SLICE)
    with pytest.raises(InputError, match="glcm feature Sparkle"):
        texture_features(region, TextureSettings(), {"glcm": ["Sparkle"]})
    with pytest.raises(InputError, match="texture class 'gltm'"):
        texture_features(region, TextureSettings(), {"gltm": None})
    with pytest.raises(InputError, match=r"gldm_a is 0\.5"):
        TextureSettings.of({"gldm_a": 0.5})


def test_only_what_is_wanted_is_given_in_the_order_asked_for() -> None:
    found = texture_features(
        region_of(SLICE), TextureSettings(), {"ngtdm": ["Strength", "Busyness"], "glcm": [], "gldm": None}
    )
    assert list(found) == ["ngtdm", "glcm", "gldm"]
    assert list(found["ngtdm"]) == ["Strength", "Busyness"]
    assert list(found["glcm"]) == [name for name, old in TEXTURES["glcm"].items() if not old]


def test_settings_are_taken_from_a_parameter_file() -> None:
    settings = TextureSettings.of(
        {"distances": [1, 3], "force2D": True, "force2Ddimension": 1, "symmetricalGLCM": False, "binWidth": 5}
    )
    assert settings == TextureSettings((1, 3), True, 1, False)
    assert settings.plane == 1
    assert TextureSettings.of({}) == TextureSettings()
    assert TextureSettings().plane is None


@given(
    levels=arrays.arrays(
        np.int32,
        arrays.array_shapes(min_dims=3, max_dims=3, min_side=2, max_side=5),
        elements=st.integers(1, 4),
    ),
    turn=st.permutations([0, 1, 2]),
)
def test_turning_the_region_changes_nothing(levels: NDArray[np.int32], turn: list[int]) -> None:
    region = DiscreteRegion(levels, np.unique(levels).astype(np.int64), (1.0, 1.0, 1.0))
    turned = DiscreteRegion(np.ascontiguousarray(levels.transpose(turn)), region.present, region.spacing)
    names = dict.fromkeys(TEXTURES)
    one, other = (texture_features(each, TextureSettings(), names) for each in (region, turned))
    for name, values in one.items():
        for feature, value in values.items():
            # Rounding decides whether these are 0 or NaN in a direction; the mean leaves NaN out.
            if feature not in ("Imc2", "MCC"):
                assert other[name][feature] == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True)


@given(
    levels=arrays.arrays(np.int32, st.tuples(*[st.integers(1, 6)] * 3), elements=st.integers(0, 3)),
    many=st.booleans(),
    folded=st.booleans(),
)
def test_what_is_counted_together_is_what_is_counted_alone(
    levels: NDArray[np.int32], many: bool, folded: bool
) -> None:
    levels = np.pad(levels, 1)
    # With many levels the directions are counted one after the other.
    levels = np.concatenate([levels.ravel(), np.arange(4, 140 if many else 5)]).astype(np.int32)[None, None]
    region = ranked(region_of(levels), 1)
    steps = offsets(region.shape, both_ways=False)
    together = look_along(
        region, steps, Wanted(pairs=True, runs=True, zones=True, zones_of_voxels=True), folded=folded
    )
    pairs = look_along(region, steps, Wanted(pairs=True), folded=folded).pairs
    runs = look_along(region, steps, Wanted(runs=True)).runs
    zones = zones_of(region, steps)
    assert together.zones is not None
    for one, other in ((together.zones, zones), *zip(together.pairs, pairs, strict=True)):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(together.runs, runs, strict=True))


@given(levels=arrays.arrays(np.int32, st.tuples(*[st.integers(1, 7)] * 3), elements=st.integers(0, 2)))
def test_zones_are_connected_components(levels: NDArray[np.int32]) -> None:
    levels[0, 0, 0] = 1
    levels = np.pad(levels, ((0, 1), (0, 1), (0, 1)))
    region = ranked(region_of(levels), 1)
    zones = zones_of(region, offsets(region.shape, both_ways=False))
    found = []
    for level in (1, 2):
        parts, number = ndimage.label(levels == level, np.ones((3, 3, 3)))
        found += [(level, int((parts == part).sum())) for part in range(1, number + 1)]
    levels_of = region.present[zones.ranks - 1].astype(int).tolist()
    assert sorted(zip(levels_of, zones.sizes.tolist(), strict=True)) == sorted(found)


@given(levels=arrays.arrays(np.int32, st.tuples(*[st.integers(2, 9)] * 3), elements=st.integers(0, 2)))
def test_runs_are_those_that_itertools_finds(levels: NDArray[np.int32]) -> None:
    levels[0, 0, :2] = 1
    region = ranked(region_of(levels), 1)
    steps = offsets(region.shape, both_ways=False)
    found = look_along(region, steps, Wanted(runs=True)).runs
    for step, runs in zip(steps.tolist(), found, strict=True):
        expected = np.zeros_like(runs)
        for level, length in runs_by_hand(levels, step):
            expected[region.rank_of[level] - 1, length] += 1
        assert np.array_equal(runs, expected)


def runs_by_hand(levels: NDArray[np.int32], step: list[int]) -> Iterator[tuple[int, int]]:
    """Follow each line along a direction, with the voxels outside the region."""
    for start in np.ndindex(levels.shape):
        if all(0 <= at - by < size for at, by, size in zip(start, step, levels.shape, strict=True)):
            continue
        line, place = [], start
        while all(0 <= at < size for at, size in zip(place, levels.shape, strict=True)):
            line.append(int(levels[place]))
            place = tuple(at + by for at, by in zip(place, step, strict=True))
        yield from ((level, len(list(run))) for level, run in groupby(line) if level)
