"""Figures for a paper: the pictures of the report in formats that journals take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from nbradiomics.files.atomic import whole
from nbradiomics.report.content import Block, Details, Gallery, Picture
from nbradiomics.report.paper.files import FIGURE_FORMATS


def paper_figures(blocks: Iterable[Block]) -> Iterator[Picture]:
    """Find the pictures that can be drawn again, also in galleries and folded blocks."""
    for block in blocks:
        if isinstance(block, Picture) and block.render is not None:
            yield block
        elif isinstance(block, Gallery):
            yield from paper_figures(block.pictures)
        elif isinstance(block, Details):
            yield from paper_figures(block.blocks)


def write_paper_figure(picture: Picture, folder: Path, stem: str) -> list[Path]:
    """Write a figure in each format, and return the files."""
    assert picture.render is not None
    files = [folder / f"{stem}.{kind}" for kind in FIGURE_FORMATS]
    for kind, file in zip(FIGURE_FORMATS, files, strict=True):
        content = picture.render(kind)
        with whole(file) as temporary:
            temporary.write_bytes(content)
    return files
