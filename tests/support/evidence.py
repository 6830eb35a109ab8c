"""Evidence of made-up runs, for tests of what is concluded from facts."""

from __future__ import annotations

from typing import Any

from nbradiomics.evidence.facts import Evidence, Fact, Source
from nbradiomics.evidence.prints import set_print

#: Subjects of the made-up cross-validation, by print, with their fold in each of two repeats.
_ROWS: list[list[Any]] = [[f"p{number}", [1 + number % 3, 1 + number // 4]] for number in range(12)]


def fact(name: str, value: Any = None, file: str = "summary.json") -> Fact:
    """A fact with one file."""
    sources = (Source(file=file, sha256="0" * 64),) if file else ()
    return Fact(name=name, text=f"This is known of {name}.", value=value, sources=sources)


def learned(rows: list[list[Any]] = _ROWS) -> dict[str, Any]:
    """What the folds of a proper cross-validation learned from."""
    folds = []
    for repeat in (1, 2):
        for fold in (1, 2, 3):
            rest = [name for name, of in rows if of[repeat - 1] != fold]
            folds.append({"repeat": repeat, "fold": fold, "subjects": len(rest), "sha256": set_print(rest)})
    return {"subjects": rows, "folds": folds}


def performance(*models: str) -> dict[str, Any]:
    """Performance of models, with intervals, and with the gains over covariates."""
    rows = [row(model, "harrell_c", 0.7) for model in models]
    gain = row("combined", "harrell_c_gain_over_clinical", 0.05)
    return {"rows": [*rows, gain], "order": "harrell_c", "intervals": "refit"}


def row(model: str, metric: str, value: float | None, *, interval: bool = True) -> dict[str, Any]:
    """A row of a table of performance."""
    low, high = (value - 0.1, value + 0.1) if interval and value is not None else (None, None)
    return {"model": model, "metric": metric, "horizon": None, "value": value, "low": low, "high": high}


def endpoint_facts(name: str = "os") -> list[Fact]:
    """All facts of an endpoint that was done well."""
    models = ["clinical", "radiomic", "combined"]
    settings = {"correlation": 0.9, "selection": "none"}
    values: dict[str, Any] = {
        "": {"kind": "survival", "subjects": 120, "events": 40, "excluded": 2},
        "models": {
            "models": models,
            "stability_kind": "icc",
            "masks": {"of_the_model": True, "of_readers": 0},
            "settings": settings,
            "covariates": ["age"],
        },
        "folds": {"repeats": 2, "folds": 3, "subjects": 12, "disjoint": True},
        "learned_from": learned(),
        "performance": performance(*models),
        "calibration": {"rows": [row(model, "calibration_slope", 0.9) for model in models]},
        "decision": [{"model": "combined", "share_of_thresholds_better": 0.7}],
        "sample_size": {"candidates": 10, "subjects": 100, "enough": True},
        "harmonisation": {"features": 90},
        "controls": {"verdict": "texture"},
        "external": {"north": {"subjects": 40, "performance": [row("combined", "harrell_c", 0.66)]}},
        "model_file": {"sha256": "1" * 64},
    }
    return [
        fact(f"outcome.{name}{'.' if part else ''}{part}", value, f"outcome/{name}/summary.json")
        for part, value in values.items()
    ]


def general_facts() -> list[Fact]:
    """Facts about everything before the outcome models."""
    comply = {"features": 105, "comply": {"ibsi": 105, "pyradiomics": 102}}
    study = {
        "model": True,
        "readers": 3,
        "in_training": 0,
        "in_training_not_known": 0,
        "agreement": [{"n": 9}],
    }
    designs = [{"name": "readers", "across": "reader", "features": 107, "stable": 80, "undefined": 0}]
    parameters = {"sha256": "2" * 64, "engines_of_the_rows": ["native 1"]}
    return [
        fact("versions", {"nbradiomics": "1", "python": "3.11"}, "provenance.json"),
        fact("inputs", {"number": 3}, "provenance.json"),
        fact("seed", {"seed": 0}, "provenance.json"),
        fact("parameters", parameters, "provenance.json"),
        fact("features", {"number": 107, "by_origin": {"pyradiomics": 107}}, "features.parquet"),
        fact("ibsi", comply, ""),
        fact("cohort", {"subjects": 120, "masks": 300, "sequences": {"T2w": 120}}, "cohort.csv"),
        fact("cohort.missing", {"subjects_without_mask": 2}, "cohort.csv"),
        fact("preparation", {"images": 120}, "prepared/preparation.csv"),
        fact("segmentation", {"scans": 120, "failed": 1, "empty": 2}, "segmentation.csv"),
        fact("readers", study, "readers/summary.json"),
        fact("reproducibility", {"designs": designs}, "reproducibility/readers.csv"),
    ]


def rich_evidence(*endpoints: str) -> Evidence:
    """A run that did everything that a run can do, for each endpoint."""
    names = endpoints or ("os",)
    asked = fact("endpoints", {"asked": list(names), "without_models": [], "failed": []})
    facts = [*general_facts(), asked, *(one for name in names for one in endpoint_facts(name))]
    return Evidence(nbradiomics="1", facts=tuple(facts))


def without(evidence: Evidence, *names: str) -> Evidence:
    """The same evidence without some facts."""
    kept = tuple(one for one in evidence.facts if one.name not in names)
    return evidence.model_copy(update={"facts": kept})


def changed(evidence: Evidence, name: str, value: Any) -> Evidence:
    """The same evidence with another value of a fact."""
    facts = [one.model_copy(update={"value": value}) if one.name == name else one for one in evidence.facts]
    return evidence.model_copy(update={"facts": tuple(facts)})
