"""Options that correspond to settings: the settings class alone defines their meaning, range and default.

A command passes on only the values that the user gave; the settings supply the others. The descriptions are
read when a help text is shown, so that the command line itself loads no heavy package.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import typer
from typer.core import TyperCommand, TyperOption

if TYPE_CHECKING:
    from nbradiomics.settings import Settings

Made = TypeVar("Made", bound="Settings")
_MARK = "setting "


def setting(home: str, *names: str, hint: str = "") -> Any:
    """Make an option that corresponds to a setting.

    Parameters
    ----------
    home
        Location of the setting, from the root of the package: ``outcome.settings:ModelSettings.folds``.
    *names
        Names of the option, if they differ from the name of the parameter.
    hint
        How to write the value on the command line; shown after the meaning.
    """
    return typer.Option(*names, help=f"{_MARK}{home} {hint}", show_default=False)


def settings_from(kind: type[Made], **values: Any) -> Made:
    """Make settings from the given values; options without a value keep the default of the setting."""
    return kind(**{name: value for name, value in values.items() if value is not None})


def settings_of_options(kind: type[Made], options: Mapping[str, Any]) -> Made:
    """Make settings from the options of a command that have the names of the settings."""
    return settings_from(kind, **{name: options.get(name) for name in kind.model_fields})


class StatedCommand(TyperCommand):
    """A command whose help takes the descriptions of its options from the settings."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help text."""
        for param in self.params:
            if isinstance(param, TyperOption) and (param.help or "").startswith(_MARK):
                param.help = _help_text(str(param.help).removeprefix(_MARK))
        super().format_help(ctx, formatter)


def _help_text(text: str) -> str:
    """Description of a setting, and how to write its value on the command line."""
    from nbradiomics.settings.described import field_text

    home, _, hint = text.partition(" ")
    module, _, place = home.partition(":")
    kind, _, name = place.partition(".")
    field = getattr(import_module(f"nbradiomics.{module}"), kind).model_fields[name]
    return f"{field_text(field)} {hint}".strip()
