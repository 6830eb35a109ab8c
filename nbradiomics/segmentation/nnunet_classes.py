"""nnU-Net's planner and trainer made small, and a pool that works in this process.

Imported only while a model is trained: it needs nnU-Net's trainer, which loads a good deal.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch
from nnunetv2.experiment_planning.experiment_planners.default_experiment_planner import ExperimentPlanner
from nnunetv2.training.lr_scheduler.polylr import PolyLRScheduler
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

if TYPE_CHECKING:
    from nbradiomics.segmentation.recipe import Recipe


class SmallPlanner(ExperimentPlanner):  # type: ignore[misc]  # nnU-Net has no type hints
    """nnU-Net's planner with the recipe's spacing, patch and number of features."""

    NAME = "nnUNetPlans"

    def __init__(self, dataset: str, recipe: Recipe) -> None:
        super().__init__(dataset, overwrite_target_spacing=recipe.spacing, plans_name=self.NAME)
        self.recipe = recipe
        self.UNet_base_num_features = recipe.features
        self.UNet_max_features_3d = recipe.max_features
        self.UNet_blocks_per_stage_encoder = (1,) * 14
        self.UNet_blocks_per_stage_decoder = (1,) * 13

    def save_plans(self, plans: dict[str, Any]) -> None:
        """Put the recipe's patch in; one configuration is enough."""
        full = plans["configurations"]["3d_fullres"]
        full["patch_size"] = list(self.recipe.patch)
        full["batch_size"] = 2
        plans["configurations"] = {"3d_fullres": full}
        super().save_plans(plans)


class SmallTrainer(nnUNetTrainer):  # type: ignore[misc]  # nnU-Net has no type hints
    """nnU-Net's trainer with AdamW, few iterations, and neither figures nor log files."""

    def follow(self, recipe: Recipe) -> None:
        """Take the recipe's numbers; nnU-Net's constructor admits no further argument."""
        self.my_init_kwargs = {"configuration": self.configuration_name}
        self.initial_lr = recipe.learning_rate
        self.num_epochs = recipe.epochs
        self.num_iterations_per_epoch = recipe.iterations
        self.num_val_iterations_per_epoch = 1
        self.oversample_foreground_percent = 0.5
        self.save_every = recipe.epochs + 1
        self.logger.plot_progress_png = _nothing

    def configure_optimizers(self) -> tuple[torch.optim.Optimizer, PolyLRScheduler]:
        """AdamW with nnU-Net's polynomial schedule."""
        optimizer = torch.optim.AdamW(
            self.network.parameters(), self.initial_lr, weight_decay=self.weight_decay
        )
        return optimizer, PolyLRScheduler(optimizer, self.initial_lr, self.num_epochs)

    def print_to_log_file(self, *args: Any, **kwargs: Any) -> None:
        """Write no log."""

    def plot_network_architecture(self) -> None:
        """Draw nothing."""

    def _save_debug_information(self) -> None:
        """Record nothing about the machine."""

    def save_checkpoint(self, filename: str) -> None:
        """Keep the last weights only."""
        if filename.endswith("checkpoint_final.pth"):
            super().save_checkpoint(filename)


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Stand in for a method that is not wanted."""


class _Done:
    """What an asynchronous call returns, once it is done: here at once."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def ready(self) -> bool:
        return True

    def get(self) -> Any:
        return self.value


class _Worker:
    def is_alive(self) -> bool:
        return True


class _Pool:
    """The part of ``multiprocessing.Pool`` that nnU-Net uses, without processes."""

    def __init__(self, processes: int) -> None:
        self._pool = [_Worker() for _ in range(processes)]

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def starmap_async(self, function: Callable[..., Any], arguments: Iterable[tuple[Any, ...]]) -> _Done:
        return _Done([function(*each) for each in arguments])


class _InProcess:
    Pool = _Pool

    @classmethod
    def get_context(cls, _method: str) -> type[_InProcess]:
        return cls


@contextlib.contextmanager
def in_this_process(*modules: ModuleType) -> Iterator[None]:
    """Let modules of nnU-Net that start a pool of workers do the work in this process instead."""
    before = [module.multiprocessing for module in modules]
    try:
        for module in modules:
            module.__dict__["multiprocessing"] = _InProcess
        yield
    finally:
        for module, own in zip(modules, before, strict=True):
            module.__dict__["multiprocessing"] = own
