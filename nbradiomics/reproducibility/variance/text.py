"""Sentences about a table of variance components."""

from __future__ import annotations

import re

import pandas as pd

from nbradiomics.messages.wording import counted, percent
from nbradiomics.reproducibility.stability import CAUTION_BELOW
from nbradiomics.reproducibility.variance.components import COMPONENTS, components_text
from nbradiomics.reproducibility.variance.schema import share_name

#: A variance of fewer levels is known only roughly: of 5 levels, its 95 % limits are a third and eight times
#: of it.
FEW_LEVELS = 6


def variance_sentences(table: pd.DataFrame) -> list[str]:
    """Summarise a table of `variance_components`: mean shares, what is not told apart, and cautions."""
    known = table[table[share_name("residual")].notna()]
    undefined = len(table) - len(known)
    if known.empty:
        return [f"No feature of {len(table)} has variance components: {_first_note(table)}."]
    there = [name for name in COMPONENTS if known[share_name(name)].notna().any()]
    means = known[[share_name(name) for name in there]].fillna(0.0).mean()
    parts = [f"{components_text(name)} {percent(means[share_name(name)], 1)}" for name in there]
    without = f"; {undefined} without components ({_first_note(table)})" if undefined else ""
    sentences = [f"Mean shares of {counted(len(known), 'feature')}: {', '.join(parts)}{without}."]
    merged = known["not_told_apart"].replace("", pd.NA).dropna().unique()
    sentences += [f"Not told apart from the other components: {text}." for text in merged[:1]]
    return [*sentences, *_cautions(known)]


def _first_note(table: pd.DataFrame) -> str:
    notes = table["note"].replace("", pd.NA).dropna()
    return str(notes.iloc[0]) if len(notes) else "undefined"


def _cautions(known: pd.DataFrame) -> list[str]:
    few = {
        name: int(count)
        for text in known["levels"].unique()
        for name, count in re.findall(r"(\w+) (\d+)", text)
        if int(count) < FEW_LEVELS
    }
    sentences = []
    if few:
        names = ", ".join(f"{name} ({counted(count, 'level')})" for name, count in few.items())
        sentences.append(
            f"Caution: the shares of {names} are rough. A variance cannot be known well from few levels; "
            "others would give other shares."
        )
    if known["subjects"].max() < CAUTION_BELOW:
        sentences.append(f"Caution: fewer than {CAUTION_BELOW} subjects.")
    return sentences
