"""Read and write the files of a model without running anything that they bring along.

A checkpoint is a pickle, which can run a stranger's code: here it is read as weights only.
"""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nbradiomics.errors import InputError, ModelError
from nbradiomics.files.regular_file import open_regular
from nbradiomics.segmentation.archive import DAMAGE
from nbradiomics.segmentation.model_files.files import require_file
from nbradiomics.segmentation.model_files.layout import AGAIN, CHECKPOINT, folds_of, require_folds
from nbradiomics.segmentation.model_files.plans import first_line

if TYPE_CHECKING:
    import torch


#: What a zip archive begins with, which torch writes since 1.6.
_ZIP = b"PK\x03\x04"
_CHUNK = 1024**2
#: The bit by which a directory of an archive tells a folder from a file.
_FOLDER = 0x10


@dataclass(frozen=True)
class Fold:
    """One fold's checkpoint: its weights by name, and what it was trained with."""

    name: str
    weights: Mapping[str, torch.Tensor]
    configuration: str
    trainer: str
    mirroring: tuple[int, ...] | None


def checkpoint_paths(folder: Path) -> list[Path]:
    """Checkpoints of the folds that count, in the order of their names; see `sort_folds`."""
    folds = folds_of(folder)
    require_folds(folds, folder)
    return [folder / name / CHECKPOINT for name in folds.names]


def read_folds(folder: Path) -> list[Fold]:
    """Read the checkpoints of all folds, in the order of their names.

    Raises
    ------
    ModelError
        When there are none, one cannot be read safely, or the folds differ in what they were
        trained with. nnU-Net itself reads the first fold's configuration only.
    """
    folds = [read_fold(path) for path in checkpoint_paths(folder)]
    for fold in folds[1:]:
        for what in ("configuration", "trainer"):
            first, other = getattr(folds[0], what), getattr(fold, what)
            if first != other:
                raise ModelError(
                    f"{folder}: {folds[0].name} was trained with {what} {first}, {fold.name} with {other}.",
                    "Put folds of one training into one folder.",
                )
    return folds


def read_fold(path: Path) -> Fold:
    """Read one checkpoint; raise `ModelError` when it is not safe, none of nnU-Net's, or not finite."""
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
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ModelError(f"{path} is no nnU-Net v2 checkpoint: {error!r}.", AGAIN) from error
    if not all(isinstance(axis, int) and 0 <= axis <= 2 for axis in fold.mirroring or ()):
        raise ModelError(f"{path}: mirrored axes are {fold.mirroring}; some of 0, 1, 2 were expected.", AGAIN)
    for name, tensor in fold.weights.items():
        _require_weight(name, tensor, path)
    return fold


def _require_weight(name: Any, tensor: Any, path: Path) -> None:
    import torch

    if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
        raise ModelError(f"{path}: {name} is {type(tensor).__name__}; a tensor was expected.", AGAIN)
    plain = tensor.layout is torch.strided and tensor.device.type == "cpu" and not tensor.is_quantized
    # A tensor can claim more numbers than its file holds by repeating one of them.
    if not plain or tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise ModelError(f"{path}: the weights {name} are no plain tensor.", AGAIN)
    try:
        finite = bool(torch.isfinite(tensor).all())
    except RuntimeError as error:  # a kind of number that torch only stores
        raise ModelError(f"{path}: the weights {name} are {tensor.dtype}: {error}", AGAIN) from error
    if not finite:
        raise ModelError(
            f"{path}: the weights {name} are not all finite.",
            "The training diverged or the file is damaged; get or train the model again.",
        )


def write_fold(fold: Fold, path: Path) -> None:
    """Write a checkpoint of what predicting needs, which stock nnU-Net opens too.

    Weights keep their precision, and a tensor that the network lists under several names stays one.
    """
    import torch

    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(
        {
            "network_weights": _packed(fold.weights),
            "trainer_name": fold.trainer,
            "init_args": {"configuration": fold.configuration},
            "inference_allowed_mirroring_axes": fold.mirroring,
        },
        path,
    )


def _packed(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Tensors in storage of their own size: torch would save all that a tensor is cut from."""
    seen: dict[Any, torch.Tensor] = {}
    packed = {}
    for name, tensor in weights.items():
        key = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), tensor.dtype)
        if key not in seen:
            cut = tensor.untyped_storage().nbytes() > tensor.numel() * tensor.element_size()
            seen[key] = tensor.clone() if cut else tensor
        packed[name] = seen[key]
    return packed


def _load(path: Path) -> Any:
    import pickle

    import torch

    require_file(path, path.parent.parent)
    with open_regular(path) as file:
        checked = file.read(len(_ZIP)) == _ZIP
    if checked:
        require_sound(path)
    try:
        with _numpy_numbers():
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"{path} holds more than weights and was not loaded: {_first_line(error)}",
            "Loading it would run code that it brings along. If you trust its origin, load it in your own "
            "script and save network_weights, trainer_name and init_args alone.",
        ) from error
    except Exception as error:  # torch raises what comes, an AssertionError too, over a damaged file
        raise ModelError(f"{path} cannot be read: {_first_line(error)}", AGAIN) from error
    if not checked:
        raise ModelError(
            f"{path} is of a format without checksums (torch before 1.6): damage to it would not be seen.",
            "Load it with torch.load(..., weights_only=True), and save what it gives with torch.save.",
        )
    return content


def require_sound(path: Path) -> None:
    """Refuse a checkpoint that is damaged: torch writes checksums, and does not look at them when it reads.

    Refused is also what torch does not write: compressed members (a small file could fill the memory), and
    more of them than the file has bytes for.

    Raises
    ------
    ModelError
        As said.
    """
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                raise ModelError(f"{path} is compressed inside, which nnU-Net does not do.", AGAIN)
            if sum(member.file_size for member in members) > path.stat().st_size:
                raise ModelError(f"{path} claims to hold more than its own size.", AGAIN)
            for member in members:
                if member.is_dir() or member.external_attr & _FOLDER:  # torch leaves its numbers as they come
                    raise ModelError(f"{path} is damaged: {member.filename!r} is a folder.", AGAIN)
                _compare_checksum(archive, member)
    except InputError as error:
        raise ModelError(error.problem, AGAIN) from error
    except (*DAMAGE, RuntimeError, OverflowError) as error:
        raise ModelError(f"{path} is damaged: {first_line(error)}", AGAIN) from error


def _compare_checksum(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    with archive.open(member) as content:
        while content.read(_CHUNK):
            pass


def _first_line(error: Exception) -> str:
    """First sentence of torch's message; what follows advises to load without safeguard."""
    lines = str(error).splitlines()
    found = [line.strip() for line in lines if "Unsupported" in line or "GLOBAL" in line]
    return found[0] if found else first_line(error)


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
