"""Check that the files of a model are unchanged, by the hashes in its card.

The hash of a JSON file depends only on its content, so that an editor or another system may change line ends;
that of a checkpoint depends on every byte. Models of other origin have no hashes: for these, only the
checksums in each checkpoint are verified.
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

#: Field of the card with the hashes.
_FIELD = "sha256"


def digests_of(folder: Path) -> dict[str, str]:
    """SHA-256, in hexadecimal, of each file that determines a model's predictions, by its path.

    The hash of the card does not include the hashes in it.
    """
    digests = {name: _content_hash(read_json(folder / name)) for name in (PLANS, DATASET)}
    if (folder / CARD).exists():
        card = read_json(folder / CARD)
        digests[CARD] = _content_hash({name: value for name, value in card.items() if name != _FIELD})
    for path in checkpoint_paths(folder):
        require_file(path, folder)
        digests[path.relative_to(folder).as_posix()] = file_hash(path)
    return digests


def _content_hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def require_intact(digests: Mapping[str, str], card: Card, folder: Path) -> None:
    """Raise `ModelError` if a model's files differ from those that its card lists, if it lists any.

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
        expected, actual = card.sha256.get(name), digests.get(name)
        if expected == actual:
            continue
        if actual is None:
            problem = f"is missing, but {CARD} lists it"
        elif expected is None:
            problem = f"is not among the files that {CARD} lists"
        else:
            hashes = f"its SHA-256 is {actual[:12]}..., {CARD} has {expected[:12]}..."
            problem = f"is damaged or was changed: {hashes}"
        raise ModelError(
            f"{folder / name} {problem}.",
            f'Get or import the model again; if you changed it intentionally, remove "{_FIELD}" from {CARD}.',
        )


def seal(card: Card, folder: Path) -> Card:
    """Write the card with the current hashes of all files."""
    write_card(replace(card, sha256=None), folder)
    sealed = replace(card, sha256=digests_of(folder))
    write_card(sealed, folder)
    return sealed
