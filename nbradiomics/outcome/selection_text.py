"""How features were selected: counts and words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from nbradiomics.messages.wording import counted
from nbradiomics.outcome.fold_result import FoldResult
from nbradiomics.outcome.settings import AUTO, AUTO_GRID, WITH_NUMBER


def chosen_selections(results: Sequence[FoldResult]) -> dict[str, dict[str, int]]:
    """Count the folds in which `auto` chose each selection, by model; empty if nothing was chosen."""
    chosen: dict[str, dict[str, int]] = {}
    for result in results:
        if result.selection:
            counts = chosen.setdefault(result.model, dict.fromkeys(AUTO_GRID, 0))
            counts[result.selection] += 1
    return chosen


def selection_sentences(
    selection: str, selected: int, chosen: Mapping[str, Mapping[str, int]], folds: int
) -> Iterator[str]:
    """Say how features were selected, and of `auto` what it chose how often.

    Parameters
    ----------
    selection, selected
        The settings of these names.
    chosen
        Counts of `chosen_selections`.
    folds
        Number of folds of all repeats; 1 for models that were fitted once.
    """
    several = folds > 1
    if selection == AUTO:
        yield (
            f"In {'each fold' if several else 'the first cohort'} auto chose how features are selected, "
            f"among {', '.join(_named(each, selected) for each in AUTO_GRID)}: by the likelihood of training "
            "subjects who were left out, in three inner folds."
        )
        for model, counts in chosen.items():
            yield f"For the {model} model auto chose {_counted(counts, selected, folds)}."
    elif selection != "none":
        where = "among the training subjects of each fold" if several else "in the first cohort"
        yield f"Features were selected by {_named(selection, selected, ' ({})')} {where}."


def _named(selection: str, selected: int, form: str = " {}") -> str:
    return selection + (form.format(selected) if selection in WITH_NUMBER else "")


def _counted(counts: Mapping[str, int], selected: int, folds: int) -> str:
    used = sorted(((each, count) for each, count in counts.items() if count), key=lambda pair: -pair[1])
    named = [(_named(each, selected), count) for each, count in used]
    if folds == 1:
        return named[0][0]
    (first, most), *rest = named
    others = "".join(f", {each} in {count}" for each, count in rest)
    return f"{first} in {most} of {counted(folds, 'fold')}{others}"
