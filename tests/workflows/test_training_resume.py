"""Trainings that are stopped and taken up again, to the bit; and what goes wrong on the way."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import torch

from nbradiomics.cohort import Cohort
from nbradiomics.errors import InputError, ModelError
from nbradiomics.segmentation import load_model
from nbradiomics.segmentation.model_files.card import read_card
from nbradiomics.segmentation.model_files.plans import configuration_of
from nbradiomics.segmentation.training.progress import read_trace
from tests.support.damage import flipped
from tests.support.helpers import call
from tests.support.paths import ROOT
from tests.support.training_phantoms import FOLDS, phantom_cohort, tiny, train, weights

pytestmark = pytest.mark.usefixtures("one_thread")


def assert_same_weights(first: Path, second: Path) -> None:
    one, other = weights(first), weights(second)
    for fold in FOLDS:
        assert one[fold].keys() == other[fold].keys()
        for name, tensor in one[fold].items():
            assert torch.equal(tensor, other[fold][name]), (fold, name)


# --- to the bit -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return phantom_cohort(tmp_path_factory.mktemp("cohort"))


@pytest.fixture(scope="module")
def uninterrupted(cohort: Cohort, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model to which interrupted trainings are held."""
    return train(cohort, tmp_path_factory.mktemp("reference") / "model").folder


def interrupt_after(monkeypatch: pytest.MonkeyPatch, fold: int, epoch: int) -> None:
    """Stop the process, as far as it can tell, when a fold has done so many epochs."""
    from nbradiomics.segmentation.training.trainers import FoldTrainer

    own = FoldTrainer.on_epoch_end

    def on_epoch_end(self: FoldTrainer) -> None:
        own(self)
        if (self.fold, self.current_epoch) == (fold, epoch):
            raise KeyboardInterrupt

    monkeypatch.setattr(FoldTrainer, "on_epoch_end", on_epoch_end)


