"""Training around the network: recipes, cases, the model's folder, what is told."""

from __future__ import annotations

import json
import random
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
import torch

from nbradiomics.errors import InputError, ModelError
from nbradiomics.execution.execution import Execution
from nbradiomics.segmentation.model_files.card import (
    Card,
    read_card,
    trained_on_subject,
    with_training_subjects,
    write_card,
)
from nbradiomics.segmentation.training.cases import (
    find_cases,
    origins,
)
from nbradiomics.segmentation.training.folder import TrainingFolder, differences
from nbradiomics.segmentation.training.nnunet_names import DATASET, PLANS_NAME
from nbradiomics.segmentation.training.preparation import grid_of, plans_of, prepare
from nbradiomics.segmentation.training.progress import Trace, read_trace, watched, write_trace
from nbradiomics.segmentation.training.recipe import VOXELS, Recipe
from nbradiomics.segmentation.training.settings import TrainingSettings
from nbradiomics.segmentation.training.splits import split_cases
from nbradiomics.workflows.training import cross_validation_figures
from tests.support.helpers import call, make_image
from tests.support.training_phantoms import SHAPE, SPACING, phantom_cohort, tiny

# --- recipes ----------------------------------------------------------------------------------------


def test_small_images_keep_their_grid_and_are_seen_whole():
    recipe = Recipe().fitted([(3, 1, 1), (5, 1, 1), (4, 1, 1)], [(16, 24, 40)] * 3)
    assert recipe.spacing == (4, 1, 1)
    assert recipe.patch == (16, 24, 40)


def test_the_finest_axes_are_coarsened_until_the_image_is_small_enough():
    recipe = Recipe().fitted([(5, 0.5, 0.5)], [(30, 400, 400)])
    z, y, x = recipe.spacing
    assert z == 5
    assert y == x
    assert (30 * 5 / z) * (200 / y) * (200 / x) == pytest.approx(VOXELS, rel=0.02)
    assert np.prod(recipe.patch) == pytest.approx(VOXELS, rel=0.2)


def test_all_axes_share_one_edge_where_that_is_what_it_takes():
    recipe = Recipe().fitted([(2, 1, 1)], [(200, 400, 400)])
    assert len(set(recipe.spacing)) == 1
    assert recipe.spacing[0] > 5


def test_a_grid_that_was_asked_for_stays_and_the_patch_is_clipped():
    recipe = Recipe(spacing=(1.0, 1.0, 1.0)).fitted([(1, 1, 1)], [(20, 300, 300)])
    assert recipe.spacing == (1, 1, 1)
    assert recipe.patch[0] == 24  # 20, rounded to what the network can halve three times
    assert recipe.patch[1] == recipe.patch[2]
    assert np.prod(recipe.patch) < 1.5 * VOXELS
    asked = Recipe(patch=(8, 8, 8)).fitted([(1, 1, 1)], [(20, 300, 300)])
    assert asked.patch == (8, 8, 8)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"spacing": (1.0, 1.0)}, r"spacing\.2: missing"),
        ({"spacing": (1.0, 0.0, 1.0)}, r"spacing\.1: .*0\.01; found: 0"),
        ({"patch": (4, 32, 32)}, r"patch\.0: .*8; found: 4"),
        ({"epochs": 0}, r"epochs: .*found: 0"),
        ({"foreground": 1.5}, r"foreground: .*found: 1\.5"),
        ({"learning_rate": float("nan")}, r"learning_rate: .*found: nan"),
        ({"precision": "fp8"}, r"precision: .*'auto', 'fp32' or 'bf16'; found: 'fp8'"),
    ],
)
def test_impossible_recipes(changes, message):
    with pytest.raises(InputError, match=message):
        Recipe(**changes)


def test_impossible_settings():
    with pytest.raises(InputError, match=r"epochs: .*found: 0"):
        TrainingSettings(epochs=0)
    with pytest.raises(InputError, match="device: Input should be 'auto', 'cpu' or 'cuda'; found: 'tpu'"):
        TrainingSettings(device="tpu").resolved()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_not_replaced_in_silence():
    with pytest.raises(InputError, match="torch sees no GPU"):
        TrainingSettings(device="cuda").resolved()
    assert TrainingSettings().resolved().device == "cpu"


