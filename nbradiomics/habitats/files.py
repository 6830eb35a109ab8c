"""Names of the files that the commands of this room write into a folder."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import PurePosixPath

_OWN = re.compile(
    r".+_(ADC|ADC_error|habitats|confidence|masks)\.nii\.gz|habitats\.csv|habitat_[a-z]+\.csv|model(_[\w-]+)?\.json"
)


def is_habitat_file(path: PurePosixPath, _names: Collection[str] = ()) -> bool:
    """Whether a file in a folder of maps was written by `adc` or `habitats`."""
    if path.parts[0] == "maps":  # feature maps that are channels
        return len(path.parts) == 2 and path.name.endswith(".nii.gz")
    return len(path.parts) == 1 and _OWN.fullmatch(path.name) is not None
