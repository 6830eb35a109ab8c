"""Three subjects as examples of how a final model computes a risk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbradiomics.signature.inputs import inputs_of

if TYPE_CHECKING:
    from nbradiomics.outcome.final import Final
    from nbradiomics.signature.content import OfModel
    from nbradiomics.signature.read import Signature

#: Largest number of columns that are stored of each subject; the others are one sum.
_COLUMNS = 12


def examples_of(signature: Signature, final: Final, predictions: pd.DataFrame) -> dict[str, Any]:
    """Contributions of the subjects with the highest, median and lowest risk outside of their folds.

    Parameters
    ----------
    signature
        The file of models; the last model is shown.
    final
        The subjects that it learned from.
    predictions
        Predictions of the cross-validation.

    Returns
    -------
    dict
        ``model``; ``predictor`` (quantiles of the sums of the training subjects); ``subjects``: ``subject``,
        ``which``, ``held_out`` (mean rank of its risk, or of its probability of the last class, among the
        held-out subjects of its fold, 0 to 1),
        ``parts`` (name, contribution and quantiles of the training subjects of its largest columns),
        ``rest`` (number and sum of the others). Empty if the model has no column or no risk.
    """
    of_model = signature.content.models[-1]
    held_out = held_out_ranks(predictions, of_model.model.name)
    if held_out.empty or not of_model.model.columns:
        return {}
    prepared = of_model.model.prepared(inputs_of(final.prepared.data))
    contributions = of_model.model.outcome.linears[0].contributions(prepared)
    ordered = held_out.sort_values(kind="stable").index
    places = {"highest": len(ordered) - 1, "median": len(ordered) // 2, "lowest": 0}
    shown = [
        _example(which, ordered[place], float(held_out[ordered[place]]), contributions, of_model)
        for which, place in places.items()
    ]
    return {"model": of_model.model.name, "predictor": list(of_model.predictor), "subjects": shown}


def held_out_ranks(predictions: pd.DataFrame, model: str) -> pd.Series:
    """Mean rank of each subject's risk, or probability of the last class, among its fold, 0 to 1.

    Risks of different folds come from different models, and are not compared.
    """
    rows = predictions[predictions["model"] == model]
    value = "risk" if "risk" in rows and rows["risk"].notna().any() else "probability"
    if "class" in rows and len(rows):
        rows = rows[rows["class"] == rows["class"].iloc[-1]]
    if value not in rows:
        return pd.Series(dtype=np.float64)
    ranks = rows.groupby(["repeat", "fold"])[value].rank(pct=True)
    means: pd.Series = ranks.groupby(rows["subject"]).mean().dropna()
    return means


def _example(
    which: str, subject: str, held_out: float, contributions: pd.DataFrame, of_model: OfModel
) -> dict[str, Any]:
    spreads = {each.column: list(each.quantiles) for each in of_model.contributions}
    parts = pd.Series(contributions.loc[subject])
    order = parts.abs().sort_values(ascending=False, kind="stable").index
    rest = parts[order[_COLUMNS:]]
    return {
        "subject": str(subject),
        "which": which,
        "held_out": held_out,
        "parts": [[str(name), float(parts[name]), spreads.get(str(name), [])] for name in order[:_COLUMNS]],
        "rest": [len(rest), float(rest.sum())],
        "total": float(parts.sum()),
    }
