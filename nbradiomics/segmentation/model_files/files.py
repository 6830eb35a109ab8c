"""The one door through which files of a model are read: regular, in the model's folder, JSON of bounded size.

A model comes from a stranger. A pipe would wait for ever, a link could bring any file of the user's along,
and a few kilobytes of JSON can hold what no library bears.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from nbradiomics.errors import InputError, ModelError
from nbradiomics.files.regular_file import open_regular, require_regular
from nbradiomics.segmentation.model_files.layout import AGAIN

#: Bytes of a description; nnU-Net's have some kilobytes, a list of 10,000 training cases less than 2 MB.
_LONGEST = 16 * 1024**2
#: Lists and objects within each other; nnU-Net's plans have seven.
_DEEPEST = 32
#: Digits of a whole number; 64 bits have 19.
_DIGITS = 19


def require_file(path: Path, folder: Path) -> None:
    """Raise `ModelError` unless a path is a regular file that lies in the model's folder.

    Links inside the folder are followed.
    """
    try:
        require_regular(path)
        target = path.resolve(strict=True)
    except InputError as error:
        raise ModelError(error.problem, AGAIN) from error
    except FileNotFoundError as error:
        raise ModelError(
            f"{path} does not exist.",
            "Give the folder of an nnU-Net v2 model, which holds plans.json, dataset.json and fold_*/.",
        ) from error
    except (OSError, RuntimeError) as error:  # links in a circle, or no right to look
        raise ModelError(f"{path} cannot be read: {error}.", AGAIN) from error
    if not target.is_relative_to(folder.resolve()):
        raise ModelError(
            f"{path} is a link to {target}, outside the model's folder.",
            "If that file belongs to the model, put it (and no link) into the folder.",
        )


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object of a model's folder.

    Raises
    ------
    ModelError
        When it is none, or holds what no description needs: too many bytes or levels, numbers that are not
        finite or have more than 64 bits, text that is no Unicode.
    """
    require_file(path, path.parent)
    try:
        with open_regular(path) as file:
            text = file.read(_LONGEST + 1)
    except (OSError, InputError) as error:
        raise ModelError(f"{path} cannot be read: {error}.", AGAIN) from error
    if len(text) > _LONGEST:
        raise ModelError(f"{path} has more than {_LONGEST:,} bytes, which is no description.", AGAIN)
    try:
        content = json.loads(text.decode("utf-8"), parse_int=_whole, parse_float=_real, parse_constant=_real)
        _require_flat(content)
    except RecursionError as error:
        raise ModelError(f"{path} is no JSON: {_TOO_DEEP}.", AGAIN) from error
    except ValueError as error:
        raise ModelError(f"{path} is no JSON: {error}.", AGAIN) from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} holds no JSON object.", AGAIN)
    return content


_TOO_DEEP = f"lists or objects lie more than {_DEEPEST} deep in each other"


def _whole(text: str) -> int:
    digits = len(text.lstrip("-"))
    if digits > _DIGITS:
        raise ValueError(f"a whole number of {digits:,} digits")
    return int(text)


def _real(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is no finite number")
    return number


def _require_flat(content: Any) -> None:
    """Go through all of it, level by level."""
    level = [content]
    for _ in range(_DEEPEST + 1):
        inside = []
        for value in level:
            if isinstance(value, dict):
                inside += [*value, *value.values()]
            elif isinstance(value, list):
                inside += value
            elif isinstance(value, str):
                value.encode()  # half a surrogate pair is no text; what is raised is a ValueError
        if not inside:
            return
        level = inside
    raise ValueError(_TOO_DEEP)
