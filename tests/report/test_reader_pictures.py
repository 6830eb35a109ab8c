"""Figures of the reader study: they show what their tables say, and are drawn for degenerate data too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, strategies as st
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from nbradiomics.agreement.reader_study.schemas import BLAND_ALTMAN
from nbradiomics.report.content import Gallery, Picture, Text
from nbradiomics.report.figures import bland_altman, error_direction, paired
from nbradiomics.report.figures.bland_altman import VolumePair, draw_bland_altman
from nbradiomics.report.figures.error_direction import Errors, draw_error_direction
from nbradiomics.report.figures.paired import PairedCases, draw_paired
from nbradiomics.report.figures.picture import AUTO_COLOUR
from nbradiomics.report.run_files import Run
from nbradiomics.report.sections.reader_study.frames import StudyRun
from nbradiomics.report.sections.reader_study.volumes import volume_blocks
from nbradiomics.report.study_files import StudyFiles
from tests.support.reader_pictures import pixels_of


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Figures in place of pictures: what they hold can be asked."""
    figures: list[Figure] = []

    def keep(draw: Any, *, size: Any, alt: str, caption: tuple[str, ...] = ()) -> Picture:
        with mpl.rc_context():
            figures.append(Figure(figsize=size))
            draw(figures[-1])
        return Picture("data:", alt, caption)

    for module in (bland_altman, error_direction, paired):
        monkeypatch.setattr(module, "make_picture", keep)
    return figures


# Bland and Altman


def pair_of(volumes: list[float], reference: list[float], bias: float = 1.1) -> VolumePair:
    arrays = (np.array(values, dtype=float) for values in (volumes, reference))
    return VolumePair("auto", "A", *arrays, bias, bias / 1.5, bias * 1.5, emphasised=True)


def test_bland_altman_shows_ratios_against_the_geometric_mean(drawn: list[Figure]) -> None:
    pair = pair_of([2.0, 80.0], [8.0, 20.0])
    draw_bland_altman(pair, reach=pair.reach, alt="a", caption=())
    axes = drawn[0].axes[0]
    points = axes.collections[0].get_offsets()
    assert np.allclose(points, [[4.0, 0.25], [40.0, 4.0]])
    lines = sorted(line.get_ydata()[0] for line in axes.lines)
    assert lines == pytest.approx([1.1 / 1.5, 1.0, 1.1, 1.65])
    assert axes.get_ylim() == pytest.approx((1 / axes.get_ylim()[1], axes.get_ylim()[1]))
    assert axes.get_ylim()[1] > 4.0 * 1.05
    assert {text.get_text().replace("\u00a0", " ") for text in axes.texts} == {"+10 %", "-27 %", "+65 %"}


@pytest.mark.parametrize(
    ("volumes", "reference"),
    [([5.0], [5.0]), ([0.001, 5000.0], [0.5, 4000.0]), ([1e-3, 1e-3], [1.0, 2.0]), ([3.0] * 9, [3.0] * 9)],
)
def test_bland_altman_of_degenerate_volumes(volumes: list[float], reference: list[float]) -> None:
    pair = pair_of(volumes, reference, bias=float("nan"))
    picture = draw_bland_altman(pair, reach=pair.reach, alt="a", caption=())
    assert pixels_of(picture).std() > 0.01


def bland_altman_table(reader: str, reference: str) -> pd.DataFrame:
    names = [name for name, dtype in BLAND_ALTMAN.dtypes.items() if dtype != "object"]
    return pd.DataFrame(
        [{"reader": reader, "reference": reference} | dict.fromkeys(names, 0.0) | {"bias_percent": 5.0}]
    )


def test_volumes_are_found_whichever_row_of_a_pair_holds_them(drawn: list[Figure]) -> None:
    scan = {"timepoint": "t", "sequence": "s", "roi": "r", "pair": "inter", "status": "ok"}
    rows = [
        {"subject": "P1", "reader": "A", "reference": "B", "volume_ml": 2.0, "reference_ml": 1.0},
        {"subject": "P1", "reader": "B", "reference": "A", "volume_ml": 1.0, "reference_ml": 2.0},
        {"subject": "P2", "reader": "B", "reference": "A", "volume_ml": 4.0, "reference_ml": 16.0},
        {"subject": "P3", "reader": "A", "reference": "B", "volume_ml": 0.0, "reference_ml": 16.0},
        {"subject": "P4", "reader": "A", "reference": "B", "volume_ml": np.nan, "reference_ml": 16.0},
    ]
    edited = rows[0] | scan | {"pair": "edited", "subject": "P5"}
    table = pd.DataFrame([*(row | scan for row in rows), edited])
    study = StudyFiles(bland_altman=bland_altman_table("A", "B").assign(ratio_left_out=1))
    blocks = volume_blocks(StudyRun.of(Run(Path("r"), agreement=table), study))
    points = drawn[0].axes[0].collections[0].get_offsets()
    assert sorted(map(tuple, np.round(np.asarray(points), 9))) == [
        (pytest.approx(2**0.5), 2.0),
        (pytest.approx(8.0), 4.0),
    ]
    (gallery,) = [block for block in blocks if isinstance(block, Gallery)]
    assert gallery.pictures[0].caption[-1] == "not drawn: 1 case with an empty mask"
    assert "A +5.0" in gallery.pictures[0].alt


