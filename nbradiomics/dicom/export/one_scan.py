"""Export the masks of one reader on one scan, with their features and the risks of the subject."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
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
from nbradiomics.dicom.export.placing import placed_on
from nbradiomics.dicom.export.recorded import origin_of
from nbradiomics.dicom.export.regions import Algorithm, Author, Region
from nbradiomics.dicom.export.report import report_of
from nbradiomics.dicom.export.segmentation import Drawing, Source, segmentation_of
from nbradiomics.dicom.export.settings import ExportSettings
from nbradiomics.dicom.export.values import UNION, FeatureValues, Risks, Software
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.execution.batch import FAULT
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
        The regions; all of one scan, reader and reading.
    files
        Files of the source series.
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
    files: tuple[Path, ...]
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
        frames, header = frames_of(self.files)
        if header is None:
            raise InputError("the source series has no readable file.", "Export the series again.")
        identity = identity_of(header)
        image = read_image(self.cases[0].scan.image)
        planes = placed_on(image, frames)
        regions = self._regions(image)
        across = planes[0][0].axes[0]
        used = np.any([region.array for region in regions.values()], axis=0)
        touched = used.any(axis=tuple(axis for axis in range(3) if axis != across))
        voxels = sitk.GetArrayViewFromImage(image)
        source = Source(identity, chosen(planes, voxels, touched), image.GetSpacing()[2 - across])
        author = Author(self.cases[0].reader, self.cases[0].reading)
        return Drawing(source, author, self.how.settings), regions

    def _regions(self, image: sitk.Image) -> dict[str, Region]:
        """Regions by name; the union is one of them if the feature table has its features."""
        regions = {}
        for case in self.cases:
            array = sitk.GetArrayFromImage(region_on(image, case, self.how.label)).astype(np.uint8)
            regions[case.roi] = Region(array, *origin_of(case.kind, self.how.model))
        if UNION in (self.features or {}) and UNION not in regions:
            array = np.any([region.array for region in regions.values()], axis=0).astype(np.uint8)
            first = next(iter(regions.values()))
            same = all((one.kind, one.algorithm) == (first.kind, first.algorithm) for one in regions.values())
            origin = (first.kind, first.algorithm) if same else origin_of("consensus", self.how.model)
            regions[UNION] = Region(array, *origin)
        return regions

    @cached_property
    def _named(self) -> list[tuple[str, str]]:
        """Paths that a message may hold, and what is written instead, the longest first."""
        named = [(str(self.cases[0].scan.image), "the image")]
        named += [(str(mask.path), f"the mask of {case.roi}") for case in self.cases for mask in case.masks]
        named += [(str(file), "a file of the source series") for file in self.files]
        return sorted(dict(named).items(), key=lambda one: -len(one[0]))

    def _without_paths(self, text: str) -> str:
        for path, name in self._named:
            text = text.replace(path, name)
        return text


def _write(content: bytes, file: Path) -> None:
    """Write a file; one with the same content is kept as it is."""
    if file.is_file() and file.stat().st_size == len(content) and file.read_bytes() == content:
        return
    with whole(file) as temporary:
        temporary.write_bytes(content)
