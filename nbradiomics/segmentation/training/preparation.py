"""Prepare checked cases as nnU-Net's preprocessed data set: raw files, plans, folds, arrays."""

from __future__ import annotations

import contextlib
import json
import shutil
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nbradiomics.cohort import Case
from nbradiomics.errors import InputError, NbradiomicsError, StorageError
from nbradiomics.execution.execution import Execution
from nbradiomics.files.atomic import write_text
from nbradiomics.files.sealed import BrokenSealError
from nbradiomics.segmentation.environment import environment, matplotlib_untouched, quiet_nnunet, random_state
from nbradiomics.segmentation.model_files.layout import PLANS
from nbradiomics.segmentation.training.cases import write_raw_case
from nbradiomics.segmentation.training.folder import TrainingFolder
from nbradiomics.segmentation.training.nnunet_names import CONFIGURATION, DATASET, PLANS_NAME, variables
from nbradiomics.segmentation.training.recipe import Recipe
from nbradiomics.segmentation.training.settings import TrainingSettings
from nbradiomics.segmentation.training.splits import Split

#: Files that describe the model: names among the preprocessed files and in the model's folder.
_STAGED = {
    f"{PLANS_NAME}.json": PLANS,
    "dataset.json": "dataset.json",
    "dataset_fingerprint.json": "dataset_fingerprint.json",
}
_STAGE = "prepare"
#: Number of tumour voxels that are sampled for the intensity statistics; nnU-Net's own number is 100 million,
#: which takes longer than training a small network.
_SAMPLED = 200_000


def prepare(
    cases: Mapping[str, Case],
    splits: Sequence[Split],
    folder: TrainingFolder,
    *,
    channels: tuple[str, ...],
    label: int,
    settings: TrainingSettings,
    execution: Execution,
) -> list[str]:
    """Write the raw data set, plan and preprocess it, unless this is already done.

    Parameters
    ----------
    cases, splits
        The cases and the folds.
    folder
        Folder of the training; plans and dataset.json are written to its `model`.
    channels, label
        As in `read_training_case`.
    settings
        The recipe of a small network, or none for nnU-Net's own planner; nnU-Net needs the seed because it
        builds networks during planning.
    execution
        Processes and progress display.

    Returns
    -------
    list of str
        Decisions that the user should know.

    Raises
    ------
    InputError
        When a case cannot be written, or nnU-Net finds no three-dimensional network for the images.
    """
    notes: list[str] = []
    try:
        done = folder.prepared()
    except BrokenSealError as error:
        notes, done = [f"Found damaged or changed: {error}. The images are prepared again."], None
    if done is None:
        for name in ("raw", "preprocessed", "results"):
            shutil.rmtree(folder.work / name, ignore_errors=True)
        identifiers = {name: f"case_{number:04d}" for number, name in enumerate(sorted(cases))}
        _write_raw(cases, identifiers, folder.work, channels, label, execution)
        with (
            environment({**variables(folder.work), "nnUNet_n_proc_DA": "1"}),
            matplotlib_untouched(),
            random_state(settings.seed),
            quiet_nnunet(),
        ):
            _plan_and_preprocess(settings.recipe, len(cases), execution)
        preprocessed = folder.work / "preprocessed" / DATASET
        named = [
            {
                "train": [identifiers[name] for name in split.train],
                "val": [identifiers[name] for name in split.validation],
            }
            for split in splits
        ]
        write_text(json.dumps(named, indent=1), preprocessed / "splits_final.json")
        _stage(preprocessed, folder.model)
        done = _notes(folder, settings.recipe)
        files = [path for path in sorted(preprocessed.rglob("*")) if path.is_file()]
        folder.mark_prepared(done, [*files, *(folder.model / name for name in _STAGED.values())])
    return [*notes, *done]


def plans_of(folder: TrainingFolder) -> dict[str, Any]:
    """Return the plans of a prepared training."""
    plans: dict[str, Any] = json.loads((folder.model / PLANS).read_text(encoding="utf-8"))
    return plans


