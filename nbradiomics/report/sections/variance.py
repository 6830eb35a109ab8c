"""Variance components of features, by feature class."""

from __future__ import annotations

import pandas as pd

from nbradiomics.messages.wording import MISSING, percent
from nbradiomics.nomenclature.registry import CLASSES
from nbradiomics.report.content import Block, Details, Fact, Facts, Heading, Sentences, Table, Text
from nbradiomics.report.feature_names import OTHER, feature_class
from nbradiomics.report.figures.variance_shares import draw_variance_shares
from nbradiomics.report.run_files import Run
from nbradiomics.report.sections.missing_parts import (
    NOT_REQUESTED,
    absent_blocks,
    as_sentence,
    could_not,
    failures_of,
)
from nbradiomics.reproducibility.variance.components import COMPONENTS, RESIDUAL, SUBJECT, components_text
from nbradiomics.reproducibility.variance.schema import share_name
from nbradiomics.reproducibility.variance.text import variance_sentences

#: Heading of the section and of the page.
TITLE = "Where the variation of features comes from"
_ALL = "all"
_SMALL_PRINT = (
    "Shares of the variance of each feature, averaged over the features of a class. All components are "
    "random effects, estimated together by restricted maximum likelihood; a variance is 0 or more. The "
    "share of the subject is what distinguishes patients. It depends on the cohort: tumours that differ "
    "more have a larger share. An interaction such as subject x reader is what readers change in one "
    "subject and not in another. The residual is everything else, such as a second reading."
)


def variance_of_run_blocks(run: Run) -> tuple[Block, ...]:
    """The blocks of each sequence, region and variant of a run; why there are none."""
    causes = [cause for case, cause in failures_of(run, "reproducibility") if case.startswith("variance")]
    if not run.variance:
        return absent_blocks(could_not(" ".join(dict.fromkeys(causes))) if causes else NOT_REQUESTED)
    blocks: list[Block] = [Text(as_sentence(could_not(cause)), tone="warning") for cause in causes]
    for context, table in run.variance.items():
        if len(run.variance) > 1:
            blocks.append(Heading(context))
        blocks += variance_blocks(table)
    return tuple(blocks)


def variance_blocks(table: pd.DataFrame) -> tuple[Block, ...]:
    """Summary, figure by class, and folded tables of classes and features."""
    sentences = Sentences(tuple(variance_sentences(table)))
    known = table[table[share_name(RESIDUAL)].notna()]
    if known.empty:
        return (sentences, Text(_SMALL_PRINT, tone="note"))
    components = [name for name in COMPONENTS if known[share_name(name)].notna().any()]
    means = _means(known, components)
    described = "; ".join(f"{group}: subject {percent(value)}" for group, value in means[SUBJECT].items())
    picture = draw_variance_shares(
        list(means.index),
        {name: means[name].to_numpy(dtype=float) for name in components},
        names={name: components_text(name) for name in components},
        alt=f"Mean shares of the variance by feature class. {described}",
        caption=("Where the variation of each class comes from.", "Mean shares of its features in percent."),
    )
    return (
        sentences,
        picture,
        _by_class(known, means, components),
        Details("All features", (_all_features(table, components),)),
        Text(_SMALL_PRINT, tone="note"),
    )


def variance_facts(table: pd.DataFrame) -> Facts:
    """Features, subjects and the mean share of the subjects."""
    known = table[table[share_name(RESIDUAL)].notna()]
    rows = f"{int(known['rows'].max())} rows" if len(known) else ""
    undefined = f"{len(table) - len(known)} without components" if len(known) < len(table) else ""
    mean = known[share_name(SUBJECT)].mean() if len(known) else None
    return Facts(
        (
            Fact(str(len(known)), "features with components", undefined),
            Fact(str(int(known["subjects"].max())) if len(known) else MISSING, "subjects", rows),
            Fact(percent(mean), "mean share of the subject", "what distinguishes patients"),
        )
    )


def _means(known: pd.DataFrame, components: list[str]) -> pd.DataFrame:
    """Mean share of each component, in each class and in all features."""
    shares = known[[share_name(name) for name in components]].fillna(0.0).set_axis(components, axis=1)
    classes = known["feature"].map(feature_class)
    by_class = shares.groupby(classes).mean()
    order = [name for name in (*CLASSES, OTHER) if name in by_class.index]
    if len(order) < 2:
        return by_class.loc[order]
    return pd.concat([by_class.loc[order], shares.mean().to_frame(_ALL).T])


def _by_class(known: pd.DataFrame, means: pd.DataFrame, components: list[str]) -> Table:
    counts = known["feature"].map(feature_class).value_counts().to_dict() | {_ALL: len(known)}
    rows = tuple(
        (str(group), str(counts[group]), *(percent(float(share), 1) for share in row))
        for group, row in zip(means.index, means.to_numpy(), strict=True)
    )
    columns = ("Class", "Features", *map(components_text, components))
    return Table(columns, rows, caption="Mean shares of the variance")


def _all_features(table: pd.DataFrame, components: list[str]) -> Table:
    rows = tuple(
        (
            str(row["feature"]),
            *(percent(row[share_name(name)], 1) for name in components),
            str(row["note"] or ""),
        )
        for row in table.to_dict("records")
    )
    return Table(("Feature", *map(components_text, components), "Note"), rows)
