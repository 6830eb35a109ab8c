"""Train the folds of an nnU-Net model, so that each can be killed and continued.

nnU-Net plans, preprocesses and trains with its own classes; small classes of this package replace its use of
pickles, spawned workers and environment variables (`nnunet_classes`, `trainers`).
"""

from __future__ import annotations

import contextlib
import json
import os
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from nbradiomics.cohort import Case
from nbradiomics.cohort.case_region import DEFAULT_LABEL
from nbradiomics.errors import ModelError, NbradiomicsError, StorageError
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.progress import quiet
from nbradiomics.segmentation.device import ran_out_of_memory
from nbradiomics.segmentation.environment import (
    environment,
    matplotlib_untouched,
    quiet_nnunet,
    random_state,
    torch_threads,
)
from nbradiomics.segmentation.model_files.checkpoint import require_sound
from nbradiomics.segmentation.model_files.layout import PLANS
from nbradiomics.segmentation.model_files.plans import configuration_of
from nbradiomics.segmentation.training.cases import Examined
from nbradiomics.segmentation.training.folder import TrainingFolder
from nbradiomics.segmentation.training.nnunet_names import CONFIGURATION, variables
from nbradiomics.segmentation.training.preparation import plans_of, prepare
from nbradiomics.segmentation.training.progress import watched
from nbradiomics.segmentation.training.settings import Checkpoints, TrainingSettings
from nbradiomics.segmentation.training.splits import Split

_STAGE = "train"


def open_training(
    out: str | Path,
    cases: Mapping[str, Examined],
    splits: Sequence[Split],
    *,
    channels: tuple[str, ...],
    label: int = DEFAULT_LABEL,
    settings: TrainingSettings,
) -> TrainingFolder:
    """Open a folder for a new or an unfinished training; see `TrainingFolder.open`."""
    requested = {
        "settings": settings.resolved().model_dump(mode="json"),
        "channels": list(channels),
        "label": label,
        "folds": {f"fold_{number}": list(split.validation) for number, split in enumerate(splits)},
        "cases": {name: list(examined.contents) for name, examined in cases.items()},
    }
    return TrainingFolder.open(Path(out), requested)


