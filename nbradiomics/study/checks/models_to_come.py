"""The outcome models of a study before its features are computed, as far as the checks need them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nbradiomics.clinical import read_clinical_table
from nbradiomics.errors import InputError
from nbradiomics.features.absence import unmeasurable
from nbradiomics.features.extract import require_able
from nbradiomics.features.feature_rows import origin_of
from nbradiomics.features.parameters import load_parameters
from nbradiomics.features.parameters.expected import expected_features
from nbradiomics.outcome import OutcomeSettings, Predictors
from nbradiomics.outcome.prepared import Prepared, prepare
from nbradiomics.study.study import Endpoint, Outcome, Study, validated_models, validated_predictors
from nbradiomics.tables import RowsOfReader

#: Values of the features that are not computed yet: every external value is between them.
_LOWEST, _HIGHEST = -1e300, 1e300


@dataclass(frozen=True)
class ModelsToCome:
    """Models of one endpoint; `first` is the study's cohort, ``None`` if it cannot be read."""

    endpoint: Endpoint
    predictors: Predictors
    settings: OutcomeSettings
    first: Prepared | None


def features_to_come(study: Study, cohort: pd.DataFrame) -> pd.DataFrame | None:
    """Return a feature table with the columns that the study will have; ``None`` if they are not known."""
    try:
        parameters = load_parameters(study.extract.params)
        require_able(study.extract.engine, parameters)
    except InputError:  # reported by the checks of the parameters
        return None
    absent = {name for names in unmeasurable(parameters).values() for name in names}
    names = [name for name in expected_features(parameters) if name not in absent]
    subjects = list(dict.fromkeys(subject for subject in cohort["subject"] if subject))
    values = np.resize(np.array([[_LOWEST], [_HIGHEST]]), (len(subjects), 1)) * np.ones(len(names))
    table = pd.DataFrame(values, columns=names)
    if "site" in cohort and (cohort["site"] != "").any():
        table["site"] = (
            cohort.drop_duplicates("subject").set_index("subject")["site"].reindex(subjects).to_numpy()
        )
    return table.assign(subject=subjects, **origin_of(study.extract.engine, parameters)._asdict())


def models_to_come(
    study: Study, outcome: Outcome, endpoint: Endpoint, features: pd.DataFrame | None
) -> ModelsToCome:
    """Prepare the models of an endpoint, with a stand-in for their features."""
    predictors = validated_predictors(outcome, endpoint)
    settings = OutcomeSettings(**validated_models(outcome, endpoint).stated())
    first = None
    try:
        clinical = read_clinical_table(outcome.clinical, study.subject_column)
        if features is not None:
            # Who is stable is not decided here, so that readers are not needed.
            alone = settings.changed(stability_readers=None)
            first = prepare(features, clinical, endpoint, predictors, RowsOfReader(), None, alone, folds=1)
    except InputError:  # reported by the checks of the study's own tables
        pass
    return ModelsToCome(endpoint, predictors, settings, first)
