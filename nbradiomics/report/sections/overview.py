"""Top of the page: name of the study, warnings, and key figures."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from nbradiomics.cohort.derived_regions import is_derived
from nbradiomics.files.names import file_stems
from nbradiomics.messages.wording import MISSING, NO_BREAK, concordance, counted, interval, tally
from nbradiomics.report.agreement_rows import shown_rows
from nbradiomics.report.content import Fact, Facts
from nbradiomics.report.formatting import excerpt, moment
from nbradiomics.report.run_files import Endpoint, Run
from nbradiomics.report.sections.agreement import median_of_cases, model_facts
from nbradiomics.report.sections.flow import masks_in, reader_tally
from nbradiomics.report.sections.missing_parts import (
    NOT_REQUESTED,
    could_not,
    failed_comparisons,
    failed_endpoints,
    failed_validations,
    why_no_agreement,
    why_no_reproducibility,
)
from nbradiomics.report.sections.outcome import c_indices, order_name
from nbradiomics.report.sections.outcome_short import short_facts
from nbradiomics.report.sections.reader_study.answer import answer_fact
from nbradiomics.report.sections.reproducibility import TITLES, titles_of, undefined
from nbradiomics.reproducibility import rests_on
from nbradiomics.tables import AUTO

#: Longest small print of a key figure; the section and the failures contain the whole text.
_LONGEST = 120
SYNTHETIC = "Synthetic study: images, readers and outcomes are simulated. No result is about patients."


def study_name(run: Run) -> str:
    """Return the name of the study, or else of the run folder."""
    study = run.provenance.get("study")
    named = study.get("name") or study.get("title") if isinstance(study, Mapping) else None
    return str(named or run.folder.resolve().name)


def subtitle(run: Run) -> str:
    """Version and time of the run, as far as its provenance contains them."""
    version, created = run.provenance.get("nbradiomics"), run.provenance.get("created")
    made = f"nbradiomics {version}" if version else "nbradiomics"
    return f"{made}, {moment(str(created))}" if created else made


def banners(run: Run) -> tuple[str, ...]:
    """Warnings before the numbers: synthetic data, a model that is not for clinical use."""
    study, model = run.provenance.get("study"), run.provenance.get("model")
    lines = []
    if isinstance(study, Mapping) and study.get("synthetic") is True:
        lines.append(SYNTHETIC)
    lines.extend(_training_banner(run.segmentation))
    card = model.get("card") if isinstance(model, Mapping) else None
    if isinstance(model, Mapping) and isinstance(card, Mapping):
        lines.extend(_model_banner(str(model.get("name") or card.get("name") or "unnamed"), card))
    return tuple(lines)


def _training_banner(segmentation: pd.DataFrame | None) -> list[str]:
    if segmentation is None or "in_training" not in segmentation:
        return []
    seen = int(segmentation["in_training"].fillna(value=False).sum())
    if not seen:
        return []
    known = (
        f"The segmentation model was trained on {counted(seen, 'image')} of this cohort, or on their subjects"
    )
    return [
        f"{known}. Its masks of these images are no evidence; comparisons and outcome models leave them out."
    ]


def _model_banner(name: str, card: Mapping[str, Any]) -> list[str]:
    text = f"{name} {json.dumps(card, ensure_ascii=False)}".lower()
    synthetic, unclinical = "synthetic" in text, "not for clinical" in text
    if not synthetic and not unclinical:
        return []
    reason = "was trained on synthetic images" if synthetic else "is not for clinical use"
    intended = card.get("intended_use")
    quote = f" Its card says: “{intended}”" if intended else ""
    return [f"The segmentation model {name} {reason}; its masks are not for clinical use.{quote}"]


def overview_facts(run: Run) -> Facts:
    """The box of key figures; a part that was not run is a dash."""
    facts = [*_cohort_facts(run.cohort), _failure_fact(run.failures), *_dice_fact(run), *answer_fact(run)]
    return Facts(
        (*facts, *_of_drawn_regions(_stable_facts(run), _derived_names(run.cohort)), *_outcome_facts(run))
    )


def _of_drawn_regions(facts: list[Fact], derived: Collection[str]) -> list[Fact]:
    """Leave out the facts of derived regions if there are others: the section has them all.

    `derived` has the names of these regions, as names of files have them.
    """
    drawn = [fact for fact in facts if not _of_derived_region(fact, derived)]
    if not drawn or len(drawn) == len(facts):
        return facts
    others = len(facts) - len(drawn)
    return [
        *drawn,
        _count(others, "derived region", "their stable features: see the section on reproducibility"),
    ]


def _of_derived_region(fact: Fact, derived: Collection[str]) -> bool:
    context = fact.detail.partition(";")[0]
    return any(f"_{name}_" in f"_{context}_" for name in derived)


def _derived_names(cohort: pd.DataFrame | None) -> set[str]:
    """Names of the derived regions of a cohort, as they are written in names of files."""
    rois = set() if cohort is None else set(cohort["roi"].dropna())
    return {name for roi in rois if is_derived(roi) for name in file_stems([[roi]])}


def _cohort_facts(cohort: pd.DataFrame | None) -> list[Fact]:
    if cohort is None:
        return [Fact(MISSING, name, NOT_REQUESTED) for name in ("subjects", "images", "masks")]
    masks = masks_in(cohort)
    return [
        _count(cohort["subject"].nunique(), "subject"),
        _count(cohort["image"].nunique(), "image"),
        _count(len(masks), "mask", reader_tally(masks["reader"])),
    ]


def _count(amount: int, one: str, detail: str = "") -> Fact:
    value, label = counted(amount, one).split(" ", 1)
    return Fact(value, label, detail)


def _failure_fact(failures: pd.DataFrame | None) -> Fact:
    if failures is None or failures.empty:
        return _count(0, "failure")
    stages = failures["stage"].value_counts(sort=False)
    return _count(len(failures), "failure", tally((str(name), int(n)) for name, n in stages.items()))


def _dice_fact(run: Run) -> list[Fact]:
    if run.of_lesions is None:
        reason = why_no_agreement(run)
        modelled = run.cohort is not None and AUTO in set(run.cohort["reader"])
        shown = modelled and reason != NOT_REQUESTED
        return [Fact(MISSING, "Dice of the model", excerpt(reason, _LONGEST))] if shown else []
    if not (shown_rows(run.of_lesions)[0]["reader"] == AUTO).any():
        return []
    values, detail = median_of_cases(run) or model_facts(run.of_lesions)
    return [Fact(values, "Dice of the model", detail)]


def stable_facts(run: Run) -> Facts:
    """The box of key figures with stable features only."""
    return Facts(tuple(_stable_facts(run)))


def _stable_facts(run: Run) -> list[Fact]:
    if not run.reproducibility:
        return [Fact(MISSING, "stable features", excerpt(why_no_reproducibility(run), _LONGEST))]
    failed = failed_comparisons(run)
    return [
        _stable_fact(context, tables, failed.pop(context, {}))
        for context, tables in run.reproducibility.items()
    ] + [Fact(MISSING, "stable features", f"{context}; could not be done") for context in failed]


def _stable_fact(context: str, tables: Mapping[str, pd.DataFrame], failed: Mapping[str, str]) -> Fact:
    texts = [
        (
            f"{int(tables[name]['stable'].sum())} of {len(tables[name])}",
            title.lower(),
            f"{undefined(tables[name])} undefined{rests_on(tables[name])}",
        )
        for name, title in titles_of(tables).items()
    ]
    (value, first, first_text), *rest = texts
    details = [context] if context else []
    details += [f"{first}, {first_text}", *(f"{name}: {other}, {text}" for other, name, text in rest)]
    details += [f"{TITLES[name].lower()}: could not be done" for name in failed]
    return Fact(value, "stable features", "; ".join(details))


def _c_index(limits: tuple[float, float, float]) -> str:
    return interval(*limits, form=concordance).replace(" ", NO_BREAK)


def endpoint_facts(endpoint: Endpoint) -> Facts:
    """The box of key figures of one endpoint: subjects, events, and the C-index of each model."""
    people = [
        _count(amount, name)
        for name in ("subject", "event", "competing event")
        if isinstance(amount := endpoint.summary.get(f"{name.replace(' ', '_')}s"), int)
    ]
    return Facts((*people, *_c_index_facts(endpoint), *short_facts(endpoint)))


def _c_index_facts(endpoint: Endpoint) -> list[Fact]:
    if endpoint.performance is None:
        return []
    values, name = c_indices(endpoint.performance), order_name(endpoint.performance)
    name = name.removeprefix("Harrell's ")
    quick = ", quick interval" if endpoint.summary.get("intervals") == "quick" else ""
    return [
        Fact(_c_index(value), f"{name}, {model}", f"endpoint {endpoint.name}{quick}")
        for model, value in values.items()
    ]


def _external_fact(endpoint: str, cohort: str, validation: Endpoint) -> list[Fact]:
    """One figure for an external validation: that of its largest model, with those of the others below."""
    if validation.performance is None:
        return []
    values = c_indices(validation.performance)
    model = next((name for name in ("combined", "radiomic") if name in values), "")
    if not model:
        return []
    name = order_name(validation.performance).removeprefix("Harrell's ")
    others = [f"{other} {_c_index(value)}" for other, value in values.items() if other != model]
    detail = "; ".join([f"endpoint {endpoint}, external validation", *others])
    return [Fact(_c_index(values[model]), f"{name} on {cohort}, {model}", detail)]


def _outcome_facts(run: Run) -> list[Fact]:
    facts = [
        fact for endpoint in run.endpoints for fact in (*_c_index_facts(endpoint), *short_facts(endpoint))
    ]
    facts += [
        Fact(MISSING, "C-index", excerpt(f"endpoint {name} {could_not(cause)}", _LONGEST))
        for name, cause in failed_endpoints(run).items()
    ]
    facts += [
        fact
        for endpoint in run.endpoints
        for cohort, validation in endpoint.validations.items()
        for fact in _external_fact(endpoint.name, cohort, validation)
    ]
    facts += [
        Fact(MISSING, f"external, {cohort}", excerpt(f"endpoint {name} {could_not(cause)}", _LONGEST))
        for name, causes in failed_validations(run).items()
        for cohort, cause in causes.items()
    ]
    return facts or [Fact(MISSING, "C-index", NOT_REQUESTED)]
