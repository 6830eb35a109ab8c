r"""Undecimated separable wavelets ("à trous").

At level :math:`j` the :math:`n` values of a decomposition filter of PyWavelets are followed by
:math:`2^{j-1} - 1` zeros each, so that the kernel has :math:`2^{j-1} n` values; its centre is the value at
:math:`2^{j-1} n / 2`, rounded down.
"""

from __future__ import annotations

import numpy as np

from nbradiomics.features.native.ibsi_filters.separable import Kernel, Line


def wavelet_lines(wavelet: str, letters: str, level: int) -> list[Line]:
    """Return the kernels of each level along x, y (and z).

    Parameters
    ----------
    wavelet
        Discrete wavelet of PyWavelets.
    letters
        Low-pass (L) or high-pass (H) at the last level for each axis; the levels before are low-pass.
    level
        From 1.
    """
    import pywt  # type: ignore[import-untyped]

    found = pywt.Wavelet(wavelet)
    filters = {"L": found.dec_lo, "H": found.dec_hi}
    before = [_spread(filters["L"], one) for one in range(1, level)]
    return [(*before, _spread(filters[letter], level)) for letter in letters]


def _spread(values: list[float], level: int) -> Kernel:
    step = 2 ** (level - 1)
    spread = np.zeros(len(values) * step)
    spread[::step] = values
    return Kernel.of(spread)