def test_volumes_without_an_agreement_table_or_without_volumes_are_told() -> None:
    study = StudyFiles(bland_altman=bland_altman_table("A", "B"))
    told = volume_blocks(StudyRun.of(Run(Path("r")), study))[1]
    assert isinstance(told, Text)
    assert told.text.startswith("No Bland-Altman picture: agreement.csv")


# Readers and model, case by case


def cases_of(readers: list[float], auto: list[float], **more: Any) -> PairedCases:
    names = tuple(f"P{place}" for place in range(len(readers)))
    return PairedCases(names, np.array(readers), np.array(auto), "Dice", **more)


def test_paired_points_diagonal_and_margin(drawn: list[Figure]) -> None:
    cases = cases_of([0.9, 0.92, 0.8], [0.91, 0.85, 0.79], margin=0.03)
    draw_paired(cases, alt="a", caption=())
    axes = drawn[0].axes[0]
    assert np.allclose(axes.collections[0].get_offsets(), np.column_stack([cases.readers, cases.auto]))
    diagonal, margin = axes.lines
    assert np.allclose(diagonal.get_ydata(), diagonal.get_xdata())
    assert np.allclose(margin.get_ydata(), margin.get_xdata() - 0.03)
    assert [text.get_text() for text in axes.texts] == ["P1"]  # the one worse by more than the margin
    assert axes.get_xlim()[1] == axes.get_ylim()[1] == 1


def test_a_distance_has_its_margin_on_the_other_side(drawn: list[Figure]) -> None:
    cases = cases_of([3.0, 5.0], [3.5, 9.0], margin=2.0, higher_is_better=False, unit_range=False)
    draw_paired(cases, alt="a", caption=())
    margin = drawn[0].axes[0].lines[1]
    assert np.allclose(margin.get_ydata(), margin.get_xdata() + 2.0)
    assert [text.get_text() for text in drawn[0].axes[0].texts] == ["P1"]


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=50),
    st.booleans(),
)
@example([(5e-324, 5e-324)], False)
def test_no_case_gets_lost_beyond_the_axes(values: list[tuple[float, float]], higher: bool) -> None:
    readers, auto = (list(part) for part in zip(*values, strict=True))
    cases = cases_of(readers, auto, higher_is_better=higher, unit_range=higher)
    low, high = paired.limits(cases)
    assert low < high
    both = np.concatenate([cases.readers, cases.auto])
    outside = (cases.readers < low) | (cases.auto < low) | (cases.readers > high) | (cases.auto > high)
    assert paired.beyond(cases) == outside.sum()
    # Only the bad side is ever cut, and at least nine tenths of all values stay inside.
    assert both.max() <= high if higher else both.min() >= low
    assert ((both >= low) & (both <= high)).mean() >= 0.9


@pytest.mark.parametrize("values", [[0.9], [1.0, 1.0], [0.0, 0.0], [0.0, *[0.9] * 30]])
def test_paired_of_degenerate_values_is_drawn(values: list[float]) -> None:
    assert pixels_of(draw_paired(cases_of(values, values), alt="a", caption=())).std() > 0.01


# Direction of the errors


def errors_of(fprm: list[float], fnr: list[float]) -> Errors:
    return Errors(np.array(fprm), np.array(fnr))


def test_error_points_medians_and_arrows(drawn: list[Figure]) -> None:
    readers = errors_of([0.05, 0.1, 0.15] * 10, [0.1, 0.1, 0.1] * 10)
    model = errors_of([0.2, 0.3, 25.0], [0.05, 0.05, 0.0])
    groups = {"between readers": readers, "model": model}
    draw_error_direction(groups, alt="a", caption=())
    axes = drawn[0].axes[0]
    end = axes.get_xlim()[1]
    assert axes.get_ylim()[1] == end < 1
    assert error_direction.beyond(groups) == 1
    places = [np.asarray(own.get_offsets()) for own in axes.collections]
    assert any(np.allclose(own, [[end, 0.0]]) for own in places)  # the arrow
    assert any(np.allclose(own, [[0.3, 0.05]]) for own in places)  # the model's median
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(groups)


def test_the_models_colour_is_the_models_alone(drawn: list[Figure]) -> None:
    for by_model in (False, True):
        draw_error_direction({"a": Errors(np.array([0.1]), np.array([0.2]), by_model)}, alt="a", caption=())
    colours = [to_hex(figure.axes[0].collections[0].get_facecolor()[0]) for figure in drawn]
    assert [colour.upper() == AUTO_COLOUR for colour in colours] == [False, True]


@pytest.mark.parametrize(
    "groups", [([0.0], [0.0]), ([0.0], [1.0]), ([40.0], [1.0]), ([0.0, 0.0], [0.0, 0.0])]
)
def test_error_direction_of_degenerate_values(groups: tuple[list[float], list[float]]) -> None:
    picture = draw_error_direction({"model": errors_of(*groups)}, alt="a", caption=())
    assert pixels_of(picture).std() > 0.01
