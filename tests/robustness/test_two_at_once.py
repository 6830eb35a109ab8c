"""Two commands that would write different results into one folder at once: the second is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.outcome.test_harmonisation import with_sites
from tests.support.dask_cluster import wait_for
from tests.support.helpers import call, two_readers
from tests.workflows.test_shards import write_study

Command = Callable[[Path, Path], tuple[object, ...]]


def run(folder: Path, out: Path) -> tuple[object, ...]:
    return ("run", folder / "study.yaml", "--out", out, "--jobs", 1)


def run_of_another(folder: Path, out: Path) -> tuple[object, ...]:
    other = folder / "another.yaml"
    other.write_text((folder / "study.yaml").read_text() + "name: another\n")
    return ("run", other, "--out", out, "--jobs", 1)


def training(folder: Path, out: Path) -> tuple[object, ...]:
    return ("train", folder / "cohort.csv", "--reader", "A", "--out", out, "--preset", "small", "--folds", 2)


def shard(folder: Path, out: Path) -> tuple[object, ...]:
    return (*run_of_another(folder, out), "--shard", "1/2")


def segmentation(folder: Path, out: Path) -> tuple[object, ...]:
    return ("segment", folder / "cohort.csv", "--model", "synthetic-demo", "--out", out / "auto.csv")


def segmentation_of_large_parts(folder: Path, out: Path) -> tuple[object, ...]:
    return (*segmentation(folder, out), "--min-volume", 3)


def variants(folder: Path, out: Path) -> tuple[object, ...]:
    return ("perturb", folder / "cohort.csv", "--chain", "NT", "--out", out, "--jobs", 1)


def other_variants(folder: Path, out: Path) -> tuple[object, ...]:
    return ("perturb", folder / "cohort.csv", "--chain", "V", "--out", out, "--jobs", 1)


def preparation(folder: Path, out: Path) -> tuple[object, ...]:
    steps = ("--steps", "zscore:over=image", "--jobs", 1)
    return ("prepare", folder / "cohort.csv", *steps, "--out", out / "o.csv")


def other_preparation(folder: Path, out: Path) -> tuple[object, ...]:
    return (*preparation(folder, out), "--steps", "percentile:over=image")


def habitats(folder: Path, out: Path) -> tuple[object, ...]:
    options = ("--clusters", 2, "--fit-folds", 2, "--sample", 500, "--jobs", 1)
    return ("habitats", folder / "cohort.csv", *options, "--out", out / "o.csv")


def other_habitats(folder: Path, out: Path) -> tuple[object, ...]:
    return (*habitats(folder, out), "--confidence", 0.9)


def rings(folder: Path, out: Path) -> tuple[object, ...]:
    return ("rois", folder / "cohort.csv", "--ring", 2, "--jobs", 1, "--out", out / "o.csv")


def rims(folder: Path, out: Path) -> tuple[object, ...]:
    return (*rings(folder, out), "--rim", 1)


def site_effects(folder: Path, out: Path) -> tuple[object, ...]:
    features, clinical = with_sites(subjects=60)
    features.to_csv(folder / "features.csv", index=False)
    clinical.to_csv(folder / "clinical.csv", index=False)
    tables = (folder / "features.csv", "--clinical", folder / "clinical.csv", "--batch", "site")
    return ("site-effects", *tables, "--permutations", 20, "--out", out)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="stops a process")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (training, training),  # not even the same one: both would write the same weights
        (training, run),
        (run, training),
        (run, run_of_another),
        (run, shard),
        (segmentation, segmentation_of_large_parts),
        (variants, other_variants),
        (preparation, other_preparation),
        (habitats, other_habitats),
        (rings, rims),
        (site_effects, site_effects),
    ],
    ids=lambda one: one.__name__,
)
def test_the_second_is_refused_while_the_first_works_even_if_it_is_stopped(
    first: Command, second: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two_readers(tmp_path, 4)
    write_study(tmp_path)
    out = tmp_path / "out"
    arguments = [sys.executable, "-m", "nbradiomics", *map(str, first(tmp_path, out))]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            pattern = "out*/**/.nbradiomics-working-*"
            wait_for(lambda: list(tmp_path.glob(pattern)), patience=300, pause=0.005)
            process.send_signal(signal.SIGSTOP)
            assert process.poll() is None
            assert call(*second(tmp_path, out)) == 1
            said = capsys.readouterr().err
            assert "is being written to by another run" in said
            assert f"process {process.pid} on " in said
        finally:
            process.kill()
            process.send_signal(signal.SIGCONT)
