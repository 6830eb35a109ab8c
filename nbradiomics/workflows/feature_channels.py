"""Feature maps as channels of a cohort, so that habitats can be those of texture."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk
from typing_extensions import TypedDict

from nbradiomics.cohort import Case, Cohort, Scan
from nbradiomics.cohort.case_region import region_hashes, region_on
from nbradiomics.cohort.columns import DEFAULTS, SCAN_VARIANT
from nbradiomics.cohort.derived_regions import is_derived
from nbradiomics.errors import InputError, StorageError
from nbradiomics.execution.batch import Failure, failure_of
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.workspace import PASSING, Payload, content_hash, hashes_by_name, result_key
from nbradiomics.features.maps import feature_maps
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.files.names import file_stems
from nbradiomics.images.io import read_image, write_image

STAGE = "feature_channels"
_EMPTIED = ("reader", "mask", "label", "roi", "reading", "reference_kind", "minutes", "probability")


class MadeChannels(TypedDict):
    """Stored result of a scan: hashes of its maps by file name, and masks that failed."""

    files: dict[str, str]
    failures: list[list[str]]
    passing: bool


@dataclass(frozen=True)
class ChannelJob:
    """The maps of one scan, inside all of its masks together."""

    cases: tuple[Case, ...]
    features: tuple[str, ...]
    params: Parameters
    label: int
    stem: Path

    def file(self, feature: str) -> Path:
        """File of a map."""
        return self.stem.with_name(f"{self.stem.name}_{feature}.nii.gz")

    def key(self) -> str:
        """Key of the stored result."""
        return result_key(
            STAGE,
            image=content_hash(self.cases[0].scan.image),
            masks=[region_hashes(case, self.label) for case in self.cases],
            params=self.params.fingerprint,
            features=self.features,
        )

    def file_hashes(self) -> dict[str, str]:
        """Hashes of the files that are there, by their names."""
        files = map(self.file, self.features)
        return hashes_by_name(files)

    def make(self) -> Payload:
        """Compute the maps and write them on the grid of the image; not a number outside of the masks."""
        image = read_image(self.cases[0].scan.image)
        _require_own_grid(image, self.params)
        region, failures = self._region(image)
        found = feature_maps(image, region, params=self.params, label=1)
        missing = [name for name in self.features if name not in found]
        if missing:
            raise InputError(
                f"{self.params.name} makes no map {', '.join(missing)}.",
                "Write names such as original_glcm_Contrast, of classes and image types that have maps.",
            )
        for name in self.features:
            write_image(_on_grid_of(image, region, found[name]), self.file(name))
        return {
            "files": self.file_hashes(),
            "failures": [[one.case, one.stage, one.cause, one.hint, one.details] for one in failures],
            PASSING: bool(failures),  # failures are never stored
        }

    def _region(self, image: sitk.Image) -> tuple[sitk.Image, list[Failure]]:
        """All masks together that can be read, and the failures of the others; none at all is an error."""
        regions: list[sitk.Image] = []
        failures: list[Failure] = []
        for case in self.cases:
            try:
                regions.append(region_on(image, case, self.label) != 0)
            except StorageError:
                raise
            except Exception as error:  # as in `execution.batch.guarded`
                failures.append(failure_of(case.name, STAGE, error))
                last = error
        if not regions:
            raise last
        return reduce(sitk.Or, regions), failures


def add_feature_maps(
    cohort: Cohort,
    *,
    out: Path,
    params: str | Path,
    features: Sequence[str],
    label: int,
    execution: Execution,
) -> tuple[Cohort, list[Failure]]:
    """Add feature maps to a cohort, as channels named by their features.

    The maps of a scan are those of the image on which its masks were drawn, inside all masks of the scan
    together, so that a voxel has the same value for all readers.

    Parameters
    ----------
    cohort
        A cohort with masks.
    out
        Folder for the maps, compressed NIfTI files.
    params
        PyRadiomics parameter file or preset; only the named features of it are computed. It must not
        resample.
    features
        Names such as ``original_glcm_Contrast``.
    label
        Label of masks for which the cohort table names none.
    execution
        Processes, progress display and workspace.

    Raises
    ------
    InputError
        When a name is no feature, a channel of this name is there already, or no scan has maps.
    """
    taken = sorted(set(features) & set(cohort.table["channel"]))
    if taken:
        raise InputError(f"{cohort.path} has the channel {', '.join(taken)} already.", "Leave out the map.")
    chosen = _parameters(load_parameters(params), features)
    jobs = _jobs(cohort, tuple(features), chosen, label, out)
    batch = execution.map(
        ChannelJob.make,
        {name: (job,) for name, job in jobs.items()},
        stage=STAGE,
        stored=Stored(
            lambda name: jobs[name].key(),
            MadeChannels,
            lambda name, payload: jobs[name].file_hashes() == payload["files"],
        ),
    )
    if batch.failures and not batch.results:
        first = batch.failures[0]
        raise InputError(f"no feature map could be made. {first.case}: {first.cause}", first.hint)
    failures = list(batch.failures)
    failures += [Failure(*one) for payload in batch.results.values() for one in payload["failures"]]
    return _with_channels(cohort, [jobs[name] for name in batch.results]), failures


def _parameters(params: Parameters, features: Sequence[str]) -> Parameters:
    """The parameters with the classes of the named features alone."""
    classes: dict[str, list[str]] = {}
    for name in features:
        parts = name.split("_")
        if len(parts) != 3:
            raise InputError(f"{name} is not the name of a feature map.", "Write original_glcm_Contrast.")
        classes.setdefault(parts[1], []).append(parts[2])
    content = {**params.content, "featureClass": {name: sorted(set(own)) for name, own in classes.items()}}
    if all(name.startswith("original_") for name in features):
        content["imageType"] = {"Original": {}}
    return load_parameters(content)


def _jobs(
    cohort: Cohort, features: tuple[str, ...], params: Parameters, label: int, out: Path
) -> dict[str, ChannelJob]:
    cases: dict[Scan, list[Case]] = {}
    for case in cohort.cases():
        if not is_derived(case.roi):
            cases.setdefault(case.scan, []).append(case)
    stems = file_stems([scan.key for scan in cases])
    return {
        scan.name: ChannelJob(tuple(own), features, params, label, Path(os.path.abspath(out / stem)))
        for (scan, own), stem in zip(cases.items(), stems, strict=True)
    }


def _require_own_grid(image: sitk.Image, params: Parameters) -> None:
    """Refuse parameters that would make maps on another grid, before the maps are computed."""
    setting = params.content.get("setting") or {}
    wanted = setting.get("resampledPixelSpacing")
    if not wanted or setting.get("interpolator", "") is None:
        return
    spacing = image.GetSpacing()
    if not np.allclose([new or old for new, old in zip(wanted, spacing, strict=True)], spacing, rtol=1e-4):
        raise InputError(
            f"{params.name} resamples the image from {_shown(spacing)} to {_shown(wanted)} mm, so that its "
            "maps would have another grid.",
            "Leave out resampledPixelSpacing; or resample the cohort first (`nbradiomics prepare`).",
        )


def _shown(spacing: Sequence[float]) -> str:
    return " x ".join(f"{edge:.4g}" for edge in spacing)


def _on_grid_of(image: sitk.Image, region: sitk.Image, found: sitk.Image) -> sitk.Image:
    """A map of a crop on the grid of its image; not a number outside of the region."""
    nothing = float("nan")
    whole = sitk.Resample(found, image, sitk.Transform(), sitk.sitkNearestNeighbor, nothing, sitk.sitkFloat32)
    return sitk.Mask(whole, sitk.Cast(region, sitk.sitkUInt8), nothing)


def _with_channels(cohort: Cohort, jobs: Sequence[ChannelJob]) -> Cohort:
    """Add a row without a mask for each map."""
    keys = map(tuple, cohort.table[SCAN_VARIANT].itertuples(index=False, name=None))
    firsts: dict[tuple[Any, ...], dict[Any, Any]] = {}
    for key, row in zip(keys, cohort.table.to_dict("records"), strict=True):
        firsts.setdefault(key, dict(row))
    emptied = {name: DEFAULTS[name] for name in _EMPTIED}
    rows = [
        {**firsts[job.cases[0].scan.key], **emptied, "channel": name, "image": str(job.file(name))}
        for job in jobs
        for name in job.features
    ]
    table = pd.concat([cohort.table, pd.DataFrame(rows, columns=cohort.table.columns)], ignore_index=True)
    return Cohort(table, cohort.path)
