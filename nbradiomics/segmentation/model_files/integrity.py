"""Whether a model's files are those that were written: their hashes stand in its card.

JSON counts by what it says, so that an editor or another system may end its lines otherwise; checkpoints
count byte by byte. Models of other origin have no hashes: of these, the checksums in each checkpoint count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbradiomics.errors import ModelError
from nbradiomics.images.io import file_hash
from nbradiomics.segmentation.model_files.card import CARD, Card, write_card
from nbradiomics.segmentation.model_files.checkpoint import checkpoint_paths
from nbradiomics.segmentation.model_files.files import read_json, require_file
from nbradiomics.segmentation.model_files.layout import DATASET, PLANS

#: The card's field.
_FIELD = "sha256"


def digests_of(folder: Path) -> dict[str, str]:
    """SHA-256, in hexadecimal, of each file that decides what a model predicts, by its path in the folder.

    The card counts without the hashes in it.
    """
    digests = {name: _meaning(read_json(folder / name)) for name in (PLANS, DATASET)}
    if (folder / CARD).exists():
        card = read_json(folder / CARD)
        digests[CARD] = _meaning({name: value for name, value in card.items() if name != _FIELD})
    for path in checkpoint_paths(folder):
        require_file(path, folder)
        digests[path.relative_to(folder).as_posix()] = file_hash(path)
    return digests


def _meaning(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def require_intact(digests: Mapping[str, str], card: Card, folder: Path) -> None:
    """Raise `ModelError` unless a model's files are those that its card lists, where it lists any.

    Parameters
    ----------
    digests
        From `digests_of`.
    card, folder
        The model's.
    """
    if card.sha256 is None:
        return
    for name in sorted({**card.sha256, **digests}):
        known, found = card.sha256.get(name), digests.get(name)
        if known == found:
            continue
        if found is None:
            what = f"is not there, and {CARD} lists it"
        elif known is None:
            what = f"is not among the files that {CARD} lists"
        else:
            what = f"is damaged or was changed: its SHA-256 is {found[:12]}..., {CARD} says {known[:12]}..."
        raise ModelError(
            f"{folder / name} {what}.",
            f'Get or import the model again; if you changed it on purpose, remove "{_FIELD}" from {CARD}.',
        )


def seal(card: Card, folder: Path) -> Card:
    """Write the card with the hashes of all files that are there now."""
    write_card(replace(card, sha256=None), folder)
    sealed = replace(card, sha256=digests_of(folder))
    write_card(sealed, folder)
    return sealed
