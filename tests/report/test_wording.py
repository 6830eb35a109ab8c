"""What the report says of its numbers: levels, thresholds, time zero, dates, one and several."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from nbradiomics.messages.wording import NO_BREAK, share
from nbradiomics.outcome.performance_schema import SELECTION
from nbradiomics.report.content import Details, Gallery, Listing, Picture, Table, Text
from nbradiomics.report.figures import strips as strips_module, survival as survival_module
from nbradiomics.report.figures.strips import Strip, draw_strips
from nbradiomics.report.formatting import moment
from nbradiomics.report.run_files import Endpoint, Run
from nbradiomics.report.sections.failures import failures_blocks
from nbradiomics.report.sections.outcome import outcome_blocks
from nbradiomics.report.sections.overview import overview_facts, subtitle
from nbradiomics.report.sections.provenance import provenance_blocks
from nbradiomics.report.sections.reproducibility import reproducibility_blocks

PROVENANCE: dict[str, Any] = {
    "created": "2026-11-23T07:54:31+00:00",
    "nbradiomics": "0.1.0",
    "study": {
        "name": "Näme",
        "reproducibility": {"threshold": 0.75, "confidence": 0.9},
        "outcome": {"timepoint": "diagnosis"},
    },
}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Figures in place of pictures: what they hold can be asked."""
    figures: list[Figure] = []

    def keep(draw: Any, *, size: Any, alt: str, caption: tuple[str, ...] = ()) -> Picture:
        with mpl.style.context("default"):
            figures.append(Figure(figsize=size))
            draw(figures[-1])
        return Picture("data:", alt, caption)

    monkeypatch.setattr(strips_module, "make_picture", keep)
    monkeypatch.setattr(survival_module, "make_picture", keep)
    return figures


def curves(model: str = "radiomic") -> pd.DataFrame:
    columns = ["model", "group", "time", "survival", "low", "high", "at_risk"]
    rows = [
        (model, group, t, 1 - t / 900, 0.5, 1.0, 9) for group in ("high", "low") for t in (0.0, 100.0, 400.0)
    ]
    return pd.DataFrame(rows, columns=columns)


def test_survival_picture_says_what_it_is(drawn: list[Figure]) -> None:
    settings = {"confidence": 0.9, "repeats": 10}
    endpoint = Endpoint("os", kaplan_meier=curves(), summary={"time": "os_days", "settings": settings})
    blocks = outcome_blocks(Run(Path("run"), endpoints=(endpoint,)))
    axes = drawn[0].axes[0]
    assert axes.get_title() == "os: radiomic model"
    assert axes.get_xlabel() == "Time (os_days)"
    caption = next(block.pictures[0].caption for block in blocks if isinstance(block, Gallery))
    assert caption[0] == "os: radiomic model"
    assert f"bands are 90{NO_BREAK}% confidence intervals" in caption[1]
    assert "The majority of the 10 repeats of the cross-validation decides" in caption[2]


def test_one_repeat_has_no_majority(drawn: list[Figure]) -> None:
    endpoint = Endpoint("os", kaplan_meier=curves(), summary={"settings": {"repeats": 1}})
    blocks = outcome_blocks(Run(Path("run"), endpoints=(endpoint,)))
    caption = next(block.pictures[0].caption for block in blocks if isinstance(block, Gallery))
    assert "majority" not in " ".join(caption)
    assert "bands are confidence intervals" in caption[1]
    assert drawn[0].axes[0].get_xlabel() == "Time"


def test_outcome_says_from_which_scan_time_counts() -> None:
    endpoint = Endpoint("os", summary={"subjects": 1, "events": 1})
    named = outcome_blocks(Run(Path("run"), endpoints=(endpoint,), provenance=PROVENANCE))
    unnamed = outcome_blocks(Run(Path("run"), endpoints=(endpoint,)))
    assert isinstance(named[0], Text)
    assert isinstance(unnamed[0], Text)
    assert named[0].text.endswith("the scan that was analysed (timepoint diagnosis).")
    assert unnamed[0].text.endswith("the scan that was analysed.")
    assert any(isinstance(block, Text) and "1 subject, 1 event (" in block.text for block in named)


@pytest.mark.parametrize("values", [[0.9, 0.95, 1.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0], [np.nan]])
def test_the_axis_of_dice_never_leaves_its_range(drawn: list[Figure], values: list[float]) -> None:
    strips = [Strip("Dice", [np.array(values)], unit_range=True), Strip("HD95 (mm)", [np.array(values)])]
    draw_strips(["auto vs A"], strips, emphasised=[True], alt="a")
    dice, distance = drawn[0].axes
    assert dice.get_xlim()[1] == 1
    assert 0 <= dice.get_xlim()[0] < 1
    assert distance.get_xlim()[0] == 0


def selection(**kinds: list[tuple[str, float]]) -> pd.DataFrame:
    return SELECTION.table(
        [(model, "", name, frequency, 0.1) for model, own in kinds.items() for name, frequency in own]
    )


