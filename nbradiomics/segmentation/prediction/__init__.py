"""Compute masks from images, with their uncertainty."""
