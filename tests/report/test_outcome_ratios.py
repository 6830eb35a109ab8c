"""The ratios of the covariates on a page: a forest plot on a log axis, and a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nbradiomics.outcome.ratio_schema import RATIOS
from nbradiomics.report.content import Gallery, Picture, Table, Text
from nbradiomics.report.figures.forest import draw_ratios, ratio_limits, ratio_ticks
from nbradiomics.report.run_files import Endpoint, read_endpoint
from nbradiomics.report.sections.outcome_ratios import ratio_blocks

SUMMARY = {"settings": {"confidence": 0.9}, "ratios": {"positive": "mutant"}}


def row(variable: str, level: str = "", **values: object) -> dict[str, object]:
    return {"variable": variable, "level": level, "reference": "", "reason": "", **values}


def estimates(ratio: float, low: float, high: float, p: float) -> dict[str, float]:
    return {"ratio": ratio, "low": low, "high": high, "p": p}


AGE = {"sd": 40.0, "ratio_sd": 1.49, "low_sd": 1.22, "high_sd": 1.82, "joint_p": 0.0004}
PH_AGE = {"ph_chi2": 4.2, "ph_df": 1, "ph_p": 0.0401}
STAGE = {"reference": "L1", "joint_p": 0.003, "ph_chi2": 0.5, "ph_df": 2, "ph_p": 0.78}
ROWS = [
    row("age", **estimates(1.01, 1.005, 1.015, 0.0004), **AGE, **PH_AGE),
    row("stage", "L2", **estimates(0.9999, 0.4, 2.5, 0.99), **STAGE),
    row("stage", "M", **estimates(4.0, 1.5, 90.0, 0.002), **STAGE),
    row("mycn", **estimates(2.0, 1.0, 4.0, 0.05), joint_p=0.05, ph_chi2=0.1, ph_df=1, ph_p=0.75),
    row("site", reason="all subjects have the same value"),
    row("GLOBAL", joint_p=0.0001, ph_chi2=5.0, ph_df=3, ph_p=0.172),
]


def test_a_table_and_a_picture_tell_the_same() -> None:
    gallery, table, note = ratio_blocks(Endpoint("os", ratios=RATIOS.table(ROWS), summary=SUMMARY))
    assert isinstance(gallery, Gallery)
    assert isinstance(table, Table)
    assert isinstance(note, Text)
    (picture,) = gallery.pictures
    assert picture.alt == (
        "Hazard ratios of the covariates with their intervals. age (SD 40) 1.49 [1.22, 1.82]; "
        "stage: L2 / L1 0.9999 [0.40, 2.50]; stage: M / L1 4.00 [1.50, 90.00]; "
        "mycn 2.00 [1.00, 4.00]."
    )
    assert "one ordinary cox model" in " ".join(picture.caption).casefold()
    assert "90\u00a0% intervals" in picture.caption[1]
    assert "describes these subjects and validates nothing" in picture.caption[1]
    assert table.columns[-2:] == ("p of all levels", "p of proportional hazards")
    assert table.rows == (
        ("age", "1.01 [1.005, 1.01]", "1.49 [1.22, 1.82]", "<0.001", "<0.001", "0.040"),
        ("stage: L2 / L1", "0.9999 [0.40, 2.50]", "", "0.990", "0.003", "0.780"),
        ("stage: M / L1", "4.00 [1.50, 90.00]", "", "0.002", "", ""),
        ("mycn", "2.00 [1.00, 4.00]", "", "0.050", "0.050", "0.750"),
        ("site", "all subjects have the same value", "", "", "", ""),
        ("All covariates", "", "", "", "<0.001", "0.172"),
    )


def test_classes_have_odds_and_no_hazards() -> None:
    plain = [{name: value for name, value in one.items() if not name.startswith("ph_")} for one in ROWS]
    endpoint = Endpoint("idh", ratios=RATIOS.table(plain), summary=SUMMARY | {"kind": "classes"})
    gallery, table, _ = ratio_blocks(endpoint)
    assert isinstance(gallery, Gallery)
    assert isinstance(table, Table)
    assert gallery.pictures[0].caption[0] == "idh: odds ratios of the covariates"
    assert "odds of 'mutant'" in gallery.pictures[0].caption[1]
    assert table.columns[-1] == "p of all levels"
    assert "azard" not in str((table, gallery.pictures[0].alt, gallery.pictures[0].caption))


def test_a_reason_takes_the_place_of_numbers() -> None:
    reason = "9 events are too few for 3 columns; 5 for each are needed"
    rows = [row("age", reason=reason), row("stage", "M", reference="L1", reason=reason)]
    (text,) = ratio_blocks(Endpoint("os", ratios=RATIOS.table(rows)))
    assert text == Text(f"Hazard ratios of the covariates: none. {reason} (age, stage).", tone="note")


def test_without_covariates_or_in_an_earlier_release_there_is_nothing(tmp_path: Path) -> None:
    assert ratio_blocks(Endpoint("os")) == []
    assert ratio_blocks(Endpoint("os", ratios=RATIOS.empty())) == []
    RATIOS.table(ROWS).to_csv(tmp_path / "ratios.csv", index=False)
    read = read_endpoint(tmp_path)
    assert read is not None
    assert len(ratio_blocks(read)) == 3


def test_the_axis_shows_few_round_numbers() -> None:
    assert ratio_ticks(0.4, 2.5) == [0.5, 1, 2]
    assert ratio_ticks(0.02, 50) == [0.03, 0.1, 0.3, 1, 3, 10, 30]
    assert ratio_limits([0.9, 1.1]) == pytest.approx((0.5 / 1.15, 2 * 1.15))
    assert ratio_limits([1e-6, 1e9]) == (0.02, 50)


def test_ratios_beyond_the_axis_are_drawn() -> None:
    values = {"a": (1e4, 20.0, 1e9), "b": (1.0, 1e-5, 1e5), "c": (np.nan, np.nan, np.nan)}
    assert isinstance(draw_ratios(values, name="Hazard ratio", alt="", caption=()), Picture)
