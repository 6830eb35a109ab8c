"""Segmentation around the network: what is refused, what is left as it was, small figures."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import torch

from nbradiomics.errors import ModelError
from nbradiomics.images.io import write_image
from nbradiomics.segmentation import Card, bundled_models, image_fingerprint, load_model
from nbradiomics.segmentation.model_files.card import read_card, write_card
from nbradiomics.segmentation.model_files.labels import Tumour, find_tumour
from nbradiomics.segmentation.model_files.plans import require_known_classes
from tests.support.random_model import open_demo

WEIGHTS = "fold_0/checkpoint_final.pth"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy of the bundled model, to be damaged."""
    return open_demo(tmp_path / "model")


def change_json(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}))


def change_checkpoint(path: Path, **changes: object) -> None:
    torch.save({**torch.load(path, weights_only=True), **changes}, path)


def weights_of(path: Path) -> dict[str, torch.Tensor]:
    return dict(torch.load(path, weights_only=True)["network_weights"])


def change_configuration(folder: Path, **changes: object) -> None:
    plans = json.loads((folder / "plans.json").read_text(encoding="utf-8"))
    plans["configurations"]["3d_fullres"].update(changes)
    (folder / "plans.json").write_text(json.dumps(plans))


# --- model folders ----------------------------------------------------------------------------------


def test_a_copy_of_a_model_loads_and_has_the_same_fingerprint(folder):
    bundled, copy = load_model("synthetic-demo"), load_model(folder)
    assert bundled_models() == ["synthetic-demo"]
    assert copy.fingerprint == bundled.fingerprint  # the hashes themselves do not count
    assert copy.folds == ("fold_0", "fold_1")
    assert copy.orientation == "LPS"


def test_a_folder_without_a_card_loads_and_knows_nothing(folder):
    fingerprint = load_model(folder).fingerprint
    (folder / "card.json").unlink()
    model = load_model(folder)
    assert model.card == Card()
    assert model.name == "model"
    assert model.orientation is None
    assert model.fingerprint != fingerprint


def test_a_model_trained_with_reorientation_says_so(folder):
    change_json(folder / "plans.json", image_reader_writer="SimpleITKIOWithReorient")
    change_json(folder / "card.json", orientation=None)
    assert load_model(folder).orientation == "RAS"


def test_a_card_that_contradicts_the_plans_is_refused(folder):
    change_json(folder / "plans.json", image_reader_writer="NibabelIOWithReorient")
    with pytest.raises(
        ModelError, match=r"card says that training images had axes LPS.*NibabelIOWithReorient turned"
    ):
        load_model(folder)


def test_a_raw_checkpoint_with_numpy_numbers_loads(folder):
    change_checkpoint(
        folder / WEIGHTS, _best_ema=np.float64(0.5), logging={"x": [np.float32(1), np.int64(2)]}
    )
    assert load_model(folder).folds == ("fold_0", "fold_1")


def test_a_trainer_of_nnunet_with_the_networks_of_the_plans_is_accepted(folder):
    for fold in ("fold_0", "fold_1"):
        change_checkpoint(folder / fold / "checkpoint_final.pth", trainer_name="nnUNetTrainer_5epochs")
    assert load_model(folder).folds == ("fold_0", "fold_1")


def test_loading_leaves_torchs_random_numbers_alone(folder):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    load_model(folder)
    assert torch.equal(torch.get_rng_state(), before)


def test_no_such_model():
    with pytest.raises(ModelError, match=r"no model 'nowhere'.*synthetic-demo"):
        load_model("nowhere")


@pytest.mark.parametrize("name", ["plans.json", "dataset.json"])
def test_files_that_are_missing_or_no_json(folder, name):
    (folder / name).write_text("{")
    with pytest.raises(ModelError, match=rf"{name} is not valid JSON"):
        load_model(folder)
    (folder / name).write_text("[]")
    with pytest.raises(ModelError, match="no JSON object"):
        load_model(folder)
    (folder / name).unlink()
    with pytest.raises(ModelError, match=rf"{name} does not exist"):
        load_model(folder)


def test_no_folds(folder):
    shutil.rmtree(folder / "fold_0")
    (folder / "fold_1" / "checkpoint_final.pth").unlink()
    with pytest.raises(ModelError, match="contains no fold_"):
        load_model(folder)


def test_a_fold_of_all_cases_counts_only_alone(folder):
    (folder / "fold_1").rename(folder / "fold_all")
    assert load_model(folder).folds == ("fold_0",)
    shutil.rmtree(folder / "fold_0")
    assert load_model(folder).folds == ("fold_all",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"init_args": {"configuration": "2d"}}, "fold_0 was trained with configuration 2d, fold_1 with 3d"),
        ({"trainer_name": "nnUNetTrainer_5epochs"}, "fold_0 was trained with trainer nnUNetTrainer_5epochs"),
    ],
)
def test_folds_of_different_trainings(folder, changes, message):
    change_checkpoint(folder / WEIGHTS, **changes)
    with pytest.raises(ModelError, match=message):
        load_model(folder)


