"""Export the masks, features and risks of a cohort as DICOM objects that refer to the source series."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from nbradiomics.cohort import Case, Cohort, CohortSource, Scan, load_cohort
from nbradiomics.cohort.case_region import DEFAULT_LABEL
from nbradiomics.cohort.derived_regions import is_derived, left_out_sentence
from nbradiomics.cohort.variants import require_originals
from nbradiomics.dicom.export.features import ROI, Features, features_by_region
from nbradiomics.dicom.export.one_scan import SEG_ENDING, SR_ENDING, Exported, ExportJob, How
from nbradiomics.dicom.export.planned import STAGE, Groups, Planned, groups_of, stems_of
from nbradiomics.dicom.export.predictions import read_predictions
from nbradiomics.dicom.export.recorded import inputs_of, model_of, provenance_beside, software_of
from nbradiomics.dicom.export.schema import EXPORTS
from nbradiomics.dicom.export.settings import ExportSettings
from nbradiomics.dicom.export.source import find_series, series_of_scans
from nbradiomics.dicom.export.values import Software
from nbradiomics.dicom.pseudonyms import Pseudonyms, load_pseudonyms
from nbradiomics.dicom.series.records import Instance
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution
from nbradiomics.files.owned_folder import remove_files
from nbradiomics.files.regular_file import is_regular
from nbradiomics.settings import spread
from nbradiomics.tables import read_feature_table
from nbradiomics.tables.result import Result

_OBJECT = re.compile(rf".+({re.escape(SEG_ENDING)}|{re.escape(SR_ENDING)})")
_TABLES = re.compile(r"exports(\.failures)?\.csv|exports\.(failures\.log|provenance\.json)")


@dataclass(frozen=True)
class ExportTables:
    """Tables of an export beside the cohort table.

    Attributes
    ----------
    series
        Table that names the source series of each scan; by default ``acquisition.csv`` beside the cohort
        table, as an ingest writes it.
    features
        Feature table (a file or a DataFrame); ``None`` exports the masks alone. For ``features.parquet`` of a
        run, masks and images must be those that the run read.
    parameters
        Text of the parameter file of the features, whose hash is recorded; by default as the run records it
        that wrote the table.
    predictions
        ``predictions.csv`` or ``class_predictions.csv`` of an outcome model; ``None`` for no risks.
    """

    series: str | Path | None = None
    features: str | Path | pd.DataFrame | None = None
    parameters: str | None = None
    predictions: str | Path | None = None


@dataclass(frozen=True, repr=False)
class DicomExport(Result):
    """Result of `export_dicom`.

    Attributes
    ----------
    table
        Columns of `dicom.export.schema.EXPORTS`, one row for each scan and reader whose masks were exported.
    failures
        What could not be exported.
    notes
        How regions are coded; columns of the feature table that are no features, and are left out; files
        that could not be read.
    """

    table: pd.DataFrame
    failures: list[Failure]
    notes: list[str]


@spread(tables=ExportTables, settings=ExportSettings, execution=Execution)
def export_dicom(
    cohort: CohortSource,
    *,
    source: str | Path,
    out: str | Path,
    key: str | Path | None = None,
    label: int = DEFAULT_LABEL,
    tables: ExportTables = ExportTables(),
    settings: ExportSettings = ExportSettings(),  # noqa: B008 - frozen
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> DicomExport:
    """Write masks as DICOM SEG, and features and risks as DICOM SR, that refer to the source series.

    The objects carry patient and study of their source, so that an archive files them there. Nothing else
    that is written holds an identifier.

    Parameters
    ----------
    cohort
        Cohort table (a file or a DataFrame) with masks on the grid of the source series; ``cohort.csv`` of a
        run has the masks of the model too.
    source
        Folder of the source DICOM files, in any structure.
    out
        Output folder: ``SUBJECT_..._seg.dcm`` and ``..._sr.dcm`` for each scan and reader. Files that are
        there with the same content are kept; two exports of the same data are identical.
    key
        Key file of the ingest, which links the pseudonyms of series to their UIDs; ``None`` if the table of
        series holds UIDs.
    label
        Label of masks for which the cohort table names none.
    tables
        Further tables; each field of `tables`, `settings` and `execution` is also a keyword.
    settings
        Codes of the regions, and name of the model.
    execution
        Processes and progress display.

    Raises
    ------
    InputError
        When a table cannot be used, the cohort has no masks or has variants, or the source is no folder.

    Examples
    --------
    >>> done = export_dicom("cohort.csv", source="dicom", out="objects", organ="64033007=Kidney")
    >>> len(done.table), len(done.failures)
    (6, 0)
    """
    cohort = load_cohort(cohort)
    require_originals(cohort.table, cohort.path, "an export to DICOM")
    cohort, left_out = _without_derived(cohort)
    groups = groups_of(cohort)
    features, notes = _features(tables.features, cohort, settings.engine)
    notes += left_out
    measured = _Measured.beside(tables.features, tables.parameters)
    predictions = None if tables.predictions is None else read_predictions(Path(tables.predictions))
    folder = Path(os.path.abspath(out))
    series = series_of_scans(cohort, Path(tables.series) if tables.series else None)
    pseudonyms = None if key is None else _pseudonyms(Path(key), folder)
    wanted = {name for names in series.values() for name in names}
    found = find_series(Path(source), wanted, pseudonyms, execution)
    notes += [_coding_note(groups, settings.finding), *found.notes]
    model = model_of(provenance_beside(cohort.path), settings)
    how = How(settings, model, measured.software, label, folder)
    planned = Planned(groups, features, predictions, label)
    jobs, failures = _jobs(planned, _Sources(series, found.instances), measured.inputs, how)
    batch = execution.map(ExportJob.make, {name: (job,) for name, job in jobs.items()}, stage=STAGE)
    failures += [*batch.failures, *planned.left_out(set(batch.results))]
    rows = [_row(jobs[name], payload) for name, payload in batch.results.items()]
    _remove_failed(groups, set(batch.results), folder)
    return DicomExport(EXPORTS.table(rows), failures, notes)


def _without_derived(cohort: Cohort) -> tuple[Cohort, list[str]]:
    """Leave out habitats, rings, rims and cores: an archive would show each as a finding of its own."""
    regions = cohort.table["roi"].map(is_derived)
    told = left_out_sentence(cohort.table["roi"], "the export, because they are no findings of their own")
    return replace(cohort, table=cohort.table[~regions].reset_index(drop=True)), [told] if told else []


def _coding_note(groups: Groups, finding: str) -> str:
    """Which regions get the code of the finding: all of them, also an organ among lesions."""
    rois = list(dict.fromkeys(case.roi for cases in groups.values() for case in cases))
    more = f" and {len(rois) - 10} more" if len(rois) > 10 else ""
    code, _, meaning = finding.partition("=")
    return f"Each region is coded as {meaning} (SNOMED CT {code}): {', '.join(rois[:10])}{more}."


def _pseudonyms(key: Path, folder: Path) -> Pseudonyms:
    """Read a key file, which must be there: a new key would make other pseudonyms."""
    if not is_regular(key):
        raise InputError(f"there is no key file {key}.", "Give the key file of the ingest.")
    return load_pseudonyms(key, folder)


def _features(
    source: str | Path | pd.DataFrame | None, cohort: Cohort, engine: str | None
) -> tuple[Features | None, list[str]]:
    if source is None:
        return None, []
    table, reading = (source, list[str]()) if isinstance(source, pd.DataFrame) else read_feature_table(source)
    features, notes = features_by_region(table, cohort, engine)
    features = {key: values for key, values in features.items() if not is_derived(key[ROI])}
    return features, [*reading, *notes]


@dataclass(frozen=True)
class _Measured:
    """What computed the features, and the SHA-256 of the files that it read, by absolute path."""

    software: Software
    inputs: Mapping[str, str]

    @staticmethod
    def beside(table: str | Path | pd.DataFrame | None, parameters: str | None) -> _Measured:
        """As the run records it that wrote a feature table."""
        if table is None or isinstance(table, pd.DataFrame):
            return _Measured(software_of({}, parameters), {})
        provenance = provenance_beside(Path(table))
        return _Measured(software_of(provenance, parameters), inputs_of(provenance, Path(table)))


@dataclass(frozen=True)
class _Sources:
    """Names of the source series of each scan, and instances of each series that was found."""

    series: Mapping[Scan, set[str]]
    instances: Mapping[str, list[Instance]]

    def of(self, scan: Scan) -> tuple[Instance, ...]:
        """Instances of the source of a scan."""
        names = self.series[scan]
        if len(names) != 1:
            raise InputError(
                f"{len(names)} source series of the scan are named; one was expected.",
                "Correct the column `series` of the table of series.",
            )
        (name,) = names
        if not self.instances.get(name):
            raise InputError(
                "the source series of the scan is not in the folder of the source files.",
                "Give the folder with which the cohort was made, and the key file of that ingest (--key).",
            )
        return tuple(self.instances[name])


def _jobs(
    planned: Planned, sources: _Sources, inputs: Mapping[str, str], how: How
) -> tuple[dict[str, ExportJob], list[Failure]]:
    """Jobs by name, and the failures of scans without a source."""
    jobs: dict[str, ExportJob] = {}
    failures: list[Failure] = []
    for group, stem in zip(planned.groups, stems_of(planned.groups), strict=True):
        try:
            instances = sources.of(group.scan)
        except InputError as error:
            failures.append(Failure(group.name, STAGE, error.problem, error.remedy))
            continue
        cases = tuple(planned.regions_of(group))
        hashes = {path: inputs[real] for path in _files(cases) if (real := os.path.realpath(path)) in inputs}
        features, risks = planned.features_of(group), planned.risks_of(group)
        jobs[group.name] = ExportJob(cases, instances, hashes, features, risks, stem, how)
    return jobs, failures


def _files(cases: Collection[Case]) -> set[Path]:
    """Image and masks of regions."""
    return {case.scan.image for case in cases} | {mask.path for case in cases for mask in case.masks}


def _row(job: ExportJob, made: Exported) -> dict[str, Any]:
    case = job.cases[0]
    return {
        **case.scan.index(),
        "reader": case.reader,
        "reading": case.reading,
        "seg": job.seg_file.name,
        "sr": job.sr_file.name if made["report"] else "",
        **{
            name: made[name]
            for name in ("segments", "features", "missing_features", "risks", "missing_risks")
        },
        "emptied": " ".join(made["emptied"]),
    }


def _remove_failed(groups: Groups, exported: Collection[str], folder: Path) -> None:
    """Remove objects of an earlier export whose masks could not be exported now."""
    for group, stem in zip(groups, stems_of(groups), strict=True):
        if group.name not in exported:
            for ending in (SEG_ENDING, SR_ENDING):
                (folder / f"{stem}{ending}").unlink(missing_ok=True)


def is_export_file(path: PurePosixPath, _names: Collection[str] = ()) -> bool:
    """Whether a file in a folder of objects is one of them, or a table of the command."""
    return len(path.parts) == 1 and bool(_OBJECT.fullmatch(path.name) or _TABLES.fullmatch(path.name))


def remove_others(table: pd.DataFrame, folder: Path) -> None:
    """Remove the objects in a folder that a table of objects does not name."""
    kept = {*table["seg"], *table["sr"]}
    remove_files(
        folder,
        lambda path: len(path.parts) == 1 and bool(_OBJECT.fullmatch(path.name)) and path.name not in kept,
    )
