"""What lies in a run folder: its results, and what nobody should see there."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbradiomics.files.owned_folder import MARK

#: Files that say when and where a run was made.
_OF_THE_RUN = {"provenance.json", "evidence.json", "evidence.html", "report.html", MARK}


def hidden(out: Path) -> list[str]:
    """Hidden files, such as temporary ones."""
    return [path.name for path in out.rglob(".*") if path.name != MARK]


def tables(out: Path) -> dict[str, object]:
    """Every result by its path: text, the values of a Parquet table, or the bytes of an image."""
    found: dict[str, object] = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.is_file() and path.name not in _OF_THE_RUN and not name.startswith("cache/"):
            found[name] = pd.read_parquet(path).to_csv() if path.suffix == ".parquet" else path.read_bytes()
    return found
