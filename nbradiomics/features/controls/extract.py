"""Features of the controls of a cohort, which are made in memory and never written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from nbradiomics.cohort import Case, Cohort, CohortSource, Scan, load_cohort
from nbradiomics.cohort.case_region import region_hashes, region_on
from nbradiomics.cohort.derived_regions import is_derived
from nbradiomics.cohort.lesions import LesionRule, measured_cases
from nbradiomics.cohort.sites import sites_of
from nbradiomics.cohort.variants import as_originals
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.stage_names import StageName
from nbradiomics.execution.workspace import Payload
from nbradiomics.features.cohort import FeatureTable
from nbradiomics.features.controls.kinds import OF_OTHER_MASKS, OF_RING, OF_VOXELS, Control, variant_name
from nbradiomics.features.controls.scan import ControlScan
from nbradiomics.features.controls.settings import ControlSettings
from nbradiomics.features.engines.extraction import Extraction
from nbradiomics.features.extract import DEFAULT_ENGINE, extract_regions, require_able, resolve_label
from nbradiomics.features.feature_rows import assembled, incomplete, index_of, origin_of
from nbradiomics.features.grouped import extract_items, payload_of
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.features.parameters.single_masks import require_single_masks
from nbradiomics.features.scans import case_key
from nbradiomics.images.io import read_image
from nbradiomics.messages.wording import shortened
from nbradiomics.perturbation.seeds import generator, seed_of
from nbradiomics.settings import spread

#: Remedy for parameters with which the features of a mask depend on other masks.
SINGLE_MASKS = "Use crop: mask for negative controls, and for the features with which they are compared."
#: Raise this by one whenever a control changes: it is part of the key of stored results.
_MADE = 1


@dataclass(frozen=True)
class ControlOfCase:
    """A case, one control of it, and all lesions that were drawn on its scan."""

    case: Case
    control: Control
    beside: tuple[Case, ...]

    @property
    def name(self) -> str:
        """Name of the row."""
        return f"{self.case.name}/{variant_name(self.control)}"

    @property
    def scan(self) -> Scan:
        """The scan of the case."""
        return self.case.scan


@spread(settings=ControlSettings, execution=Execution)
def extract_controls(
    cohort: CohortSource,
    *,
    params: str | Path | Mapping[str, Any] | Parameters,
    engine: str = DEFAULT_ENGINE,
    lesions: LesionRule | None = None,
    min_lesion_ml: float | None = None,
    seed: int = 0,
    settings: ControlSettings = ControlSettings(),  # noqa: B008 - frozen
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> FeatureTable:
    """Extract the features of negative controls of the masks of a cohort.

    Parameters
    ----------
    cohort
        Images and masks of all readers: a control keeps away from everything that was drawn on its scan. The
        images may be prepared; each scan has one variant.
    params, engine, lesions, min_lesion_ml, execution
        As in `extract_cohort`: those of the features with which the controls are compared.
    seed
        Seed of the random controls, from 0. The numbers of a mask depend on its names alone.
    settings
        Which controls, and of which masks. Each of its fields may be given by its own name:
        ``kinds=("shuffled",)``, ``reader="A"``.

    Returns
    -------
    FeatureTable
        One row per mask and control, with the control in the column `variant` (``control-shuffled``). A
        control that cannot be made has a row of missing values and a failure.

    Raises
    ------
    InputError
        When nothing can be computed: invalid parameters, an unknown engine, no such mask, ``crop: union``,
        several variants of a scan.

    Examples
    --------
    >>> done = extract_controls("cohort.csv", params="t2w_mr_anisotropic", reader="A", kinds=("shuffled",))
    >>> set(done.table["variant"])
    {'control-shuffled'}
    """
    cohort = as_originals(load_cohort(cohort), "a negative control")
    parameters = load_parameters(params)
    require_able(engine, parameters, execution.threads)
    execution.tell_if_crowded()
    require_single_masks(parameters, SINGLE_MASKS)
    _require_voxels_unfiltered(parameters, settings)
    label = int(resolve_label(parameters, None))
    measured = measured_cases(cohort, lesions, label=label, minimum_ml=min_lesion_ml)
    items = _items(_chosen(measured, settings, cohort), cohort, settings.kinds)
    options = (parameters, engine, label, seed, settings.ring_mm)
    batch = extract_items(items, _extract, options, lambda item: _key(item, *options), execution)
    origin, sites = origin_of(engine, parameters), sites_of(cohort)
    rows = {row: index_of(one.case, origin, sites, variant_name(one.control)) for row, one in items.items()}
    table = assembled(rows, batch.results)
    failures = [*batch.failures, *incomplete(table, batch.results)]
    return FeatureTable(table, [replace(failure, stage=StageName.CONTROLS) for failure in failures])


def _require_voxels_unfiltered(parameters: Parameters, settings: ControlSettings) -> None:
    """Refuse filters with controls of voxels: these exist only in the crop, and the filters see the image."""
    asked = [kind for kind in settings.kinds if kind in OF_VOXELS]
    if parameters.own.filters and asked:
        raise InputError(
            f"{parameters.name} requests filters, which see more than the region: the controls "
            f"{', '.join(asked)} cannot be made with them.",
            "Choose the controls ring, displaced or whole, or parameters without filters.",
        )


def _chosen(cases: Sequence[Case], settings: ControlSettings, cohort: Cohort) -> list[Case]:
    """Cases of the chosen reader, timepoint, sequence, region and reading; derived regions only by name."""
    chosen = [case for case in cases if settings.roi is not None or not is_derived(case.roi)]
    for column in ("reader", "timepoint", "sequence", "roi", "reading"):
        wanted = getattr(settings, column)
        if wanted is None:
            continue
        values = sorted({str(case.index()[column]) for case in chosen})
        chosen = [case for case in chosen if str(case.index()[column]) == str(wanted)]
        if not chosen:
            raise InputError(
                f"{cohort.path} has no mask with {column} {str(wanted)!r} to make a control of.",
                f"Masks have these: {shortened(values) or 'none'}.",
            )
    if not chosen:
        raise InputError(f"{cohort.path} has no mask.", "Add readers' masks, or segment the images first.")
    return chosen


def _items(cases: Sequence[Case], cohort: Cohort, controls: Sequence[Control]) -> dict[str, ControlOfCase]:
    scans: dict[str, list[Case]] = defaultdict(list)
    for case in cohort.cases():
        if not is_derived(case.roi):  # a ring is no lesion
            scans[case.scan.name].append(case)
    items = [
        ControlOfCase(case, control, tuple(scans[case.scan.name])) for case in cases for control in controls
    ]
    return {item.name: item for item in items}


def _key(
    item: ControlOfCase, parameters: Parameters, engine: str, label: int, seed: int, ring_mm: float
) -> str:
    """Key of a stored result: whatever the control depends on, and nothing else."""
    further: dict[str, object] = {"control": item.control, "made": _MADE}
    if item.control not in ("ring", "whole"):
        further |= {"seed": seed, "names": _names(item.case)}
    if item.control in OF_RING:
        further["ring"] = ring_mm
    if item.control in OF_OTHER_MASKS:
        further["beside"] = [region_hashes(case, label) for case in item.beside]
    return case_key([item.case], (parameters, engine, label), **further)


def _names(case: Case) -> list[str | int]:
    """Names from which the random numbers of a mask are made."""
    return [*case.scan.index().values(), case.roi, case.reader, case.reading]


def _extract(
    items: tuple[ControlOfCase, ...],
    parameters: Parameters,
    engine: str,
    label: int,
    seed: int,
    ring_mm: float,
) -> Payload:
    """Extract some controls of one scan: ``cases`` and ``failures`` by name."""
    work = _ScanWork(items[0], parameters, label, ring_mm)
    failed: dict[str, NbradiomicsError] = {}
    results: dict[str, Extraction | InputError] = {}
    elsewhere: dict[str, sitk.Image] = {}
    name = str(items[0].scan.image)
    for item in items:
        rng = generator(seed_of(seed, *_names(item.case)), "control", item.control)
        try:
            region = work.region(item.case)
            if item.control in OF_VOXELS:
                image, own, rest = work.scan.with_voxels(region, item.control, rng, item.name)
                results |= extract_regions(image, {item.name: own}, rest, engine=engine, name=name)
            else:
                elsewhere[item.name] = work.scan.elsewhere(region, item.control, rng)
        except NbradiomicsError as error:
            failed[item.name] = error
    if elsewhere:
        results |= extract_regions(work.image, elsewhere, parameters, engine=engine, name=name)
    return payload_of(results, failed)


class _ScanWork:
    """The image of a scan, the regions that have controls, and those that controls keep away from."""

    def __init__(self, item: ControlOfCase, parameters: Parameters, label: int, ring_mm: float) -> None:
        self.image = read_image(item.scan.image)
        self.parameters = parameters
        self.label = label
        self.beside = item.beside
        self._regions: dict[tuple[object, ...], sitk.Image] = {}
        self.scan = ControlScan(self.image, self._drawn, parameters, ring_mm, str(item.scan.image))

    def region(self, case: Case) -> sitk.Image:
        """Region of a case, as an extraction reads it."""
        key = (case.masks, case.component)
        if key not in self._regions:
            self._regions[key] = region_on(self.image, case, self.label, self.parameters.fit)
        return self._regions[key]

    def _drawn(self) -> list[sitk.Image]:
        regions = []
        for case in self.beside:
            try:
                regions.append(self.region(case))
            except NbradiomicsError:
                continue  # an empty mask, or a failure of its own
        return regions
