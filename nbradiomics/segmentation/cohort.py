"""Segment every scan of a cohort; the masks get the reader `auto`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk
from typing_extensions import TypedDict

from nbradiomics.cohort import Cohort, CohortSource, Scan, load_cohort
from nbradiomics.cohort.in_training import state_of
from nbradiomics.cohort.variants import require_one_variant
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.stage_names import StageName
from nbradiomics.execution.workspace import Payload, content_hash, result_key
from nbradiomics.files.names import file_stems
from nbradiomics.images.io import write_image
from nbradiomics.messages.wording import against, ratio
from nbradiomics.segmentation.device import ran_out_of_memory
from nbradiomics.segmentation.model import Model, load_model
from nbradiomics.segmentation.model_files.card import Card, image_fingerprint, trained_on_subject
from nbradiomics.segmentation.model_files.plans import first_line
from nbradiomics.segmentation.prediction.inference import Inference
from nbradiomics.segmentation.prediction.inputs import (
    match_channels,
    orientation_warning,
    read_orientation,
    sequence_warning,
)
from nbradiomics.segmentation.prediction.postprocess import PostProcessing
from nbradiomics.segmentation.prediction.predict import Prediction
from nbradiomics.segmentation.prediction.uncertainty import LOW_AGREEMENT
from nbradiomics.segmentation.schema import SEGMENTATION
from nbradiomics.settings import spread
from nbradiomics.system.versions import installed_version
from nbradiomics.tables import AUTO
from nbradiomics.tables.result import Result

STAGE = StageName.SEGMENT
#: Step to which the values of written maps are rounded: invisible, but the files compress better.
MAP_STEP = 0.001


class _Segmented(TypedDict):
    """Stored result of a scan: its row of the table, and the hashes of its files."""

    status: str
    volume_ml: float
    removed_ml: float
    volume_cv: float | None
    fold_dice: float | None
    in_training: bool | None
    channels: str
    resampled: str
    unused: str
    orientation: str
    files: dict[str, str]


@dataclass(frozen=True, repr=False)
class SegmentedCohort(Result):
    """Result of `segment_cohort`.

    Attributes
    ----------
    cohort
        The cohort with reader `auto` added for every scan that could be segmented.
    table
        Columns of `segmentation.schema.SEGMENTATION`, one row per scan.
    failures
        Scans that failed.
    warnings
        Points to check before the masks are used.
    provenance
        Model, inference (without ``auto`` values), post-processing and warnings, ready for JSON.
    """

    cohort: Cohort
    table: pd.DataFrame
    failures: list[Failure]
    warnings: list[str]
    provenance: dict[str, Any]


@dataclass(frozen=True)
class _Job:
    """Options for the segmentation of each scan."""

    model: Model
    inference: Inference
    postprocessing: PostProcessing
    threads: int | None

    def key(self, scan: Scan, files: Mapping[str, Path]) -> str:
        """Key of the stored result: everything that it depends on, except the folders of its files."""
        return result_key(
            STAGE,
            channels=[(channel.name, content_hash(channel.image)) for channel in scan.channels],
            subject=scan.subject,  # the card may record it
            model=self.model.fingerprint,
            inference=self.inference.model_dump(),
            postprocessing=self.postprocessing.model_dump(),
            files=sorted(files),
            engine=[installed_version(package) for package in ("torch", "nnunetv2", "SimpleITK")],
        )


@spread(execution=Execution)
def segment_cohort(
    cohort: CohortSource,
    *,
    model: str | Path | Model,
    masks: str | Path,
    maps: str | Path | None = None,
    inference: Inference = Inference(),  # noqa: B008 - frozen
    postprocessing: PostProcessing = PostProcessing(),  # noqa: B008 - frozen
    training_subjects: Sequence[str] | None = None,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> SegmentedCohort:
    """Segment every scan of a cohort with an nnU-Net model.

    Parameters
    ----------
    cohort
        The images: a cohort table (a file or a DataFrame) or a loaded cohort, without reader `auto`.
    model
        Name of a bundled or imported model, folder of a trained nnU-Net v2 model, or a loaded model. For
        models in another folder, use `load_model`.
    masks
        Output folder of the masks, one compressed NIfTI file per scan.
    maps
        Output folder of the maps of each scan: ``STEM_probability``, ``STEM_entropy`` (single precision,
        rounded to `MAP_STEP`) and ``STEM_fold_0`` and so on (masks of the folds). ``STEM`` is the name of the
        mask. ``None`` writes no maps.
    inference
        Device, precision, resampling, mirroring.
    postprocessing
        Post-processing of the masks.
    training_subjects
        Subjects of the cohort that the model was trained on, in addition to those that its card records; an
        empty list means that there are no others. ``None`` uses only the card.
    execution
        Processes (each loads the model), threads of torch in each, progress display, and the workspace with
        stored results. Each of its fields can also be set by its own name: ``jobs=2``.

    Raises
    ------
    InputError
        When the cohort already has reader `auto`, or the model cannot be run with these options.
    ModelError
        When the model cannot be used.

    Examples
    --------
    >>> done = segment_cohort("made/cohort.csv", model="synthetic-demo", masks="masks")
    >>> done.table["status"].tolist()
    ['ok']
    """
    cohort = load_cohort(cohort)
    require_one_variant(cohort.table, cohort.path, "a segmentation")
    if AUTO in cohort.readers():
        raise InputError(f"{cohort.path} already has reader {AUTO!r}.", "Remove its rows to segment again.")
    if maps is not None and os.path.abspath(maps) == os.path.abspath(masks):
        raise InputError(f"masks and maps have the same folder {masks}.", "Choose two different folders.")
    loaded = model if isinstance(model, Model) else load_model(model)
    job = _Job(loaded, loaded.resolve(inference), postprocessing, execution.threads)
    scans = {scan.name: scan for scan in cohort.scans()}
    files = _files(scans, Path(masks), None if maps is None else Path(maps), loaded.folds)
    batch = execution.map(
        _segment_scan,
        {name: (scan, job, files[name]) for name, scan in scans.items()},
        stage=STAGE,
        stored=Stored(
            key=lambda name: job.key(scans[name], files[name]),
            schema=_Segmented,
            holds=lambda name, payload: _hashes(files[name]) == payload["files"],
        ),
    )
    for failure in batch.failures:  # masks of an earlier model must not be mistaken for results
        for file in files[failure.case].values():
            file.unlink(missing_ok=True)
    done = {scans[name]: Path(os.path.abspath(files[name]["mask"])) for name in batch.results}
    table = _table(scans, batch.results, loaded.card, training_subjects)
    warnings = _warnings(scans, table, loaded)
    probabilities = {
        scan: Path(os.path.abspath(files[scan.name]["probability"])) for scan in done if maps is not None
    }
    return SegmentedCohort(
        cohort.with_reader(
            AUTO, done, probabilities=probabilities, in_training=_training_states(scans, table)
        ),
        table,
        batch.failures,
        warnings,
        _provenance(job, warnings),
    )


def file_names(scans: Mapping[str, Scan]) -> dict[str, str]:
    """Names of the files of each scan, without extension, by the scan's name."""
    stems = file_stems([(scan.subject, scan.timepoint, scan.sequence) for scan in scans.values()])
    return dict(zip(scans, stems, strict=True))


