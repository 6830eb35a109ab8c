"""Where a trained model lies in a folder or an archive, told by the names of the files alone.

nnU-Net writes ``Dataset/Trainer__Plans__configuration/`` with ``plans.json``, ``dataset.json`` and
``fold_*/checkpoint_final.pth``; people hand over what lies above, below or beside it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nbradiomics.errors import AmbiguousError, InputError, ModelError

#: What to do about a file that is not as it was published.
AGAIN = "Get the model again from where it was published."
PLANS, DATASET, CHECKPOINT = "plans.json", "dataset.json", "checkpoint_final.pth"
#: Beside the checkpoints, what belongs to a model and is taken over; nnU-Net does without the last two.
DESCRIPTION = (PLANS, DATASET, "dataset_fingerprint.json", "card.json")
#: By this file in its folder a training knows itself; beside it lies what is not finished.
TRAINING = "training/settings.json"
_FOLD = re.compile(r"fold_(\d+|all)")
#: Folders between the one that is given and a checkpoint: dataset, trainer, fold.
_DEPTH = 4
_HERE = PurePosixPath()


@dataclass(frozen=True)
class Folds:
    """Which folds of a model are complete.

    Attributes
    ----------
    names
        Folders of the folds that are used, in the order of their names.
    notes
        What was left out and why, a sentence each.
    """

    names: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where a model lies, and what of it is taken over.

    Attributes
    ----------
    folder
        Its folder inside the source; ``.`` for the source itself.
    files
        Its files, relative to `folder`.
    folds
        Its folds.
    left_out
        How many files of the source are not taken.
    """

    folder: PurePosixPath
    files: tuple[PurePosixPath, ...]
    folds: Folds
    left_out: int


def sort_folds(files: Mapping[str, Collection[str]]) -> Folds:
    """Tell complete folds from others by the file names in each folder ``fold_*``.

    ``fold_all`` counts only where it is alone: it was trained on all cases, and the agreement of a model's
    folds is that of trainings on different ones.
    """
    complete, notes = [], []
    for name in sorted(files):
        begun = sorted(file for file in files[name] if file.endswith(".pth") and file != CHECKPOINT)
        if not _FOLD.fullmatch(name):
            notes.append(f"{name} is left out: folds are called fold_0, fold_1 ... or fold_all.")
        elif CHECKPOINT in files[name]:
            complete.append(name)
        else:
            found = f"only {' and '.join(begun)}" if begun else "no checkpoint"
            notes.append(f"{name} is left out: it holds {found}, so its training did not end.")
    numbered = [name for name in complete if name != "fold_all"]
    last = max((int(name.removeprefix("fold_")) for name in numbered), default=-1)
    gaps = [name for name in map("fold_{}".format, range(last)) if name not in files]
    if gaps:
        notes.append(f"{', '.join(gaps)} not there, or empty; fold_{last} is.")
    if numbered and len(numbered) < len(complete):
        notes.append(f"fold_all is left out: it was trained on all cases, {', '.join(numbered)} on some.")
    return Folds(tuple(numbered or complete), tuple(notes))


def require_folds(folds: Folds, where: Path) -> None:
    """Raise `ModelError` unless at least one fold is complete; the message says what is there instead."""
    if not folds.names:
        raise ModelError(
            " ".join([f"{where} holds no fold_*/{CHECKPOINT}.", *folds.notes]),
            "Give the folder of a finished nnU-Net v2 training.",
        )


def folds_of(folder: Path) -> Folds:
    """Folds of a model's folder."""
    return sort_folds(
        {
            path.name: {file.name for file in path.iterdir()}  # what is no file is refused when it is read
            for path in folder.glob("fold_*")
            if path.is_dir()
        }
    )


def list_files(folder: Path) -> list[PurePosixPath]:
    """Files of a folder, relative to it, as deep as a model's checkpoints can lie in nnU-Net's results."""
    found = []
    for root, folders, files in os.walk(folder):
        if (Path(root) / TRAINING).is_file():  # what led to a model holds parts that look like one
            folders.remove(PurePosixPath(TRAINING).parts[0])
        inside = PurePosixPath(Path(root).relative_to(folder).as_posix())
        found += [inside / name for name in files]
        # Links to folders are not gone into; a fold that is one must not be overlooked.
        links = [name for name in folders if name.startswith("fold_") and (Path(root) / name).is_symlink()]
        found += [inside / name / file.name for name in links for file in (Path(root) / name).iterdir()]
        if len(inside.parts) >= _DEPTH:
            folders.clear()
    return found


