"""Random boxes for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from nbradiomics.features.native.grid.box import Box


@st.composite
def boxes_in(draw: st.DrawFn, shape: tuple[int, ...]) -> Box:
    """Draw a box within an array with the axes z, y, x."""
    bounds = [sorted(draw(st.integers(0, length - 1)) for _ in range(2)) for length in shape]
    (z0, z1), (y0, y1), (x0, x1) = bounds
    return Box((z0, y0, x0), (z1, y1, x1))
