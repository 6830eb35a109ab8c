"""The page of combined rules: which features can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from nbradiomics.outcome.performance_schema import SELECTION
from nbradiomics.report.content import Page, Section
from nbradiomics.report.render import claim_page, write_page
from nbradiomics.report.run_files import Endpoint, Run
from nbradiomics.report.sections.needed_agreement import needed_agreement_blocks
from nbradiomics.report.sections.trust import TITLE, trust_blocks, trust_facts
from nbradiomics.report.sections.variance import TITLE as VARIATION, variance_blocks
from nbradiomics.reproducibility.needed_agreement import NEEDED_AGREEMENT
from nbradiomics.reproducibility.variance.schema import VARIANCE

TRUST = "trust"


@dataclass(frozen=True)
class FurtherTables:
    """Tables of other commands that the page also shows; ``None`` for none.

    Attributes
    ----------
    needed_agreement
        Of `nbradiomics needed-agreement`.
    variance
        Of `nbradiomics variance`.
    selection
        ``selection.csv`` of an outcome folder: the page shows the features that enter its models.
    """

    needed_agreement: Path | None = None
    variance: Path | None = None
    selection: Path | None = None

    @property
    def files(self) -> list[Path]:
        """The files that are given."""
        return [file for file in (self.needed_agreement, self.variance, self.selection) if file is not None]


def claim_trust_page(table: Path) -> Path:
    """Return the path of the page beside a table of combined rules, unless another file has this name."""
    return claim_page(Path(table).with_suffix(".html"), TRUST)


def write_trust_page(
    stable: pd.DataFrame,
    studies: Mapping[str, pd.DataFrame],
    target: Path,
    further: FurtherTables = FurtherTables(),
) -> Path:
    """Write the page of a table of combined rules.

    Parameters
    ----------
    stable
        Result of `nbradiomics.combine_rules`.
    studies
        Tables of the studies that could be done, by name.
    target
        HTML file.
    further
        Tables of other commands.

    Raises
    ------
    InputError
        When one of the further tables cannot be read.
    """
    needed = {} if further.needed_agreement is None else {"": NEEDED_AGREEMENT.read(further.needed_agreement)}
    endpoints = [] if further.selection is None else [_endpoint(further.selection)]
    run = Run(target.parent, stable=stable, studies=dict(studies), needed=needed, endpoints=tuple(endpoints))
    sections = [Section(TRUST, TITLE, trust_blocks(run))]
    if needed:
        heading = "How well must masks agree before a feature can be trusted?"
        sections.append(Section("needed_agreement", heading, needed_agreement_blocks(run)))
    if further.variance is not None:
        shares = variance_blocks(VARIANCE.read(further.variance))
        sections.append(Section("variance", VARIATION, shares))
    made = f"nbradiomics {version('nbradiomics')}; {target.stem}"
    page = Page(TITLE, made, (), trust_facts(run), tuple(sections), TRUST)
    return write_page(page, target)


def _endpoint(selection: Path) -> Endpoint:
    return Endpoint(selection.resolve().parent.name, selection=SELECTION.read(selection))