def scan_stems(cohort: Cohort) -> list[str]:
    """Names of the files of each scan of a cohort, without extension."""
    return list(file_names({scan.name: scan for scan in cohort.scans()}).values())


def _files(
    scans: Mapping[str, Scan], masks: Path, maps: Path | None, folds: Sequence[str]
) -> dict[str, dict[str, Path]]:
    """Files of each scan: ``mask``, and for maps ``probability``, ``entropy`` and one per fold."""
    kinds = [] if maps is None else ["probability", "entropy", *folds]
    return {
        name: {
            "mask": masks / f"{stem}.nii.gz",
            **{kind: Path(maps or "") / f"{stem}_{kind}.nii.gz" for kind in kinds},
        }
        for name, stem in file_names(scans).items()
    }


def remove_maps(cohort: Cohort, maps: str | Path) -> None:
    """Remove the maps of a cohort's scans that an earlier model wrote, if no new ones are requested."""
    for stem in scan_stems(cohort):
        for kind in ("probability", "entropy", "fold_*"):
            for file in Path(maps).glob(f"{escape(stem)}_{kind}.nii.gz"):
                file.unlink()


def _hashes(files: Mapping[str, Path]) -> dict[str, str]:
    return {kind: content_hash(file) for kind, file in files.items()}


def _segment_scan(scan: Scan, job: _Job, files: Mapping[str, Path]) -> Payload:
    names = [channel.name for channel in scan.channels]
    used = match_channels(names, job.model.channels)
    prediction = _predict(scan, job)
    for kind, file in files.items():
        write_image(_image(prediction, kind), file)
    return {
        "status": "ok" if prediction.volume_ml > 0 else "empty",
        "volume_ml": prediction.volume_ml,
        "removed_ml": prediction.removed_ml,
        "volume_cv": prediction.volume_cv,
        "fold_dice": prediction.fold_dice,
        "in_training": _in_training(job.model.card, scan, used),
        "channels": ", ".join(prediction.channels),
        "resampled": ", ".join(prediction.resampled),
        "unused": ", ".join(prediction.unused),
        "orientation": prediction.orientation,
        "files": _hashes(files),
    }


