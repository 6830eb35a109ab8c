"""Words of the report about prepared images."""

import pandas as pd

from nbradiomics.report.sections.preparation import _introduction, _shown


def test_images_that_no_step_changed_are_not_counted_as_prepared() -> None:
    table = pd.DataFrame(
        {"subject": ["P1", "P1", "P2"], "variant": "zscore", "steps": ["zscore", "", "zscore"]}
    )
    assert _introduction(table).startswith("2 images of 2 subjects were prepared (zscore).")


def test_images_with_a_note_are_the_first_pictures() -> None:
    table = pd.DataFrame(
        {
            "subject": ["dark", "middle", "noted", "bright"],
            "note": ["", "", "the landmarks ...", ""],
            "whole_median_before": [1.0, 2.0, 2.5, 9.0],
        }
    )
    assert list(_shown(table)["subject"]) == ["noted", "dark", "middle", "bright"]
    assert list(_shown(table.assign(note=""))["subject"]) == ["dark", "noted", "bright"]
