"""The answer in words: how many features pass which test, and why the others do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from nbradiomics.messages.wording import counted, tally
from nbradiomics.nomenclature.registry import CLASSES
from nbradiomics.report.feature_names import OTHER, feature_class
from nbradiomics.report.sections.trust.criteria import WAYS, Criterion, features_of
from nbradiomics.reproducibility import rests_on


def all_tests(tests: list[Criterion]) -> str:
    """Name all tests together: the only test, both tests, all 3 tests."""
    return {1: "the only test", 2: "both tests"}.get(len(tests), f"all {len(tests)} tests")


def answer(tests: list[Criterion]) -> str:
    """How many features pass all tests, and of each class; first of all, which study could not be done."""
    features = features_of(tests)
    passed = trusted(tests)
    verb = "passes" if len(passed) == 1 else "pass"
    first = (
        f"{_not_done(tests)}{len(passed)} of {counted(len(features), 'feature')} {verb} {all_tests(tests)}"
    )
    classes = list(dict.fromkeys(feature_class(name) for name in features))
    if len(classes) < 2:
        return f"{first}."
    within, total = (Counter(map(feature_class, names)) for names in (passed, features))
    ordered = [name for name in (*CLASSES, OTHER) if name in total]
    return f"{first}: {', '.join(f'{name} {within[name]} of {total[name]}' for name in ordered)}."


def _not_done(tests: list[Criterion]) -> str:
    names = list(dict.fromkeys(test.study for test in tests if test.table is None))
    if not names:
        return ""
    which = f"The study {names[0]}" if len(names) == 1 else f"The studies {', '.join(names)}"
    return f"{which} could not be done, so that no feature can pass. "


def trusted(tests: list[Criterion]) -> list[str]:
    """Features that pass every test."""
    return [name for name in features_of(tests) if all(test.passes(name) for test in tests)]


def sentences(tests: list[Criterion]) -> Iterator[str]:
    """What each test rests on, where features are lost, and what no test has asked."""
    features = features_of(tests)
    done = [test for test in tests if test.table is not None]
    yield from _each(tests, features)
    alone = {test.name: _only_here(test, done, features) for test in done}
    if len(done) > 1 and any(alone.values()):
        worst = max(alone, key=lambda name: alone[name])
        other = "every other test" if len(done) == len(tests) else "every other test that could be done"
        verb = "passes" if alone[worst] == 1 else "pass"
        yield (
            f"The test that costs most: {worst} alone excludes {counted(alone[worst], 'feature')} that "
            f"{verb} {other}."
        )
    for test in done:
        ways = Counter(test.ways.get(name, WAYS[-1]) for name in features)
        odd = [(f"{way}:", ways[way]) for way in WAYS[1:] if ways[way]]
        if odd:
            yield f"{test.name}: not passed for another reason than the limit: {tally(odd)}."
    if len({test.study for test in tests}) == 1:
        yield (
            "One study answers one question. Other readers, another scan, noise, or another processing may "
            "change these features; add studies and rules to ask about them."
        )
    yield "A feature that can be trusted is measured reliably; this does not say that it predicts anything."


def _each(tests: list[Criterion], features: list[str]) -> Iterator[str]:
    """How many features pass each test; what it rests on, once for all rules about one study."""
    known = set()
    for test in tests:
        if test.table is None:
            why = f": {test.why.rstrip('.')}" if test.why else ""
            yield f"{test.name}: the study could not be done{why}. No feature passes."
            continue
        passed = sum(test.passes(name) for name in features)
        basis = "" if test.study in known else rests_on(test.table)
        known.add(test.study)
        yield f"{test.name}: {passed} of {len(features)} pass{basis}."


def _only_here(test: Criterion, tests: list[Criterion], features: list[str]) -> int:
    others = [other for other in tests if other is not test]
    return sum(not test.passes(name) and all(other.passes(name) for other in others) for name in features)
