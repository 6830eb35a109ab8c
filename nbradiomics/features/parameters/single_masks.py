"""Refuse parameters with which the features of a mask depend on other masks."""

from __future__ import annotations

from nbradiomics.errors import InputError
from nbradiomics.features.parameters.file import UNION, Parameters


def require_single_masks(parameters: Parameters, remedy: str) -> None:
    """Refuse ``crop: union``.

    Parameters
    ----------
    parameters
        Parameters of the extraction.
    remedy
        What to do, for who asked.

    Raises
    ------
    InputError
        When the image is cropped to the union of the masks.
    """
    if parameters.own.crop == UNION:
        raise InputError(
            f"{parameters.name} has crop: union, so that the features of a mask depend on other masks.",
            remedy,
        )
