"""Convert one planned volume: write its image and its masks."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from typing_extensions import TypedDict

from nbradiomics.dicom.discreet import discreet
from nbradiomics.dicom.masks.from_objects import masks_of
from nbradiomics.dicom.masks.mask import Mask, MaskProblem
from nbradiomics.dicom.masks.rules import MaskRules
from nbradiomics.dicom.pseudonyms import Pseudonyms
from nbradiomics.dicom.series.image import make_volume
from nbradiomics.dicom.series.plans import Plan
from nbradiomics.dicom.series.records import Instance
from nbradiomics.dicom.volume import Volume
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.execution.batch import hint_for
from nbradiomics.execution.workspace import PASSING, Payload, result_key
from nbradiomics.files.names import file_stems
from nbradiomics.images.io import file_hash, write_image
from nbradiomics.system.transient import transient_cause

STAGE = "ingest"
IMAGES, MASKS = "images", "masks"


class MadeMask(TypedDict):
    """A mask that was written; `series` is a pseudonym."""

    roi: str
    reader: str
    file: str
    series: str
    volume: float
    outlined: float | None
    note: str


class Converted(TypedDict):
    """Stored result of a volume: nothing in it identifies a person."""

    units: str
    uptake: float | None
    notes: list[str]
    masks: list[MadeMask]
    mask_failures: list[list[str]]
    referring: list[str]
    files: dict[str, str]
    passing: bool


@dataclass(frozen=True)
class Conversion:
    """A volume to convert.

    Attributes
    ----------
    plan
        The volume.
    stem
        Name of its files without ending.
    out
        Output folder.
    objects
        Segmentations and structure sets that may refer to it.
    rules
        Which of their regions are read.
    pseudonyms
        Names of series and readers.
    """

    plan: Plan
    stem: str
    out: Path
    objects: tuple[Instance, ...]
    rules: MaskRules
    pseudonyms: Pseudonyms

    @property
    def image(self) -> str:
        """Path of its image in the output folder."""
        return f"{IMAGES}/{self.stem}.nii.gz"

    def key(self) -> str:
        """Key of the stored result: the content of all files, and how they are read."""
        return result_key(
            STAGE,
            slices=[[one.instance.digest, one.frame.number] for one in self.plan.sources],
            objects=[one.digest for one in self.objects],
            rules=self.rules.model_dump(mode="json"),
            rgb=self.plan.rgb,
            secret=self.pseudonyms.name("key", ""),
            stem=self.stem,
            engine=[version(package) for package in ("numpy", "pydicom", "SimpleITK", "highdicom")],
        )

    def hold(self, payload: Payload) -> bool:
        """Whether the files of a stored result are those that were written."""
        files = {self.out / name: digest for name, digest in payload["files"].items()}
        return all(path.is_file() and file_hash(path) == digest for path, digest in files.items())

    def make(self) -> Payload:
        """Write image and masks.

        Raises
        ------
        InputError
            When the volume cannot be made; neither message nor traceback contain anything of the files.
        """
        try:
            with discreet():
                return self._make()
        except NbradiomicsError as error:
            if self._is_told(f"{error.problem} {error.remedy} {error.details}"):
                raise InputError("a file of the series cannot be read.", hint_for(error)) from None
            raise
        except Exception as error:  # its message may quote a file, and so may those that it was raised from
            cause = transient_cause(error)
            problem = f"{cause[0]}." if cause else f"unexpected error ({type(error).__name__})."
            details = "".join(traceback.format_tb(error.__traceback__)) if cause is None else ""
            raise InputError(problem, hint_for(error), details) from None

    def _is_told(self, text: str) -> bool:
        """Whether a message names a file of the series, or one that may refer to it."""
        files = [one.instance.path for one in self.plan.sources] + [one.path for one in self.objects]
        return any(Path(file).name in text for file in files)

    def _make(self) -> Payload:
        made = make_volume(self.plan)
        write_image(made.volume.image, self.out / self.image)
        masks, failures, referring, passing = self._masks(made.volume)
        files = [self.image, *(mask["file"] for mask in masks)]
        return {
            "units": made.volume.units,
            "uptake": made.uptake_min,
            "notes": list(made.notes),
            "masks": masks,
            "mask_failures": failures,
            "referring": [object_name(digest, self.pseudonyms) for digest in referring],
            "files": {name: file_hash(self.out / name) for name in files},
            PASSING: passing,
        }

    def _masks(self, volume: Volume) -> tuple[list[MadeMask], list[list[str]], list[str], bool]:
        """Make and write the masks of the volume; failures as region, series, cause, hint."""
        by_path = {Path(one.path): one for one in self.objects}
        for path, one in by_path.items():
            if file_hash(path) != one.digest:
                raise InputError("a file changed while the folder was read.", "Run the command again.")
        found = masks_of(volume, list(by_path), self.rules, self.pseudonyms)
        series = {path: self.pseudonyms.name("series", one.header.series) for path, one in by_path.items()}
        files = _mask_files(self.stem, found.masks)
        made: list[MadeMask] = []
        for mask, file in zip(found.masks, files, strict=True):
            write_image(mask.image, self.out / file)
            made.append(
                {
                    "roi": mask.roi,
                    "reader": mask.reader,
                    "file": file,
                    "series": " ".join(dict.fromkeys(series[path] for path in (mask.source, *mask.others))),
                    "volume": mask.volume,
                    "outlined": mask.outlined,
                    "note": _note(mask, found.problems),
                }
            )
        errors = [problem for problem in found.problems if problem.severity == "error"]
        failures = [[one.roi, series[one.source], one.cause, one.hint] for one in errors]
        # A problem of the machine, not of the object, may be gone the next time.
        passing = any("MemoryError" in one.cause or "OSError" in one.cause for one in errors)
        return made, failures, [by_path[path].digest for path in found.referring], passing


def _mask_files(stem: str, masks: Sequence[Mask]) -> list[str]:
    """Path of each mask in the output folder: a folder for each reader."""
    folders = dict(
        zip(
            readers := sorted({mask.reader for mask in masks}),
            file_stems([[one] for one in readers]),
            strict=True,
        )
    )
    names: dict[int, str] = {}
    for reader in readers:
        places = [place for place, mask in enumerate(masks) if mask.reader == reader]
        stems = file_stems([[stem, masks[place].roi] for place in places])
        names |= {
            place: f"{MASKS}/{folders[reader]}/{one}.nii.gz" for place, one in zip(places, stems, strict=True)
        }
    return [names[place] for place in range(len(masks))]


def _note(mask: Mask, problems: Sequence[MaskProblem]) -> str:
    """Warnings of a mask, and those of its whole object."""
    warnings = [
        f"{one.cause} {one.hint}"
        for one in problems
        if one.severity == "warning"
        and one.source in (mask.source, *mask.others)
        and one.roi in ("", mask.roi)
    ]
    return " ".join(dict.fromkeys(warnings))


def object_name(digest: str, pseudonyms: Pseudonyms) -> str:
    """Name of a segmentation or structure set in stored results.

    A plain hash would tell a holder of the file from which one it was made.
    """
    return pseudonyms.name("object", digest)


def convert(conversion: Conversion) -> dict[str, Any]:
    """Call `Conversion.make`, in another process too."""
    return conversion.make()
