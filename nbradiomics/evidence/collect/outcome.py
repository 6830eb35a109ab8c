"""Facts about the outcome models of an endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd

from nbradiomics.evidence.collect.endpoints import asked_endpoints
from nbradiomics.evidence.collect.plain import plain, rows_of
from nbradiomics.evidence.facts import Fact
from nbradiomics.evidence.prints import held_out_folds, training_problems
from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.messages.wording import ORDER_NAMES, concordance, counted, shortened
from nbradiomics.outcome.curve_schemas import CALIBRATION, CLASS_CALIBRATION, CLASS_DECISION, DECISION
from nbradiomics.outcome.performance_schema import PERFORMANCE
from nbradiomics.outcome.prediction_schemas import CLASS_PREDICTIONS, PREDICTIONS
from nbradiomics.outcome.subject_schemas import EXCLUDED
from nbradiomics.tables import AUTO
from nbradiomics.tables.schema import Schema

#: Metrics of the order of the subjects, by the kind of outcome.
ORDERS = {"survival": "harrell_c", "classes": "roc_auc"}
_CALIBRATED = ("calibration_slope", "observed_expected", "brier", "ibs")
#: What is fitted in a fold, in the order in which it is done.
STEPS = (
    *("stability of features", "harmonisation", "filling in of missing values", "power transform", "scaling"),
    *("filter of correlated features", "selection", "penalty", "coefficients", "baseline hazard"),
)
_COUNTS = ("kind", "subjects", "events", "competing_events", "classes", "excluded", "median_follow_up")
_MODELS = (
    *(
        "models",
        "features",
        "features_are",
        "features_by_origin",
        "covariates",
        "stability_kind",
        "stability_subjects",
    ),
    *("tuned_penalizer", "kinds_of_penalty", "chosen_selections", "missing_values", "intervals", "settings"),
    *("constant_folds", "raised_penalties", "failed_refits", "permutation_p", "gain_p"),
)

#: What the masks of a comparison are of, one and several, by their kind.
_MASKS = {
    "reader": ("reader", "readers"),
    "fold": ("fold of the segmentation model", "folds of the segmentation model"),
    "perturbed": ("perturbation", "perturbations"),
}


def outcome_facts(folder: ResultFolder) -> Iterator[Fact]:
    """Yield which endpoints were asked for, and what is known of each."""
    yield from asked_endpoints(folder)
    for name, place in folder.endpoints:
        summary = folder.record(f"{place}summary.json")
        if summary:
            yield from _Endpoint(folder, name, place, summary).facts()
        external = [_external(folder, cohort, where) for cohort, where in folder.cohorts(place)]
        if external:
            value = {
                cohort: found
                for cohort, (found, _) in zip([c for c, _ in folder.cohorts(place)], external, strict=True)
            }
            sources = [source for _, several in external for source in several]
            text = f"The models were judged on {counted(len(external), 'external cohort')}."
            yield folder.fact(f"outcome.{name}.external", text, plain(value), *sources)


class _Endpoint:
    """The facts of one endpoint; `place` is its folder, with a ``/`` at its end, or empty."""

    def __init__(self, folder: ResultFolder, name: str, place: str, summary: Mapping[str, Any]) -> None:
        self.folder, self.name, self.place, self.summary = folder, name, place, summary
        self.is_class = summary.get("kind") == "classes"

    def facts(self) -> Iterator[Fact]:
        """Yield them, in the order of the report."""
        yield self._subjects()
        yield self._models()
        yield from self._folds()
        performance = self._table(PERFORMANCE)
        if performance is not None:
            yield self._performance(performance)
            yield self._calibration(performance)
        yield from self._decision()
        yield self._sample_size()
        yield from self._of_keys()
        yield from self._model_file()

    def _table(self, schema: Schema) -> pd.DataFrame | None:
        return self.folder.table(schema, self._file(schema))

    def _file(self, schema: Schema | str) -> str:
        return self.place + (schema if isinstance(schema, str) else schema.file.split("/")[-1])

    def _fact(self, part: str, text: str, value: Any, *sources: tuple[str, str]) -> Fact:
        name = f"outcome.{self.name}{'.' if part else ''}{part}"
        return self.folder.fact(
            name, text, plain(value), *((self._file(file), where) for file, where in sources)
        )

    def _subjects(self) -> Fact:
        value = {name: self.summary[name] for name in _COUNTS if name in self.summary}
        value["missing_covariates"] = self.summary.get("missing_covariates", {})
        excluded = self._table(EXCLUDED)
        sources = [("summary.json", ", ".join(value))]
        if excluded is not None:
            value["excluded_in_the_table"] = len(excluded)
            sources.append(("excluded.csv", "one row for each subject that was left out"))
        events = f" with {counted(value['events'], 'event')}" if "events" in value else ""
        left = value.get("excluded", 0)
        text = f"{counted(value.get('subjects', 0), 'subject')}{events} were analysed, {left} left out."
        return self._fact("", text, value, *sources)

    def _models(self) -> Fact:
        value = {name: self.summary[name] for name in _MODELS if name in self.summary}
        value["settings"] = _numbered(value.get("settings", {}), "stability_readers")
        value["failures"] = len(self.summary.get("failures", ()))
        value["suspicious_columns"] = len(self.summary.get("suspicious", ()))
        value["masks"] = self._masks()
        settings = self.summary.get("settings", {})
        text = (
            f"Models: {', '.join(self.summary.get('models', ()))}; method {settings.get('method')}, penalty "
            f"{settings.get('penalizer')}, selection {settings.get('selection')}."
        )
        return self._fact("models", text, value, ("summary.json", "models, settings, counts of the folds"))

    def _masks(self) -> dict[str, Any] | None:
        """Whose masks the models use, without the names of the readers; None if this is not known."""
        drawn = [reader for reader in self.summary.get("rows", {}).get("reader", ()) if reader]
        people = len(set(drawn) - {AUTO})
        return {"of_the_model": AUTO in drawn, "of_readers": people} if drawn else None

    def _folds(self) -> Iterator[Fact]:
        schema = CLASS_PREDICTIONS if self.is_class else PREDICTIONS
        table = self._table(schema)
        if table is None:
            return
        file, learned = schema.file.split("/")[-1], self.summary.get("learned_from") or {}
        found = held_out_folds(table, str(learned.get("salt", "")))
        value = {name: getattr(found, name) for name in ("repeats", "folds", "subjects", "disjoint")}
        value["stratified"] = self.summary.get("stratified")
        value["left_out"] = self.summary.get("leave_out")
        told = (
            "was held out exactly once in each repeat" if found.disjoint else "was NOT held out exactly once"
        )
        text = f"{counted(found.folds, 'fold')}, {counted(found.repeats, 'repeat')}: each subject {told}."
        yield self._fact("folds", text, value, (file, "subject, repeat, fold"))
        if learned.get("folds"):
            yield self._learned_from(learned, found.rows, file)

    def _learned_from(self, learned: Mapping[str, Any], rows: list[list[Any]], file: str) -> Fact:
        problems = training_problems(rows, learned["folds"])
        kind = self.summary.get("stability_kind")
        steps = [step for step in STEPS if step != STEPS[0] or kind in ("icc", "both")]
        what = f"what is fitted ({', '.join(steps)}; as far as the settings ask for it) learned from"
        number = counted(len(learned["folds"]), "fold")
        text = (
            f"In some of {number}, {what} OTHERS than just the subjects who were not held out"
            if problems
            else f"In each of {number}, {what} the subjects who were not held out, and from nobody else"
        ) + ": the hash of the fitted rows shows it."
        if kind in ("list", "both"):
            text += " The list of stable features is no part of the folds: it may have seen features of all."
        value = {**learned, "agrees": not problems, "steps": steps, "subjects": rows}
        sources = (("summary.json", "learned_from"), (file, "subject, repeat, fold"))
        return self._fact("learned_from", text, value, *sources)

    def _performance(self, table: pd.DataFrame) -> Fact:
        rows = rows_of(table, "model", "metric", "horizon", "value", "low", "high")
        order = ORDERS.get(str(self.summary.get("kind")), "harrell_c")
        found = [
            f"{row['model']} {concordance(row['value'], 2) if row['value'] is not None else 'undefined'}"
            for row in rows
            if row["metric"] == order
        ]
        text = (
            f"{ORDER_NAMES[order]} of held-out subjects: {', '.join(found)}; intervals: "
            f"{self.summary.get('intervals')}."
        )
        value = {"rows": rows, "intervals": self.summary.get("intervals"), "order": order}
        return self._fact("performance", text, value, ("performance.csv", "all rows"))

    def _calibration(self, table: pd.DataFrame) -> Fact:
        part = table[table["metric"].isin(_CALIBRATED)]
        schema = CLASS_CALIBRATION if self.is_class else CALIBRATION
        curve = self._table(schema)
        sources = [("performance.csv", ", ".join(_CALIBRATED))]
        value: dict[str, Any] = {"rows": rows_of(part, "model", "metric", "horizon", "value", "low", "high")}
        if curve is not None:
            value["groups"] = rows_of(
                curve, "model", "class", "horizon", "group", "subjects", "predicted", "observed"
            )
            sources.append((schema.file.split("/")[-1], "all rows"))
        slopes = [
            row for row in value["rows"] if row["metric"] == "calibration_slope" and row["value"] is not None
        ]
        told = ", ".join(f"{row['model']} {row['value']:.2f}" for row in slopes) or "none"
        return self._fact("calibration", f"Calibration slopes (1 is right): {told}.", value, *sources)

    def _decision(self) -> Iterator[Fact]:
        schema = CLASS_DECISION if self.is_class else DECISION
        table = self._table(schema)
        if table is None or table.empty:
            return
        keys = ["model", "class" if self.is_class else "horizon"]
        better = table["net_benefit"] > table["treat_all"].clip(lower=0)
        shares = table.assign(share_of_thresholds_better=better).groupby(keys, sort=False)
        value = rows_of(
            shares["share_of_thresholds_better"].mean().reset_index(), *keys, "share_of_thresholds_better"
        )
        listed = [
            f"{row['model']} {row['share_of_thresholds_better']:.2f} ({keys[1]} {_level(row[keys[1]])})"
            for row in value
        ]
        text = (
            "Share of the thresholds at which a model has more net benefit than treating all and treating "
            f"nobody: {shortened(listed, 8)}."
        )
        yield self._fact("decision", text, value, (schema.file.split("/")[-1], "net_benefit, treat_all"))

    def _sample_size(self) -> Fact:
        size = self.summary.get("sample_size", {})
        value = {**size, "analysed": self.summary.get("subjects"), "events": self.summary.get("events")}
        needed, there = size.get("subjects"), self.summary.get("subjects")
        enough = None if needed is None or there is None else there >= needed
        value["enough"] = enough
        text = (
            f"{size.get('candidates')} candidate columns need {needed} subjects (shrinkage 0.9, Riley et al. "
            f"2019); there are {there}."
        )
        return self._fact("sample_size", text, value, ("summary.json", "sample_size"))

    def _of_keys(self) -> Iterator[Fact]:
        """Facts that the summary has under a key of its own, if the study asked for them."""
        make = partial(self._of_key)
        yield from make(
            "harmonisation", "harmonisation", "site_effects.csv", "Harmonisation of the features."
        )
        yield from make("trial", "controls", "controls.csv", "Negative controls: what the signature sees.")
        yield from make(
            "drawing", "drawing", "drawing.csv", "From segmentation to prognosis: what the drawing changes."
        )

    def _of_key(self, key: str, part: str, table: str, title: str) -> Iterator[Fact]:
        found = self.summary.get(key)
        if not found:
            return
        sources = [("summary.json", key)]
        if self.folder.has(self._file(table)):
            sources.append((table, "all rows"))
        if key == "drawing":
            # Its sentences name the readers.
            made = found.get("drawings", {}).items()
            masks = ", ".join(f"of {counted(number, *_MASKS.get(kind, (kind,)))}" for kind, number in made)
            title = (
                f"{counted(found.get('subjects', 0), 'subject')} were predicted with several masks: {masks}."
            )
            yield self._fact(part, title, _without_readers(without_sentences(found)), *sources)
            return
        told = _sentence_of(found)
        yield self._fact(part, told or title, without_sentences(found), *sources)

    def _model_file(self) -> Iterator[Fact]:
        if not self.folder.has(self._file("model.zip")):
            return
        digest = self.folder.sha256(self._file("model.zip"))
        text = (
            "The final models, fitted to all analysed subjects, in one file. The figures of this run are "
            "those of the cross-validation, and not of these models."
        )
        yield self._fact("model_file", text, {"sha256": digest}, ("model.zip", "the whole file"))


def _level(value: Any) -> str:
    """Name a class, or a point in time without the zeros of a float."""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _sentence_of(found: Any) -> str:
    """The first sentence that the makers of a result gave it."""
    if not isinstance(found, Mapping):
        return ""
    for name in ("verdict", "sentence"):
        if isinstance(found.get(name), str):
            return str(found[name])
    several = found.get("sentences") or ()
    return str(several[0]) if several and isinstance(several[0], str) else ""


def without_sentences(found: Any) -> Any:
    """The same without texts for readers, which may name a subject; numbers and short words stay."""
    if isinstance(found, Mapping):
        kept = {name: without_sentences(each) for name, each in found.items() if name != "sentences"}
        return {name: each for name, each in kept.items() if not (isinstance(each, str) and len(each) > 200)}
    if isinstance(found, (list, tuple)):
        return [without_sentences(each) for each in found]
    return found


def _without_readers(found: dict[str, Any]) -> dict[str, Any]:
    """What the drawing changes, without names of readers: masks are numbered, first that of the models."""
    absent = dict(enumerate(found.get("absent", {}).values(), start=1))
    return {
        **found,
        "reader": AUTO if found.get("reader") == AUTO else "a reader",
        "absent": {f"mask {number}": reasons for number, reasons in absent.items()},
        "settings": _numbered(found.get("settings", {}), "drawing_readers"),
    }


def _numbered(settings: Mapping[str, Any], readers: str) -> dict[str, Any]:
    """Settings with the number of some readers instead of their names."""
    named = settings.get(readers)
    return {**settings, readers: len(named)} if named is not None else dict(settings)


def _external(folder: ResultFolder, cohort: str, place: str) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Numbers of one external cohort, with their sources."""
    summary = folder.record(f"{place}summary.json")
    value = {name: summary[name] for name in (*_COUNTS, "intervals") if name in summary}
    sources = [(f"{place}summary.json", f"counts of {cohort}")] if summary else []
    table = folder.table(PERFORMANCE, f"{place}performance.csv")
    if table is not None:
        value["performance"] = rows_of(table, "model", "metric", "horizon", "value", "low", "high")
        sources.append((f"{place}performance.csv", "all rows"))
    return value, sources
