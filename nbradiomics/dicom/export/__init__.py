"""Write masks as DICOM SEG, and features and risks as DICOM SR, that refer to the source series."""
