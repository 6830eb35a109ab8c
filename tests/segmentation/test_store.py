"""Bringing models: where they lie, what is taken over, what is refused, and that nothing half-done stays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from nbradiomics.errors import AmbiguousError, InputError, ModelError
from nbradiomics.images.io import file_hash
from nbradiomics.segmentation import import_model, list_models, load_model
from nbradiomics.segmentation.importing import MAX_BYTES
from nbradiomics.segmentation.model_files.card import read_card
from nbradiomics.segmentation.store import BUNDLED, find_model, models_folder
from tests.support.random_model import make_model

CHECKPOINT = "checkpoint_final.pth"
INSIDE = "Dataset007_Tumours/nnUNetTrainer__nnUNetPlans__3d_fullres"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A stock model of two folds, as nnU-Net leaves it: no card."""
    return make_model(tmp_path / "results" / INSIDE)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def pack(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


def files(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def spoil(path: Path, change: Callable[[dict[str, object]], object]) -> None:
    """Change the content of a JSON file or a checkpoint in place."""
    if path.suffix == ".json":
        content = json.loads(path.read_text(encoding="utf-8"))
        change(content)
        path.write_text(json.dumps(content))
    else:
        content = torch.load(path, weights_only=True)
        change(content)
        torch.save(content, path)


# --- where models lie -------------------------------------------------------------------------------


def test_the_folder_is_the_parameter_s_else_the_environment_s_else_the_user_s(tmp_path, monkeypatch):
    monkeypatch.setenv("NBRADIOMICS_MODELS", str(tmp_path / "set"))
    assert models_folder(tmp_path / "given") == tmp_path / "given"
    assert models_folder() == tmp_path / "set"
    monkeypatch.delenv("NBRADIOMICS_MODELS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    assert models_folder().parts[-2:] == ("nbradiomics", "models")
    assert not models_folder().exists()


def test_a_bundled_name_comes_before_an_imported_one_and_that_before_a_folder(folder, models, monkeypatch):
    import_model(folder, name="mine", models=models)
    monkeypatch.chdir(folder.parent)
    shutil.copytree(folder, "mine")
    shutil.copytree(folder, "synthetic-demo")
    shutil.copytree(folder, models / "synthetic-demo")  # put there by hand: an import would refuse
    assert find_model("synthetic-demo", models) == BUNDLED / "synthetic-demo"
    assert find_model("mine", models) == models / "mine"
    assert find_model("mine") == Path("mine")
    assert find_model(Path("mine"), models) == Path("mine")
    assert load_model("mine", models=models).name == "mine"


def test_an_unknown_name_is_refused_with_the_names_there_are(folder, models):
    import_model(folder, name="mine", models=models)
    with pytest.raises(ModelError, match=r"no model 'other'.*one of: synthetic-demo, mine\."):
        find_model("other", models)


def test_the_list_holds_broken_models_with_the_reason(folder, models):
    assert [model.name for model in list_models(models)] == ["synthetic-demo"]
    for name in ("a", "b", "c", "d"):
        import_model(folder, name=name, models=models)
    (models / "b" / "plans.json").write_text("{")
    shutil.rmtree(models / "c" / "fold_0")
    (models / "c" / "fold_1" / CHECKPOINT).rename(models / "c" / "fold_1" / "checkpoint_best.pth")
    spoil(models / "d" / "dataset.json", lambda data: data["labels"].update(x=2, tumour="1"))
    (models / ".import-x").mkdir()
    found = {model.name: model for model in list_models(models)}
    assert list(found) == ["synthetic-demo", "a", "b", "c", "d"]
    assert (found["a"].origin, found["a"].folder, found["a"].problem) == ("imported", models / "a", "")
    assert (found["synthetic-demo"].origin, found["synthetic-demo"].problem) == ("bundled", "")
    assert "plans.json is not valid JSON" in found["b"].problem
    assert "contains no fold_*" in found["c"].problem
    assert "fold_1 is left out: it contains only checkpoint_best.pth" in found["c"].problem
    assert "labels.tumour is '1'" in found["d"].problem


# --- what is taken over -----------------------------------------------------------------------------


def test_an_archive_of_nnunet_is_imported_under_its_data_set_and_configuration(folder, models, tmp_path):
    (folder / "fold_0" / "progress.png").touch()
    (folder / "postprocessing.pkl").write_bytes(b"never opened")
    (folder / "dataset_fingerprint.json").write_text("{}")
    spoil(folder / "plans.json", lambda plans: plans.update(dataset_name="Dataset007 Tumours/x"))
    archive = pack(tmp_path / "results", tmp_path / "model.zip")
    done = import_model(archive, models=models)
    assert (done.name, done.folder) == ("Dataset007-Tumours-x-3d_fullres", models / done.name)
    assert (done.left_out, done.notes) == (2, ())
    folds = {f"fold_{number}/{CHECKPOINT}" for number in (0, 1)}
    assert (
        files(done.folder) == {"plans.json", "dataset.json", "dataset_fingerprint.json", "card.json"} | folds
    )
    assert (done.folder / "plans.json").read_bytes() == (folder / "plans.json").read_bytes()
    card = read_card(done.folder)
    assert (card.name, card.source, card.source_sha256) == (done.name, "model.zip", file_hash(archive))
    assert names(models) == [done.name]
    assert load_model(done.name, models=models).name == done.name


def test_a_folder_and_an_archive_of_it_give_the_same_weights(folder, models, tmp_path):
    first = import_model(folder, name="a", models=models).folder
    second = import_model(pack(folder, tmp_path / "m.zip"), name="b", models=models).folder
    for fold in ("fold_0", "fold_1"):
        assert file_hash(first / fold / CHECKPOINT) == file_hash(second / fold / CHECKPOINT)
    assert read_card(first).source == folder.name
    assert len(read_card(first).source_sha256) == 64


def test_only_weights_are_kept_in_their_precision_and_shared_ones_stay_shared(folder, models):
    raw = folder / "fold_0" / CHECKPOINT
    weights = torch.load(raw, weights_only=True)["network_weights"]
    first = next(iter(weights.values()))
    long = torch.zeros(10**6)
    long[: first.numel()] = first.flatten()
    part = long[: first.numel()].view(first.shape)  # torch would save the whole of it
    for name, tensor in weights.items():
        if tensor.data_ptr() == first.data_ptr():
            weights[name] = part
        elif "seg_layers" in name:
            weights[name] = tensor.bfloat16()
    state = {"momentum": torch.zeros(10**6)}
    log = {"ema": [np.float64(0.5)]}
    spoil(raw, lambda content: content.update(network_weights=weights, optimizer_state=state, logging=log))
    done = import_model(folder, name="slim", models=models).folder / "fold_0" / CHECKPOINT
    content = torch.load(done, weights_only=True)
    assert set(content) == {
        "network_weights",
        "trainer_name",
        "init_args",
        "inference_allowed_mirroring_axes",
    }
    assert content["init_args"] == {"configuration": "3d_fullres"}
    assert content["inference_allowed_mirroring_axes"] == (0, 1, 2)
    kept = content["network_weights"]
    assert {name: tensor.dtype for name, tensor in kept.items()} == {n: t.dtype for n, t in weights.items()}
    assert all(torch.equal(kept[name], tensor) for name, tensor in weights.items())
    original = torch.load(folder / "fold_1" / CHECKPOINT, weights_only=True)["network_weights"]
    shared = len({tensor.data_ptr() for tensor in original.values()})
    assert len({tensor.data_ptr() for tensor in kept.values()}) == shared < len(kept)
    assert done.stat().st_size < raw.stat().st_size / 50


def test_the_result_opens_in_stock_nnunet(folder, models):
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    done = import_model(folder, name="stock", models=models)
    predictor = nnUNetPredictor(device=torch.device("cpu"), allow_tqdm=False)
    predictor.initialize_from_trained_model_folder(str(done.folder), None)
    own = load_model(done.folder).predictor
    for stock, ours in zip(predictor.list_of_parameters, own.list_of_parameters, strict=True):
        assert all(torch.equal(stock[name], ours[name]) for name in ours)
    assert predictor.allowed_mirroring_axes == own.allowed_mirroring_axes == (0, 1, 2)


def test_what_the_user_says_goes_into_the_card(models, tmp_path):
    labels = {"background": 0, "core": 1, "edema": 2, "kidney": 3}
    with pytest.raises(ModelError, match="no label that is certainly the tumour"):
        make_model(tmp_path / "m", labels=labels)
    with pytest.raises(ModelError, match=r"core = 1, edema = 2, kidney = 3.*--tumour NAMES"):
        import_model(tmp_path / "m", models=models)
    with pytest.raises(ModelError, match="has no label core, cyst; labels other than"):
        import_model(tmp_path / "m", models=models, tumour=["core", "cyst"])
    assert names(models) == []
    done = import_model(tmp_path / "m", models=models, tumour=["core", "edema"], orientation="ras", name="x")
    model = load_model("x", models=models)
    assert (model.tumour.values, model.orientation, model.card.name) == ({1, 2}, "RAS", "x")
    assert read_card(done.folder).tumour == ("core", "edema")


def test_a_card_that_comes_along_is_kept(models):
    source = BUNDLED / "synthetic-demo"
    with pytest.raises(InputError, match="'synthetic-demo' is a model that comes with nbradiomics"):
        import_model(source, models=models)
    card, original = read_card(import_model(source, name="again", models=models).folder), read_card(source)
    assert card.name == "again"
    assert (card.licence, card.training_images) == (original.licence, original.training_images)


# --- names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a\\b", ".x", "-x", "a.", "a b", "ä", "x" * 101, "c:"])
def test_names_that_are_no_plain_word_are_refused(folder, models, name):
    with pytest.raises(InputError, match=r"is not a valid name for a model.*--name"):
        import_model(folder, name=name, models=models)
    assert not models.exists()


def test_a_name_is_taken_once_and_replaced_when_asked(folder, models):
    import_model(folder, name="mine", models=models)
    before = load_model("mine", models=models).fingerprint
    with pytest.raises(InputError, match=r"there is already a model 'mine'.*--replace"):
        import_model(folder, name="mine", models=models)
    with pytest.raises(InputError, match="there is already a model 'mine'"):
        import_model(folder, name="Mine", models=models, replace_existing=True)
    with pytest.raises(InputError, match="comes with nbradiomics"):
        import_model(folder, name="Synthetic-Demo", models=models, replace_existing=True)
    shutil.rmtree(folder / "fold_1")
    import_model(folder, name="mine", models=models, replace_existing=True)
    assert load_model("mine", models=models).folds == ("fold_0",)
    assert load_model("mine", models=models).fingerprint != before
    assert names(models) == ["mine"]


# --- whole or not at all ----------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
def test_a_model_that_would_not_load_leaves_nothing_behind(folder, models, tmp_path, packed):
    spoil(folder / "fold_1" / CHECKPOINT, lambda content: content["network_weights"].popitem())
    source = pack(folder, tmp_path / "m.zip") if packed else folder
    with pytest.raises(ModelError, match=r"fold_1 does not match the network.*lacks 1 weights") as caught:
        import_model(source, name="mine", models=models)
    assert str(source) in caught.value.problem
    assert str(models) not in caught.value.problem, "the user's own file is named, not a temporary one"
    assert names(models) == []


def test_a_replacement_that_would_not_load_leaves_the_old_model(folder, models):
    import_model(folder, name="mine", models=models)
    before = load_model("mine", models=models).fingerprint
    spoil(folder / "plans.json", lambda plans: plans["configurations"].clear())
    with pytest.raises(ModelError, match="has no configuration '3d_fullres'"):
        import_model(folder, name="mine", models=models, replace_existing=True)
    assert load_model("mine", models=models).fingerprint == before
    assert names(models) == ["mine"]


def test_the_old_model_comes_back_when_the_last_step_fails(folder, models, monkeypatch):
    import_model(folder, name="mine", models=models)
    replace = os.replace

    def failing(source, target):
        if Path(target) == models / "mine" and Path(source).name == "model":
            raise OSError("disk")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="disk"):
        import_model(folder, name="mine", models=models, replace_existing=True)
    assert load_model("mine", models=models).folds == ("fold_0", "fold_1")


def test_what_a_killed_import_left_is_removed_by_the_next(folder, models):
    """A process that is killed half-way, and one that is still at it."""
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from nbradiomics.segmentation.work_folder import work_folder\n"
        "with work_folder(Path(sys.argv[1])) as work:\n"
        "    (work / 'model').mkdir()\n"
        "    (work / 'model' / 'weights').write_bytes(bytes(1000))\n"
        "    print(work.name, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    models.mkdir()
    run = [sys.executable, "-c", code, str(models)]
    with (
        subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as killed,
        subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as living,
    ):
        left, busy = (each.stdout.readline().strip() for each in (killed, living))
        killed.kill()
        killed.wait()
        assert names(models) == sorted([left, busy])
        import_model(folder, name="mine", models=models)
        assert names(models) == sorted([busy, "mine"])
        living.communicate("")
    assert names(models) == ["mine"]


def test_a_model_that_a_killed_import_was_replacing_comes_back(folder, models):
    import_model(folder, name="mine", models=models)
    left = models / ".import-killed"
    (left / "replaced").mkdir(parents=True)
    (left / "lock").touch()
    os.replace(models / "mine", left / "replaced" / "mine")
    import_model(folder, name="other", models=models)
    assert names(models) == ["mine", "other"]
    assert load_model("mine", models=models).folds == ("fold_0", "fold_1")


def test_what_an_import_of_an_earlier_release_left_is_removed_a_day_later(folder, models):
    for name, age in (("old", 2 * 24 * 3600), ("new", 60)):
        (models / f".import-{name}").mkdir(parents=True)
        os.utime(models / f".import-{name}", (time.time() - age,) * 2)
    import_model(folder, name="mine", models=models)
    assert names(models) == [".import-new", "mine"]


def test_the_limit_of_an_archive_is_the_user_s(folder, models, tmp_path):
    archive = pack(folder, tmp_path / "m.zip")
    assert MAX_BYTES == 20 * 1024**3
    with pytest.raises(ModelError, match="contains a model of more than"):
        import_model(archive, models=models, max_bytes=1000)
    assert names(models) == []


def test_sources_that_are_not_there_or_no_archive(models, tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.zip does not exist"):
        import_model(tmp_path / "nowhere.zip", models=models)
    (tmp_path / "text.zip").write_text("text")
    with pytest.raises(ModelError, match="cannot be read as a zip archive"):
        import_model(tmp_path / "text.zip", models=models)
    with pytest.raises(InputError, match="orientation is 'LPX'"):
        import_model(tmp_path, models=models, orientation="LPX")


def test_zip_slip_writes_nothing_outside(folder, models, tmp_path):
    archive = pack(folder, tmp_path / "m.zip")
    with zipfile.ZipFile(archive, "a") as more:
        more.writestr("../../slipped", "x")
    with pytest.raises(ModelError, match="not a safe file name"):
        import_model(archive, models=models)
    assert not list(tmp_path.rglob("slipped"))
    assert names(models) == []


# --- several models ---------------------------------------------------------------------------------


def test_what_a_training_keeps_below_a_model_is_no_second_one(folder, models):
    shutil.copytree(folder, folder / "training" / "nnUNetTrainer__nnUNetPlans__3d_fullres")
    done = import_model(folder, name="mine", models=models)
    assert (load_model(done.folder).folds, done.left_out) == (("fold_0", "fold_1"), 4)


@pytest.mark.parametrize("packed", [False, True])
def test_of_several_models_one_is_chosen(folder, models, tmp_path, packed):
    make_model(folder.with_name("nnUNetTrainer__nnUNetPlans__2d"), flat=True)
    results = tmp_path / "results"
    evaluation = folder / "crossval_results_folds_0_1"
    evaluation.mkdir()
    shutil.copy(folder / "plans.json", evaluation)  # nnU-Net leaves them there: no model
    source = pack(results, tmp_path / "all.zip") if packed else results
    with pytest.raises(AmbiguousError, match=r"contains 2 models: .*__2d, .*__3d_fullres\. Choose one"):
        import_model(source, models=models)
    with pytest.raises(InputError, match=r"contains no model 'other'\. It contains Dataset007"):
        import_model(source, models=models, inside="other")
    done = import_model(source, models=models, inside="nnUNetTrainer__nnUNetPlans__2d", name="flat")
    assert load_model(done.folder).configuration == "2d"
    assert import_model(source, models=models, inside=INSIDE, name="deep").folder == models / "deep"
