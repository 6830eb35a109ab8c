"""Hazard and odds ratios of the covariates: one ordinary model of all subjects, which describes them.

Features have no ratios here. They are many, selected and penalised, and intervals that know nothing of it
would claim too much.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from nbradiomics.messages.wording import counted
from nbradiomics.outcome.facts import number_or_none
from nbradiomics.outcome.measures.hazards import GLOBAL, proportional_hazards
from nbradiomics.outcome.ratio_columns import RatioColumn, ratio_columns
from nbradiomics.outcome.ratio_schema import RATIOS
from nbradiomics.outcome.ratio_sentences import ratio_sentences
from nbradiomics.outcome.solvers import NoMaximumError, can_train, has_competing
from nbradiomics.outcome.solvers.ordinary import OrdinaryFit, fit_ordinary
from nbradiomics.outcome.tasks import Classification, Survival, Task

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData

#: With fewer events (or subjects of the smaller class) for each column, Wald's intervals are not reliable
#: (Vittinghoff and McCulloch 2007, American Journal of Epidemiology 165:710).
FEWEST_PER_COLUMN = 5
_SHOWN = 5
#: Key of all covariates together: a covariate may have any name.
_ALL = None
_Tests = Mapping[str | None, Mapping[str, Any]]


@dataclass(frozen=True)
class Ratios:
    """Ratios of the covariates.

    Attributes
    ----------
    table
        Columns of `outcome.ratio_schema.RATIOS`; no rows without covariates.
    facts
        The same for JSON: ``kind`` (of ratio), ``positive`` (class of two whose odds are compared, else
        null), ``subjects``, ``informative`` (events, or subjects of the
        smaller class), ``left_out`` (subjects with a missing covariate), ``columns`` (of the model),
        ``reason`` (why there are no ratios, empty if there are) and ``ph_p`` (all covariates).
    sentences
        The same in English.
    """

    table: pd.DataFrame
    facts: dict[str, Any]
    sentences: tuple[str, ...]

    def tell(self, summary: dict[str, Any]) -> None:
        """Add facts and sentences to the summary of an evaluation; what changes with time is leading."""
        summary["ratios"] = self.facts
        summary["sentences"] += self.sentences
        summary["leading"] += self.sentences[1:]


def covariate_ratios(data: OutcomeData, task: Task, confidence: float, *, people: str = "subject") -> Ratios:
    """Fit an ordinary Cox or logistic model of the covariates to all subjects who have a value of each.

    Cox for a time to an event (ties by Efron's method) with the test of proportional hazards, logistic for
    two classes; without a penalty, Wald's intervals. If the model has no reliable solution the table has a
    reason instead of numbers. `people` is what a sentence calls a subject.
    """
    columns, complete = ratio_columns(data)
    y = data.y[complete]
    used = [column for column in columns if not column.constant]
    x = np.column_stack([column.values for column in used]) if used else np.empty((len(y), 0))
    fit, reason = _fitted(x, y, used, task)
    tested = _tested(used, x, y) if fit is not None and isinstance(task, Survival) else {}
    rows = [_named(column, "all subjects have the same value") for column in columns if column.constant]
    if fit is None:
        rows = [*(_named(column, reason) for column in used), *rows]
    else:
        estimates = _estimates(used, fit, tested, float(norm.ppf((1 + confidence) / 2)))
        rows = [*estimates, *rows, _together(fit, tested)]
    facts = {
        "positive": task.classes[-1] if isinstance(task, Classification) and task.points == 2 else None,
        "kind": _kind(data, task),
        "subjects": len(y),
        "informative": task.informative_in(y),
        "left_out": int((~complete).sum()),
        "columns": len(used),
        "reason": reason,
        "ph_p": number_or_none(tested[_ALL]["ph_p"]) if tested else None,
    }
    table = RATIOS.table(rows)
    sentences = tuple(ratio_sentences(facts, table, task, people)) if columns else ()
    return Ratios(table, facts, sentences)


def _kind(data: OutcomeData, task: Task) -> str:
    if not isinstance(task, Survival):
        return "odds ratio"
    return "cause-specific hazard ratio" if has_competing(data.y) else "hazard ratio"


def _fitted(
    x: np.ndarray, y: np.ndarray, columns: Sequence[RatioColumn], task: Task
) -> tuple[OrdinaryFit | None, str]:
    """Fit the model, or say why there is none."""
    found = task.informative_in(y) if len(y) else 0
    if not columns:
        return None, "no covariate differs between the subjects"
    if not isinstance(task, Survival) and task.points != 2:
        return None, f"the target has {task.points} classes, and this model is for two"
    if not can_train(y) or found < FEWEST_PER_COLUMN * len(columns):
        return None, (
            f"{counted(found, *task.informative)} {'is' if found == 1 else 'are'} too few for "
            f"{counted(len(columns), 'column')}; {FEWEST_PER_COLUMN} for each are needed"
        )
    try:
        fit = fit_ordinary(x, y)
    except NoMaximumError as error:
        return None, f"the model has no solution: {error}"
    endless = [column.name for column, one in zip(columns, fit.endless, strict=True) if one]
    if endless:
        listed = ", ".join(endless[:_SHOWN]) + (" ..." if len(endless) > _SHOWN else "")
        return None, (
            f"the ratio of {listed} has no finite estimate, because the covariates separate those with the "
            "outcome from the others (as a level does in which nobody has it)"
        )
    return fit, ""


def _tested(columns: Sequence[RatioColumn], x: np.ndarray, y: np.ndarray) -> _Tests:
    """Test of proportional hazards by covariate, and of all of them."""
    variables = list(dict.fromkeys(column.variable for column in columns))
    terms = [str(variables.index(column.variable)) for column in columns]
    found = proportional_hazards(y["time"], y["event"], x, terms=terms)
    values = zip(found["chi2"], found["df"], found["p"], strict=True)
    return {
        name: {"ph_chi2": statistic, "ph_df": free, "ph_p": p}
        for name, (statistic, free, p) in zip([*variables, _ALL], values, strict=True)
    }


def _estimates(
    columns: Sequence[RatioColumn], fit: OrdinaryFit, tested: _Tests, reach: float
) -> Iterator[dict[str, Any]]:
    variables = np.array([column.variable for column in columns], dtype=object)
    limits = reach * fit.errors * np.array([[0.0], [-1.0], [1.0]])
    values = np.exp(fit.coefficients + limits).T
    scaled = np.exp((fit.coefficients + limits) * fit.spread).T
    for place, (column, p) in enumerate(zip(columns, fit.p_values(), strict=True)):
        row = _named(column) | dict(zip(("ratio", "low", "high"), values[place], strict=True))
        if not column.binary:
            row |= {"sd": fit.spread[place]}
            row |= dict(zip(("ratio_sd", "low_sd", "high_sd"), scaled[place], strict=True))
        joint = fit.joint_p(variables == column.variable)
        yield row | {"p": p, "joint_p": joint} | dict(tested.get(column.variable, {}))


def _together(fit: OrdinaryFit, tested: _Tests) -> dict[str, Any]:
    """Row of all covariates together."""
    everything = fit.joint_p(np.ones(len(fit.spread), dtype=bool))
    row = {"variable": GLOBAL, "level": "", "reference": "", "joint_p": everything, "reason": ""}
    return row | dict(tested.get(_ALL, {}))


def _named(column: RatioColumn, reason: str = "") -> dict[str, Any]:
    return {
        "variable": column.variable,
        "level": column.level,
        "reference": column.reference,
        "reason": reason,
    }
