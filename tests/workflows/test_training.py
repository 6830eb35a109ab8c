"""Trainings from beginning to end: what they leave, and that it can be used."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
import torch

import nbradiomics as nb
from nbradiomics.agreement.schema import AGREEMENT
from nbradiomics.cohort import load_cohort
from nbradiomics.execution.execution import Execution
from nbradiomics.images.io import file_hash
from nbradiomics.segmentation import load_model
from nbradiomics.segmentation.model_files.card import read_card, trained_on_subject
from nbradiomics.segmentation.prediction.inference import Inference
from nbradiomics.segmentation.schema import OUT_OF_FOLD, SPLITS
from nbradiomics.segmentation.training.cases import find_cases, origins
from nbradiomics.segmentation.training.cross_validation import segment_out_of_fold
from nbradiomics.segmentation.training.settings import TrainingSettings
from nbradiomics.segmentation.training.splits import split_cases
from tests.support.helpers import array, call, make_image, write_cohort
from tests.support.random_model import make_model
from tests.support.training_phantoms import (
    FOLDS,
    SHAPE,
    SPACING,
    phantom_cohort,
    tiny,
    train,
    weights,
    write_phantom,
)

pytestmark = pytest.mark.usefixtures("one_thread")


# --- a training and what it leaves ------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with ``cohort.csv`` and the model trained on it by the command line.

    Six subjects of two sites, two scans each; reader B drew one of them too, one mask is damaged, and one
    image has no mask.
    """
    folder = tmp_path_factory.mktemp("training")
    cohort = phantom_cohort(folder, 6, timepoints=2)
    (folder / "s5t1_A.nii.gz").write_bytes(b"no image")
    write_phantom(folder, "extra")
    rows = [
        "s0,t0,T2w,north,s0t0.nii.gz,B,s0t0_A.nii.gz",
        "s9,t0,T2w,south,extra.nii.gz,,",
    ]
    cohort.path.write_text(cohort.path.read_text(encoding="utf-8") + "\n".join(rows) + "\n")
    options = ["--preset", "small", "--patch", "8,16,16", "--epochs", 3, "--iterations", 8, "--folds", 2]
    assert call("train", cohort.path, "--reader", "A", "--out", folder / "model", "--jobs", 1, *options) == 0
    return folder


@pytest.fixture(scope="module")
def model(folder: Path) -> Path:
    return folder / "model"


def test_the_folder_holds_a_model_and_nothing_unfinished(model):
    assert sorted(path.name for path in model.iterdir()) == [
        "card.json",
        "cross_validation",
        "dataset.json",
        "dataset_fingerprint.json",
        "fold_0",
        "fold_1",
        "plans.json",
        "splits.csv",
    ]
    loaded = load_model(model)
    assert loaded.channels == ("T2w",)
    assert loaded.folds == FOLDS
    assert loaded.orientation == "LPS"
    assert next(iter(weights(model)["fold_0"].values())).dtype == torch.float32


def test_a_damaged_case_is_a_failure_row_and_the_others_were_trained_on(folder):
    failures = pd.read_csv(folder / "model.failures.csv")
    assert failures["case"].tolist() == ["s5/t1/T2w"]
    assert "cannot be read" in failures["cause"][0]
    splits = pd.read_csv(folder / "model" / "splits.csv")
    assert len(splits) == 11
    assert splits.groupby("subject")["fold"].nunique().eq(1).all()
    assert splits.groupby(["fold", "site"])["subject"].nunique().between(1, 2).all()


def test_the_tables_are_those_that_are_documented(model):
    agreement = replace(AGREEMENT, file="cross_validation/agreement.csv")
    for schema in (SPLITS, OUT_OF_FOLD, agreement):
        table = schema.read(model / schema.file)
        assert list(table.columns) == schema.names
        assert len(table)


def test_every_case_has_the_mask_of_the_fold_that_has_not_seen_its_subject(folder, model):
    splits = pd.read_csv(model / "splits.csv").set_index(["subject", "timepoint"])["fold"]
    rows = pd.read_csv(model / "cross_validation" / "segmentation.csv")
    assert len(rows) == 11
    assert not rows["in_training"].any()
    loaded = load_model(model)
    cohort = load_cohort(model / "cross_validation" / "cohort.csv")
    masks = {case.scan.name: case.masks[0].path for case in cohort.cases() if case.reader == "auto"}
    assert {case.in_training for case in cohort.cases() if case.reader == "auto"} == {"no"}
    for row in rows.to_dict("records")[:4]:
        assert splits[row["subject"], row["timepoint"]] == row["fold"]
        name = f"{row['subject']}/{row['timepoint']}/T2w"
        image = folder / f"{row['subject']}{row['timepoint']}.nii.gz"
        own = loaded.with_folds([row["fold"]]).predict(image)
        assert np.array_equal(array(masks[name]), array(own.mask))


