"""Sites that are held out once each: internal-external validation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import concordance, counted
from nbradiomics.outcome.facts import number_or_none
from nbradiomics.outcome.settings import ModelSettings, OutcomeSettings, Predictors
from nbradiomics.outcome.solvers import strata

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.fold_result import FoldResult
    from nbradiomics.outcome.tasks import Task

#: Events, or subjects of each class, that the models of all other sites need.
_FEWEST = 2
_FEWEST_SITES = 2


def refuse_folds(predictors: Predictors, settings: ModelSettings) -> None:
    """Refuse folds and repeats together with sites.

    Raises
    ------
    InputError
        When `folds` or `repeats` were set, which have no meaning for sites.
    """
    asked = sorted({"folds", "repeats"} & settings.model_fields_set)
    if predictors.leave_out and asked:
        raise InputError(
            f"{' and '.join(asked)} {'was' if len(asked) == 1 else 'were'} set together with leave_out.",
            f"Leave out {' and '.join(asked)}: each level of {predictors.leave_out} is a fold, once.",
        )


def check_sites(data: OutcomeData, predictors: Predictors, settings: OutcomeSettings) -> None:
    """Check that models can be fitted without each site, and that no folds were asked for.

    Raises
    ------
    InputError
        When there is one site alone, the other sites of one have too few events or subjects of a class, or
        `folds` or `repeats` were set, which have no meaning for sites.
    """
    if data.sites is None:
        return
    refuse_folds(predictors, settings)
    names = np.unique(data.sites)
    if len(names) < _FEWEST_SITES:
        raise InputError(
            f"all subjects have the {predictors.leave_out} {names[0]!r}; two levels or more were expected.",
            "Leave out leave_out, or add subjects of other sites.",
        )
    groups = strata(data.y)
    for name in names:
        counts = np.bincount(groups[data.sites != name], minlength=max(2, int(groups.max()) + 1))
        fewest = int(counts.min() if data.classes else counts[1])
        if fewest < _FEWEST:
            what = "subjects of the smallest class" if data.classes else "events"
            raise InputError(
                f"without {predictors.leave_out} {name!r} there are {fewest} {what}; {_FEWEST} or more were "
                "expected.",
                "Merge small sites into one level.",
            )


def site_scores(data: OutcomeData, results: Sequence[FoldResult], task: Task) -> dict[str, Any]:
    """Subjects of each site, and how well each model orders them; empty without sites."""
    if data.sites is None:
        return {}
    found: dict[str, Any] = {}
    for number, name in enumerate(np.unique(data.sites), start=1):
        own = data.y[data.sites == name]
        of_site = [result for result in results if result.fold == number]
        found[str(name)] = {
            "subjects": len(own),
            **({} if data.classes else {"events": int(own["event"].sum())}),
            task.order: {
                result.model: number_or_none(task.order_score(data.y, [result])) for result in of_site
            },
        }
    return found


def site_sentences(sites: Mapping[str, Any], task: Task) -> Iterator[str]:
    """Say how well the models of all other sites order the subjects of each site."""
    for name, of_site in sites.items():
        events = f", {counted(of_site['events'], 'event')}" if "events" in of_site else ""
        scores = ", ".join(
            f"{model} {'undefined' if value is None else concordance(value)}"
            for model, value in of_site[task.order].items()
        )
        yield f"{name} ({counted(of_site['subjects'], 'subject')}{events}): {task.order_name} {scores}."
