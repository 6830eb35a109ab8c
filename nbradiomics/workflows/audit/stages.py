"""Run the stages that need tables alone again, and compare what they write with the tables of a run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.agreement.reader_study import study_readers
from nbradiomics.agreement.reader_study.schemas import TABLES as READER_STUDY
from nbradiomics.agreement.schema import AGREEMENT
from nbradiomics.cohort import load_cohort
from nbradiomics.cohort.schema import COHORT
from nbradiomics.evidence.audit.finding import Finding, verdict_of
from nbradiomics.evidence.audit.same_table import differences
from nbradiomics.evidence.audit.same_value import value_differences
from nbradiomics.evidence.collect.plain import plain
from nbradiomics.evidence.collect.run import study_of
from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.execution.execution import Execution
from nbradiomics.features.schema import FEATURES
from nbradiomics.files.checked_json import in_short
from nbradiomics.messages.wording import counted
from nbradiomics.reproducibility.needed_agreement import LEFT_OUT, NEEDED_AGREEMENT
from nbradiomics.reproducibility.rules.schema import STABLE
from nbradiomics.reproducibility.schema import REPRODUCIBILITY
from nbradiomics.reproducibility.variance.schema import VARIANCE
from nbradiomics.study.study import Study
from nbradiomics.tables import write_table
from nbradiomics.tables.schema import Schema
from nbradiomics.workflows.folder import RunFolder
from nbradiomics.workflows.stages.base import Work
from nbradiomics.workflows.stages.needed_agreement import NeededAgreement
from nbradiomics.workflows.stages.readers import analysis_of
from nbradiomics.workflows.stages.reproducibility import Reproducibility

#: Sections of other stages; some refuse a default that is written out.
_NOT_NEEDED = ("prepare", "segment", "adc", "habitats", "rois", "processing", "controls", "outcome")
#: Tables of the reader study that need the clinical table.
_CLINICAL = ("subgroups", "subgroup_tests")


def stage_findings(folder: ResultFolder) -> Iterator[Finding]:
    """Compute reproducibility, needed agreement and the reader study again from features and agreement."""
    if not folder.has(COHORT.file) or not study_of(folder):
        return
    try:
        work = _work(folder)
    except ValueError as error:
        text = f"The settings cannot be read back: {in_short(error)}"
        yield Finding("stages", "open", text, "provenance.json")
        return
    with tempfile.TemporaryDirectory() as place:
        work.folder = RunFolder(Path(place))
        yield from _of_features(folder, work)
        yield from _of_agreement(folder, work)


def _work(folder: ResultFolder) -> Work:
    record = study_of(folder)
    study = Study.model_validate({name: record[name] for name in record if name not in _NOT_NEEDED})
    features, agreement = folder.table(FEATURES), folder.table(AGREEMENT)
    perturbed = folder.table(FEATURES, "perturbation/features.parquet")
    return Work(
        study,
        RunFolder(folder.root),
        Execution(jobs=1),
        load_cohort(folder.root / COHORT.file),
        agreement=agreement,
        features=FEATURES.empty() if features is None else features,
        perturbed=perturbed,
    )


def _of_features(folder: ResultFolder, work: Work) -> Iterator[Finding]:
    if work.features.empty:
        return
    stages: list[Any] = [Reproducibility(), *([NeededAgreement()] if work.agreement is not None else [])]
    for stage in stages:
        stage.run(work)
    made = sorted(path.relative_to(work.folder.root).as_posix() for path in work.folder.root.rglob("*.csv"))
    kinds = ("reproducibility/", "needed_agreement/", "variance", "stable.csv")
    written = [name for name in folder.files if name.startswith(kinds)]
    for name in sorted({*made, *written}):
        schema = _schema_of(name)
        if schema is None:
            continue
        if name not in made:
            text = "The table cannot be computed again from the tables of the folder."
            yield Finding("stages", "open", text, name)
        elif name not in written:
            yield Finding("stages", "broken", "The features give this table, and it is not there.", name)
        else:
            yield _compared(folder, work, name, schema)


def _schema_of(name: str) -> Schema | None:
    starts = {
        "reproducibility/": REPRODUCIBILITY,
        NEEDED_AGREEMENT.file.removesuffix(".csv"): NEEDED_AGREEMENT,
        LEFT_OUT.file.removesuffix(".csv"): LEFT_OUT,
        "variance": VARIANCE,
        "stable.csv": STABLE,
    }
    return next((schema for start, schema in starts.items() if name.startswith(start)), None)


def _compared(folder: ResultFolder, work: Work, name: str, schema: Schema) -> Finding:
    found, again = schema.read(folder.root / name), schema.read(work.folder.file(name))
    problems = differences(found, again, schema.key)
    return verdict_of("stages", problems, f"{counted(len(found), 'row')} were computed again.", name)


def _of_agreement(folder: ResultFolder, work: Work) -> Iterator[Finding]:
    """Compute the reader study again; who is in which subgroup is in the clinical table alone."""
    if work.agreement is None or not folder.has("readers/summary.json"):
        return
    settings = analysis_of(work.study)
    needs_clinical = bool(settings.subgroups)
    study = study_readers(work.agreement, work.cohort.table, settings=settings.changed(subgroups=()))
    for attribute, schema in READER_STUDY.items():
        file = schema.file
        if not folder.has(file):
            yield Finding("readers", "broken", "The agreement gives this table, and it is not there.", file)
        elif needs_clinical and attribute in _CLINICAL:
            yield Finding("readers", "open", "It needs the clinical table.", file)
        else:
            found, again = schema.read(folder.root / file), _table(getattr(study, attribute), schema)
            problems = differences(found, again, schema.key)
            yield verdict_of("readers", problems, f"{counted(len(found), 'row')} were computed again.", file)
    told, made = folder.record("readers/summary.json"), plain(study.overview)
    but = {"settings", "sentences"} if needs_clinical else {"sentences"}
    ours, theirs = ({name: one[name] for name in one if name not in but} for one in (told, made))
    file, holds = "readers/summary.json", "Its numbers were made again."
    yield verdict_of("readers", value_differences(ours, theirs), holds, file)
    if not needs_clinical:
        problems = value_differences(told.get("sentences"), made.get("sentences"))
        yield verdict_of("sentences", problems, "Its sentences were made again.", file)


def _table(made: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """The table as a reader of its file gets it."""
    with tempfile.TemporaryDirectory() as place:
        return schema.read(write_table(made, Path(place) / "table.csv"))
