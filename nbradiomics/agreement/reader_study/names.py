"""Names in the cells of the study's tables."""

from __future__ import annotations

#: Units of the rates of missed tumours and false alarms.
IMAGE, ANY_IMAGE, EVERY_IMAGE = "image", "patient (any image)", "patient (every image)"
NOT_SEGMENTED, FALSE_ALARM = "not segmented (image)", "false alarm (image)"
UNITS = (IMAGE, ANY_IMAGE, EVERY_IMAGE, NOT_SEGMENTED, FALSE_ALARM)
#: Methods for the intervals of the limits of agreement.
BY_FORMULA, BY_BOOTSTRAP = "Bland and Altman 1999", "bootstrap of subjects"
#: The two kinds of agreement in subgroups.
AUTO_READERS, READERS_READERS = "auto to readers", "readers to readers"
#: Tests between subgroups: for two groups, for more.
MANN_WHITNEY, KRUSKAL_WALLIS = "Mann-Whitney", "Kruskal-Wallis"
#: Direction of the errors of a mask.
OUTWARD, INWARD, NEITHER = "outward", "inward", "neither"
#: Status of a case without an automatic mask in a study with automatic masks.
MISSING = "missing"
