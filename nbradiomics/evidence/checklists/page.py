"""A filled checklist as a page whose table can be pasted into Word with its borders."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby

from nbradiomics.evidence.checklists.filled import Answered, FilledChecklist
from nbradiomics.messages.wording import counted

#: Styles stand in each cell: Word takes no others from a page.
_CELL = "border: 1px solid #808080; padding: 3px 6px; vertical-align: top; text-align: left;"
_HEAD = f"{_CELL} background: #e6e6e6; font-weight: bold;"
_SECTION = f"{_CELL} background: #f4f4f4; font-weight: bold;"
_TABLE = "border-collapse: collapse; width: 100%; font-family: Arial, sans-serif; font-size: 9pt;"
_BODY = (
    "font-family: Arial, sans-serif; font-size: 10pt; max-width: 60rem; margin: 1.5rem auto; padding: 0 1rem;"
)
_SMALL = "font-size: 8pt; color: #404040;"
_WIDTHS = {"Item": "7%", "Topic": "27%", "Answer": "9%", "Reason and proof": "47%", "Page": "10%"}
#: Open answers are set apart by their weight, contradictions by their colour too.
_STRONG = "font-weight: bold;"
_WARN = "color: #9c1c1c; font-weight: bold;"

#: Tells a page of a checklist from other files.
MARK = '<meta name="generator" content="nbradiomics checklist">'
MEANING = (
    "Yes: the run did or recorded it, and the files prove it; the paper must still say so. Partly: for "
    "some endpoints only. No: the run proves the contrary. Open: a person must answer; nothing is guessed."
)

SYNTHETIC = "The data of this run are synthetic: its answers are an example, and belong in no paper."


def checklist_page(filled: FilledChecklist) -> str:
    """Return the page: one HTML file without scripts or other files."""
    checklist = filled.checklist
    head = (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'{MARK}\n<title>{escape(checklist.title)}</title>\n</head>\n<body style="{_BODY}">\n'
    )
    citation = (
        f"<p>{escape(checklist.about)} {escape(checklist.citation)}, "
        f'<a href="https://doi.org/{escape(checklist.doi)}">doi:{escape(checklist.doi)}</a>. '
        f"The topics are in our own words: read the items in the publication.</p>\n"
    )
    parts = [
        head,
        f'<h1 style="font-size: 14pt;">{escape(checklist.title)}</h1>\n',
        citation,
        f"<p>How this list of items was checked: {escape(checklist.checked)}</p>\n",
        f'<p style="{_WARN}">{SYNTHETIC}</p>\n' if filled.synthetic else "",
        f"<p>{escape(summary_of(filled))}</p>\n",
        *(f'<p style="{_WARN}">{escape(line)}</p>\n' for line in filled.conflicts),
        f'<p style="{_SMALL}">{escape(MEANING)}</p>\n',
        "".join(_table(filled)),
        "</body>\n</html>\n",
    ]
    return "".join(parts)


def summary_of(filled: FilledChecklist) -> str:
    """How many items have which answer, and the score or why there is none."""
    items = filled.answers
    waiting = filled.counts["open"] + sum(one.answer == "open" for one in filled.conditions)
    listed = ", ".join(f"{number} {answer}" for answer, number in filled.counts.items() if number)
    text = f"{counted(len(items), 'item')}: {listed}."
    if filled.levels:
        told = "; ".join(f"{name}, {yes} of {of}" for name, (yes, of) in filled.levels.items())
        return f"{text} Criteria with yes: {told}. What each level requires is said in the publication."
    if not filled.checklist.conditions:
        return text
    if filled.score is not None:
        return f"{text} METRICS score: {filled.score:.1f} %."
    why = counted(len(filled.conflicts), "contradiction") if filled.conflicts else None
    why = why or (
        f"{counted(waiting, 'open answer')}, with the conditions" if waiting else "answers that are partly"
    )
    return f"{text} No score yet: {why}."


def _table(filled: FilledChecklist) -> Iterator[str]:
    yield f'<table style="{_TABLE}" border="1" cellspacing="0" cellpadding="3">\n<thead>\n<tr>'
    for name, width in _WIDTHS.items():
        yield f'<th style="{_HEAD} width: {width};">{name}</th>'
    yield "</tr>\n</thead>\n<tbody>\n"
    for section, several in groupby((*filled.conditions, *filled.answers), key=lambda one: _section(one)):
        yield f'<tr><td colspan="{len(_WIDTHS)}" style="{_SECTION}">{escape(section)}</td></tr>\n'
        for one in several:
            yield _row(one)
    yield "</tbody>\n</table>\n"


def _section(one: Answered) -> str:
    return "Conditions" if one.item.number.startswith("condition") else one.item.section


def _row(one: Answered) -> str:
    strong = _STRONG if one.answer == "open" else ""
    weight = f'<br><span style="{_SMALL}">weight {one.item.weight:.4f}</span>' if one.item.weight else ""
    number = one.item.number.removeprefix("condition ")
    cells = (
        (f"{escape(number)}{weight}", ""),
        (escape(one.item.topic), ""),
        (escape(one.answer), strong),
        (_reasons(one), ""),
        (escape(one.own.page), ""),
    )
    return "<tr>" + "".join(f'<td style="{_CELL} {style}">{cell}</td>' for cell, style in cells) + "</tr>\n"


def _reasons(one: Answered) -> str:
    parts = [escape(one.finding.reason)]
    if one.conflict:
        parts.append(f'<span style="{_WARN}">{escape(one.conflict)}</span>')
    if one.own.answer or one.own.note:
        told = f"Own answer: {one.own.answer or 'none'}. {one.own.note}".strip()
        parts.append(escape(told))
    if one.proof:
        parts.append(f'<span style="{_SMALL}">{escape(one.proof)}</span>')
    if one.files:
        parts.append(f'<span style="{_SMALL}">Files: {escape("; ".join(one.files))}</span>')
    return "<br>".join(parts)
