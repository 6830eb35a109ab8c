"""Comparison of masks: overlap, direction of the error, distances. Outcomes are not used here."""

from nbradiomics.agreement.compare import (
    compare_both_ways,
    compare_masks,
    compare_regions,
    comparison_status,
)
from nbradiomics.agreement.distance_map import signed_distance_map
from nbradiomics.agreement.field import WHOLE_IMAGE, Field
from nbradiomics.agreement.metrics import METRICS

__all__ = [
    "METRICS",
    "WHOLE_IMAGE",
    "Field",
    "compare_both_ways",
    "compare_masks",
    "compare_regions",
    "comparison_status",
    "signed_distance_map",
]
