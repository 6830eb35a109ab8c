"""Read steps from a short form, a list, or a YAML file; refuse orders that make no sense."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import require_regular
from nbradiomics.files.yaml_reader import read_yaml
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import quoted
from nbradiomics.preparation.apply import JOINED
from nbradiomics.preparation.order import require_order
from nbradiomics.preparation.steps.bias_field import N4
from nbradiomics.preparation.steps.diffusion import AnisotropicDiffusion
from nbradiomics.preparation.steps.non_local_means import NonLocalMeans
from nbradiomics.preparation.steps.nyul import Nyul
from nbradiomics.preparation.steps.percentile import Percentile
from nbradiomics.preparation.steps.registration import Register
from nbradiomics.preparation.steps.resampling import Resample
from nbradiomics.preparation.steps.step import Step
from nbradiomics.preparation.steps.white_stripe import WhiteStripe
from nbradiomics.preparation.steps.z_score import ZScore

#: All steps by the word that chooses them.
STEPS: dict[str, type[Step]] = {
    step.kind: step
    for step in (
        Register,
        N4,
        AnisotropicDiffusion,
        NonLocalMeans,
        ZScore,
        Percentile,
        WhiteStripe,
        Nyul,
        Resample,
    )
}
#: Other words for a step with its defaults.
_ALIASES = {"denoise": AnisotropicDiffusion.kind}
#: Between parameters; ``_`` in the name of a variant, but not inside a value such as the channel T1_late.
_SEPARATOR = re.compile(r":|_(?=[a-z]+=)")
_ENDINGS = (".yaml", ".yml")
_FORM = "Write steps like n4,ad,zscore, with parameters like n4:shrink=2,zscore:over=body."


def read_steps(steps: str | Path | Sequence[Any]) -> tuple[Step, ...]:
    """Read steps, in their order.

    Parameters
    ----------
    steps
        A short form such as ``n4:shrink=2,denoise,zscore:over=body`` (``denoise`` stands for ``ad``,
        anisotropic diffusion with its preset); or a YAML file with a list; or a list of short forms, of
        mappings such as ``{n4: {shrink: 2}}``, and of steps. The name of a variant (``n4_shrink=2+zscore``)
        is a short form too.

    Raises
    ------
    InputError
        When a step or a parameter is unknown, a value is not allowed, or the order makes no sense.

    Examples
    --------
    >>> [step.name for step in read_steps("n4:shrink=2,denoise,zscore")]
    ['n4_shrink=2', 'ad', 'zscore']
    """
    if isinstance(steps, Path) or (isinstance(steps, str) and steps.endswith(_ENDINGS)):
        return _from_file(Path(steps))
    items = steps.replace("+", ",").split(",") if isinstance(steps, str) else steps
    found = tuple(_step(item) for item in items)
    if not found:
        raise InputError("no step was given.", _FORM)
    require_order(found)
    return found


def steps_of_variant(variant: str) -> tuple[Step, ...]:
    """Steps after which a variant is named, also of preparations one after the other; others are left out."""
    found: list[Step] = []
    for name in variant.split(JOINED):
        with suppress(InputError):
            found.append(_from_short_form(name))
    return tuple(found)


def _from_file(path: Path) -> tuple[Step, ...]:
    if not path.exists():
        raise InputError(f"{path} does not exist.", f"Give a YAML file of steps. {_FORM}")
    require_regular(path)
    try:
        content = read_yaml(path.read_text(encoding="utf-8"), str(path)).content
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not a text in UTF-8.", "Save it as UTF-8.") from error
    if not isinstance(content, list):
        raise InputError(f"{path} is no list of steps.", "Write a step in each line, such as `- n4`.")
    try:
        return read_steps(content)
    except InputError as error:
        raise InputError(f"{path}: {error.problem}", error.remedy) from error


def _step(item: Any) -> Step:
    if isinstance(item, Step):
        return item
    if isinstance(item, str):
        return _from_short_form(item.strip())
    if isinstance(item, Mapping) and len(item) == 1:
        [(kind, values)] = item.items()
        if values is None or isinstance(values, Mapping):
            return _made(str(kind), dict(values or {}))
    raise InputError(f"{quoted(item)} is no step.", _FORM)


def _from_short_form(text: str) -> Step:
    kind, *given = _SEPARATOR.split(text)
    values: dict[str, Any] = {}
    for part in given:
        name, equals, value = (word.strip() for word in part.partition("="))
        if not (name and equals and value):
            raise InputError(f"{quoted(text)}: {quoted(part)} is no parameter with a value.", _FORM)
        if name in values:
            raise InputError(f"{quoted(text)}: {name} is given twice.", "Give it once.")
        values[name] = value
    return _made(kind.strip(), values)


def _made(kind: str, values: Mapping[str, Any]) -> Step:
    kind = _ALIASES.get(kind, kind)
    if kind not in STEPS:
        guess = did_you_mean(kind, [*STEPS, *_ALIASES])
        raise InputError(f"{quoted(kind)} is no step.", f"{guess}Steps: {', '.join([*STEPS, *_ALIASES])}.")
    try:
        return STEPS[kind](**values)
    except InputError as error:
        raise InputError(f"step {kind}: {error.problem}", error.remedy) from error
