"""Words of the report about prepared images."""

import pandas as pd

from nbradiomics.report.sections.preparation import _introduction


def test_images_that_no_step_changed_are_not_counted_as_prepared() -> None:
    table = pd.DataFrame(
        {"subject": ["P1", "P1", "P2"], "variant": "zscore", "steps": ["zscore", "", "zscore"]}
    )
    assert _introduction(table).startswith("2 images of 2 subjects were prepared (zscore).")
