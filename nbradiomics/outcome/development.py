"""What an external validation says of the cohort of the models, from its data or from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbradiomics.outcome.facts import outcome_facts, suspicious_columns
from nbradiomics.outcome.record import what_is_missing
from nbradiomics.outcome.stability import without_candidates
from nbradiomics.tables.feature_kinds import count_origins

if TYPE_CHECKING:
    from nbradiomics.clinical import Endpoint
    from nbradiomics.outcome.prepared import Prepared
    from nbradiomics.outcome.tasks import Task

_TOLD = ("kind", "time", "event", "events", "competing_events", "target", "classes")


@dataclass(frozen=True)
class Development:
    """The cohort to which models were fitted.

    Attributes
    ----------
    facts
        ``subjects, excluded``, events or classes and missing values: `development` of the summary.
    described
        ``features, features_are, features_by_origin, stability, stability_kind, clinical`` of the summary.
    suspicious
        Columns that may be the outcome, with the reasons.
    sentences
        What to say of this cohort.
    leading
        Those that a reader must not miss.
    """

    facts: Mapping[str, Any]
    described: Mapping[str, Any]
    suspicious: Mapping[str, list[str]]
    sentences: tuple[str, ...]
    leading: tuple[str, ...] = ()


def development_of(first: Prepared, endpoint: Endpoint, task: Task) -> Development:
    """Describe the cohort to which the models are fitted, from its data."""
    data = first.data
    facts = outcome_facts(data, endpoint, task)
    described = data.description
    return Development(
        facts={
            **{name: facts[name] for name in _TOLD if name in facts},
            "subjects": len(data.y),
            "excluded": len(data.excluded),
            **what_is_missing(data),
        },
        described={
            "features": len(data.radiomic),
            "features_are": first.choice.why,
            "features_by_origin": count_origins(data.radiomic),
            "stability": data.stability.text,
            "stability_kind": data.stability.kind,
            "clinical": dict(described.records),
        },
        suspicious=suspicious_columns(data, endpoint),
        sentences=(
            *(f"First cohort: {text}" for text in first.sentences),
            first.choice.sentence,
            *described.sentences,
            *described.warnings,
            data.stability.text,
        ),
        leading=(*without_candidates(data.stability), *described.warnings),
    )
