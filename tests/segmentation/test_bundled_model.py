"""The bundled model on cases it has not seen, and against nnU-Net's own predictor."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import SimpleITK as sitk
import torch

from nbradiomics.errors import InputError
from nbradiomics.images.grid import grid_difference
from nbradiomics.segmentation import Inference, Model, image_fingerprint, load_model
from nbradiomics.segmentation.store import BUNDLED
from nbradiomics.synthetic import SCANNERS, PhantomCase, make_case, make_cohort
from nbradiomics.synthetic.case import TRAINING_NAMESPACE, seed_of
from tests.support.helpers import array
from tests.support.random_model import open_demo

UNSEEN = 424_242  # a namespace of this file's own


pytestmark = pytest.mark.usefixtures("one_thread")


def dice(found: sitk.Image, true: sitk.Image) -> float:
    first, second = array(found) > 0, array(true) > 0
    return 2 * (first & second).sum() / (first.sum() + second.sum())


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("synthetic-demo")


@pytest.fixture(scope="module")
def case() -> PhantomCase:
    return make_case(seed_of(UNSEEN, 0, 0), SCANNERS[0])


# --- what it finds ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_unseen_cases_of_both_sites(model):
    found: dict[str, list[float]] = {scanner.site: [] for scanner in SCANNERS}
    for index in range(12):
        case = make_case(seed_of(UNSEEN, 0, index), SCANNERS[index % 2])
        prediction = model.predict(case.image)
        assert grid_difference(prediction.mask, case.image) == ""
        assert prediction.volume_ml == pytest.approx(
            array(prediction.mask).sum() * np.prod(case.image.GetSpacing()) / 1000
        )
        assert 0.5 < prediction.fold_dice <= 1
        assert 0 <= prediction.volume_cv < 0.6
        found[case.scanner.site].append(dice(prediction.mask, case.mask))
    assert all(np.mean(values) >= 0.85 for values in found.values()), found


def test_random_weights_find_nothing(model, case):
    """What the bundled model finds comes from its training, not from its input's preparation."""
    generator = torch.Generator().manual_seed(0)
    trained = model.predictor.list_of_parameters
    noise = [
        {k: 0.05 * torch.randn(v.shape, generator=generator) for k, v in fold.items()} for fold in trained
    ]
    try:
        model.predictor.list_of_parameters = noise
        assert dice(model.predict(case.image).mask, case.mask) < 0.3
    finally:
        model.predictor.list_of_parameters = trained
    assert dice(model.predict(case.image).mask, case.mask) > 0.7


def test_no_demo_image_was_trained_on(model, tmp_path):
    make_cohort(tmp_path, subjects=2, seed=0)
    trained = set(model.card.training_images)
    assert trained.isdisjoint(image_fingerprint(path) for path in (tmp_path / "images").glob("*.nii.gz"))
    first = make_case(seed_of(TRAINING_NAMESPACE, 0, 0), SCANNERS[0])
    assert image_fingerprint(first.image) in trained, "the generator changed: train the model again"


def test_the_card_says_what_the_model_is_for(model):
    assert "not for clinical use" in model.card.intended_use
    assert model.card.licence == "Apache-2.0"
    assert model.card.training["unseen"]["mean_dice"] >= 0.85
    assert sum(path.stat().st_size for path in BUNDLED.rglob("*") if path.is_file()) < 3_000_000


# --- how it predicts --------------------------------------------------------------------------------


@pytest.mark.parametrize("scanner", SCANNERS, ids=lambda scanner: scanner.site)
@pytest.mark.slow
def test_the_mask_is_that_of_nnunets_own_predictor(model, scanner):
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    stock = nnUNetPredictor(
        use_mirroring=False, perform_everything_on_device=False, device=torch.device("cpu"), allow_tqdm=False
    )
    stock.initialize_from_trained_model_folder(str(BUNDLED / "synthetic-demo"), (0, 1))
    image = make_case(seed_of(UNSEEN, 1, 0), scanner).image
    properties = {"spacing": list(image.GetSpacing()[::-1])}
    expected = stock.predict_single_npy_array(array(image).astype(np.float32)[None], properties)
    assert expected.any()
    exact = model.predict(image, inference=Inference(device="cpu", precision="fp32", resampling="stock"))
    assert np.array_equal(array(exact.mask), expected)
    quick = model.predict(image, inference=Inference(device="cpu", precision="bf16"))
    assert dice(quick.mask, exact.mask) >= 0.998
    assert np.abs(array(quick.probability) - array(exact.probability)).max() < 0.05


