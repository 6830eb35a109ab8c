"""Result of an engine for one region."""

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
        Warnings and errors of the engine, in its words.
    broken
        Features that failed in the engine, such as ``glcm_MCC``, with its error: another try may succeed.
    span
        Lowest and highest intensity of the region in the original image, if it was measured.
    missing
        Requested features that have no value, each with the reason (`absence.absent_features`).
    """

    values: dict[str, float]
    notes: list[str]
    broken: Mapping[str, str] = field(default_factory=dict)
    span: tuple[float, float] | None = None
    missing: Mapping[str, str] = field(default_factory=dict)