def test_the_precision_is_settled_before_a_training_and_not_by_the_machine_that_resumes_it(monkeypatch):
    for native, precision in ((True, "bf16"), (False, "fp32")):
        monkeypatch.setattr(
            "nbradiomics.segmentation.training.settings.native_bf16", lambda native=native: native
        )
        settings = TrainingSettings(recipe=Recipe(), device="cpu").resolved()
        assert settings.recipe.precision == precision
        asked = TrainingSettings(recipe=Recipe(precision="fp32"), device="cpu").resolved()
        assert asked.recipe.precision == "fp32"


# --- planned ----------------------------------------------------------------------------------------


def test_a_recipe_is_followed_whatever_axis_is_the_coarsest(tmp_path):
    """nnU-Net puts the coarsest axis first; the recipe speaks of z, y, x."""
    cohort = phantom_cohort(tmp_path)
    for file in tmp_path.glob("*.nii.gz"):
        image = sitk.ReadImage(str(file))
        image.SetSpacing((1.0, 4.0, 1.5))  # the coarsest is y
        sitk.WriteImage(image, str(file))
    cases = find_cases(cohort, reader="A")
    splits = split_cases(origins(cases, cohort), 2)
    folder = TrainingFolder(tmp_path / "model")
    recipe = Recipe(patch=(8, 24, 16), features=4, max_features=8, blocks=2, batch=3)
    settings = TrainingSettings(recipe=recipe)
    how = {"channels": ("T2w",), "label": 1, "settings": settings, "execution": Execution()}
    notes = prepare(cases, splits, folder, **how)
    plans = plans_of(folder)
    full = plans["configurations"]["3d_fullres"]
    assert plans["transpose_forward"] == [1, 0, 2]
    assert grid_of(plans) == ((1.5, 4.0, 1.0), (8, 24, 16))
    assert full["batch_size"] == 3
    assert full["architecture"]["arch_kwargs"]["features_per_stage"] == [4, 8]
    assert full["architecture"]["arch_kwargs"]["n_conv_per_stage"] == [2, 2]
    assert notes == [
        "Images are resampled to 1.5 x 4 x 1 mm, and a patch of the network has 8 x 24 x 16 voxels (z, y, x)."
    ]
    assert json.loads((folder.model / "dataset.json").read_text(encoding="utf-8"))["channel_names"] == {
        "0": "T2w"
    }
    written = json.loads(
        (folder.work / "preprocessed" / DATASET / "splits_final.json").read_text(encoding="utf-8")
    )
    names = {name: f"case_{number:04d}" for number, name in enumerate(sorted(cases))}
    assert [set(split["val"]) for split in written] == [
        {names[name] for name in split.validation} for split in splits
    ]
    assert list(folder.work.rglob("*.pkl")) == []
    before = (folder.work / "preprocessed" / DATASET / f"{PLANS_NAME}.json").stat().st_mtime_ns
    assert prepare(cases, splits, folder, **how) == notes
    after = (folder.work / "preprocessed" / DATASET / f"{PLANS_NAME}.json").stat().st_mtime_ns
    assert before == after


def test_a_patch_that_the_network_cannot_halve_is_raised_and_told(tmp_path):
    cohort = phantom_cohort(tmp_path)
    cases = find_cases(cohort, reader="A")
    splits = split_cases(origins(cases, cohort), 2)
    recipe = Recipe(patch=(9, 18, 18), features=4, max_features=8)
    notes = prepare(
        cases,
        splits,
        TrainingFolder(tmp_path / "model"),
        channels=("T2w",),
        label=1,
        settings=TrainingSettings(recipe=recipe),
        execution=Execution(),
    )
    assert "The patch 9 x 18 x 18 was changed to 10 x 20 x 20" in notes[1]


# --- the folder -------------------------------------------------------------------------------------


def test_the_same_command_continues_and_another_is_refused(tmp_path):
    asked = {"settings": {"seed": 0, "recipe": {"epochs": 3}}, "cases": {"p1": ["a"], "p2": ["b"]}}
    folder = TrainingFolder.open(tmp_path / "model", asked)
    assert TrainingFolder.open(tmp_path / "model", asked) == folder
    other = {"settings": {"seed": 1, "recipe": {"epochs": 3}}, "cases": {"p1": ["c"], "p3": ["b"]}}
    with pytest.raises(InputError, match="another command") as caught:
        TrainingFolder.open(tmp_path / "model", other)
    for part in ("settings.seed was 0, now 1", "the files of 3 cases differ"):
        assert part in caught.value.problem
    assert "epochs" not in caught.value.problem


