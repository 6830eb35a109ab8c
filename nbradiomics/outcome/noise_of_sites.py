"""How well features that are noise within each site predict: what a harmonisation adds by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbradiomics.execution.execution import Execution
from nbradiomics.messages.wording import concordance, counted
from nbradiomics.outcome.crossvalidation import cross_validate
from nbradiomics.outcome.settings import AUTO
from nbradiomics.outcome.stability import StabilityRule
from nbradiomics.outcome.stored import StoredValue, stored_cases

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.settings import OutcomeSettings
    from nbradiomics.outcome.tasks import Task

#: Draws of noise: with 120 subjects the mean of 40 has a standard error of 0.011.
DRAWS = 40
#: Draws of a quick evaluation, one without refits.
QUICK_DRAWS = 10
_MODEL = "radiomic"
_STAGE = "noise_of_sites"
#: A mean is above chance from this number of its standard errors on.
_ERRORS = 2
#: Fewest subjects of a level of whom a standard deviation is taken.
_FEWEST = 3


def noise_of_sites(
    data: OutcomeData, settings: OutcomeSettings, task: Task, *, execution: Execution
) -> dict[str, Any]:
    """Cross-validate the model of the features on noise that has the batch effects of the real features.

    What batches do not explain of the features is exchanged between subjects, so that nothing in the features
    is related to the outcome but their batches. A harmonisation that works leaves chance, 0.5. It is more if
    a covariate of the harmonisation carries the outcome into the features, or if batch effects stay.

    Returns
    -------
    dict
        ``value`` (mean order of the held-out subjects: C or ROC area), ``error`` (its standard error over the
        draws), ``draws`` that were fitted, ``failed`` and ``cause`` of the others; no ``value`` with fewer
        than two draws; empty without a harmonisation.
    """
    if data.harmonisation is None or not data.harmonisation.asked.site_effects:
        return {}
    once = settings.changed(repeats=1, permutations=0) if data.sites is None else settings
    once = once.changed(selection="none") if settings.selection == AUTO else once
    draws = DRAWS if settings.refits and settings.bootstraps else QUICK_DRAWS
    cases = {f"noise {number}": (data, once, task, number) for number in range(1, draws + 1)}
    stored = stored_cases(_STAGE, StoredValue, data, once, task, [_MODEL])
    batch = execution.map(_of_draw, cases, stage=_STAGE, stored=stored)
    values = np.array([result["value"] for result in batch.results.values()])
    values = values[np.isfinite(values)]
    facts: dict[str, Any] = {"draws": len(values), "failed": draws - len(values)}
    facts["cause"] = batch.failures[0].cause if batch.failures else ""
    if len(values) > 1:
        facts |= {"value": float(values.mean()), "error": float(values.std(ddof=1) / np.sqrt(len(values)))}
    return facts


def noise_sentences(facts: Mapping[str, Any], order: str) -> Iterator[str]:
    """Say what noise reaches; a result above chance begins with a warning."""
    if facts.get("failed"):
        cause = f" ({facts['cause'].rstrip('.')})" if facts["cause"] else ""
        yield f"{counted(facts['failed'], 'draw')} of noise could not be evaluated{cause}."
    if "value" not in facts:
        return
    reached = (
        f"eatures of noise with the same batch effects, harmonised in the same way, reach a {order} of "
        f"{concordance(facts['value'])} ({counted(facts['draws'], 'draw')}, standard error "
        f"{facts['error']:.3f}; 0.5 is right)."
    )
    if not exceeds_chance(facts):
        yield f"F{reached}"
        return
    yield (
        f"NOISE PREDICTS: f{reached} The harmonisation brings the outcome into the features, by its "
        "covariates or by batch effects that stay: compare the model of the features with this value and not "
        "with 0.5, or leave out covariates of the harmonisation."
    )


def exceeds_chance(facts: Mapping[str, Any]) -> bool:
    """Whether the mean of the draws is above 0.5 by more than chance."""
    return "value" in facts and bool(facts["value"] - _ERRORS * facts["error"] > 0.5)


def _of_draw(*of_draw: Any) -> StoredValue:
    return {"value": noise_order(*of_draw)}


def noise_order(data: OutcomeData, settings: OutcomeSettings, task: Task, number: int) -> float:
    """Order of the held-out subjects by a model of one draw of noise."""
    rng = np.random.default_rng([settings.seed, number])
    assert data.harmonisation is not None
    own = data.harmonisation.of(data.frame.index)[list(data.harmonisation.asked.batch)]
    features = data.frame[list(data.radiomic)]
    noise = noise_with_batches(features, own, rng.permutation(len(features)))
    drawn = replace(data.with_columns(noise), stability=StabilityRule("none", ""))
    results = cross_validate(drawn, settings.changed(seed=int(rng.integers(2**31))), [_MODEL], task)
    return float(task.order_score(data.y, results))


def noise_with_batches(features: pd.DataFrame, batches: pd.DataFrame, places: np.ndarray) -> pd.DataFrame:
    """Exchange what the batches do not explain between subjects; their means and deviations stay.

    Parameters
    ----------
    features
        Shape (subjects, features).
    batches
        Batch columns in the same order.
    places
        Subject whose remainder each subject gets, a permutation.

    Returns
    -------
    pandas.DataFrame
        Features of the same shape and names.
    """
    values = features.to_numpy(dtype=np.float64)
    columns = [pd.get_dummies(batches[name]).to_numpy(dtype=np.float64) for name in batches]
    means = pd.DataFrame(values).mean().fillna(0.0).to_numpy()
    filled = np.where(np.isnan(values), means, values)
    design = np.hstack([np.ones((len(values), 1)), *columns])
    explained = design @ np.linalg.lstsq(design, filled, rcond=None)[0]
    rest, scale = values - explained, np.ones_like(values)
    for own in columns:
        deviations = np.ones_like(rest)
        for level in own.T.astype(bool):
            found = pd.DataFrame(rest[level]).std().to_numpy()
            usable = (found > 0) & ((~np.isnan(rest[level])).sum(axis=0) >= _FEWEST)
            deviations[level] = np.where(usable, found, 1.0)
        rest, scale = rest / deviations, scale * deviations
    return pd.DataFrame(explained + scale * rest[places], index=features.index, columns=features.columns)