def test_one_fold_alone_says_nothing_of_agreement(case, tmp_path):
    folder = open_demo(tmp_path / "model")
    shutil.rmtree(folder / "fold_1")
    prediction = load_model(folder).predict(case.image)
    assert prediction.fold_dice is None
    assert prediction.volume_cv is None
    assert prediction.volume_ml > 0


@pytest.mark.parametrize("orientation", ["RAS", "LPI", "PSL", "IAR"])
def test_an_image_that_lies_otherwise_gives_the_same_mask_in_space(model, case, orientation):
    """Flipped and permuted voxel axes of the same body."""
    expected = model.predict(case.image)
    turned = sitk.DICOMOrient(case.image, orientation)
    found = model.predict(turned)
    assert found.mask.GetDirection() == turned.GetDirection() != case.image.GetDirection()
    assert grid_difference(found.mask, turned) == ""
    back = sitk.Resample(found.mask, case.image, sitk.Transform(), sitk.sitkNearestNeighbor)
    assert np.array_equal(array(back), array(expected.mask))
    assert found.volume_ml == pytest.approx(expected.volume_ml)


def test_without_a_known_orientation_the_image_is_taken_as_it_lies(model, case):
    lying = replace(model, orientation=None)
    flipped = sitk.DICOMOrient(case.image, "RAI")
    taken = sitk.GetImageFromArray(array(flipped))
    taken.SetSpacing(flipped.GetSpacing())
    assert np.array_equal(array(lying.predict(flipped).mask), array(model.predict(taken).mask))


def test_an_oblique_image_keeps_its_grid(model, case):
    oblique = sitk.Image(case.image)
    angle = np.deg2rad(12)
    oblique.SetDirection([np.cos(angle), -np.sin(angle), 0, np.sin(angle), np.cos(angle), 0, 0, 0, 1])
    oblique.SetOrigin((10, -20, 30))
    prediction = model.predict(oblique)
    assert prediction.mask.GetDirection() == oblique.GetDirection()
    assert prediction.mask.GetOrigin() == oblique.GetOrigin()
    assert np.array_equal(array(prediction.mask), array(model.predict(case.image).mask))


def test_images_that_would_be_segmented_wrongly_are_refused(model, case):
    voxels = array(case.image).astype(np.float32)
    voxels[0, 0, :2], voxels[3, 3, 3] = np.nan, np.inf
    broken = sitk.GetImageFromArray(voxels)
    with pytest.raises(InputError, match=rf"3 of {voxels.size} voxels are not finite"):
        model.predict(broken)
    with pytest.raises(InputError, match="value 0 everywhere"):
        model.predict(case.image * 0)
    with pytest.raises(InputError, match="too thin for this model"):
        model.predict(case.image[:, :, 5])


def test_prediction_leaves_the_process_as_it_was(case, monkeypatch, capfd):
    monkeypatch.setenv("nnUNet_compile", "1")
    variables, settings, threads = dict(os.environ), dict(mpl.rcParams), torch.get_num_threads()
    backend, working = mpl.get_backend(), Path.cwd()
    load_model("synthetic-demo").predict(case.image, threads=1)
    assert dict(os.environ) == variables
    assert dict(mpl.rcParams) == settings
    assert mpl.get_backend() == backend
    assert torch.get_num_threads() == threads
    assert Path.cwd() == working
    assert capfd.readouterr().out == ""


def test_predictions_do_not_depend_on_the_number_of_threads(model, case):
    one, two = (array(model.predict(case.image, threads=count).mask) for count in (1, 2))
    assert (one != two).sum() <= 0.001 * one.sum()
