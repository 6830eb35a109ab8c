"""A planner of small networks for nnU-Net, preprocessed cases as plain arrays, and a pool of other workers.

Import this module only to train a model, because it needs large parts of nnU-Net.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from nnunetv2.experiment_planning.experiment_planners.default_experiment_planner import ExperimentPlanner
from nnunetv2.preprocessing.preprocessors.default_preprocessor import DefaultPreprocessor
from nnunetv2.training.dataloading.nnunet_dataset import nnUNetBaseDataset

from nbradiomics.execution.executors.local import tied_to_this, workers_replaced_quietly
from nbradiomics.segmentation.training.nnunet_names import CONFIGURATION, PLANS_NAME
from nbradiomics.segmentation.training.recipe import Recipe
from nbradiomics.system.child_processes import starting_workers

if TYPE_CHECKING:
    import numpy.typing as npt

_TUMOUR = "_tumour.npy"


class SmallPlanner(ExperimentPlanner):  # type: ignore[misc]  # nnU-Net has no type hints
    """nnU-Net's planner with the grid, patch and network size of a recipe; it plans one configuration."""

    def __init__(self, dataset: str, recipe: Recipe) -> None:
        super().__init__(dataset, plans_name=PLANS_NAME)
        fingerprint = self.dataset_fingerprint
        self.recipe = recipe.fitted(fingerprint["spacings"], fingerprint["shapes_after_crop"])
        self.overwrite_target_spacing = self.recipe.spacing
        self.lowres_creation_threshold = 0.0  # no second configuration with a lower resolution
        self.UNet_base_num_features = recipe.features
        self.UNet_max_features_3d = recipe.max_features
        self.UNet_blocks_per_stage_encoder = (recipe.blocks,) * 14
        self.UNet_blocks_per_stage_decoder = (1,) * 13

    def get_plans_for_configuration(
        self, spacing: Any, median_shape: Any, identifier: str, voxels: float, cache: dict[Any, Any]
    ) -> dict[str, Any]:
        """Plan for the recipe's patch; the depth of nnU-Net's network depends on the patch."""
        if len(spacing) == 2:
            return {}  # two-dimensional plans, removed in `save_plans`
        forward, _ = self.determine_transpose()
        patch = [(self.recipe.patch or ())[axis] for axis in forward]
        plan: dict[str, Any] = super().get_plans_for_configuration(spacing, patch, identifier, voxels, cache)
        return {**plan, "batch_size": self.recipe.batch, "median_image_size_in_voxels": median_shape}

    def save_plans(self, plans: dict[str, Any]) -> None:
        """Save the plans with one configuration only."""
        plans["configurations"] = {CONFIGURATION: plans["configurations"][CONFIGURATION]}
        super().save_plans(plans)


class ArrayDataset(nnUNetBaseDataset):  # type: ignore[misc]  # nnU-Net has no type hints
    """Preprocessed cases as arrays of numbers; nnU-Net's own files contain pickles, which can run code."""

    @staticmethod
    def save_case(
        data: npt.NDArray[Any],
        seg: npt.NDArray[Any],
        properties: dict[str, Any],
        output_filename_truncated: str,
    ) -> None:
        """Save the channels, the labels, and the tumour's voxels (rows of 0, z, y, x)."""
        places = np.asarray(properties["class_locations"][1], dtype=np.int64).reshape(-1, 4)
        np.save(f"{output_filename_truncated}.npy", data.astype(np.float32))
        np.save(f"{output_filename_truncated}_seg.npy", seg)
        np.save(f"{output_filename_truncated}{_TUMOUR}", places)

    @staticmethod
    def get_identifiers(folder: str) -> list[str]:
        """Names of the cases in a folder."""
        return [path.name.removesuffix(_TUMOUR) for path in Path(folder).glob(f"*{_TUMOUR}")]

    def load_case(self, identifier: str) -> tuple[Any, Any, None, dict[str, Any]]:
        """Channels and labels, mapped from disk, and the properties that the data loader needs.

        They are mapped copy-on-write: torch warns about read-only arrays, and changes never reach the file.
        """
        stem = Path(self.source_folder) / identifier
        places = np.load(f"{stem}{_TUMOUR}")
        data, labels = (np.load(f"{stem}{ending}", mmap_mode="c") for ending in (".npy", "_seg.npy"))
        return data, labels, None, {"class_locations": {1: places}}


class Preprocessor(DefaultPreprocessor):  # type: ignore[misc]  # nnU-Net has no type hints
    """nnU-Net's preprocessor that writes an `ArrayDataset`."""

    def run_case_save(self, output_filename_truncated: str, *case: Any) -> None:
        """Preprocess one case and save it."""
        data, labels, properties = self.run_case(*case)
        ArrayDataset.save_case(data, labels, properties, output_filename_truncated)


class _Done:
    """Result of an asynchronous call that is already done."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def ready(self) -> bool:
        return True

    def get(self) -> Any:
        return [self.value]


class _Later:
    """Result of an asynchronous call that a worker computes."""

    def __init__(self, future: Any) -> None:
        self.future = future

    def ready(self) -> bool:
        return bool(self.future.done())

    def get(self) -> Any:
        return [self.future.result()]


class _Worker:
    def is_alive(self) -> bool:
        return True


class _Pool:
    """The part of ``multiprocessing`` and its pools that nnU-Net uses, in this process or in loky's workers.

    Workers that multiprocessing spawns import the caller's main module again, which fails for many scripts
    and notebooks.
    """

    def __init__(self, workers: Any, advance: Callable[[], None]) -> None:
        self._pool = [_Worker()]
        self.workers, self.advance = workers, advance

    def get_context(self, _method: str) -> _Pool:
        return self

    def Pool(self, _processes: int) -> _Pool:  # noqa: N802 - multiprocessing's name
        return self

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def starmap_async(
        self, function: Callable[..., Any], arguments: Iterable[tuple[Any, ...]]
    ) -> _Done | _Later:
        (each,) = arguments  # nnU-Net passes one case per call
        if self.workers is not None:
            with starting_workers():
                future = self.workers.submit(function, *each)
            future.add_done_callback(lambda _: self.advance())
            return _Later(future)
        done = _Done(function(*each))
        self.advance()
        return done


@contextlib.contextmanager
def pool_instead(jobs: int, advance: Callable[[], None], *modules: ModuleType) -> Iterator[None]:
    """Replace the pool of workers in modules of nnU-Net.

    Parameters
    ----------
    jobs
        Number of processes; 1 works in this process.
    advance
        Called after each case.
    """
    from joblib.externals.loky import ProcessPoolExecutor

    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    with workers_replaced_quietly(), contextlib.ExitStack() as stack:
        workers = ProcessPoolExecutor(jobs, env=one_thread, **tied_to_this()) if jobs > 1 else None
        if workers is not None:
            stack.callback(workers.shutdown, kill_workers=True)
        for module in modules:
            stack.enter_context(replaced(module, multiprocessing=_Pool(workers, advance)))
        yield


@contextlib.contextmanager
def replaced(module: ModuleType, **names: Any) -> Iterator[None]:
    """Replace names of a module temporarily."""
    before = {name: module.__dict__[name] for name in names}
    try:
        module.__dict__.update(names)
        yield
    finally:
        module.__dict__.update(before)
