"""What the tests of this folder share."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbradiomics.segmentation import Model, load_model
from nbradiomics.segmentation.model_files.card import Card, write_card
from tests.support.predictions import KINDS
from tests.support.random_model import make_model


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    made = {}
    for name, (options, tumour) in KINDS.items():
        folder = root / name.replace(" ", "_")
        folder.mkdir()
        write_card(Card(tumour=tumour), folder)
        made[name] = make_model(folder, **options)
    return made


@pytest.fixture(scope="session")
def models(folders) -> dict[str, Model]:
    return {name: load_model(folder) for name, folder in folders.items()}


@pytest.fixture(autouse=True)
def _one_thread(one_thread: None) -> None:
    """Every test of this folder runs torch in one thread."""
