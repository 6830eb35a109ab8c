"""Where the repository and the real data lie."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("NBRADIOMICS_TEST_DATA", ROOT.parent / "shared" / "data"))
