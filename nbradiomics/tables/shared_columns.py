"""Columns that several tables have in common, each with one meaning."""

from __future__ import annotations

from nbradiomics.tables.index import ORIGINAL
from nbradiomics.tables.schema import Column

SUBJECT = Column("subject", "text", "identifier of the person")
TIMEPOINT = Column("timepoint", "text", "which scan of the person", default="baseline")
SEQUENCE = Column("sequence", "text", "which image of the scan, such as `T2w`", default="unspecified")
ROI = Column(
    "roi",
    "text",
    "which region or lesion; `union` for several that were united, `component-1` and so on for connected "
    "components; `habitat-1`, `ring-3mm`, `rim-2mm`, `core-2mm` for derived regions",
    default="tumour",
)
READER = Column("reader", "text", "who drew the mask; `auto` is the model")
READING = Column("reading", "integer", "number of the reading by the same reader: 1, 2 and so on", default=1)
VARIANT = Column("variant", "text", "processing of image and mask; `original` if none", default=ORIGINAL)
#: Columns that identify a scan, and a region of a scan.
SCAN = (SUBJECT, TIMEPOINT, SEQUENCE)
CASE = (*SCAN, ROI)
