"""A picture for each predicted subject: what drove the risk."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.files.atomic import whole
from nbradiomics.files.names import file_stems
from nbradiomics.messages.wording import counted, number, shortened
from nbradiomics.report.content import FigureFormat, Picture
from nbradiomics.report.figures.contributions import Part, draw_contributions
from nbradiomics.signature.models import Classes, Competing

if TYPE_CHECKING:
    from nbradiomics.signature.content import OfModel
    from nbradiomics.signature.predict import PredictedOutcome

_FORMATS: dict[str, FigureFormat] = {".png": "png", ".svg": "svg", ".pdf": "pdf"}
_GREY = "Grey: 5 to 95 % and 25 to 75 % of the training subjects, with their median."


def explain_prediction(predicted: PredictedOutcome, subject: str, path: str | Path | None = None) -> Picture:
    """Draw what drove the predicted risk of a subject.

    Each row is a column of the model: what it adds to the linear predictor of the subject (the dot), and
    what it adds to those of the training subjects (grey). Columns of one model are correlated: a row says
    how the model computes the risk, and nothing of causes.

    Parameters
    ----------
    predicted
        Result of :func:`predict_outcome`.
    subject
        Name of a subject of it.
    path
        File to write (.png, .svg or .pdf); by default none.

    Returns
    -------
    Picture
        The picture, which a notebook shows.

    Raises
    ------
    InputError
        When there is no such subject, it has no prediction, or the file has another ending.

    Examples
    --------
    >>> digest = write_models(result, "model.zip")
    >>> done = predict_outcome("model.zip", features, reader="A")
    >>> picture = explain_prediction(done, done.table["subject"].iloc[0], "subject.png")
    >>> Path("subject.png").exists()
    True
    """
    if subject not in predicted.contributions.index:
        known = list(map(str, predicted.contributions.index))
        raise InputError(
            f"there is no prediction for {subject!r}.", f"Subjects with one: {shortened(known) or 'none'}."
        )
    rows = predicted.table[predicted.table["subject"] == subject]
    parts = pd.Series(predicted.contributions.loc[subject])
    picture = picture_of(predicted.of_model, subject, parts, f"{subject}: {_said(rows)}")
    if path is not None:
        _write(picture, Path(path))
    return picture


def write_prediction_pictures(predicted: PredictedOutcome, folder: str | Path) -> list[Path]:
    """Write a PNG of each subject with a prediction into a folder, and return the files."""
    subjects = list(map(str, predicted.contributions.index))
    stems = file_stems([(subject,) for subject in subjects])
    files = [Path(folder) / f"{stem}.png" for stem in stems]
    for subject, file in zip(subjects, files, strict=True):
        explain_prediction(predicted, subject, file)
    return files


def picture_of(of_model: OfModel, subject: str, contributions: pd.Series, title: str) -> Picture:
    """Draw the contributions of a subject beside those of the training subjects."""
    spreads = {each.column: each.quantiles for each in of_model.contributions}
    parts = [
        Part(_plain(str(column)), float(value), spreads.get(str(column), ()))
        for column, value in contributions.items()
    ]
    total = Part("sum", float(contributions.sum()), of_model.predictor)
    ordered = sorted(parts, key=lambda part: -abs(part.value))[:3]
    listed = ", ".join(f"{part.name} {number(part.value)}" for part in ordered) or "no column"
    alt = f"Contributions to the risk of {subject}: {listed}; sum {number(total.value)}"
    unit = unit_of(of_model)
    return draw_contributions(parts, total, unit=unit, alt=alt, caption=(title, _GREY), title=title)


def unit_of(of_model: OfModel) -> str:
    """What the contributions of a model add up to."""
    outcome = of_model.model.outcome
    if isinstance(outcome, Classes):
        several = len(outcome.classes) > 2
        return f"log odds of {outcome.classes[0 if several else 1]}{' against all others' if several else ''}"
    return "log hazard of the event alone" if isinstance(outcome, Competing) else "log hazard"


def _said(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    texts = []
    for _, row in rows.iterrows():
        what = str(row["class"]) if row["class"] else f"the event by {row['time']:g}"
        texts.append(f"{what}: {number(row['probability'])}")
    further = [f"group {first['group']}", *(["unlike the training subjects"] if first["novel"] else [])]
    further += [text for text in [str(first["note"])] if text]
    filled = [name for name in str(first["filled"]).split("; ") if name]
    further += [f"{counted(len(filled), 'input')} filled in"] if filled else []
    return f"probability of {', '.join(texts)}; {'; '.join(further)}"


def _plain(column: str) -> str:
    """Name of a column without its block."""
    return column.split("__", 1)[-1]


def _write(picture: Picture, path: Path) -> None:
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise InputError(f"{path} ends in {path.suffix!r}.", "Write a .png, .svg or .pdf file.")
    if kind == "png":
        content = base64.b64decode(picture.source.split(",", 1)[1])
    else:
        assert picture.render is not None
        content = picture.render(kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as temporary:
        temporary.write_bytes(content)
