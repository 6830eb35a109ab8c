"""Read an nnU-Net results folder without running anything that it brings along.

A checkpoint is a pickle and the plans name classes to import: both can run a stranger's code. Here
checkpoints are read as weights only, and the plans may name layers of torch and networks of nnU-Net's
own library, nothing else.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nbradiomics.errors import ModelError

CHECKPOINT = "checkpoint_final.pth"
_AGAIN = "Get the model again from where it was published."
_NETWORK = re.compile(r"dynamic_network_architectures\.architectures\.\w+\.\w+")
_LAYER = re.compile(r"torch\.nn\.(modules\.\w+\.)?\w+")


@dataclass(frozen=True)
class Fold:
    """One fold's checkpoint: its weights by name, and what it was trained with."""

    name: str
    weights: Mapping[str, Any]
    configuration: str
    trainer: str
    mirroring: tuple[int, ...] | None


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object of a model folder."""
    if not path.is_file():
        raise ModelError(
            f"{path} does not exist.",
            "Give the folder of an nnU-Net v2 model, which holds plans.json, dataset.json and fold_*/.",
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ModelError(f"{path} is no JSON: {error}", _AGAIN) from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} holds no JSON object.", _AGAIN)
    return content


def read_folds(folder: Path) -> list[Fold]:
    """Read the checkpoints of all folds, in the order of their names.

    Raises
    ------
    ModelError
        When there are none, one cannot be read safely, or the folds differ in what they were
        trained with. nnU-Net itself reads the first fold's configuration only.
    """
    paths = checkpoint_paths(folder)
    folds = [_read_fold(path) for path in paths]
    for fold in folds[1:]:
        for what in ("configuration", "trainer"):
            first, other = getattr(folds[0], what), getattr(fold, what)
            if first != other:
                raise ModelError(
                    f"{folder}: {folds[0].name} was trained with {what} {first}, {fold.name} with {other}.",
                    "Put folds of one training into one folder.",
                )
    return folds


def checkpoint_paths(folder: Path) -> list[Path]:
    """Checkpoints of all folds, in the order of the folds' names; ``fold_all`` only where it is alone."""
    paths = sorted(folder.glob(f"fold_*/{CHECKPOINT}"))
    numbered = [path for path in paths if path.parent.name != "fold_all"]
    if not paths:
        raise ModelError(
            f"{folder} holds no fold_*/{CHECKPOINT}.",
            "Give the folder of a finished nnU-Net v2 training.",
        )
    return numbered or paths


def _read_fold(path: Path) -> Fold:
    checkpoint = _load(path)
    try:
        mirroring = checkpoint.get("inference_allowed_mirroring_axes")
        fold = Fold(
            name=path.parent.name,
            weights=dict(checkpoint["network_weights"]),
            configuration=str(checkpoint["init_args"]["configuration"]),
            trainer=str(checkpoint["trainer_name"]),
            mirroring=None if mirroring is None else tuple(mirroring),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"{path} is no nnU-Net v2 checkpoint: {error!r}.", _AGAIN) from error
    _require_finite(fold, path)
    return fold


def _require_finite(fold: Fold, path: Path) -> None:
    import torch

    for name, tensor in fold.weights.items():
        if not isinstance(tensor, torch.Tensor):
            raise ModelError(f"{path}: {name} is {type(tensor).__name__}; a tensor was expected.", _AGAIN)
        if not bool(torch.isfinite(tensor).all()):
            raise ModelError(
                f"{path}: the weights {name} are not all finite.",
                "The training diverged or the file is damaged; get or train the model again.",
            )


def _load(path: Path) -> Any:
    import pickle

    import torch

    try:
        with _numpy_numbers():
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"{path} holds more than weights and was not loaded: {_first_line(error)}",
            "Loading it would run code that it brings along. If you trust its origin, load it in your own "
            "script and save network_weights, trainer_name and init_args alone.",
        ) from error
    except (RuntimeError, OSError, EOFError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {_first_line(error)}", _AGAIN) from error


def _first_line(error: Exception) -> str:
    """First sentence of torch's message; what follows advises to load without safeguard."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    found = [line for line in lines if "Unsupported" in line or "GLOBAL" in line]
    return (found or lines or [type(error).__name__])[0]


@contextlib.contextmanager
def _numpy_numbers() -> Iterator[None]:
    """Let the numbers through that nnU-Net's log leaves in a checkpoint."""
    import torch
    from numpy._core.multiarray import scalar

    kinds = (np.dtypes.Float64DType, np.dtypes.Float32DType, np.dtypes.Int64DType, np.dtypes.BoolDType)
    # Checkpoints written under NumPy 1 name the same function by its old place.
    with torch.serialization.safe_globals(
        [scalar, (scalar, "numpy.core.multiarray.scalar"), np.dtype, *kinds]
    ):
        yield


def require_known_classes(configuration: Mapping[str, Any], where: Path) -> None:
    """Refuse plans that name anything but networks and layers.

    nnU-Net imports and calls whatever the plans name, with arguments from the plans.

    Parameters
    ----------
    configuration
        One configuration of the plans, inheritance resolved.
    where
        The plans' file, for the message.
    """
    architecture = configuration.get("architecture")
    if not isinstance(architecture, dict):
        raise ModelError(
            f"{where} describes no network (plans of an old nnU-Net v2, or of version 1).",
            "Plan and train with a later version of nnU-Net v2.",
        )
    arguments = architecture.get("arch_kwargs", {})
    wanted = [(architecture.get("network_class_name"), _NETWORK)]
    wanted += [(arguments.get(key), _LAYER) for key in architecture.get("_kw_requires_import", ())]
    for name, allowed in wanted:
        if name is not None and not _is_module(str(name), allowed):
            raise ModelError(
                f"{where} names {name!r}, which is no network or layer that nnU-Net brings along.",
                "Importing it could run a stranger's code; this release loads nnU-Net's own networks.",
            )
    for key, start in (
        ("preprocessor_name", "DefaultPreprocessor"),
        ("resampling_fn_data", "resample_"),
        ("resampling_fn_probabilities", "resample_"),
        ("resampling_fn_seg", "resample_"),
    ):
        if not str(configuration.get(key, start)).startswith(start):
            raise ModelError(f"{where}: {key} is {configuration[key]!r}, which is not nnU-Net's own.", _AGAIN)


def _is_module(name: str, allowed: re.Pattern[str]) -> bool:
    import pydoc

    import torch

    if not allowed.fullmatch(name):
        return False
    try:
        found = pydoc.locate(name)
    except pydoc.ErrorDuringImport:  # an architecture whose own dependencies are not there
        return False
    return isinstance(found, type) and issubclass(found, torch.nn.Module)
