"""Reproducibility of features across readers, and with the model as an additional rater."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from nbradiomics.messages.wording import MISSING, interval, number, ratio, share
from nbradiomics.nomenclature.registry import CLASSES
from nbradiomics.report.content import Block, Details, Heading, Sentences, Table, Text
from nbradiomics.report.feature_names import OTHER, feature_class, image_type
from nbradiomics.report.figures.stability import Comparison, draw_stability
from nbradiomics.report.formatting import quartiles
from nbradiomics.report.run_files import Run, rows_of
from nbradiomics.report.sections.filters import filters_of, filters_picture
from nbradiomics.report.sections.missing_parts import (
    absent_blocks,
    as_sentence,
    failed_comparisons,
    why_no_comparison,
    why_no_reproducibility,
)
from nbradiomics.reproducibility import (
    copied_masks,
    limits_text,
    not_confirmed,
    stable_text,
    training_sentences,
)
from nbradiomics.tables import AUTO

READERS = "Between readers"
WITH_AUTO = "With the model as a rater"
WITH_AUTO_TABLE = "auto_vs_readers"
TITLES = {"readers": READERS, WITH_AUTO_TABLE: WITH_AUTO}


def titles_of(tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Title of each comparison that there is; one of timepoints is `Between timepoints`."""
    known = [*(name for name in TITLES if name in tables), *(name for name in tables if name not in TITLES)]
    return {name: TITLES.get(name, f"Between {name}") for name in known}


def reproducibility_blocks(run: Run) -> tuple[Block, ...]:
    """Summary and figure by feature class, and a folded table of all features."""
    if not run.reproducibility:
        return absent_blocks(why_no_reproducibility(run))
    contexts = list(dict.fromkeys([*run.reproducibility, *failed_comparisons(run)]))
    blocks: list[Block] = [Text(text) for text in (*_seen(run), *_rules(run))]
    blocks += [Text(text, tone="note") for text in _copied(run)]
    for context in contexts:
        if len(contexts) > 1:
            blocks.append(Heading(context or "all"))
        tables = run.reproducibility.get(context, {})
        comparisons = {title: tables[name] for name, title in titles_of(tables).items()}
        notes = [*_absent(run, context, tables), *_cautions(run, comparisons)]
        blocks.extend(_context(comparisons, notes))
    return (*blocks, Text(_small_print(run), tone="note"))


def _seen(run: Run) -> list[str]:
    """Name the subjects that are left out because the model was trained on them."""
    if run.features is None or not any(WITH_AUTO_TABLE in tables for tables in run.reproducibility.values()):
        return []
    return [f"With the model as a rater: {text}" for text in training_sentences(run.features, [AUTO])]


def _copied(run: Run) -> list[str]:
    """Name the readers who have identical values."""
    return [] if run.features is None or run.features.empty else copied_masks(run.features)


def _rule(run: Run) -> Mapping[str, object]:
    study = run.provenance.get("study")
    rule = study.get("reproducibility") if isinstance(study, Mapping) else None
    return rule if isinstance(rule, Mapping) else {}


def _cautions(run: Run, comparisons: Mapping[str, pd.DataFrame]) -> list[Text]:
    """Name the stable features that the CCC does not confirm."""
    threshold = _rule(run).get("threshold")
    if not isinstance(threshold, (int, float)):
        return []
    return [
        Text(f"{title}: {text}", tone="note")
        for title, table in comparisons.items()
        for text in not_confirmed(table, threshold)
    ]


def _rules(run: Run) -> list[str]:
    """State the rule of stability, if the provenance contains it, and how to read the two comparisons."""
    threshold, confidence = (_rule(run).get(name) for name in ("threshold", "confidence"))
    sentences = []
    if isinstance(threshold, (int, float)) and isinstance(confidence, (int, float)):
        sentences.append(
            f"A feature is stable if the lower limit of the {share(confidence)} confidence interval of "
            f"its ICC is at least {threshold:g}."
        )
    both = any(len(tables) == len(TITLES) for tables in run.reproducibility.values())
    return [*sentences, _MORE_RATERS] if both else sentences


def _absent(run: Run, context: str, tables: Collection[str]) -> list[Text]:
    if run.cohort is None and not failed_comparisons(run):
        return []  # a page of one table: no other comparison was requested
    reasons = {name: why_no_comparison(run, context, name) for name in TITLES if name not in tables}
    return [Text(as_sentence(f"{TITLES[name]}: {why}"), tone="note") for name, why in reasons.items()]


def _context(comparisons: dict[str, pd.DataFrame], notes: Sequence[Text]) -> tuple[Block, ...]:
    """Comparisons of one timepoint, sequence, region and variant."""
    if not comparisons:
        return tuple(notes)
    if all(table.empty for table in comparisons.values()):
        return (Text("The reproducibility tables contain no feature."), *notes)
    grouped = _grouped(comparisons, feature_class)
    classes = _classes(grouped)
    return (
        Sentences(tuple(stable_sentence(name, table) for name, table in comparisons.items())),
        *notes,
        _picture(grouped, classes),
        _by_group(grouped, "Class", classes),
        *_by_filter(comparisons),
        Details("All features", (_all_features(comparisons),)),
    )


