"""PyRadiomics parameter files, read as they are, and the presets that ship with the package."""

from __future__ import annotations

import hashlib
import json
import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nbradiomics.errors import InputError
from nbradiomics.tables import read_text

# pykwalify would print what is wrong, which the error that is raised says.
logging.getLogger("pykwalify").addHandler(logging.NullHandler())

_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Parameters:
    """A valid PyRadiomics parameter file.

    Attributes
    ----------
    name
        Path or preset that it came from.
    text
        The file as it was written, comments included, for the provenance.
    content
        What the text says: the keys `setting`, `imageType`, `featureClass`, `voxelSetting`.
    """

    name: str
    text: str
    content: dict[str, Any]

    @property
    def label(self) -> int | None:
        """The label that the file names; ``None`` when it names none."""
        return (self.content.get("setting") or {}).get("label")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the content: the same for files that differ in comments or order alone."""
        return hashlib.sha256(json.dumps(self.content, sort_keys=True).encode()).hexdigest()


def presets() -> dict[str, Path]:
    """Shipped parameter files by name."""
    # A wheel carries `params/` inside the package, a checkout beside it.
    folder = next(path for path in (_PACKAGE / "params", _PACKAGE.parent / "params") if path.is_dir())
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_parameters(source: str | Path | Mapping[str, Any] | Parameters) -> Parameters:
    """Read and check PyRadiomics parameters.

    Parameters
    ----------
    source
        A parameter file, the name of a preset, or the content as a mapping.

    Raises
    ------
    InputError
        When there is no such file or preset, the file is no YAML, or PyRadiomics' own schema refuses
        it (an unknown key, a value out of range).
    """
    if isinstance(source, Parameters):
        return source
    if isinstance(source, Mapping):
        text = yaml.safe_dump(dict(source), sort_keys=False)
        return _checked("parameters given in Python", text)
    path = Path(source)
    if not path.is_file():
        if str(source) not in presets():
            raise InputError(
                f"no parameter file or preset {str(source)!r}.",
                f"Give the path of a PyRadiomics parameter file, or a preset: {', '.join(presets())}.",
            )
        path = presets()[str(source)]
    return _checked(str(source), read_text(path))


def _checked(name: str, text: str) -> Parameters:
    try:
        content = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise InputError(f"{name} is no valid YAML: {error}", "Correct the line that it names.") from error
    if not isinstance(content, dict):
        raise InputError(f"{name} holds no mapping of keys.", "Start from a preset in params/.")
    _check_schema(name, content)
    return Parameters(name, text, content)


def _check_schema(name: str, content: dict[str, Any]) -> None:
    from pykwalify.core import Core
    from pykwalify.errors import PyKwalifyException
    from radiomics import getParameterValidationFiles

    schema, functions = getParameterValidationFiles()
    with warnings.catch_warnings():
        # pykwalify loads PyRadiomics' validation functions through an interface that Python deprecates.
        warnings.filterwarnings("ignore", "the load_module", DeprecationWarning)
        try:
            Core(
                source_data=content or {"setting": {}}, schema_files=[schema], extensions=[functions]
            ).validate()
        # ValueError and TypeError come from PyRadiomics' own functions in the schema.
        except (PyKwalifyException, ValueError, TypeError) as error:
            found = error.msg if isinstance(error, PyKwalifyException) else str(error)
            raise InputError(
                f"{name} is no valid PyRadiomics parameter file: {found}",
                "Correct the keys or values that it names; see PyRadiomics' documentation of parameters.",
            ) from error
