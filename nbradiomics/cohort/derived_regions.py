"""Regions that were derived from a drawn one: habitats, the ring around it, its rim and its core.

They are rows of a cohort table like any other, known by their `roi`: ``habitat-2``, ``ring-3mm``,
``rim-2mm``, ``core-2mm``, after the name of the drawn region if there are several (``lesion-a/habitat-2``).
They are parts of a lesion or its surroundings, and never lesions themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from nbradiomics.messages.wording import counted, shortened

Kind = Literal["habitat", "ring", "rim", "core"]
_NAME = re.compile(
    r"(?:(?P<region>.+)/)?(?:(?P<habitat>habitat)-(?P<number>[1-9]\d*)"
    r"|(?P<kind>ring|rim|core)-(?P<mm>\d+(?:\.\d+)?)mm)"
)


class Derived(NamedTuple):
    """Name of a derived region, read: the drawn `region` (empty for the only one), the kind, number or mm."""

    region: str
    kind: Kind
    detail: float


def derived(roi: str) -> Derived | None:
    """Read the name of a region; ``None`` if it is not that of a derived one."""
    match = _NAME.fullmatch(roi)
    if match is None:
        return None
    kind: Kind = "habitat" if match["habitat"] else match["kind"]  # type: ignore[assignment]
    return Derived(match["region"] or "", kind, float(match["number"] or match["mm"]))


def is_derived(roi: str) -> bool:
    """Whether a region was derived from a drawn one, by its name."""
    return derived(roi) is not None


def derived_name(kind: Kind, detail: float, region: str = "") -> str:
    """Name a derived region: `detail` is the number of a habitat, or the width in mm."""
    ending = f"{detail:g}" if kind == "habitat" else f"{detail:g}mm"
    return f"{region}/{kind}-{ending}" if region else f"{kind}-{ending}"


def left_out_sentence(rois: Iterable[str], what: str) -> str:
    """Say that derived regions are left out of something such as ``the verdict``; empty if there are none."""
    names = sorted({roi for roi in rois if is_derived(roi)})
    if not names:
        return ""
    verb = "is" if len(names) == 1 else "are"
    return f"{counted(len(names), 'derived region')} ({shortened(names)}) {verb} left out of {what}."