def test_weights_that_do_not_fit_the_plans(folder):
    own = weights_of(folder / WEIGHTS)
    name = next(key for key, tensor in own.items() if tensor.ndim == 5)
    for changed, message in (
        ({key: tensor for key, tensor in own.items() if key != name}, f"lacks 1 weights, first {name}"),
        ({**own, "extra": torch.zeros(1)}, "also has 1 weights, first extra"),
        ({**own, name: own[name][:1]}, f"in another shape 1 weights, first {name}"),
    ):
        change_checkpoint(folder / WEIGHTS, network_weights=changed)
        with pytest.raises(ModelError, match=f"fold_0 does not match.*{message}"):
            load_model(folder)


def test_weights_that_are_not_finite(folder):
    own = weights_of(folder / "fold_1" / "checkpoint_final.pth")
    name = next(iter(own))
    own[name].view(-1)[0] = torch.nan
    change_checkpoint(folder / "fold_1" / "checkpoint_final.pth", network_weights=own)
    with pytest.raises(ModelError, match=rf"fold_1.*{name} are not all finite"):
        load_model(folder)


def test_weights_that_are_no_tensors(folder):
    change_checkpoint(folder / WEIGHTS, network_weights={"a": "text"})
    with pytest.raises(ModelError, match="a is str; a tensor was expected"):
        load_model(folder)


def test_a_file_that_is_no_checkpoint(folder):
    torch.save({"state_dict": {}}, folder / WEIGHTS)
    with pytest.raises(ModelError, match=r"is not an nnU-Net v2 checkpoint: KeyError"):
        load_model(folder)
    torch.save([1], folder / WEIGHTS)
    with pytest.raises(ModelError, match="is not an nnU-Net v2 checkpoint"):
        load_model(folder)
    (folder / WEIGHTS).write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(ModelError, match=r"checkpoint_final.pth"):
        load_model(folder)