@pytest.mark.slow
def test_the_cohort_keeps_other_readers_and_goes_through_the_other_commands(model, tmp_path):
    table = model / "cross_validation" / "cohort.csv"
    cohort = load_cohort(table)
    assert cohort.readers() == ["A", "B", "auto"]
    assert len([case for case in cohort.cases() if case.reader == "auto"]) == 11
    assert {scan.subject for scan in cohort.scans()} >= {"s9"}
    assert call("compare", table, "--reference", "A", "--out", tmp_path / "agreement.csv", "--jobs", 1) == 0
    own = pd.read_csv(model / "cross_validation" / "agreement.csv")
    again = pd.read_csv(tmp_path / "agreement.csv")
    pd.testing.assert_frame_equal(own, again)
    assert set(own["reader"]) == {"B", "auto"}
    assert call("extract", table, "--params", "t2w_mr_1mm", "--out", tmp_path / "f.csv", "--jobs", 1) == 0
    assert "auto" in set(pd.read_csv(tmp_path / "f.csv")["reader"])
    problems = nb.check(table)
    assert set(problems.loc[problems["severity"] == "error", "problem"].str.contains("s5t1_A")) == {True}


@pytest.mark.slow
def test_a_study_takes_the_cross_validated_masks_as_they_are(model, tmp_path):
    """No section `segment`: the masks are there, and a run must not ask for a model."""
    study = tmp_path / "study.yaml"
    study.write_text(f"name: x\ncohort: {model / 'cross_validation' / 'cohort.csv'}\n")
    done = nb.run(study, tmp_path / "results")
    assert done.complete
    agreement = pd.read_csv(tmp_path / "results" / "agreement.csv")
    assert "auto" in set(agreement["reader"])


def test_the_card_says_who_was_seen_and_how_good_the_folds_are(folder, model):
    card = read_card(model)
    assert card.name == "model"
    assert len(card.training_images) == 11
    assert all(trained_on_subject(card, f"s{number}") for number in range(6))
    assert not trained_on_subject(card, "s9")
    training = card.training
    assert (training["preset"], training["folds"], training["seed"]) == ("small", 2, 0)
    assert (training["cases"], training["subjects"], training["sites"]) == (11, 6, 2)
    assert training["recipe"]["iterations"] == 8
    assert training["patch"] == [8, 16, 16]
    assert training["seconds"] > 0
    agreement = pd.read_csv(model / "cross_validation" / "agreement.csv")
    dice = agreement.loc[agreement["reader"] == "auto", "dice"]
    found = training["cross_validation"]
    assert found["cases"] == len(dice) == 11
    assert found["median_dice"] == pytest.approx(dice.median(), abs=1e-4)
    assert found["lowest_dice"] == pytest.approx(dice.min(), abs=1e-4)
    assert found["median_dice"] > 0.5  # it learns: noise and a bright ball
    assert found["failures"] == 0


def test_a_new_image_of_a_training_subject_is_known(folder, model, tmp_path):
    write_phantom(tmp_path, "again", seed=99)
    table = write_cohort(tmp_path, ["s0,again.nii.gz", "new,again.nii.gz"], "subject,image")
    done = nb.segment_cohort(nb.load_cohort(table), model=model, masks=tmp_path / "masks")
    assert done.table["in_training"].tolist() == [True, False]
    assert [case.in_training for case in done.cohort.cases()] == ["yes", "no"]


def test_stock_nnunet_opens_the_model_and_finds_the_same(folder, model):
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    stock = nnUNetPredictor(
        use_mirroring=False, perform_everything_on_device=False, device=torch.device("cpu"), allow_tqdm=False
    )
    stock.initialize_from_trained_model_folder(str(model), (0, 1))
    assert stock.trainer_name == "nnUNetTrainer"
    image = folder / "s0t0.nii.gz"
    expected = stock.predict_single_npy_array(
        array(image).astype(np.float32)[None], {"spacing": list(SPACING[::-1])}
    )
    assert expected.any()
    own = load_model(model).predict(image, inference=Inference(precision="fp32", resampling="stock"))
    assert np.array_equal(array(own.mask), expected)


