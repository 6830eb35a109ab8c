"""Read the files of a run folder. A missing file means that its part was not run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.agreement.schema import AGREEMENT
from nbradiomics.cohort.derived_regions import is_derived
from nbradiomics.cohort.schema import COHORT
from nbradiomics.errors import InputError
from nbradiomics.evidence.checklists.filled import FilledChecklist
from nbradiomics.evidence.facts import Evidence
from nbradiomics.evidence.write import EVIDENCE, read_evidence
from nbradiomics.execution.failures import FAILURES
from nbradiomics.features.schema import FEATURES
from nbradiomics.habitats.diffusion.schema import DIFFUSION
from nbradiomics.habitats.schema import TABLES as HABITAT_TABLES
from nbradiomics.harmonisation.schema import SITE_EFFECTS
from nbradiomics.outcome.curve_schemas import (
    CALIBRATION,
    CLASS_CALIBRATION,
    CLASS_DECISION,
    DECISION,
    KAPLAN_MEIER,
)
from nbradiomics.outcome.drawing_schema import DRAWING_GROUPS, DRAWING_SUBJECTS, DRAWING_TRANSFER
from nbradiomics.outcome.performance_schema import PERFORMANCE, SELECTION
from nbradiomics.outcome.ratio_schema import RATIOS
from nbradiomics.outcome.subject_schemas import BASELINE, CLASS_BASELINE, EXCLUDED
from nbradiomics.outcome.trial_schema import CONTROLS
from nbradiomics.preparation.schemas import INTENSITIES, MOVED_MASKS, PREPARATION, REGISTRATION
from nbradiomics.report.agreement_rows import complete_pairs
from nbradiomics.report.checklist_files import read_checklists
from nbradiomics.report.record_files import read_object
from nbradiomics.report.study_files import StudyFiles, read_study
from nbradiomics.reproducibility.needed_agreement import LEFT_OUT, NEEDED_AGREEMENT
from nbradiomics.reproducibility.processing.schema import PROCESSING, PROCESSING_CLASSES
from nbradiomics.reproducibility.rules.schema import STABLE
from nbradiomics.reproducibility.schema import REPRODUCIBILITY
from nbradiomics.reproducibility.variance.schema import VARIANCE
from nbradiomics.rings.schema import ROIS
from nbradiomics.segmentation.schema import SEGMENTATION
from nbradiomics.study.checks.problem_table import CHECK
from nbradiomics.study.external import VALIDATION
from nbradiomics.tables.schema import Schema

COMPARISONS = ("readers", "auto_vs_readers")
STUDY = "study_"
CASE = ("subject", "timepoint", "sequence", "roi")
#: Tables that a run has once at most: by their folder and the attribute of `Run`.
_TABLES: Mapping[str, Mapping[str, Schema]] = {
    "": {
        "cohort": COHORT,
        "check": CHECK,
        "segmentation": SEGMENTATION,
        "features": FEATURES,
        "stable": STABLE,
        "failures": FAILURES,
    },
    "prepared": {
        "preparation": PREPARATION,
        "registration": REGISTRATION,
        "moved_masks": MOVED_MASKS,
        "intensities": INTENSITIES,
    },
    "perturbation": {"perturbed": FEATURES},
    "controls": {"controls": FEATURES},
    "processing": {"processing": PROCESSING, "processing_classes": PROCESSING_CLASSES},
    "adc": {"diffusion": DIFFUSION},
    "rois": {"rois": ROIS},
}
#: Tables of an endpoint by the attribute of `Endpoint`.
_TABLES_OF_ENDPOINT: Mapping[str, Schema] = {
    "performance": PERFORMANCE,
    "baseline": BASELINE,
    "calibration": CALIBRATION,
    "decision": DECISION,
    "kaplan_meier": KAPLAN_MEIER,
    "class_baseline": CLASS_BASELINE,
    "class_calibration": CLASS_CALIBRATION,
    "class_decision": CLASS_DECISION,
    "selection": SELECTION,
    "ratios": RATIOS,
    "excluded": EXCLUDED,
    "site_effects": SITE_EFFECTS,
    "drawing_subjects": DRAWING_SUBJECTS,
    "drawing_groups": DRAWING_GROUPS,
    "drawing_transfer": DRAWING_TRANSFER,
    "controls": CONTROLS,
}


@dataclass(frozen=True, eq=False)
class Endpoint:
    """Files of ``outcome/<name>/``; ``None`` or an empty summary for a missing file.

    The tables ``class_...`` are those of a target, the others those of a time to an event. `validations` has
    the files of ``validation/<cohort>/`` by the external cohort.
    """

    name: str
    performance: pd.DataFrame | None = None
    baseline: pd.DataFrame | None = None
    calibration: pd.DataFrame | None = None
    decision: pd.DataFrame | None = None
    kaplan_meier: pd.DataFrame | None = None
    class_baseline: pd.DataFrame | None = None
    class_calibration: pd.DataFrame | None = None
    class_decision: pd.DataFrame | None = None
    selection: pd.DataFrame | None = None
    ratios: pd.DataFrame | None = None
    excluded: pd.DataFrame | None = None
    site_effects: pd.DataFrame | None = None
    drawing_subjects: pd.DataFrame | None = None
    drawing_groups: pd.DataFrame | None = None
    drawing_transfer: pd.DataFrame | None = None
    controls: pd.DataFrame | None = None
    summary: dict[str, Any] = field(default_factory=dict)
    validations: dict[str, Endpoint] = field(default_factory=dict)

    @property
    def has_competing(self) -> bool:
        """Whether another event can prevent the event."""
        return "competing_events" in self.summary

    @property
    def is_class(self) -> bool:
        """Whether the endpoint is a class, not a time to an event."""
        return self.summary.get("kind") == "classes"

    @property
    def is_external(self) -> bool:
        """Whether the models were judged on another cohort, and not in a cross-validation."""
        return self.summary.get("validation") == "external"


@dataclass(frozen=True, eq=False)
class Run:
    """Tables of a run, as the stages wrote them; ``None`` for a stage that was not run."""

    folder: Path
    cohort: pd.DataFrame | None = None
    check: pd.DataFrame | None = None
    #: Tables of the preparation of the images.
    preparation: pd.DataFrame | None = None
    registration: pd.DataFrame | None = None
    moved_masks: pd.DataFrame | None = None
    intensities: pd.DataFrame | None = None
    segmentation: pd.DataFrame | None = None
    agreement: pd.DataFrame | None = None
    features: pd.DataFrame | None = None
    #: Features of the variants of the section `perturbation`.
    perturbed: pd.DataFrame | None = None
    #: Features of the negative controls of the section `controls`.
    controls: pd.DataFrame | None = None
    #: The processing study, and its counts by class.
    processing: pd.DataFrame | None = None
    processing_classes: pd.DataFrame | None = None
    #: Fits of the diffusion images.
    diffusion: pd.DataFrame | None = None
    #: Tables of the habitats by their schema's name, and the table of rings, rims and cores.
    habitats: dict[str, pd.DataFrame] = field(default_factory=dict)
    rois: pd.DataFrame | None = None
    #: The reader study; ``None`` if it was not part of the run.
    study: StudyFiles | None = None
    #: Tables by context (empty for a cohort of one timepoint, sequence and region), then by comparison.
    reproducibility: dict[str, dict[str, pd.DataFrame]] = field(default_factory=dict)
    #: Features that meet the combined rules; ``None`` without rules.
    stable: pd.DataFrame | None = None
    #: Tables of the studies of reproducibility by name.
    studies: dict[str, pd.DataFrame] = field(default_factory=dict)
    #: Variance components, by context: sequence, region and variant.
    variance: dict[str, pd.DataFrame] = field(default_factory=dict)
    #: Needed agreement and the pairs that it leaves out, by context as above.
    needed: dict[str, pd.DataFrame] = field(default_factory=dict)
    needed_left_out: dict[str, pd.DataFrame] = field(default_factory=dict)
    failures: pd.DataFrame | None = None
    endpoints: tuple[Endpoint, ...] = ()
    provenance: dict[str, Any] = field(default_factory=dict)
    #: Facts with the files that prove them; ``None`` for a run of an earlier release.
    evidence: Evidence | None = None
    #: The published checklists by name, with the answers of a person; None for one that cannot be read.
    checklists: dict[str, FilledChecklist | None] = field(default_factory=dict)

    @cached_property
    def of_lesions(self) -> pd.DataFrame | None:
        """The agreement of lesions: derived regions (rings, habitats) would count each several times."""
        return None if self.agreement is None else without_derived(self.agreement)


def without_derived(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table that are not about derived regions."""
    return table[~table["roi"].map(is_derived).astype(bool)]


