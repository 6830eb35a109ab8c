"""One model in plain numbers: the columns before it, its linear predictors, its probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator
from scipy.special import expit, logit

from nbradiomics.outcome.solvers import Hazard, predicted_incidence
from nbradiomics.signature.learned import Learned, Names, Numbers
from nbradiomics.signature.steps import Power, Step

#: Probabilities are kept this far from 0 and 1, where log odds and log(-log) end; as in `outcome.tasks`.
_EDGE = 1e-12


@dataclass(frozen=True)
class Predicted:
    """What a model predicts.

    Attributes
    ----------
    risk
        Log partial hazard, log odds of the positive one of two classes, or, with competing events,
        log(-log(1 - incidence)) at the end of the horizons; shape (subjects,). Missing for more classes.
    group
        1 if the risk exceeds the median of the training subjects, else 0; or the number of the predicted
        class; shape (subjects,).
    probabilities
        Of the event until some times, shape (subjects, times), or of each class, shape (subjects, classes).
    """

    risk: np.ndarray
    group: np.ndarray
    probabilities: np.ndarray


class Block(Learned):
    """Columns that are prepared together: features, the volume, numbers, categories."""

    name: str
    columns: Names
    steps: tuple[Step, ...]

    def apply(self, inputs: pd.DataFrame, *, limited: bool) -> pd.DataFrame:
        """Columns of the models, named ``block__column``; `limited` as in `Model.prepared`."""
        table = inputs[list(self.columns)]
        for step in self.steps:
            apply = step.unlimited if isinstance(step, Power) and not limited else step.apply
            table = apply(table)
        return table.add_prefix(f"{self.name}__")

    def limited(self, wanted: Sequence[str]) -> Self:
        """The block for some of its output columns, named without the block."""
        steps, needed = [], tuple(wanted)
        for step in reversed(self.steps):
            limited, needed = step.limited(needed)
            steps.append(limited)
        return self.model_copy(update={"columns": needed, "steps": tuple(reversed(steps))})


class Linear(Learned):
    """A linear predictor: the sum of ``coefficient * (column - centre)``, and an intercept."""

    columns: Names
    coefficients: Numbers
    centre: Numbers
    intercept: float = 0.0

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        self.require_one_length(self.coefficients, self.centre, of=self.columns)
        return self

    def contributions(self, table: pd.DataFrame) -> pd.DataFrame:
        """What each column adds to the predictor of each subject."""
        values = table[list(self.columns)].to_numpy(np.float64)
        parts = (values - np.array(self.centre)) * np.array(self.coefficients)
        return pd.DataFrame(parts, index=table.index, columns=list(self.columns))

    def predictor(self, table: pd.DataFrame) -> np.ndarray:
        """The predictor of each subject, shape (subjects,)."""
        # A sum and no matrix product: its order does not depend on the library of linear algebra.
        total: np.ndarray = self.contributions(table).to_numpy().sum(axis=1) + self.intercept
        return total

    def used(self) -> Self:
        """The predictor without columns whose coefficient is 0, as a lasso leaves them."""
        kept = [place for place, value in enumerate(self.coefficients) if value]
        lists = ("columns", "coefficients", "centre")
        return self.model_copy(
            update={name: tuple(getattr(self, name)[place] for place in kept) for name in lists}
        )


class Baseline(Learned):
    """Baseline hazard of an event; see `outcome.solvers.Hazard`."""

    times: Numbers
    steps: Numbers
    top: float

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        self.require_one_length(self.steps, of=self.times)
        if list(self.times) != sorted(self.times) or any(step < 0 for step in self.steps):
            raise ValueError("the times of a baseline hazard increase, and its steps are 0 or more")
        return self

    @property
    def hazard(self) -> Hazard:
        """The hazard in the form in which it is applied."""
        return Hazard(np.array(self.times), np.array(self.steps), self.top)


class Cox(Learned):
    """A Cox model."""

    kind: Literal["cox"] = "cox"
    linear: Linear
    baseline: Baseline
    cut: float

    @property
    def linears(self) -> tuple[Linear, ...]:
        """All linear predictors."""
        return (self.linear,)

    def predict(self, table: pd.DataFrame, times: Sequence[float]) -> Predicted:
        """Predict risk, group and the probability of the event until some times."""
        risk, hazard = self.linear.predictor(table), self.baseline.hazard
        until = hazard.sums[np.searchsorted(hazard.times, np.asarray(times), side="right")]
        events = -np.expm1(-hazard.of_subjects(risk, until))
        return Predicted(risk, (risk > self.cut).astype(np.intp), events)


class Competing(Learned):
    """Cox models of the cause-specific hazards of an event and of a competing event."""

    kind: Literal["competing"] = "competing"
    linear: Linear
    baseline: Baseline
    competing_linear: Linear
    competing_baseline: Baseline
    end: float
    cut: float

    @property
    def linears(self) -> tuple[Linear, ...]:
        """All linear predictors."""
        return self.linear, self.competing_linear

    def predict(self, table: pd.DataFrame, times: Sequence[float]) -> Predicted:
        """Predict risk, group and the cumulative incidence of the event until some times."""
        own = self.baseline.hazard, self.linear.predictor(table)
        other = self.competing_baseline.hazard, self.competing_linear.predictor(table)
        at_end = np.clip(predicted_incidence(own, other, np.array([self.end]))[:, 0], _EDGE, 1 - _EDGE)
        risk = np.log(-np.log1p(-at_end))
        incidence = predicted_incidence(own, other, np.asarray(times, dtype=np.float64))
        return Predicted(risk, (risk > self.cut).astype(np.intp), incidence)


class Classes(Learned):
    """Logistic models: one of two classes, or one of each class against all others."""

    kind: Literal["classes"] = "classes"
    classes: Names
    models: tuple[Linear, ...]
    shares: tuple[Annotated[float, Field(gt=0, le=1)], ...]

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        self.require_one_length(self.shares, of=self.classes)
        if len(self.models) != (1 if len(self.classes) == 2 else len(self.classes)):
            raise ValueError(f"{len(self.models)} models of {len(self.classes)} classes")
        return self

    @property
    def linears(self) -> tuple[Linear, ...]:
        """All linear predictors."""
        return self.models

    def predict(self, table: pd.DataFrame, times: Sequence[float] = ()) -> Predicted:  # noqa: ARG002
        """Predict the probability of each class, and the class with the largest multiple of its share."""
        alone = expit(np.stack([each.predictor(table) for each in self.models], axis=1))
        both = np.hstack([1 - alone, alone])
        probabilities = both if len(self.models) == 1 else alone / alone.sum(axis=1, keepdims=True)
        inside = np.clip(probabilities[:, 1], _EDGE, 1 - _EDGE)
        risk = logit(inside) if len(self.classes) == 2 else np.full(len(table), np.nan)
        return Predicted(risk, np.argmax(probabilities / np.array(self.shares), axis=1), probabilities)


Kind = Annotated[Cox | Competing | Classes, Field(discriminator="kind")]


class Model(Learned):
    """One model: ``clinical``, ``volume``, ``radiomic`` or ``combined``.

    Attributes
    ----------
    blocks
        Its columns before the linear predictors.
    outcome
        Linear predictors and what turns them into probabilities.
    selection
        Selection of features that `auto` chose; empty if the settings name one.
    """

    name: str
    blocks: tuple[Block, ...]
    outcome: Kind
    selection: str = ""

    @property
    def columns(self) -> Names:
        """Columns of the linear predictors."""
        return tuple(dict.fromkeys(name for each in self.outcome.linears for name in each.columns))

    @property
    def inputs(self) -> Names:
        """Columns that a subject must have: features, covariates, batches."""
        return tuple(dict.fromkeys(name for block in self.blocks for name in block.columns))

    def prepared(self, inputs: pd.DataFrame, *, limited: bool = True) -> pd.DataFrame:
        """Columns of the linear predictors, from the inputs of new subjects.

        The models limit values to the range of the training values, widened by its half. How far a subject is
        from them is only seen without these limits (`limited` false).
        """
        empty = pd.DataFrame(index=inputs.index)
        parts = [block.apply(inputs, limited=limited) for block in self.blocks]
        return pd.concat([empty, *parts], axis=1)[list(self.columns)]
