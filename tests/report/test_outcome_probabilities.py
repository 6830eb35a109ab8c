"""The other metrics, calibration and decision curves of an outcome model in the report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from nbradiomics.outcome.curve_schemas import CALIBRATION, CLASS_CALIBRATION, CLASS_DECISION, DECISION
from nbradiomics.outcome.performance_schema import PERFORMANCE, SELECTION
from nbradiomics.outcome.subject_schemas import CLASS_BASELINE
from nbradiomics.report.content import Gallery, Table
from nbradiomics.report.run_files import Endpoint, Run
from nbradiomics.report.sections.outcome import outcome_blocks
from nbradiomics.report.sections.outcome_metrics import metric_blocks
from nbradiomics.report.sections.outcome_probabilities import probability_blocks

NONE = (np.nan, np.nan)
PERFORMANCES = PERFORMANCE.table(
    [
        ("clinical", "harrell_c", None, 0.6, 0.5, 0.7),
        ("radiomic", "harrell_c", None, 0.7, 0.6, 0.8),
        ("clinical", "auc_t", 365.0, 0.61, 0.5, 0.72),
        ("radiomic", "auc_t", 365.0, 0.7, 0.6, 0.8),
        ("clinical", "brier", 365.0, 0.21, 0.18, 0.24),
        ("radiomic", "brier", 365.0, 0.19, 0.16, 0.22),
        ("radiomic", "calibration_slope", None, 0.5, *NONE),
        ("radiomic", "observed_expected", 365.0, 0.998, *NONE),
    ]
)


def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    calibration = [("radiomic", 365.0, 1, 10, 6, 0.3, 0.4), ("radiomic", 365.0, 2, 10, 2, 0.8, np.nan)]
    decision = [("radiomic", 365.0, level, 0.5, 0.3 - level, 0.2 - level) for level in (0.1, 0.2, 0.4)]
    return CALIBRATION.table(calibration), DECISION.table(decision)


def test_metrics_have_a_row_each_and_a_column_per_model() -> None:
    (table,) = metric_blocks(Endpoint("os", performance=PERFORMANCES))
    assert isinstance(table, Table)
    assert table.columns == ("Metric", "clinical", "radiomic")
    assert table.rows == (
        ("ROC area at 365", "0.61 [0.50, 0.72]", "0.70 [0.60, 0.80]"),
        ("Brier score at 365, smaller is better", "0.21 [0.18, 0.24]", "0.19 [0.16, 0.22]"),
        ("Calibration slope, 1 is right", "", "0.50"),
        ("Observed over predicted events by 365, 1 is right", "", "0.998"),
    )


def test_figures_say_in_words_what_they_show() -> None:
    calibration, decision = tables()
    (gallery,) = probability_blocks(Endpoint("os", calibration=calibration, decision=decision))
    assert isinstance(gallery, Gallery)
    first, second = (picture.alt for picture in gallery.pictures)
    assert "radiomic: 0.30 and 0.40, 0.80 and –" in first
    assert "radiomic: above both at 2 of 3 thresholds, from 0.1 to 0.2" in second


def test_a_run_of_an_earlier_release_has_neither() -> None:
    old = PERFORMANCES[PERFORMANCES["metric"] == "harrell_c"]
    endpoint = Endpoint("os", performance=old)
    assert metric_blocks(endpoint) == []
    assert probability_blocks(endpoint) == []


def test_answers_come_first() -> None:
    summary = {"answers": {"Does it work?": "Yes."}, "sentences": ["60 subjects."]}
    blocks = outcome_blocks(Run(Path("run"), endpoints=(Endpoint("os", summary=summary),)))
    answers = next(block for block in blocks if isinstance(block, Table))
    assert answers.rows == (("Does it work?", "Yes."),)
    assert blocks.index(answers) == 2  # after the note on time and the name of the endpoint


def test_an_endpoint_of_classes_has_its_own_figures_and_no_survival() -> None:
    performance = [
        ("radiomic", "roc_auc", None, 0.7, 0.6, 0.8),
        ("radiomic", "brier", None, 0.2, 0.18, 0.22),
        ("radiomic", "mcc", None, 0.25, *NONE),
    ]
    calibration = [("radiomic", "mutant", 1, 10, 2, 0.2, 0.2), ("radiomic", "mutant", 2, 10, 8, 0.7, 0.8)]
    decision = [("radiomic", "mutant", level, 0.5, 0.3 - level, 0.2 - level) for level in (0.1, 0.2, 0.4)]
    baseline = [("subjects", "", "", "20", 0), ("subjects", "", "wild", "10", 0)]
    baseline += [("subjects", "", "mutant", "10", 0)]
    endpoint = Endpoint(
        "idh",
        performance=PERFORMANCE.table(performance),
        class_baseline=CLASS_BASELINE.table(baseline),
        class_calibration=CLASS_CALIBRATION.table(calibration),
        class_decision=CLASS_DECISION.table(decision),
        selection=SELECTION.table([("radiomic", "", "f", 0.5, 0.31)]),
        summary={"kind": "classes", "covariates": [], "settings": {"confidence": 0.95, "l1_ratio": 0.5}},
    )
    blocks = outcome_blocks(Run(Path(), endpoints=(endpoint,)))
    pictures = [picture for block in blocks if isinstance(block, Gallery) for picture in block.pictures]
    forest, first, second = (picture.alt for picture in pictures)
    assert forest.startswith("ROC area by model: radiomic 0.70 [0.60, 0.80]")
    assert "Calibration of mutant" in first
    assert "0.20 and 0.20, 0.70 and 0.80" in first
    assert second.startswith("Decision curves of mutant")
    tables = {block.columns: block.rows for block in blocks if isinstance(block, Table)}
    assert ("Brier score, smaller is better", "0.20 [0.18, 0.22]") in tables["Metric", "radiomic"]
    assert tables["Feature", "Share of folds", "Mean log odds ratio"] == (("f", "50\u00a0%", "0.310"),)
    text = str(blocks)
    assert "Who the subjects are" in text
    assert "Kaplan-Meier" not in text
    assert "Times to an event" not in text
