"""Decode picture files: the numbers as stored, or why they cannot be used."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import exists, open_regular, require_regular
from nbradiomics.images.refusals import damaged, missing
from nbradiomics.system.transient import transient_cause

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
_STARTS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"BM")
#: Tags of TIFF and EXIF.
_PHOTOMETRIC, _ORIENTATION, _SAMPLE_FORMAT = 262, 274, 339
#: Grey values of few bits, which the decoder spreads over 0 to 255: by which factor.
_SPREAD = {"L;2": 85, "L;4": 17}
_SAVE = "Save it as grey values or RGB in a PNG or TIFF file."


@dataclass(frozen=True)
class Decoded:
    """The pixels of a picture.

    Attributes
    ----------
    values
        Pages, rows, columns, or pages, rows, columns, channels (grey and alpha, RGB, or RGBA).
    kind
        Format of the file: one of `FORMATS`.
    palette
        Whether the values are numbers of colours in a palette.
    """

    values: NDArray[Any]
    kind: str
    palette: bool = False


def is_picture(path: Path) -> bool:
    """Whether a file begins as PNG, JPEG, TIFF or BMP files do; false for a file that cannot be opened."""
    try:
        with open_regular(path) as file:
            return file.read(6).startswith(_STARTS)
    except (OSError, InputError):
        return False


def decode(path: Path, *, palette: bool = False) -> Decoded:
    """Decode a picture.

    Parameters
    ----------
    path
        A PNG, JPEG, TIFF or BMP file.
    palette
        Whether a picture with a palette gives the numbers of the colours (labels of a mask), not the colours.

    Raises
    ------
    InputError
        When it is damaged, of another format, turned by its EXIF tag, or its numbers cannot be read exactly.
    """
    from PIL import Image, UnidentifiedImageError

    if not exists(path):
        raise missing(path)
    require_regular(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about tags that are not read
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                return _decoded(image, path, palette=palette)
    except UnidentifiedImageError as error:
        raise InputError(f"{path} is no PNG, JPEG, TIFF or BMP file.", _SAVE) from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise InputError(
            f"{path} has more than {Image.MAX_IMAGE_PIXELS or 0:,} pixels.",
            "Cut out the part with the region, or make the pixels larger.",
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError) as error:
        if transient_cause(error) is not None:
            raise
        raise damaged(path, f"it cannot be decoded ({error})") from error


def _decoded(image: Image.Image, path: Path, *, palette: bool) -> Decoded:
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    raw = _raw_mode(image)  # before the tags are read: the decoder then forgets it
    _require_plain(image, path)
    pages = []
    for page in range(getattr(image, "n_frames", 1)):
        if page:
            image.seek(page)
            raw = _raw_mode(image)
        pages.append(_numbers(image, raw, path, palette=palette))
    if len({(one.shape, one.dtype) for one in pages}) > 1:
        shapes = ", ".join(" x ".join(map(str, one.shape[1::-1])) for one in pages[:4])
        raise InputError(
            f"{path} has {len(pages)} pages that differ in size or kind ({shapes}).",
            "Save the page that you need as a file of its own.",
        )
    return Decoded(np.stack(pages), kind, palette and image.mode == "P")


def _require_plain(image: Image.Image, path: Path) -> None:
    """Refuse what programs show in different ways."""
    turned = image.getexif().get(_ORIENTATION, 1)
    if turned not in (0, 1):
        raise InputError(
            f"{path} is turned or mirrored by its tag Orientation ({turned}): some programs apply it and "
            "others do not, so that a mask may fit only one of the two pictures.",
            "Save it as it is shown, without the tag (PNG), and look whether the mask fits.",
        )
    tags = getattr(image, "tag_v2", {})
    if tags.get(_PHOTOMETRIC) == 0:
        raise InputError(
            f"{path} stores white as 0 (photometric interpretation WhiteIsZero), which programs read in "
            "different ways.",
            "Save it with black as 0 (in ImageJ: without an inverting LUT).",
        )


def _raw_mode(image: Image.Image) -> str:
    """Kind of the stored numbers, such as ``RGB;16B``; empty if the decoder does not say."""
    for tile in getattr(image, "tile", []):
        arguments = tile[3]
        found = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
        return found if isinstance(found, str) else ""
    return ""


def _numbers(image: Image.Image, raw: str, path: Path, *, palette: bool) -> NDArray[Any]:
    """Numbers of one page: rows, columns, or rows, columns, channels."""
    if ";16" in raw and not image.mode.startswith(("I", "F")):
        raise InputError(
            f"{path} has colours or transparency of 16 bits for each channel, of which only 8 would be read.",
            "Save each channel, or the grey values, as 16-bit grey.",
        )
    if image.mode == "P" and palette:
        return np.asarray(image)
    if image.mode in ("P", "PA") or (image.mode in ("L", "RGB") and "transparency" in image.info):
        image = image.convert("RGBA")
    elif image.mode == "YCbCr":
        image = image.convert("RGB")
    if image.mode not in ("1", "L", "LA", "RGB", "RGBA", "I", "F") and not image.mode.startswith("I;16"):
        raise InputError(f"{path} has the colour space {image.mode}, which is not read.", _SAVE)
    values = np.asarray(image)
    values = (
        values.astype(values.dtype.newbyteorder("=")) if values.dtype != bool else values.astype(np.uint8)
    )
    unsigned = getattr(image, "tag_v2", {}).get(_SAMPLE_FORMAT, (1,)) in (1, (1,))
    if image.mode == "I" and path.suffix.lower() in (".tif", ".tiff") and unsigned and values.min() < 0:
        raise InputError(f"{path} has numbers of 32 bits above 2147483647.", "Save it with smaller numbers.")
    return values // _SPREAD[raw] if raw in _SPREAD else values
