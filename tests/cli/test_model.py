"""`nbradiomics model import|check|list`, and `segment` with what was imported."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
import torch

from nbradiomics.images.io import read_image
from nbradiomics.segmentation import load_model
from nbradiomics.segmentation.store import BUNDLED
from nbradiomics.synthetic import make_cohort
from tests.support.helpers import call
from tests.support.random_model import make_model

DATASET = "Dataset007_Tumours"
INSIDE = f"{DATASET}/nnUNetTrainer__nnUNetPlans__3d_fullres"


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of imported models, named by the environment."""
    monkeypatch.setenv("NBRADIOMICS_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """What nnU-Net's export writes: a model in the folders of its results, and more beside it."""
    folder = make_model(tmp_path / "results" / INSIDE, channels=("T2w", "ADC"))
    (folder / "fold_0" / "progress.png").touch()
    (folder / "fold_2").mkdir()
    (folder / "fold_2" / "checkpoint_best.pth").touch()
    path = tmp_path / "tumours.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for file in sorted((tmp_path / "results").rglob("*")):
            packed.write(file, file.relative_to(tmp_path / "results"))
    return path


def test_a_model_is_imported_checked_listed_and_refused_the_second_time(archive, models, capsys):
    assert call("model", "import", archive, "--name", "mine", "--orientation", "LPS") == 0
    said = capsys.readouterr().out
    assert "Note: fold_2 is left out: it contains only checkpoint_best.pth" in said
    assert f"Imported mine -> {models / 'mine'}; 2 other file(s) of {archive} not copied" in said
    assert "--model mine" in said
    assert call("model", "import", archive, "--name", "mine") == 1
    assert "--replace" in capsys.readouterr().err
    assert call("model", "import", archive, "--name", "mine", "--replace") == 0
    assert call("model", "list") == 0
    assert {"mine", "imported", "synthetic-demo", "bundled", "sound"} <= set(capsys.readouterr().out.split())


def test_check_says_what_a_user_wants_to_know(archive, capsys):
    call("model", "import", archive, "--name", "mine", "--orientation", "LPS")
    capsys.readouterr()
    assert call("model", "check", "mine") == 0
    facts = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert facts["name"] == "mine"
    assert facts["channels"] == "0 T2w, 1 ADC"
    assert facts["tumour"] == "tumour (label)"
    assert facts["orientation"] == "LPS"
    assert facts["configuration"] == "3d_fullres"
    assert facts["patch"] == "16 x 24 x 24 voxels (z y x)"
    assert facts["spacing"] == "4 x 3 x 3 mm (z y x)"
    assert facts["folds"] == "fold_0, fold_1"
    parameters = load_model("mine").predictor.network.parameters()
    assert facts["weights"] == f"{sum(each.numel() for each in parameters) / 1e6:.3g} million in each fold"
    assert facts["trainer"] == "nnUNetTrainer"
    assert facts["trained"] == "on     images and subjects not recorded"
    assert facts["licence"] == "not recorded"
    assert facts["mine"] == "is usable."


def test_check_looks_into_an_archive_without_importing_it(archive, models, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    assert call("model", "check", archive) == 0
    said = capsys.readouterr().out
    assert "name           tumours\n" in said
    assert "orientation    not recorded: images are not turned" in said
    assert "Note: fold_2 is left out" in said
    assert said.splitlines()[-1] == f"{archive} is usable."
    assert not models.exists()
    assert list((tmp_path / "temporary").iterdir()) == []


def test_check_ends_with_the_reason_and_exit_code_1(archive, capsys, tmp_path):
    folder = tmp_path / "results" / INSIDE
    assert call("model", "check", folder / "fold_0") == 1
    assert f"Give its folder: {folder}." in capsys.readouterr().out
    path = folder / "fold_1" / "checkpoint_final.pth"
    checkpoint = torch.load(path, weights_only=True)
    weights = checkpoint["network_weights"]
    last = next(name for name in weights if name.endswith("seg_layers.0.weight"))
    torch.save(
        {**checkpoint, "network_weights": {**weights, last: torch.full_like(weights[last], 3e38)}}, path
    )
    assert call("model", "check", folder) == 1
    said = capsys.readouterr().out
    assert "is not usable" in said
    assert "the output of the network of fold_1 for noise is not finite" in said
    assert call("model", "check", tmp_path / "nowhere.zip") == 1
    assert "is not usable: no model" in capsys.readouterr().out


def test_the_list_goes_on_behind_a_broken_model(archive, models, capsys):
    for name in ("broken", "sound-one"):
        call("model", "import", archive, "--name", name)
    (models / "broken" / "plans.json").unlink()
    capsys.readouterr()
    assert call("model", "list") == 0
    said = capsys.readouterr().out
    assert f"broken is broken: {models / 'broken' / 'plans.json'} does not exist." in said
    assert "sound-one" in said


def test_a_choice_among_several_and_a_limit_are_passed_on(archive, tmp_path, models, capsys):
    make_model(tmp_path / "results" / DATASET / "nnUNetTrainer__nnUNetPlans__2d", flat=True)
    assert call("model", "import", tmp_path / "results") == 1
    assert "--inside PATH" in capsys.readouterr().err
    assert call("model", "check", tmp_path / "results", "--inside", INSIDE) == 0
    assert call("model", "import", archive, "--max-gb", "0.00001") == 2  # no useful limit
    assert (
        call("model", "import", tmp_path / "results", "--inside", INSIDE, "--models", tmp_path / "own") == 0
    )
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["Dataset901_Training-3d_fullres"]
    assert list(models.iterdir()) == []


@pytest.mark.slow
def test_an_imported_model_segments_as_the_one_it_was_made_from(tmp_path, models):
    make_cohort(tmp_path / "cohort", subjects=1)
    assert call("model", "import", BUNDLED / "synthetic-demo", "--name", "again") == 0
    shutil.move(models, tmp_path / "elsewhere")
    found = []
    for name in ("again", "synthetic-demo"):
        out = tmp_path / name / "cohort.csv"
        options = ("--model", name, "--models", tmp_path / "elsewhere", "--out", out)
        assert call("segment", tmp_path / "cohort" / "cohort.csv", *options) == 0
        rows = pd.read_csv(out)
        mask = out.parent / rows.loc[rows["reader"] == "auto", "mask"].item()
        found.append(sitk.GetArrayFromImage(read_image(mask)))
    assert found[0].any()
    assert np.array_equal(*found)
