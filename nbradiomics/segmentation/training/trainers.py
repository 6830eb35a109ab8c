"""nnU-Net's trainer with exact resuming and without figures, and a trainer of small networks on a CPU.

Import this module only to train a model, because nnU-Net's trainer imports many packages.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from batchgenerators.dataloading.nondet_multi_threaded_augmenter import NonDetMultiThreadedAugmenter, producer
from batchgeneratorsv2.transforms.noise.gaussian_blur import GaussianBlurTransform
from nnunetv2.training.lr_scheduler.polylr import PolyLRScheduler
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

from nbradiomics.errors import ModelError
from nbradiomics.files.atomic import whole
from nbradiomics.segmentation.training.progress import Trace, write_trace
from nbradiomics.segmentation.training.recipe import Recipe
from nbradiomics.system.child_processes import tie_to_parent
from nbradiomics.system.quiet import quiet

#: Number of first iterations that are timed, or fewer if they have taken this many seconds.
_TIMED, _ENOUGH = 4, 20.0


@dataclass(frozen=True)
class FoldFiles:
    """Files of a fold's trainer: final weights, intermediate state, and progress."""

    weights: Path
    state: Path
    trace: Path


class FoldTrainer(nnUNetTrainer):  # type: ignore[misc]  # nnU-Net has no type hints
    """nnU-Net's trainer, seeded again in each epoch, with checkpoints that are complete and weights only.

    It learns in the same way as nnU-Net. Call `follow` before it is run.
    """

    def follow(
        self, files: FoldFiles, *, epochs: int, seed: int, checkpoint_seconds: float, half: bool
    ) -> None:
        """Set the options for which nnU-Net's constructor has no arguments."""
        self.my_init_kwargs = {"configuration": self.configuration_name}
        self.files, self.seed, self.half = files, seed, half
        self.checkpoint_seconds = checkpoint_seconds
        self.num_epochs = epochs
        self.save_every = 1  # called after each epoch; `save_checkpoint` checks the time
        self.logger.plot_progress_png = _nothing
        self.seconds_before = 0.0
        self.started = self.saved = time.monotonic()
        self.ticks: list[float] = []

    # --- exact resuming -----------------------------------------------------------------------------

    def on_epoch_start(self) -> None:
        """Seed by the epoch, so that a resumed training draws the same numbers as an uninterrupted one."""
        seed_everything(self.seed, self.fold, self.current_epoch)
        super().on_epoch_start()

    @staticmethod
    def get_training_transforms(*args: Any, **kwargs: Any) -> Any:
        """nnU-Net's augmentation, without the time measurement by which a blur chooses its algorithm."""
        transforms = nnUNetTrainer.get_training_transforms(*args, **kwargs)
        for each in transforms.transforms:
            inner = getattr(each, "transform", each)
            if isinstance(inner, GaussianBlurTransform):
                inner.benchmark = False
        return transforms

    def save_checkpoint(self, filename: str) -> None:
        """Write the final weights, or, if it is time, the state of the training."""
        kind = Path(filename).name
        if kind == "checkpoint_final.pth":
            self._save_weights()
        elif kind == "checkpoint_latest.pth" and time.monotonic() - self.saved >= self.checkpoint_seconds:
            self._save_state()

    def _save_weights(self) -> None:
        content = {
            "network_weights": _as_stored(self._bare_network().state_dict(), half=self.half),
            "trainer_name": "nnUNetTrainer",  # stock nnU-Net can open it: the network is that of the plans
            "init_args": self.my_init_kwargs,
            "inference_allowed_mirroring_axes": self.inference_allowed_mirroring_axes,
        }
        _save_whole(content, self.files.weights)

    def _save_state(self) -> None:
        state = {
            "network": self._bare_network().state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": None if self.grad_scaler is None else self.grad_scaler.state_dict(),
            "log": _plain(self.logger.get_checkpoint()),
            "epoch": self.current_epoch + 1,
            "seconds": self._seconds(),
        }
        _save_whole(state, self.files.state)
        self.saved = time.monotonic()

    def resume(self) -> None:
        """Continue from the last saved state, if there is one."""
        self.initialize()
        if self.files.state.is_file():
            self._load_state()
        # An earlier session may have been further than its last checkpoint.
        write_trace(Trace(self.current_epoch, self.seconds_before), self.files.trace)

    def _load_state(self) -> None:
        try:
            state = torch.load(self.files.state, map_location=self.device, weights_only=True)
            self._bare_network().load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            if self.grad_scaler is not None:
                self.grad_scaler.load_state_dict(state["scaler"])
            self.logger.load_checkpoint(state["log"])
            self.current_epoch, self.seconds_before = state["epoch"], state["seconds"]
        except Exception as error:  # unpickling, a missing key, another shape: no common class
            first = (str(error).splitlines() or [type(error).__name__])[0]
            raise ModelError(
                f"the training cannot continue from {self.files.state}: {first}",
                "Remove this file to train the fold from its beginning.",
            ) from error

    def _bare_network(self) -> torch.nn.Module:
        """Return the network itself if torch has compiled it."""
        network: Any = self.network
        return getattr(network, "_orig_mod", network)  # type: ignore[no-any-return]

    # --- reports ------------------------------------------------------------------------------------

    def on_train_epoch_end(self, train_outputs: list[dict[str, Any]]) -> None:
        """Stop a training that has diverged."""
        finite = [bool(np.isfinite(output["loss"])) for output in train_outputs]
        # Mixed precision on a GPU skips single steps that overflow, and continues.
        if not (any(finite) if self.grad_scaler is not None else all(finite)):
            raise ModelError(
                f"the training of fold_{self.fold} diverged: its loss is not finite in epoch "
                f"{self.current_epoch + 1}.",
                "Train with --precision fp32 or another --seed, and check the images' values.",
            )
        super().on_train_epoch_end(train_outputs)

    def on_validation_epoch_end(self, val_outputs: list[dict[str, Any]]) -> None:
        """Suppress warnings when nnU-Net averages over patches without tumour."""
        with quiet(category=RuntimeWarning):
            super().on_validation_epoch_end(val_outputs)

    def on_epoch_end(self) -> None:
        """Write the progress of the fold."""
        super().on_epoch_end()
        write_trace(Trace(self.current_epoch, self._seconds(), self._epoch_seconds()), self.files.trace)

    def train_step(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Measure the time of the first steps."""
        self._tick()
        result: dict[str, Any] = super().train_step(batch)
        return result

    def _tick(self) -> None:
        if self._epoch_seconds() is None:
            self.ticks.append(time.monotonic())
            if self._epoch_seconds() is not None:
                write_trace(
                    Trace(self.current_epoch, self._seconds(), self._epoch_seconds()), self.files.trace
                )

    def _epoch_seconds(self) -> float | None:
        """Duration of an epoch, from its first iterations; validation has no backward pass (a third)."""
        done = len(self.ticks) - 1
        if done < 1 or (done < _TIMED and self.ticks[-1] - self.ticks[0] < _ENOUGH):
            return None
        iterations: float = self.num_iterations_per_epoch + self.num_val_iterations_per_epoch / 3
        return iterations * (self.ticks[-1] - self.ticks[0]) / done

    def _seconds(self) -> float:
        return self.seconds_before + time.monotonic() - self.started

    def stop_workers(self) -> None:
        """End the processes of the augmentation; nnU-Net does this only at the end of a training."""
        for loader in (self.dataloader_train, self.dataloader_val):
            if isinstance(loader, NonDetMultiThreadedAugmenter):
                loader._finish()

    # --- disabled functions -------------------------------------------------------------------------

    def plot_network_architecture(self) -> None:
        """Draw nothing."""

    def _save_debug_information(self) -> None:
        """Record nothing about the machine."""


class SmallTrainer(FoldTrainer):
    """Trainer of a `Recipe`: AdamW, few iterations, bf16 if it is fast."""

    def take(self, recipe: Recipe) -> None:
        """Apply the recipe's settings."""
        self.initial_lr = recipe.learning_rate
        self.num_iterations_per_epoch = recipe.iterations
        self.num_val_iterations_per_epoch = 1
        self.oversample_foreground_percent = recipe.foreground
        self.bf16, self.single = recipe.precision == "bf16", recipe.precision == "fp32"
        if self.bf16 or self.single:
            self.grad_scaler = None  # needed only for half precision, whose range is small

    def configure_optimizers(self) -> tuple[torch.optim.Optimizer, PolyLRScheduler]:
        """Use AdamW with nnU-Net's polynomial schedule."""
        optimizer = torch.optim.AdamW(
            self.network.parameters(), self.initial_lr, weight_decay=self.weight_decay
        )
        return optimizer, PolyLRScheduler(optimizer, self.initial_lr, self.num_epochs)

    def train_step(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Train one step as in nnU-Net, in the recipe's precision, with the loss in single precision."""
        if not (self.bf16 or self.single):
            return super().train_step(batch)
        self._tick()
        data = batch["data"].to(self.device)
        target = [each.to(self.device) for each in batch["target"]]
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bf16):
            output = self.network(data)
        loss = self.loss([each.float() for each in output], target)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 12)
        self.optimizer.step()
        return {"loss": loss.detach().cpu().numpy()}


