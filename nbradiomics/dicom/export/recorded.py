"""What the provenance of a run records about its model and parameters."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbradiomics.cohort.schema import INDEPENDENT
from nbradiomics.dicom.export.regions import Algorithm, plain
from nbradiomics.dicom.export.settings import ExportSettings
from nbradiomics.dicom.export.values import Software
from nbradiomics.files.regular_file import read_own_json

UNKNOWN = "not recorded"
#: Kind of a segment by the kind of its mask, and what made it.
_KINDS = {
    "edited": ("SEMIAUTOMATIC", Algorithm("automatic mask, edited by a reader", UNKNOWN)),
    "consensus": ("SEMIAUTOMATIC", Algorithm("consensus of readers", UNKNOWN)),
}


def provenance_beside(table: Path) -> Mapping[str, Any]:
    """Provenance of the run that wrote a cohort table; empty if there is none."""
    for name in (f"{table.stem}.provenance.json", "provenance.json"):
        try:
            content = read_own_json(table.with_name(name))
        except (OSError, ValueError):
            continue
        if isinstance(content, dict):
            return content
    return {}


def software_of(provenance: Mapping[str, Any], parameters: str | None) -> Software:
    """Version of the software that computed the features, and hash of its parameters.

    Parameters
    ----------
    provenance
        Of the run; empty if there is none.
    parameters
        Text of the parameter file; ``None`` for that of the run.
    """
    text = provenance.get("parameters") if parameters is None else parameters
    digest = hashlib.sha256(text.encode()).hexdigest() if isinstance(text, str) else UNKNOWN
    of_run = isinstance(provenance.get("parameters"), str)
    return Software(str(provenance.get("nbradiomics", UNKNOWN)) if of_run else UNKNOWN, digest)


def model_of(provenance: Mapping[str, Any], settings: ExportSettings) -> Algorithm:
    """The model of the automatic masks: as the settings name it, else as the run records it."""
    model = provenance.get("model")
    recorded = model if isinstance(model, dict) else {}
    card = recorded.get("card")
    version = str(card.get("version") or "") if isinstance(card, dict) else ""
    fingerprint = str(recorded.get("fingerprint") or "")[:12]
    full = f"{version} ({fingerprint})".strip() if fingerprint else version
    return Algorithm(
        settings.algorithm or plain(str(recorded.get("name") or UNKNOWN)),
        settings.algorithm_version or plain(full or UNKNOWN),
    )


def origin_of(kind: str, model: Algorithm) -> tuple[str, Algorithm | None]:
    """Algorithm type of a mask, and its algorithm, by its kind in the cohort table."""
    if kind == INDEPENDENT:
        return "MANUAL", None
    return _KINDS.get(kind, ("AUTOMATIC", model))
