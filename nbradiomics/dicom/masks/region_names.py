"""What an object says about a region, and the standard names of targets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nbradiomics.dicom.masks.wildcards import normal_form
from nbradiomics.dicom.pseudonyms import Pseudonyms

#: Names of targets that mean the same wherever they are written, with a number.
_TARGET = re.compile(r"(i?gtv|ctv|itv|ptv|tumou?rs?|lesion|mass)( ?0*([1-9][0-9]{0,2}))?")
#: Characters of a pseudonym of a region.
_SHORT = 6
_TARGET_TYPES = frozenset({"GTV", "CTV", "PTV"})


@dataclass(frozen=True)
class Label:
    """What an object says about a region.

    Attributes
    ----------
    number
        Its number in the file.
    texts
        Free texts that rules are compared with; never written into an output.
    standard
        Its standard name; empty if it has none.
    alike
        Whether several regions with this standard name are of one kind and may be numbered.
    """

    number: int
    texts: tuple[str, ...]
    standard: str = ""
    alike: bool = False


def region_pseudonym(name: str, pseudonyms: Pseudonyms) -> str:
    """Name of a region in messages, which tells nothing of its free text."""
    return f"region-{pseudonyms.name('region', normal_form(name))[:_SHORT]}"


def target_name(name: str, kind: str) -> str:
    """Standard name of a region of a structure set: by its name if that is a usual one, or by its coded type.

    ``GTV_1`` and ``gtv 01`` are ``gtv-1``, ``Tumour`` is ``tumour``; ``GTV lung`` has none of these forms,
    but is ``gtv`` if its interpreted type is GTV. Empty if neither tells.
    """
    found = _TARGET.fullmatch(normal_form(name))
    if found:
        word = re.sub("tumou?rs?", "tumour", found[1])
        return f"{word}-{int(found[3])}" if found[3] else word
    return kind.lower() if kind in _TARGET_TYPES else ""
