"""Convert the pictures of a cohort, and write a cohort table that names the images and masks instead."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast

import pandas as pd

from nbradiomics.cohort import Cohort, CohortSource, load_cohort
from nbradiomics.cohort.columns import DEFAULTS, FILES, SCAN_VARIANT
from nbradiomics.cohort.names import name_of, scan_name
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.files.names import image_files
from nbradiomics.pictures.decoding import is_picture
from nbradiomics.pictures.one_image import STAGE, MadePictures, MaskPicture, PictureJob
from nbradiomics.pictures.schema import PICTURES
from nbradiomics.pictures.settings import PIXELS, PictureSettings
from nbradiomics.settings import spread
from nbradiomics.tables import ORIGINAL
from nbradiomics.tables.result import Result

IMAGES, MASKS = "images", "masks"
#: Variant of images whose pixel size is not known.
IN_PIXELS = "in_pixels"
_TABLES = re.compile(r"cohort(\.failures)?\.csv|cohort\.(failures\.log|provenance\.json)|pictures\.csv")
#: Scan, variant and channel of a row.
_Place = tuple[str, ...]


@dataclass(frozen=True, repr=False)
class IngestedPictures(Result):
    """Result of `ingest_pictures`.

    Attributes
    ----------
    cohort
        The cohort with the new images and masks; what could not be converted is left out.
    table
        Columns of `pictures.schema.PICTURES`, one row per converted picture.
    failures
        Images and masks that could not be converted.
    """

    cohort: Cohort
    table: pd.DataFrame
    failures: list[Failure]


@spread(settings=PictureSettings, execution=Execution)
def ingest_pictures(
    cohort: CohortSource,
    *,
    out: str | Path,
    settings: PictureSettings = PictureSettings(),  # noqa: B008 - frozen
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> IngestedPictures:
    """Convert the PNG, JPEG, TIFF and BMP files of a cohort to images of one slice.

    Files of other formats stay as they are. Nothing is guessed: a picture without a stated pixel size, with
    colours, transparent or turned by a tag is a failure, and so is a mask with smooth edges, with colours or
    of another size than its image.

    Parameters
    ----------
    cohort
        Cohort table (a file or a DataFrame), or a loaded cohort. Its column `pixel_spacing` overrules that of
        the settings.
    out
        Output folder: images are written to ``images``, masks to ``masks``, as compressed NIfTI files.
    settings
        What the files do not state. Each field is also a keyword of this function: ``pixel_spacing=0.1``.
    execution
        Processes, progress display and workspace; each field is also a keyword.

    Raises
    ------
    InputError
        When the cohort has no picture, or pictures as probability maps.

    Examples
    --------
    >>> made = ingest_pictures("pictures.csv", out="images_of_one_slice", pixel_spacing=0.1)
    >>> len(made.failures)
    0
    """
    cohort = load_cohort(cohort)
    pictures = {file for file in _files(cohort) if is_picture(Path(file))}
    _require_pictures(cohort, pictures)
    jobs, names = _jobs(cohort, pictures, Path(out), settings)
    batch = execution.map(
        PictureJob.make,
        {name: (job,) for name, job in jobs.items()},
        stage=STAGE,
        stored=Stored(
            lambda name: jobs[name].key(),
            MadePictures,
            lambda name, payload: jobs[name].file_hashes() == payload["files"],
        ),
    )
    failures = list(batch.failures)
    failures += [Failure(*one) for payload in batch.results.values() for one in payload["failures"]]
    places = {name: place for place, name in names.items()}
    rows = [
        row for name, payload in batch.results.items() for row in _facts(places[name], jobs[name], payload)
    ]
    return IngestedPictures(
        Cohort(_new_rows(cohort, jobs, names, batch.results), Path(out) / "cohort.csv"),
        PICTURES.table(rows),
        failures,
    )


def _files(cohort: Cohort) -> list[str]:
    return sorted({file for column in FILES for file in cohort.table[column] if file})


def _require_pictures(cohort: Cohort, pictures: Collection[str]) -> None:
    maps = sorted({file for file in cohort.table["probability"] if file in pictures})
    if maps:
        raise InputError(f"{maps[0]} is a picture, given as a probability map.", "Save the map as NIfTI.")
    if not pictures:
        raise InputError(
            f"{cohort.path} names no PNG, JPEG, TIFF or BMP file.",
            "Other formats (NIfTI, NRRD, MetaImage), of two dimensions too, are read as they are.",
        )


def _jobs(
    cohort: Cohort, pictures: Collection[str], out: Path, settings: PictureSettings
) -> tuple[dict[str, PictureJob], dict[_Place, str]]:
    """Jobs by name, and the name of the job of each scan, variant and channel."""
    table = cohort.table
    groups = _by_image(table)
    images = image_files(out / IMAGES, [_words(place) for place, _ in groups])
    masks = iter(image_files(out / MASKS, [_mask_words(row) for row in _mask_rows(table, pictures)]))
    jobs, names = {}, {}
    for (place, rows), file in zip(groups, images, strict=True):
        source = Path(rows["image"].iloc[0])
        chosen = {
            _case_name(row): MaskPicture(
                Path(row["mask"]),
                next(masks),
                row["roi"],
                row["reader"],
                row["reading"],
                keep=row["label"] != "",
            )
            for row in _mask_rows(rows, pictures)
        }
        is_one = str(source) in pictures
        if not is_one and not chosen:
            continue
        stated = sorted({one for one in rows["pixel_spacing"] if one})
        spacing = _stated(stated, settings, source)
        name = _image_name(place)
        names[place] = name
        jobs[name] = PictureJob(source, file if is_one else None, spacing, chosen, settings)
    return jobs, names


def _stated(stated: list[str], settings: PictureSettings, source: Path) -> str | None:
    if len(stated) > 1:
        raise InputError(
            f"{source} has several pixel spacings in the cohort table: {', '.join(stated)}.",
            "Write the same into all rows of an image.",
        )
    return stated[0] if stated else settings.pixel_spacing


def _by_image(table: pd.DataFrame) -> list[tuple[_Place, pd.DataFrame]]:
    """Rows of each scan, variant and channel, in the order of the table."""
    groups = table.groupby([*SCAN_VARIANT, "channel"], sort=False)
    return [(tuple(map(str, cast(tuple[Any, ...], place))), rows) for place, rows in groups]


def _mask_rows(table: pd.DataFrame, pictures: Collection[str]) -> Iterator[dict[Any, Any]]:
    """Rows whose mask is a picture, image by image."""
    for _, rows in _by_image(table):
        yield from (row for row in rows.to_dict("records") if row["mask"] in pictures)


def _words(place: _Place) -> list[str]:
    return [word for word in place if word not in ("", ORIGINAL)]


def _mask_words(row: Mapping[Any, Any]) -> list[str]:
    place = tuple(str(row[name]) for name in (*SCAN_VARIANT, "channel"))
    return [*_words(place), row["roi"], row["reader"], str(row["reading"])]


def _image_name(place: _Place) -> str:
    *scan, channel = place
    return f"{scan_name(*scan)}/{channel}" if channel else scan_name(*scan)


def _case_name(row: Mapping[Any, Any]) -> str:
    scan = scan_name(*(row[name] for name in SCAN_VARIANT))
    return f"{scan}/{name_of(row['roi'], row['reader'])}/{row['reading']}"


def _variant(variant: str, job: PictureJob) -> str:
    if job.file is None or job.pixel_spacing != PIXELS:
        return variant
    return IN_PIXELS if variant == ORIGINAL else f"{variant}+{IN_PIXELS}"


def _facts(place: _Place, job: PictureJob, payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of the table of pictures."""
    scan = dict(zip((*SCAN_VARIANT, "channel"), place, strict=True))
    scan["variant"] = _variant(scan["variant"], job)
    rows = []
    if job.file is not None:
        rows.append({**scan, "role": "image", "file": f"{IMAGES}/{job.file.name}", **payload["image"]})
    for name, facts in payload["masks"].items():
        mask = job.masks[name]
        cells = {"roi": mask.roi, "reader": mask.reader, "reading": mask.reading}
        rows.append({**scan, **cells, "role": "mask", "file": f"{MASKS}/{mask.file.name}", **facts})
    return rows


