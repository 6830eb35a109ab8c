"""Tables in LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

from nbradiomics.messages.wording import NO_BREAK
from nbradiomics.report.content import Table

#: Rows above which a table does not fit a page.
_PAGE = 40
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "-": "-{}",  # two of them would be a dash
    "[": "{[}",  # at the start of a row it would be an option
    "]": "{]}",
    "`": r"\textasciigrave{}",
    NO_BREAK: "~",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "µ": r"$\mu$",
    "μ": r"$\mu$",
    "²": r"$^2$",
    "³": r"$^3$",
}


#: A minus before a number.
_MINUS = re.compile(r"(?<![\w.)])-(?=\d)")


def escaped(text: str) -> str:
    """Escape a text for LaTeX, so that it is printed as it is.

    Line ends and tabs become spaces; control characters, at which LaTeX stops, are left out.
    """
    text = "".join(" " if each.isspace() and each != NO_BREAK else each for each in text)
    text = "".join(each for each in text if each.isprintable() or each == NO_BREAK)
    parts = ["".join(_ESCAPES.get(each, each) for each in part) for part in _MINUS.split(text)]
    return "$-$".join(parts).replace("''", "'{}'")


def latex_table(table: Table, label: str) -> str:
    r"""Write a table in LaTeX, with the rules of ``booktabs``; one of many rows as a ``longtable``.

    Parameters
    ----------
    table
        The table.
    label
        Its label: ``tab:`` and this name.
    """
    columns = "".join("l" if place < table.text_columns else "r" for place in range(len(table.columns)))
    head = [r"\toprule", _row(table.columns), r"\midrule"]
    body = [_row(row) for row in table.rows]
    title = rf"\caption{{{escaped(table.caption)}}}\label{{tab:{label}}}"
    if len(table.rows) > _PAGE:
        lines = [rf"\begin{{longtable}}{{{columns}}}", rf"{title}\\", *head, r"\endhead"]
        lines += [*body, r"\bottomrule", r"\end{longtable}"]
    else:
        lines = [r"\begin{table}", r"\centering", title, rf"\begin{{tabular}}{{{columns}}}", *head]
        lines += [*body, r"\bottomrule", r"\end{tabular}", r"\end{table}"]
    return "\n".join([_needs(table), *lines]) + "\n"


def _row(cells: Sequence[str]) -> str:
    return " & ".join(escaped(cell) for cell in cells) + r" \\"


def _needs(table: Table) -> str:
    """Say in comments what the preamble needs."""
    packages = ["booktabs", "textcomp", *(["longtable"] if len(table.rows) > _PAGE else [])]
    lines = [rf"% Needs \usepackage{{{name}}}" for name in packages]
    lines.append(r"% and \usepackage[T1]{fontenc}")
    texts = chain(table.columns, *table.rows, [table.caption])
    if any(ord(each) > 0x17F for text in texts for each in text if each not in _ESCAPES):
        lines.append("% Characters beyond Latin: compile with XeLaTeX or LuaLaTeX, and a font that has them.")
    return "\n".join(lines)
