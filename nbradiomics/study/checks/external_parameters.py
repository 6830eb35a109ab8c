"""Compare the parameters of external features with those of a study, if a run left both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbradiomics.errors import InputError
from nbradiomics.features.parameters import SECTION, Parameters, load_parameters
from nbradiomics.files.regular_file import read_own_json
from nbradiomics.files.yaml_reader import YamlError, read_yaml
from nbradiomics.messages.problem import Problem

#: Table of features and record of a run, in the same folder.
_FEATURES, _RECORD = "features.parquet", "provenance.json"
#: Settings that change no value of a region.
_NO_VALUE = ("label", "label_channel", "additionalInfo")
_ABSENT = "not set"


def check_external_parameters(features: Path, parameters: Parameters) -> Iterator[Problem]:
    """Warn if the run that computed external features had other parameters than the study.

    Other features than those of the study do not count. Nothing is known of tables without the record of a
    run beside them.

    Parameters
    ----------
    features
        File of the external feature table.
    parameters
        Parameters of the study.
    """
    theirs = _recorded(features)
    if theirs is None:
        return
    ours, others = _values(parameters, parameters), _values(theirs, parameters)
    different = [
        f"{key} is {others.get(key, _ABSENT)} there and {ours.get(key, _ABSENT)} here"
        for key in sorted(ours.keys() | others.keys())
        if ours.get(key) != others.get(key)
    ]
    if different:
        found = f"these features were computed with other parameters: {'; '.join(different)}."
        remedy = "Compute them again with the parameters of this study, unless you know that they agree."
        yield Problem(str(features), "", "", "warning", found, remedy)


def _recorded(features: Path) -> Parameters | None:
    """Return the parameters of the run in whose folder the table is, if there is one."""
    if features.name != _FEATURES:
        return None
    try:
        text = read_own_json(features.with_name(_RECORD))["parameters"]
        return load_parameters(read_yaml(str(text), _RECORD).content or {})
    except (OSError, ValueError, LookupError, TypeError, YamlError, InputError):
        return None


def _values(parameters: Parameters, wanted: Parameters) -> dict[str, Any]:
    """Return what decides about the values of the wanted image types, by key."""
    setting = parameters.content.get("setting") or {}
    types = parameters.content.get("imageType") or {"Original": {}}
    images = wanted.content.get("imageType") or {"Original": {}}
    values = {f"setting.{name}": value for name, value in setting.items() if name not in _NO_VALUE}
    values |= {f"imageType.{name}": types[name] or {} for name in images if name in types}
    return values | ({SECTION: str(parameters.own)} if parameters.own.asks else {})
