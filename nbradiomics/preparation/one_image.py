"""Prepare one image of a scan, and the masks that follow it to another grid."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from typing_extensions import TypedDict

from nbradiomics.cohort import Case, Channel, Scan
from nbradiomics.cohort.case_region import region_hashes, region_on
from nbradiomics.cohort.derived_regions import is_derived
from nbradiomics.cohort.names import name_of
from nbradiomics.errors import InputError, NbradiomicsError, StorageError
from nbradiomics.execution.batch import failure_of
from nbradiomics.execution.stage_names import StageName
from nbradiomics.execution.workspace import PASSING, Payload, content_hash, hashes_by_name, result_key
from nbradiomics.images.io import read_image, write_image
from nbradiomics.perturbation.boxes import region_like
from nbradiomics.preparation.intensities import levels, require_finite
from nbradiomics.preparation.moved_masks import mask_on_grid
from nbradiomics.preparation.steps.registration import Register
from nbradiomics.preparation.steps.step import FittedStep, Measured, Step
from nbradiomics.preparation.tissue import foreground, share_measured
from nbradiomics.preparation.volume import StepRecord, Volume
from nbradiomics.system.versions import installed_version

STAGE = StageName.PREPARE
#: Packages whose version can change a prepared image.
_ENGINE = ("numpy", "scipy", "SimpleITK")


class MeasuredImage(TypedDict):
    """Stored result of a measurement for a fit."""

    fingerprint: str
    numbers: list[float]


class PreparedImage(TypedDict):
    """Stored result: records, intensities, masks that moved or lie outside, failures, hashes of the files."""

    records: list[dict[str, Any]]
    before: dict[str, Any]
    after: dict[str, Any]
    notes: list[str]
    masks: list[dict[str, Any]]
    outside: list[list[Any]]
    failures: list[list[str]]
    files: dict[str, str]
    passing: bool


@dataclass(frozen=True)
class MaskJob:
    """A mask that may move, and the file to write."""

    case: Case
    file: Path


@dataclass(frozen=True)
class ImageJob:
    """One image of a scan.

    Attributes
    ----------
    scan, channel
        The scan, and the image that is prepared.
    steps
        Steps of this channel, without a fit that was not made yet.
    file
        File of the prepared image; that of the original if there is no step.
    body, reference
        Masks of the body and of a reference tissue, if there are some.
    masks
        Masks of the scan, for the first channel.
    unit
        Unit of the voxels; empty if arbitrary.
    label
        Label of masks for which the cohort table names none.
    fit
        Name of the fit that is applied; empty if there is none.
    """

    scan: Scan
    channel: Channel
    steps: tuple[Step, ...]
    file: Path
    body: Case | None
    reference: Case | None
    masks: tuple[MaskJob, ...]
    unit: str
    label: int
    fit: str = ""

    @property
    def is_first(self) -> bool:
        """Whether masks are drawn on this image."""
        return self.channel == self.scan.channels[0]

    @property
    def name(self) -> str:
        """Name in failures."""
        several = len(self.scan.channels) > 1
        return f"{self.scan.name}/{name_of(self.channel.name)}" if several else self.scan.name

    @property
    def moves(self) -> bool:
        """Whether the masks of the scan move to another grid."""
        return self.is_first and any(step.changes_grid for step in self.steps)

    def before_fit(self) -> tuple[FittedStep, tuple[Step, ...]] | None:
        """The step to be fitted, and those before it; ``None`` if no step needs a fit."""
        for place, step in enumerate(self.steps):
            if isinstance(step, FittedStep):
                return step, self.steps[:place]
        return None

    def key(self, what: str) -> str:
        """Key of the stored result: everything that it depends on, except the folders of its files."""
        others = [case for case in (self.body, self.reference) if case is not None]
        fit = self.before_fit()
        steps = self.steps if fit is None or what != "measure" else (*fit[1], fit[0])
        return result_key(
            STAGE,
            what=what,
            image=content_hash(self.channel.image),
            first=content_hash(self.scan.image),
            scan=[*self.scan.key, self.channel.name],
            steps=[[step.kind, step.model_dump(mode="json")] for step in steps],
            beside=[[case.roi, region_hashes(case, self.label)] for case in others],
            masks=[[job.case.name, region_hashes(job.case, self.label)] for job in self.masks],
            moved=[job.file.name for job in self.masks] if self.moves else [],
            unit=self.unit,
            engine=[installed_version(package) for package in _ENGINE],
        )

    def file_hashes(self) -> dict[str, str]:
        """Hashes of the files, by their names."""
        files = [self.file, *(job.file for job in self.masks if self.moves)]
        return hashes_by_name(files)

    def measure(self) -> Payload:
        """Measure what the fit needs, after the steps before it."""
        found = self.before_fit()
        assert found is not None
        step, before = found
        measured = step.measure(self._through(self._volume(()), before))
        return {"fingerprint": measured.fingerprint, "numbers": list(measured.numbers)}

    def make(self) -> Payload:
        """Prepare and write the image and the masks that move; one that fails does not stop the others."""
        regions, failures = self._regions()
        volume = self._volume(list(regions.values()) if self.moves else ())
        require_finite(volume.image)
        drawn = self._lesions(regions)
        whole = region_like(foreground(volume.image), volume.image) if volume.body is None else volume.body
        before = levels(volume.image, whole, drawn)
        done = self._through(volume, self.steps, drawn)
        require_finite(done.image)
        moved = dict(zip(regions, done.masks, strict=True)) if self.moves else {}
        if self.file != self.channel.image:
            write_image(done.image, self.file)
        rows = self._write_masks(regions, moved, failures)
        if any(isinstance(step, Register) for step in self.steps):
            whole = done.body  # the foreground of the image before lies elsewhere
        after = levels(done.image, whole, self._lesions(moved if self.moves else regions))
        listed = [failure_of(name, STAGE, error) for name, error in failures] if self.moves else []
        return {
            "records": [_plain(record) for record in done.records],
            "before": before,
            "after": after,
            "notes": [note for record in done.records for note in record.notes],
            "masks": rows,
            "outside": _outside(done.covered, regions),
            "failures": [[one.case, one.stage, one.cause, one.hint, one.details] for one in listed],
            "files": self.file_hashes(),
            PASSING: bool(failures),  # failures are never stored
        }

    def _lesions(self, regions: Mapping[str, sitk.Image]) -> sitk.Image | None:
        """Union of the drawn regions, without rings and habitats made from them."""
        names = [job.case.name for job in self.masks if not is_derived(job.case.roi)]
        drawn = [regions[name] for name in names if name in regions]
        return reduce(sitk.Or, drawn) if drawn else None

    def _write_masks(
        self,
        regions: dict[str, sitk.Image],
        moved: dict[str, sitk.Image],
        failures: list[tuple[str, Exception]],
    ) -> list[dict[str, Any]]:
        rows = []
        for job in self.masks if self.moves else ():
            name = job.case.name
            if name not in moved:
                job.file.unlink(missing_ok=True)
                continue
            try:
                rows.append({"case": name, **_volumes(regions[name], moved[name])})
                write_image(moved[name], job.file)
            except NbradiomicsError as error:
                if isinstance(error, StorageError):
                    raise
                job.file.unlink(missing_ok=True)
                failures.append((name, error))
        return rows

    def _regions(self) -> tuple[dict[str, sitk.Image], list[tuple[str, Exception]]]:
        """Region of each mask that can be read on the first image, and the errors of the others."""
        regions: dict[str, sitk.Image] = {}
        failures: list[tuple[str, Exception]] = []
        if not self.masks:
            return regions, failures
        first = read_image(self.scan.image)
        for job in self.masks:
            try:
                regions[job.case.name] = region_on(first, job.case, self.label)
            except StorageError:
                raise
            except Exception as error:  # as in `execution.batch.guarded`
                failures.append((job.case.name, error))
        return regions, failures

    def _volume(self, masks: Sequence[sitk.Image]) -> Volume:
        image = read_image(self.channel.image)
        body, reference = self._beside(image)
        return Volume(image, body, reference, tuple(masks), self.unit, self.name)

    def _beside(self, image: sitk.Image) -> tuple[sitk.Image | None, sitk.Image | None]:
        """Masks of body and reference tissue on the grid of an image of the scan."""
        first = None
        found: list[sitk.Image | None] = []
        for case in (self.body, self.reference):
            if case is None:
                found.append(None)
                continue
            first = read_image(self.scan.image) if first is None else first
            region = region_on(first, case, self.label)
            found.append(region if self.is_first else mask_on_grid(region, image))
        return found[0], found[1]

    def _through(self, volume: Volume, steps: Sequence[Step], tumour: sitk.Image | None = None) -> Volume:
        """Apply steps; a registration moves the image to where body and reference were drawn.

        With a tumour, the record of a normalisation says how much of it was measured.
        """
        for step in steps:
            earlier = volume
            if isinstance(step, Register):
                target = read_image(self.scan.image)
                moved = step.apply(replace(volume, target=target, body=None, reference=None))
                body, reference = self._beside(target)
                volume = replace(moved, body=body, reference=reference)
            else:
                volume = step.apply(volume)
            if step.normalises and tumour is not None:
                volume = _with_share(volume, share_measured(earlier, step.over, tumour))  # type: ignore[attr-defined]
        return volume


def measured_of(payload: MeasuredImage) -> Measured:
    """What was measured, from its stored result."""
    return Measured(fingerprint=payload["fingerprint"], numbers=tuple(payload["numbers"]))


def _with_share(volume: Volume, share: float) -> Volume:
    """Add to the last record how much of the tumour the normalisation measured, where that is a question."""
    if math.isnan(share):
        return volume
    *earlier, last = volume.records
    told = replace(last, values={**last.values, "tumour_measured": share})
    return replace(volume, records=(*earlier, told))


def _outside(covered: sitk.Image | None, regions: Mapping[str, sitk.Image]) -> list[list[Any]]:
    """Name, and share of the voxels at which a registered image was not measured, of each such region."""
    found: list[list[Any]] = []
    for name, region in regions.items() if covered is not None else ():
        there = sitk.GetArrayFromImage(mask_on_grid(covered, region))[sitk.GetArrayViewFromImage(region) != 0]
        if there.size and not there.all():
            found.append([name, float(np.mean(there == 0))])
    return found


def _plain(record: StepRecord) -> dict[str, Any]:
    return {"step": record.step, "values": dict(record.values)}


def _volumes(before: sitk.Image, after: sitk.Image) -> dict[str, float]:
    """Volumes of a mask on both grids.

    Raises
    ------
    InputError
        When none of its voxels is left.
    """
    old, new = _ml(before), _ml(after)
    if new == 0:
        raise InputError(
            f"the mask of {old:.3g} ml has no voxel on the new grid.",
            "Use smaller voxels, or leave out lesions of this size.",
        )
    return {"before_ml": old, "after_ml": new, "change": new / old - 1}


def _ml(region: sitk.Image) -> float:
    voxels = np.count_nonzero(sitk.GetArrayViewFromImage(region))
    return float(voxels * np.prod(region.GetSpacing()) / 1000)