def _new_rows(
    cohort: Cohort,
    jobs: Mapping[str, PictureJob],
    names: Mapping[_Place, str],
    results: Mapping[str, Mapping[str, Any]],
) -> pd.DataFrame:
    """Rows of the cohort with the new files; without images and masks that failed."""
    made: list[dict[Any, Any]] = []
    for place, rows in _by_image(cohort.table):
        name = names.get(place)
        if name is None:
            made += rows.to_dict("records")
        elif name in results:
            made += _of_image(rows.to_dict("records"), jobs[name], results[name])
    return pd.DataFrame(made, columns=list(DEFAULTS))


def _of_image(rows: list[dict[Any, Any]], job: PictureJob, result: Mapping[str, Any]) -> list[dict[Any, Any]]:
    image = str(job.file or job.source)
    made = []
    for row in rows:
        name = _case_name(row)
        lost = name in job.masks and name not in result["masks"]
        new = {**row, "image": image, "pixel_spacing": "", "variant": _variant(row["variant"], job)}
        if lost:
            continue
        if name in job.masks and row["mask"]:
            new["mask"] = str(job.masks[name].file)
        made.append(new)
    if made:
        return made
    bare = {"reader": "", "mask": "", "label": "", "minutes": "", "reference_kind": "", "probability": ""}
    first = {**rows[0], "image": image, "pixel_spacing": "", "variant": _variant(rows[0]["variant"], job)}
    return [{**first, **bare}]


def is_picture_file(path: PurePosixPath, _names: Collection[str] = ()) -> bool:
    """Whether a file in an output folder was written by `ingest-pictures`."""
    if len(path.parts) == 2:
        return path.parts[0] in (IMAGES, MASKS) and path.name.endswith(".nii.gz")
    return _TABLES.fullmatch(str(path)) is not None
