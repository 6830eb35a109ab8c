"""The commands variance and clusters: tables, pages, sentences, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.reproducibility.clusters.schema import CLUSTERS
from nbradiomics.reproducibility.variance.schema import VARIANCE
from tests.support.helpers import call
from tests.tables.test_schemas import require_documented


@pytest.fixture
def features(tmp_path: Path) -> Path:
    """Twelve subjects, two readers, two sites: volumes are steady, one texture follows the volume."""
    rng = np.random.default_rng(1)
    subjects, readers = 12, ["A", "B"]
    volume = np.exp(rng.normal(size=subjects))
    rows = [
        {
            "subject": f"P{place}",
            "reader": reader,
            "site": "north" if place % 2 else "south",
            "original_shape_MeshVolume": volume[place] * (1 + 0.01 * rng.normal()),
            "original_glcm_Contrast": -np.log(volume[place]) + 0.01 * rng.normal(),
            "original_glcm_Noise": rng.normal(),
            "original_glcm_Flat": 1.0,
        }
        for place in range(subjects)
        for reader in readers
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "features.csv", index=False)
    return tmp_path / "features.csv"


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_variance_writes_a_table_and_a_page(
    features: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = features.with_name(f"variance.{ending}")
    assert call("variance", features, "--out", out) == 0
    table = require_documented(out, VARIANCE).set_index("feature")
    assert table.loc["original_shape_MeshVolume", "share_subject"] > 0.8
    assert table.loc["original_glcm_Flat", "note"] == "the values do not vary"
    page = out.with_suffix(".html").read_text(encoding="utf-8")
    printed = capsys.readouterr().out
    for text in (
        "Where the variation of features comes from",
        "site (2 levels), reader (2 levels) are rough",
    ):
        assert text in page
    assert "Mean shares of 3 features: subject" in printed
    assert "subject x reader" in printed


def test_variance_prints_json(features: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = features.with_name("variance.csv")
    assert call("variance", features, "--components", "reader", "--out", out, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert len(printed["features"]) == 4
    assert printed["sentences"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--components", "subject,raeder"], "Did you mean 'reader'?"),
        (["--components", "timepoint"], "no column timepoint"),
        (["--components", "site"], "mistaken for repetitions"),
        (["--readers", "A"], "nothing is repeated"),
        (["--readers", "C"], "no row of reader 'C'"),
        (["--min-subjects", "1"], "min_subjects"),
    ],
)
def test_variance_says_what_is_wrong(
    features: Path, options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("variance", features, "--out", features.with_name("v.csv"), *options) == 1
    assert told in capsys.readouterr().err
    assert not features.with_name("v.csv").exists()


def test_clusters_writes_a_table_with_representatives(
    features: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stable, out = features.with_name("stable.csv"), features.with_name("clusters.csv")
    assert call("reproducibility", features, "--out", stable) == 0
    assert call("clusters", features, "--reproducibility", stable, "--out", out) == 0
    table = require_documented(out, CLUSTERS).set_index("feature")
    limits = pd.read_csv(stable).set_index("feature")["low"]
    pair = ["original_shape_MeshVolume", "original_glcm_Contrast"]
    assert set(table.loc[pair, "representative"]) == {limits[pair].idxmax()}
    assert table["only_volume"].tolist() == [True, True, False, False]
    printed = capsys.readouterr().out
    assert "2 clusters of 3 features, 1 of one feature only" in printed
    assert "Only volume: 2 features" in printed


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--volume", "original_shape_MeshVolum"], "Did you mean 'original_shape_MeshVolume'?"),
        (["--threshold", "1.5"], "threshold"),
        (["--reader", "C"], "no row of reader 'C'"),
        (["--reproducibility", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_clusters_says_what_is_wrong(
    features: Path, options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("clusters", features, "--out", features.with_name("c.csv"), *options) == 1
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("command", [["variance", "--readers", "A,auto"], ["clusters", "--reader", "auto"]])
def test_training_subjects_that_are_left_out_are_named(
    features: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    table = pd.read_csv(features).drop(columns="site").replace({"reader": {"B": "auto"}})
    seen = sorted(table["subject"].unique())[:2]
    table["in_training"] = ["yes" if name in seen else "no" for name in table["subject"]]
    table.to_csv(features, index=False)
    assert call(command[0], features, *command[1:], "--out", features.with_name("o.csv")) == 0
    assert "2 of " in capsys.readouterr().out.split("left out, because the model was trained on them")[0]
