"""Damaged feature and clinical tables of a harmonisation: refused by name, or told."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.harmonisation.effects_of_table import effects_of_table
from nbradiomics.harmonisation.harmonised_table import harmonise_table
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.harmonisation.site_settings import SiteEffectSettings
from tests.outcome.test_harmonisation import with_sites

ASKED = Harmonise(batch="site")
Tables = tuple[pd.DataFrame, pd.DataFrame]


def harmonised(features: pd.DataFrame, clinical: pd.DataFrame) -> list[str]:
    return list(harmonise_table(features, clinical, ASKED, fit_folds=2).sentences)


def measured(features: pd.DataFrame, clinical: pd.DataFrame) -> list[str]:
    return effects_of_table(features, clinical, ASKED, SiteEffectSettings(classifier="linear"))[1]


@pytest.mark.parametrize("function", [harmonised, measured])
@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda f, c: (f.iloc[:0], c), "the feature table has no rows"),
        (lambda f, c: (f.drop(columns="subject"), c), "the feature table has no column 'subject'"),
        (lambda f, c: (f, c.drop(columns="subject")), "the clinical table has no column 'subject'"),
        (lambda f, c: (f, pd.concat([c, c.iloc[:1]])), "subject 'p00' is twice in the clinical table"),
        (lambda f, c: (pd.concat([f, f.iloc[:2]]), c), "2 rows of the feature table with the same subject"),
        (lambda f, c: (f.assign(f3=1e200), c), "feature 'f3' has values beyond"),
    ],
    ids=["no row", "no subject", "no clinical subject", "subject twice", "rows twice", "too large"],
)
def test_tables_that_say_not_once_what_belongs_to_whom_are_refused(
    function: Callable[[pd.DataFrame, pd.DataFrame], object],
    damage: Callable[[pd.DataFrame, pd.DataFrame], Tables],
    told: str,
) -> None:
    with pytest.raises(InputError, match=told):
        function(*damage(*with_sites(subjects=60)))


@pytest.mark.parametrize("function", [harmonised, measured])
def test_infinite_values_that_count_as_missing_are_told(
    function: Callable[[pd.DataFrame, pd.DataFrame], list[str]],
) -> None:
    features, clinical = with_sites(subjects=60)
    features.loc[3:4, "f2"] = np.inf
    told = function(features, clinical)
    assert "2 values of 1 feature are infinite and became missing: f2 of p03, f2 of p04." in told


def test_features_that_are_not_harmonised_like_the_others_are_told() -> None:
    features, clinical = with_sites(subjects=60)
    features["f1"] = np.nan
    features["f5"] = features["f2"] * 0 + 3
    told = harmonised(features, clinical)
    note = "too few values: it is missing in the result"
    assert f"1 feature not harmonised as the others ({note}): f1." in told
    (line,) = [line for line in told if "no variance within batches" in line]
    assert line.endswith(": f5.")


def test_a_cell_of_in_fit_that_cannot_be_read_is_named() -> None:
    features, clinical = with_sites(subjects=40)
    features["in_fit"] = ["no", "maybe", *["no"] * 38]
    with pytest.raises(InputError, match="subject p01: in_fit is 'maybe'; yes, no or an empty cell"):
        harmonised(features, clinical)


def test_a_subject_may_have_a_row_on_each_scanner() -> None:
    features, clinical = with_sites(subjects=40)
    twice = pd.concat([features.assign(site="one"), features.assign(site="two")])
    done = harmonise_table(twice, clinical.drop(columns="site"), ASKED, fit_folds=2)
    assert len(done.table) == 80
