"""Turn fitted steps and models into plain numbers: a closed list of kinds, everything else is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from nbradiomics.outcome.cause_specific import CauseSpecificCox
from nbradiomics.outcome.fitting import FittedModel
from nbradiomics.outcome.harmonised_features import HarmonisedFeatures
from nbradiomics.outcome.logistic import OneVsRest
from nbradiomics.outcome.penalised import PenalisedModel
from nbradiomics.outcome.selection import PrincipalComponents
from nbradiomics.outcome.solvers import Hazard
from nbradiomics.outcome.tasks import Classification, CompetingRisks, Task
from nbradiomics.outcome.transformers import ColumnFilter, LevelIndicators, UnlessEmpty
from nbradiomics.outcome.yeo_johnson import YeoJohnson
from nbradiomics.signature.harmonised import learned_harmonisation
from nbradiomics.signature.learned import Names, numbers_of
from nbradiomics.signature.models import (
    Baseline,
    Block,
    Classes,
    Competing,
    Cox,
    Kind,
    Linear,
    Model,
)
from nbradiomics.signature.steps import (
    Category,
    Components,
    Fill,
    Keep,
    Levels,
    Power,
    Scale,
    Step,
)


class NotPlainError(TypeError):
    """A fitted step or model that has no form in plain numbers, such as trees."""


def compiled(final: FittedModel, y: np.ndarray, task: Task) -> Model:
    """One final model in plain numbers, with only what its predictions need.

    Parameters
    ----------
    final
        The fitted model.
    y
        Outcome of the subjects that it was fitted to, shape (subjects,).
    task
        Kind of outcome.

    Raises
    ------
    NotPlainError
        When the model is none of the closed list: trees.
    """
    outcome = _outcome(final, y, task)
    columns = {name for each in outcome.linears for name in each.columns}
    blocks = []
    for block in _blocks(final.columns):
        prefix = f"{block.name}__"
        wanted = [name.removeprefix(prefix) for name in columns if name.startswith(prefix)]
        if wanted:
            blocks.append(block.limited(wanted))
    return Model(name=final.name, blocks=tuple(blocks), outcome=outcome, selection=final.selection)


def _blocks(columns: ColumnTransformer) -> Iterable[Block]:
    for name, fitted, names in columns.transformers_:
        if name == "remainder" or not len(names):
            continue
        steps, inputs = _steps(fitted, tuple(map(str, names)))
        yield Block(name=name, columns=inputs, steps=tuple(steps))


def _steps(pipeline: Any, names: Names) -> tuple[list[Step], Names]:
    """Steps of a fitted pipeline, and the input columns of the first one."""
    steps: list[Step] = []
    inputs = names
    for _, fitted in pipeline.steps:
        if isinstance(fitted, str):  # "passthrough"
            continue
        if isinstance(fitted, UnlessEmpty):
            fitted = fitted.transformer_
            if fitted is None:
                continue
        if isinstance(fitted, HarmonisedFeatures) and fitted.combat_ is not None:
            others = [name for name in names if name not in set(fitted.harmonised_)]
            harmonised = learned_harmonisation(fitted.combat_, fitted.harmonised_, others)
            steps.append(harmonised)
            inputs = (*inputs, *harmonised.asked)
        convert = next((make for kind, make in _STEPS.items() if isinstance(fitted, kind)), None)
        if convert is None:
            raise NotPlainError(f"a step of the kind {type(fitted).__name__}")
        steps.append(convert(fitted, names))
        names = tuple(map(str, fitted.get_feature_names_out(np.asarray(names, dtype=object))))
    return steps, inputs


def _filter(fitted: ColumnFilter, names: Names) -> Keep:
    return Keep(columns=tuple(name for name, kept in zip(names, fitted.support_, strict=True) if kept))


def _fill(fitted: SimpleImputer, names: Names) -> Fill:
    indicated = [] if fitted.indicator_ is None else [names[place] for place in fitted.indicator_.features_]
    return Fill(columns=names, values=numbers_of(fitted.statistics_), indicated=tuple(indicated))


def _scale(fitted: StandardScaler, names: Names) -> Scale:
    return Scale(columns=names, mean=numbers_of(fitted.mean_), spread=numbers_of(fitted.scale_))


def _power(fitted: YeoJohnson, names: Names) -> Power:
    return Power(
        columns=names,
        mean=numbers_of(fitted.mean_),
        spread=numbers_of(fitted.scale_),
        low=numbers_of(fitted.low_),
        high=numbers_of(fitted.high_),
        powers=numbers_of(fitted.powers_),
        mean_after=numbers_of(fitted.mean_after_),
        spread_after=numbers_of(fitted.scale_after_),
    )


def _components(fitted: PrincipalComponents, names: Names) -> Components:
    return Components(
        columns=tuple(names[place] for place in fitted.used_),
        mean=numbers_of(fitted.mean_),
        names=tuple(map(str, fitted.get_feature_names_out())),
        loadings=tuple(numbers_of(column) for column in fitted.loadings_.T),
    )


def _levels(fitted: LevelIndicators, names: Names) -> Levels:
    learnt = zip(names, fitted.shares_, fitted.coded_, strict=True)
    return Levels(
        categories=tuple(
            Category(
                column=name,
                levels=tuple(map(str, shares.index)),
                shares=numbers_of(shares),
                coded=tuple(map(str, coded)),
            )
            for name, shares, coded in learnt
        ),
        missing=fitted.missing,
    )


_STEPS: Mapping[type, Callable[[Any, Names], Step]] = {
    ColumnFilter: _filter,
    SimpleImputer: _fill,
    StandardScaler: _scale,
    YeoJohnson: _power,
    PrincipalComponents: _components,
    LevelIndicators: _levels,
}


def _outcome(final: FittedModel, y: np.ndarray, task: Task) -> Kind:
    estimator, columns = final.estimator, tuple(map(str, final.known.columns))
    if isinstance(task, Classification):
        if not isinstance(estimator, OneVsRest):
            raise NotPlainError(type(estimator).__name__)
        shares = np.bincount(y, minlength=len(task.classes)) / len(y)
        models = tuple(_linear(each, columns, each.intercept_) for each in estimator.models_)
        return Classes(classes=task.classes, models=models, shares=numbers_of(shares))
    if not isinstance(estimator, PenalisedModel):
        raise NotPlainError(type(estimator).__name__)
    linear = _linear(estimator, columns)
    if isinstance(task, CompetingRisks):
        assert isinstance(estimator, CauseSpecificCox)
        other = estimator.competing_
        of_other = (
            _linear(other, columns) if estimator.columns_ else Linear(columns=(), coefficients=(), centre=())
        )
        cox = Competing(
            linear=linear,
            baseline=_baseline(estimator.hazard_),
            competing_linear=of_other,
            competing_baseline=_baseline(estimator.competing_hazard_),
            end=float(task.horizons.end),
            cut=0.0,
        )
        cut = float(np.median(cox.predict(final.known, ()).risk))
        return cox.model_copy(update={"cut": cut})
    risk = linear.predictor(final.known)
    return Cox(linear=linear, baseline=_baseline(Hazard.of(y, risk)), cut=float(np.median(risk)))


def _linear(fitted: PenalisedModel, columns: Sequence[str], intercept: float = 0.0) -> Linear:
    """The predictor without the columns that a lasso leaves out."""
    return Linear(
        columns=tuple(columns),
        coefficients=numbers_of(fitted.coef_),
        centre=numbers_of(fitted.mean_),
        intercept=float(intercept),
    ).used()


def _baseline(hazard: Hazard) -> Baseline:
    return Baseline(times=numbers_of(hazard.times), steps=numbers_of(hazard.steps), top=float(hazard.top))
