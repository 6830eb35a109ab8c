"""Names that stand in the cells of the study's tables."""

from __future__ import annotations

#: What is counted among missed tumours and false alarms.
IMAGE, ANY_IMAGE, EVERY_IMAGE = "image", "patient (any image)", "patient (every image)"
NOT_SEGMENTED, FALSE_ALARM = "not segmented (image)", "false alarm (image)"
UNITS = (IMAGE, ANY_IMAGE, EVERY_IMAGE, NOT_SEGMENTED, FALSE_ALARM)
#: How the intervals of limits of agreement were made.
BY_FORMULA, BY_BOOTSTRAP = "Bland and Altman 1999", "bootstrap of subjects"
#: Whose agreement a subgroup's is.
AUTO_READERS, READERS_READERS = "auto to readers", "readers to readers"
#: Tests between subgroups: of two groups, of more.
MANN_WHITNEY, KRUSKAL_WALLIS = "Mann-Whitney", "Kruskal-Wallis"
#: Which way a mask errs.
OUTWARD, INWARD, NEITHER = "outward", "inward", "neither"
#: Status of a case without an automatic mask in a study that has them.
MISSING = "missing"
