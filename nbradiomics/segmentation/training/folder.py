"""The folder of a model during its training: settings, intermediate results, and the finished model.

All unfinished files are in ``training/`` in the model's folder; ``plans.json``, without which the folder is
not a model, is written last. No file in ``training/`` can run code when a training continues: there are only
JSON, images, plain arrays and checkpoints that are read as weights only.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from typing_extensions import TypedDict

from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import Workspace
from nbradiomics.files.atomic import whole, write_text
from nbradiomics.files.owned_folder import foreign_files
from nbradiomics.files.regular_file import read_own_json, require_regular
from nbradiomics.files.sealed import BrokenSealError, read_sealed, write_sealed
from nbradiomics.images.io import file_hash
from nbradiomics.segmentation.model_files.card import Card
from nbradiomics.segmentation.model_files.integrity import seal
from nbradiomics.segmentation.model_files.layout import CHECKPOINT, PLANS, TRAINING

_WORK, _SETTINGS = TRAINING.split("/")
_PREPARED = "prepared.json"


class _Prepared(TypedDict):
    notes: list[str]
    files: dict[str, str]


@dataclass(frozen=True)
class TrainingFolder:
    """Folder of a model that is being trained, from `open`."""

    out: Path

    @classmethod
    def open(cls, out: Path, requested: Mapping[str, Any]) -> TrainingFolder:
        """Open a new folder for a training, or the folder of an unfinished one of the same command.

        Parameters
        ----------
        out
            Folder of the model.
        requested
            Everything that determines the weights, ready for JSON.

        Raises
        ------
        InputError
            When the folder contains a finished model, the training of another command, or other files.
        """
        folder = cls(Path(out))
        settings = json.loads(json.dumps({"nbradiomics": version("nbradiomics"), **requested}))
        folder.require_unfinished()
        if (folder.work / _SETTINGS).is_file():
            folder._require_same(settings)
        else:
            write_text(json.dumps(settings, indent=1), folder.work / _SETTINGS)
        return folder

    def require_unfinished(self) -> None:
        """Raise `InputError` if no training may be started or continued in the folder."""
        out = self.out
        if (out / PLANS).is_file():
            note = f" {self.work} (copies of the images) can be removed." if self.work.exists() else ""
            raise InputError(
                f"{out} contains a finished model.{note}", "Choose a new folder for another training."
            )
        started = (self.work / _SETTINGS).is_file()
        if not started and out.exists() and (not out.is_dir() or next(foreign_files(out), None)):
            raise InputError(
                f"{out} exists, but is not an unfinished training.", "Choose a new or an empty folder."
            )

    def _require_same(self, settings: Mapping[str, Any]) -> None:
        path = self.work / _SETTINGS
        try:
            before = dict(read_own_json(path))
        except (ValueError, TypeError, OSError) as error:
            raise InputError(f"{path} cannot be read: {error}", f"Remove {self.work}.") from error
        changes = differences(_settings(before), _settings(settings))
        one, other = (each.get("cases", {}) for each in (before, settings))
        changed = sum(one.get(name) != other.get(name) for name in {**one, **other})
        if changed:
            changes.append(
                f"the files of {changed} cases differ (for example, another --reader or --sequence)"
            )
        if changes:
            raise InputError(
                f"{self.out} contains the unfinished training of another command: {'; '.join(changes)}.",
                f"Repeat the command that started it, choose another folder, or remove {self.work}.",
            )

    @property
    def work(self) -> Path:
        """Folder of all unfinished files."""
        return self.out / _WORK

    @property
    def model(self) -> Path:
        """Folder of the model as far as it is trained, in nnU-Net's layout."""
        return self.work / "model"

    @cached_property
    def workspace(self) -> Workspace:
        """Stored results of steps that work case by case."""
        return Workspace(self.work / "cache")

    def weights(self, fold: int) -> Path:
        """Path of the final weights of a fold."""
        return self.model / f"fold_{fold}" / CHECKPOINT

    def state(self, fold: int) -> Path:
        """Path of the intermediate state of an unfinished fold."""
        return self.work / "folds" / f"fold_{fold}.pth"

    def trace(self, fold: int) -> Path:
        """Path of the progress of a fold, for the progress display."""
        return self.work / "folds" / f"fold_{fold}.json"

    def prepared(self) -> list[str] | None:
        """Return the notes of `mark_prepared`; ``None`` if it was not called yet.

        Raises
        ------
        BrokenSealError
            When the record or a file in it was changed since then.
        """
        try:
            content = read_sealed(self.work / _PREPARED, _PREPARED, _Prepared)
        except FileNotFoundError:
            return None
        for name, known in content["files"].items():
            if _hash(self.work / name) != known:
                raise BrokenSealError(str(self.work / name))
        return list(content["notes"])

    def mark_prepared(self, notes: list[str], files: Iterable[Path]) -> None:
        """Record that the images are preprocessed; this is not repeated while `files` are unchanged."""
        hashes = {path.relative_to(self.work).as_posix(): _hash(path) for path in files}
        write_sealed(self.work / _PREPARED, _PREPARED, {"notes": notes, "files": hashes})

    def finish(self, card: Card, *, keep: bool = False) -> Path:
        """Finish the model: copy weights and card, the plans last, and remove the files of the training.

        Parameters
        ----------
        card
            The model's card.
        keep
            Whether to keep ``training/``.
        """
        seal(card, self.model)
        for source in sorted(self.model.rglob("*")):
            if source.is_file() and source != self.model / PLANS:
                _copy(source, self.out / source.relative_to(self.model))
        _copy(self.model / PLANS, self.out / PLANS)
        if not keep:
            shutil.rmtree(self.work)
        return self.out


def _hash(path: Path) -> str:
    """SHA-256 of a file; empty if it cannot be read."""
    try:
        require_regular(path)
        return file_hash(path)
    except (OSError, InputError):
        return ""


def _copy(source: Path, target: Path) -> None:
    with whole(target) as temporary:
        shutil.copyfile(source, temporary)


def _settings(content: Mapping[str, Any]) -> dict[str, Any]:
    """All settings except the cases, whose hashes mean nothing to users."""
    return {name: value for name, value in content.items() if name != "cases"}


def differences(before: Any, now: Any, name: str = "") -> list[str]:
    """Describe the differences of two mappings, one phrase for each value."""
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return [] if before == now else [f"{name} was {_short(before)}, now {_short(now)}"]
    changes = []
    for key in [*before, *(key for key in now if key not in before)]:
        place = f"{name}.{key}" if name else str(key)
        if key not in now:
            changes.append(f"{place} is missing")
        elif key not in before:
            changes.append(f"{place} is new")
        else:
            changes += differences(before[key], now[key], place)
    shown = 8
    return changes if len(changes) <= shown else [*changes[:shown], f"and {len(changes) - shown} more"]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
