"""A small study with two readers and an outcome, run once for several tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from nbradiomics.workflows.run import run
from tests.support.helpers import two_readers

STUDY = """\
name: Small study
cohort: cohort.csv
extract: {params: params.yaml}
reproducibility: {min_subjects: 5, studies: {hands: {across: reader}}, rules: ["hands.icc >= 0.1"]}
outcome:
  clinical: clinical.csv
  endpoints: [{name: os, time: days, event: died}, {name: grade, target: grade}]
  reader: A
  covariates: [age]
  folds: 2
  repeats: 2
  bootstraps: 100
  refits: 0
"""
PARAMS = "featureClass: {firstorder: [Mean, Range], shape: [MeshVolume, Sphericity]}\n"
#: A name that must not be found in what is published.
SUBJECT = "MuellerXQZ"
SUBJECTS = 16


def run_small_study(folder: Path) -> Path:
    """Make and run the study; return the run folder."""
    place = folder / "study"
    place.mkdir()
    two_readers(place, SUBJECTS)
    cohort = pd.read_csv(place / "cohort.csv", dtype=str)
    cohort["subject"] = SUBJECT + cohort["subject"]
    cohort.to_csv(place / "cohort.csv", index=False)
    rng = np.random.default_rng(0)
    clinical = pd.DataFrame(
        {
            "subject": [f"{SUBJECT}s{n}" for n in range(SUBJECTS)],
            "days": rng.integers(100, 900, SUBJECTS),
            "died": [1, 1, 0, 1] * (SUBJECTS // 4),
            "grade": ["low", "high"] * (SUBJECTS // 2),
            "age": rng.integers(1, 99, SUBJECTS),
        }
    )
    clinical.to_csv(place / "clinical.csv", index=False)
    (place / "params.yaml").write_text(PARAMS)
    (place / "study.yaml").write_text(STUDY)
    run(place / "study.yaml", folder / "out", jobs=1)
    return folder / "out"