def _write_raw(
    cases: Mapping[str, Case],
    identifiers: Mapping[str, str],
    work: Path,
    channels: tuple[str, ...],
    label: int,
    execution: Execution,
) -> None:
    raw = work / "raw" / DATASET
    arguments = {name: (case, channels, label, raw, identifiers[name]) for name, case in cases.items()}
    failures = execution.map(write_raw_case, arguments, stage=_STAGE).failures
    if failures:
        raise InputError(f"{failures[0].case}: {failures[0].cause}", failures[0].hint, failures[0].details)
    dataset = {
        "channel_names": {str(number): name for number, name in enumerate(channels)},
        "labels": {"background": 0, "tumour": 1},
        "numTraining": len(cases),
        "file_ending": ".nii.gz",
    }
    (raw / "dataset.json").write_text(json.dumps(dataset, indent=2), encoding="utf-8")


def _plan_and_preprocess(recipe: Recipe | None, cases: int, execution: Execution) -> None:
    from nnunetv2.experiment_planning.dataset_fingerprint import fingerprint_extractor
    from nnunetv2.experiment_planning.experiment_planners.default_experiment_planner import ExperimentPlanner
    from nnunetv2.preprocessing.preprocessors import default_preprocessor

    from nbradiomics.segmentation.training import nnunet_classes as classes

    jobs = min(execution.jobs, cases)
    with (
        execution.progress(_STAGE, 2 * cases) as advance,
        classes.pool_instead(jobs, advance, fingerprint_extractor, default_preprocessor),
        _errors_explained(),
    ):
        extractor = fingerprint_extractor.DatasetFingerprintExtractor(DATASET, jobs)
        extractor.show_progress_bar = False
        if recipe is not None:
            extractor.num_foreground_voxels_for_intensitystats = _SAMPLED
        extractor.run(overwrite_existing=True)
        planner = ExperimentPlanner(DATASET) if recipe is None else classes.SmallPlanner(DATASET, recipe)
        plans = planner.plan_experiment()
        if CONFIGURATION not in plans["configurations"]:
            raise InputError(
                "the images have only one slice.", "Use volumes: the network is three-dimensional."
            )
        preprocessor = classes.Preprocessor(verbose=False)
        preprocessor.show_progress_bar = False
        preprocessor.run(DATASET, CONFIGURATION, PLANS_NAME, jobs)


@contextlib.contextmanager
def _errors_explained() -> Iterator[None]:
    """Report exceptions of nnU-Net as failures of planning or preprocessing."""
    try:
        yield
    except (NbradiomicsError, StorageError):
        raise
    except Exception as error:
        raise InputError(
            f"nnU-Net could not plan or preprocess the cases: {type(error).__name__}: {error}",
            "If memory ran out, use fewer processes (--jobs); otherwise check the sizes of the images.",
            "".join(traceback.format_exception(error)),
        ) from error


def _stage(preprocessed: Path, model: Path) -> None:
    """Copy the files that describe the model to the folder of its weights."""
    model.mkdir(parents=True, exist_ok=True)
    for source, target in _STAGED.items():
        shutil.copyfile(preprocessed / source, model / target)


def _notes(folder: TrainingFolder, recipe: Recipe | None) -> list[str]:
    spacing, patch = grid_of(plans_of(folder))
    edges, voxels = " x ".join(f"{edge:.3g}" for edge in spacing), " x ".join(map(str, patch))
    notes = [f"Images are resampled to {edges} mm, and a patch of the network has {voxels} voxels (z, y, x)."]
    if recipe is not None and recipe.patch not in (None, patch):
        requested = " x ".join(map(str, recipe.patch or ()))
        notes.append(f"The patch {requested} was changed to {voxels}: the network must be able to halve it.")
    return notes


def grid_of(plans: Mapping[str, Any]) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Voxel size in mm and patch in voxels of the plans, along z, y, x of the images."""
    full = plans["configurations"][CONFIGURATION]
    back = plans["transpose_backward"]
    spacing = tuple(float(full["spacing"][axis]) for axis in back)
    return spacing, tuple(int(full["patch_size"][axis]) for axis in back)
