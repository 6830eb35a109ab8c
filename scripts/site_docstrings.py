"""Convert the reStructuredText of numpydoc docstrings to Markdown, for the pages of the API.

This is an extension of Griffe, which reads the docstrings for `make docs`. It converts simple tables and
numbered references.
"""

from __future__ import annotations

import re
from pkgutil import resolve_name
from typing import Any

import griffe

from nbradiomics.settings import Settings

_RULE = re.compile(r"^\s*=+(?: +=+)+\s*$")
_REFERENCE = re.compile(r"^(\s*)\.\. \[(\w+)\] ", re.MULTILINE)
_CITED = re.compile(r"\[(\w+)\]_(?!\w)")


def to_markdown(text: str) -> str:
    """Rewrite simple tables, the references at the end, and their citations."""
    text = _CITED.sub(r"[\1]", _REFERENCE.sub(r"\1- [\2] ", text))
    lines: list[str] = []
    table: list[str] = []
    rules = 0
    for line in text.splitlines():
        if _RULE.match(line) or 0 < rules < 3:
            table.append(line)
            rules += bool(_RULE.match(line))
            if rules == 3:
                lines += _table(table)
                table, rules = [], 0
        else:
            lines.append(line)
    return "\n".join(lines + table)


def _table(lines: list[str]) -> list[str]:
    """Make Markdown rows from a simple table; a row without a first cell continues the row before."""
    spans = [match.span() for match in re.finditer("=+", lines[0])]
    ends = [start for start, _ in spans[1:]] + [None]
    indent = " " * spans[0][0]
    rows: list[list[str]] = []
    for line in lines:
        if _RULE.match(line) or not line.strip():
            continue
        cells = [line[start:end].strip() for (start, _), end in zip(spans, ends, strict=True)]
        if cells[0] or not rows:
            rows.append(cells)
        else:
            rows[-1] = [f"{old} {new}".strip() for old, new in zip(rows[-1], cells, strict=True)]
    marked = [rows[0], ["---"] * len(spans), *rows[1:]]
    return [f"{indent}| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in marked]


def _with_settings(path: str, text: str) -> str:
    """Return the docstring of a class; after import, that of a settings class describes each setting."""
    loaded = resolve_name(":".join(path.rsplit(".", 1)))
    return str(loaded.__doc__) if isinstance(loaded, type) and issubclass(loaded, Settings) else text


class Markdown(griffe.Extension):
    """Rewrites each docstring when it is read."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of a function, class, attribute or module."""
        if obj.docstring is not None:
            if obj.is_class:
                obj.docstring.value = _with_settings(obj.path, obj.docstring.value)
            obj.docstring.value = to_markdown(obj.docstring.value)
