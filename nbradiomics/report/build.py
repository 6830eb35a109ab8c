"""Build one HTML file from a run folder."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.files.atomic import write_text
from nbradiomics.report.content import Page, Section
from nbradiomics.report.pages import build_outcome_page
from nbradiomics.report.processing_page import TITLE as PROCESSED
from nbradiomics.report.render import render
from nbradiomics.report.run_files import Run, is_outcome_folder, read_run
from nbradiomics.report.sections.agreement import agreement_blocks
from nbradiomics.report.sections.certainty import certainty_blocks
from nbradiomics.report.sections.checklists import CHECKLISTS_SECTION, checklists_blocks
from nbradiomics.report.sections.diffusion import ADC_SECTION, diffusion_blocks
from nbradiomics.report.sections.evidence import evidence_blocks
from nbradiomics.report.sections.failures import failures_blocks
from nbradiomics.report.sections.flow import flow_blocks
from nbradiomics.report.sections.habitats import (
    HABITATS_SECTION,
    ROIS_SECTION,
    habitats_blocks,
    rois_blocks,
)
from nbradiomics.report.sections.masks import masks_blocks
from nbradiomics.report.sections.needed_agreement import needed_agreement_blocks
from nbradiomics.report.sections.outcome import outcome_blocks
from nbradiomics.report.sections.overview import banners, overview_facts, study_name, subtitle
from nbradiomics.report.sections.preparation import PREPARATION, TITLE as PREPARED, preparation_blocks
from nbradiomics.report.sections.processing import PROCESSING, processing_of_run_blocks
from nbradiomics.report.sections.provenance import provenance_blocks
from nbradiomics.report.sections.reader_study import readers_blocks
from nbradiomics.report.sections.reproducibility import reproducibility_blocks
from nbradiomics.report.sections.trust import TITLE, trust_blocks
from nbradiomics.report.sections.variance import TITLE as VARIATION, variance_of_run_blocks

#: Name, title and function of each section, in the order of the page.
SECTIONS = (
    ("flow", "Cohort flow", flow_blocks),
    (PREPARATION, PREPARED, preparation_blocks),
    ("readers", "Reader study: is the model as good as another expert?", readers_blocks),
    ("masks", "Masks", masks_blocks),
    ("certainty", "How sure the model is", certainty_blocks),
    ("agreement", "Agreement of masks", agreement_blocks),
    (ADC_SECTION, "Diffusion: ADC and its error", diffusion_blocks),
    (HABITATS_SECTION, "Habitats", habitats_blocks),
    (ROIS_SECTION, "Rings, rims and cores", rois_blocks),
    ("trust", TITLE, trust_blocks),
    ("reproducibility", "Reproducibility of features", reproducibility_blocks),
    ("variance", VARIATION, variance_of_run_blocks),
    (PROCESSING, PROCESSED, processing_of_run_blocks),
    ("needed_agreement", "Needed agreement: how well must masks agree?", needed_agreement_blocks),
    ("outcome", "Outcome", outcome_blocks),
    ("failures", "Failures", failures_blocks),
    ("evidence", "Evidence: what this run can prove", evidence_blocks),
    (CHECKLISTS_SECTION, "Checklists for the paper", checklists_blocks),
    ("provenance", "Provenance", provenance_blocks),
)
#: Sections that a report has only if the study asks for them, or if its run wrote what they need.
_ON_REQUEST = (
    *(PREPARATION, PROCESSING, ADC_SECTION, HABITATS_SECTION, ROIS_SECTION, "evidence", CHECKLISTS_SECTION),
)


def build_report(run: Path, out: Path | None = None) -> Path:
    """Write the report of a run, or the page of an outcome folder: one self-contained HTML file.

    Parameters
    ----------
    run
        Folder of a run: ``cohort.csv``, ``check.csv``, ``prepared/``, ``segmentation.csv``,
        ``agreement.csv``, ``readers/``, ``features.parquet``, ``perturbation/``, ``processing/``,
        ``reproducibility/``, ``needed_agreement/``, ``outcome/``, ``failures.csv`` and
        ``provenance.json``, as far as they exist.
        The images and masks named in the cohort table are read for the pictures; the report names those that
        cannot be read. A folder that `outcome` wrote is recognised by its ``performance.csv``.
    out
        File to write; ``report.html`` in the run folder by default.

    Returns
    -------
    Path
        The written file. It is written completely or not at all.

    Raises
    ------
    InputError
        When the folder contains no file of a run, a file is malformed (the message names it), or `out`
        is a folder.

    Examples
    --------
    >>> build_report("results").name
    'report.html'
    """
    run, target = Path(run), None if out is None else Path(out)
    if target is not None and target.is_dir():
        raise InputError(f"{target} is a folder; a file was expected.", "Give a name that ends in .html.")
    if is_outcome_folder(run):
        return build_outcome_page(run, target)
    target = target or run / "report.html"
    write_text(render(make_page(read_run(run))), target)
    return target


def make_page(run: Run) -> Page:
    """Build the page of a run from its sections."""
    made = (Section(name, title, blocks(run)) for name, title, blocks in SECTIONS)
    sections = tuple(section for section in made if section.blocks or section.name not in _ON_REQUEST)
    return Page(study_name(run), subtitle(run), banners(run), overview_facts(run), sections)
