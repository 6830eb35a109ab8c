"""The file of the final models, and how its largest model computes the risk of three subjects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nbradiomics.messages.wording import counted, number, percent
from nbradiomics.report.content import Block, Details, Heading, Picture, Text
from nbradiomics.report.figures.contributions import Part, draw_contributions
from nbradiomics.report.run_files import Endpoint

_HONEST = (
    "The final model learned from these subjects: the pictures say how it computes a risk, and nothing of "
    "how well it predicts. Grey: 5 to 95 % and 25 to 75 % of the subjects, with their median. Columns are "
    "correlated: a row is no cause."
)


def model_file_blocks(endpoint: Endpoint) -> list[Block]:
    """Say where the file of models is, and draw its examples; nothing without a file."""
    found = endpoint.summary.get("model_file")
    if not isinstance(found, Mapping) or endpoint.is_external:
        return []
    text = (
        f"The final models, fitted to all subjects, are in {found.get('file')} beside these tables: "
        "nbradiomics predict and nbradiomics validate use them on other subjects. model_card.html there says "
        f"what they need and how well they did. SHA-256 of the file: {found.get('sha256')}."
    )
    examples = found.get("examples")
    blocks: list[Block] = [Heading(f"{endpoint.name}: the models as a file"), Text(text)]
    if isinstance(examples, Mapping) and examples:
        pictures = [_picture(one, examples, endpoint) for one in examples["subjects"]]
        title = f"What drove the risk: three subjects by the model {examples['model']}"
        blocks.append(Details(title, (Text(_HONEST, "note"), *pictures)))
    return blocks


def _picture(one: Mapping[str, Any], examples: Mapping[str, Any], endpoint: Endpoint) -> Picture:
    parts = [Part(name.split("__", 1)[-1], value, tuple(others)) for name, value, others in one["parts"]]
    count, rest = one["rest"]
    parts += [Part(counted(count, "more column"), rest)] if count else []
    total = Part("sum", one["total"], tuple(examples["predictor"]))
    unit = "log odds" if endpoint.is_class else "log hazard"
    what = "probability of the last class" if endpoint.is_class else "risk"
    rank = f"Rank among the held-out subjects of its fold: {percent(one['held_out'])} (100 %: highest)."
    caption = (
        f"{one['subject']}: {one['which']} {what} when held out",
        f"{rank} Sum in the final model: {number(one['total'])}.",
    )
    alt = f"What drove the risk of {one['subject']}"
    picture = draw_contributions(parts, total, unit=unit, alt=alt, caption=caption)
    # The files for a paper are not named after a subject.
    return replace(picture, name=f"contributions_{one['which']}")
