"""The files of a run folder, and the memory behind them.

===================================  =====================================================================
file                                 what it holds
===================================  =====================================================================
``report.html``                      the report
``check.csv``                        problems of the input
``cohort.csv``, ``masks/auto/``      the cohort with reader ``auto`` added, and its masks
``maps/``                            probability, entropy and each fold's mask of every scan
``segmentation.csv``                 volume and agreement of the folds, a row per scan
``agreement.csv``                    masks against masks, a row per scan and ordered pair
``readers/``                         the reader study: a table per question
``distance_maps/``                   signed distance from each reader's surface to the model's
``features.parquet``                 features, a row per scan and reader
``reproducibility/``                 a table per comparison: ``readers.csv``, ``auto_vs_readers.csv``
``outcome/NAME/``                    performance, predictions, risk groups of each endpoint
``failures.csv``, ``failures.log``   what could not be done: case, stage, cause, hint; tracebacks
``provenance.json``                  versions, parameters, hashes
``cache/``                           each case's result by the hash of what made it
``.nbradiomics``                     whose results these are (`nbradiomics.files.owned_folder`)
===================================  =====================================================================

A file that the code below does not know is taken for the user's: it stays, and another study does not replace
it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

import pandas as pd

from nbradiomics.cohort import Cohort
from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import Workspace, content_hash
from nbradiomics.files.folder_in_use import others_in
from nbradiomics.files.owned_folder import Mark, Owner, claim, is_temporary, read_mark, remove_files
from nbradiomics.study.study import Study
from nbradiomics.workflows.earlier_folder import earlier_mark

#: Files of an outcome model.
_OUTCOME_FILE = r"((performance|predictions|kaplan_meier|selection|excluded)\.csv|summary\.json|report\.html)"
_CACHE = "cache"
_COHORT = "cohort.csv"
#: Tables, by their paths; each run makes them anew.
_TABLES = (
    r"report\.html",
    r"(check|segmentation|agreement|failures)\.csv",
    r"features\.parquet",
    r"failures\.log",
    r"provenance\.json",
    r"readers/(summary|comparison|tests|bland_altman|detection|subgroups|subgroup_tests)\.csv",
    r"readers/(comparison_segmented|direction|times|time_saved|cases)\.csv",
    r"readers/summary\.json",
    r"reproducibility/(readers|auto_vs_readers)(_.+)?\.csv",
    rf"outcome/[^/]+/{_OUTCOME_FILE}",
)
_TABLE = re.compile("|".join(_TABLES))
_STORED = re.compile(r"cache/[^/]+/[0-9a-f]{64}(\..+)?|cache/nbradiomics-run")
#: The cohort that the demo makes.
_DEMO = re.compile(
    r"input/(cohort\.csv|clinical\.csv|truth\.csv|truth\.json|study\.yaml"
    r"|(images|truth|masks/[ABC])/S\d+\.nii\.gz)"
)
_MAP = re.compile(r"(?P<stem>.+)_(probability|entropy|fold_[^_]+)\.nii\.gz")
_CONSENSUS = ("majority", "staple")


def is_model_image(path: PurePosixPath, stems: Collection[str]) -> bool:
    """Whether a file in a folder of masks or maps is the model's, of a scan with one of these stems."""
    return len(path.parts) == 1 and (_is_mask(path.name, stems) or _is_map(path.name, stems))


def is_outcome_file(path: PurePosixPath, _stems: Collection[str] = ()) -> bool:
    """Whether a file in a folder of outcome models is one that they are written to."""
    return re.fullmatch(_OUTCOME_FILE, str(path)) is not None


def _is_mask(name: str, stems: Collection[str]) -> bool:
    return name.endswith(".nii.gz") and name.removesuffix(".nii.gz") in stems


def _is_map(name: str, stems: Collection[str]) -> bool:
    found = _MAP.fullmatch(name)
    return found is not None and found["stem"] in stems


def is_run_file(path: PurePosixPath, stems: Collection[str]) -> bool:
    """Whether a run writes this file, given by its path in the folder, for scans with these stems."""
    text = str(path)
    if text == _COHORT or any(pattern.fullmatch(text) for pattern in (_TABLE, _STORED, _DEMO)):
        return True
    return _is_image(path, stems, ("auto", *_CONSENSUS))


def _is_image(path: PurePosixPath, stems: Collection[str], readers: Collection[str]) -> bool:
    *folder, name = path.parts
    if folder[:1] == ["masks"] and len(folder) == 2 and folder[1] in readers:
        return _is_mask(name, stems)
    if folder == ["maps"]:
        return _is_map(name, stems)
    return folder == ["distance_maps"] and any(name.startswith(f"{stem}_") for stem in stems)


