"""Batch effects of an evaluation's features, before and after their harmonisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbradiomics.errors import InputError
from nbradiomics.harmonisation.effects_of_table import named_effects
from nbradiomics.harmonisation.site_effects import SiteEffects
from nbradiomics.harmonisation.site_settings import SiteEffectSettings

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData


def batch_effects(
    data: OutcomeData, seed: int, *, first: int | None = None
) -> tuple[SiteEffects | None, str]:
    """Measure batch effects on subjects who did not fit the harmonisation; see `measure_site_effects`.

    Parameters
    ----------
    data
        Data with a harmonisation.
    seed
        Seed of the division of the subjects.
    first
        Number of subjects of the first cohort, if those of an external one follow them; see
        `measure_new_cohort`.

    Returns
    -------
    SiteEffects or None
        None if nothing is harmonised, or if they cannot be measured.
    str
        Why they cannot be measured.
    """
    harmonisation = data.harmonisation
    if harmonisation is None or not harmonisation.asked.site_effects:
        return None, ""
    batches = harmonisation.of(data.frame.index)
    smallest = min(int(batches[name].value_counts().min()) for name in harmonisation.asked.batch)
    settings = SiteEffectSettings(seed=seed, folds=max(2, min(SiteEffectSettings().folds, smallest)))
    values = data.frame[list(harmonisation.features)]
    try:
        return named_effects(
            values, batches, data.frame.index, harmonisation.asked, settings, first=first
        ), ""
    except InputError as error:
        return None, error.problem
