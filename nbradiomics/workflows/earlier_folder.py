"""Run folders of release 0.3.0, which contain no mark that names the owner of the results."""

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
    """Return a mark for a folder of release 0.3.0; ``None`` if the folder is not from that release.

    The owner is read from the provenance. For a demo that was stopped before it wrote its provenance, the
    owner is read from the unfinished cohort.
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
        # Release 0.3.0 used the name "study" for every study without a name.
        name = str(study.get("name")) if study.get("name") != "study" else Path(source).name
        return Owner("study", name, source, str(study.get("cohort")), content)
    clinical = readers.get("clinical") if isinstance(readers, dict) else None
    tables = [file for file in files if file.endswith(".csv") and file != os.path.abspath(str(clinical))]
    table = tables[0] if tables else ""
    return Owner("reader study", Path(table).name, table, table, content)


def demo_owner(root: Path) -> Owner:
    """Return the owner of the results of a demo."""
    place = Path(os.path.abspath(root)) / "input"
    return Owner("study", "Synthetic demo", str(place / "study.yaml"), str(place / "cohort.csv"))


def _is_a_begun_demo(root: Path) -> bool:
    elsewhere = foreign_files(root, lambda path, _names: path.parts[0] == "input")
    return _is_made(root) and next(elsewhere, None) is None


def _is_made(root: Path) -> bool:
    made_by = _read(root / "input" / "truth.json").get("made_by", "")
    return str(made_by).startswith("nbradiomics.synthetic")


def _stems(root: Path) -> frozenset[str]:
    """Return the file stems of the scans, from the cohort table that the run wrote."""
    try:
        with open(root / "cohort.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        scans = dict.fromkeys((row["subject"], row["timepoint"], row["sequence"]) for row in rows)
    except (OSError, ValueError, KeyError, csv.Error):
        return frozenset()
    return frozenset(file_stems(list(scans)))


def _read(path: Path) -> dict[str, Any]:
    try:
        content = read_own_json(path)
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
