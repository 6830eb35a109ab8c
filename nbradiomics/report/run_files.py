"""Read the files of a run folder. A file that is not there is a part that was not run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.tables import INDEX, read_table

REMEDY = "Run the stage that writes it again; the report reads these files as the stages write them."
DEFAULTS = {"timepoint": "baseline", "sequence": "unspecified", "roi": "tumour", "reading": "1"}
COMPARISONS = ("readers", "auto_vs_readers")
CASE = ("subject", "timepoint", "sequence", "roi")


@dataclass(frozen=True)
class Schema:
    """Columns that a table must have (text, numbers, True/False) and defaults of those it may lack."""

    text: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    #: Columns of numbers in which none may be missing.
    complete: tuple[str, ...] = ()
    #: All further columns are numbers, too.
    rest_numbers: bool = False


COHORT = Schema(text=("subject", "image", "reader", "mask"), defaults=DEFAULTS)
CHECK = Schema(text=("file", "row", "column", "severity", "problem", "remedy"))
SEGMENTATION = Schema(text=("subject", "status"), numbers=("volume_ml", "volume_cv", "fold_dice"))
AGREEMENT = Schema(
    text=("subject", "reader", "reference", "status"),
    numbers=("dice",),
    defaults={name: DEFAULTS[name] for name in CASE[1:]},
    rest_numbers=True,
)
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
        cohort=_table(folder / "cohort.csv", COHORT),
        check=_table(folder / "check.csv", CHECK),
        segmentation=_table(folder / "segmentation.csv", SEGMENTATION),
        agreement=_table(folder / "agreement.csv", AGREEMENT),
        features=_features(folder / "features.parquet"),
        reproducibility=_reproducibility(folder / "reproducibility"),
        failures=_table(folder / "failures.csv", FAILURES),
        endpoints=_endpoints(folder / "outcome"),
        provenance=_object(folder / "provenance.json"),
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


def _reproducibility(folder: Path) -> dict[str, dict[str, pd.DataFrame]]:
    """Tables of a folder: ``readers.csv``, or ``readers_CONTEXT.csv`` where there are several contexts."""
    found: dict[str, dict[str, pd.DataFrame]] = {}
    for path in sorted(folder.glob("*.csv")):
        for comparison in COMPARISONS:
            name, context = path.stem[: len(comparison)], path.stem[len(comparison) :]
            table = _table(path, ICC) if name == comparison and context[:1] in ("", "_") else None
            if table is not None:
                found.setdefault(context[1:], {})[comparison] = table
    return found


def _endpoints(folder: Path) -> tuple[Endpoint, ...]:
    if not folder.is_dir():
        return ()
    found = (_endpoint(path) for path in sorted(folder.iterdir()) if path.is_dir())
    return tuple(endpoint for endpoint in found if endpoint is not None)


def _endpoint(folder: Path) -> Endpoint | None:
    endpoint = Endpoint(
        name=folder.name,
        performance=_table(folder / "performance.csv", PERFORMANCE),
        kaplan_meier=_table(folder / "kaplan_meier.csv", KAPLAN_MEIER),
        selection=_table(folder / "selection.csv", SELECTION),
        excluded=_table(folder / "excluded.csv", EXCLUDED),
        summary=_object(folder / "summary.json"),
    )
    return None if _holds_nothing(endpoint) else endpoint


def _holds_nothing(record: Run | Endpoint) -> bool:
    values = (getattr(record, item.name) for item in fields(record) if item.name not in ("folder", "name"))
    return all(value is None or (not isinstance(value, pd.DataFrame) and not value) for value in values)


def _object(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}", REMEDY) from error
    if not isinstance(content, dict):
        raise InputError(f"{path} holds a {type(content).__name__}; an object was expected.", REMEDY)
    return content


def _table(path: Path, schema: Schema) -> pd.DataFrame | None:
    """Read a CSV by its schema.

    Everything is read as text first: a reader called ``01`` or a subject called ``NA`` stays that.
    """
    if not path.exists():
        return None
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (ValueError, OSError) as error:  # pandas' parser errors are ValueErrors
        raise InputError(f"{path} cannot be read as a table: {error}", REMEDY) from error
    wanted = (*schema.text, *schema.numbers, *schema.flags)
    missing = [name for name in wanted if name not in table]
    if missing:
        raise InputError(f"{path} lacks the columns {', '.join(missing)}.", REMEDY)
    return _typed(path, _with_defaults(table, schema.defaults), schema)


def _typed(path: Path, table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    known = {*schema.text, *schema.flags, *schema.defaults}
    numbers = [name for name in table if name not in known] if schema.rest_numbers else schema.numbers
    for name in numbers:
        try:
            table[name] = table[name].replace("", "nan").astype(float)
        except ValueError as error:
            raise InputError(f"{path}, column {name}: {error}; numbers were expected.", REMEDY) from error
    for name in schema.complete:
        if table[name].isna().any():
            raise InputError(f"{path}, column {name}: a value is missing; all were expected.", REMEDY)
    for name in schema.flags:
        values = table[name].str.lower().map({"true": True, "false": False})
        if values.isna().any():
            found = table.loc[values.isna(), name].iloc[0]
            raise InputError(f"{path}, column {name}: {found!r}; True or False was expected.", REMEDY)
        table[name] = values.astype(bool)
    return table


def _features(path: Path) -> pd.DataFrame | None:
    if not path.exists():
        return None
    table = read_table(path)
    missing = [name for name in ("subject", "reader") if name not in table]
    if missing:
        raise InputError(f"{path} lacks the columns {', '.join(missing)}.", REMEDY)
    for name in set(INDEX) & set(table.columns):
        table[name] = table[name].astype(str)
    return _with_defaults(table, {**DEFAULTS, "variant": "original"})


def _with_defaults(table: pd.DataFrame, defaults: Mapping[str, str]) -> pd.DataFrame:
    for name, value in defaults.items():
        table[name] = table[name].replace("", value) if name in table else value
    return table
