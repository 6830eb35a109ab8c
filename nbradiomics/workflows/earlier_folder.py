"""Run folders of release 0.3.0, which had no mark that says whose results they hold."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

from nbradiomics.files.names import file_stems
from nbradiomics.files.owned_folder import Mark, Owner, foreign_files
from nbradiomics.files.regular_file import read_own_json

_UNKNOWN = Owner("unfinished run of an earlier release", "", "", "")


def earlier_mark(root: Path) -> Mark | None:
    """Mark that a folder of release 0.3.0 would bear; ``None`` for a folder that is none.

    What it holds is read from its provenance; where a demo was stopped before that was written, from the
    cohort that it had begun to make.
    """
    provenance = _read(root / "provenance.json")
    if not (root / "cache" / "nbradiomics-run").is_file():
        return Mark(demo_owner(root)) if _is_a_begun_demo(root) else None
    if not provenance:
        return Mark(demo_owner(root) if _is_made(root) else _UNKNOWN, _stems(root))
    return Mark(_owner(root, provenance), _stems(root))


def _owner(root: Path, provenance: dict[str, Any]) -> Owner:
    hashes = provenance.get("inputs", {})
    files = [os.path.abspath(root / path) for path in hashes]
    content = frozenset(map(str, hashes.values()))
    study, readers = provenance.get("study"), provenance.get("readers")
    if isinstance(study, dict):
        source = next((file for file in files if file.endswith((".yaml", ".yml"))), "")
        # 0.3.0 called every study so that had no name.
        named = str(study.get("name")) if study.get("name") != "study" else Path(source).name
        return Owner("study", named, source, str(study.get("cohort")), content)
    clinical = readers.get("clinical") if isinstance(readers, dict) else None
    tables = [file for file in files if file.endswith(".csv") and file != os.path.abspath(str(clinical))]
    table = tables[0] if tables else ""
    return Owner("reader study", Path(table).name, table, table, content)


def demo_owner(root: Path) -> Owner:
    """Whose results a demo's are."""
    place = Path(os.path.abspath(root)) / "input"
    return Owner("study", "Synthetic demo", str(place / "study.yaml"), str(place / "cohort.csv"))


def _is_a_begun_demo(root: Path) -> bool:
    elsewhere = foreign_files(root, lambda path, _names: path.parts[0] == "input")
    return _is_made(root) and next(elsewhere, None) is None


def _is_made(root: Path) -> bool:
    made_by = _read(root / "input" / "truth.json").get("made_by", "")
    return str(made_by).startswith("nbradiomics.synthetic")


def _stems(root: Path) -> frozenset[str]:
    """What the files of each scan are called, by the table of the cohort that the run left."""
    try:
        with open(root / "cohort.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        scans = dict.fromkeys((row["subject"], row["timepoint"], row["sequence"]) for row in rows)
    except (OSError, ValueError, KeyError, csv.Error):
        return frozenset()
    return frozenset(file_stems(list(scans)))


def _read(path: Path) -> dict[str, Any]:
    try:
        found = read_own_json(path)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
