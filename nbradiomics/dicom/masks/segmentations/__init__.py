"""DICOM segmentations: frames of segments, placed on the grid of an image."""