def find_place(paths: Sequence[PurePosixPath], source: Path, inside: str | None = None) -> Place:
    """Find the one model among the files of a folder or an archive.

    Parameters
    ----------
    paths
        All files, relative to the source.
    source
        Folder or archive, for messages.
    inside
        Which model, where there are several: its folder, or the end of its path.

    Raises
    ------
    ModelError
        When there is none; the message says what lies there instead.
    AmbiguousError
        When there are several and `inside` does not choose one.
    """
    models = _chosen(find_models(paths), source, inside)
    if not models:
        raise why_no_model(paths, source)
    if len(models) > 1:
        raise AmbiguousError(
            f"{source} holds {len(models)} models: {', '.join(map(str, models))}.",
            "Choose one: --inside PATH.",
        )
    place = _place(paths, models[0])
    require_folds(place.folds, source / place.folder)
    return place


def find_models(paths: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    """Folders that hold plans and folds; nnU-Net leaves plans in folders of evaluations too."""
    plans = {path.parent for path in paths if path.name == PLANS}
    folds = {parent.parent for path in paths for parent in path.parents if parent.name.startswith("fold_")}
    return sorted(plans & folds or plans)


def _chosen(models: list[PurePosixPath], source: Path, inside: str | None) -> list[PurePosixPath]:
    if inside is None:
        # A model that was trained here may keep its training's own files below it.
        return [_HERE] if _HERE in models else models
    wanted = PurePosixPath(inside.replace("\\", "/")).parts
    chosen = [model for model in models if model.parts[-len(wanted) :] == wanted or not wanted]
    if models and not chosen:
        raise InputError(
            f"{source} holds no model {inside!r}.", f"Those it holds: {', '.join(map(str, models))}."
        )
    return chosen


def _place(paths: Sequence[PurePosixPath], folder: PurePosixPath) -> Place:
    own = [path.relative_to(folder) for path in paths if path.is_relative_to(folder)]
    inside: dict[str, set[str]] = {}
    for path in own:
        if path.parts[0].startswith("fold_") and len(path.parts) > 1:
            inside.setdefault(path.parts[0], set())
            if len(path.parts) == 2:
                inside[path.parts[0]].add(path.name)
    folds = sort_folds(inside)
    wanted = {PurePosixPath(name) for name in DESCRIPTION}
    wanted |= {PurePosixPath(name, CHECKPOINT) for name in folds.names}
    files = tuple(sorted(wanted & set(own)))
    return Place(folder, files, folds, len(paths) - len(files))


def why_no_model(paths: Sequence[PurePosixPath], source: Path) -> ModelError:
    """What lies in a folder or an archive that is no model, and what to do about it."""
    if (source / TRAINING).is_file():
        return ModelError(
            f"{source} holds a training that is not finished.",
            "Continue it with the command that began it: nbradiomics train.",
        )
    names = {path.name for path in paths}
    models = find_models(paths)
    if models:
        found = ", ".join(str(source / model) for model in models)
        return ModelError(f"{source} is no model itself, but holds {found}.", "Give that folder.")
    if "plans.pkl" in names or any(name.endswith((".model", ".model.pkl")) for name in names):
        return ModelError(
            f"{source} holds a model of nnU-Net version 1 (plans.pkl, *.model), which version 2 cannot read.",
            "Convert its training data with nnUNetv2_convert_old_nnUNet_dataset, then plan and train with "
            "version 2.",
        )
    if source.name.startswith("ensemble___"):
        return ModelError(
            f"{source} is an ensemble of several configurations, which holds no network of its own.",
            "Give the folder of one of its members, Trainer__Plans__configuration.",
        )
    if source.name.startswith("fold_") and (source.parent / PLANS).is_file():
        return ModelError(f"{source} is one fold of a model.", f"Give its folder: {source.parent}.")
    if {"imagesTr", "preprocessed"} & {part for path in paths for part in path.parts}:
        return ModelError(f"{source} holds a data set and no trained model.", "Train a model on it first.")
    return ModelError(
        f"{source / PLANS} does not exist.",
        "Give the folder of an nnU-Net v2 model, which holds plans.json, dataset.json and fold_*/.",
    )