def _predict(scan: Scan, job: _Job) -> Prediction:
    try:
        return job.model.predict(
            {channel.name: channel.image for channel in scan.channels},
            inference=job.inference,
            postprocessing=job.postprocessing,
            threads=job.threads,
        )
    except Exception as error:
        if ran_out_of_memory(error):
            raise InputError(
                f"memory ran out: {first_line(error)}", "Close other programs, or use a larger machine."
            ) from error
        raise


def _image(prediction: Prediction, kind: str) -> sitk.Image:
    if kind == "mask":
        return prediction.mask
    if kind in prediction.fold_masks:
        return prediction.fold_masks[kind]
    image = prediction.entropy if kind == "entropy" else prediction.probability
    steps = sitk.GetImageFromArray(
        np.round(sitk.GetArrayViewFromImage(image) / MAP_STEP) * np.float32(MAP_STEP)
    )
    steps.CopyInformation(image)
    return steps


def _in_training(card: Card, scan: Scan, used: Sequence[int]) -> bool | None:
    """Whether the card records a used image or the subject; ``None`` if it records neither kind."""
    if card.training_subjects is not None and trained_on_subject(card, scan.subject):
        return True
    if card.training_images is not None:
        return any(image_fingerprint(scan.channels[index].image) in card.training_images for index in used)
    return None if card.training_subjects is None else False


def _table(
    scans: Mapping[str, Scan], results: Mapping[str, Payload], card: Card, declared: Sequence[str] | None
) -> pd.DataFrame:
    rows = [
        {**scan.index(), **results.get(name, {"in_training": _by_name(card, scan)})}
        for name, scan in scans.items()
    ]
    table = SEGMENTATION.table(rows)
    if declared is not None:
        table["in_training"] = table["in_training"].fillna(False) | table["subject"].isin(declared)
    return table


def _by_name(card: Card, scan: Scan) -> bool | None:
    """The value of `in_training` from the subject's name alone, for a scan that could not be segmented."""
    if trained_on_subject(card, scan.subject):
        return True
    return None if card.training_subjects is None or card.training_images is not None else False


def _training_states(scans: Mapping[str, Scan], table: pd.DataFrame) -> dict[Scan, str]:
    known = [None if pd.isna(value) else bool(value) for value in table["in_training"]]
    return {scan: state_of(value) for scan, value in zip(scans.values(), known, strict=True)}


def _warnings(scans: Mapping[str, Scan], table: pd.DataFrame, model: Model) -> list[str]:
    warnings = []
    if model.orientation is None:
        orientations = {name: read_orientation(scan.image) for name, scan in scans.items()}
        warnings.append(orientation_warning(orientations, model.name))
    warnings.append(sequence_warning(scans.values(), model.channels, model.name))
    named = table.assign(scan=list(scans))
    for column, text in (
        ("unused", "The model {model} does not use {value}, which was ignored in"),
        ("resampled", "{value} had a grid different from the first channel and was resampled to it in"),
    ):
        for value, rows in named[named[column].fillna("") != ""].groupby(column, sort=False):
            warning = text.format(model=model.name, value=value)
            warnings.append(f"{warning} {_listed(rows['scan'].tolist())}.")
    emptied = named[(named["status"] == "empty") & (named["removed_ml"] > 0)]
    if len(emptied):
        warnings.append(f"Post-processing removed the whole mask in {_listed(emptied['scan'].tolist())}.")
    disagreeing = named[named["fold_dice"] < LOW_AGREEMENT].sort_values("fold_dice")
    if len(disagreeing):
        form = against(ratio, LOW_AGREEMENT)
        cases = [f"{row['scan']}: {form(row['fold_dice'], 2)}" for row in disagreeing.to_dict("records")]
        warnings.append(
            f"The folds disagree in {_listed(cases)}: their mean Dice is below {LOW_AGREEMENT}. "
            "Look at these masks first."
        )
    return [warning for warning in warnings if warning]


def _listed(cases: list[str]) -> str:
    """Write the number of the cases, and the names of the first five."""
    shown = cases[:5]
    more = ", ..." if len(cases) > len(shown) else ""
    return f"{len(cases)} scan{'s' if len(cases) > 1 else ''} ({', '.join(shown)}{more})"


def _provenance(job: _Job, warnings: list[str]) -> dict[str, Any]:
    return {
        "model": job.model.describe(),
        "segmentation": {
            "inference": job.inference.model_dump(),
            "postprocessing": job.postprocessing.model_dump(),
            "warnings": warnings,
        },
    }
