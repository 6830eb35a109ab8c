"""Render a page as HTML, and write it to a file without replacing a page of another kind."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.files.atomic import write_text
from nbradiomics.report.content import Page

_HEAD = 1000  # number of characters at the start of a page that contain its mark


def render(page: Page) -> str:
    """Render a page as HTML; every text of the run is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("nbradiomics", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(page=page)


def write_page(page: Page, target: Path) -> Path:
    """Write a page, completely or not at all, if `claim_page` allows it."""
    write_text(render(page), claim_page(target, page.kind))
    return target


def claim_page(target: Path, kind: str) -> Path:
    """Check that a page may be written: the file does not exist, or is a page of the same kind.

    Parameters
    ----------
    target
        HTML file.
    kind
        Kind of page, as in `Page.kind`.

    Raises
    ------
    InputError
        When a folder or another file has this name.
    """
    if target.is_dir():
        raise InputError(f"{target} is a folder; a file was expected.", "Choose another name or folder.")
    if target.is_file() and mark(kind) not in target.read_text(encoding="utf-8", errors="replace")[:_HEAD]:
        raise InputError(
            f"{target} already exists and is not a page of this command.",
            "Choose another name or folder, so that the file is not overwritten.",
        )
    return target


def mark(kind: str) -> str:
    """Return the tag in the head of a page that identifies its kind."""
    return f'<meta name="generator" content="nbradiomics {kind}">'
