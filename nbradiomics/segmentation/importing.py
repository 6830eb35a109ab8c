"""Import a model into the folder of imported models: complete and checked, or not at all."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import Field

from nbradiomics.errors import InputError, ModelError
from nbradiomics.execution.progress import Progress, quiet
from nbradiomics.files.regular_file import open_regular
from nbradiomics.images.io import file_hash
from nbradiomics.segmentation.archive import GIB, extract, open_archive, require_below, require_space
from nbradiomics.segmentation.model import load_model
from nbradiomics.segmentation.model_files.card import is_orientation, read_card, write_card
from nbradiomics.segmentation.model_files.checkpoint import read_fold, write_fold
from nbradiomics.segmentation.model_files.description import read_description
from nbradiomics.segmentation.model_files.files import read_json, require_file
from nbradiomics.segmentation.model_files.integrity import digests_of, require_intact, seal
from nbradiomics.segmentation.model_files.layout import (
    CHECKPOINT,
    DESCRIPTION,
    PLANS,
    Place,
    find_place,
    list_files,
)
from nbradiomics.segmentation.store import models_folder, require_free_name
from nbradiomics.segmentation.work_folder import clear_abandoned, put, work_folder
from nbradiomics.settings import Settings, spread
from nbradiomics.settings.kinds import Names

MAX_BYTES = 20 * GIB


@dataclass(frozen=True)
class ImportedModel:
    """Result of `import_model`.

    Attributes
    ----------
    name
        Name for `segment --model` and for study files.
    folder
        Folder of the imported model.
    notes
        Folds that were left out, with the reason.
    left_out
        Number of files of the source that were not copied.
    """

    name: str
    folder: Path
    notes: tuple[str, ...]
    left_out: int


class ModelDescription(Settings):
    """Information about a model in addition to its own files."""

    name: str | None = Field(
        default=None,
        description="Name, of letters, digits, '.', '_' and '-'; by default the name in the model's card, or "
        "else its data set and configuration.",
    )
    tumour: Names = Field(
        default=(),
        description="Labels of dataset.json that form the tumour, or one region; needed if there are several "
        "labels and none is called tumour.",
    )
    orientation: str | None = Field(
        default=None,
        description="Voxel axes of the training images, such as LPS. Images are then turned to these axes.",
    )


@spread(description=ModelDescription)
def import_model(
    source: str | Path,
    *,
    description: ModelDescription = ModelDescription(),  # noqa: B008 - frozen
    models: str | Path | None = None,
    inside: str | None = None,
    replace_existing: bool = False,
    max_bytes: int = MAX_BYTES,
    progress: Progress = quiet,
) -> ImportedModel:
    """Copy an nnU-Net v2 model into the folder of imported models.

    Only plans, dataset, fingerprint, card and the final checkpoints are copied, the latter without the
    optimiser's state. No code in them is run. The imported model also works in stock nnU-Net.

    Parameters
    ----------
    source
        Zip archive (such as of ``nnUNetv2_export_model_to_zip``) or folder with the model.
    description
        Name, tumour and orientation, if the model's own files do not contain them. Each field can also be set
        by its own name: ``name="mri-v2"``.
    models
        Folder of imported models; see `models_folder`.
    inside
        Folder of the model inside the source, if the source contains several models.
    replace_existing
        Whether to replace an imported model of the same name.
    max_bytes
        Most bytes that the (unpacked) files of the model may have.
    progress
        Progress display.

    Raises
    ------
    InputError
        When the name is already used or not valid, or the disk is full.
    AmbiguousError
        When the source contains several models and `inside` does not choose one.
    ModelError
        When the archive is not safe, or `load_model` would refuse the model.

    Examples
    --------
    >>> done = import_model("Dataset007.zip", name="mri-v2", tumour=["core"])  # doctest: +SKIP
    """
    source, root, name = Path(source), models_folder(models), description.name
    if name is not None:
        require_free_name(name, root, replace=replace_existing)
    stated = _stated(description.tumour, description.orientation)
    root.mkdir(parents=True, exist_ok=True)
    clear_abandoned(root)
    with (
        work_folder(root) as work,
        opened(source, work / "unpacked", inside, max_bytes, progress) as (folder, place),
    ):
        staged = work / "model"
        with renamed({staged: source / place.folder, folder: source / place.folder}):
            name = name or _default_name(folder, place, source)
            require_free_name(name, root, replace=replace_existing)
            require_space(root, _size(folder, place))
            if read_card(folder).sha256 is not None:
                require_intact(digests_of(folder), read_card(folder), folder)
            _copy_descriptions(folder, place, staged)
            origin = {"source": source.absolute().name, "source_sha256": _source_hash(source, folder, place)}
            write_card(
                replace(read_card(staged), **{**stated, **origin, "name": name, "sha256": None}), staged
            )
            _copy_folds(folder, place, staged, progress)
        put(staged, root / name)
    return ImportedModel(name, root / name, place.folds.notes, place.left_out)


def _stated(tumour: Sequence[str], orientation: str | None) -> dict[str, Any]:
    """Fields of the card that the user has set."""
    stated: dict[str, Any] = {"tumour": tuple(tumour)} if tumour else {}
    if orientation is not None:
        letters = orientation.strip().upper()
        if not is_orientation(letters):
            raise InputError(
                f"orientation is {orientation!r}.",
                "Use one letter of each pair L and R, P and A, S and I, such as LPS or RAS.",
            )
        stated["orientation"] = letters
    return stated


@contextmanager
def opened(
    source: Path, into: Path, inside: str | None, max_bytes: int, progress: Progress
) -> Iterator[tuple[Path, Place]]:
    """Find the model in a folder or an archive, and yield the folder of its files.

    From an archive, only the files that belong to the model are unpacked, to `into`.
    """
    if source.is_dir():
        place = find_place(list_files(source), source.absolute(), inside)
        _require_safe(source / place.folder, place, max_bytes)
        yield source / place.folder, place
        return
    if not source.exists():
        raise InputError(f"{source} does not exist.", "Give a zip archive or a folder of nnU-Net v2 results.")
    into.mkdir(parents=True)
    with open_archive(source) as (archive, members):
        place = find_place(list(members), source, inside)
        wanted = {file: members[place.folder / file] for file in place.files}
        extract(archive, wanted, into, max_bytes=max_bytes, progress=progress)
    yield into, place


def _require_safe(folder: Path, place: Place, max_bytes: int) -> None:
    """Check a folder as an archive: only regular files inside it, and not larger than allowed."""
    for file in place.files:
        require_file(folder / file, folder)
    require_below(_size(folder, place), max_bytes, folder)


def _size(folder: Path, place: Place) -> int:
    return sum((folder / file).stat().st_size for file in place.files)


@contextmanager
def renamed(names: dict[Path, Path]) -> Iterator[None]:
    """In errors, name the user's file instead of its temporary copy."""
    try:
        yield
    except ModelError as error:
        problem = error.problem
        for temporary, shown in names.items():
            problem = problem.replace(str(temporary), str(shown))
        raise ModelError(problem, error.remedy) from error


