"""Settings of a perturbation."""

from __future__ import annotations

from pydantic import Field

from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Seed, Text


class PerturbationChain(Settings):
    """Which variants are made."""

    chain: Text = Field(
        default="RTVC",
        description="Letters of the perturbations (N noise, R rotation, T translation, V volume, C contour, "
        "S simulated reader), such as RTVC, or a YAML file with their values.",
    )


class PerturbationSettings(PerturbationChain):
    """Which variants are made, of whose masks."""

    seed: Seed = Field(default=0, description="Seed of everything that is drawn.")
    reader: Text | None = Field(
        default=None, description="Reader whose masks are perturbed; by default those of all readers."
    )
