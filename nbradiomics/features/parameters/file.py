"""PyRadiomics parameter files, read unchanged, and the presets that are shipped with the package.

A file may have an additional section, `nbradiomics`, for options that PyRadiomics does not have. The section
is removed before PyRadiomics' schema checks the file::

    nbradiomics:
      ibsi: true      # or a mapping of switches, see `parameters.ibsi.Ibsi`
      crop: mask      # or union: the region to which an image is cropped before it is filtered
      families: []    # families of the IBSI beside PyRadiomics' classes, see `parameters.families`
      limits: {}      # larger limits for unusual requests, see `limits.Limits`
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from nbradiomics.errors import InputError
from nbradiomics.features.parameters.families import KEYS, Families, families_of, require_room_for_balls
from nbradiomics.features.parameters.ibsi import Ibsi, ibsi_of, require_known, require_no_contradiction
from nbradiomics.features.parameters.limits import Limits, limits_of, require_within
from nbradiomics.features.parameters.rules import did_you_mean, require_sound, schema
from nbradiomics.files.regular_file import exists, is_regular, require_regular
from nbradiomics.files.yaml_reader import MOST_BYTES, read_yaml
from nbradiomics.images.fit import Fit
from nbradiomics.messages.wording import quoted
from nbradiomics.system.quiet import quiet
from nbradiomics.tables import read_text

# pykwalify would print the problem, which the raised error already reports.
logging.getLogger("pykwalify").addHandler(logging.NullHandler())

_PACKAGE = Path(__file__).parents[2]
#: Name of the section of this package.
SECTION = "nbradiomics"
#: Regions to which an image may be cropped before it is filtered: the mask, or the union of all its masks.
UNION = "union"
CROPS = ("mask", UNION)
_KEYS = ("ibsi", "crop", *KEYS, "limits")
#: Largest number of characters of PyRadiomics' own message that is shown.
_LONGEST = 2000


@dataclass(frozen=True)
class Own:
    """Options of a file that PyRadiomics does not have: the section `nbradiomics`.

    Attributes
    ----------
    ibsi
        Switches that follow the IBSI instead of PyRadiomics.
    crop
        One of `CROPS`; PyRadiomics crops to the ``mask``.
    families
        Families of the IBSI that are measured beside PyRadiomics' classes.
    """

    ibsi: Ibsi = field(default_factory=Ibsi)
    crop: str = "mask"
    families: Families = field(default_factory=Families)

    def __str__(self) -> str:
        """Describe the departures from PyRadiomics' values, as shown in tables; empty if there are none.

        Families are columns of their own: they change no value of PyRadiomics.
        """
        chosen = [name for name, value in asdict(self.ibsi).items() if value not in (False, None)]
        parts = [f"ibsi: {' '.join(chosen)}"] if chosen else []
        return "; ".join([*parts, f"crop: {self.crop}"] if self.crop != "mask" else parts)

    @property
    def asks(self) -> bool:
        """Whether the options request anything that PyRadiomics does not do."""
        return self != Own()

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the section that request something that PyRadiomics does not do."""
        return tuple(
            name for name in ("ibsi", "crop", "families") if getattr(self, name) != getattr(Own(), name)
        )

    @property
    def stated(self) -> dict[str, Any]:
        """The section of a file with the same options."""
        return {"ibsi": asdict(self.ibsi), "crop": self.crop, **self.families.stated}

    @property
    def values(self) -> dict[str, Any]:
        """Options on which values depend; empty if all values are PyRadiomics' or do not depend on them."""
        departs = {"ibsi": asdict(self.ibsi), "crop": self.crop} if str(self) else {}
        return {**departs, **self.families.values}


