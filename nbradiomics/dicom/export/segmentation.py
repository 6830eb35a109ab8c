"""Make a DICOM SEG of the regions that one reader drew on one scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.export.codes import concept, snomed
from nbradiomics.dicom.export.frames import Frame
from nbradiomics.dicom.export.identity import Identity
from nbradiomics.dicom.export.placing import Placed
from nbradiomics.dicom.export.regions import Algorithm, Author, Region, plain, tracking_uid
from nbradiomics.dicom.export.segmentation_details import (
    end_with_null,
    name_dimensions,
    refer_to_frames,
    state_spacing,
)
from nbradiomics.dicom.export.settings import ExportSettings
from nbradiomics.dicom.export.stand_in import slices
from nbradiomics.dicom.export.times import with_fixed_times
from nbradiomics.dicom.export.uids import named_by_content, uid_of
from nbradiomics.errors import InputError
from nbradiomics.system.quiet import quiet

if TYPE_CHECKING:
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.seg import Segmentation, SegmentDescription

#: Manufacturer and model of the objects.
MANUFACTURER = "nbradiomics"
SERIES_NUMBERS = {"SEG": 9001, "SR": 9002}
#: Packed masks of smaller frames would not be read back.
_FEWEST_PIXELS = 8


@dataclass(frozen=True)
class Source:
    """A series, and its slices under the planes of a mask.

    Attributes
    ----------
    identity
        Patient, study and series.
    planes
        A slice for each plane; ``None`` for a plane that no region touches and on which several images lie.
    spacing
        Distance of the planes in mm.
    """

    identity: Identity
    planes: tuple[Placed | None, ...]
    spacing: float

    @property
    def frames(self) -> list[Frame]:
        """The slices, in the order of the planes."""
        return [one.frame for one in self.planes if one is not None]


@dataclass(frozen=True)
class Drawing:
    """What the objects of one reader and scan have in common: their source, who drew, and what was drawn."""

    source: Source
    author: Author
    settings: ExportSettings


def segmentation_of(drawing: Drawing, regions: Mapping[str, Region]) -> tuple[Segmentation, bytes]:
    """Make a binary segmentation with a segment for each region.

    Parameters
    ----------
    drawing
        The series on whose grid the regions are, who made them, and what they are.
    regions
        Regions by name, none of them empty.

    Returns
    -------
    highdicom.seg.Segmentation, bytes
        The object, and its file: it depends on the arguments and the versions of the software alone.

    Raises
    ------
    InputError
        When a region is empty, or a slice has fewer than 8 pixels.
    """
    import highdicom

    source, author = drawing.source, drawing.author
    frames, series = source.frames, source.identity.series
    _require_content(regions, frames[0])
    date, time = source.identity.when
    with quiet():
        segmentation = highdicom.seg.Segmentation(
            source_images=slices(source.identity, frames, source.spacing),
            pixel_array=_pixels(source, [region.array for region in regions.values()]),
            segmentation_type="BINARY",
            segment_descriptions=_descriptions(regions, drawing),
            series_instance_uid=uid_of("series", "SEG", series, author.reader, author.reading),
            series_number=SERIES_NUMBERS["SEG"],
            sop_instance_uid=uid_of("unnamed"),
            instance_number=1,
            manufacturer=MANUFACTURER,
            manufacturer_model_name=MANUFACTURER,
            software_versions=version("nbradiomics"),
            device_serial_number="none",
            content_label="NBRADIOMICS",
            content_description=plain(f"Masks: {author.title}"),
            content_creator_name=person(author.reader),
            series_description=plain(f"nbradiomics masks: {author.title}"),
            specific_character_set="ISO_IR 192",
            content_date=date,
            content_time=time,
        )
        refer_to_frames(segmentation, frames)
        end_with_null(segmentation)
        with_fixed_times(segmentation, date, time)
        if None in source.planes:
            state_spacing(segmentation, source.spacing)
        name_dimensions(segmentation, uid_of("dimensions", series, author.reader, author.reading))
        return segmentation, named_by_content(segmentation)


def _require_content(regions: Mapping[str, Region], frame: Frame) -> None:
    for name, region in regions.items():
        if not region.array.any():
            raise InputError(f"region {name!r} is empty.", "There is nothing to export; correct the mask.")
    if frame.shape[0] * frame.shape[1] < _FEWEST_PIXELS:
        raise InputError(
            f"the slices of the series have fewer than {_FEWEST_PIXELS} pixels.", "Use the whole images."
        )


def _pixels(source: Source, arrays: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint8]:
    """Frames x rows x columns x segments, in the order and the orientation of the source's slices."""
    return np.stack(
        [
            np.stack([one.pixels(array) for array in arrays], axis=-1)
            for one in source.planes
            if one is not None
        ]
    ).astype(np.uint8)


def _descriptions(regions: Mapping[str, Region], drawing: Drawing) -> list[SegmentDescription]:
    from highdicom.seg import SegmentDescription

    author, settings = drawing.author, drawing.settings
    descriptions = [
        SegmentDescription(
            segment_number=number,
            segment_label=plain(name),
            segmented_property_category=concept("49755003", "SCT", "Morphologically Abnormal Structure"),
            segmented_property_type=snomed(settings.finding),
            algorithm_type=region.kind,
            algorithm_identification=region.algorithm and _identification(region.algorithm),
            tracking_uid=tracking_uid(drawing.source.identity.series, author, name),
            tracking_id=plain(f"{name}, {author.title}"),
            anatomic_regions=[snomed(settings.organ)] if settings.organ else None,
        )
        for number, (name, region) in enumerate(regions.items(), 1)
    ]
    for description, region in zip(descriptions, regions.values(), strict=True):
        if region.kind == "SEMIAUTOMATIC":
            # The standard wants only the name, and a consensus of readers is no artificial intelligence.
            del description.SegmentationAlgorithmIdentificationSequence
    return descriptions


def _identification(algorithm: Algorithm) -> AlgorithmIdentificationSequence:
    from highdicom import AlgorithmIdentificationSequence
    from pydicom.sr.codedict import codes

    return AlgorithmIdentificationSequence(
        name=algorithm.name, family=codes.DCM.ArtificialIntelligence, version=algorithm.version
    )


def person(reader: str) -> str:
    """Name of a reader as a person's name: the signs that have a meaning in one are replaced."""
    return plain(reader.translate(str.maketrans("^=", "--")))
