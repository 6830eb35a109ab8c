"""Read the files of a model safely: only regular files in the model's folder, and JSON of limited size.

The author of a model may be unknown. Reading a pipe would never end, a link could lead to any file of the
user, and a few kilobytes of JSON can contain more than a library can process.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from nbradiomics.errors import InputError, ModelError
from nbradiomics.files.regular_file import open_regular, require_regular
from nbradiomics.segmentation.model_files.layout import AGAIN

#: Most bytes of a description; nnU-Net's have some kilobytes, a list of 10,000 training cases less than 2 MB.
_LONGEST = 16 * 1024**2
#: Most levels of nested lists and objects; nnU-Net's plans have seven.
_DEEPEST = 32
#: Most digits of a whole number; 64 bits have 19.
_DIGITS = 19


def require_file(path: Path, folder: Path) -> None:
    """Raise `ModelError` unless a path is a regular file inside the model's folder.

    Links within the folder are followed.
    """
    try:
        require_regular(path)
        target = path.resolve(strict=True)
    except InputError as error:
        raise ModelError(error.problem, AGAIN) from error
    except FileNotFoundError as error:
        raise ModelError(
            f"{path} does not exist.",
            "Give the folder of an nnU-Net v2 model, with plans.json, dataset.json and fold_*/.",
        ) from error
    except (OSError, RuntimeError) as error:  # circular links, or no permission to read
        raise ModelError(f"{path} cannot be read: {error}.", AGAIN) from error
    if not target.is_relative_to(folder.resolve()):
        raise ModelError(
            f"{path} is a link to {target}, outside the model's folder.",
            "If that file belongs to the model, copy the file itself (not a link) into the folder.",
        )


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object in a model's folder.

    Raises
    ------
    ModelError
        When the file has no JSON object, or has content that no description needs: too many bytes or levels,
        numbers that are not finite or have more than 64 bits, or text that is not Unicode.
    """
    require_file(path, path.parent)
    try:
        with open_regular(path) as file:
            text = file.read(_LONGEST + 1)
    except (OSError, InputError) as error:
        raise ModelError(f"{path} cannot be read: {error}.", AGAIN) from error
    if len(text) > _LONGEST:
        raise ModelError(f"{path} has more than {_LONGEST:,} bytes, too many for this file.", AGAIN)
    try:
        content = json.loads(text.decode("utf-8"), parse_int=_whole, parse_float=_real, parse_constant=_real)
        _require_flat(content)
    except RecursionError as error:
        raise ModelError(f"{path} is not valid JSON: {_TOO_DEEP}.", AGAIN) from error
    except ValueError as error:
        raise ModelError(f"{path} is not valid JSON: {error}.", AGAIN) from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} contains no JSON object.", AGAIN)
    return content


_TOO_DEEP = f"lists or objects are nested more than {_DEEPEST} levels deep"


def _whole(text: str) -> int:
    digits = len(text.lstrip("-"))
    if digits > _DIGITS:
        raise ValueError(f"a whole number of {digits:,} digits")
    return int(text)


def _real(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is not a finite number")
    return number


def _require_flat(content: Any) -> None:
    """Check the depth and all texts, level by level."""
    level = [content]
    for _ in range(_DEEPEST + 1):
        inside = []
        for value in level:
            if isinstance(value, dict):
                inside += [*value, *value.values()]
            elif isinstance(value, list):
                inside += value
            elif isinstance(value, str):
                value.encode()  # raises a ValueError for half a surrogate pair
        if not inside:
            return
        level = inside
    raise ValueError(_TOO_DEEP)
