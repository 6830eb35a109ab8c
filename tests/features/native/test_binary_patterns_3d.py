"""Local binary patterns in 3-D have the values of a PyRadiomics whose libraries are all there."""

from __future__ import annotations

import numpy as np
import pytest

from nbradiomics.features.native.filters.binary_patterns_3d import binary_patterns_3d, icosphere
from tests.support.lbp3d_witness import case

#: By `tests/support/lbp3d_witness.py`: the first six voxels of m1, m2 and k.
WITNESS = {
    np.float32: [
        [
            0.5157209585242164,
            1.0314419170484328,
            7.735814377863247,
            0.0,
            15.471628755726494,
            8.251535336387466,
        ],
        [
            0.8932549026920645,
            1.3103939621478253,
            12.938370767032893,
            0.0,
            14.365528947426547,
            8.858142197267718,
        ],
        [
            -0.6772027015686035,
            -0.8416621685028076,
            -0.7626504898071289,
            -0.34163856506347656,
            -1.058532476425171,
        ],
    ],
    np.int16: [
        [
            0.5157209585242164,
            1.0314419170484328,
            7.735814377863247,
            0.0,
            15.471628755726494,
            8.767256294911679,
        ],
        [
            0.8932549026920645,
            1.3103939621478253,
            12.938370767032893,
            0.0,
            14.365528947426547,
            9.508183020832428,
        ],
        [
            -0.6778264557482818,
            -0.8313978094583088,
            -0.7631739979281735,
            -0.32578658594577314,
            -1.057272610246845,
        ],
    ],
}


@pytest.mark.parametrize("dtype", WITNESS)
def test_values_are_those_of_pyradiomics(dtype: type) -> None:
    norms, kurtosis = binary_patterns_3d(*case(dtype))
    for found, expected in zip([*norms, kurtosis], WITNESS[dtype], strict=True):
        assert found[: len(expected)].tolist() == pytest.approx(expected, rel=1e-13, abs=1e-13)


def test_parts_of_a_large_region_are_computed_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    image, inside = case(np.float64)
    whole = binary_patterns_3d(image, inside, levels=3)
    monkeypatch.setattr("nbradiomics.features.native.filters.binary_patterns_3d._AT_ONCE", 5)
    for one, other in zip(whole, binary_patterns_3d(image, inside, levels=3), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(("divisions", "number"), [(0, 12), (1, 42), (2, 162)])
def test_points_of_the_sphere(divisions: int, number: int) -> None:
    points = icosphere(divisions, 1.5)
    assert len(np.unique(points.round(6), axis=0)) == number
    assert np.allclose(np.linalg.norm(points, axis=1), 1.5)
    assert np.allclose(points.sum(axis=0), 0)
