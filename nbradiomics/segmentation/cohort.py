"""Segment every scan of a cohort; the masks become reader `auto`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from nbradiomics.cohort import Cohort, Scan
from nbradiomics.errors import InputError
from nbradiomics.execution import Failure, Progress, quiet
from nbradiomics.images.io import read_image, write_image
from nbradiomics.names import file_stems
from nbradiomics.segmentation.card import image_fingerprint
from nbradiomics.segmentation.model import Model, load_model
from nbradiomics.tables import AUTO
from nbradiomics.workspace import Payload, Workspace, content_hash, result_key, run_stored

STAGE = "segment"
COLUMNS = ["subject", "timepoint", "sequence", "status", "volume_ml", "volume_cv", "fold_dice", "in_training"]


@dataclass(frozen=True)
class SegmentedCohort:
    """What segmenting a cohort gives.

    Attributes
    ----------
    cohort
        The cohort with reader `auto` added for every scan that could be segmented.
    table
        Columns `COLUMNS`, one row per scan. `status` is ``ok`` or ``empty`` (no tumour found), missing for
        a failure; `volume_ml` the tumour's volume; `volume_cv` (ratio) and `fold_dice` (0 to 1) how far the
        model's folds disagree; `in_training` whether the model was trained on this image, missing where it
        does not record that.
    failures
        Scans that failed.
    """

    cohort: Cohort
    table: pd.DataFrame
    failures: list[Failure]


def segment_cohort(
    cohort: Cohort,
    *,
    model: str | Path | Model,
    masks: str | Path,
    threads: int | None = None,
    workspace: Workspace | None = None,
    progress: Progress = quiet,
) -> SegmentedCohort:
    """Segment every scan of a cohort with an nnU-Net model, in this process.

    Parameters
    ----------
    cohort
        Which images; it must not hold reader `auto` yet.
    model
        Name of a bundled model, a trained nnU-Net v2 folder, or a loaded model.
    masks
        Folder that the masks are written to, one compressed NIfTI file per scan.
    threads
        Threads of torch; ``None`` leaves their number alone.
    workspace
        Where results are kept and found again; ``None`` segments everything.
    progress
        Progress display.

    Raises
    ------
    InputError
        When the cohort holds reader `auto` already.
    ModelError
        When the model cannot be used.
    """
    if AUTO in cohort.readers():
        raise InputError(f"{cohort.path} already holds reader {AUTO!r}.", "Remove its rows to segment again.")
    loaded = model if isinstance(model, Model) else load_model(model)
    scans = {scan.name: scan for scan in cohort.scans()}
    stems = file_stems([(scan.subject, scan.timepoint, scan.sequence) for scan in scans.values()])
    files = {name: Path(masks) / f"{stem}.nii.gz" for name, stem in zip(scans, stems, strict=True)}
    batch = run_stored(
        _segment_scan,
        {name: (scan, loaded, files[name], threads) for name, scan in scans.items()},
        key=lambda name: _key(scans[name], loaded),
        stage=STAGE,
        workspace=workspace,
        holds=lambda name, payload: content_hash(files[name]) == payload["mask"],
        progress=progress,
    )
    done = {scans[name]: Path(os.path.abspath(files[name])) for name in batch.results}
    return SegmentedCohort(cohort.with_reader(AUTO, done), _table(scans, batch.results), batch.failures)


def _key(scan: Scan, model: Model) -> str:
    return result_key(STAGE, image=content_hash(scan.image), model=model.fingerprint)


def _segment_scan(scan: Scan, model: Model, file: Path, threads: int | None) -> Payload:
    image = read_image(scan.image)
    prediction = model.predict(image, threads=threads)
    write_image(prediction.mask, file)
    seen = model.card.training_images
    return {
        "status": "ok" if prediction.volume_ml > 0 else "empty",
        "volume_ml": prediction.volume_ml,
        "volume_cv": prediction.volume_cv,
        "fold_dice": prediction.fold_dice,
        "in_training": None if seen is None else image_fingerprint(image) in seen,
        "mask": content_hash(file),
    }


def _table(scans: dict[str, Scan], results: dict[str, Payload]) -> pd.DataFrame:
    rows = [{**scan.index(), **results.get(name, {})} for name, scan in scans.items()]
    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    numbers = ["volume_ml", "volume_cv", "fold_dice"]
    return table.astype(dict.fromkeys(numbers, np.float64)).astype({"in_training": "boolean"})