class Malicious:
    """Unpickling it would make a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("legacy", [False, True])
def test_code_in_a_checkpoint_is_not_run(folder, tmp_path, legacy):
    trap = tmp_path / "run"
    content = {**torch.load(folder / WEIGHTS, weights_only=True), "logging": Malicious(trap)}
    torch.save(content, folder / WEIGHTS, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(ModelError, match="more than weights and was not loaded") as caught:
        load_model(folder)
    assert not trap.exists()
    assert "weights_only" not in caught.value.problem


def test_code_named_by_the_plans_is_not_run(folder, tmp_path):
    """nnU-Net would call what the plans name: here a shell."""
    trap = tmp_path / "run"
    plans = json.loads((folder / "plans.json").read_text(encoding="utf-8"))
    arguments = plans["configurations"]["3d_fullres"]["architecture"]["arch_kwargs"]
    arguments["nonlin"], arguments["nonlin_kwargs"] = "subprocess.Popen", {"args": ["mkdir", str(trap)]}
    (folder / "plans.json").write_text(json.dumps(plans))
    with pytest.raises(ModelError, match=r"names 'subprocess.Popen'"):
        load_model(folder)
    assert not trap.exists()


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "dynamic_network_architectures.architectures.unet.torch.hub.load",
        "dynamic_network_architectures.architectures.unet.Union",
        "dynamic_network_architectures.architectures.nothing.There",
    ],
)
def test_plans_may_name_networks_only(name):
    architecture = {"network_class_name": name, "arch_kwargs": {}, "_kw_requires_import": []}
    with pytest.raises(ModelError, match="not a network or layer"):
        require_known_classes(architecture, Path("plans.json"))


def test_preprocessing_of_strangers_is_refused(folder):
    change_configuration(folder, resampling_fn_data="load_pickle")
    with pytest.raises(ModelError, match="resampling_fn_data is 'load_pickle'"):
        load_model(folder)


def test_plans_that_do_not_go_with_the_folds(folder):
    plans = json.loads((folder / "plans.json").read_text(encoding="utf-8"))
    plans["configurations"] = {"2d": plans["configurations"]["3d_fullres"]}
    (folder / "plans.json").write_text(json.dumps(plans))
    with pytest.raises(ModelError, match="has no configuration '3d_fullres'"):
        load_model(folder)


def test_plans_whose_network_cannot_be_built(folder):
    plans = json.loads((folder / "plans.json").read_text(encoding="utf-8"))
    del plans["configurations"]["3d_fullres"]["architecture"]["arch_kwargs"]["n_stages"]
    (folder / "plans.json").write_text(json.dumps(plans))
    with pytest.raises(ModelError, match="its network cannot be built"):
        load_model(folder)


def test_models_that_this_release_cannot_use(folder):
    change_configuration(folder, previous_stage="3d_lowres")
    with pytest.raises(ModelError, match="cascade"):
        load_model(folder)


def test_images_read_in_another_way(folder):
    change_json(folder / "plans.json", image_reader_writer="NaturalImage2DIO")
    with pytest.raises(ModelError, match="NaturalImage2DIO"):
        load_model(folder)


def test_a_trainer_with_a_network_of_its_own(folder):
    for fold in ("fold_0", "fold_1"):
        change_checkpoint(folder / fold / "checkpoint_final.pth", trainer_name="TrainerOfMine")
    with pytest.raises(ModelError, match="trained by 'TrainerOfMine'"):
        load_model(folder)


@pytest.mark.parametrize(
    ("labels", "value"),
    [
        ({"background": 0, "tumour": 1}, 1),
        ({"background": 0, "kidney": 1, "Tumor": 2}, 2),
        ({"background": 0, "lesion": 3, "ignore": 4}, 3),
    ],
)
def test_which_label_is_the_tumour(labels, value):
    assert find_tumour({"labels": labels}, Path("model")).values == {value}


def test_the_tumour_of_a_model_of_regions_is_the_one_that_holds_all_others():
    dataset = {
        "labels": {"background": 0, "core": [2], "whole": [1, 2], "ring": [1]},
        "regions_class_order": [2, 1, 3],
    }
    assert find_tumour(dataset, Path("m")) == Tumour(("whole",), frozenset({1, 2}), (0, 1, 2), regions=True)


def test_a_region_has_its_own_head_and_those_of_the_regions_within_it():
    labels = {"background": 0, "core": [2, 3], "whole": [1, 2, 3], "ring": 3}
    dataset = {"labels": labels, "regions_class_order": [2, 1, 3]}
    heads = {name: find_tumour(dataset, Path("m"), [name]).heads for name in ("core", "whole", "ring")}
    assert heads == {"core": (0, 2), "whole": (0, 1, 2), "ring": (2,)}


def test_a_card_may_say_which_labels_make_up_the_tumour():
    dataset = {"labels": {"background": 0, "core": 1, "edema": 2, "kidney": 3}}
    assert find_tumour(dataset, Path("m"), ["core", "edema"]).heads == (1, 2)
    with pytest.raises(ModelError, match="no label cyst; labels other than the background: core = 1"):
        find_tumour(dataset, Path("m"), ["cyst"])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"background": 0}, "background: none"),
        ({"background": 0, "core": 1, "edema": 2}, "core = 1, edema = 2"),
        ({"background": 0, "tumour": 1, "tumor": 2}, "tumour = 1, tumor = 2"),
        ({"background": 0, "one": [1], "other": [2]}, r"one = \[1\], other = \[2\]"),
    ],
)
def test_labels_that_leave_the_tumour_open(labels, message):
    with pytest.raises(ModelError, match=message):
        find_tumour({"labels": labels}, Path("model"))


# --- cards ------------------------------------------------------------------------------------------


def test_a_card_is_read_as_it_was_written(tmp_path):
    card = Card(name="x", orientation="RAS", training_images=("a", "b"), training={"mean_dice": 0.9})
    write_card(card, tmp_path)
    assert read_card(tmp_path) == card


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "no JSON object"),
        ('{"name": 3}', "name is int; str"),
        ('{"training_images": "abc"}', "training_images is str; list"),
        ('{"orientation": "LPX"}', "orientation is 'LPX'"),
        ('{"orientation": "LRS"}', "orientation is 'LRS'"),
        ('{"orientation": "LPSA"}', "orientation is 'LPSA'"),
    ],
)
def test_damaged_cards(tmp_path, content, message):
    (tmp_path / "card.json").write_text(content)
    with pytest.raises(ModelError, match=message):
        read_card(tmp_path)


def test_an_images_fingerprint_is_that_of_its_file(tmp_path):
    image = sitk.GetImageFromArray(np.arange(24, dtype=np.int16).reshape(2, 3, 4))
    image.SetSpacing((1.8, 1.8, 5.0))
    file = write_image(image, tmp_path / "image.nii.gz")
    assert image_fingerprint(file) == image_fingerprint(image) == image_fingerprint(image + 0)
    other = sitk.Image(image)
    other.SetSpacing((1.8, 1.8, 5.1))
    assert image_fingerprint(other) != image_fingerprint(image)
    assert image_fingerprint(image + 1) != image_fingerprint(image)
