"""What an engine gives for one region."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Extraction:
    """Features of one region.

    Attributes
    ----------
    values
        Features by PyRadiomics' names.
    notes
        Why a feature is absent or undefined, in the engine's words.
    broken
        Whether the engine broke off in some feature, so that another try may give more.
    """

    values: dict[str, float]
    notes: list[str]
    broken: bool = False
