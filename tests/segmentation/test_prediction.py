"""What a prediction is made of: against nnU-Net's own, folds, maps, post-processing, precision."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
import SimpleITK as sitk
import torch

from nbradiomics.errors import InputError, ModelError
from nbradiomics.segmentation import Inference, Model, PostProcessing, device as device_module, load_model
from nbradiomics.segmentation.environment import torch_threads
from nbradiomics.segmentation.model_files.card import Card, write_card
from tests.support.helpers import make_image
from tests.support.random_model import make_model

STOCK = Inference(device="cpu", precision="fp32", resampling="stock")
PLAIN = Inference(device="cpu", precision="fp32")
LABELS = {"background": 0, "kidney": 1, "core": 2, "rim": 3}
REGIONS = {"background": 0, "whole": [1, 2, 3], "core": [2, 3], "necrosis": [3]}
#: Models of every kind: what each is made with, and what its card says is the tumour.
KINDS: dict[str, tuple[dict[str, Any], tuple[str, ...] | None]] = {
    "one channel": ({}, None),
    "two channels": ({"channels": ("T2w", "ADC")}, None),
    "several labels": ({"labels": LABELS}, ("core", "rim")),
    "regions": ({"labels": REGIONS, "order": (1, 2, 3), "channels": ("T2w", "ADC")}, None),
    "one region of several": ({"labels": REGIONS, "order": (1, 2, 3)}, ("core",)),
    "thick slices": ({"spacing": [9.0, 2.0, 2.0]}, None),
    "two dimensions": ({"flat": True, "mirroring": (0, 1)}, None),
    "one fold": ({"folds": 1}, None),
}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """As many threads as cores stand in each other's way where tests share a machine."""
    with torch_threads(1):
        yield


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    made = {}
    for name, (options, tumour) in KINDS.items():
        folder = root / name.replace(" ", "_")
        folder.mkdir()
        write_card(Card(tumour=tumour), folder)
        made[name] = make_model(folder, **options)
    return made


@pytest.fixture(scope="module")
def models(folders) -> dict[str, Model]:
    return {name: load_model(folder) for name, folder in folders.items()}


