"""Facts about the readers: is the model as good as another expert, and which features are reproducible?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from nbradiomics.agreement.reader_study.schemas import SUMMARY, TESTS
from nbradiomics.evidence.collect.plain import plain, rows_of
from nbradiomics.evidence.collect.run import PROVENANCE, study_of
from nbradiomics.evidence.facts import Fact
from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.features.schema import FEATURES
from nbradiomics.habitats.schema import TABLES as HABITATS
from nbradiomics.messages.wording import counted
from nbradiomics.reproducibility.processing.schema import PROCESSING
from nbradiomics.reproducibility.rules.schema import STABLE
from nbradiomics.reproducibility.schema import REPRODUCIBILITY
from nbradiomics.tables import feature_columns

_RECORD = "readers/summary.json"
_COUNTS = ("subjects", "cases", "missing", "empty", "failed_pairs", "edited_masks", "in_training")


def reader_facts(folder: ResultFolder) -> Iterator[Fact]:
    """Yield the reader study, the reproducibility of features, and the studies of variants."""
    yield from _reader_study(folder)
    yield from _reproducibility(folder)
    yield from _perturbation(folder)
    yield from _processing(folder)
    yield from _habitats(folder)


def _reader_study(folder: ResultFolder) -> Iterator[Fact]:
    record, summary, tests = folder.record(_RECORD), folder.table(SUMMARY), folder.table(TESTS)
    if not record or summary is None:
        return
    settings = record.get("settings", {})
    metric = settings.get("metric", "dice")
    value: dict[str, Any] = {name: record.get(name) for name in (*_COUNTS, "in_training_not_known")}
    value |= {"readers": len(record.get("readers") or ()), "model": record.get("auto"), "settings": settings}
    primary = summary[(summary["metric"] == metric) & (summary["reference"] == "readers")]
    value["agreement"] = rows_of(primary, "pair", "metric", "n", "median", "low", "high", "undefined")
    text = (
        f"{counted(value['readers'], 'reader')} drew {counted(int(record.get('cases') or 0), 'case')} of "
        f"{counted(int(record.get('subjects') or 0), 'subject')}; the primary metric is {metric}."
    )
    sources = ((_RECORD, "counts, settings"), (SUMMARY.file, f"metric {metric}, reference readers"))
    yield folder.fact("readers", text, plain(value), *sources)
    if tests is None:
        return
    passed = tests.assign(passed=tests["passed"].astype(object).where(tests["passed"].notna(), None))
    rows = rows_of(
        passed[~passed["test"].isin(["alt_test_reader"])],
        *("test", "epsilon", "value", "reference_value", "low", "high", "p", "passed", "n"),
    )
    verdicts = [_verdict(row) for row in rows if row["passed"] is not None]
    text = f"Tests of the model against the readers: {'; '.join(verdicts) or 'no verdict'}."
    yield folder.fact("readers.tests", text, rows, (TESTS.file, "all tests but those of single readers"))


def _verdict(row: Mapping[str, Any]) -> str:
    epsilon = "" if row["epsilon"] is None else f" (epsilon {row['epsilon']:g})"
    return f"{str(row['test']).replace('_', ' ')}{epsilon} {'passed' if row['passed'] else 'not passed'}"


def _reproducibility(folder: ResultFolder) -> Iterator[Fact]:
    section = study_of(folder).get("reproducibility") or {}
    designs, sources = [], []
    for name, file in folder.under("reproducibility"):
        table = REPRODUCIBILITY.read(folder.root / file)
        designs.append(_design(name, table))
        sources.append((file, "stable, across, subjects, raters"))
    stable = folder.table(STABLE)
    if stable is not None:
        sources.append((STABLE.file, "stable"))
    if not designs and stable is None:
        return
    value = {
        "designs": designs,
        "threshold": section.get("threshold"),
        "confidence": section.get("confidence"),
        "min_subjects": section.get("min_subjects"),
        "rules": section.get("rules", []),
        "stable_by_rules": None if stable is None else int(stable["stable"].sum()),
    }
    found = [f"{each['name']}: {each['stable']} of {each['features']}" for each in designs]
    if stable is not None:
        found.append(f"by the combined rules: {value['stable_by_rules']} of {len(stable)}")
    text = f"Stable features: {'; '.join(found)}."
    yield folder.fact("reproducibility", text, plain(value), *sources)


def _design(name: str, table: pd.DataFrame) -> dict[str, Any]:
    across = table["across"].iloc[0] if "across" in table and len(table) else ""
    raters = table["raters"].max() if "raters" in table and len(table) else None
    return {
        "name": name,
        "across": across,
        "features": len(table),
        "stable": int(table["stable"].sum()),
        "undefined": int(table["icc"].isna().sum()),
        "raters": raters,
        "subjects": int(table["subjects"].max()) if len(table) else 0,
        "fewest_subjects": int(table["subjects"].min()) if len(table) else 0,
        "median_icc": table["icc"].dropna().median(),
    }


def _perturbation(folder: ResultFolder) -> Iterator[Fact]:
    file = "perturbation/features.parquet"
    table = folder.table(FEATURES, file)
    if table is None:
        return
    section: Mapping[str, Any] = study_of(folder).get("perturbation") or {}
    value: dict[str, Any] = {
        "variants": table["variant"].nunique(),
        "subjects": table["subject"].nunique(),
        "rows": len(table),
        "rows_without_any_feature": int((~table[feature_columns(table)].notna().any(axis=1)).sum()),
        "reader": "the model" if section.get("reader") == "auto" else "a reader",
    }
    text = (
        f"Features of {counted(value['variants'], 'variant')} of the images and masks of "
        f"{counted(value['subjects'], 'subject')}, made in memory."
    )
    yield folder.fact("perturbation", text, plain(value), (file, "variant, subject"), (PROVENANCE, "study"))


def _processing(folder: ResultFolder) -> Iterator[Fact]:
    file = f"processing/{PROCESSING.file.split('/')[-1]}"
    table = folder.table(PROCESSING, file)
    if table is None:
        return
    columns = [name for name in ("axis", "alteration") if name in table]
    value = {"rows": len(table), "features": table["feature"].nunique()}
    value |= {f"{name}s": table[name].nunique() for name in columns}
    text = f"{counted(value['features'], 'feature')} were compared between alterations of the processing."
    yield folder.fact("processing", text, plain(value), (file, "one row each"))


def _habitats(folder: ResultFolder) -> Iterator[Fact]:
    sizes = {}
    for schema in HABITATS:
        file = f"habitats/{schema.file}"
        table = folder.table(schema, file)
        if table is not None:
            sizes[file] = len(table)
    models = [name for name in folder.files if name.startswith("habitats/model") and name.endswith(".json")]
    if not sizes:
        return
    learned = []
    for name in models:
        record = folder.record(name)
        images, names = record.get("images") or (), record.get("names") or ()
        learned.append({"file": name, "images": len(images), "prints_of_subjects": sorted(names)})
    value = {"rows": sizes, "models": learned}
    text = (
        f"Habitats by {counted(len(models), 'model')}; each file names the images that it learned from by "
        "their hashes."
    )
    sources = [(name, "") for name in sizes] + [(name, "images, names") for name in models]
    yield folder.fact("habitats", text, plain(value), *sources)
