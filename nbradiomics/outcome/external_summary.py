"""An external validation in JSON and in English sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbradiomics.messages.wording import counted, p_text
from nbradiomics.outcome.answer import answers
from nbradiomics.outcome.baseline_table import median_follow_up
from nbradiomics.outcome.groups import log_rank_p
from nbradiomics.outcome.models import level_meaning

if TYPE_CHECKING:
    from nbradiomics.clinical import Endpoint
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.crossvalidation import FoldResult
    from nbradiomics.outcome.horizons import Horizons
    from nbradiomics.outcome.settings import OutcomeSettings

#: Events that an external validation needs for a precise answer (Collins et al. 2016, Statistics in Medicine
#: 35:214).
_EVENTS = 100


def summarise_external(
    data: OutcomeData,
    external: np.ndarray,
    results: Sequence[FoldResult],
    performance: pd.DataFrame,
    groups: Mapping[str, np.ndarray],
    settings: OutcomeSettings,
    judged: tuple[Endpoint, Horizons],
) -> dict[str, Any]:
    """Summary of an external validation, ready for JSON.

    Returns
    -------
    dict
        ``validation`` (``external``), ``time, event, subjects, events`` (of the external cohort),
        ``development`` (``subjects, events`` of the cohort of the models), ``excluded``, ``covariates``,
        ``models``, ``median_follow_up``, ``horizons``, ``end``, ``log_rank_p`` (of the risk groups, by
        model), ``failures``, ``level_meaning``, ``settings``, ``answers`` and ``sentences``.
    """
    endpoint, horizons = judged
    y, development = data.y[external], data.y[~external]
    follow_up = median_follow_up(y)
    summary: dict[str, Any] = {
        "validation": "external",
        "time": endpoint.time,
        "event": endpoint.event,
        "subjects": len(y),
        "events": int(y["event"].sum()),
        "development": {"subjects": len(development), "events": int(development["event"].sum())},
        "excluded": len(data.excluded),
        "covariates": [*data.numeric, *data.categorical],
        "models": list(data.models),
        "median_follow_up": follow_up if np.isfinite(follow_up) else None,
        "horizons": list(horizons.times),
        "end": horizons.end,
        "log_rank_p": {model: log_rank_p(y, group) for model, group in groups.items()},
        "failures": [{"model": one.model, "cause": one.failure} for one in results if one.failure],
        "level_meaning": level_meaning(settings),
        "settings": settings.model_dump(mode="json"),
    }
    sizes = {"subjects": 0, "events": summary["events"], "candidates": 0, "needed": 0}
    told = answers(performance, sizes, settings.confidence, refitted=True)
    told["Were there enough events?"] = _enough(summary["events"])
    summary["answers"] = told
    summary["sentences"] = [*_sentences(summary, data)]
    return summary


def _enough(events: int) -> str:
    text = f"{counted(events, 'event')}; about {_EVENTS} give a precise answer (Collins et al. 2016)."
    return f"{'Yes' if events >= _EVENTS else 'No'}: {text}"


def _sentences(summary: Mapping[str, Any], data: OutcomeData) -> Iterator[str]:
    development = summary["development"]
    yield (
        f"The models were fitted to {counted(development['subjects'], 'subject')} with "
        f"{counted(development['events'], 'event')}, and judged on {summary['subjects']:,} external subjects "
        f"with {counted(summary['events'], 'event')} ({summary['time']}, {summary['event']}); "
        f"{summary['excluded']} subjects were left out."
    )
    if summary["median_follow_up"] is not None:
        yield (
            f"The median follow-up of the external subjects is {summary['median_follow_up']:g}, in the unit "
            f"of {summary['time']} (reverse Kaplan-Meier)."
        )
    yield from (*data.description.sentences, *data.description.warnings)
    yield data.stability.text
    for failure in summary["failures"]:
        yield f"The {failure['model']} model could not be fitted: {failure['cause']}"
    for model, p in summary["log_rank_p"].items():
        if p is None:
            yield f"The {model} model put all external subjects into one risk group."
        else:
            yield (
                f"Difference between the risk groups of the {model} model, whose limit is the median risk of "
                f"the cohort of the models: log-rank {p_text(p)}."
            )
    yield (
        "The intervals come from draws of the external subjects; the models stay as they are. This is an "
        "external validation: it says how these models perform on subjects like the external ones."
    )
