"""Features of a cohort with a reference pipeline and with each of its alterations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import SimpleITK as sitk

from nbradiomics.cohort import Case, CohortSource, Scan, load_cohort
from nbradiomics.cohort.case_region import region_on
from nbradiomics.cohort.lesions import LesionRule, measured_cases
from nbradiomics.cohort.sites import sites_of
from nbradiomics.cohort.variants import as_originals
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.workspace import Payload
from nbradiomics.features.bins import bin_advice
from nbradiomics.features.cohort import FeatureTable, small_components
from nbradiomics.features.extract import DEFAULT_ENGINE, extract_pipelines, require_able, resolve_label
from nbradiomics.features.feature_rows import assembled, incomplete, index_of, origin_of
from nbradiomics.features.grouped import extract_items, payload_of
from nbradiomics.features.held import HeldRow
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.processing.alteration import Alteration, ProcessingGrid
from nbradiomics.features.scans import case_key
from nbradiomics.images.io import read_image
from nbradiomics.images.margin import with_margin
from nbradiomics.settings import spread
from nbradiomics.tables import ORIGINAL


@dataclass(frozen=True)
class _Item:
    """A case with one pipeline."""

    case: Case
    pipeline: Alteration

    @property
    def name(self) -> str:
        return f"{self.case.name}/{self.pipeline.name}"

    @property
    def scan(self) -> Scan:
        return self.case.scan


@spread(execution=Execution)
def extract_grid(
    cohort: CohortSource,
    grid: ProcessingGrid,
    *,
    engine: str = DEFAULT_ENGINE,
    lesions: LesionRule | None = None,
    min_lesion_ml: float | None = None,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> FeatureTable:
    """Extract the features of every mask with the reference and with every alteration.

    Parameters
    ----------
    cohort
        As in `extract_cohort`.
    grid
        Reference and alterations (`load_grid`).
    engine, lesions, min_lesion_ml, execution
        As in `extract_cohort`.

    Returns
    -------
    FeatureTable
        A row for each mask and pipeline. Its `variant` is the name of the alteration, or `original` for the
        reference. The values are those of `extract_cohort` with the parameters of the pipeline. An eroded
        mask that vanishes, or one that the distance does not change, is a failure.

    Raises
    ------
    InputError
        As in `extract_cohort`.

    Examples
    --------
    >>> grid = load_grid({"reference": "params.yaml", "alterations": {"dilated": {"mask_mm": 1}}})
    >>> extract_grid("cohort.csv", grid).table["variant"].value_counts().to_dict()
    {'original': 6, 'dilated': 6}
    """
    loaded = load_cohort(cohort)
    loaded = as_originals(loaded, "a processing grid")
    pipelines = (Alteration(ORIGINAL, grid.reference), *grid.alterations)
    for one in pipelines:
        require_able(engine, one.parameters, execution.threads)
    execution.tell_if_crowded()
    label = int(resolve_label(grid.reference, None))
    measured = measured_cases(loaded, lesions, label=label, minimum_ml=min_lesion_ml)
    if not measured:
        raise InputError(f"{loaded.path} has no mask.", "Add readers' masks, or segment the images first.")
    items = {item.name: item for case in measured for item in (_Item(case, one) for one in pipelines)}
    options = (engine, label)
    batch = extract_items(items, _extract, options, lambda item: _key(item, *options), execution)
    origins = {one.name: origin_of(engine, one.parameters) for one in pipelines}
    sites = sites_of(loaded)
    rows = {
        name: index_of(item.case, origins[item.pipeline.name], sites, item.pipeline.name)
        for name, item in items.items()
    }
    table = assembled(rows, batch.results)
    reference = {case.name for case in measured if f"{case.name}/{ORIGINAL}" in batch.results}
    small = small_components(case for case in measured if case.name in reference)
    notes = [note for one in pipelines for note in _notes(one, items, batch.results)]
    return FeatureTable(table, [*batch.failures, *incomplete(table, batch.results), *small], notes)


def _notes(pipeline: Alteration, items: dict[str, _Item], results: Mapping[str, HeldRow]) -> list[str]:
    """Remarks on the bins of a pipeline: those of the reference seldom suit other intensities."""
    spans = [
        span
        for name, item in items.items()
        if item.pipeline is pipeline and name in results and (span := results[name].span)
    ]
    advice = bin_advice(spans, pipeline.parameters)
    return [f"{pipeline.name}: {advice.problem} {advice.remedy}"] if advice else []


def _key(item: _Item, engine: str, label: int) -> str:
    """Key of the stored result: that of a plain extraction if the mask is unchanged."""
    changed = {"mask_mm": item.pipeline.mask_mm} if item.pipeline.mask_mm else {}
    return case_key([item.case], (item.pipeline.parameters, engine, label), **changed)


def _extract(items: tuple[_Item, ...], engine: str, label: int) -> Payload:
    """Extract some items of one scan: ``cases`` and ``failures`` by name."""
    image = read_image(items[0].scan.image)
    regions = _Regions(image, label)
    refused: dict[str, NbradiomicsError] = {}
    pipelines: dict[str, tuple[sitk.Image, Parameters]] = {}
    for item in items:
        try:
            pipelines[item.name] = regions.of(item), item.pipeline.parameters
        except NbradiomicsError as error:
            refused[item.name] = error
    name = str(items[0].scan.image)
    return payload_of(extract_pipelines(image, pipelines, engine=engine, name=name), refused)


class _Regions:
    """The regions of a scan, each read and changed once, so that pipelines of one region are recognised."""

    def __init__(self, image: sitk.Image, label: int) -> None:
        self.image = image
        self.label = label
        self.made: dict[tuple[object, ...], sitk.Image | NbradiomicsError] = {}

    def of(self, item: _Item) -> sitk.Image:
        """Return the region of an item, or raise the reason why there is none."""
        pipeline = item.pipeline
        key = (item.case.name, pipeline.parameters.fit)
        region = self._once(
            key, lambda: region_on(self.image, item.case, self.label, pipeline.parameters.fit)
        )
        if not pipeline.mask_mm:
            return region
        return self._once((*key, pipeline.mask_mm), lambda: with_margin(region, pipeline.mask_mm))

    def _once(self, key: tuple[object, ...], make: Callable[[], sitk.Image]) -> sitk.Image:
        if key not in self.made:
            try:
                self.made[key] = make()
            except NbradiomicsError as error:
                self.made[key] = error
        found = self.made[key]
        if isinstance(found, NbradiomicsError):
            raise found
        return found
