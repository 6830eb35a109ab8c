"""Find the labels of the masks of a cohort that no row of the table reads.

If a mask has several labels and only one is measured, the values look right but may be too small.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from nbradiomics.cohort.case_region import DEFAULT_LABEL, label_of
from nbradiomics.execution.execution import Execution
from nbradiomics.images.region import Tally, kept_tally, read_mask, tally, wanted_labels
from nbradiomics.images.segments import choose_segments, segments_of
from nbradiomics.messages.problem import Problem

if TYPE_CHECKING:
    import pandas as pd
    import SimpleITK as sitk

#: Line of the cohort table, mask file, and the label to read.
MaskRow = tuple[int, str, int | str]


class Found(TypedDict):
    """Labels of a mask: see `examine_labels`."""

    line: int
    file: str
    volumes: list[tuple[int | str, float]]
    taken: list[int | str]
    missing: list[int | str]


#: Largest number of labels in one warning; whole-body segmentations have a hundred.
_SHOWN = 8
#: Largest number of labels of a segmentation.
_MOST = 255
_REMEDY = (
    "To measure them too, set `label` to all or to a list such as 1,2 (united), or add a row for each label; "
    "nothing to do if they should not be measured."
)


def mask_rows(table: pd.DataFrame, label: int = DEFAULT_LABEL) -> list[MaskRow]:
    """Masks of a cohort table with the label to read: the row's, else `label`; 1 for the model's masks."""
    rows = zip(table.index, table["mask"], table["reader"], table["label"], strict=True)
    return [
        (int(line) + 2, mask, label_of(reader, given, label)) for line, mask, reader, given in rows if mask
    ]


def examine_labels(mask: sitk.Image, row: MaskRow) -> Found:
    """Find the labels of a mask, and those that a row of the cohort table reads.

    Returns
    -------
    dict
        ``line`` and ``file`` of the row; ``volumes``, pairs of label and millilitres; the labels ``taken``
        (read); and the labels ``missing`` in the mask although the row lists them. In a segmentation with
        layers, segments take the place of labels.

    Raises
    ------
    InputError
        When the values of the mask are not labels, or the row's names are not in it.
    """
    if mask.GetNumberOfComponentsPerPixel() > 1:
        return _examine_segments(mask, row)
    counted = tally(mask)
    return _found(row, counted, wanted_labels(mask, row[2], list(counted.voxels)))


def _found(row: MaskRow, counted: Tally, requested: Sequence[int]) -> Found:
    line, file, _ = row
    return {
        "line": line,
        "file": file,
        "volumes": [(value, number * counted.voxel_ml) for value, number in counted.voxels.items()],
        "taken": [value for value in requested if value in counted.voxels],
        "missing": [value for value in requested if value not in counted.voxels],
    }


def _examine_segments(mask: sitk.Image, row: MaskRow) -> Found:
    """Examine a segmentation with layers, whose segments may overlap and share values."""
    import numpy as np
    import SimpleITK as sitk

    line, file, label = row
    segments = segments_of(mask)
    array = sitk.GetArrayViewFromImage(mask)
    voxel_ml = float(np.prod(mask.GetSpacing())) / 1000
    voxels = {each: int((array[..., each.layer] == each.value).sum()) for each in segments}
    taken = choose_segments(segments, label)
    return {
        "line": line,
        "file": file,
        "volumes": [(str(each), count * voxel_ml) for each, count in voxels.items() if count],
        "taken": [str(each) for each in taken if voxels[each]],
        "missing": [str(each) for each in taken if not voxels[each]],
    }


def label_problems(found: Iterable[Found], path: Path) -> list[Problem]:
    """Warn about labels that no row of the table reads, and listed labels that a mask lacks.

    Parameters
    ----------
    found
        Results of `examine_labels` for every row: a label counts as read if any row reads it.
    path
        The cohort table, for messages.
    """
    by_file: dict[str, list[Found]] = {}
    for result in found:
        by_file.setdefault(result["file"], []).append(result)
    problems = [problem for rows in by_file.values() for problem in _of_mask(rows, path)]
    return sorted(problems, key=lambda problem: int(problem.row))


def _of_mask(rows: list[Found], path: Path) -> list[Problem]:
    file, volumes = rows[0]["file"], rows[0]["volumes"]
    if len(volumes) > _MOST:
        return []  # grey values of an image, which is refused as a mask elsewhere
    taken = {value for row in rows for value in row["taken"]}
    unread = [pair for pair in volumes if pair[0] not in taken]
    problems = []
    if unread and taken:
        read = _listed([pair for pair in volumes if pair[0] in taken])
        found = f"{file} has labels that are not read: {_listed(unread)}; labels that are read: {read}."
        problems.append(_warning(rows[0], path, found, _REMEDY))
    for row in rows:
        if row["missing"] and row["taken"]:
            found = f"{file} lacks {_named(row['missing'])} of the list; united: {_named(row['taken'])}."
            remedy = "Nothing to do if this case has no such part; else check the mask."
            problems.append(_warning(row, path, found, remedy))
    return problems


def _warning(row: Found, path: Path, found: str, remedy: str) -> Problem:
    return Problem(str(path), str(row["line"]), "label", "warning", found, remedy)


def _named(labels: list[int | str]) -> str:
    return f"label{'s' if len(labels) > 1 else ''} {', '.join(map(str, labels))}"


def _listed(volumes: list[tuple[int | str, float]]) -> str:
    shown = ", ".join(f"{value} ({ml:.3g} ml)" for value, ml in volumes[:_SHOWN])
    rest = volumes[_SHOWN:]
    return f"{shown} and {len(rest)} more ({sum(ml for _, ml in rest):.3g} ml)" if rest else shown


def survey_labels(
    table: pd.DataFrame,
    path: Path,
    *,
    label: int = DEFAULT_LABEL,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> list[Problem]:
    """Read the masks of a cohort table, and warn about labels as `label_problems` does.

    A mask that cannot be read is ignored: the stage that measures it reports the reason.
    """
    rows = {str(place): (row,) for place, row in enumerate(mask_rows(table, label))}
    batch = execution.map(_examine_file, rows, stage="labels")
    return label_problems(batch.results.values(), path)


def _examine_file(row: MaskRow) -> Found:
    _, file, label = row
    counted = kept_tally(file)
    if counted is not None and not isinstance(label, str):
        return _found(row, counted, [label])
    return examine_labels(read_mask(row[1]), row)


def mask_notes(file: str | Path, label: int | str) -> list[str]:
    """Warnings about the labels of one mask from which `label` is read; usually none."""
    found = _examine_file((1, str(file), label))
    return [problem.problem for problem in label_problems([found], Path(file))]
