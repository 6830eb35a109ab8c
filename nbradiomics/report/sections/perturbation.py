"""What the variants of a run say about themselves: whose masks they are of, and how many were measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbradiomics.messages.wording import counted
from nbradiomics.report.content import Step
from nbradiomics.report.run_files import Run
from nbradiomics.tables import ORIGINAL, feature_columns

#: The section of the study file, the stage and its study of reproducibility.
PERTURBATION = "perturbation"


def perturbation_sentences(run: Run) -> list[str]:
    """Say what was perturbed, who is left out, and what variants cannot show; empty without variants."""
    if run.perturbed is None:
        return []
    record: dict[str, Any] = run.provenance.get(PERTURBATION, {})
    chain = f" (chain {Path(record['chain']).name})" if "chain" in record else ""
    first = (
        f"{PERTURBATION}: {counted(_variants(run), 'variant')} of each image and mask{chain}, "
        f"{_masks(run)}. Variants show features that cannot be trusted; a feature that keeps its value in "
        "them may still change with another scanner or sequence."
    )
    return [first, *map(str, record.get("notes", []))]


def perturbation_steps(run: Run, lost: Sequence[str]) -> list[Step]:
    """The step of the cohort flow; `lost` are the failures of the stage."""
    if run.perturbed is None:
        return []
    names = feature_columns(run.perturbed)
    made = run.perturbed[run.perturbed["variant"] != ORIGINAL]
    measured = made[made[names].notna().any(axis=1)]
    missing = len(made) - len(measured)
    without = [f"{counted(missing, 'variant')} without a feature value"] if missing else []
    details = (f"{counted(_variants(run), 'variant')} of each mask; {_masks(run)}",)
    return [Step("Variants", f"{len(measured):,}", details, (*without, *lost))]


def _variants(run: Run) -> int:
    assert run.perturbed is not None
    return len(set(run.perturbed["variant"]) - {ORIGINAL})


def _masks(run: Run) -> str:
    assert run.perturbed is not None
    readers = ", ".join(sorted(set(run.perturbed["reader"].astype(str))))
    return f"{counted(run.perturbed['subject'].nunique(), 'subject')}, masks of {readers}"
