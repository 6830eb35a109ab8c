"""Apply several steps to one image, and fit those that need it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from nbradiomics.preparation.steps.step import Step
from nbradiomics.preparation.volume import Volume

#: Joins the names of steps to the name of a variant.
JOINED = "+"


def variant_name(steps: Sequence[Step]) -> str:
    """Name of a prepared image in the column `variant`, such as ``n4_shrink=2+zscore``."""
    return JOINED.join(step.name for step in steps)


def apply_steps(volume: Volume, steps: Sequence[Step]) -> Volume:
    """Apply steps to a volume, one after the other.

    Parameters
    ----------
    volume
        The image and its masks; not changed.
    steps
        In their order; those that need a fit (Nyul) must be fitted.

    Returns
    -------
    Volume
        With a record for each step.

    Raises
    ------
    InputError
        When a step cannot be applied; the message names the case and the step.

    Examples
    --------
    >>> import numpy as np, SimpleITK as sitk
    >>> from nbradiomics.preparation.reading import read_steps
    >>> image = sitk.GetImageFromArray(np.arange(1000.0).reshape(10, 10, 10))
    >>> prepared = apply_steps(Volume(image), read_steps("percentile:low=0:high=100"))
    >>> sitk.GetArrayFromImage(prepared.image).max()
    np.float64(100.0)
    >>> prepared.records[0].step
    'percentile_low=0_high=100'
    """
    return reduce(lambda done, step: step.apply(done), steps, volume)
