"""What the harmonisation of an evaluation did, in JSON and in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from nbradiomics.harmonisation.confounding import confounded
from nbradiomics.harmonisation.effect_text import effect_facts, effect_sentences
from nbradiomics.messages.wording import counted, shortened
from nbradiomics.outcome.noise_of_sites import exceeds_chance, noise_sentences
from nbradiomics.outcome.unseen_batches import unseen_counts, unseen_sentences

if TYPE_CHECKING:
    from nbradiomics.harmonisation.site_effects import SiteEffects
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.harmonisation import Harmonisation

_SHOWN = 8


class Measured(NamedTuple):
    """What was measured of a harmonisation.

    Attributes
    ----------
    effects
        Batch effects before and after; None if they were not measured.
    unmeasured
        Why they were not.
    noise
        What noise reaches, see `noise_of_sites`; empty if it was not measured.
    order
        Name of the metric of the order that noise reaches.
    """

    effects: SiteEffects | None = None
    unmeasured: str = ""
    noise: Mapping[str, Any] = {}
    order: str = ""


#: Of whom batch effects between two cohorts are measured.
_BOTH = "subjects of both cohorts (a level that both have counts as two)"
_METHODS = {
    "parametric": "parametric empirical Bayes",
    "non-parametric": "non-parametric empirical Bayes",
}


def harmonisation_facts(data: OutcomeData, pairs: Sequence[tuple[pd.Index, pd.Index]]) -> dict[str, Any]:
    """What was harmonised, ready for JSON; empty if nothing was.

    Parameters
    ----------
    data
        Data of the models.
    pairs
        Training and predicted subjects of each fold, or of the external validation.

    Returns
    -------
    dict
        The settings (``batch, covariates, parametric, ...``); ``levels`` (subjects of each level, by batch
        column), ``harmonised`` and ``as_measured`` (numbers of features), ``missing`` (subjects without a
        value, by covariate), ``unseen_batches`` (by column and level: folds in which no training subject
        had it, and most subjects of it in one of them), ``unknown_levels`` (the same, of covariates),
        ``confounded`` (sentences about columns whose effects can hardly be told apart).
    """
    harmonisation = data.harmonisation
    if harmonisation is None:
        return {}
    own = harmonisation.of(data.frame.index)
    asked = harmonisation.asked
    everybody = dict.fromkeys(name for known, new in pairs for name in (*known, *new))
    covariates = harmonisation.of(list(everybody))[list(asked.covariates)]
    missing = covariates.isna().sum()
    words = [str(name) for name in covariates if not pd.api.types.is_numeric_dtype(covariates[name])]
    return {
        **asked.model_dump(mode="json"),
        "levels": {name: _counts(own[name]) for name in asked.batch},
        "harmonised": len(harmonisation.features),
        "as_measured": len(data.radiomic) - len(harmonisation.features),
        "missing": {str(name): int(count) for name, count in missing.items() if count},
        "unseen_batches": unseen_counts(harmonisation, pairs),
        "unknown_levels": unseen_counts(harmonisation, pairs, words),
        "confounded": list(confounded(own, asked)),
    }


def _counts(column: pd.Series) -> dict[str, int]:
    return {str(level): int(count) for level, count in column.value_counts().sort_index().items()}


def harmonisation_sentences(
    facts: Mapping[str, Any], harmonisation: Harmonisation, *, rated: bool, external: bool = False
) -> Iterator[str]:
    """Say what was harmonised, between which levels, by whose estimates; the first sentence is the main one.

    Parameters
    ----------
    facts
        Result of `harmonisation_facts`.
    harmonisation
        What was asked for.
    rated
        Whether readers' agreement decided which features were stable.
    external
        Whether the predicted subjects are those of an external cohort.
    """
    levels = "; ".join(
        f"{name}: " + shortened((f"{level} {count}" for level, count in counts.items()), _SHOWN)
        for name, counts in facts["levels"].items()
    )
    kept = facts["covariates"]
    effects = f", keeping the effects of {', '.join(kept)}" if kept else ""
    whose = "the first cohort" if external else "the training subjects of each fold"
    yield (
        f"{counted(facts['harmonised'], 'feature')} {'was' if facts['harmonised'] == 1 else 'were'} "
        f"harmonised by {method_name(facts)} between the levels of {', '.join(facts['batch'])}{effects}; "
        f"the batch effects are those of {whose}, and no outcome was used ({levels})."
    )
    if facts["as_measured"]:
        why = "do not match `features`" if facts["features"] else "are of shape, measured on the mask alone"
        number = counted(facts["as_measured"], "feature")
        yield f"{number} stayed as measured: they {why}."
    small = [
        f"{level} ({counted(count, 'subject')})"
        for counts in facts["levels"].values()
        for level, count in counts.items()
        if count < facts["least_subjects"]
    ]
    if small and not external:
        yield (
            f"Small batches, whose effects are hardly known: {shortened(small, _SHOWN)}. Read results of "
            "these subjects with caution."
        )
    where = "of the first cohort" if external else "in a fold"
    for name, count in facts["missing"].items():
        yield (
            f"{name} was missing in {counted(count, 'subject')}; in the harmonisation they have its average "
            "effect."
        )
    for name, levels in facts["unknown_levels"].items():
        listed = shortened(
            f"{level} ({counted(one['subjects'], 'subject')})" for level, one in levels.items()
        )
        yield (
            f"Levels of {name} without a training subject {where}: {listed}; in the harmonisation they have "
            "its average effect."
        )
    if rated:
        yield "The readers' values were harmonised by the same effects before their agreement was judged."
    yield from unseen_sentences(harmonisation, facts["unseen_batches"], where=where)


def method_name(facts: Mapping[str, Any]) -> str:
    """Name the kind of ComBat."""
    kind = "M-ComBat" if facts["m_combat"] else "nested ComBat" if len(facts["batch"]) > 1 else "ComBat"
    prior = _METHODS["parametric" if facts["parametric"] else "non-parametric"]
    prior = prior if facts["eb"] else "without shrinkage"
    also = ", means only" if facts["mean_only"] else ""
    reference = f", reference {facts['reference_batch']}" if facts["reference_batch"] else ""
    return f"{kind} ({prior}{also}{reference})"


def tell_harmonisation(
    summary: dict[str, Any],
    data: OutcomeData,
    pairs: Sequence[tuple[pd.Index, pd.Index]],
    measured: Measured,
    *,
    external: bool = False,
) -> None:
    """Add the facts to a summary, and the sentences after its first one.

    Parameters
    ----------
    summary
        Summary of an evaluation or external validation.
    data
        Data of the models.
    pairs
        Training and predicted subjects, as for `harmonisation_facts`.
    measured
        What was measured of the harmonisation.
    external
        Whether the predicted subjects are those of an external cohort.
    """
    facts = harmonisation_facts(data, pairs)
    summary["harmonisation"] = facts
    if not facts or data.harmonisation is None:
        return
    rated = data.stability.ratings is not None
    told = list(harmonisation_sentences(facts, data.harmonisation, rated=rated, external=external))
    facts["effects"] = effect_facts(measured.effects)
    told += effect_sentences(facts["effects"], who=_BOTH if external else "subjects")
    told += [f"The batch effects were not measured: {measured.unmeasured}"] if measured.unmeasured else []
    facts["noise"] = measured.noise
    noise = list(noise_sentences(measured.noise, measured.order))
    told += noise
    told += _same_names(data.harmonisation, *pairs[0]) if external else []
    told[1:1] = facts["confounded"]
    summary["sentences"][1:1] = told
    summary["leading"] += [
        told[0],
        *facts["confounded"],
        *(text for text in told if text.startswith("Batches of")),
    ]
    summary["leading"] += noise if exceeds_chance(measured.noise) else []


def _same_names(harmonisation: Harmonisation, first: pd.Index, second: pd.Index) -> Iterator[str]:
    """Say which external batches have the name of one of the first cohort."""
    before, after = harmonisation.of(first), harmonisation.of(second)
    for column in harmonisation.asked.batch:
        shared = after[column][after[column].isin(before[column].unique())]
        if len(shared):
            listed = ", ".join(f"{level} ({count})" for level, count in _counts(shared).items())
            yield (
                f"Batches of {column} with the name of one of the first cohort: {listed}; these external "
                "subjects were harmonised by its estimates. Check that they are the same."
            )
