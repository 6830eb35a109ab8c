"""What an audit says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["holds", "broken", "open"]


@dataclass(frozen=True)
class Finding:
    """One answer of an audit.

    Attributes
    ----------
    check
        What was checked, in a word or two.
    verdict
        ``holds``, ``broken``, or ``open``: it could not be checked.
    text
        What was found.
    file
        The file that it is about; empty for several, or none.
    """

    check: str
    verdict: Verdict
    text: str
    file: str = ""


def verdict_of(check: str, problems: list[str], holds: str, file: str = "") -> Finding:
    """Make one finding: broken with the first problems, or what holds."""
    if not problems:
        return Finding(check, "holds", holds, file)
    more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
    return Finding(check, "broken", "; ".join(problems[:3]) + more, file)
