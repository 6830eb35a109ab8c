"""Apply several steps to an image, and fit those that need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce

from nbradiomics.preparation.steps.step import FittedStep, Step
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
    >>> import numpy as np
    >>> import SimpleITK as sitk
    >>> from nbradiomics import Volume, apply_steps, read_steps
    >>> image = sitk.GetImageFromArray(np.arange(1000.0).reshape(10, 10, 10))
    >>> prepared = apply_steps(Volume(image), read_steps("percentile:low=0:high=100"))
    >>> float(sitk.GetArrayFromImage(prepared.image).max())
    100.0
    >>> prepared.records[0].step
    'percentile_low=0_high=100'
    """
    return reduce(lambda done, step: step.apply(done), steps, volume)


def fit_steps(steps: Sequence[Step], volumes: Mapping[str, Volume]) -> tuple[Step, ...]:
    """Fit the steps that need it on training images.

    Each step is fitted on the images as the steps before it leave them. All images are in memory; a cohort is
    prepared by a function of its own.

    Parameters
    ----------
    steps
        In their order.
    volumes
        Training images by name; of training subjects only.

    Returns
    -------
    tuple of Step
        The same steps; those that were fitted can be applied to any image.

    Raises
    ------
    InputError
        When a training image cannot be used, or there are too few of them.

    Examples
    --------
    >>> import numpy as np
    >>> import SimpleITK as sitk
    >>> from nbradiomics import Volume, fit_steps, read_steps
    >>> values = np.arange(1000.0).reshape(10, 10, 10)
    >>> training = {
    ...     "P1": Volume(sitk.GetImageFromArray(values)),
    ...     "P2": Volume(sitk.GetImageFromArray(values**2)),
    ... }
    >>> (landmarks,) = fit_steps(read_steps("nyul:over=image"), training)
    >>> [round(mark, 1) for mark in landmarks.scale]
    [0.0, 5.1, 11.7, 19.4, 28.1, 37.8, 48.5, 60.2, 73.0, 86.7, 100.0]
    """
    volumes = {name: replace(volume, name=name) for name, volume in volumes.items()}
    fitted: list[Step] = []
    for step in steps:
        if isinstance(step, FittedStep):
            step = step.fit({name: step.measure(volume) for name, volume in volumes.items()})
        fitted.append(step)
        if any(isinstance(later, FittedStep) for later in steps[len(fitted) :]):
            volumes = {name: step.apply(volume) for name, volume in volumes.items()}
    return tuple(fitted)
