"""Model folders of others: what loads, what is refused with the reason, and what lies there instead."""

from __future__ import annotations

import copy
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from nbradiomics.errors import ModelError
from nbradiomics.segmentation import load_model
from nbradiomics.segmentation.inspection import require_finite_output
from nbradiomics.segmentation.model_files.labels import Tumour
from nbradiomics.segmentation.model_files.layout import folds_of, sort_folds
from tests.support.random_model import make_model

WEIGHTS = "fold_0/checkpoint_final.pth"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_model(tmp_path / "Dataset007_Tumours" / "nnUNetTrainer__nnUNetPlans__3d_fullres", folds=1)


def spoil(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content))


def spoil_plans(folder: Path, **changes: Any) -> None:
    spoil(folder / "plans.json", lambda plans: plans["configurations"]["3d_fullres"].update(changes))


def spoil_checkpoint(folder: Path, **changes: Any) -> None:
    torch.save({**torch.load(folder / WEIGHTS, weights_only=True), **changes}, folder / WEIGHTS)


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return dict(torch.load(folder / WEIGHTS, weights_only=True)["network_weights"])


def test_models_of_two_dimensions_several_channels_and_regions_load(tmp_path):
    flat = load_model(make_model(tmp_path / "flat", flat=True))
    assert (flat.configuration, flat.predictor.configuration_manager.patch_size) == ("2d", [24, 24])
    labels = {"background": 0, "whole": [1, 2], "core": [2]}
    regions = load_model(make_model(tmp_path / "r", channels=("T2w", "ADC"), labels=labels, order=(1, 2)))
    assert regions.channels == ("T2w", "ADC")
    assert regions.tumour == Tumour(("whole",), frozenset({1, 2}), (0, 1), regions=True)


def test_a_list_of_one_label_is_a_label_as_nnunet_has_it(tmp_path):
    model = load_model(make_model(tmp_path / "m", labels={"background": 0, "kidney": [1], "tumour": [2]}))
    assert model.tumour == Tumour(("tumour",), frozenset({2}), (2,))


def test_a_residual_encoder_loads(folder):
    from dynamic_network_architectures.architectures.unet import ResidualEncoderUNet

    plans = json.loads((folder / "plans.json").read_text(encoding="utf-8"))
    architecture = plans["configurations"]["3d_fullres"]["architecture"]
    architecture["network_class_name"] = (
        "dynamic_network_architectures.architectures.unet.ResidualEncoderUNet"
    )
    arguments = architecture["arch_kwargs"]
    arguments["n_blocks_per_stage"] = arguments.pop("n_conv_per_stage")
    (folder / "plans.json").write_text(json.dumps(plans))
    layers = {"conv_op": torch.nn.Conv3d, "norm_op": torch.nn.InstanceNorm3d, "nonlin": torch.nn.LeakyReLU}
    network = ResidualEncoderUNet(input_channels=1, num_classes=2, **{**arguments, **layers})
    spoil_checkpoint(folder, network_weights=network.state_dict())
    require_finite_output(load_model(folder))


