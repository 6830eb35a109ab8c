"""Diffusion weighting of a slice, from the standard elements or those of the vendors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbradiomics.dicom.values import first_item, number, numbers, private_number

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

#: Private elements with a b-value: the owner of the block, the element.
_PRIVATE = (
    ("SIEMENS MR HEADER", 0x0019, 0x0C),
    ("GEMS_PARM_01", 0x0043, 0x39),
    ("Philips Imaging DD 001", 0x2001, 0x03),
    ("IMAGE PRIVATE HEADER", 0x0065, 0x09),
)
#: GE adds this to a b-value that it calculates.
_GE_OFFSET = 1e9


def b_value(data: Dataset, group: Dataset | None) -> float | None:
    """b-value in s/mm2.

    Parameters
    ----------
    data
        The instance.
    group
        Item of its functional group ``MRDiffusionSequence``, of an enhanced instance.
    """
    found = number(group, "DiffusionBValue")
    if found is None:
        found = number(data, "DiffusionBValue")
    for owner, block, element in _PRIVATE if found is None else ():
        found = private_number(data, owner, block, element)
        if found is not None:
            found = found % _GE_OFFSET if found >= _GE_OFFSET else found
            break
    return None if found is None or found < 0 else round(found, 1)


def gradient(data: Dataset, group: Dataset | None) -> tuple[float, ...]:
    """Direction of the diffusion gradient; empty if the file states none."""
    inner = first_item(group, "DiffusionGradientDirectionSequence")
    found = numbers(inner, "DiffusionGradientOrientation") or numbers(data, "DiffusionGradientOrientation")
    return tuple(round(part, 4) for part in found)
