"""Derive the ring, rim and core of one drawn region, and write their masks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from typing_extensions import TypedDict

from nbradiomics.cohort import Case
from nbradiomics.cohort.case_region import region_hashes, region_on
from nbradiomics.errors import InputError, StorageError
from nbradiomics.execution.batch import failure_of
from nbradiomics.execution.stage_names import StageName
from nbradiomics.execution.workspace import PASSING, Payload, content_hash, hashes_by_name, result_key
from nbradiomics.images.io import read_image, write_image
from nbradiomics.rings.distance import Mask
from nbradiomics.rings.parts import Part, Scene, parts_of
from nbradiomics.rings.settings import RegionSettings
from nbradiomics.system.versions import installed_version


class MadeRegions(TypedDict):
    """Stored result of a job: rows of the table, failures, and the hashes of the files."""

    rows: list[dict[str, Any]]
    failures: list[list[str]]
    files: dict[str, str]
    passing: bool


@dataclass(frozen=True)
class RegionJob:
    """The derived regions of one drawn region.

    Attributes
    ----------
    case
        The drawn region.
    prefix
        Name of the drawn region in the names of the derived ones; empty if there is one only.
    others
        Other lesions of the scan by the same reader.
    body
        Masks of the body on the scan: one, or none if the settings name none.
    files
        File of each derived region by its name.
    settings, label
        What is made; label of masks for which the cohort table names none.
    """

    case: Case
    prefix: str
    others: tuple[Case, ...]
    body: tuple[Case, ...]
    files: dict[str, Path]
    settings: RegionSettings
    label: int

    def key(self) -> str:
        """Key of the stored result: everything that it depends on, except the folder of its files."""
        return result_key(
            StageName.ROIS,
            image=content_hash(self.case.scan.image),
            case=self.case.name,
            masks=[region_hashes(each, self.label) for each in (self.case, *self.others, *self.body)],
            others=len(self.others),
            prefix=self.prefix,
            settings=self.settings.model_dump(),
            files=[path.name for path in self.files.values()],
            engine=[installed_version(package) for package in ("numpy", "scipy", "SimpleITK")],
        )

    def file_hashes(self) -> dict[str, str]:
        """Hashes of the files, by their names."""
        return hashes_by_name(self.files.values())

    def make(self) -> Payload:
        """Make and write the regions; one that fails does not stop the others."""
        rows, failures = [], []
        try:
            image = read_image(self.case.scan.image)
            made = parts_of(self._scene(image), self.settings)
        except StorageError:
            raise
        except Exception as error:  # as in `execution.batch.guarded`
            made = [Part(error, {})] * len(self.files)
        for (name, file), part in zip(self.files.items(), made, strict=True):
            rows.append({"name": name, **part.row})
            if isinstance(part.mask, Exception):
                file.unlink(missing_ok=True)
                failures.append(failure_of(f"{self.case.name}/{name}", StageName.ROIS, part.mask))
            else:
                write_image(_on_grid(part.mask, image), file)
        return {
            "rows": rows,
            "failures": [[one.case, one.stage, one.cause, one.hint, one.details] for one in failures],
            "files": self.file_hashes(),
            PASSING: bool(failures),  # failures are never stored
        }

    def _scene(self, image: sitk.Image) -> Scene:
        region = _voxels(region_on(image, self.case, self.label))
        others = np.zeros_like(region)
        for other in self.others:
            others |= _voxels(region_on(image, other, self.label))
        values = sitk.GetArrayViewFromImage(image)
        return Scene(
            region=region,
            others=others & ~region,
            body=self._body(image),
            lowest=np.asarray(values == np.fmin.reduce(values, axis=None)),
            spacing=image.GetSpacing()[::-1],
        )

    def _body(self, image: sitk.Image) -> Mask | None:
        if self.settings.body is None:
            return None
        if len(self.body) != 1:
            names = ", ".join(sorted({case.reader for case in self.body}))
            found = (
                f"has masks of the body by several readers ({names})" if names else "has no mask of the body"
            )
            raise InputError(
                f"{self.case.scan.name} {found} (roi {self.settings.body!r}).",
                "Give each scan one mask of the body, or one by each reader.",
            )
        return _voxels(region_on(image, self.body[0], self.label))


def _voxels(region: sitk.Image) -> Mask:
    return np.asarray(sitk.GetArrayFromImage(region) > 0)


def _on_grid(mask: Mask, image: sitk.Image) -> sitk.Image:
    made = sitk.GetImageFromArray(mask.astype(np.uint8))
    made.CopyInformation(image)
    return made
