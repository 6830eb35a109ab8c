"""From a page to HTML, and to a file that replaces no page of another kind."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.files.atomic import write_text
from nbradiomics.report.content import Page

_HEAD = 1000  # characters at the start of a page, in which its mark stands


def render(page: Page) -> str:
    """Write a page as HTML; every text of the run is escaped."""
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
    """Write a page where `claim_page` allows it, whole or not at all."""
    write_text(render(page), claim_page(target, page.of))
    return target


def claim_page(target: Path, of: str) -> Path:
    """Make sure that a page may be written: nothing is there yet, or a page of the same kind.

    Parameters
    ----------
    target
        HTML file.
    of
        What the page is of, as `Page.of`.

    Raises
    ------
    InputError
        When a folder or another file bears the name.
    """
    if target.is_dir():
        raise InputError(f"{target} is a folder; a file was expected.", "Choose another name or folder.")
    if target.is_file() and mark(of) not in target.read_text(encoding="utf-8", errors="replace")[:_HEAD]:
        raise InputError(
            f"{target} is there, and is no page of this command.",
            "Choose another name or folder, so that nothing is overwritten.",
        )
    return target


def mark(of: str) -> str:
    """What a page bears in its head to be known by."""
    return f'<meta name="generator" content="nbradiomics {of}">'