def study_owner(study: Study, study_file: Path, cohort: Cohort) -> Owner:
    """Whose results a study's are. A study without a name of its own is called after its file."""
    named = study.name if "name" in study.model_fields_set else study_file.name
    return Owner("study", named, os.path.abspath(study_file), str(study.cohort), _images(cohort))


def cohort_owner(kind: str, cohort: Cohort) -> Owner:
    """Whose results those of a command on a cohort table are."""
    table = os.path.abspath(cohort.path)
    return Owner(kind, cohort.path.name, table, table, _images(cohort))


def _images(cohort: Cohort) -> frozenset[str]:
    return frozenset(content_hash(Path(image)) for image in sorted(set(cohort.table["image"])))


@dataclass(frozen=True)
class RunFolder:
    """Where a run writes. Made by `open`."""

    root: Path

    @classmethod
    def open(
        cls,
        root: Path,
        owner: Owner,
        *,
        stems: Iterable[str],
        inputs: Iterable[Path] = (),
        segments: bool = False,
        replacing: bool = False,
    ) -> RunFolder:
        """Take a folder for a run: a new one, or that of an earlier run of the same study.

        Tables of the earlier run are removed first, and the masks and maps of scans that are no longer part
        of it; what was computed case by case is in the cache and is found again.

        Parameters
        ----------
        root
            The folder.
        owner
            Whose results it will hold.
        stems
            What the files of each scan are called, without ending.
        inputs
            Files that the run reads.
        segments
            Whether the run makes masks of the model; those of an earlier run go where it does not.
        replacing
            Whether results of another study may be removed.

        Raises
        ------
        InputError
            When the folder holds other files, results of another study, or an input of the run.
        """
        now = frozenset(stems)
        _require_outside(root, inputs, owner)
        claim_run(root, owner, stems=now, replacing=replacing)
        kept_readers = ("auto",) if segments else ()

        def is_stale(path: PurePosixPath) -> bool:
            kept = path.parts[0] != "distance_maps" and (segments or path.parts[0] != "maps")
            image = _is_image(path, recorded, ("auto", *_CONSENSUS))
            return (
                bool(_TABLE.fullmatch(str(path)))
                or (is_temporary(path) and not shared)
                or (image and not (kept and _is_image(path, now, kept_readers)))
            )

        mark = read_mark(root) or Mark(owner)
        recorded = mark.names
        # Of a run of the same study that is at work here no file that it has begun is taken away.
        shared = others_in(root)
        remove_files(root, is_stale)
        Mark(mark.owner, now).write(root)
        return cls(root)

    @cached_property
    def workspace(self) -> Workspace:
        """Results by the hash of what made them."""
        return Workspace(self.root / _CACHE)

    @property
    def masks(self) -> Path:
        """Folder of the model's masks."""
        return self.root / "masks" / "auto"

    @property
    def maps(self) -> Path:
        """Folder of the model's maps."""
        return self.root / "maps"

    @property
    def readers(self) -> Path:
        """Folder of the reader study's tables."""
        return self.root / "readers"

    @property
    def distance_maps(self) -> Path:
        """Folder of the maps of the signed distance."""
        return self.root / "distance_maps"

    def file(self, *parts: str) -> Path:
        """Path of a file in the folder."""
        return self.root.joinpath(*parts)

    def localised(self, table: pd.DataFrame) -> pd.DataFrame:
        """Give a table's text with paths relative to the folder: runs in two folders leave equal tables."""
        prefix = f"{os.path.abspath(self.root)}{os.sep}"
        return table.map(lambda value: value.replace(prefix, "") if isinstance(value, str) else value)


def claim_run(
    root: Path, owner: Owner, *, stems: Iterable[str] = (), replacing: bool = False, anew: bool = False
) -> None:
    """Take a folder for the results of a study, and touch nothing in it but those of another; see `claim`."""
    claim(root, owner, is_run_file, names=stems, earlier=earlier_mark, replacing=replacing, anew=anew)


def _require_outside(root: Path, inputs: Iterable[Path], owner: Owner) -> None:
    """Refuse a run that reads files of its own folder, where it would overwrite or remove them."""
    place = Path(os.path.abspath(root))
    demo = place / "input"  # holds the demo's study and cohort; no run writes there
    study_of_demo = demo in Path(owner.source).parents
    for file in inputs:
        parents = Path(os.path.abspath(file)).parents
        if place in parents and not (study_of_demo and demo in parents):
            raise InputError(
                f"{file} is read by this run, and lies in {root}, where its results would be written.",
                "Choose a folder for the results that holds no other files.",
            )
