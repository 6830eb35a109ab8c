"""What an engine gives for one region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Extraction:
    """Features of one region.

    Attributes
    ----------
    values
        Features by PyRadiomics' names.
    notes
        What the engine said on the way, in its words.
    broken
        Features in which the engine broke off, as ``glcm_MCC``, and what it said: another try may give more.
    span
        Lowest and highest intensity of the region in the original image, where it was measured.
    missing
        Features that were asked for and have no number, each with the reason (`absence.absent_features`).
    """

    values: dict[str, float]
    notes: list[str]
    broken: Mapping[str, str] = field(default_factory=dict)
    span: tuple[float, float] | None = None
    missing: Mapping[str, str] = field(default_factory=dict)
