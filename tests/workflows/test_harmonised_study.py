"""A study with a harmonisation gives what the functions give, for its cross-validation and its validation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from nbradiomics.execution.execution import Execution
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.outcome import evaluate_outcome, validate_outcome
from nbradiomics.study.file import load_study
from nbradiomics.workflows.folder import RunFolder
from nbradiomics.workflows.stages.base import Work
from nbradiomics.workflows.stages.outcome import Outcomes
from tests.outcome.test_harmonisation import with_sites

STUDY = """\
cohort: cohort.csv
outcome:
  clinical: clinical.csv
  endpoints: [{name: os, time: months, event: dead}]
  reader: A
  harmonise: {batch: site, covariates: age, unseen: keep, site_effects: false}
  validate: [{name: east, features: east.csv, clinical: east_clinical.csv}]
  folds: 3
  repeats: 1
  refits: 0
  bootstraps: 0
  penalizer: 0.2
  l1_ratio: 0
"""
PLAIN = {"time": "months", "event": "dead", "bootstraps": 0, "penalizer": 0.2, "l1_ratio": 0.0}


def test_a_study_is_harmonised_as_the_functions_do(tmp_path: Path) -> None:
    features, clinical = with_sites()
    features = features.assign(reader="A", reading=1)
    second = tuple(table.assign(subject="e" + table["subject"]) for table in with_sites(4, subjects=60))
    second = second[0].assign(reader="A", reading=1), second[1].assign(site="east")
    clinical.to_csv(tmp_path / "clinical.csv", index=False)
    second[0].to_csv(tmp_path / "east.csv", index=False)
    second[1].to_csv(tmp_path / "east_clinical.csv", index=False)
    (tmp_path / "cohort.csv").touch()
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    work = Work(
        load_study(tmp_path / "study.yaml"),
        RunFolder(tmp_path / "out"),
        Execution(),
        None,
        features=features,
    )
    assert Outcomes().run(work) == []
    asked = Harmonise(batch="site", covariates="age", unseen="keep", site_effects=False)
    inside = evaluate_outcome(features, clinical, harmonise=asked, folds=3, repeats=1, refits=0, **PLAIN)
    outside = validate_outcome((features, clinical), second, harmonise=asked, **PLAIN)
    for place, result in (("os", inside), ("os/validation/east", outside)):
        found = pd.read_csv(tmp_path / "out/outcome" / place / "predictions.csv")
        np.testing.assert_allclose(found["risk"], result.predictions["risk"], rtol=1e-9)
    assert outside.summary["harmonisation"]["unseen_batches"] == {
        "site": {"east": {"folds": 1, "subjects": 60}}
    }
