"""Write the final models of an outcome as one file."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbradiomics.cohort.fitted_names import name_prints
from nbradiomics.errors import InputError
from nbradiomics.features.parameters import Parameters, load_parameters, values_hash
from nbradiomics.outcome.external_cohort import as_read
from nbradiomics.outcome.learned_from import salt_of
from nbradiomics.outcome.settings import TREES
from nbradiomics.signature.archive import write_archive
from nbradiomics.signature.compiled import compiled
from nbradiomics.signature.content import (
    Content,
    OfCovariate,
    OfDevelopment,
    OfInputs,
    OfModel,
    OfOutcome,
    Range,
    Score,
    Spread,
    Subjects,
)
from nbradiomics.signature.examples import examples_of
from nbradiomics.signature.inputs import inputs_of
from nbradiomics.signature.learned import numbers_of
from nbradiomics.signature.models import Model
from nbradiomics.signature.novelty import Novelty, fit_novelty
from nbradiomics.signature.read import CONTENT, load_models
from nbradiomics.tables.same_parameters import COLUMN as PARAMETERS, require_same

if TYPE_CHECKING:
    from nbradiomics.outcome.final import Final
    from nbradiomics.outcome.result import OutcomeResult

FILE = "model.zip"
INTENDED_USE = (
    "Research on cohorts like the one that the models learned from. Not a medical device: no decision about "
    "a patient may depend on these predictions alone."
)
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def write_models(
    result: OutcomeResult,
    path: str | Path,
    *,
    name: str = "",
    parameters: str | Path | Mapping[str, Any] | Parameters | None = None,
) -> str:
    """Write the final models of an evaluation as one file, without code.

    Parameters
    ----------
    result
        Result of :func:`nbradiomics.outcome.evaluate_outcome`.
    path
        File to write; usually ``model.zip``.
    name
        Name of the models, such as that of the study.
    parameters
        Parameter file of the features, or preset, if it is known: its content is then in the file. The hash
        of the parameters stands in the feature table.

    Returns
    -------
    str
        SHA-256 of the file. The same evaluation gives the same bytes.

    Raises
    ------
    InputError
        When the result has no models that can be written (an external validation, trees, no model
        converged), or the features were made with other parameters.

    Examples
    --------
    >>> digest = write_models(result, "model.zip")
    >>> load_models("model.zip").sha256 == digest
    True
    """
    if result.final is None:
        raise InputError("an external validation has no models of its own.", "Write those of the evaluation.")
    stated = None if parameters is None else load_parameters(parameters)
    content, covariances = _content(result, result.final, name, stated)
    members = {CONTENT: (content.model_dump_json(indent=1) + "\n").encode()}
    members |= {f"{model}_covariance.npy": _array(values) for model, values in covariances.items()}
    return write_archive(members, Path(path))


def write_models_beside(
    result: OutcomeResult,
    folder: str | Path,
    *,
    name: str = "",
    parameters: str | Path | Mapping[str, Any] | Parameters | None = None,
) -> None:
    """Write ``model.zip`` into the folder of an evaluation, or say in its summary why there is none.

    The parameters are those of `write_models`. A file of an earlier evaluation is removed first. The file
    tells what the summary says by then: it is written again after a trial, and
    after a comparison of masks.
    """
    path = Path(folder) / FILE
    path.unlink(missing_ok=True)
    if result.final is None:
        return
    try:
        digest = write_models(result, path, name=name, parameters=parameters)
    except InputError as error:
        result.summary["model_file"] = None
        result.summary["sentences"].append(f"There is no file of the final models: {error.problem}")
        return
    examples = examples_of(load_models(path), result.final, result.predictions)
    result.summary["model_file"] = {"file": FILE, "sha256": digest, "examples": examples}
    told = (
        f"The models fitted to all {len(result.final.prepared.data.y)} subjects are in {FILE}, for "
        "predictions of new subjects (nbradiomics predict)."
    )
    if told not in result.summary["sentences"]:
        result.summary["sentences"].append(told)


def _content(
    result: OutcomeResult, final: Final, name: str, parameters: Parameters | None
) -> tuple[Content, dict[str, np.ndarray]]:
    data = final.prepared.data
    if final.settings.method in TREES:
        raise InputError(
            f"models of the method {final.settings.method} are trees, and cannot be written as a file.",
            "Use the method penalised or firth for models that are passed on.",
        )
    models, covariances = _models(final, result.performance)
    salt = salt_of(data)
    content = Content(
        nbradiomics=version("nbradiomics"),
        name=name,
        intended_use=INTENDED_USE,
        outcome=_outcome(result.summary, final),
        inputs=_inputs(final, parameters),
        development=_development(result.summary),
        subjects=Subjects(number=len(data.y), salt=salt, hashes=name_prints(data.subjects, [salt])),
        settings=final.settings.model_dump(mode="json"),
        models=models,
    )
    return content, covariances


def _models(final: Final, performance: pd.DataFrame) -> tuple[tuple[OfModel, ...], dict[str, np.ndarray]]:
    """The models that converged, and the covariance of the prepared columns of each for its novelty."""
    data = final.prepared.data
    inputs = inputs_of(data)
    models, covariances = [], {}
    for each in final.models:
        if each.failure:
            continue
        model = compiled(each, data.y, final.task)
        prepared = model.prepared(inputs)
        novelty = fit_novelty(prepared, final.settings.seed)
        models.append(_of_model(model, prepared, inputs, novelty, performance))
        covariances[model.name] = novelty.covariance
    if not models:
        raise InputError("no model converged on all subjects.", "See the failures of the outcome.")
    return tuple(models), covariances


def _development(summary: dict[str, Any]) -> OfDevelopment:
    drawing = tuple(summary.get("drawing", {}).get("sentences", ()))
    names = OfDevelopment.model_fields.keys() - {"drawing"}
    known = {name: summary[name] for name in names if name in summary}
    suspicious = {name: tuple(reasons) for name, reasons in summary["suspicious"].items()}
    readers = tuple(summary["stability_readers"])
    changed = {"suspicious": suspicious, "stability_readers": readers, "drawing": drawing}
    return OfDevelopment(**{**known, **changed})


def _outcome(summary: dict[str, Any], final: Final) -> OfOutcome:
    y = final.prepared.data.y
    stated = final.endpoint.model_dump(mode="json", exclude_defaults=True)
    if summary["kind"] == "classes":
        return OfOutcome(
            kind="classes",
            target=summary["target"],
            classes=tuple(summary["classes"]),
            class_counts=tuple(summary["classes"].values()),
            values=dict(final.prepared.data.description.records["endpoint"]["values"]),
            stated=stated,
        )
    return OfOutcome(
        kind="survival",
        stated=stated,
        time=summary["time"],
        event=summary["event"],
        events=summary["events"],
        competing_events=summary.get("competing_events"),
        horizons=numbers_of(summary["horizons"]),
        last_event=float(y["time"][y["event"]].max()),
        median_time=float(np.median(y["time"])),
    )


def _inputs(final: Final, parameters: Parameters | None) -> OfInputs:
    data, predictors = final.prepared.data, final.predictors
    _, declared = as_read(data, predictors, final.endpoint, pd.DataFrame({"subject": []}))
    asked = data.harmonisation.asked if data.harmonisation else None
    names = dict.fromkeys([*data.numeric, *data.categorical, *(asked.covariates if asked else ())])
    return OfInputs(
        rows={column: values for column, values in final.prepared.rows.items() if column != PARAMETERS},
        parameters=_hash(final, parameters),
        parameter_file={} if parameters is None else parameters.whole,
        covariates=tuple(_covariate(name, declared) for name in names),
        missing={name: tuple(codes) for name, codes in predictors.missing.items()},
        batches=tuple(asked.batch) if asked else (),
    )


def _hash(final: Final, parameters: Parameters | None) -> str:
    """Hash of the parameters: that of the feature table, or of the file if the table states none."""
    ours = final.prepared.rows.get(PARAMETERS, ())
    theirs = () if parameters is None else (values_hash(parameters),)
    if ours and theirs:
        require_same(ours, theirs, first="these features", second="the parameter file")
    return next(iter((*ours, *theirs)), "")


def _covariate(name: str, declared: Any) -> OfCovariate:
    if name in declared.ordinal:
        return OfCovariate(name=name, kind="ordinal", levels=tuple(declared.ordinal[name]))
    return OfCovariate(name=name, kind="numeric" if name in declared.numeric else "categorical")


def _of_model(
    model: Model, prepared: pd.DataFrame, inputs: pd.DataFrame, novelty: Novelty, performance: pd.DataFrame
) -> OfModel:
    parts = model.outcome.linears[0].contributions(prepared)
    return OfModel(
        model=model,
        scores=tuple(_scores(performance[performance["model"] == model.name])),
        ranges=tuple(_ranges(inputs[list(model.inputs)])),
        contributions=tuple(
            Spread(column=str(name), quantiles=numbers_of(np.quantile(values, _QUANTILES)))
            for name, values in parts.items()
        ),
        predictor=numbers_of(np.quantile(parts.to_numpy().sum(axis=1), _QUANTILES)),
        novelty_mean=numbers_of(novelty.mean),
        novelty_limit=novelty.limit,
    )


def _ranges(inputs: pd.DataFrame) -> Iterator[Range]:
    for name in inputs:
        values = inputs[name]
        if not pd.api.types.is_numeric_dtype(values):
            continue
        known = values.dropna()
        low, median, high = (float(known.quantile(share)) for share in (0, 0.5, 1))
        missing = int(values.isna().sum())
        yield Range(name=str(name), low=low, median=median, high=high, missing=missing)


def _scores(rows: pd.DataFrame) -> Iterator[Score]:
    for row in rows.itertuples(index=False):
        numbers = {name: _finite(getattr(row, name)) for name in ("horizon", "value", "low", "high")}
        yield Score(metric=str(row.metric), **numbers)


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None


def _array(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(values, dtype="<f8"), allow_pickle=False)
    return buffer.getvalue()
