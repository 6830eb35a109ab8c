"""Variants of images and masks, made in memory during the extraction."""
