"""What the ratios of the covariates say, and what they do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from nbradiomics.messages.wording import counted, p_text
from nbradiomics.outcome.tasks import Survival, Task

#: Below this the sentences say that hazard ratios change with time.
PH_LEVEL = 0.05


def ratio_sentences(facts: Mapping[str, Any], table: pd.DataFrame, task: Task, people: str) -> Iterator[str]:
    """Say where the ratios come from, or why there are none, and whether hazards are proportional.

    Parameters
    ----------
    facts, table
        As of `outcome.ratios.Ratios`.
    task
        Kind of outcome.
    people
        What to call a subject.
    """
    kind = facts["kind"]
    left_out = facts["left_out"]
    missing = f"; {counted(left_out, people)} with a missing covariate left out" if left_out else ""
    if facts["reason"]:
        yield f"There are no {kind}s of the covariates: {facts['reason']}{missing}."
        return
    model = "Cox" if isinstance(task, Survival) else "logistic"
    positive = f" for {facts['positive']!r}" if facts["positive"] else ""
    yield (
        f"The {kind}s of the covariates{positive} (ratios.csv) come from one ordinary {model} model of the "
        f"covariates alone, fitted to {counted(facts['subjects'], people)} "
        f"({counted(facts['informative'], *task.informative)}{missing}). They describe these subjects and "
        "validate nothing. Features have no such ratios: they are many, selected and penalised, and such "
        "intervals would claim too much."
    )
    yield from _changing(facts["ph_p"], table)


def _changing(p: float | None, table: pd.DataFrame) -> Iterator[str]:
    """Warn about hazard ratios that change with time, if the test of all covariates says so."""
    if p is None or p >= PH_LEVEL:
        return
    whole = p_text(p, beside=(PH_LEVEL,))
    rows = table.iloc[:-1].drop_duplicates("variable")
    changing = [
        f"{name} ({p_text(value, beside=(PH_LEVEL,))})"
        for name, value in zip(rows["variable"], rows["ph_p"], strict=True)
        if value < PH_LEVEL
    ]
    if len(changing) == 1:
        yield (
            f"The effect of {changing[0]} changes with time (all covariates together {whole}): its hazard "
            "ratio is an average over the follow-up, and another follow-up would give another one."
        )
    elif changing:
        yield (
            f"The effects of {', '.join(changing)} change with time (all covariates together {whole}): their "
            "hazard ratios are averages over the follow-up, and another follow-up would give others."
        )
    else:
        yield (
            f"The effects of the covariates together change with time ({whole}), although no single one "
            "shows it: the hazard ratios are averages over the follow-up."
        )