def _default_name(folder: Path, place: Place, source: Path) -> str:
    named = read_card(folder).name
    if not named:
        data = read_json(folder / PLANS).get("dataset_name")
        data = data if isinstance(data, str) else source.stem
        named = f"{data}-{read_fold(folder / place.folds.names[0] / CHECKPOINT).configuration}"
    return re.sub(r"[^A-Za-z0-9._-]+", "-", named)[:100].strip("._-") or "model"


def _copy_descriptions(folder: Path, place: Place, staged: Path) -> None:
    staged.mkdir()
    for name in DESCRIPTION:
        if any(str(file) == name for file in place.files):
            with open_regular(folder / name) as given, open(staged / name, "xb") as file:
                shutil.copyfileobj(given, file)


def _copy_folds(folder: Path, place: Place, staged: Path, progress: Progress) -> None:
    """Copy the weights, and load the copy: a model that cannot be loaded is not imported."""
    read_description(staged)  # find its errors before large files are copied
    with progress("import", len(place.folds.names) + 1) as advance:
        for name in place.folds.names:
            write_fold(read_fold(folder / name / CHECKPOINT), staged / name / CHECKPOINT)
            advance()
        seal(read_card(staged), staged)
        load_model(staged)
        advance()


def _source_hash(source: Path, folder: Path, place: Place) -> str:
    """SHA-256 of an archive; for a folder, over the paths and hashes of the files that are copied."""
    if source.is_file():
        return file_hash(source)
    lines = [f"{file} {file_hash(folder / file)}" for file in place.files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
