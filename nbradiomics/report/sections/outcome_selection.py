"""Which columns entered an outcome model, how often and with which coefficient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from nbradiomics.messages.wording import counted, number, percent
from nbradiomics.outcome.settings import FIRTH, PENALISED, TREES
from nbradiomics.outcome.tasks.competing import COMPETING
from nbradiomics.report.content import Block, Details, Table, Text
from nbradiomics.report.run_files import Endpoint, rows_of

_MOST_FEATURES = 15
_IMPORTANCE = "importance"
#: What keeps every column, by whether the method is Firth's.
_KEEPS_ALL = {False: "With the ridge penalty", True: "By Firth's method"}
_NO_IMPORTANCES = "A random survival forest does not say how much each column contributes."


def selection_blocks(endpoint: Endpoint) -> list[Block]:
    """Columns of each model with their share of folds and mean coefficient."""
    table = endpoint.selection
    if table is None:
        return [Text("Selected features: not part of this run.", tone="note")]
    if table.empty:
        forest = _method(endpoint.summary) == "random_forest" and endpoint.summary.get("kind") != "classes"
        return [Text(_NO_IMPORTANCES if forest else "No feature entered a model.")]
    blocks: list[Block] = [Text(what_columns_say(endpoint), tone="note")]
    covariates = endpoint.summary.get("covariates")
    names = list(map(str, covariates)) if isinstance(covariates, list) else None
    ratio = _ratio(endpoint.summary)
    for (model, kind), columns in table.groupby(["model", "class"], sort=False):
        part = f", {'' if kind == COMPETING else 'class '}{kind}" if kind else ""
        title = f"{model}{part}"
        ordered = columns.sort_values("frequency", ascending=False, kind="stable")
        name = f"selection_{model}_{kind}" if kind else f"selection_{model}"
        tables = _selected(title, ordered, names, ratio)
        blocks.extend(_named(block, name) for block in tables)
    return blocks


def _named(block: Block, name: str) -> Block:
    """Name the table of a model; its parts have one name."""
    if isinstance(block, Details):
        return replace(block, blocks=tuple(_named(each, name) for each in block.blocks))
    return replace(block, name=name) if isinstance(block, Table) else block


def what_columns_say(endpoint: Endpoint) -> str:
    """Say what the share of folds and the coefficient of a column are."""
    summary = endpoint.summary
    share_of_folds = (
        "The models were fitted once, so each share is 0 or 100 %. "
        if endpoint.is_external
        else "Share of folds: share of all fitted folds in which the column was in the model. "
    )
    if _ratio(summary) == _IMPORTANCE:
        return f"{share_of_folds}Mean importance: share of the column in the trees' decrease of impurity."
    settings = summary.get("settings")
    firth = _method(summary) == FIRTH
    ridge = not (settings.get("l1_ratio") if isinstance(settings, Mapping) else 0)
    selected = settings.get("selection", "none") != "none" if isinstance(settings, Mapping) else False
    filters = (
        f"{_KEEPS_ALL[firth]} every column that passes the filters stays in the model: the share shows how "
        "often a column varied, was stable between readers and was not a near copy of another column. It "
        "does not measure importance. "
    )
    if selected:
        filters = f"{_KEEPS_ALL[firth]} every feature that was selected stays in the model. "
    level = summary.get(
        "level_meaning", "against the average of all levels, or against the other level if there are two"
    )
    return (
        f"{share_of_folds}{filters if ridge or firth else ''}"
        f"Mean {_ratio(summary)}: the coefficient of the model, shrunk by the penalty and averaged over "
        "the folds in which the column was in the model. For a feature or a numeric covariate it is per "
        "standard deviation in the training subjects; for a level of a category (name=level) it is "
        f"{level}."
    )


def _ratio(summary: Mapping[str, Any]) -> str:
    if _method(summary) in TREES:
        return _IMPORTANCE
    return "log odds ratio" if summary.get("kind") == "classes" else "log hazard ratio"


def _method(summary: Mapping[str, Any]) -> str:
    settings = summary.get("settings")
    return str(settings.get("method", PENALISED)) if isinstance(settings, Mapping) else PENALISED


def _kinds(names: pd.Series, covariates: Sequence[str] | None) -> tuple[str, str]:
    """Name the rows of a model, in the singular and the plural."""
    clinical = {
        any(
            name in (covariate, f"missingindicator_{covariate}") or name.startswith(f"{covariate}=")
            for covariate in covariates or ()
        )
        for name in names
    }
    if covariates is None or len(clinical) > 1:
        return "feature or covariate", "features and covariates"
    return ("covariate", "covariates") if clinical == {True} else ("feature", "features")


def _selected(model: str, columns: pd.DataFrame, covariates: Sequence[str] | None, ratio: str) -> list[Block]:
    entered = columns[columns["frequency"] > 0]
    top, rest = entered.head(_MOST_FEATURES), entered.iloc[_MOST_FEATURES:]
    never = columns.drop(index=entered.index)
    unused = counted(len(never), *_kinds(never["feature"], covariates))
    if entered.empty:
        return [Text(f"Model {model}: none of {unused} entered it.")]
    kinds = _kinds(entered["feature"], covariates)
    title = f"Model {model}: {kinds[1]} in the model, with their share of folds"
    blocks: list[Block] = [_features(top, kinds[0], title, ratio)]
    if len(rest):
        number = f"{len(rest):,} more {kinds[len(rest) > 1]}"
        blocks.append(Details(f"Model {model}: {number}", (_features(rest, kinds[0], "", ratio),)))
    if len(never):
        sentence = f"Model {model}: {unused} entered it in no fold"
        blocks.append(Text(f"{sentence} and {'is' if len(never) == 1 else 'are'} not listed.", tone="note"))
    return blocks


def _features(rows: pd.DataFrame, kind: str, caption: str, ratio: str) -> Table:
    columns = ("feature", "frequency", "coefficient")
    cells = tuple(
        (feature, percent(frequency), number(coefficient, 3))
        for feature, frequency, coefficient in rows_of(rows, *columns)
    )
    return Table((kind.capitalize(), "Share of folds", f"Mean {ratio}"), cells, caption=caption)
