"""Find a trained model in a folder or an archive, by the names of the files only.

nnU-Net writes ``Dataset/Trainer__Plans__configuration/`` with ``plans.json``, ``dataset.json`` and
``fold_*/checkpoint_final.pth``; users may give a folder above, below or beside it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nbradiomics.errors import AmbiguousError, InputError, ModelError

#: Remedy for a file that is damaged or was changed.
AGAIN = "Get the model again from its original source."
PLANS, DATASET, CHECKPOINT = "plans.json", "dataset.json", "checkpoint_final.pth"
#: Files of a model, beside the checkpoints, that are imported; nnU-Net does not need the last two.
DESCRIPTION = (PLANS, DATASET, "dataset_fingerprint.json", "card.json")
#: This file marks the folder of a training; unfinished files of the training are beside it.
TRAINING = "training/settings.json"
_FOLD = re.compile(r"fold_(\d+|all)")
#: Most levels of folders down to a checkpoint (dataset, trainer, fold).
_DEPTH = 4
_HERE = PurePosixPath()


@dataclass(frozen=True)
class Folds:
    """The complete folds of a model.

    Attributes
    ----------
    names
        Folders of the complete folds, in the order of their names.
    notes
        What was left out, with the reason.
    """

    names: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Location of a model, and its files that are imported.

    Attributes
    ----------
    folder
        Folder inside the source; ``.`` for the source itself.
    files
        Its files, relative to `folder`.
    folds
        Its folds.
    left_out
        Number of files of the source that are not imported.
    """

    folder: PurePosixPath
    files: tuple[PurePosixPath, ...]
    folds: Folds
    left_out: int


def sort_folds(files: Mapping[str, Collection[str]]) -> Folds:
    """Find the complete folds by the file names in each folder ``fold_*``.

    ``fold_all`` is used only if it is the only fold: it was trained on all cases, but the agreement of folds
    needs trainings on different cases.
    """
    complete, notes = [], []
    for name in sorted(files):
        begun = sorted(file for file in files[name] if file.endswith(".pth") and file != CHECKPOINT)
        if not _FOLD.fullmatch(name):
            notes.append(f"{name} is left out: folds must be called fold_0, fold_1 ... or fold_all.")
        elif CHECKPOINT in files[name]:
            complete.append(name)
        else:
            content = f"only {' and '.join(begun)}" if begun else "no checkpoint"
            notes.append(f"{name} is left out: it contains {content}, so its training did not end.")
    numbered = [name for name in complete if name != "fold_all"]
    last = max((int(name.removeprefix("fold_")) for name in numbered), default=-1)
    gaps = [name for name in map("fold_{}".format, range(last)) if name not in files]
    if gaps:
        notes.append(f"{', '.join(gaps)} missing or empty, although there is fold_{last}.")
    if numbered and len(numbered) < len(complete):
        notes.append(
            f"fold_all is left out: it was trained on all cases, {', '.join(numbered)} only on some."
        )
    return Folds(tuple(numbered or complete), tuple(notes))


def require_folds(folds: Folds, where: Path) -> None:
    """Raise `ModelError` unless at least one fold is complete; the message names the incomplete ones."""
    if not folds.names:
        raise ModelError(
            " ".join([f"{where} contains no fold_*/{CHECKPOINT}.", *folds.notes]),
            "Give the folder of a finished nnU-Net v2 training.",
        )


def folds_of(folder: Path) -> Folds:
    """Folds of a model's folder."""
    return sort_folds(
        {
            path.name: {
                file.name for file in path.iterdir()
            }  # other things than files are refused when they are read
            for path in folder.glob("fold_*")
            if path.is_dir()
        }
    )


def list_files(folder: Path) -> list[PurePosixPath]:
    """Files of a folder, relative to it, down to the level of a model's checkpoints in nnU-Net's results."""
    paths = []
    for root, folders, files in os.walk(folder):
        if (Path(root) / TRAINING).is_file():  # the files of a training may look like a model
            folders.remove(PurePosixPath(TRAINING).parts[0])
        inside = PurePosixPath(Path(root).relative_to(folder).as_posix())
        paths += [inside / name for name in files]
        # os.walk does not follow links to folders; a fold that is a link must not be overlooked.
        links = [name for name in folders if name.startswith("fold_") and (Path(root) / name).is_symlink()]
        paths += [inside / name / file.name for name in links for file in (Path(root) / name).iterdir()]
        if len(inside.parts) >= _DEPTH:
            folders.clear()
    return paths


