"""A cohort whose subjects were drawn by several readers, for the tests of the comparison of masks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nbradiomics.outcome import OutcomeSettings
from nbradiomics.outcome.drawing import DrawingTables, assess_drawing
from tests.support.outcome_tables import make_cohort

QUICK = OutcomeSettings(
    folds=3, repeats=1, bootstraps=0, refits=0, penalizer=0.2, l1_ratio=0.0, power_transform=False
)
FEATURES = [f"f{number}" for number in range(5)]


def drawn(errors, seed=0, *, subjects=48, **cohort):
    """Features of each subject and reader; `errors`: standard deviation of the error of each reader."""
    table, clinical = make_cohort(seed, subjects=subjects, features=len(FEATURES), **cohort)
    rng = np.random.default_rng([seed, 5])
    parts = []
    for reader, error in errors.items():
        values = table[FEATURES] + error * rng.normal(size=(subjects, len(FEATURES)))
        parts.append(table.assign(**values, reader=reader, reading=1))
    return pd.concat(parts, ignore_index=True), clinical


def assessed(features, clinical, *, folds=None, perturbed=None, **options):
    """Compare the masks; the models' reader is A, all features are stable, and no other model is fitted."""
    asked = {"transfer": False} | {
        "time": "months",
        "event": "dead",
        "reader": "A",
        "settings": QUICK,
        "stable": FEATURES,
    }
    asked |= options
    if "target" in asked:
        del asked["time"], asked["event"]
    return assess_drawing(DrawingTables(features, clinical, folds, perturbed), **asked)


def pair(result, first, second, model="radiomic"):
    """The row of a pair of masks."""
    groups = result.groups
    (row,) = groups[
        (groups["model"] == model) & (groups["first"] == first) & (groups["second"] == second)
    ].to_dict("records")
    return row


def loss(result, trained, deployed, model="radiomic"):
    """The row of a transfer."""
    rows = result.transfer
    (row,) = rows[
        (rows["model"] == model) & (rows["trained"] == trained) & (rows["deployed"] == deployed)
    ].to_dict("records")
    return row
