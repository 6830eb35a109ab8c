"""Describe a model in ``card.json`` beside its plans."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nbradiomics.errors import ModelError
from nbradiomics.files.atomic import write_text
from nbradiomics.images.io import read_image
from nbradiomics.segmentation.model_files.files import read_json

if TYPE_CHECKING:
    import SimpleITK as sitk

CARD = "card.json"
_LISTS = ("tumour", "training_images", "training_subjects")


@dataclass(frozen=True)
class Card:
    """Information about a model; ``None`` if it is not recorded.

    Attributes
    ----------
    name, version, licence
        As published.
    intended_use
        What the model is for, and what it must not be used for.
    orientation
        Voxel axes of the training images as three letters (``LPS``: towards left, posterior, superior).
        Images are turned to these axes before they are segmented. ``None`` does not turn images, which is
        correct only if they have the axes of the training images.
    tumour
        Labels of ``dataset.json`` that form the tumour, or its region; not needed if `find_tumour` finds
        exactly one candidate.
    training_seeds
        Random seeds of the training cases, if they are synthetic.
    training_images
        `image_fingerprint` of each training image, so that an evaluation can prove that it used other images.
    training_subjects, training_salt
        Salted hash of each training subject, and the salt, for `trained_on_subject`. The card contains no
        names, but a person who has the card can try names: the hashes do not make subjects anonymous.
    source, source_sha256
        File or folder that the model was imported from, and its SHA-256 in hexadecimal.
    preparation
        Variant of the training images, such as ``n4+zscore``, or ``original`` for images that were not
        prepared.
    training
        Further numbers about training and evaluation.
    sha256
        Hash of each file of the model by its path in the folder, from `integrity.digests_of`. ``None`` for
        models from before release 0.4.0 or from other software.
    """

    name: str | None = None
    version: str | None = None
    licence: str | None = None
    intended_use: str | None = None
    orientation: str | None = None
    tumour: tuple[str, ...] | None = None
    training_seeds: str | None = None
    training_images: tuple[str, ...] | None = None
    training_subjects: tuple[str, ...] | None = None
    training_salt: str | None = None
    source: str | None = None
    source_sha256: str | None = None
    preparation: str | None = None
    training: Mapping[str, Any] | None = None
    sha256: Mapping[str, str] | None = None


def read_card(folder: Path) -> Card:
    """Read a model's card; return an empty card if the folder has none.

    Raises
    ------
    ModelError
        When the card is not a JSON object, or a field has another type than in `Card`.
    """
    path = folder / CARD
    if not os.path.lexists(path):
        return Card()
    try:
        content = read_json(path)
    except ModelError as error:
        raise ModelError(error.problem, "Get the model again, or remove its card.") from error
    known = {field.name: content[field.name] for field in fields(Card) if content.get(field.name) is not None}
    _check_types(known, path)
    for name in _LISTS:
        if name in known:
            known[name] = tuple(known[name])
    return Card(**known)


def _check_types(content: Mapping[str, Any], path: Path) -> None:
    expected: dict[str, type] = {**dict.fromkeys(_LISTS, list), "training": dict, "sha256": dict}
    for name, value in content.items():
        kind: type = expected.get(name, str)
        if not isinstance(value, kind):
            raise ModelError(
                f"{path}: {name} is {type(value).__name__}; {kind.__name__} was expected.",
                "Correct the card, or remove it.",
            )
        texts = value if isinstance(value, list) else ()
        if name == "sha256" and isinstance(value, dict):
            texts = list(value.values())
        if not all(isinstance(each, str) for each in texts):
            raise ModelError(f"{path}: {name} must contain only text.", "Correct the card, or remove it.")
    orientation = content.get("orientation", "LPS")
    if not is_orientation(orientation):
        raise ModelError(
            f"{path}: orientation is {orientation!r}; three letters such as 'LPS' were expected.",
            "Correct the card.",
        )


def is_orientation(letters: str) -> bool:
    """Whether three letters name three axes: one of each pair L and R, P and A, S and I."""
    return len(letters) == 3 and all(
        sum(letter in pair for letter in letters) == 1 for pair in ("LR", "AP", "IS")
    )


def write_card(card: Card, folder: Path) -> Path:
    """Write the card beside the model's plans."""
    path = folder / CARD
    content = {name: value for name, value in asdict(card).items() if value is not None}
    write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", path)
    return path


def with_training_subjects(card: Card, subjects: Iterable[str]) -> Card:
    """Record the training subjects: a new random salt, and each subject's hash with this salt."""
    salt = secrets.token_hex(16)
    hashes = sorted({_subject_hash(salt, subject) for subject in subjects})
    return replace(card, training_subjects=tuple(hashes), training_salt=salt)


def trained_on_subject(card: Card, subject: str) -> bool:
    """Whether the card records a subject of exactly this name; a card without subjects cannot tell."""
    return _subject_hash(card.training_salt or "", subject) in (card.training_subjects or ())


def _subject_hash(salt: str, subject: str) -> str:
    return hashlib.sha256(f"{salt}\n{subject}".encode()).hexdigest()


def image_fingerprint(image: str | Path | sitk.Image) -> str:
    """SHA-256, in hexadecimal, of an image's voxels, size and spacing.

    It is the same for an image in memory and for the file that it is written to: values are rounded to single
    precision, the spacing to a ten-thousandth of a millimetre, and position and direction are ignored.
    """
    import SimpleITK as sitk

    image = read_image(image)
    spacing = ",".join(f"{edge:.4f}" for edge in image.GetSpacing())
    digest = hashlib.sha256(f"{image.GetSize()};{spacing};".encode())
    digest.update(np.ascontiguousarray(sitk.GetArrayViewFromImage(image), dtype="<f4").tobytes())
    return digest.hexdigest()
