"""ComBat inside scikit-learn: copies, parameters, pipelines, cross-validation."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks

from nbradiomics import ComBat, InputError
from nbradiomics.outcome.transformers import DropUninformative
from tests.support.harmonisation_tables import feature_names, site_table

#: The checks of scikit-learn that need no array of numbers alone: ComBat needs named columns.
CHECKS = (
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_set_params,
    estimator_checks.check_estimator_tags_renamed,
    estimator_checks.check_valid_tag_types,
    estimator_checks.check_parameters_default_constructible,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_scikit_learn_s_checks(check) -> None:
    check("ComBat", ComBat("site", covariates=("age",)))


def test_fitting_changes_no_parameter_and_a_copy_is_not_fitted() -> None:
    table = site_table((12, 12), 4)
    combat = ComBat(["site"], covariates=["age"], reference_batch={"site": "A"})
    given = dict(combat.get_params())
    combat.fit(table)
    assert combat.get_params() == given
    copy = clone(combat)
    assert copy.get_params() == given
    with pytest.raises(NotFittedError):
        copy.transform(table)
    with pytest.raises(NotFittedError):
        copy.get_feature_names_out()


def test_it_is_a_step_of_a_pipeline() -> None:
    table = site_table((40, 40), 10, slope=0.8)
    features = feature_names(table)
    pipeline = make_pipeline(ComBat("site"), DropUninformative(), _Only(features), Ridge()).set_output(
        transform="pandas"
    )
    scores = cross_val_score(pipeline, table.drop(columns="age"), table["age"], cv=_folds(len(table)))
    assert np.isfinite(scores).all()
    combat = ComBat("site").fit(table)
    assert list(combat.get_feature_names_out()) == list(table.columns)
    assert isinstance(combat.set_output(transform="default").transform(table), pd.DataFrame)
    with pytest.raises(InputError, match="'polars'"):
        combat.set_output(transform="polars")


def _folds(number: int) -> list[tuple[np.ndarray, np.ndarray]]:
    places = np.arange(number)
    return [(places[places % 2 != part], places[places % 2 == part]) for part in (0, 1)]


class _Only(DropUninformative):
    def __init__(self, names) -> None:
        super().__init__()
        self.names = names

    def fit(self, X, y=None):
        super().fit(X, y)
        self.support_ = np.isin(X.columns, self.names)
        return self


def test_results_do_not_depend_on_how_it_is_called() -> None:
    table = site_table((20, 20), 6)
    combat = ComBat("site").fit(table)
    pd.testing.assert_frame_equal(combat.transform(table), combat.fit_transform(table))
    pd.testing.assert_frame_equal(combat.transform(table), combat.transform(table))
