"""Names of scans and cases, in messages, failures and file names."""

from __future__ import annotations

from nbradiomics.tables import ORIGINAL


def scan_name(subject: str, timepoint: str, sequence: str, variant: str = ORIGINAL) -> str:
    """Name of a scan in messages, failures and file names; the original has none of a variant."""
    return name_of(subject, timepoint, sequence, *([] if variant == ORIGINAL else [variant]))


def subject_of(name: str) -> str:
    """Subject of a scan, or of anything whose name begins with that of its scan (a case, a pair of masks)."""
    return name.partition("/")[0].replace("%2F", "/").replace("%25", "%")


def name_of(*parts: str) -> str:
    """Join the parts of a name; escaping keeps the names of different cases different."""
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)