def read_run(folder: Path) -> Run:
    """Read the files of a run folder.

    Raises
    ------
    InputError
        When the folder does not exist, contains no file of a run, or contains a malformed file; the
        message names the file.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} does not exist or is not a folder.", "Give the folder of a run.")
    evidence = read_evidence(folder) if (folder / EVIDENCE).is_file() else None
    tables: dict[str, Any] = {
        name: _read(folder / place, schema)
        for place, schemas in _TABLES.items()
        for name, schema in schemas.items()
    }
    run = Run(
        folder=folder,
        agreement=_agreement(folder),
        study=read_study(folder),
        habitats=_habitats(folder / "habitats"),
        reproducibility=_reproducibility(folder / "reproducibility"),
        studies=_studies(folder / "reproducibility"),
        variance=_by_context(folder, VARIANCE),
        needed=_by_context(folder, NEEDED_AGREEMENT),
        needed_left_out=_by_context(folder, LEFT_OUT),
        endpoints=_endpoints(folder / "outcome"),
        provenance=read_object(folder / "provenance.json"),
        evidence=evidence,
        checklists=read_checklists(folder, evidence),
        **tables,
    )
    if _is_empty(run):
        raise InputError(
            f"{folder} contains no file of a run (cohort.csv, features.parquet, provenance.json ...).",
            "Give the folder that `nbradiomics run` wrote.",
        )
    return run


def is_outcome_folder(folder: Path) -> bool:
    """Whether a folder is that of the outcome models of one endpoint, and not that of a run."""
    return (folder / "performance.csv").is_file() and not (folder / "provenance.json").exists()


def rows_of(table: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Iterate over the rows of a table as tuples of the named columns."""
    return table[list(columns)].itertuples(index=False, name=None)


