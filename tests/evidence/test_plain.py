"""Values as JSON has them, without a path of the machine."""

import numpy as np
import pandas as pd
import pytest

from nbradiomics.evidence.collect.plain import plain, rows_of


def test_numbers_are_plain_and_what_is_missing_is_none() -> None:
    assert plain(
        {"a": np.int64(3), "b": [np.float64(0.5), np.nan, np.inf], "c": pd.NA, "d": np.bool_(True)}
    ) == {
        "a": 3,
        "b": [0.5, None, None],
        "c": None,
        "d": True,
    }
    rows = rows_of(pd.DataFrame({"x": [1.0, np.nan], "y": ["", "b"]}), "x", "y", "absent")
    assert rows == [{"x": 1.0, "y": None}, {"x": None, "y": "b"}]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("/home/anna/study/steps.yaml", "steps.yaml"),
        ("nyul=/data/x/landmarks.json, n4", "nyul=landmarks.json, n4"),
        ("C:\\Users\\anna\\steps.yaml", "steps.yaml"),
        ("readers/tests.csv", "readers/tests.csv"),
        ("native 0.3.0, values 2", "native 0.3.0, values 2"),
        ("1e-6 mm2/s", "1e-6 mm2/s"),
    ],
)
def test_paths_of_a_machine_are_not_kept(text: str, kept: str) -> None:
    assert plain(text) == kept
