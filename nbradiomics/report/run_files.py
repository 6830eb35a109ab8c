"""Read the files of a run folder. A file that is not there is a part that was not run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.report.agreement_rows import AGREEMENT, complete_pairs
from nbradiomics.report.study_files import StudyFiles, read_study
from nbradiomics.report.table_files import REMEDY, Schema, read_by_schema, read_object, with_defaults
from nbradiomics.tables import INDEX, read_named_table

DEFAULTS = {"timepoint": "baseline", "sequence": "unspecified", "roi": "tumour", "reading": "1"}
COMPARISONS = ("readers", "auto_vs_readers")
CASE = ("subject", "timepoint", "sequence", "roi")


COHORT = Schema(text=("subject", "image", "reader", "mask"), defaults=DEFAULTS)
CHECK = Schema(text=("file", "row", "column", "severity", "problem", "remedy"))
SEGMENTATION = Schema(text=("subject", "status"), numbers=("volume_ml", "volume_cv", "fold_dice"))
ICC = Schema(text=("feature",), numbers=("icc", "low", "high", "subjects"), flags=("stable",))
FAILURES = Schema(text=("case", "stage", "cause", "hint"))
PERFORMANCE = Schema(text=("model", "metric"), numbers=("value", "low", "high"))
KAPLAN_MEIER = Schema(
    text=("model", "group"),
    numbers=("time", "survival", "low", "high", "at_risk"),
    complete=("time", "survival", "at_risk"),
)
SELECTION = Schema(text=("model", "feature"), numbers=("frequency", "coefficient"))
EXCLUDED = Schema(text=("subject", "reason"))


@dataclass(frozen=True, eq=False)
class Endpoint:
    """Files of ``outcome/<name>/``; ``None`` or an empty summary for a file that is not there."""

    name: str
    performance: pd.DataFrame | None = None
    kaplan_meier: pd.DataFrame | None = None
    selection: pd.DataFrame | None = None
    excluded: pd.DataFrame | None = None
    summary: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Run:
    """Tables of a run, as the stages wrote them; ``None`` for a stage that was not run."""

    folder: Path
    cohort: pd.DataFrame | None = None
    check: pd.DataFrame | None = None
    segmentation: pd.DataFrame | None = None
    agreement: pd.DataFrame | None = None
    features: pd.DataFrame | None = None
    #: The reader study; ``None`` where it was not part of the run.
    study: StudyFiles | None = None
    #: By context (empty for a cohort of one timepoint, sequence and region), then by comparison.
    reproducibility: dict[str, dict[str, pd.DataFrame]] = field(default_factory=dict)
    failures: pd.DataFrame | None = None
    endpoints: tuple[Endpoint, ...] = ()
    provenance: dict[str, Any] = field(default_factory=dict)


def read_run(folder: Path) -> Run:
    """Read what a run folder holds.

    Raises
    ------
    InputError
        When the folder is missing or holds no file of a run, or a file of it is malformed; the
        message names the file.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} does not exist or is no folder.", "Give the folder of a run.")
    run = Run(
        folder=folder,
        cohort=read_by_schema(folder / "cohort.csv", COHORT),
        check=read_by_schema(folder / "check.csv", CHECK),
        segmentation=read_by_schema(folder / "segmentation.csv", SEGMENTATION),
        agreement=_agreement(folder / "agreement.csv"),
        study=read_study(folder),
        features=_features(folder / "features.parquet"),
        reproducibility=_reproducibility(folder / "reproducibility"),
        failures=read_by_schema(folder / "failures.csv", FAILURES),
        endpoints=_endpoints(folder / "outcome"),
        provenance=read_object(folder / "provenance.json"),
    )
    if _holds_nothing(run):
        raise InputError(
            f"{folder} holds no file of a run (cohort.csv, features.parquet, provenance.json ...).",
            "Give the folder that `nbradiomics run` wrote.",
        )
    return run


def rows_of(table: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Rows of a table as tuples of the named columns."""
    return table[list(columns)].itertuples(index=False, name=None)


def _agreement(path: Path) -> pd.DataFrame | None:
    table = read_by_schema(path, AGREEMENT)
    return None if table is None else complete_pairs(table)


def _reproducibility(folder: Path) -> dict[str, dict[str, pd.DataFrame]]:
    """Tables of a folder: ``readers.csv``, or ``readers_CONTEXT.csv`` where there are several contexts."""
    found: dict[str, dict[str, pd.DataFrame]] = {}
    for path in sorted(folder.glob("*.csv")):
        for comparison in COMPARISONS:
            name, context = path.stem[: len(comparison)], path.stem[len(comparison) :]
            table = read_by_schema(path, ICC) if name == comparison and context[:1] in ("", "_") else None
            if table is not None:
                found.setdefault(context[1:], {})[comparison] = table
    return found


def _endpoints(folder: Path) -> tuple[Endpoint, ...]:
    if not folder.is_dir():
        return ()
    found = (read_endpoint(path) for path in sorted(folder.iterdir()) if path.is_dir())
    return tuple(endpoint for endpoint in found if endpoint is not None)


def read_endpoint(folder: Path) -> Endpoint | None:
    """Read what the outcome models of one endpoint left; ``None`` without any of its files."""
    endpoint = Endpoint(
        name=folder.name,
        performance=read_by_schema(folder / "performance.csv", PERFORMANCE),
        kaplan_meier=read_by_schema(folder / "kaplan_meier.csv", KAPLAN_MEIER),
        selection=read_by_schema(folder / "selection.csv", SELECTION),
        excluded=read_by_schema(folder / "excluded.csv", EXCLUDED),
        summary=read_object(folder / "summary.json"),
    )
    return None if _holds_nothing(endpoint) else endpoint


def _holds_nothing(record: Run | Endpoint) -> bool:
    values = (getattr(record, item.name) for item in fields(record) if item.name not in ("folder", "name"))
    return all(value is None or (isinstance(value, (tuple, dict)) and not value) for value in values)


def _features(path: Path) -> pd.DataFrame | None:
    if not path.exists():
        return None
    table, _ = read_named_table(path, INDEX)
    missing = [name for name in ("subject", "reader") if name not in table]
    if missing:
        raise InputError(f"{path} lacks the columns {', '.join(missing)}.", REMEDY)
    for name in set(INDEX) & set(table.columns):
        table[name] = table[name].astype(str)
    return with_defaults(table, {**DEFAULTS, "variant": "original"})
