"""DICOM instances to series, to volumes: records of the headers, grouping, grids, pixels."""