def train_folds(
    folder: TrainingFolder,
    cases: Mapping[str, Case],
    splits: Sequence[Split],
    *,
    channels: tuple[str, ...],
    label: int = DEFAULT_LABEL,
    settings: TrainingSettings,
    checkpoints: Checkpoints = Checkpoints(),  # noqa: B008 - frozen
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> None:
    """Train each fold from its present state to its end; the weights are written to the folder's `model`.

    Parameters
    ----------
    folder
        From `open_training`, with the same cases, splits and settings.
    cases
        The cases by their names in the splits.
    splits
        The folds; all of them are trained.
    channels, label
        As in `read_training_case`.
    settings
        Settings that determine the weights.
    checkpoints
        How the weights are stored.
    execution
        Number of folds to train at once, each in a separate process (with one job, in this process), progress
        display, and a function for notes to the user.

    Raises
    ------
    ModelError
        When a fold could not be trained; the other folds are trained, and the same call continues.
    """
    settings = settings.resolved()
    tell = execution.tell
    for note in prepare(
        cases, splits, folder, channels=channels, label=label, settings=settings, execution=execution
    ):
        tell(note)
    if settings.recipe is None and settings.device == "cpu":
        tell(
            "nnU-Net's own network may take weeks on a CPU; the estimated time is shown after the first "
            "iterations. The preset `small` is designed for CPUs and for little data."
        )
    for note in _discard_damaged(folder, len(splits)):
        tell(note)
    names = {f"fold_{number}": number for number in range(len(splits))}
    todo = {name: number for name, number in names.items() if not folder.weights(number).is_file()}
    started = sum(folder.state(number).is_file() for number in todo.values())
    if started or len(todo) < len(names):
        tell(f"Continuing: {len(names) - len(todo)} of {len(names)} folds are trained, {started} partly.")
    arguments = {name: (folder, number, settings, checkpoints) for name, number in todo.items()}
    traces = {name: folder.trace(number) for name, number in todo.items()}
    with watched(traces, settings.epochs, execution.progress, _estimate(settings, len(todo), execution)):
        # The progress display shows epochs, not folds.
        failures = replace(execution, progress=quiet).map(train_fold, arguments, stage=_STAGE).failures
    if failures:
        listed = "\n".join(f"  {failure.case}: {failure.cause} {failure.hint}" for failure in failures)
        raise ModelError(
            f"{len(failures)} of {len(splits)} folds could not be trained:\n{listed}\n",
            "The progress is kept: run the same command to continue.",
            "\n".join(failure.details for failure in failures if failure.details),
        )


def _discard_damaged(folder: TrainingFolder, folds: int) -> list[str]:
    """Remove damaged weights and states of folds, whose training then continues from an earlier state."""
    notes = []
    for fold in range(folds):
        for file, state in ((folder.weights(fold), "trained"), (folder.state(fold), "partly trained")):
            try:
                if os.path.lexists(file):
                    require_sound(file)
            except ModelError as error:
                file.unlink()
                notes.append(f"fold_{fold}, which was {state}, starts again: {error.problem}")
    return notes


def _estimate(settings: TrainingSettings, folds: int, execution: Execution) -> Callable[[str, float], None]:
    """Make a function that reports the time of the training, for nnU-Net's own network on a CPU."""

    def measured(fold: str, seconds: float) -> None:
        if settings.recipe is None and settings.device == "cpu":
            rounds = -(-folds // execution.jobs)
            whole = seconds * settings.epochs * rounds
            execution.tell(
                f"An epoch of {fold} takes about {_duration(seconds)} on this CPU, and the training about "
                f"{_duration(whole)}: stop it (Ctrl-C), or see the preset `small`."
            )

    return measured


def _duration(seconds: float) -> str:
    for unit, length in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def train_fold(
    folder: TrainingFolder, fold: int, settings: TrainingSettings, checkpoints: Checkpoints
) -> None:
    """Train one fold from its present state to its end, and restore the state of the process.

    The parameters are those of `train_folds`, with resolved settings.
    """
    known = variables(folder.work)
    if settings.device == "cpu":
        known["nnUNet_compile"] = "f"
    if settings.workers is not None:
        known["nnUNet_n_proc_DA"] = str(settings.workers)
    start = int(np.random.SeedSequence([settings.seed, fold]).generate_state(1)[0])
    with (
        environment(known),
        matplotlib_untouched(),
        torch_threads(settings.threads),
        random_state(start),
        quiet_nnunet(),
        _errors_explained(f"fold_{fold}"),
    ):
        _run(folder, fold, settings, checkpoints)
    folder.state(fold).unlink(missing_ok=True)


def _run(folder: TrainingFolder, fold: int, settings: TrainingSettings, checkpoints: Checkpoints) -> None:
    import torch
    from batchgenerators.dataloading import nondet_multi_threaded_augmenter as augmenter
    from nnunetv2.training.nnUNetTrainer import nnUNetTrainer as stock

    from nbradiomics.segmentation.training.nnunet_classes import ArrayDataset, replaced
    from nbradiomics.segmentation.training.trainers import FoldFiles, FoldTrainer, SmallTrainer, tied_producer

    plans = plans_of(folder)
    configuration_of(plans, CONFIGURATION, folder.model / PLANS)  # nnU-Net imports what the plans name
    plans["continue_training"] = False  # nnU-Net's own command would set it
    dataset = json.loads((folder.model / "dataset.json").read_text(encoding="utf-8"))
    kind = FoldTrainer if settings.recipe is None else SmallTrainer
    trainer = kind(plans, CONFIGURATION, fold, dataset, torch.device(settings.device))
    trainer.follow(
        FoldFiles(folder.weights(fold), folder.state(fold), folder.trace(fold)),
        epochs=settings.epochs,
        seed=settings.seed,
        checkpoint_seconds=checkpoints.checkpoint_seconds,
        half=checkpoints.half,
    )
    if isinstance(trainer, SmallTrainer) and settings.recipe is not None:
        trainer.take(settings.recipe)
    tied = replaced(augmenter, producer=tied_producer)
    with replaced(stock, infer_dataset_class=lambda _folder: ArrayDataset), tied:
        trainer.resume()
        try:
            trainer.run_training()
        finally:
            trainer.stop_workers()


@contextlib.contextmanager
def _errors_explained(name: str) -> Iterator[None]:
    """Report why a fold could not be trained, with a separate remedy if memory ran out."""
    try:
        yield
    except (NbradiomicsError, StorageError):
        raise
    except Exception as error:
        cause = (str(error).splitlines() or [""])[0]
        if ran_out_of_memory(error):
            raise ModelError(
                f"{name} ran out of memory: {cause}",
                "Train fewer folds at once (--jobs), or use a smaller patch or network (preset small).",
            ) from error
        raise ModelError(
            f"{name} stopped with {type(error).__name__}: {cause}",
            "Run the same command to continue.",
            "".join(traceback.format_exception(error)),
        ) from error
