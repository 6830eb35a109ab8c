"""A structure set as a source of regions."""

from __future__ import annotations

from typing import Any

from nbradiomics.dicom.masks.index_grid import grid_of
from nbradiomics.dicom.masks.references import References
from nbradiomics.dicom.masks.region_names import Label, target_name
from nbradiomics.dicom.masks.region_source import Finding, Made, slices_by_image
from nbradiomics.dicom.masks.structure_sets.contours import Region, regions_of
from nbradiomics.dicom.masks.structure_sets.findings import refusal, warnings_about
from nbradiomics.dicom.masks.structure_sets.rasterised import rasterised
from nbradiomics.dicom.volume import Volume


class StructureSet:
    """Regions of a structure set that were drawn on a volume.

    Parameters
    ----------
    dataset
        The structure set.
    references
        What it refers to.
    volume
        The volume.
    """

    def __init__(self, dataset: Any, references: References, volume: Volume) -> None:
        # An object of other series alone is used as a whole, if at all.
        elsewhere = references.elsewhere(volume) if references.name_series(volume) else frozenset()
        self.regions = [one for one in regions_of(dataset) if not _drawn_on(one, elsewhere)]
        self.volume = volume
        self.grid = grid_of(volume.image)
        self.slice_of = slices_by_image(volume)

    def labels(self) -> list[Label]:
        """Labels of the regions, in the order of the file."""
        return [Label(one.number, (one.name,), target_name(one.name, one.kind)) for one in self.regions]

    def make(self, number: int) -> Made:
        """Rasterise a region."""
        several = [one for one in self.regions if one.number == number]
        region = several[0]
        if len(several) > 1:
            cause = "several regions of the structure set have the same number."
            return Made(error=Finding(cause, "Export the structure set again."))
        frame, own = region.frame_of_reference, self.volume.frame_of_reference
        if frame and own and frame != own:
            cause = "the region is in another frame of reference than the series."
            hint = "Its coordinates do not fit the image. Export it for this series, or register the two."
            return Made(error=Finding(cause, hint))
        made = rasterised(region, self.grid, self.slice_of)
        error = refusal(region, made)
        if error:
            return Made(error=error)
        volume = made.losses.polygons * self.grid.voxel
        return Made(made.voxels, warnings=list(warnings_about(made, self.grid.voxel)), outlined=volume)


def _drawn_on(region: Region, instances: frozenset[str]) -> bool:
    """Whether all images that the contours name are among some instances (of another series)."""
    named = {image for contour in region.contours for image, _ in contour.images}
    return bool(named) and named <= instances
