"""Divide the region of one case into habitats, write its maps, and describe it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from typing_extensions import TypedDict

from nbradiomics.cohort import Case
from nbradiomics.cohort.case_region import region_hashes
from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import Payload, content_hash, hashes_by_name, result_key
from nbradiomics.habitats.clusters.fit import Inputs
from nbradiomics.habitats.clusters.model import HabitatModel
from nbradiomics.habitats.description import (
    feature_columns,
    habitat_rows,
    interaction_rows,
    threshold_rows,
)
from nbradiomics.habitats.diffusion.b_values import DiffusionImage
from nbradiomics.habitats.diffusion.one_scan import read_on_one_grid
from nbradiomics.habitats.fit_again import fit_again
from nbradiomics.habitats.interaction import interaction_features, interaction_matrix
from nbradiomics.habitats.label_map import Labelled, label_array, labelled, on_grid
from nbradiomics.habitats.region_values import RegionValues, channel_hashes, read_values
from nbradiomics.images.grid import grid_difference
from nbradiomics.images.io import write_image
from nbradiomics.system.versions import installed_version

STAGE = "habitats"
#: Ends of the names of the written files.
MAP, CONFIDENCE, MASKS = "habitats", "confidence", "masks"


class MadeHabitats(TypedDict):
    """Stored result of a case: rows of the tables without the columns of the case, and file hashes."""

    region: dict[str, Any]
    habitats: list[dict[str, Any]]
    thresholds: list[dict[str, Any]]
    interactions: list[dict[str, Any]]
    diffusion: list[dict[str, Any]]
    features: dict[str, float]
    files: dict[str, str]


@dataclass(frozen=True)
class ApplyHow:
    """How a model is applied: default label of masks, least confidence, neighbours."""

    label: int
    confidence: float
    neighbours: int


@dataclass(frozen=True)
class HabitatJob:
    """A case, its model, its diffusion images (empty if there are none), and the stem of its files."""

    case: Case
    model: HabitatModel
    model_name: str
    images: tuple[DiffusionImage, ...]
    stem: Path
    how: ApplyHow

    def file(self, ending: str) -> Path:
        """File of the label map, the confidence, or the masks."""
        return self.stem.with_name(f"{self.stem.name}_{ending}.nii.gz")

    @property
    def inputs(self) -> Inputs:
        """Channels of the model."""
        return inputs_of(self.model)

    def key(self) -> str:
        """Key of the stored result."""
        return result_key(
            STAGE,
            model=self.model.model_dump(mode="json"),
            name=self.model_name,
            channels=channel_hashes(self.case.scan, self.inputs),
            images=[[content_hash(image.file), image.b_value] for image in self.images],
            mask=region_hashes(self.case, self.how.label),
            how=[self.how.confidence, self.how.neighbours],
            engine=[installed_version(package) for package in ("numpy", "scipy", "SimpleITK")],
        )

    def file_hashes(self) -> dict[str, str]:
        """Hashes of the files that are there, by their names."""
        files = [self.file(ending) for ending in (MAP, CONFIDENCE, MASKS)]
        return hashes_by_name(files)

    def make(self) -> Payload:
        """Label the voxels, write the maps and describe the habitats."""
        region = read_values(self.case, self.inputs, self.how.label)
        found = labelled(region, self.model)
        confident = found.confident(self.how.confidence)
        self._write(region, found, confident)
        channels = self.model.channels
        matrix = interaction_matrix(
            label_array(region, found.labels), self.model.clusters, self.how.neighbours
        )
        habitats = habitat_rows(region, found, confident, channels)
        return {
            "region": self._region_row(region, found, confident),
            "habitats": habitats,
            "thresholds": threshold_rows(region, found, channels),
            "interactions": interaction_rows(matrix),
            "diffusion": self._diffusion(region, confident),
            "features": feature_columns(habitats, matrix, interaction_features(matrix), channels),
            "files": self.file_hashes(),
        }

    def _write(self, region: RegionValues, found: Labelled, confident: NDArray[np.uint8]) -> None:
        write_image(_image(label_array(region, found.labels), region), self.file(MAP))
        self.file(CONFIDENCE).unlink(missing_ok=True)
        if self.model.has_confidence:
            confidence = on_grid(region, found.confidence, 0, 0).astype(np.float32)
            write_image(_image(confidence, region), self.file(CONFIDENCE))
        masks = on_grid(region, confident, 0, 0).astype(np.uint8)
        write_image(_image(masks, region), self.file(MASKS))

    def _region_row(
        self, region: RegionValues, found: Labelled, confident: NDArray[np.uint8]
    ) -> dict[str, Any]:
        return {
            "model": self.model_name,
            "voxels": len(region.valid),
            "no_value": int((~region.valid).sum()),
            "below_confidence": int((confident == 0).sum()),
            "confidence": self.how.confidence,
            "far": found.far,
            "errors": self.model.errors if self.model.error_channels else "none",
            "map": self.file(MAP).name,
        }

    def _diffusion(self, region: RegionValues, confident: NDArray[np.uint8]) -> list[dict[str, Any]]:
        """Fit the diffusion images again, if they are on the grid of the channels."""
        if not self.images:
            return []
        try:
            images = read_on_one_grid([(image.channel, image.file) for image in self.images])
        except InputError:
            return []
        if grid_difference(region.image, images[0]):
            return []
        signals = np.stack([sitk.GetArrayFromImage(image).ravel() for image in images], axis=1)
        labels = on_grid(region, confident, 0, 0).astype(np.uint8).ravel()
        b_values = np.array([image.b_value for image in self.images])
        return fit_again(signals.astype(np.float64), b_values, labels, self.model.clusters)


def inputs_of(model: HabitatModel) -> Inputs:
    """The inputs that a model needs; error maps only if it uses them."""
    errors = model.error_channels if model.errors != "none" else ()
    return Inputs(model.channels, model.units, errors, model.variant)


def _image(array: NDArray[Any], region: RegionValues) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    image.CopyInformation(region.image)
    return image
