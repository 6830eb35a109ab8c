"""Site effects between a cohort that fits a harmonisation and a new one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics import ComBat, InputError, SiteEffectSettings
from nbradiomics.harmonisation.site_effects import measure_new_cohort
from tests.support.harmonisation_tables import feature_names, site_table

LINEAR = SiteEffectSettings(classifier="linear", folds=3)


def cohorts() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sites A and B; and B and C, of other subjects."""
    table = site_table((40, 80, 40), 20, seed=2, shift=1.5)
    second = np.arange(len(table)) >= 80
    return table[~second], table[second]


def test_unseen_estimates_are_those_of_transform_and_stay_for_others() -> None:
    first, new = cohorts()
    combat = ComBat("site", unseen="estimate").fit(first)
    known = combat.with_unseen(new)
    pd.testing.assert_frame_equal(known.transform(new), combat.transform(new))
    # One subject alone: by the estimates of the others.
    one = new[new["site"] == "C"].iloc[:1]
    pd.testing.assert_frame_equal(known.transform(one), combat.transform(new).loc[one.index])
    with pytest.raises(InputError, match="only 1 subject to estimate"):
        combat.transform(one)
    assert known.treatments(one)["treatment"].tolist() == ["estimated"]
    assert "C" not in combat.stages_[0].fit.adjustments


@pytest.mark.parametrize("unseen", ["estimate", "keep"])
def test_what_is_left_between_two_cohorts(unseen: str) -> None:
    first, new = cohorts()
    found = measure_new_cohort(ComBat("site", unseen=unseen), first, new, LINEAR)
    told = found.separability.set_index("state")
    # A and B of the first cohort, B of the new one, and C: half of each.
    assert told["batches"].tolist() == [4, 4]
    assert told["subjects"].tolist() == [80, 80]
    shift = found.features.groupby("state")["largest_shift"].median()
    # Largest of four sites of 20: 0.6 is chance.
    assert shift["before"] > 1.5
    assert (0.3 < shift["after"] < 0.9) == (unseen == "estimate")
    assert (told.loc["after", "balanced_accuracy"] < 0.45) == (unseen == "estimate")


def test_a_site_with_a_known_name_that_is_another_one_is_seen() -> None:
    first, new = cohorts()
    names = feature_names(new)
    other = new.assign(**{name: new[name] + 3 * (new["site"] == "B") for name in names})
    shifts = [
        measure_new_cohort(ComBat("site", unseen="keep"), first, each[each["site"] == "B"], LINEAR)
        .features.groupby("state")["largest_shift"]
        .median()["after"]
        for each in (new, other)
    ]
    assert shifts[0] < 0.9 < 2 < shifts[1]


def test_an_unseen_batch_is_refused_as_in_transform() -> None:
    with pytest.raises(InputError, match="site 'C' has no training subject"):
        measure_new_cohort(ComBat("site"), *cohorts(), LINEAR)
