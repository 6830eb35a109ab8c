"""Sentences about features, masks, covariates and models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbradiomics.messages.wording import counted, share
from nbradiomics.outcome.stability import ICC_CONFIDENCE
from nbradiomics.report.paper.methods.story import Story, listed
from nbradiomics.tables.feature_kinds import FAMILIES, FILTERS, OTHER, PYRADIOMICS
from nbradiomics.tables.features import BY_NAME

_KINDS = {"numeric": "number", "categorical": "category", "ordinal": "ordered levels"}
_MODELS = {
    "clinical": "clinical (the covariates)",
    "volume": "volume (the volume of the region alone)",
    "radiomic": "radiomic (the features)",
    "combined": "combined (features and covariates)",
}
#: Index columns that say which rows were used, beside reader and engine.
_CONTEXT = ("timepoint", "sequence", "roi", "variant")


def predictors(story: Story) -> Iterator[str]:
    """Features and their source, covariates, models, and how features were chosen as stable."""
    summary = story.summary
    yield f"{counted(summary['features'], 'radiomic feature')} ({summary['features_are']}) were candidates."
    yield from _source(story)
    columns = summary["clinical"].get("columns", ())
    kinds = [f"{each['column']} ({_KINDS.get(each['kind'], each['kind'])})" for each in columns]
    yield f"The covariates were {listed(kinds)}." if kinds else "There were no covariates."
    models = listed([_MODELS[model] for model in story.models])
    yield f"{'The only model was' if len(story.models) == 1 else 'The models were'} {models}."
    yield from _stable(story)


def _source(story: Story) -> Iterator[str]:
    rows = story.summary["rows"]
    engines = [str(engine) for engine in rows.get("engine", ())]
    if engines and all(engine.startswith(("native", "pyradiomics")) for engine in engines):
        # The name of an engine ends with its departures from PyRadiomics, if the parameters asked for some.
        departures = any(";" in engine for engine in engines)
        but = ", with the departures from PyRadiomics that the engine's name states" if departures else ""
        yield (f"They were computed by nbradiomics (engine {listed(engines)}) as {_origins(story)}{but}.")
    elif story.summary["features_are"] == BY_NAME:
        yield f"By their names they are {_origins(story)}."
    context = [f"{name} {listed(rows[name])}" for name in _CONTEXT if rows.get(name)]
    if context:
        yield f"They were those of the {listed(context)}."
    if rows.get("reader"):
        yield f"The masks were those of the reader{'s' * (len(rows['reader']) > 1)} {listed(rows['reader'])}."
    model = story.segmentation_model
    if model:
        packages = story.provenance.get("packages") or {}
        yield (
            f"The reader auto is the nnU-Net {packages.get('nnunetv2', '')} model {model.get('name', '')} "
            f"{story.cite('isensee2021')}; masks of subjects whom it is known to be trained on were left out."
        ).replace("  ", " ")


def _origins(story: Story) -> str:
    """Name what the features are features of; with numbers if they are of several kinds."""
    kinds = {
        PYRADIOMICS: ("features of PyRadiomics", "griethuysen2017"),
        FAMILIES: ("features of the families of the IBSI", "zwanenburg2020"),
        FILTERS: ("features of images of the IBSI's filters", "whybra2024"),
    }
    counts = story.summary.get("features_by_origin") or {}
    # An engine of this package made them, whatever they were called later.
    known = [origin for origin in kinds if counts.get(origin)] or [PYRADIOMICS]
    others = [f"{counts[OTHER]} with other names"] if OTHER in counts and len(counts) > 1 else []
    several = len(known) + len(others) > 1
    texts = [
        f"{f'{counts[origin]} ' if several else ''}{kinds[origin][0]} {story.cite(kinds[origin][1])}"
        for origin in known
    ]
    return listed([*texts, *others])


def _icc(settings: Mapping[str, Any]) -> str:
    """Name the form; summaries of earlier releases have the agreement form for these readers."""
    general = " (for readers in general)" if settings.get("readers_in_general") else ""
    return f"ICC({settings.get('icc_form', 'A,1')}){general}"


def _stable(story: Story) -> Iterator[str]:
    summary, settings = story.summary, story.settings
    if summary["stability_kind"] != "icc":
        yield summary["stability"]
        return
    readers = summary["stability_readers"]
    external = story.endpoint.is_external
    whose = "in the development cohort" if external else "among the training subjects of the fold"
    least = settings["min_subjects"]
    minimum = f"{max(2, -(-least // 2))} subjects or more that all readers measured"
    limit = f"the lower {share(ICC_CONFIDENCE)} limit of its intraclass correlation {_icc(settings)}"
    yield (
        f"A feature was a candidate {'if' if external else 'in a fold if'} it was stable between the readers "
        f"{listed(readers)}: {limit} {story.cite('mcgraw1996', 'koo2016')} reached "
        f"{settings['icc_threshold']:g} {whose}, from {minimum}. "
        f"{counted(summary['stability_subjects'], 'subject')} were measured by all of them."
    )
