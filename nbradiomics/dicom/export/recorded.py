"""What the provenance of a run records about its model, parameters and inputs."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbradiomics.cohort.schema import INDEPENDENT
from nbradiomics.dicom.export.regions import Algorithm, plain
from nbradiomics.dicom.export.settings import ExportSettings
from nbradiomics.dicom.export.values import Software
from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import read_own_json

UNKNOWN = "not recorded"
#: Kind of a segment by the kind of its mask, and what made it.
_KINDS = {
    "edited": ("SEMIAUTOMATIC", Algorithm("automatic mask, edited by a reader", UNKNOWN)),
    "consensus": ("SEMIAUTOMATIC", Algorithm("consensus of readers", UNKNOWN)),
}


#: Tables of a run, which are described by the provenance of its folder; other tables there are the user's.
_OF_RUN = ("cohort.csv", "features.parquet")


def provenance_beside(table: Path) -> Mapping[str, Any]:
    """Provenance of the command or run that wrote a table; empty if there is none."""
    of_run = ["provenance.json"] if table.name in _OF_RUN else []
    for name in (f"{table.stem}.provenance.json", *of_run):
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
        Of the run that computed the features; empty if there is none.
    parameters
        Text of the parameter file; ``None`` for that of the run.

    Raises
    ------
    InputError
        When the run records another parameter file than the given one.
    """
    recorded = provenance.get("parameters")
    if None not in (recorded, parameters) and recorded != parameters:
        raise InputError(
            "the given parameter file is not the one that the run of the features records.",
            "Leave out --params: what the run records is used.",
        )
    text = recorded if parameters is None else parameters
    digest = hashlib.sha256(text.encode()).hexdigest() if isinstance(text, str) else UNKNOWN
    of_run = isinstance(recorded, str)
    return Software(str(provenance.get("nbradiomics", UNKNOWN)) if of_run else UNKNOWN, digest)


def inputs_of(provenance: Mapping[str, Any], table: Path) -> Mapping[str, str]:
    """SHA-256 of the inputs of a run, by absolute path; empty if there is no provenance beside its table."""
    inputs = provenance.get("inputs")
    if not isinstance(inputs, dict):
        return {}
    folder = Path(os.path.realpath(table.parent))
    return {os.path.realpath(folder / path): str(digest) for path, digest in inputs.items()}


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
