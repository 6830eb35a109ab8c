"""The page about the metrics says what the registry says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nbradiomics.agreement.metrics import METRIC, TOLERANCE_MM, Metric
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "agreement.md"
BETTER = {"higher": "higher", "lower": "lower", "zero": "near 0"}


def row(metric: Metric) -> str:
    """The metric's row in the first table of the page."""
    low = "any" if metric.low is None else f"from {metric.low:g}"
    reach = low if metric.high is None else f"{metric.low:g} to {metric.high:g}"
    name = f"`{metric.name}`" + (" *" if metric.needs_background else "")
    cells = [name, metric.label, metric.formula, reach, metric.unit or "-", BETTER[metric.better]]
    return f"| {' | '.join([*cells, metric.source])} |"


def empty_row(metric: Metric) -> str:
    """The metric's row in the table of what an empty mask gives."""
    cells = [f"`{metric.name}`", metric.if_mask_empty, metric.if_reference_empty, metric.if_both_empty]
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize("form", [row, empty_row])
def test_the_tables_hold_the_registry(form: Callable[[Metric], str]) -> None:
    expected = [form(metric) for metric in METRIC.values()]
    width = expected[0].count("|")
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    found = [line for line in lines if line.startswith("| `") and line.count("|") == width]
    assert found == expected, "the page should hold:\n" + "\n".join(expected)


def test_the_page_names_the_tolerance() -> None:
    assert f"{TOLERANCE_MM:g} mm by default" in PAGE.read_text(encoding="utf-8")
