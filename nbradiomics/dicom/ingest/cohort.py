"""From a folder of DICOM files to images, masks and tables without identifiers."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from nbradiomics.cohort import Cohort
from nbradiomics.cohort.columns import DEFAULTS
from nbradiomics.dicom.ingest.acquisition_rows import acquisition_row, notes_on
from nbradiomics.dicom.ingest.collisions import require_distinct
from nbradiomics.dicom.ingest.conversion import IMAGES, MASKS, STAGE, Conversion, Converted, convert
from nbradiomics.dicom.ingest.folder_key import owner_of, pseudonyms_for
from nbradiomics.dicom.ingest.rules import IngestRules, load_rules
from nbradiomics.dicom.ingest.schema import ACQUISITION, MASKS as MASK_TABLE, NOT_CHOSEN
from nbradiomics.dicom.ingest.sorting import Sorted, conversions, sort_series, unused_objects
from nbradiomics.dicom.series.tree import Tree, read_tree
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.failures import remove_failures, write_failures
from nbradiomics.execution.impersonal import reading_persons
from nbradiomics.execution.provenance import write_provenance
from nbradiomics.execution.workspace import Workspace, result_key
from nbradiomics.files.folder_in_use import working_in
from nbradiomics.files.owned_folder import claim, remove_files
from nbradiomics.messages.wording import counted
from nbradiomics.settings import spread
from nbradiomics.tables import write_table
from nbradiomics.tables.result import Result

_WORK, _FAILURES, _PROVENANCE = "work", "failures.csv", "ingest.provenance.json"
_TABLES = ("cohort.csv", "acquisition.csv", "masks.csv", "not_chosen.csv")
_LIST = "`nbradiomics ingest FOLDER --key FILE --list` shows their names."


@dataclass(frozen=True, repr=False)
class Ingested(Result):
    """Result of `ingest`; nothing in it identifies a person.

    Attributes
    ----------
    cohort
        A row for each mask, and for each image without a mask.
    acquisition
        How each image was acquired: columns of `dicom.ingest.schema.ACQUISITION`.
    masks
        Volume and warnings of each mask: columns of `dicom.ingest.schema.MASKS`.
    not_chosen
        Series that became no image although nothing failed: columns of `dicom.ingest.schema.NOT_CHOSEN`.
    failures
        What was asked for and could not be made.
    files
        Number of files that are no DICOM instances, by kind.
    notes
        What a user should read: about the key file, and about stored results that were damaged.
    """

    cohort: Cohort
    acquisition: pd.DataFrame
    masks: pd.DataFrame
    not_chosen: pd.DataFrame
    failures: list[Failure]
    files: dict[str, int]
    notes: tuple[str, ...]


@spread(execution=Execution)
def ingest(
    folder: str | Path,
    *,
    out: str | Path,
    key: str | Path,
    rules: IngestRules | str | Path | None = None,
    replacing: bool = False,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> Ingested:
    """Convert a folder of DICOM files to images, masks and tables that name no person.

    Parameters
    ----------
    folder
        Folder with DICOM files, in any subfolders and under any names.
    out
        Folder of the output: ``images``, ``masks``, ``cohort.csv``, ``acquisition.csv``, ``masks.csv``,
        ``not_chosen.csv``, ``failures.csv``. A call that was stopped continues when it is repeated.
    key
        File with the key of the pseudonyms; made if missing. It must not be in `out`.
    rules
        Which series become which sequence: a YAML file, or the rules themselves; see
        `nbradiomics.dicom.ingest.rules.IngestRules`. Without rules every volume is converted.
    replacing
        Whether the results of another folder in `out` may be removed.
    execution
        Processes, progress display and workspace (default: ``work`` in `out`); each field is also a keyword.

    Returns
    -------
    Ingested
        The tables as written.

    Raises
    ------
    InputError
        When the folder is missing, the rules or the key are not valid, or `out` belongs to something else or
        was made with another key. Neither its message nor that of an unexpected error names a file.

    Examples
    --------
    >>> done = ingest("export", out="data", key="../safe/ingest.key", rules="rules.yaml")
    >>> len(done.acquisition), done.acquisition["sequence"].unique().tolist()
    (2, ['T2w'])
    """
    folder, out = Path(folder), Path(out)
    stated = (
        rules if isinstance(rules, IngestRules) else IngestRules() if rules is None else load_rules(rules)
    )
    pseudonyms = pseudonyms_for(out, Path(key), replacing=replacing)
    owner = owner_of(folder, pseudonyms)
    asked = result_key(STAGE, rules=stated.model_dump(mode="json"), owner=owner.cohort)
    if execution.workspace is None:
        execution = replace(execution, workspace=Workspace(out / _WORK))
    with working_in(out, STAGE, asked):
        claim(out, owner, is_ingest_file, replacing=replacing)
        with reading_persons(folder, out, _LIST):
            tree = read_tree(folder, skip=out, execution=execution)
            require_distinct((one.header for one in tree.instances), pseudonyms)
            found = sort_series(tree.instances, stated, pseudonyms)
            done = _converted(found, tree, stated, out, execution)
        return _write(replace(done, notes=(*pseudonyms.notes, *done.notes)), out, asked)


def _converted(found: Sorted, tree: Tree, rules: IngestRules, out: Path, execution: Execution) -> Ingested:
    """Convert the chosen volumes, and collect the tables."""
    jobs = conversions(found, rules, out)
    for name in (*_TABLES, _PROVENANCE):  # those of an earlier call would not fit the images
        (out / name).unlink(missing_ok=True)
    remove_failures(out / _FAILURES)
    batch = execution.map(
        convert,
        {name: (job,) for name, job in jobs.items()},
        stage=STAGE,
        stored=Stored(
            lambda name: jobs[name].key(), Converted, lambda name, payload: jobs[name].hold(payload)
        ),
    )
    results: Mapping[str, Any] = batch.results
    for failure in batch.failures:
        job = jobs[failure.case]
        series = job.pseudonyms.name("series", job.plan.header.series)
        found.failures.append(replace(failure, case=f"{failure.case}/series {series}"))
    used = {digest for result in results.values() for digest in result["referring"]}
    unused_objects(found, used, {jobs[name].plan.header.series for name in results})
    rows = [
        _rows(one, jobs[one.name], results[one.name], rules) for one in found.chosen if one.name in results
    ]
    found.failures += [failure for _, _, _, failures in rows for failure in failures]
    found.failures += _file_failures(tree)
    table = pd.DataFrame([row for cohort, *_ in rows for row in cohort], columns=list(DEFAULTS))
    assert execution.workspace is not None
    return Ingested(
        Cohort(table, out / "cohort.csv"),
        ACQUISITION.table([acquisition for _, acquisition, _, _ in rows]),
        MASK_TABLE.table([mask for _, _, masks, _ in rows for mask in masks]),
        NOT_CHOSEN.table(sorted(found.left, key=lambda row: (row["subject"], row["series"], row["part"]))),
        sorted(found.failures, key=lambda failure: failure.case),
        dict(tree.counts),
        tuple(execution.workspace.notes()),
    )


def _rows(one: Any, job: Conversion, result: Mapping[str, Any], rules: IngestRules) -> tuple[Any, ...]:
    """Rows of one image: cohort, acquisition, masks, failures of masks."""
    scan = {"subject": one.subject, "timepoint": one.when.name, "sequence": one.sequence}
    acquisition = {
        **acquisition_row(one.plan, one.when, rules, job.pseudonyms),
        **scan,
        "image": job.image,
        "units": result["units"],
        "uptake": result["uptake"],
        "note": "; ".join([*result["notes"], *notes_on(one.plan, result["units"])]),
    }
    image = {
        **DEFAULTS,
        **scan,
        "image": os.path.abspath(job.out / job.image),
        "site": acquisition["site"],
        "unit": result["units"],
    }
    cohort = [
        {
            **image,
            "reader": mask["reader"],
            "roi": mask["roi"],
            "mask": os.path.abspath(job.out / mask["file"]),
        }
        for mask in result["masks"]
    ]
    masks = [{**scan, **mask} for mask in result["masks"]]
    failures = [
        Failure(f"{one.name}/{roi or 'masks'}/series {series}", STAGE, cause, hint)
        for roi, series, cause, hint in result["mask_failures"]
    ]
    return cohort or [image], acquisition, masks, failures


def _file_failures(tree: Tree) -> Iterator[Failure]:
    """Failures of files whose series is not known; their names may be those of persons."""
    reasons = Counter(reason for _, reason in tree.problems)
    for reason, number in sorted(reasons.items()):
        yield Failure("files", STAGE, f"{counted(number, 'file')}: {reason}.", _LIST)


def _write(done: Ingested, out: Path, asked: str) -> Ingested:
    """Write the tables, and remove images and masks that they do not name."""
    used = {os.path.abspath(path) for path in done.cohort.files()}
    remove_files(
        out,
        lambda path: (
            path.parts[0] in (IMAGES, MASKS)
            and is_ingest_file(path)
            and os.path.abspath(out / path) not in used
        ),
    )
    write_table(done.acquisition, out / "acquisition.csv")
    write_table(done.masks, out / "masks.csv")
    write_table(done.not_chosen, out / "not_chosen.csv")
    failures = done.failures
    if failures:
        failures = write_failures(failures, out / _FAILURES)
    summary = {"rules": asked, "files": done.files, "images": len(done.acquisition)}
    write_provenance(out / _PROVENANCE, inputs=[], ingest=summary)
    done.cohort.write(out / "cohort.csv")  # last: it says that all is there
    return replace(done, failures=failures)


def is_ingest_file(path: PurePosixPath, _names: Collection[str] = ()) -> bool:
    """Whether a file in an output folder was written by `ingest`."""
    if len(path.parts) == 1:
        return path.name in (*_TABLES, _FAILURES, "failures.log", _PROVENANCE)
    return path.parts[0] in (IMAGES, MASKS, _WORK)
