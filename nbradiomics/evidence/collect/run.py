"""Facts about how a run was made: versions, inputs, parameters, files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from nbradiomics.evidence.collect.plain import counts_of, plain
from nbradiomics.evidence.facts import Fact
from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.execution.failures import FAILURES
from nbradiomics.messages.wording import counted, tally

PROVENANCE = "provenance.json"
#: Sections of the study that each are an analysis of their own.
_SECTIONS = (
    *("prepare", "segment", "adc", "habitats", "rois", "readers", "perturbation", "processing"),
    *("reproducibility", "needed_agreement", "controls", "outcome"),
)


def run_facts(folder: ResultFolder) -> Iterator[Fact]:
    """Yield versions, inputs, seed, parameters, files and failures of a run."""
    record = folder.record(PROVENANCE)
    if record:
        yield from _of_provenance(folder, record)
    yield _files(folder)
    yield from _failures(folder)


def study_of(folder: ResultFolder) -> dict[str, Any]:
    """Return the study as the provenance has it; empty without it."""
    study = folder.record(PROVENANCE).get("study", {})
    return study if isinstance(study, dict) else {}


def _of_provenance(folder: ResultFolder, record: Mapping[str, Any]) -> Iterator[Fact]:
    packages = record.get("packages", {})
    value = {name: record.get(name) for name in ("nbradiomics", "python", "platform", "created")}
    yield folder.fact(
        "versions",
        f"nbradiomics {value['nbradiomics']} with Python {value['python']}.",
        plain({**value, "packages": packages}),
        (PROVENANCE, "nbradiomics, python, platform, packages"),
    )
    hashes = record.get("inputs", {})
    endings = counts_of_endings(hashes)
    yield folder.fact(
        "inputs",
        f"{counted(len(hashes), 'input file')}, each known by its SHA-256.",
        {"number": len(hashes), "by_ending": endings, "sha256_of_all": hash_of_hashes(hashes)},
        (PROVENANCE, "inputs"),
    )
    study = record.get("study", {})
    asked = [name for name in _SECTIONS if study.get(name) is not None]
    yield folder.fact(
        "seed",
        f"Everything random was drawn with the seed {study.get('seed')}.",
        plain({"seed": study.get("seed"), "sections": asked, "synthetic": study.get("synthetic")}),
        (PROVENANCE, "study: seed"),
    )
    yield _parameters(folder, record, study)
    ingested = record.get("ingest")
    if isinstance(ingested, Mapping):
        yield _ingest(folder, ingested)


def _ingest(folder: ResultFolder, ingested: Mapping[str, Any]) -> Fact:
    """Describe an ingest; reasons are counted, because their words may name files."""
    lost = {name: sum((ingested.get(name) or {}).values()) for name in ("failures", "not_chosen")}
    acquired = ingested.get("acquisition", [])
    images = sum(int(each.get("images", 0)) for each in acquired)
    text = (
        f"{counted(images, 'image')} were made from DICOM by `nbradiomics ingest`; {lost['failures']} failed."
    )
    value = {"acquisition": acquired, **lost, "subjects_without_image": ingested.get("without_image")}
    return folder.fact("ingest", text, plain(value), (PROVENANCE, "ingest"))


def counts_of_endings(hashes: Mapping[str, Any]) -> dict[str, int]:
    """Count files by the end of their name, which says what they are and names nobody."""
    ends = [match[0] if (match := re.search(r"(\.nii)?\.[a-z0-9]{1,8}$", name)) else "" for name in hashes]
    return {end: ends.count(end) for end in sorted(set(ends))}


def hash_of_hashes(hashes: Mapping[str, Any]) -> str:
    """SHA-256 of the sorted hashes of files, which do not depend on their names."""
    return hashlib.sha256("/".join(sorted(map(str, hashes.values()))).encode()).hexdigest()


def _parameters(folder: ResultFolder, record: Mapping[str, Any], study: Mapping[str, Any]) -> Fact:
    text = str(record.get("parameters", ""))
    extract = study.get("extract") or {}
    engines = []
    if folder.has("features.parquet"):
        import pandas as pd

        engines = sorted(
            pd.read_parquet(folder.root / "features.parquet", columns=["engine"])["engine"].unique()
        )
    value = {
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "engine": extract.get("engine"),
        "engines_of_the_rows": engines,
    }
    sentence = "The parameters of the features are recorded word for word."
    return folder.fact("parameters", sentence, plain(value), (PROVENANCE, "parameters; study: extract"))


def _files(folder: ResultFolder) -> Fact:
    hashes: dict[str, Any] = {name: folder.sha256(name) for name in folder.files}
    return Fact(
        name="files",
        text=f"{counted(len(hashes), 'file')} of results, each known by its SHA-256.",
        value=hashes,
    )


def _failures(folder: ResultFolder) -> Iterator[Fact]:
    table = folder.table(FAILURES)
    if table is None:
        return
    by_stage = counts_of(table["stage"])
    listed = f": {tally(by_stage.items())}" if by_stage else ""
    yield folder.fact(
        "failures",
        f"{counted(len(table), 'failure')}{listed}.",
        {"number": len(table), "by_stage": by_stage},
        (FAILURES.file, "one row each"),
    )
