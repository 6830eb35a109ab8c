"""Read the file of a processing grid, and check all of it before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field

from nbradiomics.errors import InputError
from nbradiomics.features.parameters import UNION, Parameters, load_parameters
from nbradiomics.features.parameters.file import parameters_of
from nbradiomics.features.parameters.keys import SETTINGS
from nbradiomics.features.parameters.unused import unused_settings
from nbradiomics.features.processing.alteration import Alteration, ProcessingGrid, effective
from nbradiomics.files.names import absolute_path
from nbradiomics.files.regular_file import is_regular
from nbradiomics.files.yaml_reader import MOST_BYTES, read_yaml
from nbradiomics.messages.wording import quoted
from nbradiomics.settings import Settings
from nbradiomics.tables import ORIGINAL, read_text

#: Largest number of alterations: each one extracts the whole cohort again.
MOST_ALTERATIONS = 200
#: Largest distance of erosion and dilation in mm.
_MOST_MM = 50.0
_Distance = Annotated[float, Field(ge=-_MOST_MM, le=_MOST_MM)]
_EXAMPLE = "For example `no normalisation: {setting: {normalize: false}}`, or `eroded 1 mm: {mask_mm: -1}`."


class Change(Settings):
    """What an alteration changes in the reference."""

    setting: dict[str, Any] | None = Field(default=None, description="Settings of PyRadiomics.")
    imageType: dict[str, dict[str, Any] | None] | None = Field(  # noqa: N815 - PyRadiomics' name
        default=None, description="Image types that are added, or whose settings are changed."
    )
    nbradiomics: dict[str, Any] | None = Field(
        default=None, description="Options of this package in the parameter file."
    )
    mask_mm: _Distance | list[_Distance] | None = Field(
        default=None, description="Distance in mm by which the mask is dilated, or eroded if negative."
    )


class GridFile(Settings):
    """A processing grid: the reference pipeline, and what is changed in it."""

    reference: str | dict[str, Any] = Field(description="Parameter file, preset, or its content.")
    alterations: dict[str, Change] = Field(description="What each alteration changes, by its name.")


def load_grid(source: str | Path | Mapping[str, Any] | ProcessingGrid) -> ProcessingGrid:
    """Read a processing grid and check every alteration.

    A setting with a list of values, where PyRadiomics expects one value, gives one alteration for each; so
    does a list of lists where PyRadiomics expects a list.

    Parameters
    ----------
    source
        A file, or its content as a mapping. The path of a parameter file is relative to the file's folder.

    Raises
    ------
    InputError
        When the file or a parameter file cannot be read, has an unknown key or a value out of range, two
        alterations have the same name or the same values, or an alteration changes nothing.

    Examples
    --------
    >>> bins = {"setting": {"binWidth": [10, 25]}}
    >>> grid = load_grid({"reference": "t2w_mr_1mm", "alterations": {"bins": bins}})
    >>> [alteration.name for alteration in grid.alterations]
    ['bins 10', 'bins 25']
    """
    if isinstance(source, ProcessingGrid):
        return source
    name, text, content, folder = _content(source)
    try:
        file = GridFile(**content)
    except InputError as error:
        raise InputError(f"{name}: {error.problem}", error.remedy) from error
    reference = _reference(file.reference, name, folder)
    if not file.alterations:
        raise InputError(f"{name} has no alterations.", _EXAMPLE)
    found = [
        _altered(name, reference, label, change)
        for label, entry in file.alterations.items()
        for label, change in _each(name, label, entry)
    ]
    grid = ProcessingGrid(name, reference, tuple(found), text)
    _require_different(grid)
    return grid


def _content(source: str | Path | Mapping[str, Any]) -> tuple[str, str, dict[str, Any], Path]:
    """Name, text and content of the grid, and the folder to which its paths are relative."""
    if isinstance(source, Mapping):
        name, folder, text = "the processing grid", Path(), yaml.safe_dump(dict(source), sort_keys=False)
    else:
        name, folder = str(source), Path(source).parent
        text = read_text(Path(source), "processing grid", most=MOST_BYTES)
    content = read_yaml(text, name).content
    if not isinstance(content, dict):
        raise InputError(f"{name} has no keys.", "Its keys are reference and alterations.")
    return name, text, content, folder


def _reference(value: str | dict[str, Any], name: str, folder: Path) -> Parameters:
    if isinstance(value, str):
        file = absolute_path(folder, value)
        parameters = load_parameters(file if is_regular(file) else value)
    else:
        parameters = parameters_of(value, f"{name}: the reference")
    if parameters.own.crop == UNION:
        raise InputError(
            f"{name}: the reference has crop: union, so that the features of a mask depend on other masks.",
            "Use crop: mask: a grid measures each mask alone.",
        )
    return parameters


def _each(name: str, label: str, entry: Change) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the alterations of an entry: one, or one for each value of its list of values."""
    if not label.strip() or "/" in label or label in (ORIGINAL, "reference"):
        raise InputError(
            f"{name}: an alteration cannot be called {quoted(label)}.",
            f"Use another name, without '/'; {ORIGINAL} is the reference itself.",
        )
    change = {key: value for key, value in entry.stated().items() if value is not None}
    if not change:
        raise InputError(f"{name}: the alteration {quoted(label)} changes nothing.", _EXAMPLE)
    lists = [(place, values) for place, values in _places(change) if _is_several(place[-1], values)]
    if not lists:
        yield label, change
        return
    if len(lists) > 1:
        keys = " and ".join(".".join(place) for place, _ in lists)
        raise InputError(
            f"{name}: the alteration {quoted(label)} has lists of values for {keys}.",
            "Give a list of values to one key only; write the others as alterations of their own.",
        )
    place, values = lists[0]
    for value in values:
        yield f"{label} {_short(value)}", _with(change, place, value)


