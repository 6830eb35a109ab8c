"""The stored models: those that come with the package, and those that a user imported."""

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
#: Environment variable with the folder of imported models.
VARIABLE = "NBRADIOMICS_MODELS"
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?")


@dataclass(frozen=True)
class StoredModel:
    """A model that can be loaded by its name.

    Attributes
    ----------
    name
        Name for `segment --model` and for study files.
    origin
        ``bundled`` or ``imported``.
    folder
        Folder of the model.
    problem
        Why it cannot be used; empty if its description is valid. The weights are not checked.
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
        The folder; by default that of the environment variable ``NBRADIOMICS_MODELS``, else one in the
        user's data directory. It need not exist.
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
    """Find the folder of a bundled model, of an imported model, or a given folder: in this order.

    Parameters
    ----------
    name_or_folder
        Name or folder; a ``Path`` is always a folder.
    models
        As in `models_folder`.

    Raises
    ------
    ModelError
        When there is no model of this name, or the folder is not a model; the message describes what it
        contains instead.
    """
    if isinstance(name_or_folder, str):
        for known, place in ((bundled_models(), BUNDLED), (imported_models(models), models_folder(models))):
            if name_or_folder in known:
                return place / name_or_folder
    folder = Path(name_or_folder)
    if folder.is_file():
        raise ModelError(
            f"{folder} is a file; the name or the folder of a model was expected.",
            f"Import a zip archive first: nbradiomics model import {folder}.",
        )
    if not folder.is_dir():
        listed = ", ".join([*bundled_models(), *imported_models(models)])
        raise ModelError(
            f"no model {str(name_or_folder)!r}: it is neither a bundled or imported model nor a folder.",
            f"Give a folder of nnU-Net v2 results, or one of: {listed}.",
        )
    if not os.path.lexists(folder / PLANS):
        raise why_no_model(list_files(folder), folder.absolute())
    return folder


def list_models(models: str | Path | None = None) -> list[StoredModel]:
    """List all models with a name, bundled ones first; `problem` says why a broken model cannot be used.

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
            f"{name!r} is not a valid name for a model.",
            "Use at most 100 letters, digits, '.', '_' and '-', first a letter or a digit: --name NAME. "
            "CON, NUL and similar names are devices of Windows.",
        )
    if name.casefold() in {known.casefold() for known in bundled_models()}:
        raise InputError(f"{name!r} is a model that comes with nbradiomics.", "Choose another: --name NAME.")
    for known in imported_models(models):
        # A name that differs only in case would be the same folder on some file systems.
        if known.casefold() == name.casefold() and not (replace and known == name):
            raise InputError(
                f"there is already a model {known!r} in {models_folder(models)}.",
                "Choose another name (--name NAME), or replace it with --replace.",
            )
