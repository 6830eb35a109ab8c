"""Write figures, tables and a methods section for a paper into the folder of outcome models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbradiomics.errors import InputError
from nbradiomics.files.atomic import write_text
from nbradiomics.report.content import Picture, Table
from nbradiomics.report.paper.figures import paper_figures, write_paper_figure
from nbradiomics.report.paper.files import METHODS, PAPER, paper_stems, remove_paper
from nbradiomics.report.paper.methods import UNKNOWN, methods_section
from nbradiomics.report.paper.tables import paper_tables, write_paper_table
from nbradiomics.report.record_files import read_object
from nbradiomics.report.run_files import Endpoint, Run, is_outcome_folder, read_endpoint, read_run
from nbradiomics.report.sections.missing_parts import failed_endpoints
from nbradiomics.report.sections.outcome import endpoint_blocks
from nbradiomics.study.external import VALIDATION


@dataclass(frozen=True)
class PaperExport:
    """Result of :func:`nbradiomics.export_paper`.

    Attributes
    ----------
    folders
        Folders with the files for a paper, one per endpoint.
    files
        The files.
    notes
        What is missing, and why.
    """

    folders: tuple[Path, ...]
    files: tuple[Path, ...]
    notes: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """Say where the files are, and what is missing."""
        return [*self.notes, *(f"For a paper: {folder}" for folder in self.folders)]


def export_paper(folder: str | Path) -> PaperExport:
    """Write the figures, tables and methods of outcome models in the formats of a paper.

    Files of an earlier export are replaced; other files stay.

    Parameters
    ----------
    folder
        Folder that :func:`nbradiomics.write_outcome` or the command `outcome` wrote, or the folder of a run:
        then every endpoint of the run.

    Returns
    -------
    PaperExport
        The files, in ``paper/`` of each folder of outcome models: ``figures/`` (SVG with text, PDF with
        TrueType fonts, PNG with 300 dots per inch; 3.5, 5.5 or 7.2 inches wide), ``tables/`` (CSV, LaTeX, and
        HTML to paste into Word) and ``methods.md``. Equal results give equal files.

    Raises
    ------
    InputError
        When the folder contains no outcome models, or a table is malformed (the message names it).

    Examples
    --------
    >>> write_outcome(result, "outcome")
    >>> exported = export_paper("outcome")
    >>> sorted(path.name for path in exported.folders[0].iterdir())
    ['figures', 'methods.md', 'tables']
    """
    folder = Path(folder)
    if is_outcome_folder(folder):
        endpoint = read_endpoint(folder.resolve()) or Endpoint(folder.resolve().name)
        return _export(folder, endpoint, _provenance_of(folder.resolve()))
    run = read_run(folder)
    if not run.endpoints:
        raise InputError(
            f"{folder} contains no outcome models.",
            "Give a folder that `nbradiomics outcome` wrote, or that of a run with a section `outcome`.",
        )
    parts = [_export(place, one, run.provenance) for place, one in _models(folder / "outcome", run)]
    failed = [f"Endpoint {name}: no models. {cause}" for name, cause in failed_endpoints(run).items()]
    return PaperExport(
        tuple(path for part in parts for path in part.folders),
        tuple(path for part in parts for path in part.files),
        (*(note for part in parts for note in part.notes), *failed),
    )


def _models(outcome: Path, run: Run) -> Iterator[tuple[Path, Endpoint]]:
    """Give the models of every endpoint with their folders, and its external validations."""
    for endpoint in run.endpoints:
        place = outcome / endpoint.name
        if endpoint.summary:
            yield place, endpoint
        for cohort, validation in endpoint.validations.items():
            yield place / VALIDATION / cohort, replace(validation, name=f"{endpoint.name} on {cohort}")


def _provenance_of(folder: Path) -> dict[str, Any]:
    """Record of the run whose folder contains the folder of an endpoint; empty if there is none."""
    endpoint = folder.parent.parent if folder.parent.name == VALIDATION else folder
    in_run = endpoint.parent.name == "outcome"
    return read_object(endpoint.parent.parent / "provenance.json") if in_run else {}


def _export(folder: Path, endpoint: Endpoint, provenance: Mapping[str, Any]) -> PaperExport:
    blocks = endpoint_blocks(endpoint)
    figures, tables = list(paper_figures(blocks)), paper_tables(blocks)
    named = [replace(figure, name=stem) for figure, stem in zip(figures, _stems(figures), strict=True)]
    stems = _stems(tables)
    texts = [f"figures/{one.name}: {_sentences(one.caption)} Alternative text: {one.alt}" for one in named]
    texts += [f"tables/{stem}: {table.caption}." for stem, table in zip(stems, tables, strict=True)]
    methods = methods_section(endpoint, provenance, texts)
    remove_paper(folder)
    paper, files = folder / PAPER, []
    for figure in named:
        files += write_paper_figure(figure, paper / "figures", figure.name)
    for table, stem in zip(tables, stems, strict=True):
        files += write_paper_table(table, paper / "tables", stem)
    if methods is not None:
        write_text(methods, paper / METHODS)
        files.append(paper / METHODS)
    told = [*_missing(endpoint, named, tables), *([] if methods else [f"no {METHODS}: {UNKNOWN}."])]
    if endpoint.summary.get("intervals") == "quick":
        told.append("the intervals are quick ones, too narrow for a paper; set refits to 100.")
    notes = tuple(f"Endpoint {endpoint.name}: {note}" for note in told)
    return PaperExport((paper,) if files else (), tuple(files), notes)


def _stems(named: Sequence[Picture] | Sequence[Table]) -> list[str]:
    return paper_stems([one.name for one in named])


def _sentences(lines: Sequence[str]) -> str:
    return " ".join(line if line.endswith(".") else f"{line}." for line in lines)


def _missing(endpoint: Endpoint, figures: Sequence[Picture], tables: Sequence[Table]) -> Iterator[str]:
    """Name the figures and tables that could not be made."""
    models = [str(model) for model in endpoint.summary.get("models", ())]
    curves = [] if endpoint.is_class else [f"kaplan_meier_{model}" for model in models]
    wanted = ["discrimination", *curves, "calibration", "decision"]
    there = [figure.name for figure in figures]
    for name in wanted:
        if not any(each == name or each.startswith(f"{name}_") for each in there):
            yield f"no figure {name}, because there is no value to draw."
    for name in ("baseline", "discrimination", "metrics"):
        if name not in {table.name for table in tables}:
            yield f"no table {name}, because the folder has no such values."
