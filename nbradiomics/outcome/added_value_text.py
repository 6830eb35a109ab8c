"""What the conditional permutation tests say, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nbradiomics.messages.wording import counted, p_text
from nbradiomics.outcome.added_value import GainTest
from nbradiomics.outcome.tasks import Task

_METHOD = "conditional permutation"


def verdict_with_p(verdict: str, value: float, test: GainTest | None, level: float) -> str:
    """Add the p value of a gain to the verdict of its interval.

    Parameters
    ----------
    verdict
        Verdict of the interval; empty if there is no interval.
    value
        The gain.
    test
        Its test, if there is one.
    level
        Level of the test, such as 0.05.
    """
    if test is None:
        return verdict
    before = f"{verdict}; " if verdict else ""
    if test.untested:
        return f"{before}not tested by {_METHOD}"
    p = p_text(test.p, beside=(level,))
    beyond = "the features say something that the " + (
        "volume does not" if test.given == "volume" else "covariates do not"
    )
    if level * (1 + test.permutations) < 1 - 1e-9:
        too_few = f"{counted(test.permutations, 'permutation')} are too few for a verdict"
        return f"{before}{p} ({_METHOD}; {too_few})"
    if test.p > level:
        return f"{before}{p} ({_METHOD}), so it was not shown that {beyond}"
    if verdict == "a gain":
        return f"a gain, {p} ({_METHOD})"
    without = "how much the model gains by it is uncertain" if value > 0 else "the model gains nothing by it"
    found = f"the features are associated with the outcome beyond the {test.given}"
    return f"{before}{p} ({_METHOD}): {found}; {without}"


def gain_sentences(tests: Mapping[str, GainTest], task: Task) -> Iterator[str]:
    """Say how each gain was tested, and what its p value means."""
    for gain, test in tests.items():
        model, other = task.gains[gain]
        than = "the volume alone" if other == "volume" else f"the {other} one"
        which = f"Gain in {task.order_short} of the {model} model over {than}"
        if test.untested:
            yield f"{which}: not tested, {test.untested}."
            continue
        failed = f"; {test.failed} could not be fitted and count against a gain" if test.failed else ""
        yield (
            f"{which}: {p_text(test.p)} ({test.permutations} conditional permutations: what the {test.given} "
            f"{'does' if test.given == 'volume' else 'do'} not explain of the features was exchanged among "
            f"the subjects, and the whole cross-validation refitted{failed})."
        )
    if any(not test.untested for test in tests.values()):
        yield (
            "A small p of a gain says that the features carry information about the outcome beyond the "
            "columns that they are compared with; the gain and its interval say how much a model gains by it."
        )
