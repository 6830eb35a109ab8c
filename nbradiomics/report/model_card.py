"""The model card: what a file of models is for, who it learned from, what it needs, how well it did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import yaml

from nbradiomics.messages.wording import MISSING, ORDER_NAMES, counted, number
from nbradiomics.outcome.trial.verdict import QUESTION as TRIED
from nbradiomics.report.content import (
    Block,
    Details,
    Fact,
    Facts,
    Listing,
    Page,
    Section,
    Sentences,
    Table,
    Text,
)
from nbradiomics.report.prediction_pictures import unit_of
from nbradiomics.report.render import claim_page, write_page
from nbradiomics.report.sections.outcome_metrics import ALL_NAMES, score_rows
from nbradiomics.signature.content import Content, OfModel, OfOutcome, Score
from nbradiomics.signature.models import Model
from nbradiomics.signature.read import Signature, load_models

CARD, FILE = "model-card", "model_card.html"
_NOT_CLINICAL = (
    "The models are not for single patients outside of research, for regions, sequences or scanners unlike "
    "those below, or for features that were made in another way. They describe associations, not causes."
)
_NOT_EXTERNAL = (
    "The scores below are from a cross-validation within the cohort of the models. How well the models do "
    "for other patients is only known from an external validation (nbradiomics validate)."
)
_TOO_NARROW = "Quick intervals, without the fitting, are too narrow. "
_HELD_OUT = "For held-out subjects; no interval where none was shown to cover."
_INDEX = {
    "reader": "masks by",
    "engine": "engine",
    "variant": "preparation of images",
    "sequence": "sequence",
    "timepoint": "timepoint",
    "roi": "region",
    "in_training": "segmentation model trained on them",
}


def write_model_card(models: str | Path | Signature, out: str | Path | None = None) -> Path:
    """Write the model card of a file of models: one HTML file.

    Parameters
    ----------
    models
        File of models, or what :func:`load_models` read from it.
    out
        File to write; ``model_card.html`` beside the file by default.

    Returns
    -------
    Path
        The written file.

    Raises
    ------
    InputError
        When the file of models is not intact, or another file has the name of the page.

    Examples
    --------
    >>> digest = write_models(result, "model.zip")
    >>> write_model_card("model.zip").name
    'model_card.html'
    """
    signature = models if isinstance(models, Signature) else load_models(models)
    target = signature.path.with_name(FILE) if out is None else Path(out)
    return write_page(_page(signature), claim_page(target, CARD))


def write_card_beside(folder: str | Path) -> Path | None:
    """Write the card of ``model.zip`` in a folder; without such a file, remove an earlier card."""
    card, models = Path(folder) / FILE, Path(folder) / "model.zip"
    if models.is_file():
        return write_model_card(models)
    if card.is_file():
        claim_page(card, CARD).unlink()
    return None


def _page(signature: Signature) -> Page:
    content = signature.content
    sections = (
        Section("use", "What it is for", tuple(_use(content))),
        Section("learned", "Who it learned from", tuple(_learned(content))),
        Section("inputs", "What it needs", tuple(_inputs(content))),
        Section("performance", "How well it predicted", tuple(_performance(content))),
        *(
            Section(each.model.name, f"Model {each.model.name}", tuple(_model(each)))
            for each in content.models
        ),
        Section("file", "The file", tuple(_file(signature))),
    )
    outcome = content.outcome
    title = f"Model card: {content.name or outcome.target or outcome.event}"
    made = f"written by nbradiomics {content.nbradiomics}, page by {version('nbradiomics')}"
    return Page(title, f"{signature.path.name}, {made}", (), _facts(content), sections, CARD)


def _facts(content: Content) -> Facts:
    subjects = f"{content.subjects.number:,}"
    main = content.models[-1]
    order = next((each for each in main.scores if each.metric in ORDER_NAMES), None)
    items = [
        Fact(subjects, "subjects", _outcome_text(content)),
        Fact(str(len(content.models)), "models", main.model.name),
    ]
    if order is not None:
        limits = f"{_limits(order)} {main.model.name}, cross-validated".strip()
        items.append(Fact(number(order.value), ORDER_NAMES[order.metric], limits))
    return Facts(tuple(items))


def _limits(score: Score) -> str:
    return "" if score.low is None else f"[{number(score.low)}, {number(score.high)}]"


def _outcome_text(content: Content) -> str:
    outcome = content.outcome
    if outcome.kind == "classes":
        counts = zip(outcome.classes, outcome.class_counts, strict=True)
        return ", ".join(f"{name} {count}" for name, count in counts)
    competing = outcome.competing_events
    more = "" if competing is None else f", {counted(competing, 'competing event')}"
    return f"{counted(outcome.events or 0, 'event')}{more}"


def _use(content: Content) -> Iterator[Block]:
    outcome = content.outcome
    yield Text(content.intended_use, "warning")
    if outcome.kind == "classes":
        yield Text(f"Predicts the class of {outcome.target}: {', '.join(outcome.classes)}.")
    else:
        times = ", ".join(f"{time:g}" for time in outcome.horizons)
        yield Text(
            f"Predicts the time to an event (time {outcome.time}, event {outcome.event}): the probability of "
            f"the event until some time, judged at {times}, in the unit of {outcome.time}. Nothing is known "
            f"of times after {outcome.last_event:g}, the last event of the subjects{_observed(outcome)}."
        )
    yield Sentences((_NOT_CLINICAL, _NOT_EXTERNAL))


def _observed(outcome: OfOutcome) -> str:
    median = outcome.median_time
    return "" if median is None else f"; half of them have a time below {median:g}"


def _learned(content: Content) -> Iterator[Block]:
    known, number_of = content.development, counted(content.subjects.number, "subject")
    lines = [
        f"{number_of} with {_outcome_text(content)}; {counted(known.excluded, 'subject')} left out.",
        known.stability,
        f"{known.missing_values:,} feature values were missing.",
    ]
    for name, count in known.missing_covariates.items():
        lines.append(f"{name} was missing in {counted(count, 'subject')}.")
    for name, why in known.suspicious.items():
        lines.append(f"{name} may be the outcome itself: {'; '.join(why)}.")
    yield Sentences(tuple(lines))


def _inputs(content: Content) -> Iterator[Block]:
    inputs = content.inputs
    rows = [(_INDEX.get(column, column), ", ".join(values)) for column, values in inputs.rows.items()]
    rows.append(("parameters (hash)", inputs.parameters or "not stated by the feature table"))
    covariates = [f"{each.name} ({', '.join(each.levels) or each.kind})" for each in inputs.covariates]
    rows += [("clinical columns", ", ".join(covariates))] if covariates else []
    rows += [("harmonised between", ", ".join(inputs.batches))] if inputs.batches else []
    yield Table(("Features and covariates", "Value"), tuple(rows), text_columns=2)
    yield Text(
        "nbradiomics predict and validate refuse features of another engine, preparation or parameters.",
        "note",
    )
    if inputs.parameter_file:
        text = yaml.safe_dump(inputs.parameter_file, sort_keys=False)
        yield Details("Parameter file of the features", (Listing(text),))


def _tested(content: Content) -> Iterator[Block]:
    """What the evaluation answers in words: the verdict of a trial, and how far risks hang on who drew."""
    known = content.development
    if known.answers:
        yield Table(("Question", "Answer"), tuple(known.answers.items()), text_columns=2)
    if TRIED not in known.answers:
        yield Text("The models were not tried against negative controls, such as shuffled voxels.", "note")
    if known.drawing:
        yield Details("How far the risks depend on who drew the masks", (Sentences(known.drawing),))
    else:
        yield Text("It was not tested how far the risks depend on who drew the masks.", "note")


def _performance(content: Content) -> Iterator[Block]:
    yield from _tested(content)
    models = [each.model.name for each in content.models]
    scores = [(each.model.name, one.metric, *_numbers(one)) for each in content.models for one in each.scores]
    confidence = content.settings.get("confidence", 0.95)
    quick = "" if content.settings.get("refits") else "quick "
    head = f"Score [{quick}{100 * float(confidence):g} % interval]"
    caption = (_TOO_NARROW if quick else "") + _HELD_OUT
    yield Table((head, *models), score_rows(scores, models, ALL_NAMES), caption=caption)


def _numbers(score: Score) -> tuple[float, float, float, float]:
    """Horizon, value and limits; NaN for none."""
    horizon, value, low, high = (
        float("nan") if part is None else part for part in (score.horizon, score.value, score.low, score.high)
    )
    return horizon, value, low, high


def _model(each: OfModel) -> Iterator[Block]:
    if not each.model.columns:
        yield Text("No column remained: the model predicts the same for all subjects.")
        return
    yield _coefficient_table(each)
    if each.ranges:
        yield Details(f"Ranges of {counted(len(each.ranges), 'input')}", (_range_table(each),))
    yield Text(
        f"Novelty: a subject is told to be unlike the training subjects if its Mahalanobis distance in these "
        f"columns is above {number(each.novelty_limit)}, which 99 % of subjects like them do not exceed.",
        "note",
    )


def _coefficient_table(each: OfModel) -> Table:
    spreads = {part.column: part.quantiles for part in each.contributions}
    rows = [
        (column.split("__", 1)[-1], *_coefficients(each.model, column), _spread(spreads.get(column, ())))
        for column in each.model.columns
    ]
    heads = [f"Coefficient{name}" for name in _parts(each.model)]
    return Table(
        ("Column", *heads, "Adds, 5 to 95 %"),
        tuple(rows),
        caption=f"Coefficients of the prepared columns; what a column adds to the {unit_of(each)} of the "
        "training subjects. They are penalised: their sizes are no effect sizes.",
    )


def _range_table(each: OfModel) -> Table:
    rows = [
        (part.name, number(part.low), number(part.median), number(part.high), str(part.missing))
        for part in each.ranges
    ]
    return Table(("Input", "Lowest", "Median", "Highest", "Missing"), tuple(rows))


def _parts(model: Model) -> Sequence[str]:
    count = len(model.outcome.linears)
    if count == 1:
        return [""]
    names = getattr(model.outcome, "classes", ("event", "competing event"))
    return [f" ({name})" for name in names][:count]


def _coefficients(model: Model, column: str) -> list[str]:
    known = [dict(zip(each.columns, each.coefficients, strict=True)) for each in model.outcome.linears]
    return [number(values.get(column, 0.0), 3) for values in known]


def _spread(quantiles: Sequence[float]) -> str:
    return f"{number(quantiles[0])} to {number(quantiles[-1])}" if len(quantiles) else MISSING


def _file(signature: Signature) -> Iterator[Block]:
    size = np.ceil(signature.path.stat().st_size / 1024)
    yield Table(
        ("File", "Value"),
        (("Name", signature.path.name), ("SHA-256", signature.sha256), ("Size", f"{size:,.0f} KiB")),
        text_columns=2,
    )
    yield Text(
        "Compare the SHA-256 with the one that the authors state: damage is found by itself, but no fraud. "
        "The file contains numbers and names of columns, prints of the subjects' names, and no code."
    )
