"""Damaged stored results and models."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from nbradiomics.segmentation.model_files.card import read_card
from nbradiomics.segmentation.model_files.integrity import seal
from tests.reliability.harness import Bounds, Kind, Variant
from tests.support.damage import flipped
from tests.support.helpers import call, two_readers
from tests.support.random_model import make_model

_EXTRACT = "extract cohort.csv --params params.yaml --out f.csv --work work --jobs 1"
_COMPARE = "compare cohort.csv --out f.csv --work work --jobs 1"
_PARAMS = "featureClass: {firstorder: [Mean, Range], shape: [VoxelVolume]}\n"
_WEIGHTS = "fold_0/checkpoint_final.pth"
_IMPORT = "model import ./model --models models"
#: The most that reading a file of a model or of a store may take, whatever it is.
_BOUNDS = Bounds(seconds=60, megabytes=3000)

Change = Callable[[list[Path]], object]


# --- stored results ---------------------------------------------------------------------------------


def _stored(name: str, change: Change, *, command: str = _EXTRACT, bounds: Bounds | None = None) -> Variant:
    """A run whose stored results are changed before the next run, which gives the same table and says so."""

    def write(folder: Path) -> None:
        two_readers(folder, 2)
        (folder / "params.yaml").write_text(_PARAMS)
        assert call(*command.split()) == 0
        os.replace("f.csv", "clean.csv")
        files = sorted((folder / "work").rglob("*.json"))
        assert len(files) > 1
        change(files)

    def same_table(folder: Path) -> None:
        assert (folder / "f.csv").read_bytes() == (folder / "clean.csv").read_bytes()
        assert call(*command.split()) == 0  # and what was made again is sound
        assert (folder / "f.csv").read_bytes() == (folder / "clean.csv").read_bytes()

    said = ("Note: Found damaged and computed again: [12] stored results? in work",)
    return Variant(name, write, command, 0, said, (), same_table, bounds)


def _content(change: Callable[[bytes], bytes]) -> Change:
    return lambda files: files[0].write_bytes(change(files[0].read_bytes()))


def _payload(change: Callable[[dict[str, Any]], object]) -> Change:
    """Change what is stored, and leave the line with the checksum."""

    def changed(content: bytes) -> bytes:
        first, text = content.split(b"\n", 1)
        payload = json.loads(text)
        change(payload)
        return first + b"\n" + json.dumps(payload).encode()

    return _content(changed)


def _instead(make: Callable[[Path], object]) -> Change:
    def change(files: list[Path]) -> None:
        files[0].unlink()
        make(files[0])

    return change


def _swap(files: list[Path]) -> None:
    one, other = (file.read_bytes() for file in files[:2])
    files[0].write_bytes(other)
    files[1].write_bytes(one)


def _socket(path: Path) -> None:
    before = Path.cwd()
    os.chdir(path.parent)  # the path of a socket may have about a hundred characters
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    finally:
        os.chdir(before)


def _digit(content: bytes) -> bytes:
    """Another digit in the last number."""
    found = re.compile(rb"(\d)(?=\D*$)").search(content)
    assert found
    return content[: found.start()] + b"%d" % (9 - int(found[1])) + content[found.end() :]


STORED = Kind(
    "Damaged stored results",
    "the result is computed again, and a note gives their number; the tables equal those of a clean run",
    [
        _stored("a bit flipped in the content", _content(lambda text: flipped(text, 8 * len(text) - 99))),
        _stored("a bit flipped in the checksum", _content(lambda text: flipped(text, 8 * 120))),
        _stored("a number changed", _content(_digit)),
        _stored("a value changed, in the same form", _payload(lambda one: one["values"].popitem())),
        _stored("a key dropped", _payload(lambda one: one.pop("missing"))),
        _stored("two results swapped", _swap),
        _stored("one result under the name of another", lambda files: shutil.copyfile(files[0], files[1])),
        _stored("cut", _content(lambda text: text[: len(text) // 2])),
        _stored("empty", _content(lambda _text: b"")),
        _stored("zeros", _content(lambda text: bytes(len(text)))),
        _stored("a number in place of an object", _content(lambda _text: b"5")),
        _stored("a list", _content(lambda _text: b"[1, 2]")),
        _stored("null", _content(lambda _text: b"null")),
        _stored("no checksum", _content(lambda text: text.split(b"\n", 1)[1])),
        _stored("no text", _content(lambda _text: bytes(range(256)))),
        _stored("lists within lists", _content(lambda _text: b"[" * 100_000)),
        _stored("a number of 5,000 digits", _content(lambda _text: b'{"values": ' + b"9" * 5000 + b"}")),
        _stored("a folder", _instead(Path.mkdir)),
        _stored("a link to nothing", _instead(lambda path: path.symlink_to("nowhere"))),
        _stored("a named pipe", _instead(os.mkfifo), bounds=_BOUNDS),
        _stored("a link to a device without end", _instead(lambda path: path.symlink_to("/dev/zero"))),
        _stored("a socket", _instead(_socket)),
        _stored("a file of 100 GB", lambda files: os.truncate(files[0], 100 * 1024**3), command=_COMPARE),
        _stored("a bit flipped in an agreement", _content(lambda text: flipped(text, 8 * len(text) - 99)),
                command=_COMPARE),
        _stored("two agreements swapped", _swap, command=_COMPARE),
    ],
)  # fmt: skip


# --- models -----------------------------------------------------------------------------------------


@cache
def _model() -> Path:
    """A small model with the hashes of its files, made once."""
    folder = make_model(Path(mkdtemp(prefix="nbradiomics-tests-")) / "model", folds=1)
    seal(read_card(folder), folder)
    return folder


def _copy(folder: Path, *, sealed: bool = True) -> Path:
    model = Path(shutil.copytree(_model(), folder / "model"))
    if not sealed:
        (model / "card.json").unlink()
    return model


def _model_variant(
    name: str,
    change: Callable[[Path], object],
    *says: str,
    sealed: bool = True,
    command: str = "model check ./model",
    bounds: Bounds | None = None,
) -> Variant:
    def write(folder: Path) -> None:
        two_readers(folder, 1)
        change(_copy(folder, sealed=sealed))

    def nothing_left(folder: Path) -> None:
        assert not list((folder / "models").glob("*"))

    return Variant(name, write, command, 1, says, (), nothing_left, bounds)


def _flip(name: str, place: float) -> Callable[[Path], object]:
    def change(model: Path) -> None:
        content = (model / name).read_bytes()
        (model / name).write_bytes(flipped(content, int(8 * place * len(content))))

    return change


def _replace(name: str, old: str, new: str) -> Callable[[Path], object]:
    def change(model: Path) -> None:
        text = (model / name).read_text(encoding="utf-8")
        assert old in text
        (model / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


DAMAGED = Kind(
    "Damaged models",
    "the model is refused; the file is named",
    [
        *[
            _model_variant(f"a bit flipped at {place:.0%} of a checkpoint", _flip(_WEIGHTS, place),
                           rf"{_WEIGHTS} is damaged or was changed")
            for place in (0, 0.1, 0.5, 0.9, 0.999)
        ],
        _model_variant("a bit flipped in a checkpoint of a model without a card", _flip(_WEIGHTS, 0.5),
                       rf"{_WEIGHTS}.*(damaged|cannot be read)", sealed=False),
        _model_variant("the same, imported", _flip(_WEIGHTS, 0.5), rf"{_WEIGHTS}.*(damaged|cannot be read)",
                       sealed=False, command=_IMPORT),
        _model_variant("a damaged model with a card, imported", _flip(_WEIGHTS, 0.9),
                       "is damaged", command=_IMPORT),
        _model_variant("another spacing in the plans", _replace("plans.json", "4.0, 3.0", "5.0, 3.0"),
                       r"plans\.json is damaged or was changed"),
        _model_variant("another label in the data set", _replace("dataset.json", "tumour", "tumous"),
                       r"dataset\.json is damaged or was changed"),
        _model_variant("a card that says more than it did",
                       _replace("card.json", "{", '{"orientation": "RAS",'),
                       r"card\.json is damaged or was changed"),
        _model_variant("a fold that is gone", lambda model: (model / _WEIGHTS).unlink(), "no fold"),
    ],
)  # fmt: skip


# --- JSON that no library bears ---------------------------------------------------------------------


def _bomb(where: str, what: str, text: str) -> Variant:
    def change(model: Path) -> None:
        content = json.loads((model / where).read_text()) if (model / where).exists() else {}
        inside = json.dumps(content)[1:].strip()
        rest = inside if inside == "}" else f", {inside}"
        (model / where).write_text(f'{{"training": {text}{rest}')

    name = re.escape(where)
    return _model_variant(f"{what} in {where}", change, name, sealed=False)


_BOMBS = {
    "lists 100,000 deep": "[" * 100_000 + "]" * 100_000,
    "lists 900 deep": "[" * 900 + "]" * 900,
    "objects 500 deep": '{"a":' * 500 + "1" + "}" * 500,
    "a number of 5,000 digits": "9" * 5000,
    "a number of 4,000 digits": "-" + "9" * 4000,
    "NaN": "NaN",
    "infinity": "-Infinity",
    "a number beyond all": "1e999",
    "half a character": r'"\ud800"',
}

BOMBS = Kind(
    "JSON in a model that is too deep, too large or not JSON",
    "the model is refused in one sentence that names the file",
    [
        *[_bomb(file, what, text) for file in ("plans.json", "dataset.json", "card.json")
          for what, text in _BOMBS.items()],
        _model_variant("plans of 80 MB",
                       lambda model: (model / "plans.json").write_text("[],\n" * 20_000_000),
                       r"plans\.json has more than", sealed=False),
        _model_variant("plans that are a list", lambda model: (model / "plans.json").write_text("[]"),
                       r"plans\.json contains no JSON object", sealed=False),
    ],
)  # fmt: skip


# --- what is no file of the model -------------------------------------------------------------------


def _special(
    what: str, name: str, make: Callable[[Path], object], *says: str, import_: bool = False
) -> Variant:
    """A file of a model that is something else."""

    def change(model: Path) -> None:
        (model / name).unlink(missing_ok=True)
        make(model / name)

    command = _IMPORT if import_ else "model check ./model"
    return _model_variant(
        f"{name}: {what}{', imported' if import_ else ''}",
        change,
        re.escape(name),
        *says,
        sealed=False,
        command=command,
        bounds=_BOUNDS if what == "a named pipe" and name in (_WEIGHTS, "plans.json") else None,
    )


def _secret(model: Path) -> None:
    """A link to a file of the user's that is not the model's."""
    (model.parent / "secret").write_text("{}")
    (model / "dataset_fingerprint.json").symlink_to(model.parent / "secret")


def _linked_fold(model: Path) -> None:
    os.replace(model / "fold_0", model.parent / "elsewhere")
    (model / "fold_0").symlink_to(model.parent / "elsewhere")


def _huge(model: Path) -> None:
    with open(model / _WEIGHTS, "ab") as file:
        file.truncate(30 * 1024**3)


NO_FILES = Kind(
    "Models with pipes, devices, sockets, links to other folders, or files of any size",
    "the model is refused; no command waits, and no file remains in the folder of models",
    [
        *[_special("a named pipe", name, os.mkfifo, "named pipe")
          for name in ("plans.json", "dataset.json", "card.json", _WEIGHTS)],
        _special("a named pipe", _WEIGHTS, os.mkfifo, "named pipe", import_=True),
        _special("a named pipe", "dataset_fingerprint.json", os.mkfifo, "named pipe", import_=True),
        _special("a socket", "card.json", _socket, "socket"),
        *[_special("a link to a device without end", name, lambda path: path.symlink_to("/dev/zero"),
                   "device", import_=True)
          for name in ("plans.json", "dataset_fingerprint.json", _WEIGHTS)],
        _special("a link to a device without end", "card.json", lambda path: path.symlink_to("/dev/zero"),
                 "device"),
        _special("a link to itself", "card.json", lambda path: path.symlink_to(path.name)),
        _special("a link to nothing", "card.json", lambda path: path.symlink_to("nowhere"), "does not exist"),
        _model_variant("a link to a file of the user's", _secret, "outside the model's folder",
                       command=_IMPORT),
        _model_variant("a fold that lies elsewhere", _linked_fold, "outside the model's folder",
                       command=_IMPORT),
        _model_variant("a fold that lies elsewhere, used", _linked_fold, "outside the model's folder",
                       command="segment cohort.csv --model ./model --out c.csv"),
        _model_variant("a checkpoint of 30 GB", _huge, "more than 20 GiB", command=_IMPORT, sealed=False),
        _model_variant("more than is allowed",
                       lambda model: (model / "dataset_fingerprint.json").write_text(" " * 2_000_000),
                       "more than 0.00", "--max-gb", command=f"{_IMPORT} --max-gb 0.001"),
    ],
)  # fmt: skip


KINDS: list[Kind] = [STORED, DAMAGED, BOMBS, NO_FILES]
