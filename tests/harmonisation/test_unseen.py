"""Sites without training subjects: refused, estimated by their own features, or left as they are."""

import numpy as np
import pandas as pd
import pytest

from nbradiomics import ComBat, InputError
from tests.support.harmonisation_tables import feature_names, site_table


def halves() -> tuple[pd.DataFrame, pd.DataFrame]:
    table = site_table((40, 40, 30), 30, seed=5, slope=0.4)
    return table[table["site"] != "C"], table[table["site"] == "C"]


def test_it_is_refused_by_default() -> None:
    training, new = halves()
    combat = ComBat("site").fit(training)
    with pytest.raises(
        InputError, match="site 'C' has no training subject; the training subjects are from 'A', 'B'"
    ):
        combat.transform(new)


def test_it_is_kept() -> None:
    training, new = halves()
    combat = ComBat("site", unseen="keep").fit(training)
    pd.testing.assert_frame_equal(combat.transform(new), new)
    both = pd.concat([training, new])
    found = combat.treatments(both)
    assert found["treatment"].tolist() == ["fitted", "fitted", "kept"]
    assert found["subjects"].tolist() == [40, 40, 30]
    assert found["reason"].tolist()[2] == "no training subject"


@pytest.mark.parametrize("options", [{}, {"parametric": False}, {"eb": False}, {"reference_batch": "A"}])
def test_its_own_features_estimate_its_shift(options: dict) -> None:
    training, new = halves()
    combat = ComBat("site", covariates=["age"], unseen="estimate", **options).fit(training)
    features = feature_names(new)
    goal = combat.transform(training)
    found = combat.transform(new)
    assert combat.treatments(new)["treatment"].tolist() == ["estimated"]
    gap = (new[features].mean() - goal[features].mean()).abs().mean()
    left = (found[features].mean() - goal[features].mean()).abs().mean()
    assert gap > 0.7
    assert left < 0.25
    # No outcome and no other site is involved.
    pd.testing.assert_frame_equal(combat.transform(pd.concat([training, new])).loc[new.index], found)


def test_one_training_site_is_enough() -> None:
    training, new = halves()
    only = training[training["site"] == "A"]
    combat = ComBat("site", unseen="estimate").fit(only)
    pd.testing.assert_frame_equal(combat.transform(only), only)
    features = feature_names(new)
    left = combat.transform(new)[features].mean() - only[features].mean()
    assert left.abs().max() < 0.25


def test_its_number_of_subjects_is_stated() -> None:
    training, new = halves()
    combat = ComBat("site", unseen="estimate").fit(training)
    with pytest.raises(InputError, match="only 9 subjects to estimate its shift; at least 10 were expected"):
        combat.transform(new.iloc[:9])
    combat.transform(new.iloc[:10])
    with pytest.raises(InputError, match="only 3 subjects"):
        combat.transform(pd.concat([new.iloc[:3]] * 5))


def test_it_depends_on_who_is_transformed_together_and_known_sites_do_not() -> None:
    training, new = halves()
    combat = ComBat("site", unseen="estimate").fit(training)
    features = feature_names(new)
    part = combat.transform(new.iloc[:15])[features]
    assert not np.allclose(part, combat.transform(new).iloc[:15][features])
    one = training.iloc[:1]
    pd.testing.assert_frame_equal(combat.transform(one), combat.transform(training).iloc[:1])
