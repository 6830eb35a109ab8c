"""Words of the report about prepared images."""

import pandas as pd

from nbradiomics.preparation.rows import BEYOND
from nbradiomics.report.sections.preparation import _introduction, _shown


def test_images_that_no_step_changed_are_not_counted_as_prepared() -> None:
    table = pd.DataFrame(
        {"subject": ["P1", "P1", "P2"], "variant": "zscore", "steps": ["zscore", "", "zscore"]}
    )
    assert _introduction(table).startswith("2 images of 2 subjects were prepared (zscore).")


def test_images_with_a_warning_are_shown_first() -> None:
    table = pd.DataFrame(
        {
            "subject": [f"P{number}" for number in range(6)],
            "steps": "zscore",
            "whole_median_before": range(6),
            "tumour_measured": [1.0, 0.2, 1.0, None, 1.0, 1.0],
            "note": ["", "", "", "", f"something; {BEYOND}", ""],
        }
    )
    assert list(_shown(table)["subject"]) == ["P1", "P4", "P0"]
    assert list(_shown(table.assign(note="", tumour_measured=1.0))["subject"]) == ["P0", "P3", "P5"]
    assert _shown(table.assign(steps="")).empty
