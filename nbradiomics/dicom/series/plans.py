"""Plans of volumes: which slices make which image, before a pixel is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nbradiomics.dicom.series.grid import Grid, is_orthogonal, stacked
from nbradiomics.dicom.series.parts import LAZY, volumes_in
from nbradiomics.dicom.series.planar import PLANAR
from nbradiomics.dicom.series.records import Acquired, Header, Instance, Source
from nbradiomics.errors import InputError
from nbradiomics.images.flat import THICKNESS
from nbradiomics.pictures.settings import Rgb

#: Values of the image type of images that are no volumes of measured values.
_ASIDE = {
    "LOCALIZER": "localiser",
    "SCOUT": "localiser",
    "PROJECTION IMAGE": "projection (MIP)",
    "MIP": "projection (MIP)",
    "MAX_IP": "projection (MIP)",
    "SCREEN SAVE": "picture of a screen",
}
_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
#: Classes whose pixels are masks, doses or parameters, not an image.
_NO_IMAGES = {"SEG", "RTSTRUCT", "RTDOSE", "RTPLAN", "RTIMAGE", "REG", "PR", "SR", "KO", "FID", "DOC"}
_COLOUR = "colour image"
_NO_SIZE = (
    "the header states no pixel size, or several (Pixel Spacing, Imager Pixel Spacing, Ultrasound Regions)."
)
_GIVE_SIZE = (
    "Export it from the device or PACS with its calibration. If you know the size: save it as PNG, and state "
    "the size by `nbradiomics ingest-pictures`."
)
_AGAIN = "Export the series again with all of its slices."


@dataclass(frozen=True, repr=False)
class Plan:
    """A volume that can be made from a series, or why it cannot.

    Attributes
    ----------
    sources
        Its slices, along the third axis of the image if there is a `grid`.
    part, parts
        Number of the volume in its series from 1, and number of volumes of the series.
    grid
        Grid of the image; ``None`` if the slices do not fit together.
    problem
        What is wrong and what to do; empty if nothing is.
    aside
        Why it is no volume that a study could use, such as ``localiser``; empty if it could.
    rgb
        How colours of an image of one plane become grey values; ``None`` if it is not stated.
    """

    sources: tuple[Source, ...]
    part: int
    parts: int
    grid: Grid | None = None
    problem: tuple[str, str] | tuple[()] = ()
    aside: str = ""
    rgb: Rgb | None = None

    @property
    def header(self) -> Header:
        """Header of its first slice."""
        return self.sources[0].instance.header

    @property
    def acquired(self) -> Acquired:
        """Acquisition of its first slice."""
        return self.sources[0].frame.acquired


def plans_of(
    series: Sequence[Instance], same_pixels: Callable[[Path, Path], bool], rgb: Rgb | None = None
) -> list[Plan]:
    """Plan the volumes of one series.

    Parameters
    ----------
    series
        All instances of the series.
    same_pixels
        Whether two files contain the same pixels; called for two files of one instance that differ.
    rgb
        How colours of images of one plane become grey values; ``None`` leaves such images aside.
    """
    instances, conflict = _once(series, same_pixels)
    sources = [Source(instance, frame) for instance in instances for frame in instance.frames]
    if conflict:
        return [Plan(tuple(sources), 1, 1, problem=conflict)]
    header = instances[0].header
    if header.modality in PLANAR and all(source.frame.place.position is None for source in sources):
        return [_planar(one, place, len(instances), rgb) for place, one in enumerate(instances, start=1)]
    if aside := _no_image(header):
        return [Plan(tuple(sources), 1, 1, aside=aside)]
    volumes = volumes_in(sources)
    return [
        _plan(tuple(volume), number, len(volumes), unique=unique)
        for number, (volume, unique) in enumerate(volumes, start=1)
    ]


def _once(
    series: Sequence[Instance], same_pixels: Callable[[Path, Path], bool]
) -> tuple[list[Instance], tuple[str, str] | tuple[()]]:
    """Each instance once, and what is wrong if two files of one instance differ."""
    known: dict[str, Instance] = {}
    for instance in series:
        first = known.setdefault(instance.sop_instance, instance)
        if first is instance or (first.digest and first.digest == instance.digest):
            continue
        if first.frames != instance.frames or not same_pixels(Path(first.path), Path(instance.path)):
            return list(known.values()), (
                "two different files of the series have the same instance UID (0008,0018).",
                "Remove the wrong one: an instance has one content.",
            )
    return list(known.values()), ()


def _no_image(header: Header) -> str:
    """Why a series contains no image of measured values; empty if it may."""
    if header.modality in _NO_IMAGES or not (header.rows and header.columns):
        return "no image"
    if header.samples > 1 or header.photometric == "PALETTE COLOR":
        return _COLOUR
    return "secondary capture" if f"{header.sop_class}.".startswith(f"{_CAPTURE}.") else ""


def _planar(instance: Instance, part: int, parts: int, rgb: Rgb | None) -> Plan:
    """Plan of an image of one plane: it has no position in space."""
    header, sources = instance.header, tuple(Source(instance, frame) for frame in instance.frames)
    plan = Plan(sources, part, parts, rgb=rgb)
    colour = _no_image(header) == _COLOUR
    aside = _no_image(header) if not colour or rgb is None else ""
    if colour and rgb is None:
        aside = f"{_COLOUR}: state how it becomes grey (`rgb` in the rules)"
    aside = aside or (
        f"a clip of {len(sources)} frames: choose frames in another program" * (len(sources) > 1)
    )
    if aside:
        return replace(plan, aside=aside)
    spacing = sources[0].frame.place.spacing
    if spacing is None:
        return replace(plan, problem=(_NO_SIZE, _GIVE_SIZE))
    identity = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    size, edges = (header.columns, header.rows, 1), (spacing[1], spacing[0], THICKNESS)
    return replace(plan, grid=Grid(size, edges, (0.0, 0.0, 0.0), identity))


def _plan(sources: tuple[Source, ...], part: int, parts: int, *, unique: bool) -> Plan:
    header, acquired = sources[0].instance.header, sources[0].frame.acquired
    plan = Plan(sources, part, parts)
    mosaic = "MOSAIC" in {value.upper() for value in acquired.image_type}  # of one slice, by its header
    if not mosaic and (aside := _aside(header, acquired, sources)):
        return Plan(sources, part, parts, aside=aside)
    try:
        _require_whole(sources, unique=unique)
        ordered, grid = stacked(sources, header.rows, header.columns)
    except InputError as error:
        return Plan(sources, part, parts, problem=(error.problem, error.remedy))
    return Plan(ordered, plan.part, plan.parts, grid=grid)


def _aside(header: Header, acquired: Acquired, sources: Sequence[Source]) -> str:
    for value in acquired.image_type:
        if reason := _ASIDE.get(value.upper()):
            return reason
    if all(source.frame.place.position is None for source in sources):
        return "no position in space"
    if header.modality == "PT" and header.corrected and "ATTN" not in header.corrected:
        return "PET without attenuation correction"
    return "one slice" if len(sources) == 1 else ""


def _require_whole(sources: Sequence[Source], *, unique: bool) -> None:
    """Refuse slices that cannot be stacked, whatever their distances."""
    if "MOSAIC" in {value.upper() for value in sources[0].frame.acquired.image_type}:
        raise InputError(
            "the images are mosaics: each shows all slices of a volume side by side.",
            "Export the series as enhanced (multi-frame) DICOM, or without mosaic.",
        )
    _require_tags(sources)
    orientation = sources[0].frame.place.orientation
    if orientation is None or not is_orthogonal(orientation):
        raise InputError(
            "the directions of rows and columns (0020,0037) are not unit vectors at a right angle.", _AGAIN
        )
    spacing = sources[0].frame.place.spacing
    if spacing is None or min(spacing) <= 0:
        raise InputError("the pixel spacing (0028,0030) is not above 0.", _AGAIN)
    if not unique:
        raise InputError(
            "different slices lie at the same position, and no element tells them apart; read were: image "
            "type, complex component, b-value, echo and inversion time, stack, kernel, "
            f"{', '.join(LAZY.values())}.",
            "Export each volume as a series of its own, or remove the slices that do not belong to it.",
        )


def _require_tags(sources: Iterable[Source]) -> None:
    names = (
        "ImagePositionPatient (0020,0032)",
        "ImageOrientationPatient (0020,0037)",
        "PixelSpacing (0028,0030)",
    )
    places = [source.frame.place for source in sources]
    for number, name in enumerate(names):
        missing = sum(place[number] is None for place in places)
        if missing:
            raise InputError(f"{missing} of {len(places)} slices lack {name}.", _AGAIN)
