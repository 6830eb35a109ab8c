"""Judge the models of a file on external subjects; nothing is fitted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from nbradiomics.messages.wording import counted, percent
from nbradiomics.outcome.development import Development
from nbradiomics.outcome.external import external_result, judged_at
from nbradiomics.outcome.external_cohort import External
from nbradiomics.outcome.external_summary import summarise_external
from nbradiomics.outcome.fold_result import FoldResult
from nbradiomics.outcome.performance import external_performance
from nbradiomics.outcome.record import software
from nbradiomics.outcome.result import OutcomeResult
from nbradiomics.outcome.settings import OutcomeSettings
from nbradiomics.outcome.tasks import Classification, Survival, Task
from nbradiomics.outcome.tasks.base import named_coefficients
from nbradiomics.outcome.tasks.competing import COMPETING
from nbradiomics.settings import spread
from nbradiomics.signature.external_subjects import ExternalSubjects, endpoint_of, read_external_subjects
from nbradiomics.signature.models import Classes, Competing
from nbradiomics.signature.read import Signature, load_models
from nbradiomics.tables import RowsOfReader

if TYPE_CHECKING:
    from nbradiomics.clinical import Endpoint
    from nbradiomics.signature.models import Model

#: Settings that judge; all others belong to the models, and stand in their file.
JUDGING = frozenset({"bootstraps", "confidence", "horizons", "seed"})
#: Share of new subjects beyond the limit of the novelty from which on it is said.
_MANY_NOVEL = 0.05


@spread(rows=RowsOfReader, settings=OutcomeSettings, execution=Execution)
def validate_models(
    models: str | Path | Signature,
    features: pd.DataFrame,
    clinical: pd.DataFrame,
    *,
    model: Sequence[str] = (),
    endpoint: Endpoint | None = None,
    rows: RowsOfReader = RowsOfReader(),  # noqa: B008 - frozen
    settings: OutcomeSettings = OutcomeSettings(),  # noqa: B008 - frozen
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> OutcomeResult:
    """Judge the final models of a file on other subjects with known outcomes.

    Parameters
    ----------
    models
        File of models, or what :func:`load_models` read from it.
    features, clinical
        Tables of the external subjects. Subjects that the models learned from are left out, and counted.
    model
        Names of the models to judge; by default all of the file.
    endpoint
        Columns and codes of the outcome in the external table; by default those of the models.
    rows
        Rows of the feature table to use, if it has several per subject.
    settings
        ``bootstraps``, ``confidence``, ``horizons`` and ``seed`` as for :func:`validate_outcome`; all other
        settings are those of the models, and are refused here. By default the horizons are those at which
        the models were judged.
    execution
        Processes and progress display; the result does not depend on them.

    Returns
    -------
    OutcomeResult
        As of :func:`validate_outcome`. ``summary["model_file"]`` has name and SHA-256 of the file, and
        ``summary["novelty"]`` how many subjects of each model are unlike those that it learned from.

    Raises
    ------
    InputError
        When the file is not intact, the features were made in another way, a column is absent, or too few
        subjects or events remain.

    Notes
    -----
    Each field of `rows`, `settings` and `execution` may be given by its own name: ``bootstraps=200``.

    Examples
    --------
    >>> half = sorted(clinical["subject"])[: len(clinical) // 2]
    >>> first, second = (
    ...     tuple(table[table["subject"].isin(half) == chosen] for table in (features, clinical))
    ...     for chosen in (True, False)
    ... )
    >>> asked = {"time": "os_days", "event": "os_event", "reader": "A"}
    >>> fitted = evaluate_outcome(*first, **asked, folds=2, repeats=1, bootstraps=0)
    >>> digest = write_models(fitted, "model.zip")
    >>> validate_models("model.zip", *second, bootstraps=0).summary["validation"]
    'external'
    """
    _refuse_model_settings(settings)
    signature = models if isinstance(models, Signature) else load_models(models)
    names = tuple(model) or signature.names
    asked = endpoint or endpoint_of(signature.content.outcome)
    external = read_external_subjects(signature, names, features, clinical, asked, rows)
    return _judged(signature, external, asked, settings, execution)


def _judged(
    signature: Signature,
    external: ExternalSubjects,
    endpoint: Endpoint,
    settings: OutcomeSettings,
    execution: Execution,
) -> OutcomeResult:
    data = external.data
    task = _task(signature, data.y, settings.horizons)
    results = [_result(signature.model(name).model, external.inputs, task) for name in data.models]
    of_models = _settings(signature, settings)
    performance = external_performance(data, results, of_models, task, execution)
    novelty = {name: _novel(signature, name, external.inputs) for name in data.models}
    told = (*external.sentences, *_novel_sentences(novelty, len(data.y)))
    summary = summarise_external(
        _development(signature, data.models),
        External(data, told),
        results,
        performance,
        (endpoint, task),
        of_models,
    )
    summary.update(_made_from(signature), novelty=novelty)
    return external_result(data, results, performance, summary, task, settings.confidence)


def _refuse_model_settings(settings: OutcomeSettings) -> None:
    given = sorted(settings.model_fields_set - JUDGING)
    if given:
        text = ", ".join(given)
        raise InputError(
            f"{text} {'belongs' if len(given) == 1 else 'belong'} to the fitting of models, and those of a "
            "file stay as they are.",
            f"Leave out {text}, or give the tables of both cohorts to fit models.",
        )


def _settings(signature: Signature, asked: OutcomeSettings) -> OutcomeSettings:
    """Settings of the models, with those by which they are judged here."""
    kept = {name: value for name, value in signature.content.settings.items() if name not in JUDGING}
    return OutcomeSettings(**kept, **{name: getattr(asked, name) for name in JUDGING})


def _task(signature: Signature, y: np.ndarray, horizons: Sequence[float]) -> Task:
    outcome = signature.content.outcome
    if outcome.classes:
        return Classification(outcome.classes)
    last = float(outcome.last_event or np.inf)
    return judged_at(y, horizons, usual=outcome.horizons, last=last, median=outcome.median_time)


def _result(model: Model, inputs: pd.DataFrame, task: Task) -> FoldResult:
    """Predictions of a model in the form of those of a fold whose held-out subjects are all subjects."""
    table = model.prepared(inputs)
    times = tuple(task.horizons.all.tolist()) if isinstance(task, Survival) else ()
    found = model.outcome.predict(table, times)
    everybody = np.arange(len(inputs))
    return FoldResult(
        model.name,
        1,
        1,
        everybody,
        everybody,
        risk=found.risk,
        group=found.group,
        predicted=1 - found.probabilities if isinstance(task, Survival) else found.probabilities,
        coefficients=_coefficients(model),
        selection=model.selection,
    )


def _coefficients(model: Model) -> pd.DataFrame:
    parts = [""]
    if isinstance(model.outcome, Competing):
        parts = ["", COMPETING]
    elif isinstance(model.outcome, Classes) and len(model.outcome.models) > 1:
        parts = list(model.outcome.classes)
    columns = pd.Index(model.columns, dtype=object)
    values = {
        part: pd.Series(
            dict(zip(each.columns, each.coefficients, strict=True)), index=columns, dtype=np.float64
        )
        .fillna(0)
        .to_numpy()
        for part, each in zip(parts, model.outcome.linears, strict=True)
    }
    return named_coefficients(values, columns)


def _novel(signature: Signature, name: str, inputs: pd.DataFrame) -> int:
    """Number of subjects further from the training subjects than 99 % of subjects like them."""
    found = signature.model(name)
    apart = signature.novelty(name).distances(found.model.prepared(inputs, limited=False))
    return int((apart > found.novelty_limit).sum())


def _novel_sentences(novelty: dict[str, int], subjects: int) -> Iterator[str]:
    many = {name: count for name, count in novelty.items() if count > _MANY_NOVEL * subjects}
    if many:
        listed = ", ".join(f"{name}: {count} ({percent(count / subjects)})" for name, count in many.items())
        yield (
            f"Of {counted(subjects, 'external subject')}, many are further from the subjects of the models "
            f"than 99 % of subjects like them ({listed}; about 1 % were expected): they are another kind of "
            "patients, or their features were made in another way."
        )


def _development(signature: Signature, models: Sequence[str]) -> Development:
    content = signature.content
    outcome, known = content.outcome, content.development
    facts: dict[str, Any] = {"kind": outcome.kind}
    if outcome.kind == "classes":
        counts = dict(zip(outcome.classes, outcome.class_counts, strict=True))
        facts |= {"target": outcome.target, "classes": counts}
    else:
        facts |= {name: getattr(outcome, name) for name in ("time", "event", "events", "competing_events")}
        facts = {name: value for name, value in facts.items() if value is not None}
    counted_facts = ("excluded", "missing_values", "missing_covariates")
    facts |= {"subjects": content.subjects.number, **{name: getattr(known, name) for name in counted_facts}}
    described = ("features", "features_are", "stability", "stability_kind", "clinical")
    origin = (
        f"The models {', '.join(models)} are those of the file {signature.path.name} (SHA-256 "
        f"{signature.sha256}), which nbradiomics {content.nbradiomics} wrote; nothing was fitted here."
    )
    return Development(
        facts=facts,
        described={name: getattr(known, name) for name in described},
        suspicious={name: list(reasons) for name, reasons in known.suspicious.items()},
        sentences=(origin, known.stability),
    )


def _made_from(signature: Signature) -> dict[str, Any]:
    content = signature.content
    rows = {name: list(values) for name, values in content.inputs.rows.items()}
    return {
        "software": software(),
        "rows": rows,
        "stability_readers": list(content.development.stability_readers),
        "stability_subjects": content.development.stability_subjects,
        "leave_out": None,
        "model_file": {"file": signature.path.name, "sha256": signature.sha256},
    }