_MORE_RATERS = (
    "A feature can be stable with the model as an additional rater although it is not stable between the "
    "readers: more raters narrow the interval, and reduce the influence of one rater who differs."
)
_SMALL_PRINT = (
    "ICC: intraclass correlation coefficient with its confidence interval. The tables of the run say whether "
    "a feature is stable; the lower limit of the interval decides. A feature whose ICC cannot be computed is "
    "undefined; it counts as not stable, like a feature with too few subjects."
)


def _small_print(run: Run) -> str:
    """Meaning of the columns, and how to read the limits of these comparisons."""
    tables = [table for by_name in run.reproducibility.values() for table in by_name.values()]
    return " ".join(dict.fromkeys([_SMALL_PRINT, *(text for table in tables for text in limits_text(table))]))


def undefined(table: pd.DataFrame) -> int:
    """Count the features whose ICC could not be computed."""
    return int((~np.isfinite(table["icc"])).sum())


def stable_sentence(name: str, table: pd.DataFrame) -> str:
    """Say how many features are stable, from how many subjects and readers, with a caution if needed."""
    return f"{name}: {stable_text(table)}."


def _classes(grouped: dict[str, pd.DataFrame]) -> list[str]:
    present = {group for table in grouped.values() for group in table["group"]}
    return [name for name in (*CLASSES, OTHER) if name in present]


def _grouped(tables: Mapping[str, pd.DataFrame], group: Callable[[str], str]) -> dict[str, pd.DataFrame]:
    return {name: table.assign(group=table["feature"].map(group)) for name, table in tables.items()}


def _by_filter(comparisons: dict[str, pd.DataFrame]) -> list[Block]:
    """Figure and table by image filter, if there is more than one image type."""
    filters = filters_of(comparisons)
    if len(filters) < 2:
        return []
    return [filters_picture(comparisons), _by_group(_grouped(comparisons, image_type), "Filter", filters)]


def _picture(grouped: dict[str, pd.DataFrame], classes: list[str]) -> Block:
    comparisons = [
        Comparison(
            name,
            [table.loc[table["group"] == group, "icc"].to_numpy(dtype=float) for group in classes],
            [table.loc[table["group"] == group, "stable"].to_numpy(dtype=bool) for group in classes],
        )
        for name, table in grouped.items()
    ]
    shares = "; ".join(stable_sentence(name, table) for name, table in grouped.items())
    caption = (
        "Left: stable features of each class. Right: each point is one feature's ICC; the bar is the median.",
    )
    return draw_stability(classes, comparisons, alt=f"Stability by feature class. {shares}", caption=caption)


def _by_group(grouped: dict[str, pd.DataFrame], head: str, groups: Sequence[str]) -> Table:
    columns = [head]
    for name in grouped:
        short = _short(name)
        columns += [f"Stable, {short}", f"ICC, {short}", f"Undefined, {short}"]
    rows = []
    for group in [*groups, None]:
        cells = ["all" if group is None else group]
        for table in grouped.values():
            selected = table if group is None else table[table["group"] == group]
            cells += _group_cells(selected)
        rows.append(tuple(cells))
    return Table(
        tuple(columns), tuple(rows), caption=f"Features by {head.lower()}, ICC as median [quartiles]"
    )


def _short(title: str) -> str:
    return "with model" if title == WITH_AUTO else title.removeprefix("Between ")


def _group_cells(table: pd.DataFrame) -> Sequence[str]:
    if table.empty:
        return [MISSING] * 3
    stable = f"{int(table['stable'].sum())} of {len(table)}"
    return [stable, quartiles(table["icc"], form=ratio), str(undefined(table))]


def _all_features(comparisons: dict[str, pd.DataFrame]) -> Table:
    columns = ["Feature"]
    for name in comparisons:
        short = _short(name)
        columns += [f"ICC [interval], {short}", "Subjects", "Stable"]
    names = list(dict.fromkeys(feature for table in comparisons.values() for feature in table["feature"]))
    cells = [_feature_cells(table) for table in comparisons.values()]
    missing = (MISSING,) * 3
    rows = tuple(
        (name, *(cell for by_feature in cells for cell in by_feature.get(name, missing))) for name in names
    )
    return Table(tuple(columns), rows)


def _feature_cells(table: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    columns = ("feature", "icc", "low", "high", "subjects", "stable")
    return {
        feature: (
            interval(value, low, high, digits=3),
            number(subjects, 0),
            "yes" if stable else ("no" if np.isfinite(value) else "undefined"),
        )
        for feature, value, low, high, subjects, stable in rows_of(table, *columns)
    }