def test_many_differences_are_counted():
    found = differences({str(number): 0 for number in range(20)}, {str(number): 1 for number in range(20)})
    assert len(found) == 9
    assert found[-1] == "and 12 more"


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="is not an unfinished training"):
        TrainingFolder.open(tmp_path, {})
    with pytest.raises(InputError, match="is not an unfinished training"):
        TrainingFolder.open(tmp_path / "notes.txt", {})
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    (tmp_path / "empty").mkdir()
    TrainingFolder.open(tmp_path / "empty", {})


def test_a_folder_is_a_model_only_when_all_of_it_is_there(tmp_path, monkeypatch):
    folder = TrainingFolder.open(tmp_path / "model", {})
    folder.weights(0).parent.mkdir(parents=True)
    for file in (folder.weights(0), folder.model / "dataset.json", folder.model / "plans.json"):
        file.write_text("{}")

    def killed(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("nbradiomics.segmentation.training.folder.seal", killed)
        with pytest.raises(KeyboardInterrupt):
            folder.finish(Card())
    assert not (folder.out / "plans.json").exists()
    assert TrainingFolder.open(folder.out, {}) == folder
    folder.finish(Card(name="x"))
    assert sorted(path.name for path in folder.out.iterdir()) == [
        "card.json",
        "dataset.json",
        "fold_0",
        "plans.json",
    ]
    with pytest.raises(InputError, match="contains a finished model"):
        TrainingFolder.open(folder.out, {})


def test_a_folder_whose_settings_are_damaged(tmp_path):
    folder = TrainingFolder.open(tmp_path / "model", {})
    (folder.work / "settings.json").write_text("{")
    with pytest.raises(InputError, match=r"settings\.json cannot be read"):
        TrainingFolder.open(folder.out, {})


# --- what is told -----------------------------------------------------------------------------------


def test_epochs_of_all_folds_are_shown_from_where_they_stand(tmp_path):
    traces = {f"fold_{number}": tmp_path / f"{number}.json" for number in range(2)}
    write_trace(Trace(3, 10.0), traces["fold_0"])
    seen: list[object] = []

    @contextmanager
    def progress(stage: str, total: int):
        seen.append((stage, total))
        yield lambda: seen.append("step")

    with watched(traces, 5, progress, lambda *found: seen.append(found)):
        write_trace(Trace(5, 17.0), traces["fold_0"])
        write_trace(Trace(1, 4.0, 2.5), traces["fold_1"])
    assert seen[0] == ("train", 7)
    assert seen.count("step") == 3
    assert [found for found in seen if isinstance(found, tuple)][1:] == [("fold_1", 2.5)]


def test_a_fold_that_wrote_nothing_yet_stands_at_its_beginning(tmp_path):
    assert read_trace(tmp_path / "none.json") == Trace()
    (tmp_path / "half.json").write_text('{"epochs": 3')
    assert read_trace(tmp_path / "half.json") == Trace()


def test_subjects_are_found_in_a_card_that_names_none(tmp_path):
    card = with_training_subjects(Card(name="m"), ["Maria", "Ana", "Ana"])
    write_card(card, tmp_path)
    assert "Maria" not in (tmp_path / "card.json").read_text(encoding="utf-8")
    known = read_card(tmp_path)
    assert known == card
    assert trained_on_subject(known, "Maria")
    assert trained_on_subject(known, "Ana")
    assert not trained_on_subject(known, "Eva")
    assert not trained_on_subject(known, "maria")
    assert not trained_on_subject(Card(), "Maria")
    other = with_training_subjects(Card(), ["Maria", "Ana"])
    assert len(other.training_subjects) == 2
    assert set(other.training_subjects).isdisjoint(known.training_subjects)


def test_a_card_holds_text_only_in_its_lists(tmp_path):
    (tmp_path / "card.json").write_text('{"training_subjects": [1]}')
    with pytest.raises(ModelError, match="training_subjects must contain only text"):
        read_card(tmp_path)


def test_figures_of_masks_that_were_missed_or_could_not_be_made():
    table = pd.DataFrame({"status": ["ok", "ok", "empty", None]})
    agreement = pd.DataFrame(
        {
            "subject": ["s1", "s2", "s3", "s1", "s1"],
            "timepoint": "baseline",
            "sequence": "T2w",
            "roi": "tumour",
            "reader": ["auto", "auto", "auto", "B", "auto"],
            # A's second reading of s1 is an edited mask: the first is the one that was learnt.
            "reference_reading": [1, 1, 1, 1, 2],
            "dice": [0.8, 0.6, 0.0, 0.99, 0.97],
            "hd95_mm": [2.0, 4.0, np.nan, 1.0, 0.5],
        }
    )
    assert cross_validation_figures(table, agreement) == {
        "cases": 4,
        "median_dice": 0.6,
        "mean_dice": 0.4667,
        "lowest_dice": 0.0,
        "median_hd95": 3.0,
        "failures": 1,
        "empty": 1,
    }
    nothing = cross_validation_figures(table, agreement[agreement["reader"] == "nobody"])
    assert nothing["median_dice"] is None
    assert nothing["median_hd95"] is None


# --- to the bit -------------------------------------------------------------------------------------


def test_every_epoch_of_every_fold_draws_numbers_of_its_own():
    from nbradiomics.segmentation.environment import random_state
    from nbradiomics.segmentation.training.trainers import seed_everything

    def drawn(*words: int) -> tuple[float, float, float]:
        seed_everything(*words)
        return random.random(), float(np.random.rand()), float(torch.rand(1))  # noqa: NPY002

    with random_state(0):
        places = [(seed, fold, epoch) for seed in (0, 1) for fold in (0, 1) for epoch in (0, 1)]
        assert len({drawn(*place) for place in places}) == len(places)
        assert drawn(0, 1, 2) == drawn(0, 1, 2)


def test_the_augmentation_does_not_look_at_the_clock():
    from batchgeneratorsv2.transforms.noise.gaussian_blur import GaussianBlurTransform

    from nbradiomics.segmentation.training.trainers import FoldTrainer

    made = FoldTrainer.get_training_transforms((8, 16, 16), (-0.5, 0.5), None, (0, 1, 2), False)
    inner = [getattr(each, "transform", each) for each in made.transforms]
    blurs = [each for each in inner if isinstance(each, GaussianBlurTransform)]
    assert blurs
    assert not any(blur.benchmark for blur in blurs)


# --- the command ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--preset", "large"], "no preset 'large'"),
        (["--iterations", 3, "--spacing", "1,1,1"], "preset nnunet does not accept --iterations, --spacing"),
        (["--preset", "small", "--spacing", "1,1"], "--spacing is '1,1'. Give three numbers"),
        (["--preset", "small", "--spacing", "1,x,1"], "--spacing is '1,x,1'"),
        (["--preset", "small", "--patch", "8,8,8.5"], "Give three whole numbers"),
        (["--preset", "small", "--epochs", 0], "than or equal to 1; found: 0"),
        (["--epochs", 0], "than or equal to 1; found: 0"),
        (["--folds", 3], "4 subjects for 3 folds"),
    ],
)
def test_wrong_options_are_told_before_anything_is_read(tmp_path, capsys, options, message):
    cohort = phantom_cohort(tmp_path)
    for file in tmp_path.glob("*.nii.gz"):
        file.unlink()
    assert call("train", cohort.path, "--reader", "A", "--out", tmp_path / "model", *options) == 1
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "model").exists()


def test_options_reach_the_recipe():
    from nbradiomics.cli.commands.train import _recipe

    recipe = _recipe("small", 7, iterations=5, spacing="4,3,2.5", patch="16,32,32", precision="fp32")
    assert recipe == Recipe(
        epochs=7,
        iterations=5,
        spacing=(4.0, 3.0, 2.5),
        patch=(16, 32, 32),
        precision="fp32",
    )
    assert _recipe("small", None, patch=None) == Recipe()
    assert _recipe("nnunet", 7, patch=None) is None


def test_every_mask_empty_is_no_training(tmp_path):
    from nbradiomics.workflows.training import train_model

    cohort = phantom_cohort(tmp_path)
    for file in tmp_path.glob("*_A.nii.gz"):
        sitk.WriteImage(make_image(np.zeros(SHAPE, np.uint8), SPACING), str(file))
    with pytest.raises(InputError, match="every mask is empty"):
        train_model(cohort, reader="A", out=tmp_path / "model", folds=2, settings=tiny())
    assert not (tmp_path / "model").exists()
