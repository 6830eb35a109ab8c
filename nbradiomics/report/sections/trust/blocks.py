"""Section and page: which features can be trusted?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from nbradiomics.nomenclature.registry import CLASSES
from nbradiomics.report.content import Block, Details, Fact, Facts, Heading, Picture, Sentences, Table, Text
from nbradiomics.report.feature_names import OTHER, feature_class
from nbradiomics.report.figures.cells import cells_of_counts
from nbradiomics.report.figures.class_heat_map import draw_heat_map
from nbradiomics.report.figures.icc_forest import Estimate, draw_icc_forest
from nbradiomics.report.run_files import Endpoint, Run
from nbradiomics.report.sections.missing_parts import (
    absent_blocks,
    as_sentence,
    could_not,
    failed_comparisons,
    failed_studies,
    why_no_reproducibility,
    why_no_rules,
)
from nbradiomics.report.sections.perturbation import PERTURBATION, perturbation_sentences
from nbradiomics.report.sections.reproducibility import TITLES
from nbradiomics.report.sections.trust.criteria import Criterion, contexts_of, features_of, tests_of
from nbradiomics.report.sections.trust.words import all_tests, answer, sentences, trusted

#: Heading of the section and of the page.
TITLE = "Which features can I trust?"
#: Largest number of features of the forest plot.
_MOST = 15
_ALL = "all"


def trust_blocks(run: Run) -> tuple[Block, ...]:
    """The answer in words, features of each class by test, the features of the models, and reasons."""
    if why_no_rules(run):
        text = as_sentence(f"no feature can be trusted. The rules {why_no_rules(run)}")
        return (Text(text, tone="warning"),)
    contexts = contexts_of(run)
    if not contexts:
        return tuple(_failures(run, "", [])) or absent_blocks(why_no_reproducibility(run))
    blocks: list[Block] = []
    for context in contexts:
        tests = tests_of(run, context)
        if len(contexts) > 1:
            blocks.append(Heading(context or _ALL))
        blocks += [*_failures(run, context, tests), *_context(tests, run)]
    return tuple(blocks)


def _failures(run: Run, context: str, tests: list[Criterion]) -> list[Text]:
    """Name the tests that were part of the run and could not be done, unless a rule counts them."""
    named = {TITLES[name]: cause for name, cause in failed_comparisons(run).get(context, {}).items()}
    counted = {test.study for test in tests}
    others = {f"The study {name}": why for name, why in failed_studies(run).items() if name not in counted}
    return [
        Text(as_sentence(f"{name}: {could_not(cause)}"), tone="warning")
        for name, cause in {**named, **others}.items()
    ]


def trust_facts(run: Run) -> Facts:
    """Features that pass all tests."""
    facts = []
    for context in contexts_of(run):
        tests = tests_of(run, context)
        value = f"{len(trusted(tests))} of {len(features_of(tests))}"
        facts.append(Fact(value, f"features pass {all_tests(tests)}", context))
    return Facts(tuple(facts))


def _context(tests: list[Criterion], run: Run) -> list[Block]:
    if not features_of(tests):
        return [Text("The reproducibility tables contain no feature.")]
    asked = any(test.study == PERTURBATION for test in tests)
    told = [*sentences(tests), *(perturbation_sentences(run) if asked else [])]
    blocks: list[Block] = [Text(answer(tests), tone="answer"), Sentences(tuple(told))]
    blocks.append(_heat_map(tests))
    for endpoint in run.endpoints:
        entered = entered_features(endpoint, features_of(tests))
        picture = _forest(tests, entered, endpoint.name) if entered else None
        blocks += [picture] if picture else []
    return [*blocks, Details("Every feature in every test", (_all_features(tests),))]


def _heat_map(tests: list[Criterion]) -> Picture:
    """Share of the features of each class that pass each test, and all of them."""
    features = features_of(tests)
    present = {feature_class(name) for name in features}
    columns = [*(name for name in (*CLASSES, OTHER) if name in present), _ALL]
    passed = [{name for name in features if test.passes(name)} for test in tests]
    if len(tests) > 1:
        passed.append(set(trusted(tests)))
    counts = np.zeros((2, len(passed), len(columns)), dtype=np.int64)
    for name in features:
        for column in (columns.index(feature_class(name)), len(columns) - 1):
            for row, names in enumerate(passed):
                counts[:, row, column] += (name in names, 1)
    undone = [row for row, test in enumerate(tests) if test.table is None]
    counts[:, undone] = 0  # a dash: there is nothing to count
    rows = [test.name for test in tests] + ["all tests"] * (len(tests) > 1)
    caption = (
        "Features that pass each test, by class",
        "Each field shows the number of features that pass / all features; darker means a larger share."
        + (" A dash: the study could not be done." if undone else ""),
    )
    shares, texts = cells_of_counts(counts[0], counts[1])
    return draw_heat_map(rows, columns, shares, texts, alt=answer(tests), caption=caption)


def entered_features(endpoint: Endpoint, features: Sequence[str]) -> list[str]:
    """Features with the largest part in the outcome models of an endpoint, the largest first.

    They are ordered by the share of folds in which they entered, then by the size of their coefficient; the
    covariates of the table of selection are no features.
    """
    table = endpoint.selection
    if table is None or table.empty:
        return []
    own = table[table["feature"].isin(set(features)) & (table["frequency"] > 0)]
    size = own["coefficient"].abs()
    ordered = own.assign(size=size).sort_values(["frequency", "size"], ascending=False, kind="stable")
    return list(dict.fromkeys(ordered["feature"]))[:_MOST]


def _forest(tests: list[Criterion], entered: list[str], endpoint: str) -> Picture | None:
    # Rules about one study share its ICC.
    tables = {test.study: test.table for test in tests if test.table is not None}
    if not tables:
        return None
    estimates = {study: _estimates(table, entered) for study, table in tables.items()}
    passed = set(trusted(tests))
    weak = [name for name in entered if name not in passed]
    caption = (
        f"ICC with its interval of the features that enter the models of {endpoint} most",
        f"{len(entered) - len(weak)} of these {len(entered)} pass all tests"
        + (f"; not: {', '.join(weak)}." if weak else "."),
    )
    alt = f"ICC of the features that enter the models of {endpoint}: {caption[1]}"
    return draw_icc_forest(entered, estimates, threshold=None, alt=alt, caption=caption)


def _estimates(table: pd.DataFrame, features: Sequence[str]) -> list[Estimate]:
    rows: Mapping[str, Estimate] = {
        str(name): (float(value), float(low), float(high))
        for name, value, low, high in table[["feature", "icc", "low", "high"]].itertuples(index=False)
    }
    return [rows.get(name, (np.nan,) * 3) for name in features]


def _all_features(tests: list[Criterion]) -> Table:
    passed = set(trusted(tests))
    rows = tuple(
        (
            name,
            "yes" if name in passed else "no",
            *("passes" if test.passes(name) else test.ways.get(name, "not measured") for test in tests),
        )
        for name in features_of(tests)
    )
    heads = ("Feature", "Trusted", *(test.name for test in tests))
    return Table(heads, rows, text_columns=len(heads), name="trusted_features")
