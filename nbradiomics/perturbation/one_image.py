"""Make and write the variants of one scan that share an image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from typing_extensions import TypedDict

from nbradiomics.cohort import Case, Scan
from nbradiomics.cohort.case_region import region_hashes, region_on
from nbradiomics.errors import StorageError
from nbradiomics.execution.batch import failure_of
from nbradiomics.execution.stage_names import StageName
from nbradiomics.execution.workspace import PASSING, Payload, content_hash, hashes_by_name, result_key
from nbradiomics.images.io import read_image, write_image
from nbradiomics.perturbation.apply import PerturbedRegion, perturbed_image, region_of_variant
from nbradiomics.perturbation.disagreement import Disagreement
from nbradiomics.perturbation.noise import noise_level
from nbradiomics.perturbation.seeds import seed_of
from nbradiomics.perturbation.variant import Variant
from nbradiomics.system.versions import installed_version


class MadeVariants(TypedDict):
    """Stored result of a job: rows of the table, failures, and the hashes of the files."""

    rows: list[dict[str, Any]]
    failures: list[list[str]]
    files: dict[str, str]
    passing: bool


@dataclass(frozen=True)
class How:
    """How variants are made: default label of masks, seed of the study, disagreement of readers."""

    label: int
    seed: int
    disagreement: Disagreement | None


@dataclass(frozen=True)
class MaskJob:
    """A variant of a mask, and the file to write."""

    case: Case
    variant: Variant
    file: Path

    @property
    def name(self) -> str:
        """Name in failures."""
        return f"{self.case.name}/{self.variant.name}"


@dataclass(frozen=True)
class ImageJob:
    """The variants of a scan that share an image.

    Attributes
    ----------
    scan
        The original.
    image
        The part of the variants that changes the image.
    file
        File of the variants' image: the original's if nothing changes.
    masks
        The variants of its masks.
    how
        Label, seed, disagreement.
    """

    scan: Scan
    image: Variant
    file: Path
    masks: tuple[MaskJob, ...]
    how: How

    def key(self) -> str:
        """Key of the stored result: everything that it depends on, except the folders of its files."""
        disagreement = self.how.disagreement
        return result_key(
            StageName.PERTURB,
            image=content_hash(self.scan.image),
            scan=self.scan.key,
            variant=self.image.model_dump(),
            masks=[
                [job.case.name, job.variant.model_dump(), region_hashes(job.case, self.how.label)]
                for job in self.masks
            ],
            seed=self.how.seed,
            disagreement=disagreement and disagreement.model_dump(),
            engine=[installed_version(package) for package in ("numpy", "scipy", "SimpleITK")],
        )

    def file_hashes(self) -> dict[str, str]:
        """Hashes of the files, by their names."""
        files = [self.file, *(job.file for job in self.masks)]
        return hashes_by_name(files)

    def make(self) -> Payload:
        """Make and write the image and its masks; a mask that fails does not stop the others."""
        original = read_image(self.scan.image)
        regions, failures = self._regions(original)
        rows: list[dict[str, Any]] = []
        if regions:
            union = reduce(sitk.Or, regions.values())
            seed = seed_of(self.how.seed, *self.scan.index().values())
            image = perturbed_image(original, union, self.image, seed)
            if self.file != self.scan.image:
                write_image(image, self.file)
            noise_sd = noise_level(original, union) if self.image.noise else np.nan
            for job in self.masks:
                if job.case.name not in regions:
                    continue
                try:
                    rows.append({**self._mask(job, regions[job.case.name], image), "noise_sd": noise_sd})
                except StorageError:
                    raise
                except Exception as error:  # as in `execution.batch.guarded`
                    job.file.unlink(missing_ok=True)
                    failures.append((job.name, error))
        listed = [failure_of(name, StageName.PERTURB, error) for name, error in failures]
        return {
            "rows": rows,
            "failures": [[one.case, one.stage, one.cause, one.hint, one.details] for one in listed],
            "files": self.file_hashes(),
            PASSING: bool(listed),  # failures are never stored
        }

    def _regions(self, image: sitk.Image) -> tuple[dict[str, sitk.Image], list[tuple[str, Exception]]]:
        """Region of each mask that can be read, and the errors of the others."""
        regions: dict[str, sitk.Image] = {}
        failures: list[tuple[str, Exception]] = []
        for case in dict.fromkeys(job.case for job in self.masks):
            try:
                regions[case.name] = region_on(image, case, self.how.label)
            except Exception as error:  # as in `execution.batch.guarded`
                jobs = [job for job in self.masks if job.case == case]
                failures += [(job.name, error) for job in jobs]
                for job in jobs:
                    job.file.unlink(missing_ok=True)
        return regions, failures

    def _mask(self, job: MaskJob, region: sitk.Image, image: sitk.Image) -> dict[str, Any]:
        case = job.case
        seed = seed_of(self.how.seed, *case.index().values())
        made = region_of_variant(region, image, job.variant, seed, self.how.disagreement)
        write_image(made.region, job.file)
        return {"case": job.case.name, "variant": job.variant.name, **_measured(made, region)}


def _measured(made: PerturbedRegion, original: sitk.Image) -> dict[str, float]:
    inside, before = sitk.GetArrayViewFromImage(made.region) != 0, made.before
    both = float(np.count_nonzero(inside & before))
    return {
        "volume_reached": made.volume_reached,
        "original_ml": _ml(original),
        "volume_ml": _ml(made.region),
        "dice": 2 * both / float(inside.sum() + before.sum()),
    }


def _ml(region: sitk.Image) -> float:
    voxels = np.count_nonzero(sitk.GetArrayViewFromImage(region))
    return float(voxels * np.prod(region.GetSpacing()) / 1000)