def _places(
    content: Mapping[str, Any], before: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _places(value, (*before, key))
        else:
            yield (*before, key), value


def _is_several(key: str, value: Any) -> bool:
    """Whether a value is a list of values: a list where one value is expected, or a list of lists."""
    if not isinstance(value, list) or not value:
        return False
    return key not in SETTINGS or not SETTINGS[key].listed or all(isinstance(part, list) for part in value)


def _short(value: Any) -> str:
    if isinstance(value, list):
        return " x ".join(map(_short, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _with(change: dict[str, Any], place: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Copy a change with another value at a place."""
    copy = deepcopy(change)
    inner = copy
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return copy


def _altered(name: str, reference: Parameters, label: str, change: dict[str, Any]) -> Alteration:
    """Make the parameters of an alteration, checked as every parameter file is."""
    where = f"{name}: the alteration {quoted(label)}"
    mask_mm = float(change.pop("mask_mm", 0.0))
    if "label" in (change.get("setting") or {}):
        raise InputError(
            f"{where} changes the label, which chooses another region.", "Set the label in the reference."
        )
    content = read_yaml(reference.text, reference.name).content or {}
    parameters = parameters_of(_merged(content, change), where)
    if parameters.own.crop == UNION:
        raise InputError(f"{where} has crop: union.", "A grid measures each mask alone.")
    _require_effect(where, reference, parameters, mask_mm)
    return Alteration(label, parameters, mask_mm)


def _merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Merge mappings key by key; any other value replaces the one of the base."""
    result = deepcopy(dict(base))
    for key, value in change.items():
        inner = result.get(key)
        both = isinstance(value, Mapping) and (isinstance(inner, Mapping) or inner is None)
        result[key] = _merged(inner or {}, value) if both else value
    return result


def _require_effect(where: str, reference: Parameters, parameters: Parameters, mask_mm: float) -> None:
    """Raise `InputError` if the alteration equals the reference, or a changed setting has no effect."""
    idle = [text for text in unused_settings(parameters) if _is_changed(text, reference, parameters)]
    if idle:
        raise InputError(f"{where}: {' '.join(idle)}", "Remove this setting, or add what it needs.")
    if effective(parameters) == effective(reference) and not mask_mm:
        raise InputError(
            f"{where} equals the reference: its agreement would be perfect, and mean nothing.",
            "Change a value, or remove the alteration.",
        )


def _is_changed(sentence: str, reference: Parameters, parameters: Parameters) -> bool:
    """Whether the setting that a sentence begins with differs from the reference.

    Without normalisation the scale of the reference has no effect, and is meant to have none.
    """
    key = sentence.split(" ", 1)[0]
    place = key.split(".") if "." in key else ["setting", key]
    values = []
    for content in (reference.content, parameters.content):
        value: Any = content
        for part in place:
            value = (value or {}).get(part)
        values.append(value)
    return bool(values[0] != values[1])


def _require_different(grid: ProcessingGrid) -> None:
    """Raise `InputError` for two alterations of the same name or values, or for too many."""
    if len(grid.alterations) > MOST_ALTERATIONS:
        raise InputError(
            f"{grid.name} has {len(grid.alterations)} alterations; at most {MOST_ALTERATIONS} were expected.",
            "Divide the grid into several files.",
        )
    for position, one in enumerate(grid.alterations):
        for other in grid.alterations[:position]:
            if one.name == other.name:
                raise InputError(
                    f"{grid.name} has two alterations {quoted(one.name)}.", "Rename one of them."
                )
            same = effective(one.parameters) == effective(other.parameters)
            if same and one.mask_mm == other.mask_mm:
                raise InputError(
                    f"{grid.name}: the alterations {quoted(one.name)} and {quoted(other.name)} are the same.",
                    "Remove one of them.",
                )
