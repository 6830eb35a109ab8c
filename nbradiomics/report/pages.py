"""Pages of single commands: one section of the report of a run, on a separate page."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from nbradiomics.report.content import Facts, Page, Section
from nbradiomics.report.render import claim_page, write_page
from nbradiomics.report.run_files import Endpoint, Run, read_endpoint
from nbradiomics.report.sections.needed_agreement import needed_agreement_blocks
from nbradiomics.report.sections.needed_words import needed_facts
from nbradiomics.report.sections.outcome import outcome_blocks
from nbradiomics.report.sections.overview import endpoint_facts, stable_facts
from nbradiomics.report.sections.reproducibility import WITH_AUTO_TABLE, reproducibility_blocks
from nbradiomics.reproducibility import DESIGNS
from nbradiomics.reproducibility.needed_agreement import NeededAgreement
from nbradiomics.tables import AUTO

OUTCOME, REPRODUCIBILITY, NEEDED = "outcome", "reproducibility", "needed_agreement"


def claim_outcome_page(folder: Path) -> Path:
    """Return the path of the page of an outcome folder, unless another file has this name."""
    return claim_page(Path(folder) / "report.html", OUTCOME)


def claim_reproducibility_page(table: Path) -> Path:
    """Return the path of the page beside a reproducibility table, unless another file has this name."""
    return claim_page(Path(table).with_suffix(".html"), REPRODUCIBILITY)


def build_outcome_page(folder: Path, out: Path | None = None) -> Path:
    """Write the page of an outcome folder: discrimination, survival by risk group, selected features.

    Parameters
    ----------
    folder
        Folder that `nbradiomics.outcome.write_outcome` wrote.
    out
        File to write; ``report.html`` in the folder by default.

    Returns
    -------
    Path
        The written file.

    Raises
    ------
    InputError
        When a table is malformed, or another file has the name of the page.
    """
    endpoint = read_endpoint(folder.resolve()) or Endpoint(folder.resolve().name)
    page = _page(
        Run(folder, endpoints=(endpoint,)),
        OUTCOME,
        f"Outcome: {endpoint.summary.get('event', endpoint.name)}",
        endpoint_facts(endpoint),
    )
    return write_page(page, out or claim_outcome_page(folder))


def write_reproducibility_page(
    table: pd.DataFrame,
    target: Path,
    *,
    levels: Sequence[str],
    across: str = "reader",
    threshold: float,
    confidence: float,
) -> Path:
    """Write the page of a table of reproducibility.

    Parameters
    ----------
    table
        Result of `nbradiomics.reproducibility.assess_reproducibility`.
    target
        HTML file.
    levels
        The compared readers, or values of another column.
    across
        What is compared, a name of `nbradiomics.reproducibility.DESIGNS`.
    threshold, confidence
        The rule of stability that the table was made with.
    """
    several = DESIGNS[across].several
    comparison = WITH_AUTO_TABLE if across == "reader" and AUTO in levels else several
    rule = {"threshold": threshold, "confidence": confidence}
    run = Run(
        target.parent,
        reproducibility={"": {comparison: table}},
        provenance={"study": {"reproducibility": rule}},
    )
    compared = f"{several} {', '.join(levels)}"
    title = f"Reproducibility: {target.stem}"
    return write_page(_page(run, REPRODUCIBILITY, title, stable_facts(run), f"; {compared}"), target)


def claim_needed_agreement_page(table: Path) -> Path:
    """Return the path of the page beside a table of needed agreement, unless another file has this name."""
    return claim_page(Path(table).with_suffix(".html"), NEEDED)


def write_needed_agreement_page(
    result: NeededAgreement,
    target: Path,
    *,
    features: pd.DataFrame,
    agreement: pd.DataFrame,
    pairs: tuple[str, ...],
) -> Path:
    """Write the page of a table of needed agreement.

    Parameters
    ----------
    result
        Result of `nbradiomics.needed_agreement`.
    target
        HTML file.
    features, agreement
        The rows that it was made from, of one timepoint, sequence and region.
    pairs
        Kinds of pair that were used.
    """
    run = Run(
        target.parent,
        features=features,
        agreement=agreement,
        needed={"": result.table},
        needed_left_out={"": result.left_out},
        provenance={"study": {"needed_agreement": {"pairs": pairs}}},
    )
    title = f"Needed agreement: {target.stem}"
    return write_page(_page(run, NEEDED, title, needed_facts(run)), target)


_SECTIONS = {
    OUTCOME: ("Outcome", outcome_blocks),
    NEEDED: ("How well must masks agree before a feature can be trusted?", needed_agreement_blocks),
    REPRODUCIBILITY: ("Reproducibility of features", reproducibility_blocks),
}


def _page(run: Run, kind: str, title: str, facts: Facts, suffix: str = "") -> Page:
    made = f"nbradiomics {version('nbradiomics')}{suffix}"
    heading, blocks = _SECTIONS[kind]
    section = Section(kind, heading, blocks(run))
    return Page(title, made, (), facts, (section,), kind)
