"""Site effects before and after a harmonisation, measured on subjects that did not fit it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone

from nbradiomics.agreement.reader_study.multiplicity import benjamini_hochberg, holm
from nbradiomics.errors import InputError
from nbradiomics.harmonisation.covariates import learn_covariate
from nbradiomics.harmonisation.kinds import Codes
from nbradiomics.harmonisation.schema import COVARIATE_EFFECTS, SEPARABILITY, SITE_EFFECTS
from nbradiomics.harmonisation.separability import separability
from nbradiomics.harmonisation.site_settings import SiteEffectSettings
from nbradiomics.harmonisation.site_tests import (
    covariate_effect,
    largest_ratio,
    largest_shift,
    location_effect,
    scale_effect,
    share_limits,
)
from nbradiomics.harmonisation.table_parts import batches_of, subjects_of, values_of

if TYPE_CHECKING:
    from nbradiomics.harmonisation.combat import ComBat

_SETTINGS = SiteEffectSettings()


class SiteEffects(NamedTuple):
    """What a harmonisation changed.

    Attributes
    ----------
    features
        Per batch column, feature and state (`before`, `after`): tests and sizes of the batch effect.
    covariates
        Per covariate, feature and state: its effect in a model without batches.
    separability
        Per batch column and state: how well a classifier tells the batch.
    """

    features: pd.DataFrame
    covariates: pd.DataFrame
    separability: pd.DataFrame


def measure_site_effects(
    combat: ComBat, table: pd.DataFrame, settings: SiteEffectSettings = _SETTINGS
) -> SiteEffects:
    """Measure site effects before and after a harmonisation.

    Parameters
    ----------
    combat
        Harmonisation; it is copied, never fitted itself.
    table
        Table of shape (rows, columns) with features, batch columns and covariates.
    settings
        How it is measured.

    Notes
    -----
    All is measured on subjects of whom the harmonisation knows nothing: on those who fitted it the batch
    means are equal by construction, and so are the mean predictions of cross-fitting. So the harmonisation is
    fitted on a part of each batch, and the states before and after are those of the others. Among them the
    classifier is cross-validated.

    Raises
    ------
    InputError
        When a batch has too few subjects for the division.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from nbradiomics import ComBat, SiteEffectSettings
    >>> random = np.random.default_rng(1)
    >>> site = np.repeat(["A", "B"], 40)
    >>> values = random.normal(size=(80, 10)) + (site == "B")[:, None]
    >>> table = pd.DataFrame(values).add_prefix("original_firstorder_F").assign(site=site)
    >>> settings = SiteEffectSettings(classifier="linear")
    >>> found = measure_site_effects(ComBat(batch="site"), table, settings)
    >>> found.features.groupby("state")["largest_shift"].median().round(1).to_dict()
    {'after': 0.3, 'before': 1.0}
    """
    fitted_on = _divided(table, combat.columns(), settings)
    fitted = clone(combat).fit(table[fitted_on])
    before = table[~fitted_on]
    return _measured(fitted, {"before": before, "after": fitted.transform(before)}, settings)


def measure_new_cohort(
    combat: ComBat, first: pd.DataFrame, new: pd.DataFrame, settings: SiteEffectSettings = _SETTINGS
) -> SiteEffects:
    """Measure site effects between a cohort that fits a harmonisation, and a new one that does not.

    Parameters
    ----------
    combat
        Harmonisation; it is copied, never fitted itself.
    first, new
        Tables of the cohorts, as for `measure_site_effects`. A batch of `new` that `first` has too is
        harmonised by its estimates, and measured as a batch of its own.
    settings
        How it is measured.

    Notes
    -----
    A half of `first` fits, and the other half is measured; a half of `new` is measured. If unseen batches
    estimate their own shift, the other half of `new` does: on those who estimate it, the means are equal by
    construction.

    Raises
    ------
    InputError
        When a batch is unseen and refused, or has too few subjects for the division.
    """
    columns = combat.columns()
    halves = [_divided(table, columns, settings) for table in (first, new)]
    # A half of the least number is enough here: it measures, and predicts nobody.
    fitted = clone(combat).set_params(least_subjects=1).fit(first[halves[0]]).with_unseen(new[halves[1]])
    parts = [table[~half] for table, half in zip((first, new), halves, strict=True)]
    states = {}
    for state, tables in (("before", parts), ("after", [fitted.transform(part) for part in parts])):
        known, other = tables
        renamed = other.assign(**{name: _renamed(other[name], set(first[name])) for name in columns})
        states[state] = pd.concat([known, renamed], ignore_index=True)
    return _measured(fitted, states, settings)


def _renamed(batches: pd.Series, known: set[object]) -> pd.Series:
    return batches.where(~batches.isin(known), batches.astype(str) + " (new cohort)")


def _measured(
    fitted: ComBat, states: Mapping[str, pd.DataFrame], settings: SiteEffectSettings
) -> SiteEffects:
    return SiteEffects(
        features=SITE_EFFECTS.table([row for state in states.items() for row in _features(fitted, *state)]),
        covariates=COVARIATE_EFFECTS.table(
            [row for state in states.items() for row in _covariates(fitted, *state)]
        ),
        separability=SEPARABILITY.table(separability(states, fitted.columns(), fitted.features_, settings)),
    )


def _divided(table: pd.DataFrame, columns: list[str], settings: SiteEffectSettings) -> np.ndarray:
    """Rows on which the harmonisation is fitted: a share of the subjects of each combination of batches."""
    random = np.random.default_rng(settings.seed)
    subjects = subjects_of(table).to_numpy()
    batches = pd.Series(
        list(zip(*(batches_of(table, column) for column in columns), strict=True)), index=table.index
    )
    held: set[object] = set()
    placed: set[object] = set()
    for _, rows in pd.Series(subjects).groupby(batches.to_numpy(), sort=True):
        members = sorted(set(rows) - placed)
        placed |= set(members)
        number = round(settings.held_out * len(members))
        held |= set(random.permutation(np.array(members, dtype=object))[:number])
    fitted_on = ~np.isin(subjects.astype(str), [str(name) for name in held])
    if fitted_on.all() or not fitted_on.any():
        raise InputError(
            f"{len(placed)} subjects cannot be divided into those who fit the harmonisation and those on "
            "whom it is measured.",
            "Use more subjects, or another held_out.",
        )
    return fitted_on


def _features(combat: ComBat, state: str, table: pd.DataFrame) -> Iterator[dict[str, object]]:
    values = values_of(table, combat.features_)
    covariates = combat.coded_covariates(table)
    for column in combat.columns():
        codes: Codes = np.asarray(pd.factorize(batches_of(table, column), sort=True)[0], dtype=np.int64)
        location = location_effect(values, codes, covariates)
        scale = scale_effect(values, codes, covariates)
        low, high = share_limits(location)
        frame = pd.DataFrame(
            {
                "location_p": location.p,
                "location_holm": holm(location.p),
                "location_bh": benjamini_hochberg(location.p),
                "location_share": location.share,
                "location_share_low": low,
                "location_share_high": high,
                "largest_shift": largest_shift(values, codes, covariates),
                "scale_p": scale.p,
                "scale_holm": holm(scale.p),
                "scale_bh": benjamini_hochberg(scale.p),
                "largest_ratio": largest_ratio(values, codes, covariates),
                "rows": (~np.isnan(values)).sum(axis=0),
            }
        )
        for feature, row in zip(combat.features_, frame.to_dict("records"), strict=True):
            named = {str(name): value for name, value in row.items()}
            yield {"batch_column": column, "feature": feature, "state": state, **named}


def _covariates(combat: ComBat, state: str, table: pd.DataFrame) -> Iterator[dict[str, object]]:
    values = values_of(table, combat.features_)
    # Coded by these subjects, so that numbers are in units of their standard deviation.
    coded = {
        name: learn_covariate(table, name, category=name in combat.categories).coded(table, "average")
        for name in combat.covariates
        if table[name].notna().any()
    }
    for name, own in coded.items():
        if not own.shape[1]:
            continue
        others = [part for other, part in coded.items() if other != name]
        effect, slope = covariate_effect(values, own, np.hstack([np.empty((len(table), 0)), *others]))
        for place, feature in enumerate(combat.features_):
            yield {
                "covariate": name,
                "feature": feature,
                "state": state,
                "p": effect.p[place],
                "share": effect.share[place],
                "slope": slope[place],
            }
