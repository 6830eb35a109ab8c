"""Where models live: those that come with the package, and those that a user brought along."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from platformdirs import user_data_path

from nbradiomics.errors import InputError, ModelError
from nbradiomics.files.names import is_device
from nbradiomics.segmentation.model_files.checkpoint import checkpoint_paths
from nbradiomics.segmentation.model_files.description import read_description
from nbradiomics.segmentation.model_files.layout import PLANS, list_files, why_no_model

BUNDLED = Path(__file__).parent / "bundled"
#: Environment variable that moves the folder of imported models.
VARIABLE = "NBRADIOMICS_MODELS"
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?")


@dataclass(frozen=True)
class StoredModel:
    """A model that can be named.

    Attributes
    ----------
    name
        What to write in `segment --model` and in study files.
    origin
        ``bundled`` or ``imported``.
    folder
        Where it lies.
    problem
        Why it cannot be used; empty when its descriptions are sound. Weights are not read for that.
    """

    name: str
    origin: Literal["bundled", "imported"]
    folder: Path
    problem: str = ""


def models_folder(models: str | Path | None = None) -> Path:
    """Folder of imported models.

    Parameters
    ----------
    models
        The folder itself, where the user names one; else that of the environment variable
        ``NBRADIOMICS_MODELS``; else one in the user's data directory. It need not exist.
    """
    if models is not None:
        return Path(models)
    named = os.environ.get(VARIABLE)
    return Path(named) if named else user_data_path("nbradiomics", appauthor=False) / "models"


def bundled_models() -> list[str]:
    """Names of the models that come with the package."""
    return _names_in(BUNDLED)


def imported_models(models: str | Path | None = None) -> list[str]:
    """Names of the models that were imported; `models` as in `models_folder`."""
    return _names_in(models_folder(models))


def _names_in(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and _NAME.fullmatch(path.name))


def find_model(name_or_folder: str | Path, models: str | Path | None = None) -> Path:
    """Folder of a bundled model, of an imported model, or the folder that is given: in this order.

    Parameters
    ----------
    name_or_folder
        A ``Path`` is always a folder.
    models
        As in `models_folder`.

    Raises
    ------
    ModelError
        When there is nothing of this name, or the folder is none of a model; the message says what is
        there instead.
    """
    if isinstance(name_or_folder, str):
        for known, place in ((bundled_models(), BUNDLED), (imported_models(models), models_folder(models))):
            if name_or_folder in known:
                return place / name_or_folder
    folder = Path(name_or_folder)
    if folder.is_file():
        raise ModelError(
            f"{folder} is a file; a name or a folder was expected.",
            f"Import a zip first: nbradiomics model import {folder}.",
        )
    if not folder.is_dir():
        listed = ", ".join([*bundled_models(), *imported_models(models)])
        raise ModelError(
            f"no model {str(name_or_folder)!r}: neither a bundled nor an imported model nor a folder.",
            f"Give a folder of nnU-Net v2 results, or one of: {listed}.",
        )
    if not os.path.lexists(folder / PLANS):
        raise why_no_model(list_files(folder), folder.absolute())
    return folder


def list_models(models: str | Path | None = None) -> list[StoredModel]:
    """All models that can be named, bundled ones first; one that is broken says why in `problem`.

    Parameters
    ----------
    models
        Folder of imported models; see `models_folder`.

    Examples
    --------
    >>> [model.name for model in list_models() if model.origin == "bundled"]
    ['synthetic-demo']
    """
    root = models_folder(models)
    bundled = [StoredModel(name, "bundled", BUNDLED / name) for name in bundled_models()]
    return bundled + [
        StoredModel(name, "imported", root / name, _problem(root / name)) for name in imported_models(models)
    ]


def _problem(folder: Path) -> str:
    try:
        read_description(folder)
        checkpoint_paths(folder)
    except ModelError as error:
        return error.problem
    return ""


def require_free_name(name: str, models: str | Path | None = None, *, replace: bool = False) -> None:
    """Raise `InputError` unless a model can be imported under this name."""
    if not _NAME.fullmatch(name) or is_device(name):
        raise InputError(
            f"{name!r} is no name for a model.",
            "Up to 100 letters, digits, '.', '_' and '-', beginning with a letter or a digit: --name NAME. "
            "CON, NUL and the like are devices of Windows.",
        )
    if name.casefold() in {known.casefold() for known in bundled_models()}:
        raise InputError(f"{name!r} is a model that comes with nbradiomics.", "Choose another: --name NAME.")
    for known in imported_models(models):
        # A name that differs in capitals only would be the same folder on some file systems.
        if known.casefold() == name.casefold() and not (replace and known == name):
            raise InputError(
                f"there is a model {known!r} in {models_folder(models)} already.",
                "Choose another name (--name NAME), or give --replace to put the new one in its place.",
            )