def test_plans_of_the_first_nnunet_v2_load_without_a_warning(folder):
    """They describe the network in other words; nnU-Net translates them, with a warning."""

    def older(plans: dict[str, Any]) -> None:
        configuration = plans["configurations"]["3d_fullres"]
        arguments = configuration.pop("architecture")["arch_kwargs"]
        configuration.update(
            UNet_class_name="PlainConvUNet",
            UNet_base_num_features=arguments["features_per_stage"][0],
            unet_max_num_features=320,
            n_conv_per_stage_encoder=arguments["n_conv_per_stage"],
            n_conv_per_stage_decoder=arguments["n_conv_per_stage_decoder"],
            num_pool_per_axis=[1, 1, 1],
            pool_op_kernel_sizes=arguments["strides"],
            conv_kernel_sizes=arguments["kernel_sizes"],
        )

    before = load_model(folder)
    spoil(folder / "plans.json", older)
    after = load_model(folder)
    noise = torch.randn((1, 1, 16, 24, 24), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        first, second = (model.predictor.network.eval()(noise) for model in (before, after))
    assert torch.equal(first, second)


def test_a_configuration_may_inherit_from_another(folder):
    def inherit(plans: dict[str, Any]) -> None:
        plans["configurations"]["mine"] = {"inherits_from": "3d_fullres", "batch_size": 4}

    spoil(folder / "plans.json", inherit)
    spoil_checkpoint(folder, init_args={"configuration": "mine"})
    assert load_model(folder).configuration == "mine"


# --- folds ------------------------------------------------------------------------------------------


def test_folds_that_are_left_out_are_told():
    final, best = "checkpoint_final.pth", "checkpoint_best.pth"
    folds = sort_folds(
        {
            "fold_0": {final, best, "progress.png"},
            "fold_1": {best, "progress.png"},
            "fold_2": {"training_log.txt"},
            "fold_3_old": {final},
            "fold_all": {final},
            "fold_10": {final},
        }
    )
    assert folds.names == ("fold_0", "fold_10")
    assert folds.notes == (
        "fold_1 is left out: it contains only checkpoint_best.pth, so its training did not end.",
        "fold_2 is left out: it contains no checkpoint, so its training did not end.",
        "fold_3_old is left out: folds must be called fold_0, fold_1 ... or fold_all.",
        "fold_3, fold_4, fold_5, fold_6, fold_7, fold_8, fold_9 missing or empty, although there is fold_10.",
        "fold_all is left out: it was trained on all cases, fold_0, fold_10 only on some.",
    )


def test_a_fold_that_is_missing_is_told(folder):
    (folder / "fold_0").rename(folder / "fold_1")
    assert folds_of(folder).notes == ("fold_0 missing or empty, although there is fold_1.",)


def test_a_training_that_did_not_end_is_no_model(folder):
    (folder / WEIGHTS).rename(folder / "fold_0" / "checkpoint_latest.pth")
    assert folds_of(folder).names == ()
    with pytest.raises(
        ModelError, match=r"contains no fold_.*fold_0 is left out: it contains only checkpoint_latest"
    ):
        load_model(folder)


# --- what lies there instead of a model -------------------------------------------------------------


def test_models_of_version_1_are_told_apart_and_nothing_of_them_is_opened(tmp_path):
    old = tmp_path / "Task005" / "nnUNetTrainerV2__nnUNetPlansv2.1"
    (old / "fold_0").mkdir(parents=True)
    for name in (
        "plans.pkl",
        "fold_0/model_final_checkpoint.model",
        "fold_0/model_final_checkpoint.model.pkl",
    ):
        (old / name).write_bytes(b"no pickle at all")
    for given in (old, old.parent, old / "fold_0"):
        with pytest.raises(ModelError, match=r"nnU-Net version 1.*nnUNetv2_convert_old_nnUNet_dataset"):
            load_model(given)


def test_a_folder_too_high_or_too_low_is_told_which_to_give(folder):
    with pytest.raises(ModelError, match=rf"is not a model itself, but contains {folder}\. Give that folder"):
        load_model(folder.parent)
    with pytest.raises(ModelError, match=rf"is one fold of a model\. Give its folder: {folder}\."):
        load_model(folder / "fold_0")


def test_ensembles_data_sets_and_other_folders_are_told(tmp_path):
    for name, message in (
        ("ensembles/ensemble___A__B__2d___A__B__3d_fullres___0_1/postprocessing.pkl", "is an ensemble"),
        ("Dataset007_Tumours/imagesTr/a_0000.nii.gz", "contains a data set, but no trained model"),
        ("photos/cat.jpg", "plans.json does not exist"),
    ):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
        given = tmp_path / "Dataset007_Tumours" if "imagesTr" in name else (tmp_path / name).parent
        with pytest.raises(ModelError, match=message):
            load_model(given)


# --- plans and data set -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"normalization_schemes": ["ZScoreNormalization"] * 2},
            "normalization_schemes is for 2 channels, but data",
        ),
        ({"use_mask_for_norm": []}, r"use_mask_for_norm is for 0 channels, but dataset.json names 1 \(T2w\)"),
        (
            {"normalization_schemes": ["MyNormalization"]},
            "normalization_schemes.0 is 'MyNormalization'; input",
        ),
        (
            {"patch_size": [24, 24]},
            "patch_size has 2 axes, spacing has 3, and the network's layers are torch.*Conv3d",
        ),
        ({"patch_size": [24, 24], "spacing": [3.0, 3.0]}, "patch_size has 2 axes, spacing has 2, and"),
        ({"patch_size": [15, 24, 24]}, r"does not accept a patch of 1 channels and \[15, 24, 24\] voxels"),
        (
            {"spacing": [4.0, 3.0, 0.0]},
            r"configurations.3d_fullres.spacing.2 is 0.0; input should be greater",
        ),
        ({"spacing": [4.0, 3.0, float("nan")]}, r"plans\.json is not valid JSON: NaN is not a finite number"),
        ({"preprocessor_name": "MyPreprocessor"}, "preprocessor_name is 'MyPreprocessor'"),
        (
            {"resampling_fn_data_kwargs": {"order": 9}},
            "resampling_fn_data_kwargs.order is 9; input should be",
        ),
        ({"resampling_fn_seg_kwargs": {"speed": 9}}, "resampling_fn_seg_kwargs.speed is 9; extra inputs"),
        (
            {"resampling_fn_data_kwargs": {"mode": "linear"}},
            "resampling_fn_data_kwargs does not match the function",
        ),
        ({"previous_stage": "3d_lowres"}, r"second stage of a cascade \(3d_lowres comes first\)"),
        ({"architecture": None}, "configurations.3d_fullres.architecture is None"),
    ],
)
def test_configurations_that_cannot_be_right(folder, changes, message):
    spoil_plans(folder, **changes)
    with pytest.raises(ModelError, match=message) as caught:
        load_model(folder)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda plans: plans.update(transpose_forward=[0, 2, 1], transpose_backward=[1, 0, 2]),
            "does not undo the first",
        ),
        (lambda plans: plans.update(transpose_forward=[0, 0, 1]), "does not undo the first"),
        (lambda plans: plans.update(label_manager="os"), "label_manager is 'os'"),
        (lambda plans: plans.pop("configurations"), "plans.json lacks configurations"),
        (lambda plans: plans.update(configurations=[]), r"configurations is \[\]"),
        (lambda plans: plans.pop("foreground_intensity_properties_per_channel"), "is for 0 channels"),
        (
            lambda plans: plans["configurations"].update({"3d_fullres": {"inherits_from": "3d_fullres"}}),
            "Circular",
        ),
    ],
)
def test_plans_that_cannot_be_right(folder, change, message):
    spoil(folder / "plans.json", change)
    with pytest.raises(ModelError, match=message):
        load_model(folder)