def epochs_done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Fold and epoch of everything that is trained from now on."""
    from nbradiomics.segmentation.training.trainers import FoldTrainer

    own, done = FoldTrainer.on_epoch_start, []

    def on_epoch_start(self: FoldTrainer) -> None:
        done.append((self.fold, self.current_epoch))
        own(self)

    monkeypatch.setattr(FoldTrainer, "on_epoch_start", on_epoch_start)
    return done


@pytest.mark.slow
def test_a_resumed_training_gives_the_same_weights(cohort, uninterrupted, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        interrupt_after(patch, fold=1, epoch=2)
        with pytest.raises(KeyboardInterrupt):
            train(cohort, tmp_path / "model")
    with pytest.raises(ModelError, match="an unfinished training"):
        load_model(tmp_path / "model")
    with pytest.raises(InputError, match=r"settings\.seed was 0, now 1"):
        train(cohort, tmp_path / "model", settings=tiny(epochs=3).changed(seed=1))
    done = epochs_done(monkeypatch)
    train(cohort, tmp_path / "model")
    assert done == [(1, 2)]  # fold_0 was finished, and fold_1 had done two epochs
    assert_same_weights(tmp_path / "model", uninterrupted)


@pytest.mark.slow
def test_folds_trained_at_once_have_the_same_weights(cohort, uninterrupted, tmp_path):
    train(cohort, tmp_path / "model", jobs=2)
    assert_same_weights(tmp_path / "model", uninterrupted)


@pytest.mark.slow
def test_another_seed_gives_other_weights_and_what_is_kept_is_no_second_model(
    cohort, uninterrupted, tmp_path
):
    train(cohort, tmp_path / "model", settings=tiny(epochs=3).changed(seed=1), keep=True)
    one, other = weights(tmp_path / "model"), weights(uninterrupted)
    assert any(not torch.equal(tensor, other["fold_0"][name]) for name, tensor in one["fold_0"].items())
    assert (tmp_path / "model" / "training" / "settings.json").is_file()
    models = tmp_path / "models"
    assert call("model", "import", tmp_path / "model", "--name", "own", "--models", models) == 0
    assert load_model("own", models=models).folds == FOLDS


@pytest.mark.slow
def test_a_killed_process_loses_nothing(cohort, tmp_path):
    """SIGKILL in the middle of a fold, and the same weights as without it."""
    settings = tiny(epochs=40)
    whole = train(cohort, tmp_path / "whole", settings=settings).folder
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path\n"
        "from tests.support.training_phantoms import load_cohort, tiny, train\n"
        f"cohort, out = load_cohort({str(cohort.path)!r}), Path({str(tmp_path / 'model')!r})\n"
        "train(cohort, out, settings=tiny(epochs=40))\n"
    )
    root = str(ROOT)
    killed = subprocess.Popen([sys.executable, str(script)], cwd=root, env={**os.environ, "PYTHONPATH": root})
    trace = tmp_path / "model" / "training" / "folds" / "fold_0.json"
    while read_trace(trace).epochs < 5:
        assert killed.poll() is None
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert not (tmp_path / "model" / "plans.json").exists()
    train(cohort, tmp_path / "model", settings=settings)
    assert_same_weights(tmp_path / "model", whole)


@pytest.mark.slow
def test_a_training_leaves_the_process_as_it_was(cohort, tmp_path, capfd):
    state = (dict(os.environ), dict(mpl.rcParams), mpl.get_backend(), torch.get_num_threads(), Path.cwd())
    numbers, numpy_numbers = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    train(cohort, tmp_path / "model", settings=tiny(epochs=1))
    now = (dict(os.environ), dict(mpl.rcParams), mpl.get_backend(), torch.get_num_threads(), Path.cwd())
    assert now == state
    assert torch.equal(torch.get_rng_state(), numbers)
    assert np.array_equal(np.random.get_state()[1], numpy_numbers)  # noqa: NPY002
    assert capfd.readouterr().out == ""


@pytest.mark.slow
def test_single_precision_is_one_setting_away(cohort, uninterrupted, tmp_path):
    done = train(cohort, tmp_path / "model", settings=tiny(epochs=3, precision="fp32"))
    assert done.card.training["recipe"]["precision"] == "fp32"
    bf16 = read_card(uninterrupted).training["recipe"]["precision"] == "bf16"
    one, other = weights(done.folder)["fold_0"], weights(uninterrupted)["fold_0"]
    same = all(torch.equal(tensor, other[name]) for name, tensor in one.items())
    assert same is not bf16  # the reference was trained in what this processor computes in


# --- damaged on the way -------------------------------------------------------------------------


def damage(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(flipped(content, 4 * len(content)))


@pytest.mark.slow
def test_what_is_damaged_between_two_sessions_is_made_again(cohort, uninterrupted, tmp_path, monkeypatch):
    """A bit of each kind of file that a training stores: a preprocessed case, weights, a fold half-way."""
    with monkeypatch.context() as patch:
        interrupt_after(patch, fold=1, epoch=2)
        with pytest.raises(KeyboardInterrupt):
            train(cohort, tmp_path / "model")
    work = tmp_path / "model" / "training"
    damage(next((work / "preprocessed").rglob("*_0001.npy")))
    damage(work / "model" / "fold_0" / "checkpoint_final.pth")
    damage(work / "folds" / "fold_1.pth")
    damage(work / "folds" / "fold_0.json")
    told: list[str] = []
    done = epochs_done(monkeypatch)
    train(cohort, tmp_path / "model", tell=told.append)
    text = "\n".join(told)
    assert re.search(r"case_0001\.npy\. The images are prepared again", text)
    assert re.search(
        r"fold_0, which was trained, starts again: .*fold_0/checkpoint_final\.pth is damaged", text
    )
    assert re.search(r"fold_1, which was partly trained, starts again: .*fold_1\.pth is damaged", text)
    assert done == [(fold, epoch) for fold in (0, 1) for epoch in range(3)]
    assert_same_weights(tmp_path / "model", uninterrupted)


# --- what goes wrong --------------------------------------------------------------------------------


def fail_in_fold_1(monkeypatch: pytest.MonkeyPatch, step: object) -> None:
    """Let the steps of fold_1 do something else."""
    from nbradiomics.segmentation.training.trainers import SmallTrainer

    own = SmallTrainer.train_step
    monkeypatch.setattr(
        SmallTrainer, "train_step", lambda self, batch: (step if self.fold == 1 else own)(self, batch)
    )


@pytest.mark.slow
def test_a_fold_that_diverges_is_told_and_the_others_are_kept(cohort, uninterrupted, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        fail_in_fold_1(patch, lambda _self, _batch: {"loss": np.array(np.nan)})
        with pytest.raises(ModelError, match="1 of 2 folds could not be trained") as caught:
            train(cohort, tmp_path / "model")
    assert "fold_1 diverged: its loss is not finite in epoch 1" in caught.value.problem
    assert not (tmp_path / "model" / "plans.json").exists()
    done = epochs_done(monkeypatch)
    train(cohort, tmp_path / "model")
    assert {fold for fold, _ in done} == {1}
    assert_same_weights(tmp_path / "model", uninterrupted)


@pytest.mark.slow
def test_memory_that_runs_out_is_told_with_what_helps(cohort, tmp_path, monkeypatch):
    def full(_self: object, _batch: object) -> None:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")

    fail_in_fold_1(monkeypatch, full)
    with pytest.raises(ModelError, match=r"fold_1 ran out of memory.*--jobs"):
        train(cohort, tmp_path / "model")


class Malicious:
    """Unpickling it would make a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.slow
def test_nothing_in_an_unfinished_training_can_run_code(cohort, tmp_path, monkeypatch):
    out, trap = tmp_path / "model", tmp_path / "run"
    with monkeypatch.context() as patch:
        interrupt_after(patch, fold=0, epoch=1)
        with pytest.raises(KeyboardInterrupt):
            train(cohort, out)
    assert list(out.rglob("*.pkl")) == []
    torch.save({"network": Malicious(trap)}, out / "training" / "folds" / "fold_0.pth")
    with pytest.raises(ModelError, match=r"the training cannot continue from .*fold_0\.pth"):
        train(cohort, out)
    (out / "training" / "folds" / "fold_0.pth").unlink()
    plans_file = out / "training" / "model" / "plans.json"
    plans = json.loads(plans_file.read_text(encoding="utf-8"))
    arguments = plans["configurations"]["3d_fullres"]["architecture"]["arch_kwargs"]
    arguments["nonlin"], arguments["nonlin_kwargs"] = "subprocess.Popen", {"args": ["mkdir", str(trap)]}
    plans_file.write_text(json.dumps(plans))
    with pytest.raises(ModelError, match=r"subprocess\.Popen"):
        configuration_of(plans, "3d_fullres", plans_file)
    told: list[str] = []
    train(cohort, out, tell=told.append)
    assert any("model/plans.json. The images are prepared again" in line for line in told)
    assert "subprocess" not in (out / "plans.json").read_text(encoding="utf-8")
    assert not trap.exists()
