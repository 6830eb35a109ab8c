"""The commands `adc` and `habitats`: their files, and what they refuse."""

import json
from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.habitats.diffusion.schema import DIFFUSION
from nbradiomics.habitats.schema import HABITATS, TABLES
from tests.support.habitat_phantoms import write_planted
from tests.support.helpers import call


def test_from_diffusion_images_to_habitats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = write_planted(tmp_path, 4)
    adc, out = tmp_path / "c_adc.csv", tmp_path / "c_habitats.csv"
    assert call("adc", table, "--b-values", "0,400,1000", "--out", adc, "--jobs", 1) == 0
    assert set(pd.read_csv(adc)["channel"]) >= {"ADC", "ADC_error"}
    assert list(pd.read_csv(tmp_path / "c_adc.diffusion.csv")["b_values"]) == ["0, 400, 1000"] * 4
    (tmp_path / "fit.txt").write_text("s0\ns1\n")
    fit_on = ["--fit-on", f"@{tmp_path / 'fit.txt'}"]
    options = ["--channels", "ADC", "--clusters", "2", *fit_on, "--sample", "1000", "--jobs", 1]
    assert call("habitats", adc, *options, "--confidence", "0.8", "--out", out) == 0
    folder = tmp_path / "c_habitats_habitats"
    for schema in TABLES:
        assert len(schema.read(folder / schema.file))
    assert len(DIFFUSION.read(tmp_path / "c_adc.diffusion.csv")) == 4
    assert len(HABITATS.read(folder / "habitats.csv")) == 16
    assert len(pd.read_csv(folder / "habitat_features.csv")) == 8
    record = json.loads((tmp_path / "c_habitats.provenance.json").read_text())
    assert record["habitats"]["confidence"] == 0.8
    assert record["models"]["named"]["subjects"] == 2
    again = tmp_path / "again.csv"
    model = folder / "model.json"
    assert call("habitats", adc, "--model", model, "--out", again, "--jobs", 1) == 0
    assert "up to 2 habitats; 0 failure(s)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--channels", "T2w", "--clusters", "many"], "a whole number from 2 to 12, or auto"),
        (["--channels", "T3w"], "no scan of"),
        (["--channels", "T2w", "--model", "none.json"], "cannot be read"),
        (["--channels", "T2w", "--fit-on", "s9"], "fit_on"),
        (["--channels", "T2w", "--fit-on", "s0,s1", "--fit-folds", "2"], "both given"),
        (["--channels", "T2w", "--method", "ward"], "ward"),
    ],
)
def test_wrong_requests_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    table = write_planted(tmp_path, 2)
    assert call("habitats", table, *options, "--out", tmp_path / "out.csv", "--jobs", 1) != 0
    assert said in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out.csv").exists()
