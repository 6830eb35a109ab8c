"""A sample that could not be fitted leaves its row empty: the rows of two sets of features stay pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nbradiomics.errors import InputError
from nbradiomics.outcome import OutcomeSettings, refits
from nbradiomics.outcome.refits import refit
from tests.outcome.trial.test_control_rows import prepared
from tests.support.trial_tables import trial_tables


def test_each_sample_keeps_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_row(data: Any, settings: Any, models: Any, task: Any, number: int) -> Any:
        if number == 7:
            raise InputError("too few events.", "")
        return {("radiomic", "harrell_c", None): np.full(2, float(number))}

    monkeypatch.setattr(refits, "refit_sample", one_row)
    features, _, clinical = trial_tables(0)
    data = prepared(features, clinical).data
    found = refit(data, OutcomeSettings(refits=50), ["radiomic"], None)  # type: ignore[arg-type]
    rows = found.scores["radiomic", "harrell_c", None]
    assert found.failed == 1
    assert np.isnan(rows[6]).all()
    np.testing.assert_array_equal(np.delete(rows[:, 0], 6), np.delete(np.arange(1.0, 51), 6))
