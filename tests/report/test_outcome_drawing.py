"""The comparison of masks on a page: the answer, the picture of the risks, both tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from nbradiomics.outcome.drawing_schema import DRAWING_GROUPS, DRAWING_SUBJECTS, DRAWING_TRANSFER
from nbradiomics.report.content import Details, Heading, Picture, Sentences, Table
from nbradiomics.report.figures import caterpillar
from nbradiomics.report.figures.caterpillar import Ranges, beyond, draw_caterpillar
from nbradiomics.report.paper.files import is_paper_file
from nbradiomics.report.run_files import Endpoint, read_endpoint
from nbradiomics.report.sections.outcome_drawing import drawing_blocks
from nbradiomics.report.sections.outcome_short import drawing_answer, short_facts

SENTENCES = ["Each subject was predicted ...", "When B draws instead of A, 1 of 3 subjects ..."]
SUMMARY = {
    "settings": {"confidence": 0.95},
    "drawing": {"reader": "A", "sentences": SENTENCES, "leading": SENTENCES[1:]},
}


def ranges(risk: list[float], low: list[float], high: list[float]) -> Ranges:
    names = tuple(f"p{number}" for number in range(len(risk)))
    changes = np.array(low) * np.array(high) < 0
    return Ranges(names, np.array(risk), np.array(low), np.array(high), changes, "Risk beyond the cut-off")


def endpoint() -> Endpoint:
    common = {"model": "radiomic", "masks": "readers", "reader": "A", "number": 2, "contains": 1 / 3}
    values = [("p1", -1.0, -1.2, -0.8, 0), ("p2", 0.1, -0.1, 0.1, 1), ("p3", 2.0, 1.0, 2.0, 0)]
    subjects = [
        common | {"subject": who, "risk": risk, "low": low, "high": high, "others": others, "group": "low"}
        for who, risk, low, high, others in values
    ]
    pair = {"model": "radiomic", "masks": "readers", "first": "A", "second": "B", "subjects": 3}
    groups = [pair | {"without": 1, "changed": 1, "share": 1 / 3, "low": 0.06, "high": 0.79, "to_lower": 1}]
    groups[0]["to_higher"] = 0
    transfer = [
        {"model": "radiomic", "trained": "A", "deployed": deployed, "subjects": 3, "metric": "harrell_c"}
        | {"value": value, "low": low, "high": 0.9, "loss": loss, "loss_low": lower, "loss_high": upper}
        for deployed, value, low, loss, lower, upper in (
            ("A", 0.75, 0.6, 0.0, np.nan, np.nan),
            ("B", 0.70, 0.5, 0.05, 0.001, 0.1),
        )
    ]
    return Endpoint(
        "os",
        drawing_subjects=DRAWING_SUBJECTS.table(subjects),
        drawing_groups=DRAWING_GROUPS.table(groups),
        drawing_transfer=DRAWING_TRANSFER.table(transfer),
        summary=SUMMARY,
    )


def test_answer_picture_and_tables_tell_what_the_files_say() -> None:
    heading, answer, picture, groups, transfer, note, details = drawing_blocks(endpoint())
    assert isinstance(heading, Heading)
    assert isinstance(answer, Sentences)
    assert answer.items == (SENTENCES[1],)
    assert isinstance(picture, Picture)
    assert "1 change the risk group" in picture.alt
    assert "1 of 3 subjects are in another group" in picture.caption[2]
    assert "with a probability of 33\u00a0%" in picture.caption[1]
    assert isinstance(groups, Table)
    share = "33\u00a0% [6\u00a0%, 79\u00a0%]"
    assert groups.rows == (("radiomic", "A", "B", "3", "1", share, "0", "1", "1"),)
    assert isinstance(transfer, Table)
    assert transfer.rows[0][3:] == ("0.75 [0.60, 0.90]", "")
    assert transfer.rows[1][4] == "0.05 [0.001, 0.10]"
    assert "the same 3 subjects" in note.text  # type: ignore[union-attr]
    assert isinstance(details, Details)


def test_without_a_comparison_there_is_nothing(tmp_path: Path) -> None:
    assert drawing_blocks(Endpoint("os", summary={"settings": {}})) == []
    DRAWING_GROUPS.empty().to_csv(tmp_path / "drawing_groups.csv", index=False)
    found = read_endpoint(tmp_path)
    assert found is not None
    assert drawing_blocks(found) == []


def test_an_extreme_risk_does_not_flatten_the_others_and_is_counted() -> None:
    many = [0.01 * place for place in range(-60, 60)]
    usual = ranges(many, [one - 0.1 for one in many], [one + 0.1 for one in many])
    assert beyond(usual) == 0
    many[0] = -500.0
    assert beyond(ranges(many, [one - 0.1 for one in many], [one + 0.1 for one in many])) == 1


@pytest.mark.parametrize("number", [1, 45, 200])
def test_every_subject_is_drawn_in_a_place_of_its_own(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Figure] = []

    def kept(draw: Callable[[Figure], None], *, size: tuple[float, float], **_: object) -> None:
        drawn.append(Figure(figsize=size))
        draw(drawn[0])

    monkeypatch.setattr(caterpillar, "make_picture", kept)
    rng = np.random.default_rng(number)
    risk = rng.normal(size=number)
    low, high = risk - rng.random(number), risk + rng.random(number)
    low[0] = high[0] = np.nan  # a single mask is a point
    draw_caterpillar(ranges(list(risk), list(low), list(high)), alt="a", caption=("c",))

    (axes,) = drawn[0].axes
    points = np.concatenate([line.get_xydata() for line in axes.lines if line.get_marker() in "oD"])
    assert sorted(points[:, 0]) == list(range(number))
    np.testing.assert_array_equal(points[np.argsort(points[:, 0]), 1], np.sort(risk))
    lines = [line for part in axes.collections for line in part.get_segments() if len(line) == 2]
    assert len(lines) == number - 1
    first, last = axes.get_xlim()
    assert first < 0
    assert last > number - 1
    # At the width of a page, about 100 dots in an inch, no two subjects fall on the same dot.
    assert drawn[0].get_figwidth() * 100 * axes.get_position().width / (last - first) > 2
    assert drawn[0].get_figwidth() <= 10


@pytest.mark.parametrize("number", [1, 30, 200])
def test_missing_ranges_are_drawn_as_points(number: int) -> None:
    risk = list(np.linspace(-1, 1, number))
    lacking = [np.nan] * number
    picture = draw_caterpillar(ranges(risk, lacking, lacking), alt="a", caption=("c",))
    assert picture.source.startswith("data:image/png")


def test_figures_and_tables_for_a_paper_are_files_of_the_result() -> None:
    names = [block.name for block in drawing_blocks(endpoint()) if isinstance(block, (Picture, Table))]
    assert names == ["drawing_radiomic_readers", "drawing_groups", "drawing_transfer"]
    assert is_paper_file(PurePosixPath(f"paper/figures/{names[0]}.svg"))
    assert all(is_paper_file(PurePosixPath(f"paper/tables/{name}.csv")) for name in names[1:])


def test_many_comparisons_show_those_of_the_radiomic_model_and_fold_the_others() -> None:
    few = endpoint()
    groups = few.drawing_groups
    assert groups is not None
    many = pd.concat(
        groups.assign(model=model, second=f"B{place}")
        for model in ("volume", "radiomic", "combined")
        for place in range(6)
    )
    blocks = drawing_blocks(replace(few, drawing_groups=DRAWING_GROUPS.table(many)))
    shown = next(block for block in blocks if isinstance(block, Table) and block.name == "drawing_groups")
    assert {row[0] for row in shown.rows} == {"radiomic"}
    folded = [each for block in blocks if isinstance(block, Details) for each in block.blocks]
    (others,) = [each for each in folded if isinstance(each, Table)]
    assert len(shown.rows) + len(others.rows) == 18
    assert is_paper_file(PurePosixPath(f"paper/tables/{others.name}.csv"))


def test_the_short_answer_counts_the_changes_and_who_is_missing() -> None:
    answer = drawing_answer(endpoint())
    assert "1 of 3 subjects (33\u00a0% [6\u00a0%, 79\u00a0%]) is in another risk group" in answer
    assert answer.endswith("1 subject without all masks cannot be told.")
    (fact,) = short_facts(endpoint())
    assert (fact.value, fact.label) == ("1 of 3", "change the risk group")
    assert fact.detail.endswith("1 subject without all masks")
    assert not drawing_answer(Endpoint("os"))