def test_a_long_chain_of_configurations_is_refused(folder):
    def chain(plans: dict[str, Any]) -> None:
        plans["configurations"] |= {str(n): {"inherits_from": str(n + 1)} for n in range(3000)}

    spoil(folder / "plans.json", chain)
    spoil_checkpoint(folder, init_args={"configuration": "0"})
    with pytest.raises(ModelError, match="has no configuration '0' that nnU-Net can read"):
        load_model(folder)


def test_ct_normalisation_needs_the_intensities_of_the_training(folder):
    spoil_plans(folder, normalization_schemes=["CTNormalization"])
    load_model(folder)
    spoil(
        folder / "plans.json",
        lambda plans: plans["foreground_intensity_properties_per_channel"]["0"].pop("percentile_99_5"),
    )
    with pytest.raises(ModelError, match=r"lacks values that channel 0 \(CTNormalization\) needs"):
        load_model(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"channel_names": {"0": "T2w", "2": "ADC"}},
            r"channels are numbered 0, 2; 0, 1 \.\.\. were expected",
        ),
        ({"channel_names": {}}, "channels are numbered not at all"),
        (
            {"channel_names": {"0": "T2w", "1": "ADC"}},
            r"is for 1 channels, but dataset.json names 2 \(T2w, ADC\)",
        ),
        ({"labels": {"tumour": 1}}, "no label 'background' with value 0"),
        ({"labels": {"background": 0, "tumour": 2}}, r"the labels are 0, 2; 0, 1, 2 \.\.\. were expected"),
        ({"labels": {"background": 0, "tumour": 10**9}}, "labels.tumour is 1000000000; input should be less"),
        ({"labels": {"background": 0, "tumour": 1, "ignore": 3}}, "label 'ignore' is 3; 2, above all others"),
        (
            {"labels": {"background": 0, "a": [1, 2], "b": [2]}},
            "2 regions, but its regions_class_order is missing",
        ),
        (
            {"labels": {"background": 0, "a": [1, 2], "b": 2}, "regions_class_order": [2, 1]},
            r"2 regions, but its regions_class_order is \[2, 1\]",
        ),
        (
            {"labels": {"background": 0, "a": [1, 2], "b": 2}, "regions_class_order": [2, 2]},
            r"2 regions, but its regions_class_order is \[2, 2\]",
        ),
        ({"labels": {"background": 0, "kidney": 1, "tumour": 2}}, r"in another shape 2 weights"),
    ],
)
def test_data_sets_that_cannot_be_right(folder, changes, message):
    spoil(folder / "dataset.json", lambda data: data.update(changes))
    with pytest.raises(ModelError, match=message):
        load_model(folder)