def test_selection_names_its_rows_and_leaves_out_what_never_entered() -> None:
    feature, other = "original_glcm_Contrast", "original_glcm_Id"
    table = selection(
        clinical=[("age", 1.0), ("stage=M", 0.5)],
        radiomic=[(feature, 0.5), (other, 0.0), ("agent", 0.0)],
        combined=[(feature, 0.5), ("age", 1.0), (other, 0.0)],
        none=[(feature, 0.0)],
    )
    endpoint = Endpoint("os", selection=table, summary={"covariates": ["age", "stage"]})
    blocks = outcome_blocks(Run(Path("run"), endpoints=(endpoint,)))
    tables = [block for block in blocks if isinstance(block, Table)]
    assert [table.columns[0] for table in tables] == ["Covariate", "Feature", "Feature or covariate"]
    assert [[row[0] for row in table.rows] for table in tables] == [
        ["age", "stage=M"],
        [feature],
        ["age", feature],
    ]
    told = [block.text for block in blocks if isinstance(block, Text)]
    assert "Model radiomic: 2 features entered it in no fold and are not listed." in told
    assert "Model combined: 1 feature entered it in no fold and is not listed." in told
    assert "Model none: none of 1 feature entered it." in told
    assert any(
        "per standard deviation" in text and "against the average of all levels" in text for text in told
    )


def test_many_features_are_folded_away_but_none_that_never_entered() -> None:
    entered = [(f"original_glcm_F{place}", 0.5) for place in range(16)]
    endpoint = Endpoint("os", selection=selection(radiomic=[*entered, ("original_glcm_Id", 0.0)]))
    blocks = outcome_blocks(Run(Path("run"), endpoints=(endpoint,)))
    folded = next(block for block in blocks if isinstance(block, Details))
    assert folded.summary == "Model radiomic: 1 more feature or covariate"
    assert isinstance(folded.blocks[0], Table)
    assert [row[0] for row in folded.blocks[0].rows] == ["original_glcm_F15"]


def test_reproducibility_states_its_rule() -> None:
    numbers = {"icc": [0.9], "low": [0.8], "high": [0.95], "subjects": [9.0], "stable": [True]}
    table = pd.DataFrame({"feature": ["original_glcm_Contrast"], **numbers})
    both = Run(Path("r"), reproducibility={"": {"readers": table, "auto_vs_readers": table}})
    known = Run(Path("r"), reproducibility={"": {"readers": table}}, provenance=PROVENANCE)
    first = [block.text for block in reproducibility_blocks(both) if isinstance(block, Text)]
    second = [block.text for block in reproducibility_blocks(known) if isinstance(block, Text)]
    assert "more raters narrow the interval" in first[0]
    rule = f"the lower limit of the 90{NO_BREAK}% confidence interval of its ICC is at least 0.75."
    assert second[0].endswith(rule)
    assert not any("more raters" in text for text in second)


def test_provenance_is_dated_and_shows_the_study_as_yaml() -> None:
    run = Run(Path("run"), provenance=PROVENANCE)
    assert subtitle(run) == "nbradiomics 0.1.0, 2026-11-23 07:54 UTC"
    versions, study = provenance_blocks(run)
    assert isinstance(versions, Table)
    assert versions.rows[0] == ("created", "2026-11-23 07:54 UTC")
    assert isinstance(study, Details)
    assert study.summary == "The study as it was read"
    assert isinstance(study.blocks[0], Listing)
    assert study.blocks[0].text.startswith("name: Näme\nreproducibility:\n  threshold: 0.75\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T07:54:31+00:00", "2026-11-23 07:54 UTC"),
        ("2026-11-23T00:30:00+01:00", "2026-11-22 23:30 UTC"),
        ("2026-11-23", "2026-11-23"),
        ("yesterday", "yesterday"),
    ],
)
def test_moments(text: str, expected: str) -> None:
    assert moment(text) == expected


def test_shares() -> None:
    assert [share(value).replace(NO_BREAK, " ") for value in (0.95, 0.975, 0.29)] == [
        "95 %",
        "97.5 %",
        "29 %",
    ]


def test_one_is_no_plural() -> None:
    row = {"subject": "P1", "image": "i", "reader": "A", "mask": "m", "timepoint": "t", "sequence": "s"}
    cohort = pd.DataFrame([row | {"roi": "r", "reading": "1"}])
    failure = pd.DataFrame([("P1", "extract", "c", "h")], columns=["case", "stage", "cause", "hint"])
    run = Run(Path("run"), cohort=cohort, failures=failure)
    facts = [(fact.value, fact.label, fact.detail) for fact in overview_facts(run).items[:4]]
    assert facts == [
        ("1", "subject", ""),
        ("1", "image", ""),
        ("1", "mask", "A 1"),
        ("1", "failure", "extract 1"),
    ]
    text = failures_blocks(run)[0]
    assert isinstance(text, Text)
    assert text.text.startswith("1 failure.")
