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
``failures.csv``                     what could not be done: case, stage, cause, hint
``provenance.json``                  versions, parameters, hashes
``cache/``                           each case's result by the hash of what made it
===================================  =====================================================================
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.workspace import Workspace

_CACHE = "cache"
#: A file in the cache by which a run knows its own folder.
_MARK = "nbradiomics-run"
_TABLES = (
    "report.html",
    "check.csv",
    "segmentation.csv",
    "agreement.csv",
    "features.parquet",
    "failures.csv",
    "provenance.json",
)
_FOLDERS = ("readers", "distance_maps", "reproducibility", "outcome")


@dataclass(frozen=True)
class RunFolder:
    """Where a run writes. Made by `open`."""

    root: Path

    @classmethod
    def open(cls, root: Path) -> RunFolder:
        """Take a folder for a run: a new one, or that of an earlier run, whose tables are made anew.

        Tables of the earlier run are removed first, so that none of another study stays behind; what was
        computed case by case is in the cache and is found again.

        Raises
        ------
        InputError
            When the folder holds files of the same name that are no run's.
        """
        if root.exists() and not root.is_dir():
            raise InputError(f"{root} is a file; a folder was expected.", "Choose a new folder.")
        written = (*_TABLES, "cohort.csv", "masks", "maps", *_FOLDERS, _CACHE)
        there = [name for name in written if (root / name).exists()]
        if there and not (root / _CACHE / _MARK).is_file():
            raise InputError(
                f"{root} holds {', '.join(there)}, and is not the folder of an earlier run.",
                "Choose a new folder, so that nothing is overwritten.",
            )
        (root / _CACHE).mkdir(parents=True, exist_ok=True)
        (root / _CACHE / _MARK).touch()
        for name in _TABLES:
            (root / name).unlink(missing_ok=True)
        for name in _FOLDERS:
            shutil.rmtree(root / name, ignore_errors=True)
        return cls(root)

    @property
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
