"""Check whether compiled kernels round exactly as ITK does."""

from __future__ import annotations

import platform


def rounds_as_itk() -> bool:
    """Whether ITK, too, rounds a product and a following sum separately.

    On ARM and other processors ITK's compiler may round both at once. There ITK itself is used for steps
    that must be equal to it.
    """
    return platform.machine().lower() in ("x86_64", "amd64")
