"""Train a small nnU-Net in this process: no worker processes, no environment variables left behind.

nnU-Net plans, preprocesses and trains through its own classes; three small ones here stand in for
what it would do with worker processes, and make its network small enough for a CPU.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from nbradiomics.errors import InputError
from nbradiomics.images.grid import require_same_grid
from nbradiomics.images.io import read_image, write_image
from nbradiomics.images.region import read_region
from nbradiomics.segmentation.environment import (
    environment,
    matplotlib_untouched,
    quiet_nnunet,
    random_state,
    torch_threads,
)
from nbradiomics.segmentation.recipe import Recipe

if TYPE_CHECKING:
    import SimpleITK as sitk

#: nnU-Net's own cross-validation has five folds; fewer cases cannot be split.
SPLIT = 5
ORIENTATION = "LPS"
CONFIGURATION = "3d_fullres"
_DATASET = "Dataset901_Training"

#: What a training case is given as: a file or an image.
Source: TypeAlias = "str | Path | sitk.Image"


def train_model(
    cases: Mapping[str, tuple[Source, Source]],
    out: str | Path,
    *,
    folds: int = 2,
    seed: int = 0,
    threads: int = 1,
    recipe: Recipe = Recipe(),  # noqa: B008 - frozen
) -> Path:
    """Train the first `folds` of nnU-Net's five folds and write them as a results folder.

    Parameters
    ----------
    cases
        Image and tumour mask (one label) by the case's name. Images are turned to axes left,
        posterior, superior; the model's card must say so (`ORIENTATION`).
    out
        Folder for ``plans.json``, ``dataset.json`` and ``fold_*/checkpoint_final.pth``; the weights are
        stored in half precision.
    folds
        1 to 5.
    seed
        Equal seeds give equal weights on the same machine with `threads` 1.
    threads
        Threads of torch.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    InputError
        Fewer than five cases, `folds` out of range, or a mask on another grid than its image.
    """
    if len(cases) < SPLIT:
        raise InputError(f"{len(cases)} cases; at least {SPLIT} were expected.", "Add training cases.")
    if not 1 <= folds <= SPLIT:
        raise InputError(f"folds is {folds}; 1 to {SPLIT} were expected.", "Choose another number of folds.")
    out = Path(out)
    with (
        tempfile.TemporaryDirectory(prefix="nbradiomics-train-") as work,
        environment(_variables(Path(work))),
        matplotlib_untouched(),
        torch_threads(threads),
        random_state(seed),  # planning builds networks, which draw weights
        quiet_nnunet(),
    ):
        _write_raw(cases, Path(work) / "raw" / _DATASET)
        _plan(recipe)
        trained = [_train_fold(Path(work), fold, seed, recipe) for fold in range(folds)]
        _export(trained, out)
    return out


def _variables(work: Path) -> dict[str, str | None]:
    folders = {
        name: str(work / name.removeprefix("nnUNet_"))
        for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")
    }
    return {**folders, "nnUNet_compile": "f", "nnUNet_wandb_enabled": "0", "nnUNet_n_proc_DA": "1"}


def _write_raw(cases: Mapping[str, tuple[Source, Source]], folder: Path) -> None:
    import SimpleITK as sitk

    for number, (name, (image_source, mask_source)) in enumerate(sorted(cases.items())):
        image, mask = read_image(image_source), read_region(mask_source)
        require_same_grid(image, mask, names=(f"image of {name}", f"mask of {name}"))
        case = f"case_{number:04d}"
        write_image(sitk.DICOMOrient(image, ORIENTATION), folder / "imagesTr" / f"{case}_0000.nii.gz")
        write_image(sitk.DICOMOrient(mask, ORIENTATION), folder / "labelsTr" / f"{case}.nii.gz")
    dataset = {
        "channel_names": {"0": "T2w"},
        "labels": {"background": 0, "tumour": 1},
        "numTraining": len(cases),
        "file_ending": ".nii.gz",
    }
    (folder / "dataset.json").write_text(json.dumps(dataset))


def _plan(recipe: Recipe) -> None:
    from nnunetv2.experiment_planning.dataset_fingerprint import fingerprint_extractor
    from nnunetv2.preprocessing.preprocessors import default_preprocessor

    from nbradiomics.segmentation.nnunet_classes import SmallPlanner, in_this_process

    with in_this_process(fingerprint_extractor, default_preprocessor):
        extractor = fingerprint_extractor.DatasetFingerprintExtractor(_DATASET, 1)
        extractor.show_progress_bar = False
        extractor.num_foreground_voxels_for_intensitystats = 200_000
        extractor.run(overwrite_existing=True)
        SmallPlanner(_DATASET, recipe).plan_experiment()
        preprocessor = default_preprocessor.DefaultPreprocessor(verbose=False)
        preprocessor.show_progress_bar = False
        preprocessor.run(_DATASET, CONFIGURATION, SmallPlanner.NAME, 1)


def _train_fold(work: Path, fold: int, seed: int, recipe: Recipe) -> Path:
    import torch

    from nbradiomics.segmentation.nnunet_classes import SmallPlanner, SmallTrainer

    folder = work / "preprocessed" / _DATASET
    plans: dict[str, Any] = json.loads((folder / f"{SmallPlanner.NAME}.json").read_text())
    plans["continue_training"] = False  # the trainer's own command would set it
    dataset = json.loads((folder / "dataset.json").read_text())
    # Planning needs one process for augmentation, training in this process needs none.
    with environment({"nnUNet_n_proc_DA": "0"}), random_state(seed * SPLIT + fold):
        trainer = SmallTrainer(plans, CONFIGURATION, fold, dataset, torch.device("cpu"))
        trainer.follow(recipe)
        trainer.run_training()
    return Path(trainer.output_folder)


def _export(trained: list[Path], out: Path) -> None:
    import torch

    out.mkdir(parents=True, exist_ok=True)
    for name in ("plans.json", "dataset.json"):
        (out / name).write_bytes((trained[0].parent / name).read_bytes())
    for folder in trained:
        # Written a moment ago by this process, so that unpickling it runs nobody else's code.
        checkpoint = torch.load(folder / "checkpoint_final.pth", map_location="cpu", weights_only=False)
        slim = {
            "network_weights": _halved(checkpoint["network_weights"]),
            "trainer_name": "nnUNetTrainer",
            "init_args": {"configuration": checkpoint["init_args"]["configuration"]},
            "inference_allowed_mirroring_axes": checkpoint["inference_allowed_mirroring_axes"],
        }
        (out / folder.name).mkdir(exist_ok=True)
        torch.save(slim, out / folder.name / "checkpoint_final.pth")


def _halved(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Half precision; a tensor that the network lists under several names stays one tensor."""
    seen: dict[tuple[int, tuple[int, ...]], Any] = {}
    result = {}
    for name, tensor in weights.items():
        key = (tensor.data_ptr(), tuple(tensor.shape))
        if key not in seen:
            seen[key] = tensor.half() if tensor.is_floating_point() else tensor.clone()
        result[name] = seen[key]
    return result
