"""Check that the model fits the study, and that the scans fit the model."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbradiomics.cohort import Cohort, Scan
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.messages.problem import Problem, problem_of
from nbradiomics.segmentation.model import Model, load_model
from nbradiomics.segmentation.prediction.inference import Inference
from nbradiomics.segmentation.prediction.inputs import (
    match_channels,
    orientation_warning,
    read_orientation,
    sequence_warning,
)
from nbradiomics.study.checks.drawing import compares_automatic
from nbradiomics.study.checks.preparation import check_model_preparation
from nbradiomics.study.study import Segment, Study


def check_model(
    study: Study, segment: Segment, table: pd.DataFrame, path: Path, models: str | Path | None = None
) -> list[Problem]:
    """List problems of the study's model and of its inference settings.

    Parameters
    ----------
    study, segment
        The study and its section `segment`.
    table
        Table from `cohort_table.read_cohort_table`, as it will be after the preparation.
    path
        The study file, for the messages.
    models
        Folder of imported models.
    """
    try:
        model = load_model(segment.model, models=models)
    except NbradiomicsError as error:
        return [problem_of(error, path, "segment.model")]
    scans = _scans(table, path)
    unfit = [misfit for scan in scans if (misfit := _misfit(model, scan))]
    problems = [problem_of(unfit[0], path, "segment.model")] if unfit and len(unfit) == len(scans) else []
    try:
        model.resolve(segment.part(Inference))
    except InputError as error:
        problems.append(problem_of(error, path, "segment"))
    problems += check_model_preparation(model, table, path)
    if model.card.intended_use and not study.synthetic:
        found = f"the card of the model {model.name} says: {model.card.intended_use}"
        remedy = "Make sure that the model is intended for a study like this one."
        problems.append(Problem(str(path), "", "segment.model", "warning", found, remedy))
    recorded = model.card.training_images is not None or model.card.training_subjects is not None
    unknown = not recorded and segment.training_subjects is None
    if unknown and compares_automatic(study):
        found = f"the model {model.name} does not record the images or subjects that it was trained on."
        remedy = (
            "List the subjects of this cohort that it was trained on under segment.training_subjects ([] if "
            "none): their automatic masks must not be used in an outcome model."
        )
        problems.append(Problem(str(path), "", "segment.training_subjects", "error", found, remedy))
    return problems


def check_scans(model: Model, table: pd.DataFrame, path: Path) -> list[Problem]:
    """Find scans that a model cannot segment, or may segment wrongly, from the table and the image headers.

    Parameters
    ----------
    model
        The model for the segmentation.
    table
        Table from `cohort_table.read_cohort_table`: row i is on line i + 2 of the file.
    path
        The file, for the messages.
    """
    scans = _scans(table, path)
    problems = []
    for scan in scans:
        error = _misfit(model, scan)
        if error:
            line = str(int(table.index[table["image"] == str(scan.image)][0]) + 2)
            found = f"{scan.name} cannot be segmented: {error.problem}"
            problems.append(Problem(str(path), line, "channel", "error", found, error.remedy))
    taken = sequence_warning(scans, model.channels, model.name)
    if taken:
        remedy = "In the column `channel`, name each image as the model names its input."
        problems.append(Problem(str(path), "", "sequence", "warning", taken, remedy))
    if model.orientation is None:
        lying = {scan.name: read_orientation(scan.image) for scan in scans}
        warning = orientation_warning(lying, model.name)
        if warning:
            remedy = "Look at the masks; or add the training images' axes to the model card (orientation)."
            problems.append(Problem(str(path), "", "image", "warning", warning, remedy))
    return problems


def _scans(table: pd.DataFrame, path: Path) -> list[Scan]:
    return Cohort(table[(table["subject"] != "") & (table["image"] != "")], path).scans()


def _misfit(model: Model, scan: Scan) -> InputError | None:
    try:
        match_channels([channel.name for channel in scan.channels], model.channels)
    except InputError as error:
        return error
    return None
