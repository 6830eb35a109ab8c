"""Read and write checkpoints of a model without running code in them.

A checkpoint is a pickle, which can contain code of unknown origin: it is read as weights only.
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


#: First bytes of a zip archive, the format of torch since 1.6.
_ZIP = b"PK\x03\x04"
_CHUNK = 1024**2
#: The attribute bit that marks a folder in an archive.
_FOLDER = 0x10


@dataclass(frozen=True)
class Fold:
    """Checkpoint of one fold: its weights by name, and the settings of its training."""

    name: str
    weights: Mapping[str, torch.Tensor]
    configuration: str
    trainer: str
    mirroring: tuple[int, ...] | None


def checkpoint_paths(folder: Path) -> list[Path]:
    """Paths of the checkpoints of the complete folds, in the order of their names; see `sort_folds`."""
    folds = folds_of(folder)
    require_folds(folds, folder)
    return [folder / name / CHECKPOINT for name in folds.names]


def read_folds(folder: Path) -> list[Fold]:
    """Read the checkpoints of all folds, in the order of their names.

    Raises
    ------
    ModelError
        When there are none, one cannot be read safely, or the folds differ in configuration or trainer.
        nnU-Net itself reads only the configuration of the first fold.
    """
    folds = [read_fold(path) for path in checkpoint_paths(folder)]
    for fold in folds[1:]:
        for name in ("configuration", "trainer"):
            first, other = getattr(folds[0], name), getattr(fold, name)
            if first != other:
                raise ModelError(
                    f"{folder}: {folds[0].name} was trained with {name} {first}, {fold.name} with {other}.",
                    "Put only folds of the same training into one folder.",
                )
    return folds


def read_fold(path: Path) -> Fold:
    """Read one checkpoint; raise `ModelError` if it is unsafe, not from nnU-Net, or not finite."""
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
        raise ModelError(f"{path} is not an nnU-Net v2 checkpoint: {error!r}.", AGAIN) from error
    if not all(isinstance(axis, int) and 0 <= axis <= 2 for axis in fold.mirroring or ()):
        raise ModelError(f"{path}: mirrored axes are {fold.mirroring}; only 0, 1 and 2 are allowed.", AGAIN)
    for name, tensor in fold.weights.items():
        _require_weight(name, tensor, path)
    return fold


def _require_weight(name: Any, tensor: Any, path: Path) -> None:
    import torch

    if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
        raise ModelError(f"{path}: {name} is {type(tensor).__name__}; a tensor was expected.", AGAIN)
    plain = tensor.layout is torch.strided and tensor.device.type == "cpu" and not tensor.is_quantized
    # A tensor can claim to have more numbers than its file contains by repeating one of them.
    if not plain or tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise ModelError(f"{path}: the weights {name} are not a plain tensor.", AGAIN)
    try:
        finite = bool(torch.isfinite(tensor).all())
    except RuntimeError as error:  # a type of number for which torch has no computations
        raise ModelError(f"{path}: the weights {name} are {tensor.dtype}: {error}", AGAIN) from error
    if not finite:
        raise ModelError(
            f"{path}: the weights {name} are not all finite.",
            "The training diverged or the file is damaged; get or train the model again.",
        )


def write_fold(fold: Fold, path: Path) -> None:
    """Write a checkpoint with only the content needed for predictions; stock nnU-Net can open it too.

    Weights keep their precision, and a tensor with several names in the network is stored once.
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
    """Copy tensors that are parts of larger ones: torch would save the whole storage."""
    seen: dict[Any, torch.Tensor] = {}
    packed = {}
    for name, tensor in weights.items():
        key = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), tensor.dtype)
        if key not in seen:
            is_part = tensor.untyped_storage().nbytes() > tensor.numel() * tensor.element_size()
            seen[key] = tensor.clone() if is_part else tensor
        packed[name] = seen[key]
    return packed


def _load(path: Path) -> Any:
    import pickle

    import torch

    require_file(path, path.parent.parent)
    with open_regular(path) as file:
        has_checksums = file.read(len(_ZIP)) == _ZIP
    if has_checksums:
        require_sound(path)
    try:
        with _numpy_numbers():
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"{path} contains more than weights and was not loaded: {_first_line(error)}",
            "Loading it would run code in this file. If you trust its origin, load it in your own script and "
            "save only network_weights, trainer_name and init_args.",
        ) from error
    except Exception as error:  # torch raises any exception for a damaged file, even AssertionError
        raise ModelError(f"{path} cannot be read: {_first_line(error)}", AGAIN) from error
    if not has_checksums:
        raise ModelError(
            f"{path} has a format without checksums (torch before 1.6), so damage cannot be detected.",
            "Load it with torch.load(..., weights_only=True), and save the result with torch.save.",
        )
    return content


def require_sound(path: Path) -> None:
    """Refuse a damaged checkpoint: torch writes checksums, but does not verify them when it reads.

    Files that torch does not write are refused too: with compressed members (a small file could fill the
    memory), or with members that are larger than the file.

    Raises
    ------
    ModelError
        When the checkpoint is refused.
    """
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                raise ModelError(f"{path} has compressed members, which nnU-Net does not write.", AGAIN)
            if sum(member.file_size for member in members) > path.stat().st_size:
                raise ModelError(f"{path} declares more content than its own size.", AGAIN)
            for member in members:
                if (
                    member.is_dir() or member.external_attr & _FOLDER
                ):  # torch leaves such tensors uninitialised
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
    """The cause in torch's message; other lines recommend loading without this protection."""
    lines = str(error).splitlines()
    causes = [line.strip() for line in lines if "Unsupported" in line or "GLOBAL" in line]
    return causes[0] if causes else first_line(error)


@contextlib.contextmanager
def _numpy_numbers() -> Iterator[None]:
    """Allow the NumPy numbers of nnU-Net's log in a checkpoint."""
    import torch
    from numpy._core.multiarray import scalar

    kinds = (np.dtypes.Float64DType, np.dtypes.Float32DType, np.dtypes.Int64DType, np.dtypes.BoolDType)
    # Checkpoints written with NumPy 1 name the same function by its old module.
    with torch.serialization.safe_globals(
        [scalar, (scalar, "numpy.core.multiarray.scalar"), np.dtype, *kinds]
    ):
        yield
