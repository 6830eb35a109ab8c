"""The page of a table of variance components."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pandas as pd

from nbradiomics.report.content import Page, Section
from nbradiomics.report.render import claim_page, write_page
from nbradiomics.report.sections.variance import TITLE as VARIATION, variance_blocks, variance_facts

VARIANCE = "variance"


def claim_variance_page(table: Path) -> Path:
    """Return the path of the page beside a table of variances, unless another file has this name."""
    return claim_page(Path(table).with_suffix(".html"), VARIANCE)


def write_variance_page(table: pd.DataFrame, target: Path) -> Path:
    """Write the page of a table of variance components.

    Parameters
    ----------
    table
        Result of `nbradiomics.variance_components`.
    target
        HTML file.
    """
    section = Section(VARIANCE, VARIATION, variance_blocks(table))
    page = Page(
        f"Variance components: {target.stem}",
        f"nbradiomics {version('nbradiomics')}",
        (),
        variance_facts(table),
        (section,),
        VARIANCE,
    )
    return write_page(page, target)
