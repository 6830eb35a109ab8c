"""The files of a run folder, and its stored results.

===================================  =====================================================================
file                                 content
===================================  =====================================================================
``report.html``                      the report
``check.csv``                        problems of the input
``prepared/``                        prepared images, moved masks, landmarks, and tables of what was found
``cohort.csv``, ``masks/auto/``      the cohort with reader ``auto`` added, and its masks
``maps/``                            probability, entropy and the mask of each fold for every scan
``segmentation.csv``                 volume and agreement of the folds, one row per scan
``agreement.csv``                    comparison of masks, one row per scan and ordered pair
``readers/``                         the reader study: one table per question
``distance_maps/``                   signed distance from each reader's surface to the model's
``features.parquet``                 features, one row per scan and reader
``perturbation/``                    ``features.parquet``: features of variants made in memory
``processing/``                      the processing study: ``processing.csv``, counts by class, features
``controls/``                        ``features.parquet``: features of negative controls
``reproducibility/``                 ``readers.csv``, ``auto_vs_readers.csv``, ``study_NAME.csv`` ...
``variance.csv``                     variance components of each feature
``stable.csv``                       features that meet the rules of the section `reproducibility`
``needed_agreement/``                how well two masks must agree for each feature; pairs left out
``drawing/``                         ``features.parquet``: features of the masks of the model's folds
``outcome/NAME/``                    performance, predictions, risk groups of each endpoint
``outcome/NAME/controls.csv``         the trial: real features beside controls, volume and shape
``outcome/NAME/validation/COHORT/``  the same tables, of the subjects of an external cohort
``outcome/NAME/model.zip``           final models of an endpoint, fitted to all subjects (`predict`)
``outcome/NAME/model_card.html``     what the final models are for, need, and how well they did
``outcome/NAME/paper/``              figures, tables and methods for a paper (`report --export paper`)
``failures.csv``, ``failures.log``   failures: case, stage, cause, hint; tracebacks
``provenance.json``                  versions, parameters, hashes
``evidence.json``, ``.html``         facts of the run with the files that prove them (`audit`)
``checklists/``                      published checklists: tables and pages; a person's answers are kept
``shards/``                          failures of each shard, until a run joins the shards
``cache/``                           stored result of each case, named by the hash of its inputs
``.nbradiomics``                     owner of the results (`nbradiomics.files.owned_folder`)
===================================  =====================================================================

The code below treats every other file as the user's: it is never removed, and another study does not replace
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
from nbradiomics.execution.record import RECORD, WHOLE, Recorder, remove_records
from nbradiomics.execution.workspace import CACHE, Workspace, content_hash
from nbradiomics.files.owned_folder import (
    Mark,
    Owner,
    claim,
    leftovers,
    read_mark,
    remove_files,
)
from nbradiomics.harmonisation.schema import EFFECT_TABLES
from nbradiomics.outcome.drawing_schema import DRAWING_TABLES
from nbradiomics.outcome.schemas import TABLES as OUTCOME_TABLES
from nbradiomics.report.paper.files import PAPER_FILE
from nbradiomics.study.external import VALIDATION
from nbradiomics.study.study import Study
from nbradiomics.workflows.earlier_folder import earlier_mark

#: Files of an outcome model.
_OUTCOME_TABLES = "|".join(
    PurePosixPath(table.file).stem
    for table in (*OUTCOME_TABLES, *EFFECT_TABLES.values(), *DRAWING_TABLES.values())
)
_OUTCOME_FILE = "|".join(
    (
        rf"({_OUTCOME_TABLES})\.(csv|parquet)",
        r"(summary|evidence)\.json|model\.zip",
        r"(report|evidence|model_card)\.html",
        PAPER_FILE,
    )
)
_COHORT = "cohort.csv"
#: Paths of the tables and reports; each run writes them again.
_TABLES = (
    r"(report|evidence)\.html",
    r"(check|segmentation|agreement|failures|stable)\.csv",
    r"prepared/((preparation|registration|moved_masks|intensities)\.csv|landmarks\.json)",
    r"((perturbation|processing|controls|drawing)/)?features\.parquet",
    r"processing/processing(_classes)?\.csv",
    r"failures\.log",
    r"shards/failures-\d+-of-\d+\.(csv|log)",
    r"(provenance|evidence)\.json",
    r"rois/rois\.csv|adc/diffusion\.csv|habitats/habitat(s|_[a-z]+)\.csv|habitats/model(_[\w-]+)?\.json",
    r"readers/(summary|comparison|tests|bland_altman|detection|subgroups|subgroup_tests)\.csv",
    r"readers/(comparison_segmented|direction|times|time_saved|cases)\.csv",
    r"readers/summary\.json",
    r"reproducibility/(readers|auto_vs_readers)(_.+)?\.csv",
    r"reproducibility/study_[^/]+\.csv",
    r"variance(_[^/]+)?\.csv",
    r"needed_agreement/(features|left_out)(_.+)?\.csv",
    rf"outcome/[^/]+/({VALIDATION}/[^/]+/)?({_OUTCOME_FILE})",
)
_PREPARED = re.compile(r"prepared/(images|masks)/[^/]+\.nii\.gz")
_TABLE = re.compile("|".join(_TABLES))
_STORED = re.compile(r"cache/[^/]+/[0-9a-f]{64}(\..+)?|cache/nbradiomics-run|cache/record/[\w-]+\.jsonl?")
#: Tables and pages of the checklists; they stay, since a person may have answered in them.
_CHECKLIST = re.compile(r"checklists/(metrics|clear|tripod-ai|rqs-2)\.(csv|html)")
#: Files of the demo's cohort.
_DEMO = re.compile(
    r"input/(cohort\.csv|clinical\.csv|truth\.csv|truth\.json|study\.yaml"
    r"|(images|truth|masks/[ABC])/S\d+\.nii\.gz)"
)
#: Maps and masks of the sections that derive them; stored results depend on them.
_DERIVED = re.compile(r"(?P<section>adc|habitats|rois)/[^/]+\.nii\.gz")
_MAP = re.compile(r"(?P<stem>.+)_(probability|entropy|fold_[^_]+)\.nii\.gz")
_CONSENSUS = ("majority", "staple")


def is_model_image(path: PurePosixPath, stems: Collection[str]) -> bool:
    """Whether a file in a folder of masks or maps is from the model, for a scan with one of these stems."""
    return len(path.parts) == 1 and (_is_mask(path.name, stems) or _is_map(path.name, stems))


def is_outcome_file(path: PurePosixPath, _stems: Collection[str] = ()) -> bool:
    """Whether a file in a folder of outcome models is one of their result files."""
    return re.fullmatch(_OUTCOME_FILE, str(path)) is not None


def _is_mask(name: str, stems: Collection[str]) -> bool:
    return name.endswith(".nii.gz") and name.removesuffix(".nii.gz") in stems


def _is_map(name: str, stems: Collection[str]) -> bool:
    match = _MAP.fullmatch(name)
    return match is not None and match["stem"] in stems


def is_run_file(path: PurePosixPath, stems: Collection[str]) -> bool:
    """Whether a run writes the file with this path in the folder, for scans with these stems."""
    text = str(path)
    patterns = (_TABLE, _STORED, _DEMO, _PREPARED, _DERIVED, _CHECKLIST)
    if text == _COHORT or any(pattern.fullmatch(text) for pattern in patterns):
        return True
    return _is_image(path, stems, ("auto", *_CONSENSUS))


def _is_image(path: PurePosixPath, stems: Collection[str], readers: Collection[str]) -> bool:
    *folder, name = path.parts
    if folder[:1] == ["masks"] and len(folder) == 2 and folder[1] in readers:
        return _is_mask(name, stems)
    if folder == ["maps"]:
        return _is_map(name, stems)
    return folder == ["distance_maps"] and any(name.startswith(f"{stem}_") for stem in stems)


def study_owner(study: Study, study_file: Path, cohort: Cohort | None) -> Owner:
    """Return the owner of the results of a study; a study without a name is named after its file.

    Without its cohort the study is not recognised after it was moved.
    """
    name = study.name if "name" in study.model_fields_set else study_file.name
    images = frozenset() if cohort is None else _images(cohort)
    return Owner("study", name, os.path.abspath(study_file), str(study.cohort), images)


def cohort_owner(kind: str, cohort: Cohort) -> Owner:
    """Return the owner of the results of a command on a cohort table."""
    table = os.path.abspath(cohort.path)
    return Owner(kind, cohort.path.name, table, table, _images(cohort))


def _images(cohort: Cohort) -> frozenset[str]:
    return frozenset(content_hash(Path(image)) for image in sorted(set(cohort.table["image"])))


@dataclass(frozen=True)
class RunFolder:
    """The output folder of a run; created by `open`."""

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
        derives: Collection[str] = (),
        prepares: bool = False,
        replacing: bool = False,
    ) -> RunFolder:
        """Claim a folder for a run: a new folder, or that of an earlier run of the same study.

        First, tables of the earlier run are removed, and the masks and maps of scans that are no longer part
        of the study; results of single cases are kept in the cache and used again.

        Parameters
        ----------
        root
            The folder.
        owner
            Owner of the results.
        stems
            File names of the scans, without ending.
        inputs
            Files that the run reads.
        segments
            Whether the run makes automatic masks; if not, those of an earlier run are removed.
        derives
            Sections that make derived regions; masks of other sections of an earlier run are removed.
        prepares
            Whether the run prepares images; if not, those of an earlier run are removed.
        replacing
            Whether results of another study may be removed.

        Raises
        ------
        InputError
            When the folder contains other files, results of another study, or an input of the run.
        """
        now = frozenset(stems)
        _require_outside(root, inputs, owner)
        claim_run(root, owner, stems=now, replacing=replacing)
        kept_readers = ("auto",) if segments else ()

        def is_stale(path: PurePosixPath) -> bool:
            kept = path.parts[0] != "distance_maps" and (segments or path.parts[0] != "maps")
            image = _is_image(path, recorded, ("auto", *_CONSENSUS))
            derived = _DERIVED.fullmatch(str(path))
            return (
                bool(_TABLE.fullmatch(str(path)))
                or (derived is not None and derived["section"] not in derives)
                or is_left(path)
                or (not prepares and bool(_PREPARED.fullmatch(str(path))))
                or (image and not (kept and _is_image(path, now, kept_readers)))
            )

        mark = read_mark(root) or Mark(owner)
        recorded = mark.names
        is_left = leftovers(root)
        remove_files(root, is_stale)
        Mark(mark.owner, now).write(root)
        return cls(root)

    @classmethod
    def join(
        cls, root: Path, owner: Owner, *, stems: Iterable[str], inputs: Iterable[Path] = ()
    ) -> RunFolder:
        """Claim a folder for a shard of a run: nothing in it is removed, since other shards work there.

        The parameters and errors are those of `open`.
        """
        _require_outside(root, inputs, owner)
        claim_run(root, owner, stems=stems)
        return cls(root)

    def recorder(self, by: str, what: str) -> Recorder:
        """Make the recorder of a process: `WHOLE`, or a shard."""
        return Recorder(self.root, self.workspace.root / RECORD, by, what)

    def remove_shards(self) -> None:
        """Remove the failures and records of the shards: those of the whole run replace them."""
        remove_records(self.workspace.root / RECORD, but=WHOLE)
        remove_files(self.root, lambda path: path.parts[0] == "shards" and bool(_TABLE.fullmatch(str(path))))

    @cached_property
    def workspace(self) -> Workspace:
        """Stored results, by the hash of their inputs."""
        return Workspace(self.root / CACHE)

    @property
    def masks(self) -> Path:
        """Folder of the automatic masks."""
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
        """Return the path of a file in the folder."""
        return self.root.joinpath(*parts)

    def localised(self, table: pd.DataFrame) -> pd.DataFrame:
        """Make paths in a table relative to the folder, so that runs in two folders write equal tables."""
        prefix = f"{os.path.abspath(self.root)}{os.sep}"
        return table.map(lambda value: value.replace(prefix, "") if isinstance(value, str) else value)


def claim_run(
    root: Path, owner: Owner, *, stems: Iterable[str] = (), replacing: bool = False, anew: bool = False
) -> None:
    """Claim a folder for the results of a study; only results of another study are changed; see `claim`."""
    claim(root, owner, is_run_file, names=stems, earlier=earlier_mark, replacing=replacing, anew=anew)


def _require_outside(root: Path, inputs: Iterable[Path], owner: Owner) -> None:
    """Refuse a run that reads files of its own folder, because it could overwrite or remove them."""
    place = Path(os.path.abspath(root))
    demo = place / "input"  # contains the demo's study file and cohort; no run writes there
    study_of_demo = demo in Path(owner.source).parents
    for file in inputs:
        parents = Path(os.path.abspath(file)).parents
        if place in parents and not (study_of_demo and demo in parents):
            raise InputError(
                f"{file} is an input of this run, but it is in the folder of the results, {root}.",
                "Choose a folder for the results that contains no other files.",
            )