def _read(folder: Path, schema: Schema) -> pd.DataFrame | None:
    return schema.read_if_there(folder / schema.file)


def _agreement(folder: Path) -> pd.DataFrame | None:
    table = _read(folder, AGREEMENT)
    return None if table is None else complete_pairs(table)


def _habitats(folder: Path) -> dict[str, pd.DataFrame]:
    found = {schema.name: schema.read_if_there(folder / schema.file) for schema in HABITAT_TABLES}
    return {name: table for name, table in found.items() if table is not None}


def _reproducibility(folder: Path) -> dict[str, dict[str, pd.DataFrame]]:
    """Tables of a folder: ``readers.csv``, or ``readers_CONTEXT.csv`` if there are several contexts."""
    tables: dict[str, dict[str, pd.DataFrame]] = {}
    for path in sorted(folder.glob("*.csv")):
        for comparison in COMPARISONS:
            name, context = path.stem[: len(comparison)], path.stem[len(comparison) :]
            if name == comparison and context[:1] in ("", "_"):
                tables.setdefault(context[1:], {})[comparison] = REPRODUCIBILITY.read(path)
    return tables


def _studies(folder: Path) -> dict[str, pd.DataFrame]:
    """Tables of the studies, ``study_NAME.csv``, by name."""
    files = sorted(folder.glob(f"{STUDY}*.csv"))
    return {path.stem.removeprefix(STUDY): REPRODUCIBILITY.read(path) for path in files}


def _by_context(folder: Path, schema: Schema) -> dict[str, pd.DataFrame]:
    """Tables of one kind: ``NAME.csv``, or ``NAME_CONTEXT.csv`` if there are several contexts."""
    file = folder / schema.file
    paths = [file, *sorted(file.parent.glob(f"{file.stem}_*.csv"))]
    return {path.stem[len(file.stem) + 1 :]: schema.read(path) for path in paths if path.exists()}


def _endpoints(folder: Path) -> tuple[Endpoint, ...]:
    if not folder.is_dir():
        return ()
    endpoints = (_with_validations(path) for path in sorted(folder.iterdir()) if path.is_dir())
    return tuple(endpoint for endpoint in endpoints if endpoint is not None)


def _with_validations(folder: Path) -> Endpoint | None:
    """Read an endpoint of a run with its external validations; its own models may have failed."""
    place = folder / VALIDATION
    parts = sorted(path for path in place.iterdir() if path.is_dir()) if place.is_dir() else []
    validations = {}
    for part in parts:
        found = read_endpoint(part, f"{folder.name} on {part.name}")
        if found is not None:  # its place says that it is external, even if the summary is missing
            summary = {"validation": "external", **found.summary}
            validations[part.name] = replace(found, summary=summary)
    endpoint = read_endpoint(folder)
    return replace(endpoint or Endpoint(folder.name), validations=validations) if validations else endpoint


def read_endpoint(folder: Path, name: str = "") -> Endpoint | None:
    """Read the files of the outcome models of one endpoint; return ``None`` if there are none.

    Its name is that of the folder, if none is given.
    """
    tables: dict[str, Any] = {
        attribute: schema.read_if_there(folder / Path(schema.file).name)
        for attribute, schema in _TABLES_OF_ENDPOINT.items()
    }
    endpoint = Endpoint(name=name or folder.name, summary=read_object(folder / "summary.json"), **tables)
    return None if _is_empty(endpoint) else endpoint


def _is_empty(record: Run | Endpoint) -> bool:
    values = (getattr(record, item.name) for item in fields(record) if item.name not in ("folder", "name"))
    return all(value is None or (isinstance(value, (tuple, dict)) and not value) for value in values)
