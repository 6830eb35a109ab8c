"""Find files with two roles in a table, by comparing voxels and not file names."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from nbradiomics.cohort.columns import SCAN
from nbradiomics.cohort.schema import INDEPENDENT
from nbradiomics.tables import AUTO

#: Line, column, severity, problem, remedy.
Finding: TypeAlias = tuple[int, str, str, str, str]
Role: TypeAlias = Literal["image", "mask", "region"]
#: Line of the table, role of the content there, and its digest.
Content: TypeAlias = tuple[int, Role, str]
_LOOK = "Look at both; name the right file, or leave a row out."


def digest_of(voxels: npt.NDArray[Any]) -> str:
    """Digest of the values of a three-dimensional array; empty if all values are equal.

    Values are compared in single precision, so that a copy in another format or type has the same digest.
    """
    if not voxels.size or voxels.min() == voxels.max():
        return ""
    digest = hashlib.sha256(repr(voxels.shape).encode())
    with np.errstate(over="ignore"):
        plain = np.packbits(voxels) if voxels.dtype == bool else voxels.astype("<f4")
    digest.update(np.ascontiguousarray(plain).data.cast("B"))
    return digest.hexdigest()


def find_duplicates(table: pd.DataFrame, contents: Iterable[Content]) -> list[Finding]:
    """Find images given as masks, and files used for two readers, subjects, timepoints or regions.

    Parameters
    ----------
    table
        Table from `cohort_table.read_cohort_table`: row i is on line i + 2 of the file.
    contents
        Digest (`digest_of`) of the image, mask file and region of each row; empty digests are ignored.

    Returns
    -------
    list of Finding
        An image given as mask is an error. The others are warnings, each at the later of the two lines.
        Plausible duplicates are not reported: several masks on one image, one mask for several sequences, an
        automatic mask that an editing reader did not change, a consensus equal to a reader's mask.
    """
    rows = dict(zip(table.index + 2, table.to_dict("records"), strict=True))
    lines: dict[str, dict[str, list[int]]] = {role: defaultdict(list) for role in ("image", "mask", "region")}
    for line, role, digest in sorted(contents):
        if digest:
            lines[role][digest].append(line)
    found = _images_as_masks(lines["mask"], lines["image"], rows)
    reported = {line for line, *_ in found}
    for role, difference in (("image", _same_image), ("region", _same_region)):
        for same in lines[role].values():
            found += _pairs([line for line in same if line not in reported], rows, role, difference)
    return found


def _images_as_masks(
    masks: dict[str, list[int]], images: dict[str, list[int]], rows: dict[int, dict[Any, Any]]
) -> list[Finding]:
    found: list[Finding] = []
    for digest in masks.keys() & images.keys():
        image_line = images[digest][0]
        for line in masks[digest]:
            same_row = line in images[digest] or rows[line]["image"] == rows[image_line]["image"]
            image = "its own image" if same_row else f"the image of line {image_line}"
            problem = f"{rows[line]['mask']} is not a mask: all its voxels are equal to {image}."
            found.append((line, "mask", "error", problem, "Name the file of the mask."))
    return found


def _pairs(same: list[int], rows: dict[int, dict[Any, Any]], role: str, difference: Any) -> list[Finding]:
    """Return a finding for each line that should differ from an earlier line."""
    found: list[Finding] = []
    column = "image" if role == "image" else "mask"
    for position, line in enumerate(same):
        for before in same[:position]:
            text = difference(rows[before], rows[line])
            if text:
                problem = f"{_named(rows[line][column], rows[before][column])} as in line {before}: {text}."
                found.append((line, column, "warning", problem, _LOOK))
                break
    return found


def _named(file: str, other: str) -> str:
    return f"{file} is the same file" if file == other else f"{file} has the same voxels as {other}"


def _same_image(first: dict[Any, Any], other: dict[Any, Any]) -> str:
    """Describe the suspicious difference between two rows with the same image; empty if there is none."""
    for column in (*SCAN, "channel"):
        if first[column] != other[column]:
            return _differ(column, first, other)
    return ""


def _same_region(first: dict[Any, Any], other: dict[Any, Any]) -> str:
    """Describe the suspicious difference between two rows with the same region; empty if there is none."""
    for column in ("subject", "timepoint", "roi"):
        if first[column] != other[column]:
            return _differ(column, first, other)
    if first["sequence"] != other["sequence"] or _may_be_one(first, other):
        return ""
    column = "reader" if first["reader"] != other["reader"] else "reading"
    return _differ(column, first, other)


def _may_be_one(first: dict[Any, Any], other: dict[Any, Any]) -> bool:
    """Whether two equal masks are plausible: one was made from the other, or both from a third."""
    kinds = {_kind(row) for row in (first, other)}
    return "consensus" in kinds or INDEPENDENT not in kinds


def _kind(row: dict[Any, Any]) -> str:
    return AUTO if row["reader"] == AUTO else row["reference_kind"] or INDEPENDENT


def _differ(column: str, first: dict[Any, Any], other: dict[Any, Any]) -> str:
    return f"{column} {first[column]!r} there, {other[column]!r} here"
