"""The command `needed-agreement`."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.report.sections.needed_words import PERTURBED_CAUTION
from nbradiomics.reproducibility.needed_agreement import NEEDED_AGREEMENT
from tests.reproducibility.needed_agreement.tables import tables
from tests.support.helpers import call


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    features, agreement = tables(30)
    paths = tmp_path / "features.csv", tmp_path / "agreement.csv"
    features.to_csv(paths[0], index=False)
    agreement.to_csv(paths[1], index=False)
    return paths


def test_table_page_and_sentences(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "needed.csv"
    options = [
        "--metrics",
        "dice,assd_mm",
        "--bootstraps",
        "100",
        "--icc",
        "0.75",
        "--features",
        "close,shaky",
    ]
    assert call("needed-agreement", *files, "--out", out, *options) == 0
    table = NEEDED_AGREEMENT.read(out)
    assert table[["feature", "metric"]].to_numpy().tolist() == [
        [feature, metric] for feature in ("close", "shaky") for metric in ("dice", "assd_mm")
    ]
    assert set(table["icc"]) == {0.75}
    assert out.with_suffix(".html").is_file()
    printed = " ".join(capsys.readouterr().out.split())
    assert "features stay within their limit in 90 % of pairs of masks" in printed
    assert not (tmp_path / "needed.left_out.csv").exists()


def test_pairs_that_are_left_out_are_in_a_table(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    features = pd.read_csv(files[0])
    features[features["subject"] != "S07"].to_csv(files[0], index=False)
    limits = tmp_path / "limits.csv"
    pd.DataFrame({"feature": ["shaky"], "rc": [2.0]}).to_csv(limits, index=False)
    options = ["--repeatability", limits, "--metrics", "dice", "--bootstraps", "100", "--json"]
    assert call("needed-agreement", *files, "--out", tmp_path / "needed.csv", *options) == 0
    assert len(pd.read_csv(tmp_path / "needed.left_out.csv")) == 3
    printed = json.loads(capsys.readouterr().out)
    assert {row["limit_from"] for row in printed["features"]} == {"repeatability"}
    assert len(printed["left_out"]) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--metrics", "dise"], "metrics"),
        (["--metrics", "hd_mm"], "no column hd_mm"),
        (["--pairs", "edited"], "no pair of masks can be used"),
        (["--scale", "square"], "raw"),
        (["--share", "1"], "share"),
        (["--timepoint", "later"], "no row with timepoint"),
    ],
)
def test_what_cannot_be_done_is_refused(
    files: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    assert call("needed-agreement", *files, "--out", tmp_path / "needed.csv", *options) == 1
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "needed.csv").exists()


def test_pairs_of_perturbed_masks_and_second_readings_have_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    features, agreement = tables(25)
    grown = features.assign(variant="v0.2", close=features["close"] + 0.1)
    twice = features.assign(reading=2)
    own = features[["subject", "timepoint", "sequence", "roi", "reader"]].assign(
        reading=1, reference=features["reader"], dice=0.9, mask_kind="independent"
    )
    pairs = [
        agreement.assign(variant="original"),
        own.assign(variant="v0.2", reference_reading=1, pair="perturbed"),
        own.assign(variant="original", reference_reading=2, pair="intra"),
    ]
    files = [tmp_path / "features.csv", tmp_path / "agreement.csv"]
    pd.concat([features, grown, twice]).to_csv(files[0], index=False)
    pd.concat(pairs).to_csv(files[1], index=False)
    options = ["--metrics", "dice", "--bootstraps", 100, "--features", "close", "--out", tmp_path / "n.csv"]
    for kinds, variant, said in (
        ("perturbed,inter", [], "(inter 75, perturbed 75)"),
        ("intra,inter", ["--variant", "original"], "(inter 75, intra 75)"),
    ):
        capsys.readouterr()
        assert call("needed-agreement", *files, "--pairs", kinds, *variant, *options) == 0
        assert said in capsys.readouterr().out.replace("\n", " ")
        page = (tmp_path / "n.html").read_text(encoding="utf-8")
        assert said in page
        assert "Differences of 1 feature against Dice" in page  # the picture of the pairs
        assert (PERTURBED_CAUTION in page) == ("perturbed" in kinds)
