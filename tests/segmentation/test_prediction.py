"""What a prediction is made of: against nnU-Net's own, folds, maps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import torch

from nbradiomics.errors import InputError, ModelError
from nbradiomics.segmentation import Inference, Model, load_model
from nbradiomics.segmentation.model_files.card import Card, write_card
from tests.support.helpers import array
from tests.support.predictions import KINDS, PLAIN, REGIONS, STOCK, body, images_for
from tests.support.random_model import make_model


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
    inference = Inference(device="cpu", precision="fp32", resampling="stock", mirroring=mirroring)
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
        model.predict(images_for(model), inference=Inference(device="cpu", precision=precision))
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
        found = _InPrecision(convolution, Inference(device="cpu", precision="bf16"))(patch)
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
    with pytest.raises(InputError, match="channel ADC is missing: the model needs T2w, ADC; given: T2w"):
        models["two channels"].predict({"T2w": body(0)})
    with pytest.raises(InputError, match="given: one without a name"):
        models["two channels"].predict(body(0))
    assert models["one channel"].predict({"ADC": body(1), "T2w": body(0)}).unused == ("ADC",)
