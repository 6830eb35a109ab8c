"""Values of a feature class in the voxels of a region: in memory, or on disk if they are many."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import numpy as np
from numpy.typing import NDArray

from nbradiomics.errors import InputError

#: Largest number of bytes of values kept in memory, if there is a folder for more.
HELD = 256 * 2**20
_ITEM = np.dtype(np.float64).itemsize


class VoxelValues:
    """Values of features, written in parts of voxels and read feature by feature.

    This is a context manager: at its end the values and the file are removed. The file has no name, if the
    system allows this, so that it disappears even when the process is killed.

    Parameters
    ----------
    features
        Names of the features.
    voxels
        Number of voxels.
    folder
        Folder of the file for more than `HELD` bytes; it is made together with the file. ``None`` keeps all
        values in memory.
    """

    def __init__(self, features: Sequence[str], voxels: int, folder: Path | None) -> None:
        self._rows = {feature: row for row, feature in enumerate(features)}
        self._voxels = voxels
        self._bytes = len(features) * voxels * _ITEM
        self._folder = folder if self._bytes > HELD else None
        self._held: NDArray[np.float64] = np.empty((len(features), voxels if self._folder is None else 0))
        self._file: IO[bytes] | None = None
        self._added = 0

    def __enter__(self) -> VoxelValues:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            with self._disk():
                self._file.close()

    def add(self, part: Mapping[str, NDArray[np.float64]]) -> None:
        """Append the values of the next voxels: an array for each feature, all of the same length.

        Raises
        ------
        InputError
            When the disk is full, or the folder is not writable.
        """
        until = self._added + len(next(iter(part.values())))
        if self._folder is None:
            for feature, row in self._rows.items():
                self._held[row, self._added : until] = part[feature]
        else:
            with self._disk():
                self._write(self._folder, part, last=until == self._voxels)
        self._added = until

    def of(self, feature: str) -> NDArray[np.float64] | None:
        """Return a feature's values, shape (voxels,), which are read-only; ``None`` if it has none."""
        if feature not in self._rows:
            return None
        row = self._rows[feature]
        if self._file is None:
            return np.asarray(self._held[row])
        with self._disk():
            self._file.seek(row * self._voxels * _ITEM)
            return np.frombuffer(self._file.read(self._voxels * _ITEM), np.float64)

    def _write(self, folder: Path, part: Mapping[str, NDArray[np.float64]], *, last: bool) -> None:
        if self._file is None:
            # The folder is made only when there are values: a refused region leaves no folder behind.
            folder.mkdir(parents=True, exist_ok=True)
            self._file = TemporaryFile(dir=folder)  # noqa: SIM115 - closed with the context
        for feature, row in self._rows.items():
            self._file.seek((row * self._voxels + self._added) * _ITEM)
            self._file.write(np.ascontiguousarray(part[feature], np.float64).data)
        if last:
            # Some disks, such as network disks, report a failed write only now.
            self._file.flush()
            os.fsync(self._file.fileno())

    @contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError(
                f"{self._folder} has no space for the values of a class of maps, {self._bytes / 1e6:.0f} MB, "
                f"or is not writable: {error.strerror or error}.",
                "Free space there, or choose a folder on another disk.",
            ) from error
