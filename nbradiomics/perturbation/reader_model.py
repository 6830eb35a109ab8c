"""Estimate the disagreement of the readers of a cohort, from the tumours that two or more of them drew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import SimpleITK as sitk

from nbradiomics.cohort import Case
from nbradiomics.cohort.case_region import read_case_region, region_hashes
from nbradiomics.cohort.derived_regions import is_derived
from nbradiomics.cohort.schema import INDEPENDENT
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.stage_names import StageName
from nbradiomics.execution.workspace import result_key
from nbradiomics.images.grid import require_same_grid
from nbradiomics.perturbation.boxes import Mask, box_around, voxels_in, voxels_of
from nbradiomics.perturbation.disagreement import (
    Disagreement,
    PairMoments,
    calibrated,
    estimate_disagreement,
    pair_moments,
)
from nbradiomics.perturbation.readers import difficulty, simulated_reader
from nbradiomics.perturbation.seeds import generator, seed_of

#: Rounds of the calibration, and the largest number of masks in each.
_ROUNDS, _MOST_MASKS = 6, 100
#: Smallest number of tumours with masks of two readers.
LEAST_TUMOURS = 5
#: Width of the surroundings of two masks in which their distance is measured, in mm.
_MARGIN_MM = 10.0


@dataclass(frozen=True)
class DrawnPair:
    """Two independent masks of one region of a scan, by two readers."""

    first: Case
    second: Case

    @property
    def name(self) -> str:
        """Name in failures."""
        return f"{self.first.name} and {self.second.reader}"


def drawn_pairs(cases: Sequence[Case]) -> list[DrawnPair]:
    """All pairs of first independent readings of two readers, in the order of the cohort."""
    regions: dict[tuple[str, str], dict[str, Case]] = defaultdict(dict)
    for case in sorted(cases, key=lambda case: case.reading):
        if case.kind == INDEPENDENT and not is_derived(case.roi):
            regions[case.scan.name, case.roi].setdefault(case.reader, case)
    ordered = sorted(regions)
    return [
        DrawnPair(regions[region][first], regions[region][second])
        for region in ordered
        for first, second in combinations(sorted(regions[region]), 2)
    ]


def estimate_readers(
    cases: Sequence[Case], *, label: int, seed: int, execution: Execution
) -> tuple[Disagreement, list[Failure]]:
    """Estimate how the readers of a cohort disagree, and calibrate the estimate.

    Parameters
    ----------
    cases
        Masks of all readers; pairs of first independent readings are used.
    label
        Label of masks for which the cohort table names none.
    seed
        Seed of the study.
    execution
        How the work is done.

    Returns
    -------
    disagreement
        Of two readers.
    failures
        Pairs that could not be used.

    Raises
    ------
    InputError
        When two readers drew fewer than `LEAST_TUMOURS` tumours.
    """
    pairs = {pair.name: pair for pair in drawn_pairs(cases)}
    batch = execution.map(
        _measured,
        {name: (pair, label, seed) for name, pair in pairs.items()},
        stage=StageName.PERTURB,
        stored=Stored(lambda name: _pair_key(pairs[name], label, seed), PairMoments),
    )
    _require_tumours([pairs[name] for name in batch.results])
    real = list(batch.results.values())
    disagreement = estimate_disagreement(real)
    used = {pairs[name].first.name: pairs[name].first for name in batch.results}
    chosen = generator(seed, "calibration").permutation(len(used))[:_MOST_MASKS]
    masks = [list(used.values())[place] for place in sorted(chosen)]
    for _ in range(_ROUNDS):
        simulated = execution.map(
            _simulated,
            {case.name: (case, label, seed, disagreement) for case in masks},
            stage=StageName.PERTURB,
        )
        disagreement = calibrated(disagreement, real, list(simulated.results.values()))
    return disagreement, batch.failures


def _require_tumours(pairs: Sequence[DrawnPair]) -> None:
    """Raise `InputError` if few tumours were drawn twice: many pairs of one tumour say little."""
    tumours = {(pair.first.scan.subject, pair.first.roi) for pair in pairs}
    if len(tumours) < LEAST_TUMOURS:
        raise InputError(
            f"{len(tumours)} tumour(s) with masks of two independent readers can be used; simulated readers "
            f"need at least {LEAST_TUMOURS}.",
            "Let a second reader draw more tumours, or use a chain without simulated readers.",
        )


def _pair_key(pair: DrawnPair, label: int, seed: int) -> str:
    return result_key(
        StageName.PERTURB,
        names=[pair.name, seed],
        pair=[region_hashes(case, label) for case in (pair.first, pair.second)],
    )


def _measured(pair: DrawnPair, label: int, seed: int) -> PairMoments:
    regions = [read_case_region(case, label) for case in (pair.first, pair.second)]
    require_same_grid(*regions, names=(str(pair.first.masks[0].path), str(pair.second.masks[0].path)))
    one, other = (voxels_of(region) for region in regions)
    return _moments(one, other, regions[0], generator(seed, "pair", pair.name))


def _simulated(case: Case, label: int, seed: int, disagreement: Disagreement) -> PairMoments:
    """Moments of two simulated readers of a mask, drawn in the same way in every round."""
    region = read_case_region(case, label)
    inside, spacing = voxels_of(region), region.GetSpacing()[::-1]
    own = seed_of(seed, "calibration", case.name)
    scale = difficulty(disagreement, generator(own, "difficulty"))
    one, other = (
        simulated_reader(inside, spacing, disagreement, generator(own, "reader", number), scale)
        for number in (1, 2)
    )
    return _moments(one, other, region, generator(own, "pair"))


def _moments(one: Mask, other: Mask, region: sitk.Image, rng: np.random.Generator) -> PairMoments:
    spacing = region.GetSpacing()[::-1]
    box = box_around(one | other, voxels_in(_MARGIN_MM, spacing))
    return pair_moments(one[box], other[box], spacing, rng)