@dataclass(frozen=True)
class Parameters:
    """A valid PyRadiomics parameter file.

    Attributes
    ----------
    name
        Path or preset from which it was read.
    text
        The original text of the file, with comments, for the provenance.
    content
        The part for PyRadiomics: the keys `setting`, `imageType`, `featureClass`, `voxelSetting`.
    own
        The part for this package.
    limits
        Limits of what is computed; they change no value.
    """

    name: str
    text: str
    content: dict[str, Any]
    own: Own = field(default_factory=Own)
    limits: Limits = field(default_factory=Limits)

    @property
    def label(self) -> int | None:
        """The label in the file; ``None`` if it has none."""
        return (self.content.get("setting") or {}).get("label")

    @property
    def fit(self) -> Fit:
        """How much a mask's grid may differ from its image's: `geometryTolerance` and `correctMask`."""
        setting = self.content.get("setting") or {}
        return Fit(setting.get("geometryTolerance"), bool(setting.get("correctMask", False)))

    @property
    def whole(self) -> dict[str, Any]:
        """The content with the section of this package: a file of it has the same values."""
        return {**self.content, SECTION: self.own.stated} if self.own.asks else dict(self.content)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the content: the same for files that differ only in comments or order.

        A section `nbradiomics` that requests nothing does not change it: the values are the same.
        """
        return hashlib.sha256(json.dumps(self.whole, sort_keys=True).encode()).hexdigest()


def presets() -> dict[str, Path]:
    """Return the shipped parameter files by name.

    Examples
    --------
    >>> "t2w_mr_1mm" in presets()
    True
    """
    # A wheel has `params/` inside the package, a checkout has it next to the package.
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
        When there is no such file or preset, the file is not YAML, PyRadiomics' own schema refuses it (an
        unknown key, a value out of range), a value passes the schema but would fail in every case
        (`rules.require_sound`), the section `nbradiomics` has an unknown key or value, or a setting requests
        implausibly much computation (`limits.require_within`).
    """
    if isinstance(source, Parameters):
        return source
    if isinstance(source, Mapping):
        return parameters_of(source, "parameters given in Python")
    path = Path(source)
    if not is_regular(path):
        if str(source) not in presets():
            if exists(path):
                require_regular(path)
            raise InputError(
                f"no parameter file or preset {quoted(str(source))}.",
                f"Give the path of a PyRadiomics parameter file, or a preset: {', '.join(presets())}.",
            )
        path = presets()[str(source)]
    return _checked(str(source), read_text(path, "parameter file", most=MOST_BYTES))


def parameters_of(content: Mapping[str, Any], name: str) -> Parameters:
    """Check the content of a parameter file that has this name in messages; see `load_parameters`."""
    return _checked(name, _written(name, content))


def _written(name: str, content: Mapping[str, Any]) -> str:
    try:
        return yaml.safe_dump(dict(content), sort_keys=False)
    except (
        yaml.YAMLError,
        ValueError,
        RecursionError,
    ) as error:  # ValueError: integers of thousands of digits
        raise InputError(
            f"{name} contain a value that cannot be written to a file: {error}",
            "Use numbers, text and lists.",
        ) from error


def _checked(name: str, text: str) -> Parameters:
    content = read_yaml(text, name).content
    content = {} if content is None else content
    if not isinstance(content, dict):
        raise InputError(f"{name} does not contain a mapping of keys.", "Start from a preset in params/.")
    own, limits = _own(name, content.pop(SECTION, None))
    _check_schema(name, content)
    require_sound(name, content)
    require_no_contradiction(name, own.ibsi, content.get("setting") or {})
    require_room_for_balls(name, own.families, content.get("setting") or {})
    require_within(name, content, limits)
    return Parameters(name, text, content, own, limits)


def _own(name: str, section: Any) -> tuple[Own, Limits]:
    """Read the section `nbradiomics`; an empty section requests nothing."""
    if section is None:
        return Own(), Limits()
    if not isinstance(section, Mapping):
        raise InputError(
            f"{name}: {SECTION} is {section!r}; a mapping was expected.",
            f"Its keys are {', '.join(_KEYS)}.",
        )
    require_known(name, SECTION, section, _KEYS)
    crop = section.get("crop", "mask")
    if crop not in CROPS:
        raise InputError(
            f"{name}: {SECTION}.crop is {crop!r}; one of {', '.join(CROPS)} was expected.",
            "Correct the value.",
        )
    ibsi = ibsi_of(name, section.get("ibsi", False))
    own = Own(ibsi=ibsi, crop=crop, families=families_of(name, section))
    return own, limits_of(name, section.get("limits"))


def _check_schema(name: str, content: dict[str, Any]) -> None:
    from pykwalify.core import Core
    from pykwalify.errors import PyKwalifyException

    rules, functions = schema()
    # pykwalify loads PyRadiomics' validation functions through an interface that Python deprecates.
    with quiet("the load_module", DeprecationWarning):
        try:
            Core(
                source_data=content or {"setting": {}}, schema_data=deepcopy(rules), extensions=[functions]
            ).validate()
        # ValueError and TypeError come from PyRadiomics' own functions in the schema.
        except (PyKwalifyException, ValueError, TypeError) as error:
            message = error.msg if isinstance(error, PyKwalifyException) else str(error)
            raise InputError(
                f"{name} is not a valid PyRadiomics parameter file: {_shortened(message)}",
                f"{did_you_mean(message)}Correct these keys or values; see PyRadiomics' documentation of "
                "parameters.",
            ) from error


def _shortened(message: str) -> str:
    """Shorten pykwalify's message, which repeats every wrong value in full."""
    return message if len(message) <= _LONGEST else f"{message[:_LONGEST]} ..."