def test_a_patch_that_no_memory_holds_is_refused(folder):
    spoil(folder / "plans.json", lambda plans: _patched(plans, [4096, 4096, 4096]))
    with pytest.raises(ModelError, match="4096 x 4096 x 4096 voxels is larger than any network accepts"):
        load_model(folder)


def _patched(plans, patch):
    plans["configurations"]["3d_fullres"]["patch_size"] = patch


def test_networks_without_bounds_are_refused_before_they_are_built(folder):
    plans = json.loads((folder / "plans.json").read_text(encoding="utf-8"))
    for change, message in (
        ({"n_stages": 10**9, "features_per_stage": 4}, "n_stages is 1000000000; numbers from 1 to 20"),
        ({"n_conv_per_stage": [1, 10**9]}, r"n_conv_per_stage is \[1, 1000000000\]; numbers from 1 to 100"),
        ({"features_per_stage": [10**6, 10**6]}, r"in another shape \d+ weights"),
        ({"nonlin": "torch.nn.Transformer"}, "names 'torch.nn.Transformer', which is not a network or layer"),
        ({"norm_op": ["a"]}, r"names \['a'\], which is not a network or layer"),
    ):
        changed = copy.deepcopy(plans)
        changed["configurations"]["3d_fullres"]["architecture"]["arch_kwargs"].update(change)
        (folder / "plans.json").write_text(json.dumps(changed))
        with pytest.raises(ModelError, match=message):
            load_model(folder)


def test_json_without_end_is_refused(folder):
    (folder / "dataset.json").write_text("[" * 100_000)
    with pytest.raises(ModelError, match=r"dataset\.json is not valid JSON"):
        load_model(folder)


# --- checkpoints ------------------------------------------------------------------------------------


def test_a_compressed_checkpoint_is_refused(folder):
    """torch would unpack it, however large it is inside."""
    with zipfile.ZipFile(folder / WEIGHTS) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(folder / WEIGHTS, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ModelError, match="has compressed members"):
        load_model(folder)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _: torch.zeros(1).expand(10**5, 10**5, 10**5), "are not a plain tensor"),
        (lambda tensor: tensor.to_sparse(), "are not a plain tensor"),
        (lambda tensor: tensor.to("meta"), "are not a plain tensor"),
        (lambda _: None, "is NoneType; a tensor was expected"),
    ],
)
def test_weights_that_are_no_plain_tensors(folder, make, message):
    weights = weights_of(folder)
    name = next(name for name, tensor in weights.items() if tensor.ndim == 5)
    spoil_checkpoint(folder, network_weights={**weights, name: make(weights[name])})
    with pytest.raises(ModelError, match=rf"{name}.*{message}"):
        load_model(folder)


@pytest.mark.parametrize("axes", [("x",), (0, 3), (None,), 5, [[0]]])
def test_mirrored_axes_that_are_none(folder, axes):
    spoil_checkpoint(folder, inference_allowed_mirroring_axes=axes)
    with pytest.raises(ModelError, match=r"mirrored axes are|is not an nnU-Net v2 checkpoint"):
        load_model(folder)


def test_networks_whose_output_is_not_finite_are_found_by_a_patch_of_noise(folder):
    shutil.copytree(folder / "fold_0", folder / "fold_1")
    require_finite_output(load_model(folder))
    weights = weights_of(folder)
    last = next(name for name in weights if name.endswith("seg_layers.0.weight"))
    spoil_checkpoint(folder, network_weights={**weights, last: torch.full_like(weights[last], 3e38)})
    model = load_model((folder / "fold_0").rename(folder / "fold_2").parent)
    with pytest.raises(ModelError, match="the output of the network of fold_2 for noise is not finite"):
        require_finite_output(model)
    restored = model.predictor.network.state_dict()
    assert all(torch.equal(restored[name], tensor) for name, tensor in weights.items())
