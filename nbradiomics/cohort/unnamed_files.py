"""Image files of a cohort's folder that its table no longer names."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from pathlib import Path, PurePosixPath

from nbradiomics.cohort.cohort import Cohort
from nbradiomics.files.owned_folder import remove_files


def remove_unnamed(
    cohort: Cohort, folder: Path, belongs: Callable[[PurePosixPath, Collection[str]], bool]
) -> None:
    """Remove images and masks that a command wrote into a folder and a cohort table does not name.

    Parameters
    ----------
    cohort
        The table that the command writes.
    folder
        Folder of the command.
    belongs
        Whether the command writes a file of this path; others are the user's.
    """
    used = {os.path.abspath(path) for path in cohort.files()}

    def is_other(path: PurePosixPath) -> bool:
        image = path.name.endswith(".nii.gz") and belongs(path, ())
        return image and os.path.abspath(folder / path) not in used

    remove_files(folder, is_other)