@pytest.mark.slow
def test_a_model_that_took_the_place_of_another_is_the_one_that_is_asked(tmp_path):
    """Processes that wait for work have seen the other one."""
    cohort = phantom_cohort(tmp_path, 4)
    cases = find_cases(cohort, reader="A")
    splits = split_cases(origins(cases, cohort), 2)

    def volumes(jobs: int) -> list[float]:
        asked = {"model": tmp_path / "model", "masks": tmp_path / "masks", "inference": Inference()}
        return segment_out_of_fold(cohort, cases, splits, **asked, execution=Execution(jobs=jobs))[1][
            "volume_ml"
        ].tolist()

    make_model(tmp_path / "model", seed=0)
    before = volumes(jobs=2)
    shutil.rmtree(tmp_path / "model")
    make_model(tmp_path / "model", seed=5)
    after = volumes(jobs=2)
    assert after == volumes(jobs=1)
    assert after != before


def test_one_image_under_two_subjects_is_refused(tmp_path):
    cohort = phantom_cohort(tmp_path, 4)
    (tmp_path / "s1t0.nii.gz").write_bytes((tmp_path / "s0t0.nii.gz").read_bytes())
    with pytest.raises(nb.InputError, match=r"s0/t0/T2w and s1/t0/T2w have the same image"):
        train(cohort, tmp_path / "model")


def test_how_the_masks_were_made_is_recorded(folder, model):
    record = json.loads((model / "cross_validation" / "provenance.json").read_text(encoding="utf-8"))
    assert record["training"]["inference"]["precision"] in {"fp32", "bf16"}
    assert record["training"]["inference"]["mirroring"] is False
    assert "../../s0t0.nii.gz" in record["inputs"]
    assert "../../s0t0_A.nii.gz" in record["inputs"]


def test_a_finished_model_is_not_overwritten(folder, model, capsys):
    before = file_hash(model / "card.json")
    options = ["--preset", "small", "--folds", 2]
    assert call("train", folder / "cohort.csv", "--reader", "A", "--out", model, *options) == 1
    assert "contains a finished model" in capsys.readouterr().err
    assert file_hash(model / "card.json") == before


# --- other images, other trainers -------------------------------------------------------------------


@pytest.mark.slow
def test_two_channels_of_images_that_lie_otherwise(tmp_path):
    rows = []
    for subject in range(4):
        write_phantom(tmp_path, f"s{subject}", seed=subject)
        noise = np.random.default_rng(subject).normal(size=SHAPE).astype(np.float32)
        sitk.WriteImage(make_image(noise, SPACING), str(tmp_path / f"s{subject}_adc.nii.gz"))
        for file in tmp_path.glob(f"s{subject}*.nii.gz"):
            sitk.WriteImage(sitk.DICOMOrient(sitk.ReadImage(str(file)), "RPI"), str(file))
        rows += [
            f"s{subject},T2w,s{subject}.nii.gz,A,s{subject}_A.nii.gz",
            f"s{subject},ADC,s{subject}_adc.nii.gz,,",
        ]
    cohort = load_cohort(write_cohort(tmp_path, rows, "subject,channel,image,reader,mask"))
    done = train(cohort, tmp_path / "model", settings=tiny(iterations=10))
    loaded = load_model(done.folder)
    assert loaded.channels == ("T2w", "ADC")
    assert len(done.card.training_images) == 8
    assert done.segmentation["orientation"].tolist() == ["RPI"] * 4
    assert done.agreement["dice"].notna().all()
    assert done.failures == []


@pytest.mark.slow
def test_the_default_is_nnunets_own_planning_and_trainer(tmp_path, monkeypatch):
    from nbradiomics.segmentation.training.trainers import FoldTrainer

    own, kinds = FoldTrainer.follow, []

    def follow(self: FoldTrainer, *arguments: object, **options: object) -> None:
        own(self, *arguments, **options)
        assert (self.num_iterations_per_epoch, self.num_val_iterations_per_epoch) == (250, 50)
        self.num_iterations_per_epoch, self.num_val_iterations_per_epoch = 6, 1
        kinds.append(type(self))

    monkeypatch.setattr(FoldTrainer, "follow", follow)
    told: list[str] = []
    asked = {"settings": TrainingSettings(epochs=1), "tell": told.append}
    done = train(phantom_cohort(tmp_path), tmp_path / "model", **asked)
    assert kinds == [FoldTrainer, FoldTrainer]
    plans = json.loads((done.folder / "plans.json").read_text(encoding="utf-8"))
    assert plans["experiment_planner_used"] == "ExperimentPlanner"
    architecture = plans["configurations"]["3d_fullres"]["architecture"]["arch_kwargs"]
    assert architecture["features_per_stage"][0] == 32
    assert done.card.training["preset"] == "nnunet"
    assert TrainingSettings().epochs == 1000
    (estimate,) = [line for line in told if "An epoch of fold_0 takes about" in line]
    assert "preset `small`" in estimate
    assert load_model(done.folder).folds == FOLDS
