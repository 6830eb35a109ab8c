"""Several batch columns, one after the other; the order is chosen among training subjects."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import anderson_ksamp

from nbradiomics import ComBat
from nbradiomics.harmonisation.order import anderson_darling, differing
from tests.support.harmonisation_tables import feature_names, site_table


def scanned(seed: int = 0) -> pd.DataFrame:
    """Two sites, and two scanners whose shifts are larger."""
    table = site_table((60, 60), 30, seed=seed, shift=0.5)
    random = np.random.default_rng(seed)
    scanner = random.choice(["X", "Y"], 120)
    features = feature_names(table)
    shift = random.normal(0, 2, len(features)) * (scanner == "Y")[:, None]
    return table.assign(
        scanner=scanner, **dict(zip(features, (table[features].to_numpy() + shift).T, strict=True))
    )


def gaps(table: pd.DataFrame, column: str) -> float:
    means = table.groupby(column)[feature_names(table)].mean()
    return float((means.iloc[0] - means.iloc[1]).abs().mean())


def test_both_effects_go() -> None:
    """Figures: of 2.1 and 0.5 between scanners and sites, 0.02 and 0.13 are left."""
    table = scanned()
    combat = ComBat(["site", "scanner"])
    found = combat.fit_transform(table)
    assert gaps(table, "scanner") > 1
    assert gaps(table, "site") > 0.3
    assert gaps(found, "scanner") < 0.1
    assert gaps(found, "site") < 0.2
    assert sorted(combat.order_) == ["scanner", "site"]
    assert combat.report_["batch_column"].nunique() == 2
    pd.testing.assert_frame_equal(combat.transform(table), found)


def test_the_order_is_that_of_the_fewest_features_that_still_differ() -> None:
    table = scanned(1)
    combat = ComBat(["site", "scanner"]).fit(table)
    first = {
        column: differing(ComBat(column).fit_transform(table)[feature_names(table)].to_numpy(), table[column])
        for column in ("site", "scanner")
    }
    assert combat.remaining_[0] == first
    assert combat.order_[0] == min(first, key=lambda name: (first[name], ["site", "scanner"].index(name)))


def test_the_order_can_be_given() -> None:
    table = scanned()
    one = ComBat(["scanner", "site"], order="given")
    found = one.fit_transform(table)
    assert one.order_ == ["scanner", "site"]
    assert one.remaining_ == []
    step = ComBat("site").fit_transform(ComBat("scanner").fit_transform(table))
    pd.testing.assert_frame_equal(found, step)


def test_references_of_several_columns() -> None:
    table = scanned()
    combat = ComBat(["scanner", "site"], reference_batch={"scanner": "X", "site": "A"})
    found = combat.fit_transform(table)
    rows = (table["scanner"] == "X") & (table["site"] == "A")
    pd.testing.assert_frame_equal(found[rows], table[rows])


@pytest.mark.parametrize("sizes", [(15, 20), (8, 12, 30), (6, 7, 9, 20)])
def test_the_statistic_is_scipy_s(sizes: tuple[int, ...]) -> None:
    random = np.random.default_rng(len(sizes))
    codes = np.repeat(np.arange(len(sizes)), sizes)
    values = random.normal(size=(len(codes), 5))
    values[:, 2], values[:, 3] = values[:, 2].round(1), values[:, 3].round()
    values[::7, 4] = np.nan
    found, samples = anderson_darling(values, codes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for place, column in enumerate(values.T):
            parts = [column[(codes == code) & ~np.isnan(column)] for code in range(len(sizes))]
            assert found[place] == pytest.approx(anderson_ksamp(parts, midrank=True).statistic, abs=1e-10)
    assert samples.tolist() == [len(sizes)] * 5


def test_the_test_keeps_its_level() -> None:
    """5 % of features without any effect differ (2,000 features)."""
    random = np.random.default_rng(0)
    codes = pd.Series(random.choice(["A", "B", "C"], 60))
    assert 60 <= differing(random.normal(size=(60, 2000)), codes) <= 140
    constant = np.ones((60, 3))
    assert differing(constant, codes) == 0
