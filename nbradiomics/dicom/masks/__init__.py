"""Masks of an image from segmentations and structure sets."""
