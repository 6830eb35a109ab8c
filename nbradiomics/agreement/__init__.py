"""Masks against masks: overlap, direction of the error, distances. Nothing here knows of outcomes."""

from nbradiomics.agreement.compare import METRICS, compare_masks, compare_regions, comparison_status

__all__ = ["METRICS", "compare_masks", "compare_regions", "comparison_status"]
