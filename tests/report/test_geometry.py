"""Figures as they are drawn: no label on another, no legend on a line, nothing beyond the picture."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from nbradiomics.report.content import Picture
from nbradiomics.report.figures import (
    bland_altman,
    error_direction,
    filters,
    forest,
    paired,
    strips,
    survival,
)
from nbradiomics.report.figures.bland_altman import VolumePair, draw_bland_altman
from nbradiomics.report.figures.error_direction import Errors, draw_error_direction
from nbradiomics.report.figures.filters import FilterGrid, draw_filters
from nbradiomics.report.figures.forest import draw_forest
from nbradiomics.report.figures.labels import spread_apart
from nbradiomics.report.figures.paired import PairedCases, draw_paired
from nbradiomics.report.figures.picture import _STYLE, DOTS_PER_INCH
from nbradiomics.report.figures.strips import Strip, draw_strips
from nbradiomics.report.figures.survival import Curve, draw_survival
from nbradiomics.report.formatting import shorten, shorten_apart

LONG = "Dr. Hildegard von Bingen of the northern site"


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Figures as the page has them, laid out."""
    figures: list[Figure] = []

    def keep(draw: Any, *, size: Any, alt: str, caption: tuple[str, ...] = ()) -> Picture:
        with style.context(["default", _STYLE]):
            figure = Figure(figsize=size, dpi=DOTS_PER_INCH, layout="constrained")
            draw(figure)
            figure.draw_without_rendering()
            figures.append(figure)
        return Picture("data:", alt, caption)

    for module in (bland_altman, error_direction, filters, forest, paired, strips, survival):
        monkeypatch.setattr(module, "make_picture", keep)
    return figures


def texts(figure: Figure) -> list[Text]:
    """Every text that is drawn; matplotlib keeps labels of ticks beyond the axes, and draws none of them."""
    hidden: set[Text] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            room = 1e-6 * (high - low)
            outside = (
                tick for tick in axis.get_major_ticks() if not low - room <= tick.get_loc() <= high + room
            )
            hidden |= {label for tick in outside for label in (tick.label1, tick.label2)}
    found = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return [text for text in found if text not in hidden]


def boxes(found: list[Text]) -> list[Bbox]:
    # A hair's breadth less: boxes hold the room for descenders that the letters may lack.
    return [text.get_window_extent().padded(-1) for text in found]


def overlaps(figure: Figure) -> list[tuple[str, str]]:
    found = texts(figure)
    pairs = combinations(zip(found, boxes(found), strict=True), 2)
    return [(a.get_text(), b.get_text()) for (a, box), (b, other) in pairs if box.overlaps(other)]


def beyond(figure: Figure) -> list[str]:
    page = figure.bbox.padded(1)
    return [
        text.get_text()
        for text, box in zip(texts(figure), boxes(texts(figure)), strict=True)
        if not (page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1)
    ]


def legend_lies_beside(figure: Figure) -> bool:
    axes = figure.axes[0]
    legend = axes.get_legend()
    assert legend is not None
    return not legend.get_window_extent().padded(-1).overlaps(axes.get_window_extent())


@pytest.mark.parametrize("amount", [1, 2, 20, 200])
def test_named_cases_lie_on_no_point_and_on_no_name(drawn: list[Figure], amount: int) -> None:
    rng = np.random.default_rng(amount)
    readers = 1 - rng.beta(1.2, 20, amount)
    auto = np.clip(readers - rng.exponential(0.04, amount), 0, 1)
    names = tuple(f"NB-2019-SUBJECT-{place:03d} · T2w" for place in range(amount))
    draw_paired(PairedCases(names, readers, auto, "Dice", 0.01), alt="", caption=())
    figure = drawn[0]
    assert overlaps(figure) == []
    assert beyond(figure) == []
    assert legend_lies_beside(figure)
    axes = figure.axes[0]
    named = [text for text in axes.texts if text.get_text()]
    assert len(named) == min(3, int((readers - auto > 0.01).sum()))
    dots = axes.transData.transform(np.concatenate([own.get_offsets() for own in axes.collections]))
    for text in named:
        box = text.get_window_extent()
        assert not any(box.contains(x, y) for x, y in dots)


@pytest.mark.parametrize("amount", [1, 200])
def test_the_legend_of_the_errors_lies_on_no_line(drawn: list[Figure], amount: int) -> None:
    rng = np.random.default_rng(amount)
    groups = {
        "between readers": Errors(rng.exponential(0.05, amount), rng.exponential(0.05, amount)),
        "model against readers": Errors(rng.exponential(0.1, amount), rng.exponential(0.1, amount), True),
    }
    draw_error_direction(groups, alt="", caption=())
    assert legend_lies_beside(drawn[0])
    assert overlaps(drawn[0]) == []
    assert beyond(drawn[0]) == []
    # Without colours the shapes tell the model from the readers.
    first, second = (own.get_paths()[0].vertices for own in drawn[0].axes[0].collections[::4][:2])
    assert first.shape != second.shape or not np.allclose(first, second)


