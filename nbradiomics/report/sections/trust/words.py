"""The answer in words: how many features pass which test, and why the others do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from nbradiomics.messages.wording import counted, tally
from nbradiomics.report.feature_names import CLASSES, OTHER, feature_class
from nbradiomics.report.sections.trust.criteria import WAYS, Criterion, features_of
from nbradiomics.reproducibility import rests_on


def answer(tests: list[Criterion]) -> str:
    """The first sentence: how many features pass all tests, and how many of each class."""
    features = features_of(tests)
    passed = trusted(tests)
    what = all_tests(tests)
    verb = "passes" if len(passed) == 1 else "pass"
    first = f"{len(passed)} of {counted(len(features), 'feature')} {verb} {what}"
    classes = list(dict.fromkeys(feature_class(name) for name in features))
    if len(classes) < 2:
        return f"{first}."
    within, total = (Counter(map(feature_class, names)) for names in (passed, features))
    ordered = [name for name in (*CLASSES, OTHER) if name in total]
    return f"{first}: {', '.join(f'{name} {within[name]} of {total[name]}' for name in ordered)}."


def all_tests(tests: list[Criterion]) -> str:
    """Name the tests together."""
    words = {1: "the only test", 2: "both tests"}
    return words.get(len(tests), f"all {len(tests)} tests")


def trusted(tests: list[Criterion]) -> list[str]:
    """Features that pass every test."""
    return [name for name in features_of(tests) if all(test.passes(name) for test in tests)]


def sentences(tests: list[Criterion]) -> Iterator[str]:
    """What each test rests on, where features are lost, and what no test has asked."""
    features = features_of(tests)
    for test in tests:
        passed = sum(test.passes(name) for name in features)
        basis = ". The study could not be done" if test.table is None else rests_on(test.table)
        yield f"{test.name}: {passed} of {len(features)} pass{basis}."
    alone = {test.name: _only_here(test, tests, features) for test in tests}
    if len(tests) > 1 and any(alone.values()):
        worst = max(alone, key=lambda name: alone[name])
        yield (
            f"The test that costs most: {worst} alone excludes {counted(alone[worst], 'feature')} that pass "
            "every other test."
        )
    for test in tests:
        ways = Counter(test.ways.get(name, WAYS[-1]) for name in features)
        odd = [(f"{way}:", ways[way]) for way in WAYS[1:] if ways[way]]
        if odd:
            yield f"{test.name}: not passed for another reason than the limit: {tally(odd)}."
    if len(tests) == 1:
        yield (
            "One test answers one question. Other readers, another scan, noise, or another processing may "
            "change these features; add studies and rules to ask about them."
        )
    yield "A feature that can be trusted is measured reliably; this does not say that it predicts anything."


def _only_here(test: Criterion, tests: list[Criterion], features: list[str]) -> int:
    others = [other for other in tests if other is not test]
    return sum(not test.passes(name) and all(other.passes(name) for other in others) for name in features)
