"""Options of the harmonisation, which several commands share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from nbradiomics.cli.stated import setting, settings_from
from nbradiomics.cli.steps import names_in
from nbradiomics.errors import InputError

if TYPE_CHECKING:
    from nbradiomics.harmonisation.settings import Harmonise

_SETTINGS = "harmonisation.settings:Harmonise"
_COMMAS = "Separated by commas."
Harmonised = Annotated[str | None, setting(f"{_SETTINGS}.batch", "--harmonise", hint=_COMMAS)]
BatchColumns = Annotated[str, setting(f"{_SETTINGS}.batch", "--batch", hint=_COMMAS)]
HarmonisedCovariates = Annotated[
    str | None, setting(f"{_SETTINGS}.covariates", "--harmonise-covariates", hint=_COMMAS)
]
HarmonisedNames = Annotated[
    str | None, setting(f"{_SETTINGS}.features", "--harmonise-features", hint=_COMMAS)
]
ReferenceBatch = Annotated[str | None, setting(f"{_SETTINGS}.reference_batch")]
MeanOnly = Annotated[bool | None, setting(f"{_SETTINGS}.mean_only", "--mean-only/--no-mean-only")]
Shrinkage = Annotated[bool | None, setting(f"{_SETTINGS}.eb", "--eb/--no-eb")]
Parametric = Annotated[bool | None, setting(f"{_SETTINGS}.parametric", "--parametric/--no-parametric")]
UnseenRule = Annotated[str | None, setting(f"{_SETTINGS}.unseen")]
SmallBatch = Annotated[str | None, setting(f"{_SETTINGS}.small_batch")]
MCombat = Annotated[bool | None, setting(f"{_SETTINGS}.m_combat", "--m-combat/--no-m-combat")]
BatchOrder = Annotated[str | None, setting(f"{_SETTINGS}.order", "--batch-order")]
Measured = Annotated[bool | None, setting(f"{_SETTINGS}.site_effects", "--site-effects/--no-site-effects")]
LeastSubjects = Annotated[int | None, setting(f"{_SETTINGS}.least_subjects")]

#: Options of the harmonisation beside the batch columns, and their settings.
_FURTHER = {
    "harmonise_covariates": "covariates",
    "harmonise_features": "features",
    "reference_batch": "reference_batch",
    "mean_only": "mean_only",
    "eb": "eb",
    "parametric": "parametric",
    "m_combat": "m_combat",
    "batch_order": "order",
    "small_batch": "small_batch",
    "site_effects": "site_effects",
    "unseen": "unseen",
    "least_subjects": "least_subjects",
}
_NAMES = ("harmonise_covariates", "harmonise_features")


def harmonise_of(options: Mapping[str, Any]) -> Harmonise | None:
    """Make the settings from the options of a command; None if no batch column was named.

    Raises
    ------
    InputError
        When a setting is not allowed, or is given without a batch column.
    """
    from nbradiomics.harmonisation.settings import Harmonise

    batch = names_in(options.get("harmonise"))
    given = {
        name: names_in(options[option]) if option in _NAMES else options[option]
        for option, name in _FURTHER.items()
        if options.get(option) is not None
    }
    if batch is not None:
        return settings_from(Harmonise, batch=batch, **given)
    if given:
        named = ", ".join(
            f"--{option.replace('_', '-')}" for option in _FURTHER if options.get(option) is not None
        )
        raise InputError(
            f"{named} was given, and nothing is harmonised.", "Name the batch columns: --harmonise site."
        )
    return None
