"""Commands that write images, repeated after their input or output changed: as if they were called first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.habitats.clusters import number
from nbradiomics.images.io import read_image
from tests.robustness.image_commands import COMMANDS, made
from tests.support.helpers import call, first_is_quick
from tests.workflows.test_derived_stages import diffusion_cohort


@pytest.fixture
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(number, "RESAMPLES", 3)


def disturb(folder: Path) -> None:
    """Other voxels in images of s1, no subject s2, damaged output of s3, no output of s0."""
    for name in ("s1.nii.gz", "s1_b400.nii.gz"):
        sitk.WriteImage(read_image(folder / name) * 1.5 + 3, str(folder / name))
    table = pd.read_csv(folder / "cohort.csv")
    table[table["subject"] != "s2"].to_csv(folder / "cohort.csv", index=False)
    for image in (folder / "out").rglob("s3*.nii.gz"):
        image.write_bytes(b"damaged")
    for image in (folder / "out").rglob("s0*.nii.gz"):
        image.unlink()


@pytest.mark.usefixtures("few_resamples")
@pytest.mark.parametrize("command", first_is_quick(list(COMMANDS)))
def test_a_command_that_is_repeated_writes_what_the_first_call_would(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    diffusion_cohort(tmp_path)
    asked: Sequence[object] = (*COMMANDS[command], "--jobs", 1)
    assert call(*asked, "--out", "out/o.csv", "--work", "work") == 0
    before = made(tmp_path / "out")
    stored = {path: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("*.json")}
    assert call(*asked, "--out", "out/o.csv", "--work", "work") == 0
    assert made(tmp_path / "out") == before
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("*.json")} == stored
    disturb(tmp_path)
    assert call(*asked, "--out", "out/o.csv", "--work", "work") == 0
    assert call(*asked, "--out", "anew/o.csv") == 0
    again, anew = made(tmp_path / "out"), made(tmp_path / "anew")
    assert again == anew
    assert not any("s2" in name for name in again)


@pytest.mark.slow
@pytest.mark.parametrize("command", list(COMMANDS))
def test_what_is_written_depends_neither_on_jobs_nor_on_the_executor(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    diffusion_cohort(tmp_path)
    assert call(*COMMANDS[command], "--jobs", 1, "--out", "1/o.csv") == 0
    for name, options in (("2", ()), ("3", ("--executor", "dask"))):
        assert call(*COMMANDS[command], "--jobs", 2, *options, "--out", f"{name}/o.csv") == 0
        assert made(tmp_path / name) == made(tmp_path / "1")


@pytest.mark.slow
@pytest.mark.usefixtures("few_resamples")
def test_models_of_folds_that_are_no_longer_there_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    diffusion_cohort(tmp_path)
    options = ("--channels", "T2w", "--clusters", 2, "--sample", 500, "--jobs", 1, "--out", "o.csv")
    assert call("habitats", "cohort.csv", *options, "--fit-folds", 2) == 0
    assert len(list(tmp_path.glob("o_habitats/model*.json"))) == 3
    assert call("habitats", "cohort.csv", *options, "--fit-on", "s0,s1,s2") == 0
    (model,) = tmp_path.glob("o_habitats/model*.json")
    assert json.loads(model.read_text("utf-8"))["subjects"] == 3
