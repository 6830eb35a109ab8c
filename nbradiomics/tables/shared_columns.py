"""Columns that the tables of several rooms have in common, each with one meaning."""

from __future__ import annotations

from nbradiomics.tables.schema import Column

SUBJECT = Column("subject", "text", "identifier of the person")
TIMEPOINT = Column("timepoint", "text", "which scan of the person", default="baseline")
SEQUENCE = Column("sequence", "text", "which image of the scan, such as `T2w`", default="unspecified")
ROI = Column(
    "roi",
    "text",
    "which region or lesion; `union` for several that were made one, `component-1` and so on for connected "
    "parts",
    default="tumour",
)
READER = Column("reader", "text", "who drew the mask; `auto` is the model")
READING = Column("reading", "integer", "1, 2 and so on: which mask of the same reader", default=1)
#: What tells one scan, and one region of it, from another.
SCAN = (SUBJECT, TIMEPOINT, SEQUENCE)
CASE = (*SCAN, ROI)
