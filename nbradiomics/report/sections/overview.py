"""The top of the page: what is studied, what must not be overlooked, and the figures that matter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from nbradiomics.report.content import Fact, Facts
from nbradiomics.report.run_files import Run
from nbradiomics.report.sections.agreement import model_facts
from nbradiomics.report.sections.flow import masks_in, reader_tally
from nbradiomics.report.sections.outcome import c_indices
from nbradiomics.report.sections.reproducibility import TITLES, undefined
from nbradiomics.report.text import MISSING, counted, interval
from nbradiomics.tables import AUTO

_ABSENT = "not part of this run"


def study_name(run: Run) -> str:
    """The study's own name, else that of the run folder."""
    study = run.provenance.get("study")
    named = study.get("name") or study.get("title") if isinstance(study, Mapping) else None
    return str(named or run.folder.resolve().name)


def subtitle(run: Run) -> str:
    """When and with what the run was made, as far as its provenance tells."""
    version, created = run.provenance.get("nbradiomics"), run.provenance.get("created")
    made = f"nbradiomics {version}" if version else "nbradiomics"
    return f"{made}, {created}" if created else made


def banners(run: Run) -> tuple[str, ...]:
    """What a reader must know before the numbers: synthetic data, a model that is not for the clinic."""
    study, model = run.provenance.get("study"), run.provenance.get("model")
    lines = []
    if isinstance(study, Mapping) and study.get("synthetic") is True:
        lines.append(
            "Synthetic study: images, readers and outcomes are simulated. Nothing here is about patients."
        )
    lines.extend(_training_banner(run.segmentation))
    card = model.get("card") if isinstance(model, Mapping) else None
    if isinstance(model, Mapping) and isinstance(card, Mapping):
        lines.extend(_model_banner(str(model.get("name") or card.get("name") or "unnamed"), card))
    return tuple(lines)


def _training_banner(segmentation: pd.DataFrame | None) -> list[str]:
    if segmentation is None or "in_training" not in segmentation:
        return []
    seen = int((segmentation["in_training"].str.lower() == "true").sum())
    if not seen:
        return []
    known = f"The segmentation model was trained on {counted(seen, 'image')} of this cohort"
    return [f"{known}: its masks of them, and the agreement with the readers there, are no evidence."]


def _model_banner(name: str, card: Mapping[str, Any]) -> list[str]:
    told = f"{name} {json.dumps(card, ensure_ascii=False)}".lower()
    synthetic, unclinical = "synthetic" in told, "not for clinical" in told
    if not synthetic and not unclinical:
        return []
    what = "was trained on synthetic images" if synthetic else "is not for clinical use"
    intended = card.get("intended_use")
    own = f" Its card says: “{intended}”" if intended else ""
    return [f"The segmentation model {name} {what}; its masks are not for clinical use.{own}"]


def overview_facts(run: Run) -> Facts:
    """The box of figures; a figure whose part was not run is a dash."""
    facts = [*_cohort_facts(run.cohort), _failure_fact(run.failures), *_dice_fact(run.agreement)]
    return Facts((*facts, *_stable_facts(run), *_outcome_facts(run)))


def _cohort_facts(cohort: pd.DataFrame | None) -> list[Fact]:
    if cohort is None:
        return [Fact(MISSING, name, _ABSENT) for name in ("subjects", "images", "masks")]
    masks = masks_in(cohort)
    return [
        Fact(f"{cohort['subject'].nunique():,}", "subjects"),
        Fact(f"{cohort['image'].nunique():,}", "images"),
        Fact(f"{len(masks):,}", "masks", reader_tally(masks["reader"])),
    ]


def _failure_fact(failures: pd.DataFrame | None) -> Fact:
    if failures is None or failures.empty:
        return Fact("0", "failures")
    return Fact(f"{len(failures):,}", "failures", f"of {counted(failures['case'].nunique(), 'case')}")


def _dice_fact(agreement: pd.DataFrame | None) -> list[Fact]:
    if agreement is None or not (agreement["reader"] == AUTO).any():
        return []
    values, detail = model_facts(agreement)
    return [Fact(values, "Dice of the model", detail)]


def _stable_facts(run: Run) -> list[Fact]:
    if not run.reproducibility:
        return [Fact(MISSING, "stable features", _ABSENT)]
    return [_stable_fact(context, tables) for context, tables in run.reproducibility.items()]


def _stable_fact(context: str, tables: Mapping[str, pd.DataFrame]) -> Fact:
    told = [
        (
            f"{int(tables[name]['stable'].sum())} of {len(tables[name])}",
            title.lower(),
            undefined(tables[name]),
        )
        for name, title in TITLES.items()
        if name in tables
    ]
    (value, first, missing), *rest = told
    details = [context] if context else []
    details += [f"{first}, {missing} undefined", *(f"{name}: {other}" for other, name, _ in rest)]
    return Fact(value, "stable features", "; ".join(details))


def _outcome_facts(run: Run) -> list[Fact]:
    facts = [
        Fact(interval(*value), f"C-index, {model}", f"endpoint {endpoint.name}")
        for endpoint in run.endpoints
        if endpoint.performance is not None
        for model, value in c_indices(endpoint.performance).items()
    ]
    return facts or [Fact(MISSING, "C-index", _ABSENT)]
