"""Which labels the masks of a cohort hold, and whether anything reads them.

A mask of several labels of which one is measured gives a number that looks right and is too small.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from nbradiomics.cohort.case_region import DEFAULT_LABEL, label_of
from nbradiomics.execution.execution import Execution
from nbradiomics.images.region import labels_in, read_mask, wanted_labels
from nbradiomics.images.segments import choose_segments, segments_of
from nbradiomics.messages.problem import Problem

if TYPE_CHECKING:
    import pandas as pd
    import SimpleITK as sitk

#: Line of the cohort table, mask file, and the label that counts.
MaskRow = tuple[int, str, int | str]


class Found(TypedDict):
    """What a mask holds of labels: see `examine_labels`."""

    line: int
    file: str
    volumes: list[tuple[int | str, float]]
    taken: list[int | str]
    missing: list[int | str]


#: Labels that one warning lists; whole-body segmentations hold a hundred.
_SHOWN = 8
#: More labels than any segmentation has.
_MOST = 255
_REMEDY = (
    "To measure them too, give `label` all or a list such as 1,2 (united), or a row for each label; nothing "
    "to do if they are not meant."
)


def mask_rows(table: pd.DataFrame, label: int = DEFAULT_LABEL) -> list[MaskRow]:
    """Masks of a cohort table with the label that counts: the row's, else `label`; 1 for the model's."""
    drawn = table[table["mask"] != ""]
    return [
        (line, row["mask"], label_of(row["reader"], row["label"], label))
        for line, row in zip(drawn.index + 2, drawn.to_dict("records"), strict=True)
    ]


def examine_labels(mask: sitk.Image, row: MaskRow) -> Found:
    """Labels of a mask and what a row of the cohort table takes of them.

    Returns
    -------
    dict
        ``line`` and ``file`` of the row; ``volumes``, pairs of label and millilitres; the labels ``taken``,
        and those ``missing`` in the mask though the row lists them. Layers have segments for labels.

    Raises
    ------
    InputError
        When the mask holds no labels, or the row's names are not in it.
    """
    import numpy as np
    import SimpleITK as sitk

    line, file, label = row
    array = sitk.GetArrayViewFromImage(mask)
    if mask.GetNumberOfComponentsPerPixel() > 1:
        return _examine_segments(mask, row)
    present = labels_in(mask)
    wanted = wanted_labels(mask, label, present)
    voxel_ml = float(np.prod(mask.GetSpacing())) / 1000
    voxels = dict(zip(*(part.tolist() for part in np.unique(array, return_counts=True)), strict=True))
    return {
        "line": line,
        "file": file,
        "volumes": [(value, voxels[value] * voxel_ml) for value in present],
        "taken": [value for value in wanted if value in present],
        "missing": [value for value in wanted if value not in present],
    }


def _examine_segments(mask: sitk.Image, row: MaskRow) -> Found:
    """`examine_labels` of a segmentation in layers: its segments may overlap, and share values."""
    import numpy as np
    import SimpleITK as sitk

    line, file, label = row
    segments = segments_of(mask)
    array = sitk.GetArrayViewFromImage(mask)
    voxel_ml = float(np.prod(mask.GetSpacing())) / 1000
    voxels = {one: int((array[..., one.layer] == one.value).sum()) for one in segments}
    taken = choose_segments(segments, label)
    return {
        "line": line,
        "file": file,
        "volumes": [(str(one), count * voxel_ml) for one, count in voxels.items() if count],
        "taken": [str(one) for one in taken if voxels[one]],
        "missing": [str(one) for one in taken if not voxels[one]],
    }


def label_problems(found: Iterable[Found], path: Path) -> list[Problem]:
    """Labels that no row of the table reads, and labels of a list that a mask lacks; all are warnings.

    Parameters
    ----------
    found
        As `examine_labels` gives it, for every row: a label that another row reads is read.
    path
        The cohort table, for the messages.
    """
    by_file: dict[str, list[Found]] = {}
    for one in found:
        by_file.setdefault(one["file"], []).append(one)
    problems = [problem for rows in by_file.values() for problem in _of_mask(rows, path)]
    return sorted(problems, key=lambda problem: int(problem.row))


def _of_mask(rows: list[Found], path: Path) -> list[Problem]:
    file, volumes = rows[0]["file"], rows[0]["volumes"]
    if len(volumes) > _MOST:
        return []  # grey values of an image, which is refused as a mask
    taken = {value for row in rows for value in row["taken"]}
    unread = [pair for pair in volumes if pair[0] not in taken]
    problems = []
    if unread and taken:
        read = _listed([pair for pair in volumes if pair[0] in taken])
        told = f"{file} holds labels that nothing reads: {_listed(unread)}; what is read: {read}."
        problems.append(_warning(rows[0], path, told, _REMEDY))
    for row in rows:
        if row["missing"] and row["taken"]:
            told = (
                f"{file} lacks {_named(row['missing'])} of the list; what is united: {_named(row['taken'])}."
            )
            remedy = "Nothing to do if this case has no such part; else look at the mask."
            problems.append(_warning(row, path, told, remedy))
    return problems


def _warning(row: Found, path: Path, told: str, remedy: str) -> Problem:
    return Problem(str(path), str(row["line"]), "label", "warning", told, remedy)


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
    """Read the masks of a cohort table and warn of labels as `label_problems` does.

    A mask that cannot be read is passed over: the stage that measures it says what is wrong with it.
    """
    rows = {str(place): (row,) for place, row in enumerate(mask_rows(table, label))}
    batch = execution.map(_examine_file, rows, stage="labels")
    return label_problems(batch.results.values(), path)


def _examine_file(row: MaskRow) -> Found:
    return examine_labels(read_mask(row[1]), row)


def mask_notes(file: str | Path, label: int | str) -> list[str]:
    """What to say of the labels of one mask of which `label` is read: sentences, most often none."""
    found = _examine_file((1, str(file), label))
    return [problem.problem for problem in label_problems([found], Path(file))]
