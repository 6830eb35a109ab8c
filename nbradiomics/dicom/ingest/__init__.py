"""From a folder of DICOM files to a cohort: rules, subjects, conversion, tables."""
