"""Images of one slice, and parameters of three dimensions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nbradiomics.study.checks import check
from tests.support.helpers import ball, write_cohort, write_scan

PARAMS = """\
imageType: {Original: {}, Wavelet: {}}
featureClass: {firstorder: [Mean], shape: [Sphericity]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "params.yaml").write_text(PARAMS)
    return tmp_path


def cohort(folder: Path, flat: int, volumes: int) -> Path:
    disc = np.ascontiguousarray(ball((9, 20, 24), radius=4)[4:5])
    rows = []
    for number in range(flat + volumes):
        mask = disc if number < flat else ball((9, 20, 24), radius=4)
        files = write_scan(folder, f"s{number}", {"A": mask}, seed=number)
        rows.append(f"s{number},{files['image']},A,{files['A']}")
    return write_cohort(folder, rows)


def told(folder: Path, flat: int, volumes: int, params: str) -> list[tuple[str, str]]:
    table = check(cohort(folder, flat, volumes), params=params, jobs=1)
    found = table[table["problem"].str.contains("one slice", regex=False)]
    assert set(found["severity"]) <= {"warning"}
    return list(zip(found["problem"], found["remedy"], strict=True))


def test_what_will_be_missing_or_wrong_is_told_with_the_preset(folder: Path) -> None:
    found = told(folder, 3, 0, str(folder / "params.yaml"))
    assert len(found) == 2
    assert all(problem.startswith("3 of 3 images have one slice") for problem, _ in found)
    assert "rounding noise" in found[1][0]
    assert all("preset image_2d" in remedy for _, remedy in found)
    assert told(folder, 3, 0, "image_2d") == []


def test_a_cohort_of_slices_and_volumes_is_told(folder: Path) -> None:
    found = told(folder, 1, 2, str(folder / "params.yaml"))
    assert found[0][0].startswith("1 of 3 images has one slice")
    assert "the others are volumes" in found[-1][0]
    assert told(folder, 0, 3, str(folder / "params.yaml")) == []


def test_a_study_is_told_as_well(folder: Path) -> None:
    cohort(folder, 2, 0)
    (folder / "study.yaml").write_text("cohort: cohort.csv\nextract: {params: params.yaml}\n")
    table = check(folder / "study.yaml", jobs=1)
    assert table["problem"].str.contains("2 of 2 images have one slice", regex=False).sum() == 2
