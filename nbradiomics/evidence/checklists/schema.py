"""The tables of a filled checklist."""

from __future__ import annotations

from nbradiomics.evidence.checklists.item import ANSWERS
from nbradiomics.tables.schema import Column, Schema

_ITEM = Column("item", "text", "number of the item in the published list; `condition 1` ... are METRICS' own")
_OWN = (
    Column(
        "own_answer",
        "text",
        f"answer of a person: {', '.join(ANSWERS[:-1])}, or their usual short forms",
        missing="no answer of a person",
    ),
    Column("own_note", "text", "note of the person", missing="no note", optional=True),
    Column("page", "text", "where the paper says it", missing="not filled in", optional=True),
)

CHECKLIST = Schema(
    name="Checklist",
    file="checklists/LIST.csv",
    row="an item of a published checklist",
    columns=(
        _ITEM,
        Column("section", "text", "part of the list"),
        Column("topic", "text", "what the item is about, in other words than the published ones"),
        Column(
            "who",
            "text",
            "whether the run can answer it, only a person can, or a person completes what the run knows",
            values=("run", "person", "both"),
        ),
        Column(
            "answer",
            "text",
            "answer of the run and the person together: never better than what the run proves; `partly`: "
            "for some endpoints; `open`: waits for a person",
            values=ANSWERS,
        ),
        Column("run_answer", "text", "answer of the run alone", values=ANSWERS),
        Column("reason", "text", "what the run's answer rests on, or what a person has to say"),
        Column(
            "proof", "text", "the facts of the run that prove the answer, or help to give one", missing="none"
        ),
        Column("files", "text", "the files of these facts", missing="none"),
        Column(
            "weight",
            "number",
            "weight in the score of METRICS",
            missing="the list or the row has no weight",
            optional=True,
        ),
        *_OWN,
        Column(
            "conflict",
            "text",
            "how the answers of run and person contradict each other",
            missing="they do not",
        ),
    ),
    key=("item",),
    left_out=("weight",),
    note="`LIST` is `metrics`, `clear`, `tripod-ai` or `rqs-2`. The columns `own_answer`, `own_note` and "
    "`page` are a person's: a new run keeps them.",
)

#: What is read of a table that a person filled in.
OWN_ANSWERS = Schema(
    name="Own answers",
    file="own_answers.csv",
    row="an item that a person answers",
    columns=(_ITEM, *_OWN),
    key=("item",),
    note="From the user (`nbradiomics checklist --answers`), with any name; the table of a checklist is "
    "one too.",
)
