"""A study that compares masks: the stage of the fold masks, the section, and their files."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from nbradiomics.errors import InputError
from nbradiomics.outcome.drawing.schemas import DRAWING_TABLES
from nbradiomics.study.file import load_study
from nbradiomics.study.study import Drawing
from nbradiomics.workflows.folder import is_run_file

STUDY = (
    "cohort: c.csv\noutcome: {{clinical: c.csv, endpoints: [{{name: os, time: t, event: e}}], drawing: {}}}\n"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", Drawing()),
        ("false", None),
        ("{}", Drawing()),
        ("{folds: true, transfer: false}", Drawing(folds=True, transfer=False)),
        ("{drawing_readers: [B, auto]}", Drawing(drawing_readers=("B", "auto"))),
    ],
)
def test_a_study_asks_for_the_comparison_in_a_word_or_a_section(
    tmp_path: Path, text: str, expected: Drawing | None
) -> None:
    (tmp_path / "c.csv").write_text("subject\n", encoding="utf-8")
    file = tmp_path / "study.yaml"
    file.write_text(STUDY.format(text), encoding="utf-8")
    outcome = load_study(file).outcome
    assert outcome is not None
    assert outcome.drawing == expected


@pytest.mark.parametrize(
    "text", ["{drawing_readers: [B, B]}", "{reader: B}", "yes please", "{drawing_readers: []}"]
)
def test_a_comparison_that_cannot_be_meant_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.csv").write_text("subject\n", encoding="utf-8")
    file = tmp_path / "study.yaml"
    file.write_text(STUDY.format(text), encoding="utf-8")
    with pytest.raises(InputError, match="drawing"):
        load_study(file)


def test_the_files_of_the_comparison_belong_to_a_run() -> None:
    names = [Path(schema.file).name for schema in DRAWING_TABLES.values()]
    files = ["drawing/features.parquet", *(f"outcome/os/{name}" for name in names)]
    assert all(is_run_file(PurePosixPath(file), ()) for file in files)
    assert not is_run_file(PurePosixPath("drawing/mine.csv"), ())
