"""Convert one picture and the masks that were drawn on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from nbradiomics.cohort.case_region import require_not_the_image
from nbradiomics.errors import InputError, StorageError
from nbradiomics.execution.batch import failure_of
from nbradiomics.execution.workspace import PASSING, Payload, content_hash, hashes_by_name, result_key
from nbradiomics.images.io import read_image, write_image
from nbradiomics.pictures.reading import Picture, image_of, mask_of
from nbradiomics.pictures.settings import PIXELS, PictureSettings
from nbradiomics.system.versions import installed_version

if TYPE_CHECKING:
    import SimpleITK as sitk

STAGE = "ingest-pictures"


class MadePictures(TypedDict):
    """Stored result: facts of the image (none if it was no picture) and of each mask, failures, files."""

    image: dict[str, Any]
    masks: dict[str, dict[str, Any]]
    failures: list[list[str]]
    files: dict[str, str]
    passing: bool


@dataclass(frozen=True)
class MaskPicture:
    """A mask to convert: picture, new file, cells, and whether a single label keeps its number."""

    source: Path
    file: Path
    roi: str
    reader: str
    reading: int
    keep: bool


@dataclass(frozen=True)
class PictureJob:
    """An image with its masks.

    Attributes
    ----------
    source
        File of the image.
    file
        New file of the image; ``None`` if it is no picture and stays as it is.
    pixel_spacing
        Pixel spacing of the picture; ``None`` if it is not stated.
    masks
        Masks to convert, by the name of their case.
    settings
        What is stated for all pictures.
    """

    source: Path
    file: Path | None
    pixel_spacing: str | None
    masks: dict[str, MaskPicture]
    settings: PictureSettings

    def key(self) -> str:
        """Key of the stored result: everything that it depends on, except the folder of its files."""
        return result_key(
            STAGE,
            image=[content_hash(self.source), self.pixel_spacing, self.file and self.file.name],
            masks=[
                [name, content_hash(one.source), one.file.name, one.keep] for name, one in self.masks.items()
            ],
            settings=self.settings.model_dump(),
            engine=[installed_version(package) for package in ("numpy", "scipy", "Pillow", "SimpleITK")],
        )

    def file_hashes(self) -> dict[str, str]:
        """Hashes of the files that were written, by their names."""
        files = [one.file for one in self.masks.values()] + ([self.file] if self.file else [])
        return hashes_by_name(files)

    def make(self) -> Payload:
        """Write the image and its masks; a mask that fails does not stop the others.

        Raises
        ------
        InputError
            When the image cannot be used.
        """
        if self.file is None:
            image, facts = read_image(self.source), {}
        else:
            picture = image_of(self.source, self.settings, self.pixel_spacing)
            image, facts = picture.image, facts_of(picture, measured=self.pixel_spacing != PIXELS)
            write_image(image, self.file)
        masks, failures = {}, []
        for name, mask in self.masks.items():
            try:
                masks[name] = self._mask(mask, image)
            except StorageError:
                raise
            except Exception as error:  # as in `execution.batch.guarded`
                mask.file.unlink(missing_ok=True)
                failures.append(failure_of(name, STAGE, error))
        return {
            "image": facts,
            "masks": masks,
            "failures": [[one.case, one.stage, one.cause, one.hint, one.details] for one in failures],
            "files": self.file_hashes(),
            PASSING: bool(failures),
        }

    def _mask(self, mask: MaskPicture, image: sitk.Image) -> dict[str, Any]:
        require_not_the_image(mask.source, self.source)
        made = mask_of(mask.source, image, self.settings, keep=mask.keep)
        write_image(made.image, mask.file)
        unread = "" if self.file else "rows and columns were taken in the order of the image file: look at it"
        facts = facts_of(made, measured=self.pixel_spacing != PIXELS)
        if not facts["highest"]:
            raise InputError(f"{mask.source}: the mask is empty.", "There is nothing to measure in it.")
        return {**facts, "note": "; ".join(filter(None, [made.note, unread]))}


def facts_of(picture: Picture, *, measured: bool) -> dict[str, Any]:
    """Cells of the table about a picture; `measured` says whether its pixel size is known."""
    import SimpleITK as sitk

    values = sitk.GetArrayViewFromImage(picture.image)
    shown = values if picture.made_by else values[values != 0]
    columns, rows, slices = picture.image.GetSize()
    x, y, _ = picture.image.GetSpacing()
    return {
        "format": picture.kind,
        "columns": columns,
        "rows": rows,
        "slices": slices,
        "spacing_x": x if measured else None,
        "spacing_y": y if measured else None,
        "lowest": float(shown.min()) if shown.size else None,
        "highest": float(shown.max()) if shown.size else None,
        "grey": picture.made_by,
        "note": picture.note,
    }
