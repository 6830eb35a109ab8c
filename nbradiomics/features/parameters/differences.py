"""Name the settings in which two parameter files differ, and find the file of a feature table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nbradiomics.errors import InputError
from nbradiomics.features.parameters.file import SECTION, Parameters, load_parameters
from nbradiomics.features.parameters.values_hash import DEFAULTS, value_settings, values_hash
from nbradiomics.files.regular_file import read_own_json
from nbradiomics.files.yaml_reader import YamlError, read_yaml
from nbradiomics.tables.same_parameters import OtherParametersError

#: Table of features and record of a run, in the same folder.
_FEATURES, _RECORD = "features.parquet", "provenance.json"


def setting_differences(here: Parameters, there: Parameters) -> list[str]:
    """The settings on which values depend and in which two parameter files differ, in words.

    Image types that only `there` requests do not count.
    """
    images = here.content.get("imageType") or {"Original": {}}
    ours, theirs = _flat(here), _flat(there)
    different = [key for key in sorted(ours.keys() | theirs.keys()) if ours.get(key) != theirs.get(key)]
    return [
        f"{key} is {_shown(key, theirs)} there and {_shown(key, ours)} here"
        for key in different
        if not key.startswith("imageType.") or key.split(".")[1] in images
    ]


def recorded_parameters(features: Path) -> Parameters | None:
    """Parameters of the run in whose folder a feature table is; None if there is no such run."""
    if features.name != _FEATURES:
        return None
    try:
        text = read_own_json(features.with_name(_RECORD))["parameters"]
        return load_parameters(read_yaml(str(text), _RECORD).content or {})
    except (OSError, ValueError, LookupError, TypeError, YamlError, InputError):
        return None


@contextmanager
def differences_named(here: Parameters | None, features: Path) -> Iterator[None]:
    """Name the settings when features of other parameters are refused, if both files are known.

    Parameters
    ----------
    here
        Parameters of the models; None if they are not known.
    features
        File of the feature table that may be refused.
    """
    try:
        yield
    except OtherParametersError as error:
        there = recorded_parameters(features)
        if here is None or there is None:
            raise
        if {values_hash(here), values_hash(there)} != {*error.ours, *error.theirs}:
            raise  # the record is that of another table
        listed = "; ".join(setting_differences(here, there))
        raise InputError(f"{error.problem} {listed[:1].upper()}{listed[1:]}.", error.remedy) from error


def _flat(parameters: Parameters) -> dict[str, Any]:
    own = parameters.own
    section = {"ibsi": asdict(own.ibsi), "crop": own.crop, "ivh": own.families.ivh.stated}
    return dict(_leaves("", {**value_settings(parameters), SECTION: section}))


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, part in value.items():
            yield from _leaves(f"{name}.{key}" if name else str(key), part)
    elif value != {}:
        yield name, value


def _shown(key: str, values: Mapping[str, Any]) -> str:
    if key in values:
        return str(values[key])
    name = key.removeprefix("setting.")
    return f"{DEFAULTS[name]} (the default)" if name != key and name in DEFAULTS else "not set"
