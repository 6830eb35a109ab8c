"""Folders of outcome models to audit, and how a cheat changes a number in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from nbradiomics.evidence.audit.drawing import drawing_findings
from nbradiomics.evidence.audit.endpoint_files import EndpointFiles
from nbradiomics.evidence.audit.finding import Finding
from nbradiomics.evidence.audit.model_file import model_file_findings
from nbradiomics.evidence.audit.models import EndpointAudit
from nbradiomics.evidence.audit.replay import Replay, replay_classes, replay_survival
from nbradiomics.evidence.audit.trial import trial_findings
from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.outcome import OutcomeSettings, evaluate_outcome, try_outcome, write_outcome
from nbradiomics.outcome.drawing import DrawingTables, assess_drawing, with_drawing
from nbradiomics.outcome.prediction_schemas import CLASS_PREDICTIONS, PREDICTED_SURVIVAL, PREDICTIONS
from nbradiomics.report.model_card import write_card_beside
from nbradiomics.signature import write_models_beside
from tests.support.trial_tables import trial_tables


def write_full_outcome(folder: Path, *, target: bool = False, refits: int = 0) -> None:
    """Write an evaluation with its trial, its risks by mask, and the file of its models."""
    real, controls, clinical = trial_tables(1, subjects=48, texture=1.5)
    clinical["kind"] = np.where(clinical["months"] < clinical["months"].median(), "bad", "good")
    names = [name for name in real if name.startswith("original_")]
    rng = np.random.default_rng(0)
    others = [
        real.assign(reader=reader, **real[names] * rng.normal(1, 0.2, (len(real), len(names))))
        for reader in ("B", "auto")
    ]
    features = pd.concat([real, *others], ignore_index=True)
    folds = pd.concat([others[1].assign(variant=f"fold_{fold}") for fold in (0, 1)], ignore_index=True)
    folds[names] *= rng.normal(1, 0.1, (len(folds), len(names)))
    folds = folds.iloc[:-1]  # a subject lacks a mask
    settings = OutcomeSettings(
        folds=2, repeats=2, penalizer=0.1, l1_ratio=0.0, power_transform=False, refits=refits, bootstraps=100
    )
    endpoint = {"target": "kind", "positive": ("bad",)} if target else {"time": "months", "event": "dead"}
    asked = {**endpoint, "reader": "A", "stable": names, "settings": settings}
    result = try_outcome(
        evaluate_outcome(features, clinical, **asked),
        controls.iloc[1:],  # a subject lacks a control
    )
    # Refits of all pairs of readers take long.
    drawing = assess_drawing(DrawingTables(features, clinical, folds), **asked, transfer=not refits)
    result = with_drawing(result, drawing)
    write_models_beside(result, folder)
    write_outcome(result, folder)
    write_card_beside(folder)


def findings(folder: Path, *, external: bool = False) -> Iterator[Finding]:
    """Audit a folder of outcome models; the caller may stop at the first answer that it needs."""
    names = [path.name for path in folder.iterdir()]
    yield from EndpointAudit(ResultFolder.of(folder, names), "", external=external).findings()


def replay_of(folder: Path) -> Replay:
    """The predictions of a folder, once for several audits of its other tables."""
    files = EndpointFiles(ResultFolder.of(folder, [path.name for path in folder.iterdir()]), "")
    if files.is_class:
        predictions = files.table(CLASS_PREDICTIONS)
        assert predictions is not None
        return replay_classes(predictions, files.summary, external=False)
    predictions = files.table(PREDICTIONS)
    assert predictions is not None
    return replay_survival(predictions, files.table(PREDICTED_SURVIVAL), files.summary, external=False)


def found_again(folder: Path, replay: Replay) -> Iterator[Finding]:
    """Audit the trial, the risks by mask and the file of models alone; the caller may stop early."""
    files = EndpointFiles(ResultFolder.of(folder, [path.name for path in folder.iterdir()]), "")
    checks = (trial_findings, drawing_findings, model_file_findings)
    yield from (one for check in checks for one in check(files, replay))


def is_broken(folder: Path, *, external: bool = False) -> bool:
    """Whether anything does not hold; a table that cannot be read is a finding too, in a whole audit."""
    try:
        return any(one.verdict == "broken" for one in findings(folder, external=external))
    except (ValueError, KeyError, TypeError, IndexError):
        return True


def change_summary(folder: Path, *keys: str | int, by: str) -> None:
    """Exchange a text of ``summary.json``."""
    path = folder / "summary.json"
    summary = json.loads(path.read_text(encoding="utf-8"))
    place = summary
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = by
    path.write_text(json.dumps(summary), encoding="utf-8")


def changed_digit(text: str, rng: np.random.Generator) -> str:
    """Change one of the first four significant digits, so that the number is another one."""
    digits = [match.start() for match in re.finditer(r"\d", text.split("e")[0])]
    first = next((place for place, at in enumerate(digits) if text[at] != "0"), 0)
    at = digits[int(rng.integers(first, min(first + 4, len(digits))))]
    return text[:at] + str((int(text[at]) + int(rng.integers(1, 10))) % 10) + text[at + 1 :]


def numeric_cells(path: Path, rng: np.random.Generator) -> Iterator[tuple[int, str, pd.DataFrame]]:
    """One cell with a number of each column of numbers."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    for name in table:
        numbers = pd.to_numeric(table[name], errors="coerce")
        places = np.flatnonzero(numbers.notna())
        if len(places) and numbers[places].notna().all() and name not in ("subject", "class", "model"):
            yield int(rng.choice(places)), name, table