def find_place(paths: Sequence[PurePosixPath], source: Path, inside: str | None = None) -> Place:
    """Find the model among the files of a folder or an archive.

    Parameters
    ----------
    paths
        All files, relative to the source.
    source
        Folder or archive, for messages.
    inside
        Folder of the model, or the end of its path, if there are several models.

    Raises
    ------
    ModelError
        When there is none; the message describes what the source contains instead.
    AmbiguousError
        When there are several and `inside` does not choose one.
    """
    models = _chosen(find_models(paths), source, inside)
    if not models:
        raise why_no_model(paths, source)
    if len(models) > 1:
        raise AmbiguousError(
            f"{source} contains {len(models)} models: {', '.join(map(str, models))}.",
            "Choose one: --inside PATH.",
        )
    place = _place(paths, models[0])
    require_folds(place.folds, source / place.folder)
    return place


def find_models(paths: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    """Folders with plans and folds; nnU-Net writes plans into folders of evaluations too."""
    plans = {path.parent for path in paths if path.name == PLANS}
    folds = {parent.parent for path in paths for parent in path.parents if parent.name.startswith("fold_")}
    return sorted(plans & folds or plans)


def _chosen(models: list[PurePosixPath], source: Path, inside: str | None) -> list[PurePosixPath]:
    if inside is None:
        # A model that was trained by this package may contain the files of its training below it.
        return [_HERE] if _HERE in models else models
    wanted = PurePosixPath(inside.replace("\\", "/")).parts
    chosen = [model for model in models if model.parts[-len(wanted) :] == wanted or not wanted]
    if models and not chosen:
        raise InputError(
            f"{source} contains no model {inside!r}.", f"It contains {', '.join(map(str, models))}."
        )
    return chosen


def _place(paths: Sequence[PurePosixPath], folder: PurePosixPath) -> Place:
    relative = [path.relative_to(folder) for path in paths if path.is_relative_to(folder)]
    inside: dict[str, set[str]] = {}
    for path in relative:
        if path.parts[0].startswith("fold_") and len(path.parts) > 1:
            inside.setdefault(path.parts[0], set())
            if len(path.parts) == 2:
                inside[path.parts[0]].add(path.name)
    folds = sort_folds(inside)
    wanted = {PurePosixPath(name) for name in DESCRIPTION}
    wanted |= {PurePosixPath(name, CHECKPOINT) for name in folds.names}
    files = tuple(sorted(wanted & set(relative)))
    return Place(folder, files, folds, len(paths) - len(files))


def why_no_model(paths: Sequence[PurePosixPath], source: Path) -> ModelError:
    """Explain why a folder or an archive is not a model, and what to do."""
    if (source / TRAINING).is_file():
        return ModelError(
            f"{source} contains an unfinished training.",
            "Continue it with the command that started it: nbradiomics train.",
        )
    names = {path.name for path in paths}
    models = find_models(paths)
    if models:
        listed = ", ".join(str(source / model) for model in models)
        return ModelError(f"{source} is not a model itself, but contains {listed}.", "Give that folder.")
    if "plans.pkl" in names or any(name.endswith((".model", ".model.pkl")) for name in names):
        return ModelError(
            f"{source} is a model of nnU-Net version 1 (plans.pkl, *.model), which version 2 cannot read.",
            "Convert its training data with nnUNetv2_convert_old_nnUNet_dataset, then plan and train with "
            "version 2.",
        )
    if source.name.startswith("ensemble___"):
        return ModelError(
            f"{source} is an ensemble of several configurations, which has no network of its own.",
            "Give the folder of one of its members, Trainer__Plans__configuration.",
        )
    if source.name.startswith("fold_") and (source.parent / PLANS).is_file():
        return ModelError(f"{source} is one fold of a model.", f"Give its folder: {source.parent}.")
    if {"imagesTr", "preprocessed"} & {part for path in paths for part in path.parts}:
        return ModelError(
            f"{source} contains a data set, but no trained model.", "Train a model on it first."
        )
    return ModelError(
        f"{source / PLANS} does not exist.",
        "Give the folder of an nnU-Net v2 model, with plans.json, dataset.json and fold_*/.",
    )
