"""The values of a mask are counted; the result is that of sorting them."""

import numpy as np
import pytest

from nbradiomics.images.region import values_and_counts


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "uint64", "float32"])
def test_values_are_counted_as_by_sorting(dtype: str) -> None:
    random = np.random.default_rng(0)
    for most in (2, 120, 30_000, 70_000):
        highest = min(most, 120 if dtype == "uint8" else 30_000 if dtype == "int16" else most)
        array = random.integers(3, highest + 3, (5, 6, 7)).astype(dtype)
        for each in (array, array - array.dtype.type(3), array[:, ::2], array[:0]):
            expected = np.unique(each, return_counts=True)
            for got, wanted in zip(values_and_counts(each), expected, strict=True):
                np.testing.assert_array_equal(got, wanted)
                assert got.dtype == wanted.dtype
