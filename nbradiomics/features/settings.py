"""Settings of the extraction: which features are computed, and by which engine."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nbradiomics.settings import Settings

Engine = Literal["native", "pyradiomics"]


class ExtractionSettings(Settings):
    """Which features are computed."""

    params: str = Field(default="t2w_mr_anisotropic", description="PyRadiomics parameter file or preset.")
    engine: Engine = Field(
        default="native", description="Engine that computes the features; both engines give the same values."
    )
