"""What all tests share: how examples are drawn, and where the real data lies."""

from __future__ import annotations

import os
from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import settings

mpl.use("Agg")

# A slow machine is no error. On CI the examples are the same each time, so that a change is not blamed for
# what it did not touch; elsewhere they are drawn anew.
settings.register_profile("project", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("project")

DATA = Path(os.environ.get("NBRADIOMICS_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real data; the test is skipped, saying so, where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"no real data at {DATA}; set NBRADIOMICS_TEST_DATA to its folder")
    return DATA
