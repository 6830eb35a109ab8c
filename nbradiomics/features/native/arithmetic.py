"""Whether compiled kernels round as ITK does, to the last bit."""

from __future__ import annotations

import platform


def rounds_as_itk() -> bool:
    """Whether a product and a sum are rounded one after the other by ITK too.

    On ARM and other processors ITK's compiler may round both at once. There ITK itself does what would have
    to be equal to it.
    """
    return platform.machine().lower() in ("x86_64", "amd64")
