"""The cases of a training: a reader's masks in a cohort, each opened and checked before the training."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbradiomics.cohort import Case, Channel, Cohort
from nbradiomics.cohort.case_region import DEFAULT_LABEL, read_case_region
from nbradiomics.cohort.columns import SCAN
from nbradiomics.cohort.lesions import apply_lesion_rule, divided, require_lesions_told_apart
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Batch
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.workspace import content_hash
from nbradiomics.images.grid import require_same_grid
from nbradiomics.images.io import read_image, write_image
from nbradiomics.segmentation.model_files.card import image_fingerprint
from nbradiomics.segmentation.prediction.inputs import require_usable
from nbradiomics.segmentation.training.splits import Origin
from nbradiomics.tables import AUTO

if TYPE_CHECKING:
    import SimpleITK as sitk

STAGE = "examine"
#: Training images are turned to these voxel axes: towards left, posterior, superior.
ORIENTATION = "LPS"
#: Channel name of an image without channel and sequence in the cohort.
UNNAMED = "MR"
_UNSPECIFIED = "unspecified"


@dataclass(frozen=True)
class Examined:
    """Properties of the files of a case.

    Attributes
    ----------
    fingerprints
        `image_fingerprint` of each channel.
    contents
        `content_hash` of each channel and of each mask.
    empty
        Whether the mask is empty (an image without tumour).
    """

    fingerprints: tuple[str, ...]
    contents: tuple[str, ...]
    empty: bool


def find_cases(
    cohort: Cohort, *, reader: str, sequence: str | None = None, lesions: str = "union"
) -> dict[str, Case]:
    """Find the scans of one sequence with a mask of a reader, and use the first reading of each.

    Parameters
    ----------
    cohort
        The images and masks.
    reader
        Reader whose masks are used for training.
    sequence
        The sequence; not needed if there is only one.
    lesions
        Rule for several lesions; only ``union`` suits a model that does not distinguish lesions.

    Returns
    -------
    dict
        Cases by the name of their scan, in the order of the table.

    Raises
    ------
    InputError
        When the cohort has no such reader or sequence, or the rule needs separate lesions.
    """
    readers = cohort.readers()
    if reader == AUTO:
        raise InputError(
            f"reader is {AUTO!r}, but a model must not be trained on masks of a model.",
            f"Name another reader: {', '.join(name for name in readers if name != AUTO)}.",
        )
    if reader not in readers:
        listed = ", ".join(readers) or "none"
        raise InputError(f"no reader {reader!r} in {cohort.path}.", f"Its readers: {listed}.")
    drawn, _ = divided([case for case in cohort.cases() if case.reader == reader])
    chosen = _of_one_sequence(drawn, sequence, reader)
    require_lesions_told_apart(lesions, {case.roi for case in chosen}, with_model=True)
    cases: dict[str, Case] = {}
    for case in sorted(apply_lesion_rule(chosen, lesions), key=lambda case: case.reading):
        cases.setdefault(case.scan.name, case)
    return {scan.name: cases[scan.name] for scan in cohort.scans() if scan.name in cases}


def _of_one_sequence(cases: list[Case], sequence: str | None, reader: str) -> list[Case]:
    sequences = sorted({case.scan.sequence for case in cases})
    if sequence is None and len(sequences) > 1:
        raise InputError(
            f"reader {reader!r} has masks on several sequences: {', '.join(sequences)}.",
            "Choose one with --sequence: a model is trained on one sequence.",
        )
    if sequence is not None and sequence not in sequences:
        raise InputError(
            f"reader {reader!r} has no mask on a sequence {sequence!r}.",
            f"Its sequences: {', '.join(sequences)}.",
        )
    return [case for case in cases if case.scan.sequence in (sequence or sequences[0])]


def origins(cases: dict[str, Case], cohort: Cohort) -> dict[str, Origin]:
    """Subject and site of each case; the site is empty if the cohort has none."""
    named = cohort.table[cohort.table["site"] != ""].drop_duplicates(SCAN)
    sites = dict(zip(named[SCAN].itertuples(index=False, name=None), named["site"], strict=True))
    return {
        name: Origin(case.scan.subject, str(sites.get(tuple(case.scan.index().values()), "")))
        for name, case in cases.items()
    }


def channels_of(cases: dict[str, Case]) -> tuple[str, ...]:
    """Names of the channels of most cases, in their most frequent order.

    A single image without a channel name gets the name of its sequence, or `UNNAMED`.
    """
    return Counter(_names(case) for case in cases.values()).most_common(1)[0][0]


def _names(case: Case) -> tuple[str, ...]:
    names = tuple(channel.name for channel in case.scan.channels)
    sequence = case.scan.sequence
    return names if any(names) else (UNNAMED if sequence == _UNSPECIFIED else sequence,) * len(names)


def channel_files(case: Case, channels: tuple[str, ...]) -> tuple[Path, ...]:
    """Image files of a case in the order of `channels`, independent of their order in the table.

    Raises
    ------
    InputError
        When the case has different channels.
    """
    available = dict(zip(map(str.casefold, _names(case)), case.scan.channels, strict=True))
    if set(available) != {name.casefold() for name in channels}:
        raise InputError(
            f"{case.scan.name} has the channels {', '.join(_names(case))}; {', '.join(channels)} were "
            "expected, as in most cases.",
            "Give every case the same channels, with the same names in the column `channel`.",
        )
    ordered: list[Channel] = [available[name.casefold()] for name in channels]
    return tuple(channel.image for channel in ordered)


def examine_cases(
    cases: dict[str, Case],
    channels: tuple[str, ...],
    *,
    label: int = DEFAULT_LABEL,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> Batch[Examined]:
    """Open each case, and separate those that can be used for training from those that cannot."""
    arguments = {name: (case, channels, label) for name, case in cases.items()}
    return execution.map(_examine, arguments, stage=STAGE)


def _examine(case: Case, channels: tuple[str, ...], label: int) -> Examined:
    images, region = read_training_case(case, channels, label)
    voxels = _array(region)
    if voxels.all():
        raise InputError(
            f"{case.masks[0].path}: the mask covers the whole image.",
            "Give a mask of the tumour; a network cannot learn from this mask.",
        )
    files = [*channel_files(case, channels), *(mask.path for mask in case.masks)]
    return Examined(
        tuple(image_fingerprint(image) for image in images),
        tuple(content_hash(file) for file in files),
        empty=not voxels.any(),
    )


def read_training_case(
    case: Case, channels: tuple[str, ...], label: int
) -> tuple[list[sitk.Image], sitk.Image]:
    """Images of a case in the order of `channels`, and the region of its masks (8-bit), on one grid.

    Raises
    ------
    InputError
        When a file cannot be used, the channels or the grids differ, or an image has values that are not
        finite or has the same value everywhere.
    """
    files = channel_files(case, channels)
    images = [read_image(file) for file in files]
    region = read_case_region(case, label)
    for file, image in zip(files, images, strict=True):
        require_same_grid(region, image, names=(str(case.masks[0].path), str(file)))
        require_usable(image, str(file))
    return images, region


def write_raw_case(case: Case, channels: tuple[str, ...], label: int, folder: Path, identifier: str) -> None:
    """Write a case, turned to `ORIENTATION`, into an nnU-Net raw dataset under nnU-Net's names."""
    import SimpleITK as sitk

    images, region = read_training_case(case, channels, label)
    for number, image in enumerate(images):
        # The grids are the same within tolerance, but nnU-Net compares them exactly.
        image.CopyInformation(region)
        file = folder / "imagesTr" / f"{identifier}_{number:04d}.nii.gz"
        write_image(sitk.DICOMOrient(image, ORIENTATION), file)
    write_image(sitk.DICOMOrient(region, ORIENTATION), folder / "labelsTr" / f"{identifier}.nii.gz")


def _array(image: sitk.Image) -> Any:
    """View of the voxels, axes z, y, x; valid as long as the image exists."""
    import SimpleITK as sitk

    return sitk.GetArrayViewFromImage(image)
