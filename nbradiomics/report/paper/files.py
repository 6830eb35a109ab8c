"""Names of the files for a paper, in the folder of the outcome models of an endpoint."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from nbradiomics.files.names import file_stems
from nbradiomics.files.owned_folder import remove_files
from nbradiomics.report.content import FigureFormat

#: Folder of the files.
PAPER = "paper"
METHODS = "methods.md"
FIGURE_FORMATS: tuple[FigureFormat, ...] = ("svg", "pdf", "png")
TABLE_FORMATS = ("csv", "tex", "html")
_FIGURE = (
    r"discrimination|ratios|controls|figure_\d+"
    r"|(kaplan_meier|calibration|decision|drawing|contributions)_[^/]+"
)
_TABLE = (
    r"baseline|discrimination|metrics|sites|risk_groups|ratios|controls"
    r"|drawing_(groups|transfer)(_others)?|selection_[^/]+"
)
#: Paths of the files in the folder of the outcome models; any other file is the user's.
PAPER_FILE = (
    rf"{PAPER}/(methods\.md|figures/({_FIGURE}|controls|contributions_[a-z]+)\.({'|'.join(FIGURE_FORMATS)})"
    rf"|tables/({_TABLE}|controls)\.({'|'.join(TABLE_FORMATS)}))"
)


def paper_stems(names: Sequence[str]) -> list[str]:
    """Make a file name without ending of each name; a nameless figure gets a number."""
    given = [name or f"figure_{number}" for number, name in enumerate(names, start=1)]
    return file_stems([(name.replace(" ", "_"),) for name in given])


def remove_paper(folder: Path) -> None:
    """Remove the files for a paper from the folder of outcome models, as they may be of earlier results."""
    remove_files(folder, is_paper_file)


def is_paper_file(path: PurePosixPath) -> bool:
    """Whether a path in the folder of outcome models is that of a file for a paper."""
    return re.fullmatch(PAPER_FILE, str(path)) is not None
