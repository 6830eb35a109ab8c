"""The needed agreement in words: the answer, sentences about who is in it, cells of the tables."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.messages.wording import MISSING, counted, share
from nbradiomics.report.content import Fact, Facts
from nbradiomics.report.feature_names import feature_class, plain_names
from nbradiomics.report.metric_text import metric_form, metric_label
from nbradiomics.report.run_files import Run
from nbradiomics.reproducibility.needed_agreement import EVERYWHERE, INSIDE, METRICS, NOWHERE

_FEW_PAIRS, _FEW_SUBJECTS = 100, 40
PERTURBED_CAUTION = (
    "Caution: a perturbed mask is not a reader. Its errors are those that the perturbation makes, and its "
    "differences from the original say nothing about what readers disagree on."
)
_SHOWN = 5
#: Decimals of an agreement: a tenth of a millimetre is too coarse for a needed one.
_DIGITS = 2
#: Agreement at which features are counted: a metric between 0 and 1, or a distance in mm.
_LEVELS, _LEVELS_MM = (0.7, 0.8, 0.9), (3.0, 2.0, 1.0)


def levels_of(metric: str) -> tuple[float, ...]:
    """Agreement at which the features of a class are counted, from worse to better."""
    return _LEVELS if METRICS[metric] else _LEVELS_MM


def trusted_at(table: pd.DataFrame, level: float, column: str = "needed") -> pd.Series:
    """Whether masks of this agreement are good enough for each feature.

    Parameters
    ----------
    table
        Rows of one metric.
    level
        The agreement.
    column
        ``needed``, or the name of its demanding limit for features whose whole interval is reached.
    """
    better = METRICS[str(table["metric"].iloc[0])]
    reached = table["reached"].isin((INSIDE, EVERYWHERE))
    return reached & ((table[column] <= level) if better else (table[column] >= level))


def demanding_limit(metric: str) -> str:
    """Column of the confidence limit that asks for more agreement."""
    return "high" if METRICS[metric] else "low"


def write_level(metric: str, value: float) -> str:
    """Write an agreement with its name: ``Dice of 0.85``, ``ASSD of 0.4 mm``."""
    form, digits = metric_form(metric)[0], _DIGITS
    label = metric_label(metric)
    unit = " mm" if label.endswith(" (mm)") else ""
    return f"{label.removesuffix(' (mm)')} of {form(value, digits)}{unit}"


def article(metric: str) -> str:
    """The article of a metric's name: an ASSD, an HD95, a Dice."""
    return "an" if metric_label(metric).startswith(("ASSD", "HD")) else "a"


def answer(table: pd.DataFrame, metric: str) -> str:
    """The answer in one or two sentences: how many features can be trusted, and the needs of three."""
    known = table[table["reached"] != ""]
    if known.empty:
        reasons = table["reason"].value_counts()
        return f"How well masks must agree cannot be said for any feature: {reasons.index[0]}."
    level = _typical(table, metric)
    part = float(table["share"].iloc[0])
    amount = int(trusted_at(known, level).sum())
    kinds = {feature_class(name) for name in known["feature"]}
    kind = f"{kinds.pop()} " if len(kinds) == 1 and kinds != {"other"} else ""
    first = (
        f"At {article(metric)} {write_level(metric, level)}, {amount} of {len(known)} {kind}features stay "
        f"within their limit in {share(part)} of pairs of masks."
    )
    certain = int(trusted_at(known, level, demanding_limit(metric)).sum())
    sure = [f"By the demanding end of their interval it is {certain}."] if amount else []
    return " ".join([first, *sure, *_examples(known, metric)])


def _typical(table: pd.DataFrame, metric: str) -> float:
    """A round level of agreement to speak about: the one of `levels_of` that is nearest to the needs."""
    needs = table.loc[table["reached"] == INSIDE, "needed"]
    if needs.empty:
        return levels_of(metric)[1]
    middle = float(needs.median())
    return float(np.ceil(middle * 20) / 20) if METRICS[metric] else float(np.floor(middle * 4) / 4) or middle


def _examples(known: pd.DataFrame, metric: str) -> Iterator[str]:
    names = plain_names(list(known["feature"]))
    always = int((known["reached"] == EVERYWHERE).sum())
    if always:
        yield f"For {counted(always, 'feature')} even the worst observed pairs suffice."
    inside = known[known["reached"] == INSIDE]
    ordered = inside.sort_values("needed", ascending=METRICS[metric], kind="stable")
    if len(ordered) > 1:
        least, most = (ordered.iloc[place].to_dict() for place in (0, -1))
        yield (
            f"{'Of the others, the' if always else 'The'} least agreement is needed by "
            f"{names[least['feature']]}, {needed_text(least, metric)}, the most by {names[most['feature']]}, "
            f"{needed_text(most, metric)}."
        )
    never = int((known["reached"] == NOWHERE).sum())
    if never:
        verb = "is" if never == 1 else "are"
        yield f"{counted(never, 'feature')} {verb} not within the limit even for the best pairs."


def needed_text(row: Mapping[Hashable, Any], metric: str) -> str:
    """A needed agreement with its interval: ``0.85 [0.80, 0.90]``; ``...`` for a limit beyond the pairs."""
    form, digits = metric_form(metric)[0], _DIGITS
    if row["reached"] == NOWHERE:
        return "not reached"
    if row["reached"] == "":
        return MISSING
    limits = [form(row[name], digits) if np.isfinite(row[name]) else "…" for name in ("low", "high")]
    word = ("at most " if METRICS[metric] else "at least ") if row["reached"] == EVERYWHERE else ""
    return f"{word}{form(row['needed'], digits)} [{limits[0]}, {limits[1]}]"


