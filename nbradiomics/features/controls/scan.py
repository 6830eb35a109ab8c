"""The controls of the masks of one scan, made in memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, reduce

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.features.controls import voxels
from nbradiomics.features.controls.grid import FeatureGrid, OnGrid
from nbradiomics.features.controls.kinds import Control
from nbradiomics.features.controls.neighbours import neighbours
from nbradiomics.features.controls.places import displaced
from nbradiomics.features.parameters import Parameters
from nbradiomics.images.fit import on_grid
from nbradiomics.perturbation.boxes import region_like
from nbradiomics.preparation.tissue import foreground
from nbradiomics.rings.shells import ring_around

Mask = NDArray[np.bool_]


class ControlScan:
    """One scan with all regions that were drawn on it.

    Parameters
    ----------
    image
        Image of the scan.
    drawn
        Reads the regions of all lesions and all readers, 1 inside: no control may take them for other tissue.
    parameters
        Parameters of the extraction.
    ring_mm
        Width of the ring around a region.
    name
        Name of the image in messages.
    """

    def __init__(
        self,
        image: sitk.Image,
        drawn: Callable[[], list[sitk.Image]],
        parameters: Parameters,
        ring_mm: float,
        name: str,
    ) -> None:
        self.image = image
        self.drawn = drawn
        self.parameters = parameters
        self.ring_mm = ring_mm
        self.name = name
        self._last: tuple[sitk.Image, OnGrid] | None = None

    def with_voxels(
        self, region: sitk.Image, control: Control, rng: np.random.Generator, name: str
    ) -> tuple[sitk.Image, sitk.Image, Parameters]:
        """Image, region and parameters of a control that changes the voxels of a region.

        Parameters
        ----------
        region
            The region, 1 inside.
        control
            One of `OF_VOXELS`.
        rng
            Random numbers of this control and region.
        name
            Name of the region in messages.

        Raises
        ------
        InputError
            When the region is refused as in an extraction, or the control cannot be made.
        """
        ready = self._on_grid(region, name)
        values = ready.values
        if control == "shuffled":
            new = voxels.shuffled(values, rng)
        elif control == "random":
            new = voxels.between_extremes(values, rng)
        else:
            near = neighbours(self._voxels(region), self._free, self._spacing, self.ring_mm, rng)
            around = sitk.GetArrayViewFromImage(self.grid.normalised)[tuple(near.T)]
            new = voxels.from_neighbours(values, around, rng)
        return ready.with_values(new), ready.region, self.grid.rest

    def elsewhere(self, region: sitk.Image, control: Control, rng: np.random.Generator) -> sitk.Image:
        """Region of a control that measures another place of the same image.

        The parameters are those of `with_voxels`.

        Raises
        ------
        InputError
            When there is no such place.
        """
        if control == "whole":
            return region_like(self._require(self.tissue, "the image has no foreground"), self.image)
        if control == "ring":
            problem = f"there is no tissue within {self.ring_mm:g} mm of the region"
            return region_like(self._require(self._ring(region), problem), self.image)
        inside = self._voxels(region)
        return region_like(displaced(inside, self._free & ~inside, rng), self.image)

    @cached_property
    def grid(self) -> FeatureGrid:
        """The grid on which features are measured."""
        return FeatureGrid(self.image, self.parameters, self.name)

    @cached_property
    def tissue(self) -> Mask:
        """The foreground of the image, z, y, x."""
        return foreground(self.image)

    @cached_property
    def tumours(self) -> Mask:
        """Everything that a reader drew on the scan, z, y, x."""
        nothing = np.zeros(self.image.GetSize()[::-1], dtype=bool)
        return reduce(np.logical_or, map(self._voxels, self.drawn()), nothing)

    @cached_property
    def _free(self) -> Mask:
        """Tissue without tumour, z, y, x."""
        return self.tissue & ~self.tumours

    @property
    def _spacing(self) -> tuple[float, float, float]:
        x, y, z = self.image.GetSpacing()
        return z, y, x

    def _on_grid(self, region: sitk.Image, name: str) -> OnGrid:
        """The controls of one region share its grid: they are made one after the other."""
        if self._last is None or self._last[0] is not region:
            self._last = region, self.grid.of(region, name)
        return self._last[1]

    def _ring(self, region: sitk.Image) -> Mask:
        inside = self._voxels(region)
        others = self.tumours & ~inside
        return ring_around(inside, self._spacing, self.ring_mm, body=self.tissue, others=others).mask

    def _voxels(self, region: sitk.Image) -> Mask:
        """Voxels of a region on the grid of the image, where PyRadiomics would place it."""
        if self.parameters.fit.correct:
            region = on_grid(sitk.Image(region), self.image, name=self.name)
        return np.asarray(sitk.GetArrayViewFromImage(region) != 0)

    @staticmethod
    def _require(inside: Mask, problem: str) -> Mask:
        if not inside.any():
            raise InputError(
                f"{problem}, so that this control has nothing to measure.",
                "Look at the image, or leave out this control.",
            )
        return inside
