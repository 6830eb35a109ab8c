"""The folder of a model while it is trained: what was asked for, what is done, and what makes it a model.

Everything that is not finished lies in ``training/`` in the model's folder; ``plans.json``, without which it
is no model, is written last. Nothing in ``training/`` can run code when a training is taken up again: it
holds JSON, images, plain arrays and checkpoints that are read as weights only.
"""

from __future__ import annotations

import json
import os
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
    """Folder of a model that is being trained; `open` makes it."""

    out: Path

    @classmethod
    def open(cls, out: Path, asked: Mapping[str, Any]) -> TrainingFolder:
        """Take a new folder for a training, or that of an unfinished one of the same command.

        Parameters
        ----------
        out
            Folder of the model.
        asked
            Everything that decides the weights, as JSON can hold it.

        Raises
        ------
        InputError
            When the folder holds a finished model, the training of another command, or anything else.
        """
        folder = cls(Path(out))
        now = json.loads(json.dumps({"nbradiomics": version("nbradiomics"), **asked}))
        folder.require_unfinished()
        if (folder.work / _SETTINGS).is_file():
            folder._require_same(now)
        else:
            write_text(json.dumps(now, indent=1), folder.work / _SETTINGS)
        return folder

    def require_unfinished(self) -> None:
        """Raise `InputError` where no training may be begun or taken up."""
        out = self.out
        if (out / PLANS).is_file():
            left = f" {self.work} (copies of the images) can be removed." if self.work.exists() else ""
            raise InputError(
                f"{out} holds a finished model.{left}", "Choose a new folder for another training."
            )
        begun = (self.work / _SETTINGS).is_file()
        if not begun and out.exists() and (not out.is_dir() or next(foreign_files(out), None)):
            raise InputError(
                f"{out} exists and is no unfinished training.", "Choose a new or an empty folder."
            )

    def _require_same(self, now: Mapping[str, Any]) -> None:
        path = self.work / _SETTINGS
        try:
            before = dict(read_own_json(path))
        except (ValueError, TypeError, OSError) as error:
            raise InputError(f"{path} cannot be read: {error}", f"Remove {self.work}.") from error
        found = differences(_settings(before), _settings(now))
        one, other = (each.get("cases", {}) for each in (before, now))
        changed = sum(one.get(name) != other.get(name) for name in {**one, **other})
        if changed:
            found.append(f"the files of {changed} cases are others (another --reader or --sequence, say)")
        if found:
            raise InputError(
                f"{self.out} holds the unfinished training of another command: {'; '.join(found)}.",
                f"Give the command with which it was begun, another folder, or remove {self.work}.",
            )

    @property
    def work(self) -> Path:
        """Where everything lies that is not finished."""
        return self.out / _WORK

    @property
    def model(self) -> Path:
        """The model as far as it is trained, in nnU-Net's arrangement."""
        return self.work / "model"

    @cached_property
    def workspace(self) -> Workspace:
        """Memory for what is done case by case."""
        return Workspace(self.work / "cache")

    def weights(self, fold: int) -> Path:
        """Weights of a fold that is trained to its end."""
        return self.model / f"fold_{fold}" / CHECKPOINT

    def state(self, fold: int) -> Path:
        """Where a fold stands that is not."""
        return self.work / "folds" / f"fold_{fold}.pth"

    def trace(self, fold: int) -> Path:
        """How far a fold is, for those who wait."""
        return self.work / "folds" / f"fold_{fold}.json"

    def prepared(self) -> list[str] | None:
        """Notes that `mark_prepared` was given; ``None`` before.

        Raises
        ------
        BrokenSealError
            When that, or a file that was there then, was changed since.
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
        """Say that the images are preprocessed, so that this is not done again while `files` are as now."""
        hashes = {path.relative_to(self.work).as_posix(): _hash(path) for path in files}
        write_sealed(self.work / _PREPARED, _PREPARED, {"notes": notes, "files": hashes})

    def finish(self, card: Card, *, keep: bool = False) -> Path:
        """Make the folder a model: copy weights and card, the plans last, and remove what led to it.

        Parameters
        ----------
        card
            What the model says of itself.
        keep
            Keep ``training/``.
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
    """SHA-256 of a file; what cannot be read has none."""
    try:
        require_regular(path)
        return file_hash(path)
    except (OSError, InputError):
        return ""


def _copy(source: Path, target: Path) -> None:
    with whole(target) as temporary:
        shutil.copyfile(source, temporary)
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())


def _settings(content: Mapping[str, Any]) -> dict[str, Any]:
    """All but the cases, whose hashes tell a reader nothing."""
    return {name: value for name, value in content.items() if name != "cases"}


def differences(before: Any, now: Any, name: str = "") -> list[str]:
    """Say where two mappings differ, one phrase for each value that does."""
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return [] if before == now else [f"{name} was {_short(before)}, now {_short(now)}"]
    found = []
    for key in [*before, *(key for key in now if key not in before)]:
        place = f"{name}.{key}" if name else str(key)
        if key not in now:
            found.append(f"{place} is gone")
        elif key not in before:
            found.append(f"{place} is new")
        else:
            found += differences(before[key], now[key], place)
    shown = 8
    return found if len(found) <= shown else [*found[:shown], f"and {len(found) - shown} more"]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
