"""DICOM: series, segmentation objects and structure sets in; segmentations and reports out."""
