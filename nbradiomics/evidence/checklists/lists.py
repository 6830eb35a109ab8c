"""The checklists by name."""

from __future__ import annotations

from nbradiomics.errors import InputError
from nbradiomics.evidence.checklists.clear import CLEAR
from nbradiomics.evidence.checklists.item import Checklist
from nbradiomics.evidence.checklists.metrics import METRICS
from nbradiomics.evidence.checklists.rqs import RQS
from nbradiomics.evidence.checklists.tripod import TRIPOD
from nbradiomics.messages.suggestion import did_you_mean

CHECKLISTS = {checklist.name: checklist for checklist in (METRICS, CLEAR, TRIPOD, RQS)}


def checklist_of(name: str) -> Checklist:
    """Return a checklist by its name."""
    if name not in CHECKLISTS:
        raise InputError(
            f"there is no checklist {name!r}.",
            f"{did_you_mean(name, CHECKLISTS)}Choose from: {', '.join(CHECKLISTS)}.",
        )
    return CHECKLISTS[name]
