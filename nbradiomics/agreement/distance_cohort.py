"""Maps of where the model's mask reaches further than a reader's and where it falls short."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.agreement.cohort import require_grid_of
from nbradiomics.agreement.compare import comparison_status
from nbradiomics.agreement.distance_map import signed_distance_map
from nbradiomics.agreement.pairs import AUTO_PAIR, Pair, by_region, pairs_of_region
from nbradiomics.cohort import AUTOMATIC, Case, Cohort
from nbradiomics.cohort.case_region import DEFAULT_LABEL, read_case_region
from nbradiomics.cohort.lesions import apply_lesion_rule, divided
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution
from nbradiomics.files.names import file_stems
from nbradiomics.images.io import write_image

STAGE = "distance maps"


def write_distance_maps(
    cohort: Cohort,
    folder: Path,
    *,
    lesions: str = "union",
    label: int = DEFAULT_LABEL,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> list[Failure]:
    """Write the signed distance maps of the model against each reader, as made by `signed_distance_map`.

    Parameters
    ----------
    cohort
        The masks; maps are made of the model's masks and the readers' independent ones.
    folder
        Folder of the maps: one compressed NIfTI file per scan, region and reader. A pair with an empty mask
        gets no map; the column `status` of the agreement table shows these pairs.
    lesions, label, execution
        As in `compare_cohort`.

    Returns
    -------
    list of Failure
        Pairs whose map could not be made.
    """
    pairs = [
        pair
        for cases in by_region(apply_lesion_rule(divided(cohort.cases())[0], lesions, label=label))
        for pair in pairs_of_region(cases)
        if pair.kind == AUTO_PAIR
    ]
    several = len({pair.first.roi for pair in pairs}) > 1
    words = [
        (*pair.first.scan.index().values(), *([pair.first.roi] if several else []), _sides(pair)[1].reader)
        for pair in pairs
    ]
    tasks = {
        pair.name: (pair, folder / f"{stem}.nii.gz", label)
        for pair, stem in zip(pairs, file_stems(words), strict=True)
    }
    return execution.map(_write_map, tasks, stage=STAGE).failures


def _sides(pair: Pair) -> tuple[Case, Case]:
    """The case of the model, and the case of the reader."""
    return (pair.first, pair.second) if pair.first.kind == AUTOMATIC else (pair.second, pair.first)


def _write_map(pair: Pair, file: Path, label: int) -> str:
    auto, reader = _sides(pair)
    region, reference = (read_case_region(case, label) for case in (auto, reader))
    require_grid_of(region, reference, auto, reader.masks[0].path)
    status = comparison_status(region, reference)
    if status == "ok":
        write_image(signed_distance_map(region, reference), file)
    return status