def sentences(table: pd.DataFrame, left_out: pd.DataFrame | None) -> Iterator[str]:
    """Who is in the numbers, what the limit is, who is missing, and what to be careful about."""
    first = table.iloc[0]
    pairs, subjects = int(table["pairs"].max()), int(table["subjects"].max())
    most = table[table["pairs"] == pairs].iloc[0]
    kinds = str(most["pair_kinds"]) if "pair_kinds" in table and pd.notna(most["pair_kinds"]) else ""
    of_kind = f" ({kinds})" if kinds else ""
    yield (
        f"From {counted(pairs, 'pair of masks', 'pairs of masks')}{of_kind} of "
        f"{counted(subjects, 'subject')}."
    )
    if "perturbed" in kinds:
        yield PERTURBED_CAUTION
    yield _limit_sentence(first)
    if left_out is not None and len(left_out):
        yield _left_out_sentence(left_out)
    once = table[table["undefined_once"] > 0]
    if len(once):
        yield (
            f"{counted(len(once), 'feature')} could not be computed for one of the two masks in up to "
            f"{counted(int(once['undefined_once'].max()), 'pair')}: these count as outside the limit."
        )
    missing = table[table["left_out"] > 0]
    if len(missing):
        yield (
            f"{counted(len(missing), 'feature')}: up to {counted(int(missing['left_out'].max()), 'pair')} "
            "not used, because the feature is undefined for both masks, or the agreement is."
        )
    unknown = table.loc[table["reached"] == "", "reason"].value_counts()
    if len(unknown):
        texts = (f"{counted(int(count), 'feature')} ({reason})" for reason, count in unknown.items())
        yield f"No answer for {', '.join(texts)}."
    if pairs < _FEW_PAIRS or subjects < _FEW_SUBJECTS:
        yield (
            f"Caution: fewer than {_FEW_PAIRS} pairs or {_FEW_SUBJECTS} subjects; other subjects would give "
            "other numbers."
        )


def _limit_sentence(row: pd.Series) -> str:
    scale = " Differences are ratios (logarithms)." if row["scale"] == "log" else ""
    if row["limit_from"] == "icc":
        return (
            "Limit: the difference that two masks may have in 95 % of pairs if the feature is to have an ICC "
            f"of {row['icc']:g} among these subjects. Subjects who differ more give a wider limit.{scale}"
        )
    return (
        "Limit: the repeatability coefficient of the given table. A table from the same masks would make the "
        f"result circular.{scale}"
    )


def _left_out_sentence(left_out: pd.DataFrame) -> str:
    texts = []
    for reason, rows in left_out.groupby("reason", sort=False):
        names = [f"{row.subject} {row.reader}/{row.reference}" for row in rows.head(_SHOWN).itertuples()]
        more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
        texts.append(f"{reason}: {', '.join(names)}{more}")
    return f"{counted(len(left_out), 'pair is', 'pairs are')} left out: {'; '.join(texts)}."


def class_rows(grouped: pd.DataFrame, metric: str) -> Iterator[tuple[str, ...]]:
    """Rows of the table by class, and one for all features; `grouped` has the column ``group``."""
    parts = [(str(name), rows) for name, rows in grouped.groupby("group", sort=False)]
    if len(parts) > 1:
        parts.append(("all", grouped))
    form, digits = metric_form(metric)[0], _DIGITS
    for name, rows in parts:
        needed = rows.loc[rows["reached"].isin((INSIDE, EVERYWHERE)), "needed"]
        text = MISSING
        if len(needed):
            ends = form(needed.min(), digits), form(needed.max(), digits)
            text = f"{form(needed.median(), digits)} [{ends[0]}, {ends[1]}]"
        trusted = (_trusted_text(rows, level, metric) for level in levels_of(metric))
        never, unknown = (int((rows["reached"] == value).sum()) for value in (NOWHERE, ""))
        yield (name, str(len(rows)), text, *trusted, str(never), str(unknown))


def _trusted_text(rows: pd.DataFrame, level: float, metric: str) -> str:
    """Features trusted at a level, and those also by their interval; a dash below all observed agreement."""
    worst = rows["worst"].min() if METRICS[metric] else rows["worst"].max()
    if not np.isfinite(worst) or (level < worst if METRICS[metric] else level > worst):
        return MISSING
    certain = trusted_at(rows, level, demanding_limit(metric))
    return f"{int(trusted_at(rows, level).sum())} ({int(certain.sum())})"


def needed_facts(run: Run) -> Facts:
    """Key figures of the page."""
    facts = []
    for table in run.needed.values():
        metric = str(table["metric"].iloc[0]) if len(table) else ""
        main = table[table["metric"] == metric]
        known = main[main["reached"] != ""]
        if known.empty:
            continue
        level = _typical(main, metric)
        amount = int(trusted_at(known, level).sum())
        facts.append(
            Fact(
                f"{amount} of {len(known)}",
                f"features trusted at {article(metric)} {write_level(metric, level)}",
                f"{int(trusted_at(known, level, demanding_limit(metric)).sum())} by their whole interval",
            )
        )
        facts.append(Fact(str(int(main["pairs"].max())), "pairs of masks"))
        facts.append(Fact(str(int(main["subjects"].max())), "subjects"))
    return Facts(tuple(facts))
