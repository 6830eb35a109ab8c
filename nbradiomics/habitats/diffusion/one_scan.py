"""Read the diffusion images of one scan, fit them, and write the maps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from typing_extensions import TypedDict

from nbradiomics.cohort import Case, Scan
from nbradiomics.cohort.case_region import read_case_region, region_hashes
from nbradiomics.errors import InputError, StorageError
from nbradiomics.execution.batch import Failure, failure_of
from nbradiomics.execution.workspace import PASSING, Payload, content_hash, hashes_by_name, result_key
from nbradiomics.habitats.diffusion.b_values import DiffusionImage
from nbradiomics.habitats.diffusion.maps import DiffusionMaps, diffusion_maps
from nbradiomics.habitats.diffusion.settings import DiffusionSettings
from nbradiomics.images.grid import grid_difference
from nbradiomics.images.io import read_image, write_image
from nbradiomics.system.versions import installed_version

STAGE = "adc"
#: Columns of voxels without a valid ADC, and their meaning in a message.
_REASONS = {
    "no_signal": "with a signal of 0 or less, or none, in one of the images",
    "not_converged": "whose fit found no optimum",
    "at_noise": "with a signal or an ADC within the noise",
    "negative": "with an ADC of 0 or less",
    "too_large": "with an ADC above 0.01 mm2/s",
}


class MadeMaps(TypedDict):
    """Stored result: the row of the table, hashes of the written files by name, masks that failed."""

    row: dict[str, Any]
    files: dict[str, str]
    failures: list[list[str]]
    passing: bool


@dataclass(frozen=True)
class DiffusionJob:
    """The diffusion images of a scan, its masks, and the files to write."""

    scan: Scan
    images: tuple[DiffusionImage, ...]
    cases: tuple[Case, ...]
    label: int
    adc_file: Path
    error_file: Path
    settings: DiffusionSettings

    def key(self) -> str:
        """Key of the stored result."""
        return result_key(
            STAGE,
            scan=self.scan.key,
            images=[[content_hash(image.file), image.b_value] for image in self.images],
            masks=[region_hashes(case, self.label) for case in self.cases],
            settings=self.settings.model_dump(),
            engine=[installed_version(package) for package in ("numpy", "scipy", "SimpleITK")],
        )

    def file_hashes(self) -> dict[str, str]:
        """Hashes of the files that are there, by their names."""
        files = (self.adc_file, self.error_file)
        return hashes_by_name(files)

    def make(self) -> Payload:
        """Fit the images and write the maps."""
        images = read_on_one_grid([(image.channel, image.file) for image in self.images])
        for named, image in zip(self.images, images, strict=True):
            _require_contrast(image, named)
        signals = np.stack([_voxels(image) for image in images], axis=1)
        region, kind, failures = self._region(images[0])
        b_values = np.array([image.b_value for image in self.images])
        maps = diffusion_maps(signals, b_values, region, self.settings)
        _require_valid(maps, region, kind)
        _write(maps.adc, images[0], self.adc_file)
        self.error_file.unlink(missing_ok=True)
        if maps.error is not None:
            _write(maps.error, images[0], self.error_file)
        row = {
            **self.scan.index(),
            "variant": self.scan.variant,
            "b_values": ", ".join(f"{value:g}" for value in b_values),
            "noise_floor": self.settings.noise_floor and maps.noise.sigma is not None,
            "region": kind,
            **_described(maps, signals, region),
        }
        return {
            "row": row,
            "files": self.file_hashes(),
            "failures": [[one.case, one.stage, one.cause, one.hint, one.details] for one in failures],
            PASSING: bool(failures),  # failures are never stored
        }

    def _region(self, image: sitk.Image) -> tuple[NDArray[np.bool_], str, list[Failure]]:
        """Voxels of all masks on the grid of the diffusion images, or the bright ones; masks that failed."""
        regions: list[sitk.Image] = []
        failures: list[Failure] = []
        for case in self.cases:
            try:
                regions.append(read_case_region(case, self.label))
            except StorageError:
                raise
            except Exception as error:  # as in `execution.batch.guarded`
                failures.append(failure_of(case.name, STAGE, error))
        regions = [region for region in regions if not grid_difference(region, image)]
        if regions and (inside := _voxels(reduce(sitk.Or, regions)) != 0).any():
            return inside, "masks", failures
        bright = sitk.OtsuThreshold(sitk.Cast(image, sitk.sitkFloat64), 0, 1)
        return _voxels(bright) != 0, "bright voxels", failures


def read_on_one_grid(files: list[tuple[str, Path]]) -> list[sitk.Image]:
    """Read channels of a scan, and refuse other grids than that of the first.

    Raises
    ------
    InputError
        When an image cannot be read, or has another grid.
    """
    images = [read_image(file) for _, file in files]
    for (name, _), image in zip(files[1:], images[1:], strict=True):
        difference = grid_difference(images[0], image)
        if difference:
            raise InputError(
                f"the channels {files[0][0]} and {name} have different grids: {difference}.",
                "Resample the channels to one grid first (registration is a step of the preparation).",
            )
    return images


def _require_contrast(image: sitk.Image, named: DiffusionImage) -> None:
    values = sitk.GetArrayViewFromImage(image)
    if values.min() == values.max():
        raise InputError(
            f"all voxels of the channel {named.channel} ({named.file}) have the value {values.flat[0]:g}.",
            "Look at the file, or leave it out.",
        )


def _require_valid(maps: DiffusionMaps, region: NDArray[np.bool_], kind: str) -> None:
    """Refuse maps without a single value where they are needed: their 0 would be measured."""
    reasons = maps.reason[region]
    if (reasons != "").all():
        found = ", ".join(
            f"{(reasons == name).sum()} {words}" for name, words in _REASONS.items() if name in reasons
        )
        raise InputError(
            f"no voxel of the {kind} has a valid ADC: {found}.",
            "Look at the diffusion images in a viewer, and check their b-values.",
        )


def _voxels(image: sitk.Image) -> NDArray[np.float64]:
    return np.asarray(sitk.GetArrayViewFromImage(image), dtype=np.float64).ravel()


def _write(values: NDArray[np.float64], like: sitk.Image, file: Path) -> None:
    shape = sitk.GetArrayViewFromImage(like).shape
    image = sitk.GetImageFromArray(values.reshape(shape).astype(np.float32))
    image.CopyInformation(like)
    write_image(image, file)


def _described(
    maps: DiffusionMaps, signals: NDArray[np.float64], region: NDArray[np.bool_]
) -> dict[str, Any]:
    reason, sigma = maps.reason[region], maps.noise.sigma
    valid = region & (maps.reason == "")
    none = float("nan")
    return {
        "noise_source": maps.noise.source,
        "sigma": none if sigma is None else sigma,
        "snr": none if sigma is None else float(np.median(signals[region, 0]) / sigma),
        "voxels": int(region.sum()),
        "fitted": int(valid.sum()),
        **{name: int((reason == name).sum()) for name in _REASONS},
        "adc": float(np.median(maps.adc[valid])) if valid.any() else none,
        "adc_error": float(np.median(maps.error[valid])) if valid.any() and maps.error is not None else none,
        "misfit": maps.misfit,
    }
