"""Tables for a paper: the tables of the report as CSV, LaTeX, and HTML that can be pasted into Word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from html import escape
from pathlib import Path

import pandas as pd

from nbradiomics.files.atomic import write_text
from nbradiomics.report.content import Block, Details, Table
from nbradiomics.report.paper.files import TABLE_FORMATS
from nbradiomics.report.paper.latex import latex_table
from nbradiomics.tables import write_table

#: Rules above and below the head and below the last row; word processors read them from each cell.
_RULE = "border-top:1px solid #000;"
_LAST = "border-bottom:1px solid #000;"


def paper_tables(blocks: Iterable[Block]) -> list[Table]:
    """Find the tables with a name, also in folded blocks; parts of one table are joined."""
    found: dict[str, Table] = {}
    for table in _named(blocks, ""):
        first = found.get(table.name)
        found[table.name] = table if first is None else replace(first, rows=first.rows + table.rows)
    return list(found.values())


def _named(blocks: Iterable[Block], title: str) -> Iterator[Table]:
    """Tables with a name; the title of a folded block is the caption of a table without one."""
    for block in blocks:
        if isinstance(block, Details):
            yield from _named(block.blocks, block.summary)
        elif isinstance(block, Table) and block.name:
            yield block if block.caption else replace(block, caption=title)


def write_paper_table(table: Table, folder: Path, stem: str) -> list[Path]:
    """Write a table in each format, and return the files."""
    files = [folder / f"{stem}.{ending}" for ending in TABLE_FORMATS]
    write_table(pd.DataFrame(list(table.rows), columns=list(table.columns), dtype=object), files[0])
    write_text(latex_table(table, stem), files[1])
    write_text(html_table(table), files[2])
    return files


def html_table(table: Table) -> str:
    """Write a page with one plain table, whose borders stay when it is pasted into a document."""
    last = len(table.rows) - 1
    rows = [_row(table, table.columns, "th", f"{_RULE}{_LAST}")]
    rows += [_row(table, row, "td", _LAST if place == last else "") for place, row in enumerate(table.rows)]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            f'<head><meta charset="utf-8"><title>{escape(table.caption)}</title></head>',
            "<body>",
            f"<p>{escape(table.caption)}</p>",
            '<table style="border-collapse:collapse">',
            *rows,
            "</table>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _row(table: Table, cells: Iterable[str], tag: str, borders: str) -> str:
    texts = []
    for place, cell in enumerate(cells):
        side = "left" if place < table.text_columns else "right"
        look = f"{borders}padding:2px 8px;text-align:{side};vertical-align:top"
        texts.append(f'<{tag} style="{look}">{escape(cell)}</{tag}>')
    return f"<tr>{''.join(texts)}</tr>"
