"""What batches cannot tell apart, and values that cannot be harmonised, are said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics import ComBat
from nbradiomics.errors import InputError
from nbradiomics.harmonisation.confounding import confounded, within_share
from nbradiomics.harmonisation.finite import finite_values, impossible_values
from nbradiomics.harmonisation.harmonised_table import harmonise_table
from nbradiomics.harmonisation.outcome_guard import explained_share
from nbradiomics.harmonisation.settings import Harmonise

SITES = np.repeat(["north", "south", "west"], 20)


def test_sites_that_have_one_vendor_each_are_told() -> None:
    vendor = np.where(SITES == "west", "B", "A")
    both = pd.DataFrame({"site": SITES, "vendor": vendor})
    (told,) = confounded(both, Harmonise(batch=["vendor", "site"]))
    assert told.startswith("Each level of site has one vendor")
    assert "leave vendor out" in told
    both.loc[0, "vendor"] = "B"
    assert not list(confounded(both, Harmonise(batch=["vendor", "site"])))


@pytest.mark.parametrize("apart", [0.0, 1.0, 3.0, 10.0])
def test_the_share_within_batches_is_one_over_the_variance_inflation(apart: float) -> None:
    rng = np.random.default_rng(0)
    age = rng.normal(size=60) + apart * (SITES == "south")
    batches = pd.DataFrame({"site": SITES, "age": age})
    one_hot = pd.get_dummies(SITES).to_numpy(float)
    design = np.column_stack([one_hot[:, 1:], age])
    # Diagonal of the inverse of the correlations of the columns: the usual formula.
    inflation = np.linalg.inv(np.corrcoef(design.T))[-1, -1]
    assert within_share(batches["age"], batches[["site"]]) == pytest.approx(1 / inflation)
    told = list(confounded(batches, Harmonise(batch="site", covariates="age")))
    assert bool(told) == (inflation > 5)


def test_a_level_that_is_almost_that_of_a_site_is_told() -> None:
    field = np.where(SITES == "west", "3 T", "1.5 T").astype(object)
    field[0], field[1] = "3 T", None
    batches = pd.DataFrame({"site": SITES, "field": field})
    (told,) = confounded(batches, Harmonise(batch="site", covariates="field"))
    assert "of the variance of field is within the levels of site" in told


def test_infinite_and_impossible_values_are_told() -> None:
    rng = np.random.default_rng(1)
    values = rng.exponential(size=(60, 6)) * np.where(SITES == "south", 1.0, 0.1)[:, None]
    features = pd.DataFrame(values).add_prefix("original_firstorder_F")
    features.insert(0, "subject", [f"s{place:02}" for place in range(60)])
    features.loc[4, "original_firstorder_F2"] = np.inf
    features.loc[7, "original_firstorder_F3"] = -np.inf
    features.loc[SITES == "west", "original_firstorder_F5"] = 1.5
    clinical = pd.DataFrame({"subject": features["subject"], "site": SITES})
    done = harmonise_table(features, clinical, batch="site", fit_folds=3)
    told = " ".join(done.sentences)
    assert (
        "2 values of 2 features are infinite and became missing: original_firstorder_F2 of s04, "
        "original_firstorder_F3 of s07." in told
    )
    assert done.table.isna().sum().sum() == 2
    assert (
        "1 feature not harmonised as the others (it does not vary in west: its scale stays there): "
        "original_firstorder_F5." in told
    )
    below = {name: int((done.table[name] < 0).sum()) for name in done.features}
    assert "have some after it (rows)" in told
    assert all(f"{name} ({count})" in told for name, count in [*below.items()][:2] if count)
    finite, nothing = finite_values(features.drop(index=[4, 7]), done.features)
    assert nothing == [] == list(impossible_values(finite - 100, finite - 200))


def test_near_copies_explain_the_outcome_and_honest_covariates_do_not() -> None:
    rng = np.random.default_rng(2)
    y = (np.arange(120) < 48).astype(float)
    wrong = y.copy()
    wrong[rng.choice(120, 5, replace=False)] += 1
    copy = pd.Series(np.array(["a", "b", "a"])[wrong.astype(int)])
    stage = pd.Series([rng.choice(list("abcd"), p=[0.35, 0.2, 0.15, 0.3][:: -1 if v else 1]) for v in y])
    assert explained_share(copy, y) > 0.7 > 0.5 > explained_share(stage, y)
    assert explained_share(pd.Series(rng.normal(size=120)), y) < 0.1
    # Names of subjects explain everything, and nothing of it is information.
    assert explained_share(pd.Series([f"s{place}" for place in range(120)]), y) == 0.0
    table = pd.DataFrame(rng.normal(size=(120, 5))).add_prefix("original_firstorder_F")
    table = table.assign(site=np.resize(["north", "south"], 120), state=copy, stage=stage)
    with pytest.raises(InputError, match=r"'state' explains \d\d% of the variance of the outcome"):
        ComBat("site", covariates=["state"]).fit(table, y)
    ComBat("site", covariates=["stage"]).fit(table, y)
    # A site may go with the outcome: that is no leak of it.
    ComBat("state").fit(table, y)
