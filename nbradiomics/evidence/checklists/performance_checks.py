"""What the facts of an endpoint say of its performance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nbradiomics.evidence.checklists.checks import value_of
from nbradiomics.evidence.facts import Fact

_OVER_VOLUME = "gain_over_volume"
_GAINS = ("gain_over_clinical", _OVER_VOLUME)
_OF_CALIBRATION = ("calibration_slope", "observed_expected")
#: Metrics of the classes that a threshold makes, from which a table of right and wrong ones follows.
_OF_CLASSES = ("sensitivity", "balanced_accuracy")


def measured(fact: Fact) -> bool | None:
    """Every model has its order; classes also have what a threshold makes of them."""
    ordered = _of_order(fact)
    if not ordered or any(row["value"] is None for row in ordered):
        return None
    if value_of(fact, "order") != "roc_auc":
        return True
    models = {row["model"] for row in ordered}
    judged = {
        row["model"] for row in _rows(fact) if row["metric"] in _OF_CLASSES and row["value"] is not None
    }
    return True if models <= judged else None


def has_intervals(fact: Fact) -> bool | None:
    """Every model has an interval of its order from refits: quick ones are too narrow."""
    ordered = _of_order(fact)
    return True if _refitted(fact) and ordered and all(_is_interval(row) for row in ordered) else None


def compares_gains(fact: Fact) -> bool | None:
    """A gain over the covariates or over the volume has an interval from refits."""
    return _has_gain(fact, _GAINS)


def compares_with_volume(fact: Fact) -> bool | None:
    """A gain over the volume alone has an interval from refits."""
    return _has_gain(fact, (_OVER_VOLUME,))


def _has_gain(fact: Fact, endings: tuple[str, ...]) -> bool | None:
    gains = [row for row in _rows(fact) if str(row["metric"]).endswith(endings)]
    measured_gains = [row for row in gains if row["value"] is not None and _is_interval(row)]
    return True if _refitted(fact) and measured_gains else None


def tests_chance(fact: Fact) -> bool | None:
    """Every model was compared with permuted outcomes."""
    models, found = value_of(fact, "models"), value_of(fact, "permutation_p")
    if not isinstance(models, list) or not models or not isinstance(found, Mapping):
        return None
    return True if all(_is_p(found.get(str(model))) for model in models) else None


def tests_gains(fact: Fact) -> bool | None:
    """A gain was tested by permutation."""
    found = value_of(fact, "gain_p")
    values = found.values() if isinstance(found, Mapping) else ()
    return True if any(_is_p(p) for p in values) else None


def is_calibrated(fact: Fact) -> bool | None:
    """Every model has a slope or a ratio of observed and expected events."""
    rows = [row for row in _rows(fact) if row["metric"] in _OF_CALIBRATION]
    models = {row["model"] for row in _rows(fact)}
    judged = {row["model"] for row in rows if row["value"] is not None}
    return True if models and models <= judged else None


def has_external_subjects(fact: Fact) -> bool | None:
    """A cohort of other subjects was predicted and judged."""
    cohorts = fact.value if isinstance(fact.value, Mapping) else {}
    found = [each for each in cohorts.values() if isinstance(each, Mapping)]
    judged = [each for each in found if _count(each.get("subjects")) > 0 and _has_value(each)]
    return True if judged else None


def _has_value(cohort: Mapping[str, Any]) -> bool:
    """Whether anything in the performance on a cohort is defined."""
    rows = cohort.get("performance")
    return any(row["value"] is not None for row in _whole(rows if isinstance(rows, list) else ()))


def compares_models(fact: Fact) -> bool | None:
    """Models with features, without them, and with both are compared."""
    models = value_of(fact, "models")
    names = set(models) if isinstance(models, list) else set()
    return True if {"radiomic", "clinical", "combined"} <= names else None


def _of_order(fact: Fact) -> list[Mapping[str, Any]]:
    return [row for row in _rows(fact) if row["metric"] == value_of(fact, "order")]


def _rows(fact: Fact) -> list[Mapping[str, Any]]:
    rows = value_of(fact, "rows")
    return list(_whole(rows)) if isinstance(rows, list) else []


def _whole(rows: Iterable[Any]) -> Iterable[Mapping[str, Any]]:
    """Rows with the keys that the checks use; a key that is not there is an empty cell."""
    empty = {"model": None, "metric": None, "value": None, "low": None, "high": None}
    yield from ({**empty, **row} for row in rows if isinstance(row, Mapping))


def _refitted(fact: Fact) -> bool:
    return value_of(fact, "intervals") == "refit"


def _is_interval(row: Mapping[str, Any]) -> bool:
    return row["low"] is not None and row["high"] is not None


def _is_p(found: Any) -> bool:
    return isinstance(found, (int, float)) and not isinstance(found, bool) and 0 <= found <= 1


def _count(found: Any) -> float:
    return found if isinstance(found, (int, float)) else 0
