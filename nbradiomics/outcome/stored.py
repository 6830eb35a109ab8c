"""Store what is fitted again and again, so that an evaluation that was stopped continues where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from typing_extensions import TypedDict

from nbradiomics.execution.execution import Stored
from nbradiomics.execution.workspace import result_key

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.score_table import Scores
    from nbradiomics.outcome.settings import OutcomeSettings
    from nbradiomics.outcome.tasks import Task

#: Settings that say how many samples or permutations there are, or how they are summarised: each of them
#: stays what it is.
_OF_THE_WHOLE = frozenset({"bootstraps", "refits", "permutations", "confidence"})


class StoredValue(TypedDict):
    """A statistic of one permutation."""

    value: float


class StoredScores(TypedDict):
    """Scores of one sample: model, metric, horizon, and the value of each cross-validation."""

    rows: list[tuple[str, str, float | None, list[float]]]


def stored_scores(scores: Scores) -> StoredScores:
    """Write scores in the form in which they are stored."""
    return {"rows": [(*key, [float(value) for value in values]) for key, values in scores.items()]}


def read_scores(stored: StoredScores) -> Scores:
    """Turn stored scores back."""
    return {
        (model, metric, horizon): np.array(values, dtype=np.float64)
        for model, metric, horizon, values in stored["rows"]
    }


def stored_cases(
    stage: str,
    schema: Any,
    data: OutcomeData,
    settings: OutcomeSettings,
    task: Task,
    models: Sequence[str],
    *,
    further: Sequence[OutcomeData] = (),
) -> Stored:
    """Say how the results of cases are found again: by all data, the settings and the name of the case.

    `further` are other data that the results depend on, such as the same subjects with other masks.
    """
    made_of = {
        "settings": settings.model_dump(mode="json", exclude=set(_OF_THE_WHOLE)),
        "task": repr(task),
        "models": list(models),
    }
    digest: Callable[[], str] = cache(lambda: "-".join(map(digest_of, (data, *further))))
    return Stored(lambda name: result_key(stage, data=digest(), case=name, **made_of), schema)


def digest_of(data: OutcomeData) -> str:
    """SHA-256 of everything in the data of an evaluation that a model sees."""
    digest = hashlib.sha256()
    rule, ratings = data.stability, data.stability.ratings
    described: list[Any] = [
        data.subjects,
        data.blocks,
        data.classes,
        list(map(str, data.frame)),
        rule.kind,
        rule.stable,
    ]
    described += [None if data.sites is None else list(map(str, data.sites))]
    described += [None if ratings is None else [ratings.features, ratings.subjects, ratings.readers]]
    if data.harmonisation is not None:
        described += data.harmonisation.described
    digest.update(json.dumps(described, default=list).encode())
    for name in data.frame:
        digest.update(pd.util.hash_array(data.frame[name].to_numpy()).tobytes())
    digest.update(str(data.y.dtype).encode() + data.y.tobytes())
    if ratings is not None:
        digest.update(np.ascontiguousarray(ratings.values).tobytes())
    return digest.hexdigest()
