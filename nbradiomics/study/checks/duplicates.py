"""One file in two roles: what the table names twice, found by the voxels, whatever the files are called."""

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
    """What tells the values of an array of three axes; empty where all are the same.

    Values count in single precision, so that a copy in another format or type is the same.
    """
    if not voxels.size or voxels.min() == voxels.max():
        return ""
    digest = hashlib.sha256(repr(voxels.shape).encode())
    with np.errstate(over="ignore"):
        plain = np.packbits(voxels) if voxels.dtype == bool else voxels.astype("<f4")
    digest.update(np.ascontiguousarray(plain).data.cast("B"))
    return digest.hexdigest()


def find_duplicates(table: pd.DataFrame, contents: Iterable[Content]) -> list[Finding]:
    """Find images given as masks, and what stands for two readers, subjects, timepoints or regions.

    Parameters
    ----------
    table
        As `cohort_table.read_cohort_table` gives it: row i stands on line i + 2 of the file.
    contents
        Digest (`digest_of`) of each row's image, mask file, and region; one that is empty counts for nothing.

    Returns
    -------
    list of Finding
        An image as mask is an error. The others are warnings, each at the later of two lines. What may well
        be so is left alone: masks of one scan on one image, one mask for several sequences, an automatic mask
        that an editing reader left as it was, a consensus that is a reader's mask.
    """
    rows = dict(zip(table.index + 2, table.to_dict("records"), strict=True))
    lines: dict[str, dict[str, list[int]]] = {role: defaultdict(list) for role in ("image", "mask", "region")}
    for line, role, digest in sorted(contents):
        if digest:
            lines[role][digest].append(line)
    found = _images_as_masks(lines["mask"], lines["image"], rows)
    told = {line for line, *_ in found}
    for role, suspicion in (("image", _same_image), ("region", _same_region)):
        for same in lines[role].values():
            found += _pairs([line for line in same if line not in told], rows, role, suspicion)
    return found


def _images_as_masks(
    masks: dict[str, list[int]], images: dict[str, list[int]], rows: dict[int, dict[Any, Any]]
) -> list[Finding]:
    found: list[Finding] = []
    for digest in masks.keys() & images.keys():
        image_line = images[digest][0]
        for line in masks[digest]:
            own = line in images[digest] or rows[line]["image"] == rows[image_line]["image"]
            whose = "the image itself" if own else f"the image of line {image_line}"
            problem = f"{rows[line]['mask']} is {whose}, voxel for voxel, and no mask."
            found.append((line, "mask", "error", problem, "Name the file of the mask."))
    return found


def _pairs(same: list[int], rows: dict[int, dict[Any, Any]], role: str, suspicion: Any) -> list[Finding]:
    """A finding for each line that should differ from one before it."""
    found: list[Finding] = []
    column = "image" if role == "image" else "mask"
    for position, line in enumerate(same):
        for before in same[:position]:
            what = suspicion(rows[before], rows[line])
            if what:
                problem = f"{_named(rows[line][column], rows[before][column])} as in line {before}: {what}."
                found.append((line, column, "warning", problem, _LOOK))
                break
    return found


def _named(own: str, other: str) -> str:
    return f"{own} is the same file" if own == other else f"{own} is, voxel for voxel, the same as {other},"


def _same_image(first: dict[Any, Any], other: dict[Any, Any]) -> str:
    """What is strange about two rows with one image; empty where nothing is."""
    for column in (*SCAN, "channel"):
        if first[column] != other[column]:
            return _differ(column, first, other)
    return ""


def _same_region(first: dict[Any, Any], other: dict[Any, Any]) -> str:
    """What is strange about two rows with one region; empty where nothing is."""
    for column in ("subject", "timepoint", "roi"):
        if first[column] != other[column]:
            return _differ(column, first, other)
    if first["sequence"] != other["sequence"] or _may_be_one(first, other):
        return ""
    column = "reader" if first["reader"] != other["reader"] else "reading"
    return _differ(column, first, other)


def _may_be_one(first: dict[Any, Any], other: dict[Any, Any]) -> bool:
    """Whether one of two masks may have been made from the other, or both from a third, and be equal."""
    kinds = {_kind(row) for row in (first, other)}
    return "consensus" in kinds or INDEPENDENT not in kinds


def _kind(row: dict[Any, Any]) -> str:
    return AUTO if row["reader"] == AUTO else row["reference_kind"] or INDEPENDENT


def _differ(column: str, first: dict[Any, Any], other: dict[Any, Any]) -> str:
    return f"{column} {first[column]!r} there, {other[column]!r} here"
