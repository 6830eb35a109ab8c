"""The values of a class of features in the voxels of a region: in memory, or on disk where they are many."""

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

#: Bytes of values that are held in memory where there is a folder for more.
HELD = 256 * 2**20
_ITEM = np.dtype(np.float64).itemsize


class VoxelValues:
    """Values of features, filled some voxels after the others and read feature by feature.

    A context, at whose end the values are gone, and the file with them. The file has no name where the
    system can do without, so that nothing is left of it even when the process is killed.

    Parameters
    ----------
    features
        Their names.
    voxels
        How many voxels there are.
    folder
        Where a file is made for more than `HELD` bytes; the folder is made with it. ``None`` holds all values
        in memory.
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
        """Append the values of the next voxels: an array for each feature, all of one length.

        Raises
        ------
        InputError
            When the disk has no room, or the folder cannot be written to.
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
        """Values of a feature, shape (voxels,), not to be written to; ``None`` for one that has none."""
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
            # Not before there are values: a region that is refused leaves no folder behind.
            folder.mkdir(parents=True, exist_ok=True)
            self._file = TemporaryFile(dir=folder)  # noqa: SIM115 - closed with the context
        for feature, row in self._rows.items():
            self._file.seek((row * self._voxels + self._added) * _ITEM)
            self._file.write(np.ascontiguousarray(part[feature], np.float64).data)
        if last:
            # Some disks, those of a network among them, tell no sooner that a write has failed.
            self._file.flush()
            os.fsync(self._file.fileno())

    @contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError(
                f"{self._folder} has no room for the values of a class of maps, {self._bytes / 1e6:.0f} MB, "
                f"or cannot be written to: {error.strerror or error}.",
                "Free space there, or name a folder on another disk.",
            ) from error
