"""How a network is run, post-processing, and the process that is left as it was."""

from __future__ import annotations

import os
import random
import threading
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
import torch

from nbradiomics.errors import InputError, ModelError
from nbradiomics.segmentation import Inference, PostProcessing, device as device_module, load_model
from tests.support.helpers import array
from tests.support.predictions import PLAIN, STOCK, body, images_for
from tests.support.random_model import make_model

# --- how it is run ----------------------------------------------------------------------------------


def test_auto_is_replaced_by_what_it_means_here(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for native, precision in ((True, "bf16"), (False, "fp32")):
        monkeypatch.setattr(
            "nbradiomics.segmentation.prediction.inference.native_bf16", lambda native=native: native
        )
        assert Inference().resolved() == Inference(device="cpu", precision=precision)
        assert Inference(precision="fp32").resolved().precision == "fp32"
    with pytest.raises(InputError, match="torch sees no GPU"):
        Inference(device="cuda").resolved()
    with pytest.raises(InputError, match="fp16, but the device is a CPU"):
        Inference(precision="fp16").resolved()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert Inference().resolved() == Inference(device="cuda", precision="fp16")
    assert Inference(device="cpu").resolved().device == "cpu"


def test_the_processor_is_asked_for_bf16():
    flags = Path("/proc/cpuinfo")
    if not flags.is_file() or "flags" not in flags.read_text(encoding="utf-8"):
        pytest.skip("this system does not list the processor's abilities")
    words = set(flags.read_text(encoding="utf-8").split())
    assert device_module.native_bf16() == bool(words & {"avx512_bf16", "amx_tile"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "tpu"}, "device: Input should be 'auto', 'cpu' or 'cuda'; found: 'tpu'"),
        ({"precision": "int8"}, "precision: Input .* found: 'int8'"),
        ({"resampling": "cubic"}, "resampling: Input should be 'torch' or 'stock'; found: 'cubic'"),
    ],
)
def test_unknown_words_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        Inference(**options)


def test_mirroring_of_a_model_that_was_trained_without_it_is_refused(tmp_path):
    model = load_model(make_model(tmp_path / "model", mirroring=None))
    with pytest.raises(
        InputError, match="mirroring was requested, but the model model was trained without it"
    ):
        model.predict(body(0), inference=Inference(mirroring=True))


def test_plans_that_ask_for_their_own_resampling_keep_it(tmp_path):
    plans = {"resampling_fn_probabilities": "resample_torch_fornnunet"}
    kwargs = {"is_seg": False, "force_separate_z": False, "memefficient_seg_resampling": False}
    model = load_model(make_model(tmp_path / "model", **plans, resampling_fn_probabilities_kwargs=kwargs))
    assert model.resolve(PLAIN).resampling == "stock"
    assert model.predict(body(0), inference=PLAIN).inference.resampling == "stock"


# --- post-processing ----------------------------------------------------------------------------------


def test_post_processing_is_done_to_the_mask_and_not_to_what_tells_how_sure_it_is(models):
    model, settings = models["one channel"], PostProcessing(largest_component=True)
    plain = model.predict(images_for(model))
    found = model.predict(images_for(model), postprocessing=settings)
    assert np.array_equal(array(found.mask) > 0, settings.apply(array(plain.mask) > 0, 1.0))
    assert 0 < found.volume_ml < plain.volume_ml
    assert found.removed_ml == pytest.approx(plain.volume_ml - found.volume_ml)
    assert plain.removed_ml == 0
    assert np.array_equal(array(found.probability), array(plain.probability))
    for name, before in plain.fold_masks.items():
        assert np.array_equal(array(found.fold_masks[name]), array(before))
    assert (found.fold_dice, found.volume_cv) == (plain.fold_dice, plain.volume_cv)


def test_a_tumour_that_is_removed_whole_is_no_agreement_on_none(models):
    model = models["one channel"]
    found = model.predict(images_for(model), postprocessing=PostProcessing(min_volume_ml=1e6))
    assert found.volume_ml == 0 < found.removed_ml
    assert found.fold_dice < 1


# --- the process is left as it was ------------------------------------------------------------------


def process_state() -> tuple[Any, ...]:
    return (
        dict(os.environ),
        dict(mpl.rcParams),
        mpl.get_backend(),
        torch.get_num_threads(),
        threading.active_count(),
        torch.get_rng_state().tolist(),
        random.getstate(),
        np.random.get_state()[1].tolist(),  # noqa: NPY002 - what nnU-Net uses
        torch.is_autocast_enabled("cpu"),
        torch.is_inference_mode_enabled(),
        Path.cwd(),
    )


@pytest.mark.parametrize(
    "inference", [STOCK, Inference(device="cpu", precision="bf16")], ids=["stock", "bf16"]
)
def test_prediction_leaves_the_process_as_it_was(models, monkeypatch, capfd, inference):
    monkeypatch.setenv("nnUNet_compile", "1")
    model, before = models["two channels"], process_state()
    weights = [id(fold) for fold in model.predictor.list_of_parameters]
    model.predict(images_for(model), inference=inference, threads=3)
    assert process_state() == before
    assert capfd.readouterr().out == ""
    assert model.predictor.device == torch.device("cpu")
    assert [id(fold) for fold in model.predictor.list_of_parameters] == weights


def test_a_network_that_fails_leaves_the_process_as_it_was(models, monkeypatch, capfd):
    model, before = models["one channel"], process_state()

    def fail(_patch: torch.Tensor) -> torch.Tensor:
        torch.set_num_threads(5)
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(model.predictor.network, "forward", fail)
        with pytest.raises(RuntimeError, match="out of memory"):
            model.predict(images_for(model), threads=2)
    assert process_state() == before
    assert capfd.readouterr().out == ""
    assert model.predict(images_for(model)).volume_ml > 0


def test_a_network_whose_output_is_not_finite_is_refused(models, monkeypatch):
    """nnU-Net would find nothing, without a word."""
    model = models["one channel"]

    def explode(patch: torch.Tensor) -> torch.Tensor:
        return torch.full((1, 2, *patch.shape[2:]), torch.nan)

    monkeypatch.setattr(model.predictor.network, "forward", explode)
    with pytest.raises(ModelError, match="network's output is not finite for this image"):
        model.predict(images_for(model))


def test_the_same_image_gives_the_same_maps_again(models):
    model = models["regions"]
    first, second = (model.predict(images_for(model)) for _ in range(2))
    assert np.array_equal(array(first.probability), array(second.probability))
    assert np.array_equal(array(first.mask), array(second.mask))