@pytest.mark.parametrize("limits", [(1.0, 0.999, 1.001), (1.0, 1.0, 1.0), (1.1, 0.6, 1.9)])
def test_names_of_lines_that_lie_together_are_moved_apart(
    drawn: list[Figure], limits: tuple[float, float, float]
) -> None:
    volumes = np.array([10.0, 20.0, 30.0])
    pair = VolumePair("auto", LONG, volumes, volumes, *limits, emphasised=True)
    draw_bland_altman(pair, reach=pair.reach, alt="", caption=())
    assert overlaps(drawn[0]) == []
    assert beyond(drawn[0]) == []


@pytest.mark.parametrize("amount", [1, 15, 200])
def test_the_legend_of_survival_lies_on_no_curve(drawn: list[Figure], amount: int) -> None:
    time = np.linspace(1, 3650, amount)
    left = np.arange(amount, 0, -1.0)
    survival_to = left / (amount + 1)
    curves = [Curve(group, time, survival_to, survival_to, survival_to, left) for group in ("high", "low")]
    draw_survival(curves, title=f"{LONG} {LONG}", labels=("Time (days)", "Survival"), alt="", caption=())
    assert legend_lies_beside(drawn[0])
    assert overlaps(drawn[0]) == []
    assert beyond(drawn[0]) == []
    solid, dashed = (line.get_linestyle() for line in drawn[0].axes[0].lines[:2])
    assert solid != dashed


def test_rows_of_many_readers_with_long_names_stay_apart(drawn: list[Figure]) -> None:
    readers = [f"{LONG}, reader {place}" for place in range(6)]
    pairs = [f"{a} vs {b}" for a, b in combinations(readers, 2)]
    values = [np.array([0.9, 0.95, np.nan])] * len(pairs)
    panels = [Strip("Dice", values, unit_range=True), Strip("HD95 (mm)", values)]
    draw_strips(pairs, panels, emphasised=[False] * len(pairs), alt="")
    assert overlaps(drawn[0]) == []
    assert beyond(drawn[0]) == []
    labels = [label.get_text() for label in drawn[0].axes[0].get_yticklabels()]
    assert len(set(labels)) == len(pairs)


def test_models_with_long_names_and_limits_at_the_ends(drawn: list[Figure]) -> None:
    values = {f"{LONG} {place}": (0.57, 0.0, 0.9999) for place in range(4)}
    draw_forest(values, name="ROC area", alt="", caption=())
    assert overlaps(drawn[0]) == []
    assert beyond(drawn[0]) == []


@pytest.mark.parametrize(("kinds", "panels"), [(2, 1), (13, 2)])
def test_filters_and_classes_have_a_field_each_with_its_count(
    drawn: list[Figure], kinds: int, panels: int
) -> None:
    names = [f"log-sigma-{place}-0-mm-3D" for place in range(kinds)]
    classes = ["shape", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm", "other"]
    features = np.full((kinds, len(classes)), 24)
    features[1:, 0] = 0
    grids = [
        FilterGrid(name, features // 2, features)
        for name in ("Between readers", "With the model as a rater")[:panels]
    ]
    draw_filters(names, classes, grids, alt="", caption=())
    assert overlaps(drawn[0]) == []
    assert beyond(drawn[0]) == []
    counts = [text.get_text() for text in drawn[0].axes[-1].texts]
    assert counts.count("12/24") == (features > 0).sum()
    assert counts.count("–") == (features == 0).sum()


@settings(max_examples=60)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.001, 0.3))
def test_positions_are_spread_in_their_order(values: list[float], gap: float) -> None:
    found = spread_apart(values, gap, 0.0, 1.0)
    least = min(gap, 1 / max(len(values) - 1, 1))
    order = np.argsort(values, kind="stable")
    assert (np.diff(found[order]) >= least - 1e-9).all()
    assert found.min() >= -1e-9
    assert found.max() <= 1 + 1e-9
    if (np.diff(np.sort(values)) >= gap).all():
        assert np.allclose(found, values)


@given(st.lists(st.text("abc", min_size=1, max_size=40), min_size=1, max_size=6, unique=True))
def test_cut_names_stay_different(names: list[str]) -> None:
    cut = shorten_apart(names, 8)
    assert len(set(cut)) == len(names)
    assert max(map(len, cut)) <= 16
    assert shorten("NB-2019-SUBJECT-017", 9) == "NB-2…-017"
