"""The command `perturb`: its files, and what it refuses."""

import json
from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.cohort import load_cohort
from tests.support.helpers import call, two_readers


def test_a_folder_gets_variants_tables_and_provenance(tmp_path: Path) -> None:
    table = two_readers(tmp_path, 2)
    chain = tmp_path / "chain.yaml"
    chain.write_text("volume: [-0.2, 0.2]\ntranslation: [[0.25, 0, 0]]\n", encoding="utf-8")
    out = tmp_path / "out"
    assert call("perturb", table, "--chain", chain, "--out", out, "--jobs", 1) == 0
    cohort = load_cohort(out / "cohort.csv")
    assert sorted(set(cohort.table["variant"])) == ["original", "t0.25,0,0_v-0.2", "t0.25,0,0_v0.2"]
    assert len(pd.read_csv(out / "perturbations.csv")) == 8
    assert len(list((out / "images").iterdir())) == 2
    assert len(list((out / "masks").iterdir())) == 8
    record = json.loads((out / "cohort.provenance.json").read_text(encoding="utf-8"))
    assert record["perturbation"]["seed"] == 0
    # Another chain leaves no file of the first.
    assert call("perturb", table, "--chain", "V", "--reader", "A", "--out", out, "--jobs", 1) == 0
    assert not (out / "images").exists()
    assert len(list((out / "masks").iterdir())) == 60


def test_a_table_gets_its_variants_beside_it(tmp_path: Path) -> None:
    table = two_readers(tmp_path, 1)
    out = tmp_path / "made" / "variants.csv"
    assert call("perturb", table, "--chain", "V", "--out", out, "--jobs", 1, "--work", tmp_path / "work") == 0
    assert len(load_cohort(out).cases()) == 2 * 31
    assert (tmp_path / "made" / "variants_variants" / "perturbations.csv").is_file()


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--chain", "XYZ"], "'XYZ' is not a chain"),
        (["--chain", "none.yaml"], "none.yaml does not exist"),
        (["--chain", "R", "--reader", "C"], "has no reader 'C'"),
        (["--chain", "S"], "simulated readers need at least 5"),
        (["--chain", "R", "--seed", "-1"], "seed"),
    ],
)
def test_what_cannot_be_done_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], part: str
) -> None:
    table = two_readers(tmp_path, 1)
    assert call("perturb", table, *options, "--out", tmp_path / "out", "--jobs", 1) != 0
    assert part in "".join(capsys.readouterr()).replace("\n", " ")
    assert not (tmp_path / "out" / "cohort.csv").exists()


def test_a_stopped_command_leaves_no_table_of_other_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, out = two_readers(tmp_path, 1), tmp_path / "out"
    given = ("perturb", table, "--chain", "V", "--out", out, "--jobs", 1)
    assert call(*given) == 0
    tables = {name: (out / name).read_bytes() for name in ("cohort.csv", "perturbations.csv")}
    assert call(*given, "--reader", "C") != 0  # refused before work: the earlier results are complete
    assert {name: (out / name).read_bytes() for name in tables} == tables

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nbradiomics.perturbation.cohort.perturb_cohort", stopped)
    assert call(*given, "--seed", 4) != 0
    assert not any((out / name).exists() for name in tables)


@pytest.mark.parametrize("command", ["readers", pytest.param("segment", marks=pytest.mark.slow)])
def test_variants_are_no_further_scans(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    table = two_readers(tmp_path, 1)
    assert call("perturb", table, "--chain", "V", "--out", tmp_path / "out", "--jobs", 1) == 0
    model = ["--model", "synthetic-demo"] if command == "segment" else []
    assert call(command, tmp_path / "out" / "cohort.csv", *model, "--out", tmp_path / f"{command}.csv") != 0
    assert "needs one variant of each scan" in "".join(capsys.readouterr()).replace("\n", " ")
