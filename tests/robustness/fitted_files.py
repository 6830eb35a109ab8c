"""Landmarks and models of habitats of other cohorts: damaged, changed by hand, or hostile."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbradiomics.files.checked_json import write_checked
from nbradiomics.preparation.landmarks import Fit, Landmarks
from nbradiomics.preparation.steps.nyul import Nyul
from nbradiomics.preparation.steps.step import Measured
from tests.reliability.harness import Bounds, Kind, Variant
from tests.support.helpers import two_readers

_BOUNDS = Bounds(seconds=60, megabytes=3000)
_MODEL: dict[str, Any] = {
    "format": "nbradiomics habitats 1", "channels": [""], "units": [""], "variant": "original",
    "method": "mixture", "errors": "none", "error_channels": [], "centre": [100.5], "scale": [12.25],
    "weights": [0.25, 0.75], "means": [[-1.5], [0.5]], "covariances": [[[0.2]], [[0.3]]], "subjects": 12,
    "voxels": 5000, "images": ["0123456789abcdef"], "seed": 0,
}  # fmt: skip
_COMMANDS = {
    "landmarks.json": "prepare cohort.csv --steps nyul:over=image --landmarks landmarks.json --out o.csv",
    "model.json": "habitats cohort.csv --model model.json --out o.csv",
}
_REFUSED = r"Error: {} (is no file of landmarks|is not a model of habitats|cannot be read)"


def _landmarks() -> dict[str, Any]:
    step = Nyul(over="image")
    numbers = tuple(map(float, range(11)))
    images = {name: Measured(fingerprint=name * 64, numbers=numbers) for name in "ab"}
    fit = Fit(sequence="unspecified", channel="", name="all", subjects=2, landmarks=step.fit(images))
    return Landmarks(steps=step.name, fits=(fit,)).model_dump(mode="json")


def _variant(
    file: str, name: str, change: Callable[[Path], object], *says: str, bounds: Bounds | None = None
) -> Variant:
    def write(folder: Path) -> None:
        two_readers(folder, 2)
        write_checked(_MODEL if file == "model.json" else _landmarks(), folder / file)
        change(folder / file)

    def nothing_left(folder: Path) -> None:
        assert not (folder / "o.csv").exists()
        assert not list(folder.rglob("*_prepared/*/*")) + list(folder.rglob("*_habitats/*.nii.gz"))

    says = (_REFUSED.format(re.escape(file)), *says)
    return Variant(f"{file}: {name}", write, _COMMANDS[file], 1, says, (), nothing_left, bounds)


def _text(change: Callable[[str], str]) -> Callable[[Path], object]:
    return lambda path: path.write_text(change(path.read_text("utf-8")), "utf-8")


def _digit(path: Path) -> None:
    """Another digit in the last number of the content."""
    text = path.read_text("utf-8")
    place = [found.start() for found in re.finditer(r"\d\.\d", text)][-1]
    path.write_text(f"{text[:place]}{9 - int(text[place])}{text[place + 1 :]}", "utf-8")


def _content(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    """Change the content, and write the checksum that belongs to it: a file by someone who knows how."""

    def changed(path: Path) -> None:
        content = json.loads(path.read_text("utf-8"))
        content.pop("sha256")
        change(content)
        write_checked(content, path)

    return changed


def _instead(make: Callable[[Path], object]) -> Callable[[Path], object]:
    def change(path: Path) -> None:
        path.unlink()
        make(path)

    return change


def _both(
    name: str, change: Callable[[Path], object], *says: str, bounds: Bounds | None = None
) -> list[Variant]:
    return [_variant(file, name, change, *says, bounds=bounds) for file in _COMMANDS]


def _scale(content: dict[str, Any]) -> list[float]:
    scale: list[float] = content["fits"][0]["landmarks"]["scale"]
    return scale


FITTED = Kind(
    "Landmarks and models of habitats that are damaged, changed or hostile",
    "refused before any image is opened, in one sentence that names the file: they have a checksum",
    [
        *_both("a digit changed", _digit, "damaged, or was changed"),
        *_both("no checksum", _text(lambda text: re.sub(r',\s*"sha256": "\w+"', "", text)), "no checksum"),
        *_both("a key more", _text(lambda text: text.replace("{", '{"more": 1,', 1)), "was changed"),
        *_both("cut", _text(lambda text: text[:-40])),
        *_both("empty", _text(lambda _text: "")),
        *_both("a list", _text(lambda _text: "[]"), "no JSON object"),
        *_both("NaN", _text(lambda text: re.sub(r"\d+\.\d+", "NaN", text, count=1)), "was changed"),
        *_both("lists within lists", _text(lambda _text: "[" * 100_000), "nested too deeply"),
        *_both("a number of 5,000 digits", _text(lambda _text: '{"seed": ' + "9" * 5000 + "}")),
        *_both("a named pipe", _instead(os.mkfifo), "named pipe", bounds=_BOUNDS),
        *_both("a device without end", _instead(lambda path: path.symlink_to("/dev/zero")), "device"),
        *_both("another version", _content(lambda one: one.update(format="nbradiomics 2")), "format"),
        *_both("a key more, with its checksum", _content(lambda one: one.update(more=1)), "more"),
        *_both("a key less, with its checksum", _content(lambda one: one.popitem()), "required"),
        _variant("landmarks.json", "a scale that goes down", _content(lambda one: _scale(one).reverse()),
                 "scale"),
        _variant("landmarks.json", "a scale of huge numbers",
                 _content(lambda one: _scale(one).__setitem__(-1, 1e300)), "scale"),
        _variant("landmarks.json", "a fit twice", _content(lambda one: one["fits"].append(one["fits"][0])),
                 "twice"),
        _variant("model.json", "weights that are no shares",
                 _content(lambda one: one.update(weights=[2.0, -1.0])), "add up to 1"),
        _variant("model.json", "a huge mean", _content(lambda one: one.update(centre=[1e300])), "too large"),
        _variant("model.json", "a spread below 0",
                 _content(lambda one: one.update(covariances=[[[-1.0]], [[1.0]]])), "positive definite"),
        _variant("model.json", "300 habitats",
                 _content(lambda one: one.update(weights=[1 / 300] * 300, means=[[0.0]] * 300,
                                                 covariances=[[[1.0]]] * 300)), "at most 254"),
    ],
)  # fmt: skip

KINDS: list[Kind] = [FITTED]
