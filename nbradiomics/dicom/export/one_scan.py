"""Export the masks of one reader on one scan, with their features and the risks of the subject."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypedDict

import numpy as np
import SimpleITK as sitk

from nbradiomics.cohort import Case
from nbradiomics.cohort.case_region import region_on
from nbradiomics.dicom.discreet import discreet
from nbradiomics.dicom.export.frames import frames_of
from nbradiomics.dicom.export.identity import identity_of
from nbradiomics.dicom.export.matching import chosen
from nbradiomics.dicom.export.placing import Placed, placed_on
from nbradiomics.dicom.export.recorded import origin_of
from nbradiomics.dicom.export.regions import Algorithm, Author, Region
from nbradiomics.dicom.export.report import report_of
from nbradiomics.dicom.export.segmentation import Drawing, Source, segmentation_of
from nbradiomics.dicom.export.settings import ExportSettings
from nbradiomics.dicom.export.values import FeatureValues, Risks, Software
from nbradiomics.dicom.headers import read_header
from nbradiomics.dicom.series.records import Instance
from nbradiomics.errors import InputError, NbradiomicsError, StorageError
from nbradiomics.execution.batch import FAULT
from nbradiomics.execution.workspace import content_hash
from nbradiomics.files.atomic import whole
from nbradiomics.images.io import read_image

SEG_ENDING, SR_ENDING = "_seg.dcm", "_sr.dcm"


class Exported(TypedDict):
    """Result of a job: the columns of `EXPORTS` that it knows."""

    segments: int
    features: int
    missing_features: int
    risks: int
    missing_risks: int
    emptied: list[str]
    report: bool


@dataclass(frozen=True)
class How:
    """What all exports of a cohort have in common."""

    settings: ExportSettings
    model: Algorithm
    software: Software
    label: int
    out: Path


@dataclass(frozen=True)
class ExportJob:
    """Masks of one reader on one scan.

    Attributes
    ----------
    cases
        The regions: masks of one scan, reader and reading, and what else features were computed from.
    instances
        Records of the files of the source series.
    hashes
        SHA-256 of the images and masks from which the features were computed, as far as it is recorded.
    features
        Feature values by region; ``None`` if no feature table was given.
    risks
        Predictions for the subject, if the models used features of this scan and reader.
    stem
        Name of the files without ending.
    how
        What all jobs have in common.
    """

    cases: tuple[Case, ...]
    instances: tuple[Instance, ...]
    hashes: Mapping[Path, str]
    features: Mapping[str, FeatureValues] | None
    risks: Risks | None
    stem: str
    how: How

    @property
    def seg_file(self) -> Path:
        """File of the segmentation."""
        return self.how.out / f"{self.stem}{SEG_ENDING}"

    @property
    def sr_file(self) -> Path:
        """File of the report."""
        return self.how.out / f"{self.stem}{SR_ENDING}"

    def make(self) -> Exported:
        """Write the objects.

        Raises
        ------
        InputError
            When the objects cannot be made. The message names no file and no value of the source, because
            it is written to a table.
        """
        try:
            with discreet():
                return self._made()
        except StorageError:
            raise  # nothing can be written: that is no failure of one case
        except NbradiomicsError as error:
            raise InputError(
                self._without_paths(error.problem), self._without_paths(error.remedy), error.details
            ) from None
        except OSError as error:
            raise InputError(
                f"a file could not be read or written: {error.strerror or type(error).__name__}.",
                "Check the source files, their access rights and the free space of the disk.",
            ) from None
        except Exception as error:
            # No text of the exception, nor its arguments: they may hold values of the source's header.
            frames = "".join(traceback.format_tb(error.__traceback__))
            raise InputError(
                f"unexpected {type(error).__name__} while the objects were made.", FAULT, frames
            ) from None

    def _made(self) -> Exported:
        for path, digest in self.hashes.items():
            if content_hash(path) != digest:
                raise InputError(
                    f"{path} was changed after the features were computed.",
                    "Its features would be those of something else: repeat the run, then the export.",
                )
        drawing, regions = self._drawing()
        segmentation, content = segmentation_of(drawing, regions)
        _write(content, self.seg_file)
        found = {name: (self.features or {}).get(name) for name in regions}
        values = [one for one in found.values() if one is not None]
        reported = any(one.values for one in values) or (self.risks is not None and bool(self.risks.risks))
        if reported:
            _, content = report_of(drawing, segmentation, found, self.how.software, self.risks)
            _write(content, self.sr_file)
        else:
            self.sr_file.unlink(missing_ok=True)
        return Exported(
            segments=len(regions),
            features=sum(len(one.values) for one in values),
            missing_features=sum(one.missing for one in values),
            risks=len(self.risks.risks) if self.risks else 0,
            missing_risks=self.risks.missing if self.risks else 0,
            emptied=list(drawing.source.identity.emptied),
            report=reported,
        )

    def _drawing(self) -> tuple[Drawing, dict[str, Region]]:
        """Read the source and the regions on its grid."""
        image = read_image(self.cases[0].scan.image)
        planes = placed_on(image, frames_of(self.instances))
        # Any instance has the patient and the study; this one does not depend on names of files.
        first = min(self.instances, key=lambda one: (one.sop_instance, one.path))
        with discreet():
            identity = identity_of(read_header(Path(first.path)), _reference_of(planes))
        regions = self._regions(image)
        across = planes[0][0].axes[0]
        used = np.any([region.array for region in regions.values()], axis=0)
        touched = used.any(axis=tuple(axis for axis in range(3) if axis != across))
        voxels = sitk.GetArrayViewFromImage(image)
        slices = chosen(planes, voxels, touched, processed=self.how.settings.processed)
        source = Source(identity, slices, image.GetSpacing()[2 - across])
        author = Author(self.cases[0].reader, self.cases[0].reading)
        return Drawing(source, author, self.how.settings), regions

    def _regions(self, image: sitk.Image) -> dict[str, Region]:
        """Regions by name."""
        regions = {}
        for case in self.cases:
            array = sitk.GetArrayFromImage(region_on(image, case, self.how.label)).astype(np.uint8)
            regions[case.roi] = Region(array, *origin_of(case.kind, self.how.model))
        return regions

    @cached_property
    def _named(self) -> list[tuple[str, str]]:
        """Paths that a message may hold, and what is written instead, the longest first."""
        named = [(str(self.cases[0].scan.image), "the image")]
        # A file of several regions has the name of the first of them.
        named += [
            (str(mask.path), f"the mask of {case.roi}")
            for case in reversed(self.cases)
            for mask in case.masks
        ]
        named += [(one.path, "a file of the source series") for one in self.instances]
        return sorted(dict(named).items(), key=lambda one: -len(one[0]))

    def _without_paths(self, text: str) -> str:
        for path, name in self._named:
            text = text.replace(path, name)
        return text


def _reference_of(planes: Iterable[Iterable[Placed]]) -> str:
    """Frame of Reference UID of the slices on the planes of an image; empty if they state none."""
    found = {one.frame.reference for plane in planes for one in plane}
    if len(found) > 1:
        raise InputError(
            f"the slices of the source series under the image have {len(found)} frames of reference; one was "
            "expected.",
            "Positions of different frames of reference cannot be compared; export the series from the "
            "archive so that each image is one series.",
        )
    return found.pop()


def _write(content: bytes, file: Path) -> None:
    """Write a file; one with the same content is kept as it is."""
    if file.is_file() and file.stat().st_size == len(content) and file.read_bytes() == content:
        return
    with whole(file) as temporary:
        temporary.write_bytes(content)
