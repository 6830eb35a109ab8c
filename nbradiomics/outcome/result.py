"""Result of an outcome evaluation, and its files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbradiomics.files.atomic import write_text
from nbradiomics.harmonisation.effect_files import write_site_effects
from nbradiomics.outcome.drawing_result import DrawingResult, write_drawing
from nbradiomics.outcome.schemas import CLASS_TABLES, SURVIVAL_TABLES
from nbradiomics.outcome.trial_schema import CONTROLS
from nbradiomics.tables import write_table
from nbradiomics.tables.result import Result

if TYPE_CHECKING:
    import pandas as pd

    from nbradiomics.harmonisation.site_effects import SiteEffects
    from nbradiomics.outcome.evaluated import Evaluated
    from nbradiomics.outcome.final import Final


@dataclass(frozen=True, repr=False)
class OutcomeResult(Result):
    """Result of :func:`nbradiomics.outcome.evaluate_outcome`.

    Attributes
    ----------
    performance, predictions, calibration, decision, baseline, ratios, selection
        Tables with the columns of `outcome.schemas`: `SURVIVAL_TABLES` or, for a target, `CLASS_TABLES`.
    kaplan_meier
        Curves of the risk groups; None for a target.
    predicted_survival
        Predicted survival of each subject; None for a target.
    flow
        Subjects that were left out, with the reason: the table `outcome.subject_schemas.EXCLUDED`.
    summary
        Data and results, ready for JSON; ``sentences`` describes them in English.
    site_effects
        Differences between batches before and after the harmonisation; None if they were not measured.
    final
        The models fitted to all subjects, as ``model.zip`` has them; None for an external validation.
    evaluated
        Folds and refits, for a trial; None for an external validation.
    trial
        Real features beside controls, volume and shape, with the columns of `outcome.trial_schema.CONTROLS`;
        None without a trial, see :func:`nbradiomics.outcome.try_outcome`.
    drawing
        Risks with other masks of the subjects; None without such a comparison, see
        :func:`nbradiomics.outcome.drawing.with_drawing`.
    """

    performance: pd.DataFrame
    predictions: pd.DataFrame
    calibration: pd.DataFrame
    decision: pd.DataFrame
    baseline: pd.DataFrame
    ratios: pd.DataFrame
    kaplan_meier: pd.DataFrame | None
    selection: pd.DataFrame
    flow: pd.DataFrame
    summary: dict[str, Any]
    predicted_survival: pd.DataFrame | None = None
    site_effects: SiteEffects | None = None
    final: Final | None = field(default=None, repr=False)
    evaluated: Evaluated | None = field(default=None, repr=False)
    trial: pd.DataFrame | None = None
    drawing: DrawingResult | None = None


def write_outcome(result: OutcomeResult, folder: str | Path) -> None:
    """Write a result as CSV tables and ``summary.json``.

    Parameters
    ----------
    result
        Result to write.
    folder
        Created if it does not exist; gets ``baseline.csv``, ``ratios.csv``, ``performance.csv``,
        ``predictions.csv``, ``predicted_survival.parquet``, ``calibration.csv``, ``decision.csv``,
        ``kaplan_meier.csv``, ``selection.csv``, ``excluded.csv`` and ``summary.json``. For a target,
        ``class_baseline.csv``, ``class_predictions.csv``, ``class_calibration.csv`` and
        ``class_decision.csv`` take the places of the tables without ``class_``, and there is no
        ``kaplan_meier.csv`` and no ``predicted_survival.parquet``. A harmonisation adds
        ``site_effects.csv``, ``covariate_effects.csv`` and ``separability.csv``, a trial
        ``controls.csv``, a comparison of masks ``drawing.csv`` and further tables.

    Examples
    --------
    >>> write_outcome(result, "outcome")
    >>> sorted(path.name for path in Path("outcome").iterdir())[:2]
    ['baseline.csv', 'calibration.csv']
    """
    folder = Path(folder)
    schemas = CLASS_TABLES if result.kaplan_meier is None else SURVIVAL_TABLES
    for name, schema in schemas.items():
        write_table(getattr(result, name), folder / Path(schema.file).name)
    write_site_effects(result.site_effects, folder)
    _write_trial(result, folder)
    write_drawing(result.drawing, folder)
    summary = json.dumps(result.summary, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(summary + "\n", folder / "summary.json")


def _write_trial(result: OutcomeResult, folder: Path) -> None:
    """Write the table of a trial; without one, remove that of an earlier result."""
    table = folder / Path(CONTROLS.file).name
    if result.trial is None:
        table.unlink(missing_ok=True)
    else:
        write_table(result.trial, table)
