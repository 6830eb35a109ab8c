"""The page of a processing study: the answer in words, then the heat map of classes by alteration."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from nbradiomics.messages.wording import counted, number
from nbradiomics.report.content import (
    Block,
    Details,
    Fact,
    Facts,
    Listing,
    Page,
    Section,
    Sentences,
    Table,
    Text,
)
from nbradiomics.report.figures.class_heat_map import draw_heat_map
from nbradiomics.report.formatting import quartiles
from nbradiomics.report.render import write_page

KIND = "processing"
TITLE = "Which features does the processing change?"
_ALL = "all"


def write_processing_page(
    target: Path,
    table: pd.DataFrame,
    classes: pd.DataFrame,
    *,
    grid_text: str,
    threshold: float,
    notes: Sequence[str] = (),
) -> list[str]:
    """Write the page of a processing study, and return its answer in words.

    Parameters
    ----------
    target
        HTML file.
    table, classes
        Tables of the features and of the counts by class.
    grid_text
        File of the reference and its alterations.
    threshold
        Smallest CCC of a stable feature.
    notes
        Remarks on values and on what is left out.
    """
    blocks = processing_blocks(table, classes, grid_text=grid_text, threshold=threshold, notes=notes)
    made = f"nbradiomics {version('nbradiomics')}; {counted(classes['alteration'].nunique(), 'alteration')}"
    section = Section(KIND, TITLE, blocks)
    write_page(Page("Processing study", made, (), _facts(table, classes), (section,), KIND), target)
    return answer(table, classes, threshold)


def processing_blocks(
    table: pd.DataFrame,
    classes: pd.DataFrame,
    *,
    grid_text: str,
    threshold: float,
    notes: Sequence[str] = (),
) -> tuple[Block, ...]:
    """Make the blocks of the page, and of a section of a report; the arguments are those of the page."""
    sentences = answer(table, classes, threshold)
    blocks: list[Block] = [Text(sentences[0], "answer"), Sentences(tuple(sentences[1:]))]
    if notes:
        blocks.append(Details(f"Remarks ({len(notes)})", (Sentences(tuple(notes)),)))
    blocks += [_heat_map(classes, threshold), _summary(table, classes)]
    blocks.append(Details("Reference and alterations", (Listing(grid_text),)))
    return tuple(blocks)


def answer(table: pd.DataFrame, classes: pd.DataFrame, threshold: float) -> list[str]:
    """Say in words how many features are stable, and what changes most."""
    total, kept = survivors(table)
    alterations = counted(classes["alteration"].nunique(), "alteration")
    sums = classes[classes["feature_class"] == _ALL]
    if _is_unjudged(classes):
        return [*_none_judged(table, alterations), *_without_meaning(sums)]
    first = (
        f"{kept} of {counted(total, 'feature')} are stable against all of {alterations} with which they "
        f"can be compared: CCC of at least {threshold:g} with the reference, in "
        f"{counted(_subjects(table), 'subject')}."
    )
    return [
        first,
        *_untouched(table),
        *_too_few(table),
        *_extremes(sums),
        *_without_meaning(sums),
    ]


def _subjects(table: pd.DataFrame) -> int:
    return int(table["subjects"].max()) if len(table) else 0


def _is_unjudged(classes: pd.DataFrame) -> bool:
    """Whether no comparison has enough subjects."""
    return bool((classes["not_judged"] == classes["features"]).all())


def _untouched(table: pd.DataFrame) -> list[str]:
    """Say how many survivors were never put to the test."""
    rows = table[table["comparable"]].groupby("feature")
    count = int((rows["unchanged"].all() & rows["stable"].all()).sum())
    text = f"Of these, {count} have the same values in every alteration: this study says nothing about them."
    return [text] if count else []


def _none_judged(table: pd.DataFrame, alterations: str) -> list[str]:
    """Say that nothing is known, which is not the same as that nothing is stable."""
    comparable = table[table["comparable"]]
    if comparable.empty:
        return [f"No feature can be compared: the reference and {alterations} have none in common."]
    reason = comparable.sort_values("subjects")["reason"].iloc[-1]
    features = counted(comparable["feature"].nunique(), "feature")
    return [f"None of {features} was judged against {alterations}: at most {reason}."]


def _too_few(table: pd.DataFrame) -> list[str]:
    few = int(table["reason"].str.endswith("are needed").sum())
    comparisons = counted(few, "comparison")
    text = f"In {comparisons} too few subjects have a value by both pipelines: these never count as stable."
    return [text] if few else []


def _extremes(sums: pd.DataFrame) -> list[str]:
    """Name the alterations that change most and least; `sums` are the rows of all classes together."""
    rows = [row for row in sums.to_dict("records") if row["changed"]]
    if not rows:
        return []
    rows.sort(key=lambda row: row["changed_stable"] / row["changed"])
    named = [("most", rows[0]), *([("least", rows[-1])] if len(rows) > 1 else [])]
    return [
        f"The alteration {row['alteration']!r} changes {word}: of "
        f"{counted(row['changed'], 'feature')} that it touches, {row['changed_stable']} stay stable."
        for word, row in named
    ]


def _without_meaning(sums: pd.DataFrame) -> list[str]:
    """Say how many results are trivial, and how many comparisons cannot be made."""
    sentences = []
    same, apart = int((sums["stable"] - sums["changed_stable"]).sum()), int(sums["not_comparable"].sum())
    if same:
        sentences.append(
            f"{same} of {int(sums['stable'].sum())} stable results are of features that the alteration does "
            "not touch (the same value in both pipelines), such as the shape if only bins change: they say "
            "nothing."
        )
    idle = sums[(sums["changed"] == 0) & (sums["not_judged"] == 0)]["alteration"]
    if len(idle):
        names = ", ".join(map(repr, idle))
        sentences.append(
            f"Nothing could be learned from {names}: no feature that both pipelines have changes. A filter "
            "is compared only if the reference has it too."
        )
    if apart:
        comparisons = counted(apart, "comparison")
        sentences.append(f"{comparisons} cannot be made: only one of the two pipelines has the feature.")
    return sentences


def survivors(table: pd.DataFrame) -> tuple[int, int]:
    """Number of features that can be compared, and of those that are stable in every comparison."""
    stable = table[table["comparable"]].groupby("feature")["stable"].all()
    return len(stable), int(stable.sum())


def _facts(table: pd.DataFrame, classes: pd.DataFrame) -> Facts:
    total, kept = survivors(table)
    return Facts(
        (
            Fact("none", "features judged: too few subjects")
            if _is_unjudged(classes)
            else Fact(f"{kept} of {total}", "features stable against every alteration"),
            Fact(str(_subjects(table)), "subjects"),
            Fact(str(classes["alteration"].nunique()), "alterations"),
        )
    )


def _heat_map(classes: pd.DataFrame, threshold: float) -> Block:
    rows = list(dict.fromkeys(classes["alteration"]))
    columns = list(dict.fromkeys(classes["feature_class"]))
    cells = classes.set_index(["alteration", "feature_class"])
    shares = np.full((len(rows), len(columns)), np.nan)
    texts = []
    for place, alteration in enumerate(rows):
        line = []
        for beside, name in enumerate(columns):
            cell = cells.loc[(alteration, name)]
            if cell["changed"]:
                shares[place, beside] = cell["changed_stable"] / cell["changed"]
            line.append(_cell_text(cell))
        texts.append(line)
    explained = (
        f"Number of features with a CCC of at least {threshold:g}, of those whose values the alteration "
        "changes; 'same': it changes no feature of the class; 'too few': values in too few subjects; empty: "
        "no feature in common."
    )
    caption = ("Stable features by class", explained)
    alt = f"Heat map of the share of stable features: {len(rows)} alterations by {len(columns)} classes."
    return draw_heat_map(rows, columns, shares, texts, alt=alt, caption=caption)


def _cell_text(cell: pd.Series) -> str:
    """Text of a class and an alteration in the heat map."""
    if cell["changed"]:
        return f"{cell['changed_stable']}/{cell['changed']}"
    if cell["not_judged"]:
        return "too few"
    return "same" if cell["features"] else ""


def _summary(table: pd.DataFrame, classes: pd.DataFrame) -> Table:
    sums = classes[classes["feature_class"] == _ALL].set_index("alteration")
    rows = []
    for name, part in table.groupby("alteration", sort=False):
        row = sums.loc[name]
        moved = part[~part["unchanged"]]
        rows.append(
            (
                str(name),
                f"{row['stable']}/{row['features']}",
                str(row["lower_limit"]),
                str(row["unchanged"]),
                str(row["not_judged"]),
                str(row["undefined"]),
                str(row["not_comparable"]),
                quartiles(moved["ccc"]),
                number(100 * moved["wcv"].median() if moved["wcv"].notna().any() else None, 1),
            )
        )
    return Table(
        (
            "alteration",
            "stable",
            "by lower limit",
            "unchanged",
            "not judged",
            "undefined",
            "not comparable",
            "CCC, median [quartiles]",
            "within-subject CV, median (%)",
        ),
        tuple(rows),
        caption="CCC and CV are of the features whose values change.",
    )
