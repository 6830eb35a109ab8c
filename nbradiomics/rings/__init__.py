"""Regions by distance: the ring around a drawn region, its rim and its core. Nothing is fitted to data."""

from nbradiomics.rings.cohort import RegionsCohort, add_regions
from nbradiomics.rings.settings import RegionSettings, RegionWidths
from nbradiomics.rings.shells import RimAndCore, Ring, rim_and_core, ring_around

__all__ = [
    "RegionSettings",
    "RegionWidths",
    "RegionsCohort",
    "RimAndCore",
    "Ring",
    "add_regions",
    "rim_and_core",
    "ring_around",
]
