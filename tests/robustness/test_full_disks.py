"""Disks that are really full or read-only: a small one is mounted, where the system allows it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbradiomics.files.atomic import is_temporary
from nbradiomics.workflows.run import run
from nbradiomics.workflows.status import status
from tests.robustness.image_commands import COMMANDS, made
from tests.support.helpers import call, two_readers
from tests.workflows.test_derived_stages import diffusion_cohort
from tests.workflows.test_shards import results, write_study

NO_MOUNT = "a small disk can be mounted only by root, on Linux, outside most containers"


def mount(*arguments: object) -> bool:
    if shutil.which("mount") is None:
        return False
    return subprocess.run(["mount", *map(str, arguments)], capture_output=True).returncode == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 10 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    if not mount("-t", "tmpfs", "-o", "size=10m", "tmpfs", place):
        pytest.skip(NO_MOUNT)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk: Path, left: int) -> Path:
    """Fill a disk except for some kilobytes."""
    file = disk / "filling"
    file.write_bytes(bytes(max(0, shutil.disk_usage(disk).free - left * 1024)))
    return file


def temporary(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".*") if is_temporary(path)]  # type: ignore[arg-type]


def one_line(said: str) -> str:
    (line,) = [line for line in said.splitlines() if line.startswith("Error:")]
    assert "Traceback" not in said
    return line


@pytest.mark.slow
def test_a_run_on_a_full_disk_stops_in_words_and_continues_when_there_is_room(
    disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two_readers(tmp_path, 3)
    study, out = write_study(tmp_path), disk / "out"
    run(study, tmp_path / "other" / "whole")
    for left in (0, 8, 40, 100):
        filling = fill(disk, left)
        assert call("run", study, "--out", out, "--jobs", 1) == 1, left
        line = one_line(capsys.readouterr().err)
        assert "the disk is full" in line
        assert "are free in" in line
        assert "Free space there" in line
        assert not (out / "report.html").exists()
        if out.exists():
            assert temporary(out) == []
        filling.unlink()
    assert call("run", study, "--out", out, "--jobs", 1) == 0
    assert results(out) == results(tmp_path / "other" / "whole")


def test_a_read_only_folder_is_told_by_every_command_and_its_status_can_be_read(
    disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two_readers(tmp_path, 2)
    study, out, cohort = write_study(tmp_path), disk / "out", tmp_path / "cohort.csv"
    run(study, out)
    assert mount("-o", "remount,ro", disk)
    assert status(out).complete
    image_and_mask = (tmp_path / "s0.nii.gz", tmp_path / "s0_A.nii.gz")
    features = out / "features.parquet"
    commands = [
        ("run", study, "--out", out, "--jobs", 1),
        ("run", study, "--out", out, "--jobs", 1, "--shard", "1/2"),
        ("run", study, "--out", disk / "new"),
        ("report", out),
        ("perturb", cohort, "--chain", "T", "--out", disk / "variants"),
        ("maps", *image_and_mask, "--params", tmp_path / "params.yaml", "--out", disk / "maps"),
        ("train", cohort, "--reader", "A", "--out", disk / "model", "--preset", "small", "--folds", 2),
        ("segment", cohort, "--model", "synthetic-demo", "--out", disk / "cohort_auto.csv"),
        ("extract", cohort, "--params", tmp_path / "params.yaml", "--out", disk / "f.csv"),
        ("prepare", cohort, "--steps", "zscore:over=image", "--out", disk / "p.csv", "--jobs", 1),
        ("adc", cohort, "--out", disk / "a.csv", "--jobs", 1),
        ("habitats", cohort, "--clusters", 2, "--out", disk / "h.csv", "--jobs", 1),
        ("rois", cohort, "--ring", 2, "--out", disk / "r.csv", "--jobs", 1),
        (
            "harmonise",
            features,
            "--batch",
            "reader",
            "--fit-folds",
            2,
            "--out",
            disk / "h.csv",
        ),
        ("site-effects", features, "--batch", "reader", "--out", disk / "effects"),
    ]
    for command in commands:
        capsys.readouterr()
        assert call(*command) == 1, command
        line = one_line(capsys.readouterr().err)
        assert "read-only" in line or "no permission to write" in line, command
        assert str(disk) in line


@pytest.mark.slow
@pytest.mark.parametrize("command", ["segment", "perturb", "maps", "train"])
def test_commands_that_write_images_stop_in_words_on_a_full_disk(
    command: str, disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two_readers(tmp_path, 4)
    cohort = tmp_path / "cohort.csv"
    write_study(tmp_path)
    image_and_mask = (tmp_path / "s0.nii.gz", tmp_path / "s0_A.nii.gz")
    (tmp_path / "maps.yaml").write_text("featureClass: {firstorder: [Mean]}\n")
    commands = {
        "segment": ("segment", cohort, "--model", "synthetic-demo", "--out", disk / "auto.csv"),
        "perturb": ("perturb", cohort, "--chain", "NTV", "--out", disk / "variants", "--jobs", 1),
        "maps": ("maps", *image_and_mask, "--params", tmp_path / "maps.yaml", "--out", disk / "maps"),
        "train": (
            "train",
            cohort,
            "--reader",
            "A",
            "--out",
            disk / "model",
            "--preset",
            "small",
            "--folds",
            2,
        ),
    }
    filling = fill(disk, 8)
    assert call(*commands[command]) == 1
    said = capsys.readouterr().err
    assert "disk is full" in said or "no space" in said.lower(), said
    one_line(said)
    assert temporary(disk) == []
    filling.unlink()
    if command in ("perturb", "maps"):
        assert call(*commands[command]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("command", list(COMMANDS))
def test_images_of_a_cohort_on_a_full_disk_are_completed_when_there_is_room(
    command: str,
    jobs: int,
    disk: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    diffusion_cohort(tmp_path)
    asked = (*COMMANDS[command], "--jobs", jobs)
    assert call(*asked, "--out", "whole/o.csv") == 0
    for left in (8, 40):
        filling = fill(disk, left)
        capsys.readouterr()
        assert call(*asked, "--out", disk / "o.csv", "--work", "work") == 1
        said = capsys.readouterr().err
        assert "the disk is full" in one_line(said)
        assert temporary(disk) == []
        assert not (disk / "o.csv").exists()
        filling.unlink()
    assert call(*asked, "--out", disk / "o.csv", "--work", "work") == 0
    assert made(disk) == made(tmp_path / "whole")