def array(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


def body(seed: int) -> sitk.Image:
    """Smooth noise in a body with an empty rim, on a grid of its own."""
    voxels = np.random.default_rng(seed).normal(300, 60, (16, 34, 38)).astype(np.float32)
    smooth = sitk.DiscreteGaussian(make_image(voxels, (2.2, 2.4, 3.7)), 9.0)
    voxels = array(smooth)
    voxels[:, :4], voxels[:2], voxels[..., -3:] = 0, 0, 0
    return make_image(voxels, (2.2, 2.4, 3.7))


def images_for(model: Model) -> dict[str, sitk.Image]:
    return {name: body(seed) for seed, name in enumerate(model.channels)}


def stock_predictor(folder: Path, model: Model, *, mirroring: bool = False) -> Any:
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    predictor = nnUNetPredictor(
        use_mirroring=mirroring,
        perform_everything_on_device=False,
        device=torch.device("cpu"),
        allow_tqdm=False,
    )
    predictor.initialize_from_trained_model_folder(str(folder), tuple(range(len(model.folds))))
    return predictor


def stock_input(model: Model) -> tuple[np.ndarray, dict[str, list[float]]]:
    images = list(images_for(model).values())
    return np.stack([array(image) for image in images]), {"spacing": list(images[0].GetSpacing()[::-1])}


# --- nnU-Net's own masks and probabilities ----------------------------------------------------------


@pytest.mark.parametrize("mirroring", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_the_mask_is_nnunets_own_voxel_for_voxel(folders, models, kind, mirroring):
    model = models[kind]
    stock = stock_predictor(folders[kind], model, mirroring=mirroring)
    labels = stock.predict_single_npy_array(*stock_input(model))
    expected = np.isin(labels, sorted(model.tumour.values))
    assert 0.02 < expected.mean() < 0.98
    inference = Inference("cpu", "fp32", "stock", mirroring)
    found = model.predict(images_for(model), inference=inference)
    assert np.array_equal(array(found.mask), expected)
    assert found.inference == inference


@pytest.mark.parametrize("kind", KINDS)
def test_the_probability_is_that_of_nnunets_own_map(folders, models, kind):
    model = models[kind]
    _, heads = stock_predictor(folders[kind], model).predict_single_npy_array(
        *stock_input(model), save_or_return_probabilities=True
    )
    tumour = heads[list(model.tumour.heads)]
    expected = tumour.max(0) if model.tumour.regions else tumour.sum(0)
    for inference, tolerance in ((STOCK, 1e-6), (PLAIN, 2e-3)):
        found = model.predict(images_for(model), inference=inference).probability
        assert found.GetPixelID() == sitk.sitkFloat32
        assert array(found) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("kind", KINDS)
def test_linear_resampling_by_torch_changes_single_voxels_of_the_edge(models, kind):
    model = models[kind]
    stock, torch_ = (model.predict(images_for(model), inference=each) for each in (STOCK, PLAIN))
    assert (array(stock.mask) != array(torch_.mask)).mean() < 0.002
    assert torch_.fold_dice == pytest.approx(stock.fold_dice, abs=5e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_half_as_many_bits_change_little(models, kind):
    model = models[kind]
    full, half = (
        model.predict(images_for(model), inference=Inference("cpu", precision))
        for precision in ("fp32", "bf16")
    )
    assert np.abs(array(full.probability) - array(half.probability)).max() < 0.1
    assert np.abs(array(full.probability) - array(half.probability)).mean() < 0.01
    assert np.any(array(full.probability) != array(half.probability))


def test_what_the_network_gives_is_single_precision_before_it_is_weighted():
    from nbradiomics.segmentation.prediction.logits import _InPrecision

    convolution = torch.nn.Conv3d(1, 2, 3)
    patch = torch.randn(1, 1, 8, 8, 8)
    with torch.inference_mode():
        found = _InPrecision(convolution, Inference("cpu", "bf16"))(patch)
        expected = convolution(patch)
    assert found.dtype == torch.float32
    assert not torch.equal(found, expected)
    assert torch.allclose(found, expected, atol=0.05)


# --- the parts of a prediction ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_mask_probability_and_entropy_fit_together(models, kind):
    model = models[kind]
    image = images_for(model)[model.channels[0]]
    found = model.predict(images_for(model))
    mask, probability, entropy = array(found.mask) > 0, array(found.probability), array(found.entropy)
    assert found.mask.GetPixelID() == sitk.sitkUInt8
    assert probability.dtype == entropy.dtype == np.float32
    assert 0 <= probability.min() <= probability.max() <= 1
    assert 0 <= entropy.min() <= entropy.max() <= 1
    for made in (found.mask, found.probability, found.entropy, *found.fold_masks.values()):
        assert made.GetSize() == image.GetSize()
        assert made.GetDirection() == image.GetDirection()
        assert made.GetSpacing() == image.GetSpacing()
    if len(model.tumour.heads) == 1 and kind != "several labels":
        assert np.array_equal(mask, probability > 0.5)
    assert np.all(probability[:2] == 0), "the empty rim is cut away"
    assert found.volume_ml == pytest.approx(mask.sum() * 2.2 * 2.4 * 3.7 / 1000)


@pytest.mark.parametrize("region", ["core", "whole"])
@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_regions_mask_is_where_its_probability_is_above_one_half(tmp_path, region, order):
    """Whichever region stands first in dataset.json, and whichever nnU-Net would paint last."""
    names = {"whole": [1, 2], "core": 2} if order == (1, 2) else {"core": 2, "whole": [1, 2]}
    folder = make_model(tmp_path / "model", labels={"background": 0, **names}, order=order)
    write_card(Card(tumour=(region,)), folder)
    model = load_model(folder)
    found = model.predict(images_for(model), inference=PLAIN)
    assert found.volume_ml > 0
    assert np.array_equal(array(found.mask) > 0, array(found.probability) > 0.5)


@pytest.mark.parametrize("inference", [STOCK, PLAIN], ids=["stock", "torch"])
def test_each_folds_mask_is_that_of_the_fold_alone(models, inference):
    model = models["several labels"]
    found = model.predict(images_for(model), inference=inference)
    assert set(found.fold_masks) == {"fold_0", "fold_1"}
    for name, mask in found.fold_masks.items():
        alone = model.with_folds([name]).predict(images_for(model), inference=inference)
        assert np.array_equal(array(alone.mask), array(mask))
        assert list(alone.fold_masks) == [name]
        assert (alone.fold_dice, alone.volume_cv) == (None, None)
    assert 0 < found.fold_dice < 1


def test_a_model_of_some_folds_is_another_model(models):
    model = models["one channel"]
    first, second = model.with_folds(["fold_0"]), model.with_folds(("fold_1",))
    assert first.folds == ("fold_0",)
    assert len({model.fingerprint, first.fingerprint, second.fingerprint}) == 3
    assert model.with_folds(["fold_1", "fold_0"]) is model
    assert len(model.predictor.list_of_parameters) == 2
    with pytest.raises(ModelError, match=r"has no fold_7\. It has fold_0, fold_1"):
        model.with_folds(["fold_0", "fold_7"])
    with pytest.raises(ModelError, match="none of its folds"):
        model.with_folds([])


@pytest.mark.parametrize("order", [None, (1, 2, 3)], ids=["labels", "regions"])
def test_a_case_without_tumour_has_an_empty_mask_and_maps_all_the_same(tmp_path, order):
    labels = REGIONS if order else None
    model = load_model(make_model(tmp_path / "model", labels=labels, order=order, offset=-40.0))
    found = model.predict(body(0))
    assert array(found.mask).max() == 0
    assert found.mask.GetSize() == body(0).GetSize()
    assert (found.volume_ml, found.fold_dice, found.volume_cv) == (0.0, 1.0, None)
    assert array(found.probability).max() < 0.01
    assert array(found.entropy).max() < 0.1


def test_an_image_that_is_turned_has_its_maps_turned_too(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    write_card(Card(orientation="LPS"), folder)
    model = load_model(make_model(folder))
    straight, turned = body(0), sitk.DICOMOrient(body(0), "SAR")
    expected, found = model.predict(straight), model.predict(turned)
    assert (expected.orientation, found.orientation) == ("LPS", "SAR")
    for name in ("mask", "probability", "entropy"):
        back = sitk.DICOMOrient(getattr(found, name), "LPS")
        assert np.array_equal(array(back), array(getattr(expected, name)))


def test_channels_on_another_grid_give_nearly_the_same(models):
    model = models["two channels"]
    t2w, adc = images_for(model).values()
    finer = sitk.Resample(
        adc, [76, 68, 16], sitk.Transform(), sitk.sitkLinear, adc.GetOrigin(), (1.1, 1.2, 3.7)
    )
    expected, found = model.predict({"T2w": t2w, "ADC": adc}), model.predict({"adc": finer, "t2w": t2w})
    assert found.resampled == ("T2w",)
    assert found.mask.GetSize() == finer.GetSize()
    again = model.predict({"T2w": t2w, "ADC": finer})
    assert again.resampled == ("ADC",)
    assert (array(again.mask) != array(expected.mask)).mean() < 0.02


def test_channels_that_do_not_fit_are_refused(models):
    with pytest.raises(InputError, match="channel ADC is missing: the model takes T2w, ADC; given: T2w"):
        models["two channels"].predict({"T2w": body(0)})
    with pytest.raises(InputError, match="given: one without a name"):
        models["two channels"].predict(body(0))
    assert models["one channel"].predict({"ADC": body(1), "T2w": body(0)}).unused == ("ADC",)


# --- how it is run ----------------------------------------------------------------------------------


def test_auto_is_replaced_by_what_it_means_here(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for native, precision in ((True, "bf16"), (False, "fp32")):
        monkeypatch.setattr(
            "nbradiomics.segmentation.prediction.inference.native_bf16", lambda native=native: native
        )
        assert Inference().resolved() == Inference("cpu", precision, "torch", mirroring=False)
        assert Inference(precision="fp32").resolved().precision == "fp32"
    with pytest.raises(InputError, match="torch sees no GPU"):
        Inference(device="cuda").resolved()
    with pytest.raises(InputError, match="fp16, and the device is a CPU"):
        Inference(precision="fp16").resolved()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert Inference().resolved() == Inference("cuda", "fp16", "torch", mirroring=False)
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
        ({"device": "tpu"}, "device is 'tpu'. Choose one of auto, cpu, cuda"),
        ({"precision": "int8"}, "precision is 'int8'"),
        ({"resampling": "cubic"}, "resampling is 'cubic'. Choose one of torch, stock"),
    ],
)
def test_unknown_words_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        Inference(**options)


def test_mirroring_of_a_model_that_was_trained_without_it_is_refused(tmp_path):
    model = load_model(make_model(tmp_path / "model", mirroring=None))
    with pytest.raises(InputError, match="mirroring was asked for; the model model was trained without it"):
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


@pytest.mark.parametrize("inference", [STOCK, Inference("cpu", "bf16")], ids=["stock", "bf16"])
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
