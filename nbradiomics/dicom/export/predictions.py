"""Take out-of-fold predictions from the tables of an outcome model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.dicom.export.values import Risk, Risks
from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import is_regular, read_own_json
from nbradiomics.tables import read_table

#: Columns of the table of risks, and of that of the probabilities of classes.
RISK_COLUMNS = ("subject", "model", "repeat", "fold", "risk", "group")
CLASS_COLUMNS = ("subject", "model", "repeat", "fold", "class", "probability")
#: Columns that say from which rows of the feature table the models were made.
_SCOPE = ("timepoint", "sequence", "reader", "reading")
_REMEDY = "Give predictions.csv or class_predictions.csv in the folder of an outcome model."


@dataclass(frozen=True)
class Predictions:
    """Predictions by subject, and the scans and readers from whose features they were made.

    Attributes
    ----------
    by_subject
        Predictions for each subject.
    scope
        Values of `_SCOPE` in the rows that the models used, by column; a column that the feature table
        lacked is not there.
    """

    by_subject: Mapping[str, Risks]
    scope: Mapping[str, frozenset[str]]

    def concern(self, **row: str) -> bool:
        """Whether the models were made from rows like this one; arguments are the values of `_SCOPE`."""
        return all(row[column] in values for column, values in self.scope.items())


def read_predictions(path: Path) -> Predictions:
    """Read a table of predictions, and the summary of its models beside it.

    Raises
    ------
    InputError
        When a file is missing or is not one of an outcome model.
    """
    table = read_table(path)
    classes = "probability" in table
    columns = CLASS_COLUMNS if classes else RISK_COLUMNS
    missing = [name for name in columns if name not in table]
    if missing:
        raise InputError(f"{path} is not a table of predictions: it has no column {missing[0]!r}.", _REMEDY)
    summary = _summary(path)
    endpoint = _endpoint(summary, path)
    by_subject = {
        str(subject): _risks(rows.to_dict("records"), endpoint, classes)
        for subject, rows in table[list(columns)].groupby("subject", sort=False)
    }
    scope = {
        column: frozenset(map(str, summary["rows"][column]))
        for column in _SCOPE
        if column in summary.get("rows", {})
    }
    if "reader" not in scope:
        raise InputError(f"the summary beside {path} does not say of which reader the features are.", _REMEDY)
    return Predictions(by_subject, scope)


def _summary(path: Path) -> dict[str, Any]:
    file = path.parent / "summary.json"
    if not is_regular(file):
        raise InputError(
            f"there is no summary.json beside {path}: it says of which scans and reader the models are.",
            _REMEDY,
        )
    try:
        content = read_own_json(file)
    except ValueError as error:
        raise InputError(f"{file} is not a summary of outcome models.", _REMEDY) from error
    if not isinstance(content, dict) or not isinstance(content.get("rows", {}), dict):
        raise InputError(f"{file} is not a summary of outcome models.", _REMEDY)
    return content


def _endpoint(summary: Mapping[str, Any], path: Path) -> str:
    if summary.get("target"):
        return f"class {summary['target']}"
    if summary.get("time") and summary.get("event"):
        return f"time {summary['time']}, event {summary['event']}"
    raise InputError(f"the summary beside {path} does not say what is predicted.", _REMEDY)


def _risks(rows: Sequence[Mapping[Any, Any]], endpoint: str, classes: bool) -> Risks:
    risks = [
        Risk(
            str(row["model"]),
            int(row["repeat"]),
            int(row["fold"]),
            float(row["probability" if classes else "risk"]),
            "" if classes or pd.isna(row["group"]) else str(row["group"]),
            str(row["class"]) if classes else "",
        )
        for row in rows
    ]
    valid = tuple(risk for risk in risks if math.isfinite(risk.value))
    return Risks(endpoint, valid, len(risks) - len(valid))