def tied_producer(*arguments: Any) -> None:
    """Run batchgenerators' augmentation in a process that ends with the training."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        tie_to_parent(parent.pid)
    producer(*arguments)


def seed_everything(*words: int) -> None:
    """Seed the global generators of Python, NumPy and torch from several numbers."""
    python, numpy, for_torch = map(int, np.random.SeedSequence(words).generate_state(3))
    random.seed(python)
    np.random.seed(numpy)  # noqa: NPY002 - what nnU-Net uses
    torch.manual_seed(for_torch)


def _as_stored(weights: Mapping[str, torch.Tensor], *, half: bool) -> dict[str, torch.Tensor]:
    """Weights for a file; a tensor with several names in the network stays one tensor."""
    seen: dict[tuple[int, tuple[int, ...]], torch.Tensor] = {}
    result = {}
    for name, tensor in weights.items():
        key = (tensor.data_ptr(), tuple(tensor.shape))
        if key not in seen:
            stored = tensor.detach().cpu()
            seen[key] = stored.half() if half and stored.is_floating_point() else stored
        result[name] = seen[key]
    return result


def _save_whole(content: Mapping[str, Any], path: Path) -> None:
    with whole(path) as temporary, open(temporary, "wb") as file:
        torch.save(content, file)


def _plain(value: Any) -> Any:
    """Convert nnU-Net's log to Python numbers, because checkpoints are loaded as weights only."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else float(value)


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Replace a disabled method."""
