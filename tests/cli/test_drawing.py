"""The comparison of masks through the command `outcome`: files, sentences, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.outcome.drawing_schema import DRAWING_TABLES
from nbradiomics.signature import load_models
from tests.support.drawings import drawn
from tests.support.helpers import call

OPTIONS = ["--time", "months", "--event", "dead", "--reader", "A", "--jobs", 1, "--repeats", 1, "--folds", 2]
FAST = ["--bootstraps", 0, "--refits", 0, "--penalizer", 0.2, "--l1-ratio", 0.0, "--no-power-transform"]
FILES = [Path(schema.file).name for schema in DRAWING_TABLES.values()]


@pytest.fixture
def tables(tmp_path: Path) -> list[object]:
    features, clinical = drawn({"A": 0.1, "B": 0.6}, subjects=30)
    features.to_csv(tmp_path / "features.csv", index=False)
    clinical.to_csv(tmp_path / "clinical.csv", index=False)
    return ["outcome", tmp_path / "features.csv", tmp_path / "clinical.csv", "--out", tmp_path / "out"]


def test_the_command_writes_tables_sentences_and_a_section(
    tables: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pd.read_csv(tmp_path / "features.csv").query("reader == 'A'").assign(variant="c1").to_csv(
        tmp_path / "perturbed.csv", index=False
    )
    further = ["--no-transfer", "--perturbed-features", tmp_path / "perturbed.csv"]
    assert call(*tables, *OPTIONS, *FAST, "--drawing", *further) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "When B draws instead of A," in printed
    for name, schema in DRAWING_TABLES.items():
        table = schema.read(tmp_path / "out" / Path(schema.file).name)
        assert len(table), name
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["drawing"]["reader"] == "A"
    assert summary["drawing"]["drawings"] == {"reader": 2, "perturbed": 1}
    models = load_models(tmp_path / "out" / "model.zip")
    assert list(models.content.development.drawing) == summary["drawing"]["sentences"]
    assert summary["model_file"]["sha256"] == models.sha256
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "does the risk depend on who drew the mask?" in page

    # Without the comparison its tables are not those of this result.
    assert call(*tables, *OPTIONS, *FAST) == 0
    assert not [name for name in FILES if (tmp_path / "out" / name).exists()]
    assert "drawing" not in json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--no-transfer"], "--transfer has no meaning without --drawing"),
        (["--drawing-readers", "B"], "--drawing-readers has no meaning without --drawing"),
        (["--drawing", "--drawing-readers", "Z"], "reader 'Z' has no mask"),
        (["--drawing", "--drawing-readers", "B,B"], "name different readers"),
    ],
)
def test_what_means_nothing_is_refused(
    tables: list[object], options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*tables, *OPTIONS, *FAST, *options) == 1
    assert message in " ".join(capsys.readouterr().err.split())
