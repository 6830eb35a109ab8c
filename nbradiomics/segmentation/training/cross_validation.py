"""Segment each training case by the fold of the model that was not trained on its subject."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd
from typing_extensions import TypedDict

from nbradiomics.cohort import Case, Cohort, Scan
from nbradiomics.cohort.in_training import NO
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.workspace import Payload, content_hash, result_key
from nbradiomics.images.io import write_image
from nbradiomics.segmentation.cohort import file_names
from nbradiomics.segmentation.model import Model, fingerprint_of, load_model
from nbradiomics.segmentation.prediction.inference import Inference
from nbradiomics.segmentation.schema import OUT_OF_FOLD
from nbradiomics.segmentation.training.splits import Split
from nbradiomics.tables import AUTO

STAGE = "cross-validate"


class _Segmented(TypedDict):
    """Stored result of a case: its row of the table, and the hash of its mask."""

    status: str
    volume_ml: float
    channels: str
    resampled: str
    unused: str
    orientation: str
    mask: str


def segment_out_of_fold(
    cohort: Cohort,
    cases: Mapping[str, Case],
    splits: Sequence[Split],
    *,
    model: Path,
    masks: Path,
    inference: Inference,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> tuple[Cohort, pd.DataFrame, list[Failure]]:
    """Segment every training case by the one fold that was not trained on its subject.

    Parameters
    ----------
    cohort
        Cohort of the cases, without reader `auto`.
    cases, splits
        The cases by name, and the folds in the order of the model's ``fold_0``, ``fold_1`` ...
    model
        Folder of the trained model.
    masks
        Output folder of the masks.
    inference
        As in `Model.predict`.
    execution
        As in `segment_cohort`.

    Returns
    -------
    cohort
        The cohort with reader `auto` added for the cases, with ``no`` in the column `in_training`.
    table
        Columns of `segmentation.schema.OUT_OF_FOLD`, a row per case; `in_training` is false.
    failures
        Cases that could not be segmented.
    """
    fold_of = {name: f"fold_{number}" for number, split in enumerate(splits) for name in split.validation}
    scans = {name: cases[name].scan for name in cases if name in fold_of}
    files = {name: masks / f"{stem}.nii.gz" for name, stem in file_names(scans).items()}
    resolved = inference.resolved()
    content = fingerprint_of(model)
    batch = execution.map(
        _segment,
        {
            name: (scan, model, content, fold_of[name], files[name], resolved, execution.threads)
            for name, scan in scans.items()
        },
        stage=STAGE,
        stored=Stored(
            key=lambda name: _key(scans[name], content, fold_of[name], resolved),
            schema=_Segmented,
            holds=lambda name, payload: content_hash(files[name]) == payload["mask"],
        ),
    )
    done = {scans[name]: Path(os.path.abspath(files[name])) for name in batch.results}
    rows = [
        {**scan.index(), "fold": fold_of[name], "in_training": False, **batch.results.get(name, {})}
        for name, scan in scans.items()
    ]
    table = OUT_OF_FOLD.table(rows)
    # The fold that made a mask was trained without its subject.
    unseen = dict.fromkeys(scans.values(), NO)
    return cohort.with_reader(AUTO, done, in_training=unseen), table, batch.failures


def _key(scan: Scan, content: str, fold: str, inference: Inference) -> str:
    return result_key(
        STAGE,
        images=[(channel.name, content_hash(channel.image)) for channel in scan.channels],
        model=content,
        fold=fold,
        inference=inference.model_dump(),
    )


@lru_cache(maxsize=1)
def _loaded(model: Path, content: str) -> Model:  # noqa: ARG001 - it keys the cache
    """Load the model once per process; `content` changes if another model replaces it in the folder."""
    return load_model(model)


def _segment(
    scan: Scan, model: Path, content: str, fold: str, file: Path, inference: Inference, threads: int | None
) -> Payload:
    prediction = (
        _loaded(model, content)
        .with_folds([fold])
        .predict(
            {channel.name: channel.image for channel in scan.channels}, inference=inference, threads=threads
        )
    )
    write_image(prediction.mask, file)
    return {
        "status": "ok" if prediction.volume_ml > 0 else "empty",
        "volume_ml": prediction.volume_ml,
        "channels": ", ".join(prediction.channels),
        "resampled": ", ".join(prediction.resampled),
        "unused": ", ".join(prediction.unused),
        "orientation": prediction.orientation,
        "mask": content_hash(file),
    }
