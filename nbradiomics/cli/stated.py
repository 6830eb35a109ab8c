"""Options that are settings of a room: what they mean, their range and default are said by the room alone.

A command passes on what was given; what was not given is left to the settings. Their words are read when a
help text is shown, so that the command line itself loads nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import typer
from typer.core import TyperCommand, TyperOption

if TYPE_CHECKING:
    from nbradiomics.settings import Settings

Made = TypeVar("Made", bound="Settings")
_MARK = "setting "


def stated(home: str, *names: str, hint: str = "") -> Any:
    """An option that is a setting.

    Parameters
    ----------
    home
        Where it is stated: ``outcome.settings:ModelSettings.folds``, from the package's root.
    *names
        Names of the option, where they are not those of the parameter.
    hint
        How it is written on the command line, after its meaning.
    """
    return typer.Option(*names, help=f"{_MARK}{home} {hint}", show_default=False)


def given(kind: type[Made], **values: Any) -> Made:
    """Settings from what was given: options without a value are left to the settings."""
    return kind(**{name: value for name, value in values.items() if value is not None})


class StatedCommand(TyperCommand):
    """A command whose settings say themselves what they are."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help text."""
        for param in self.params:
            if isinstance(param, TyperOption) and (param.help or "").startswith(_MARK):
                param.help = _said(str(param.help).removeprefix(_MARK))
        super().format_help(ctx, formatter)


def _said(text: str) -> str:
    """What a setting says of itself, and how it is written on the command line."""
    from nbradiomics.settings.described import field_text

    home, _, hint = text.partition(" ")
    module, _, place = home.partition(":")
    kind, _, name = place.partition(".")
    field = getattr(import_module(f"nbradiomics.{module}"), kind).model_fields[name]
    return f"{field_text(field)} {hint}".strip()
