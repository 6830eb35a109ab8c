"""Features of the masks of a cohort and of their variants, which are made in memory and never written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import SimpleITK as sitk

from nbradiomics.cohort import Case, Scan
from nbradiomics.cohort.case_region import region_hashes, region_on
from nbradiomics.cohort.derived_regions import is_derived
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.execution.batch import Batch
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.workspace import Payload
from nbradiomics.features.engines.extraction import Extraction
from nbradiomics.features.extract import extract_regions
from nbradiomics.features.grouped import extract_items, payload_of
from nbradiomics.features.held import HeldRow
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.parameters.single_masks import require_single_masks
from nbradiomics.features.scans import case_key
from nbradiomics.features.variants.scan import ScanVariants, room_for
from nbradiomics.images.fit import on_grid
from nbradiomics.images.grid import grid_difference
from nbradiomics.images.io import read_image
from nbradiomics.perturbation import Variant, grid as perturbed_grids, perturbed_region, seed_of


@dataclass(frozen=True)
class VariantOfCase:
    """A case, one variant of it, and all cases of its scan."""

    case: Case
    variant: Variant
    beside: tuple[Case, ...]

    @property
    def name(self) -> str:
        """Name of the row: that of the case for the original."""
        return self.case.name if self.variant == Variant() else f"{self.case.name}/{self.variant.name}"

    @property
    def scan(self) -> Scan:
        """The scan of the case."""
        return self.case.scan


def variants_of(cases: Sequence[Case], variants: Sequence[Variant]) -> dict[str, VariantOfCase]:
    """Return the original and the variants of every case, by the name of their row.

    Raises
    ------
    InputError
        When a variant occurs twice, or is one of a simulated reader, or a region is a derived one.
    """
    if len(set(variants)) < len(variants):
        raise InputError("the variants have duplicates.", "Give each variant once.")
    if any(variant.reader for variant in variants):
        raise InputError(
            "simulated readers are drawn from the readers of a cohort, which an extraction does not see.",
            "Write these variants with `nbradiomics perturb`, and extract the cohort table that it writes.",
        )
    derived = sorted({case.roi for case in cases if is_derived(case.roi)})
    if derived:
        raise InputError(
            f"the derived regions {', '.join(derived)} have no variants of their own.",
            "Extract them without perturbation, or make them from masks that `nbradiomics perturb` wrote.",
        )
    scans: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        scans[case.scan.name].append(case)
    items = [
        VariantOfCase(case, variant, tuple(scans[case.scan.name]))
        for case in cases
        for variant in dict.fromkeys((Variant(), *variants))
    ]
    return {item.name: item for item in items}


def extract_variants(
    items: Mapping[str, VariantOfCase],
    parameters: Parameters,
    *,
    engine: str,
    label: int,
    seed: int,
    execution: Execution,
) -> Batch[HeldRow]:
    """Extract the features of originals and variants.

    Parameters
    ----------
    items
        Result of `variants_of`.
    parameters, engine, label, execution
        As in `extract_cohort`.
    seed
        Seed of all random perturbations, from 0.

    Returns
    -------
    Batch
        Features and failures by the name of the row. Originals have the values, and the stored results, of a
        plain extraction.
    """
    require_single_masks(parameters, "Use crop: mask to extract variants.")
    options = (parameters, engine, label, seed)
    return extract_items(items, _extract, options, lambda item: _key(item, *options), execution)


def _key(item: VariantOfCase, parameters: Parameters, engine: str, label: int, seed: int) -> str:
    """Key of a stored result: an image that changes depends on all masks of its scan."""
    variant = item.variant
    further: dict[str, object] = {}
    if variant != Variant():
        further = {"variant": variant.name, "seed": seed, "names": _names(item.case)}
    if variant.of_image != Variant():
        further["beside"] = [region_hashes(case, label) for case in item.beside]
    return case_key([item.case], (parameters, engine, label), **further)


def _names(case: Case) -> list[str | int]:
    """Return the names from which the seed of a mask is made."""
    return [*case.scan.index().values(), case.roi, case.reader, case.reading]


def _extract(
    items: tuple[VariantOfCase, ...], parameters: Parameters, engine: str, label: int, seed: int
) -> Payload:
    """Extract some originals and variants of one scan: ``cases`` and ``failures`` by name."""
    image = read_image(items[0].scan.image)
    work = _ScanWork(image, items[0].beside, parameters, engine, label, seed)
    for same_image in _by_image(item for item in items if not work.is_refused(item)):
        try:
            work.extract(same_image)
        except NbradiomicsError as error:  # such as noise that cannot be estimated
            work.failed |= {item.name: error for item in same_image}
    return payload_of(work.results, work.failed)


class _ScanWork:
    """The regions of a scan, and the results of its variants so far."""

    def __init__(
        self,
        image: sitk.Image,
        cases: Sequence[Case],
        parameters: Parameters,
        engine: str,
        label: int,
        seed: int,
    ) -> None:
        self.image = image
        self.parameters = parameters
        self.engine = engine
        self.seed = seed
        self.scan = cases[0].scan
        self.regions: dict[str, sitk.Image] = {}
        self.refused: dict[str, NbradiomicsError] = {}
        self.results: dict[str, Extraction | InputError] = {}
        self.failed: dict[str, NbradiomicsError] = {}
        for case in cases:
            try:
                self.regions[case.name] = region_on(image, case, label, parameters.fit)
            except NbradiomicsError as error:
                self.refused[case.name] = error

    def is_refused(self, item: VariantOfCase) -> bool:
        """Whether the mask of an item could not be read; the reason is then its failure."""
        error = self.refused.get(item.case.name)
        if error is not None:
            self.failed[item.name] = error
        return error is not None

    def extract(self, items: Sequence[VariantOfCase]) -> None:
        """Extract items that share their image."""
        first = items[0].variant
        if first.of_image == Variant():
            image, parameters = self.image, self.parameters
            regions = self._masks(items, self.image)
        else:
            contour = any(item.variant.contour for item in items)
            part = self.variants.part(first, contour=contour)
            regions = self._masks(items, part.drawn)
            parameters = part.parameters
            if part.measured is not None:
                image = part.measured
            else:
                image = self.variants.measured(first, part.drawn, list(regions.values()))
        name = str(self.scan.image)
        if regions:
            self.results |= extract_regions(image, regions, parameters, engine=self.engine, name=name)

    def _masks(self, items: Sequence[VariantOfCase], drawn: sitk.Image) -> dict[str, sitk.Image]:
        """Make the mask of each item on the grid of the drawn image."""
        masks = {}
        moved: dict[str, sitk.Image] = {}
        for item in items:
            try:
                masks[item.name] = self._mask(item, drawn, moved)
            except NbradiomicsError as error:
                self.failed[item.name] = error
        return masks

    def _mask(self, item: VariantOfCase, drawn: sitk.Image, moved: dict[str, sitk.Image]) -> sitk.Image:
        """Make the mask of an item; `moved` keeps the regions that have been put on the drawn grid."""
        name = item.case.name
        if item.variant == Variant():
            return self.regions[name]
        if name not in moved:
            placed = self._placed(name)
            moved[name] = (
                perturbed_grids.region_on(placed, drawn) if grid_difference(placed, drawn) else placed
            )
        return perturbed_region(moved[name], drawn, item.variant, seed_of(self.seed, *_names(item.case)))

    def _placed(self, name: str) -> sitk.Image:
        """Return a region on the grid of the image, as PyRadiomics would place it."""
        region = self.regions[name]
        if self.parameters.fit.correct:
            return on_grid(region, self.image, name=name)
        region = sitk.Image(region)
        region.CopyInformation(self.image)
        return region

    @cached_property
    def variants(self) -> ScanVariants:
        """What makes the images of the variants."""
        union = reduce(sitk.Or, (sitk.Cast(self._placed(name), sitk.sitkUInt8) for name in self.regions))
        seed = seed_of(self.seed, *self.scan.index().values())
        return ScanVariants(self.image, union, self.parameters, seed)


def _by_image(items: Iterable[VariantOfCase]) -> list[list[VariantOfCase]]:
    """Group items that share their image."""
    groups: dict[object, list[VariantOfCase]] = defaultdict(list)
    for item in items:
        part = item.variant.of_image
        moved = part.rotation or any(part.translation)
        groups[part, room_for(item.variant) if moved else 0].append(item)
    return list(groups.values())
