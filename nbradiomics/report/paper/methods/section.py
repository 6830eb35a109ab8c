"""The methods section as a text: paragraphs, what the authors must add, and references."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from nbradiomics.report.paper.methods.drawing import drawing
from nbradiomics.report.paper.methods.images import images
from nbradiomics.report.paper.methods.metrics import groups, intervals, metrics
from nbradiomics.report.paper.methods.models import coefficients, models, preparation, selection
from nbradiomics.report.paper.methods.predictors import predictors
from nbradiomics.report.paper.methods.ratios import ratios
from nbradiomics.report.paper.methods.regions import regions
from nbradiomics.report.paper.methods.story import Story
from nbradiomics.report.paper.methods.subjects import software, subjects
from nbradiomics.report.paper.methods.trial import trial
from nbradiomics.report.paper.methods.validation import sample_size, validation
from nbradiomics.report.run_files import Endpoint
from nbradiomics.report.sections.overview import SYNTHETIC

#: Why there is no methods section.
UNKNOWN = "summary.json is of an earlier release and does not say what was done; run outcome again"
#: What a summary must record, so that nothing has to be guessed.
_NEEDED = (
    "kind",
    "subjects",
    "excluded",
    "models",
    "features",
    "features_are",
    "clinical",
    "stability_kind",
    "stability_readers",
    "missing_values",
    "missing_covariates",
    "failures",
    "intervals",
    "settings",
    "software",
    "rows",
)
_Sentences = Callable[[Story], Iterable[str]]
_PARAGRAPHS: tuple[tuple[str, tuple[_Sentences, ...]], ...] = (
    ("Subjects and outcome", (subjects,)),
    ("Images", (images, regions)),
    ("Predictors", (predictors,)),
    ("Models", (preparation, selection, models)),
    ("Coefficients", (ratios, coefficients)),
    ("Validation", (validation, sample_size)),
    ("Performance", (metrics, intervals)),
    ("Tests and risk groups", (groups,)),
    ("Negative controls", (trial,)),
    ("Masks of other readers", (drawing,)),
    ("Software", (software,)),
)


def methods_section(endpoint: Endpoint, provenance: Mapping[str, Any], captions: Sequence[str]) -> str | None:
    """Describe an evaluation from its summary.

    Parameters
    ----------
    endpoint
        Tables and summary of the evaluation.
    provenance
        Record of the run; empty for models that are not part of a run.
    captions
        Name, caption and description of each exported figure and table.

    Returns
    -------
    str or None
        Text in Markdown; None if the summary does not record what was done.
    """
    if any(name not in endpoint.summary for name in _NEEDED):
        return None
    story = Story(endpoint, provenance)
    study = provenance.get("study")
    synthetic = isinstance(study, Mapping) and study.get("synthetic") is True
    warning = [f"**{SYNTHETIC}**", ""] if synthetic else []
    lines = [f"# Methods: endpoint {endpoint.name}", "", *warning, *_paragraphs(story)]
    lines += ["## To add", "", *(f"- {text}" for text in _to_add(story)), ""]
    lines += ["## Captions", "", *(f"- {text}" for text in captions), ""]
    entries = story.cite.listed(story.summary["software"]["nbradiomics"])
    return "\n".join([*lines, "## References", "", *(f"- {entry}" for entry in entries), ""])


def _paragraphs(story: Story) -> Iterator[str]:
    for title, parts in _PARAGRAPHS:
        text = " ".join(sentence for part in parts for sentence in part(story))
        if text:
            yield from (f"**{title}.** {text}", "")


def _to_add(story: Story) -> Iterator[str]:
    """What nbradiomics cannot know."""
    yield "Ethics, consent, and how the subjects were recruited."
    prepared = "prepare" in story.provenance and not story.endpoint.is_external
    further = "" if prepared else ", and what was done to them before the features were computed"
    yield f"How the images were acquired{further}."
    rows = story.summary["rows"]
    if not rows.get("engine"):
        yield "The software that computed the features, its version and parameters: the table names none."
    elif story.provenance.get("parameters"):
        yield "The parameters of the features: provenance.json of the run contains them."
    else:
        yield "The parameters of the features."
    if not rows.get("reader"):
        yield "Who drew the masks: the feature table names no reader."
    elif story.uses_automatic_masks and not story.segmentation_model:
        yield (
            "The model that drew the masks of the reader auto; for a model of nbradiomics cite nnU-Net "
            "(Isensee et al., Nature Methods 2021;18:203-211)."
        )
    else:
        yield "Who the readers were, and how they drew the masks."
