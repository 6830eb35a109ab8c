"""Audit the file of the final models: is it the one of this evaluation, and does it state its figures?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.cohort.fitted_names import name_prints
from nbradiomics.errors import InputError
from nbradiomics.evidence.audit.endpoint_files import EndpointFiles
from nbradiomics.evidence.audit.finding import Finding, verdict_of
from nbradiomics.evidence.audit.replay import Replay
from nbradiomics.evidence.audit.same_table import differences
from nbradiomics.evidence.audit.same_value import value_differences
from nbradiomics.outcome.performance_schema import PERFORMANCE
from nbradiomics.outcome.prediction_schemas import CLASS_PREDICTIONS, PREDICTIONS
from nbradiomics.signature.examples import held_out_ranks
from nbradiomics.signature.read import Signature, load_models

FILE = "model.zip"


def model_file_findings(files: EndpointFiles, replay: Replay) -> Iterator[Finding]:
    """Compare ``model.zip`` with the summary, the subjects and the performance; nothing without it."""
    told, file = files.summary.get("model_file"), files.file(FILE)
    if not told and not files.folder.has(file):
        return
    if not told or not files.folder.has(file):
        lacking = "the file is missing" if told else "summary.json does not know it"
        yield Finding("model file", "broken", f"Of the final models, {lacking}.", file)
        return
    if told.get("sha256") != files.folder.sha256(file):
        text = "Its SHA-256 is not that of summary.json: it is another file."
        yield Finding("model file", "broken", text, file)
        return
    try:
        signature = load_models(files.folder.root / file)
    except InputError as error:
        yield Finding("model file", "broken", error.problem, file)
        return
    problems = [*_of_evaluation(signature, files, replay), *_scores(signature, files)]
    holds = (
        "It is the file that summary.json names, of the same subjects (by their prints), outcome and "
        "settings, with the figures of performance.csv (coefficients need the fitting)."
    )
    yield verdict_of("model file", problems, holds, file)
    problems = _examples(signature, told.get("examples") or {}, files)
    holds = "Examples of predictions add up, and have the ranks of the predictions."
    yield verdict_of("model file", problems, holds, f"{files.place}summary.json")


def _of_evaluation(signature: Signature, files: EndpointFiles, replay: Replay) -> Iterator[str]:
    """What the file says of its subjects, outcome and settings, against the summary."""
    content, summary = signature.content, files.summary
    subjects = content.subjects
    if subjects.number != len(replay.y) or subjects.hashes != name_prints(replay.subjects, [subjects.salt]):
        yield "its subjects are not those of the predictions"
    salt = (summary.get("learned_from") or {}).get("salt")
    if salt is not None and salt != subjects.salt:
        yield "its prints have another salt than those of the folds"
    outcome = content.outcome.model_dump(mode="json", exclude={"classes"})
    if content.outcome.classes:
        outcome["classes"] = dict(zip(content.outcome.classes, content.outcome.class_counts, strict=True))
    development = content.development.model_dump(mode="json", exclude={"drawing"})
    if list(content.development.drawing) != (summary.get("drawing") or {}).get("sentences", []):
        yield "its sentences about other masks are not those of the summary"
    for values in (development, outcome):
        shared = {name: value for name, value in values.items() if name in summary}
        yield from value_differences(shared, {name: summary[name] for name in shared})
    yield from value_differences(content.settings, dict(summary["settings"]), "settings")
    if outcome.get("last_event") is not None and outcome["last_event"] != _last_event(replay):
        yield "the time of the last event is another one"


def _last_event(replay: Replay) -> float:
    return float(replay.y["time"][replay.y["event"]].max())


def _scores(signature: Signature, files: EndpointFiles) -> Iterator[str]:
    """The figures of each model are those of ``performance.csv``."""
    table = files.table(PERFORMANCE)
    for each in signature.content.models if table is not None else ():
        rows = table[table["model"] == each.model.name]  # type: ignore[index]
        again = pd.DataFrame([one.model_dump() for one in each.scores], columns=rows.columns[1:])
        for problem in differences(again.assign(model=each.model.name), rows, PERFORMANCE.key):
            yield f"model {each.model.name}: {problem}"


def _examples(signature: Signature, examples: Mapping[str, Any], files: EndpointFiles) -> list[str]:
    """Parts add up to the total, and everything else is that of the file and of the predictions."""
    if not examples:
        return []
    of_model = signature.content.model(str(examples.get("model")))
    predictions = files.table(CLASS_PREDICTIONS if files.is_class else PREDICTIONS)
    if of_model is None or predictions is None:
        return ["the model of the examples is not in the file"]
    ranks = held_out_ranks(predictions, of_model.model.name)
    spreads = {each.column: list(each.quantiles) for each in of_model.contributions}
    problems = value_differences(examples["predictor"], list(of_model.predictor), "predictor")
    for one in examples["subjects"]:
        parts = [value for _, value, _ in one["parts"]]
        made = {
            "held_out": float(ranks.get(one["subject"], np.nan)),
            "total": float(np.sum(parts)) + one["rest"][1],
            "parts": [[name, value, spreads.get(name, [])] for name, value, _ in one["parts"]],
        }
        problems += value_differences({name: one[name] for name in made}, made, "an example")
    return problems
