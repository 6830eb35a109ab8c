"""Tables of agreement for the tests of the reader study, and how they are checked and averaged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from nbradiomics.agreement.metrics import METRICS
from nbradiomics.agreement.reader_study.agreement_table import (
    checked_rows,
    directed_metrics,
    means_by,
    orientation,
)
from nbradiomics.errors import AmbiguousError, InputError
from tests.support.agreement_rows import both_ways


def test_what_is_not_a_table_of_agreement_is_refused():
    good = pd.DataFrame(both_ways("s1", "A", "B", 0.9))
    with pytest.raises(InputError, match="no column reference_kind"):
        checked_rows(good.drop(columns="reference_kind"), "dice")
    with pytest.raises(InputError, match="no column hd95_mm"):
        checked_rows(good, "hd95_mm")
    with pytest.raises(InputError, match="pair of the agreement table contains 'other'"):
        checked_rows(good.assign(pair="other"), "dice")
    with pytest.raises(InputError, match="status of the agreement table contains 'fine'"):
        checked_rows(good.assign(status="fine"), "dice")
    for wrong in ("high", np.inf):
        with pytest.raises(InputError, match="column dice of the agreement table contains"):
            checked_rows(good.assign(dice=[0.9, wrong]), "dice")
    with pytest.raises(InputError, match="a reader is called 'readers'"):
        checked_rows(good.replace("A", "readers"), "dice")
    with pytest.raises(AmbiguousError, match="several rows of A against B"):
        checked_rows(pd.concat([good, good.assign(reading=2)]), "dice")


def test_rows_come_in_one_order_with_a_status_each():
    table = pd.DataFrame([*both_ways("s2", "A", "B", 0.9), *both_ways("s1", "A", "B", 0.8)])
    table.loc[0, ["status", "dice"]] = None
    rows = checked_rows(table, "dice")
    assert rows["subject"].tolist() == ["s1", "s1", "s2", "s2"]
    assert rows["status"].tolist() == ["ok", "ok", "failed", "ok"]
    pd.testing.assert_frame_equal(rows, checked_rows(table.iloc[::-1], "dice"))


def test_metrics_with_a_direction_and_a_value_are_compared():
    table = pd.DataFrame(both_ways("s1", "A", "B", 0.9)).assign(
        auc=np.nan, volume_difference_ml=1.0, hd_mm=2.0
    )
    assert directed_metrics(checked_rows(table, "dice")) == ["dice", "hd_mm"]
    assert (orientation("dice"), orientation("hd_mm"), orientation("fprm")) == (1, -1, -1)
    assert set(METRICS) >= {"dice", "hd95_mm", "fprm", "fnr", "signed_distance_mm", "volume_difference_ml"}


def test_a_mean_is_undefined_where_one_of_its_values_is():
    table = pd.DataFrame({"key": ["b", "a", "b", "a", "c"], "x": [1.0, 2.0, np.nan, 5.0, np.nan]})
    means = means_by(table, ["key"], ["x"])
    assert means["key"].tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(means["x"], [3.5, np.nan, np.nan])
    assert list(means_by(table.iloc[:0], ["key"], ["x"])) == ["key", "x"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(-1e6, 1e6)), min_size=1), st.randoms())
def test_means_do_not_depend_on_the_order_of_rows(pairs, random):
    table = pd.DataFrame(pairs, columns=["key", "x"])
    means = means_by(table, ["key"], ["x"])
    shuffled = random.sample(pairs, len(pairs))
    pd.testing.assert_frame_equal(
        means, means_by(pd.DataFrame(shuffled, columns=["key", "x"]), ["key"], ["x"]), check_exact=True
    )
    naive = table.groupby("key")["x"].mean()
    np.testing.assert_allclose(means["x"], naive, rtol=1e-9, atol=1e-6)
