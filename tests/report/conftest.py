"""What the tests of this folder share."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.report import build_report
from tests.support.run_tables import write_images, write_outcome_files, write_study_files, write_tables


@pytest.fixture(scope="session", autouse=True)
def _coarse_pictures() -> Iterator[None]:
    """Render few pixels: encoding many takes most of the time of a page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nbradiomics.report.figures.picture.DOTS_PER_INCH", 40)
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("report")
    run = root / "run"
    run.mkdir()
    pd.DataFrame(write_images(root)).to_csv(run / "cohort.csv", index=False)
    write_tables(run)
    write_outcome_files(run / "outcome" / "os")
    write_study_files(run / "readers")
    card = {"intended_use": "Trained on synthetic images; not for clinical use."}
    provenance = {
        "created": "2025-11-23",
        "nbradiomics": "0.1.0",
        "packages": {"numpy": "2.1.3"},
        "study": {"name": "Study one", "synthetic": True},
        "parameters": "imageType: {Original: {}}  # https://example.org",
        "model": {"name": "demo", "fingerprint": "f00d", "card": card},
        "inputs": {"images/P1.nii.gz": "abc123"},
    }
    (run / "provenance.json").write_text(json.dumps(provenance))
    return root


@pytest.fixture(scope="session")
def html(template: Path) -> str:
    """The page of the run as it is."""
    return build_report(template / "run", template / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def run(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "copy")) / "run"
