"""Images and masks that are damaged, of another kind, or on another grid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk

from tests.reliability.harness import Kind, Variant
from tests.support.helpers import ball, make_image

_EXTRACT = "extract cohort.csv --params params.yaml --out f.csv --jobs 1"
_CHECK = "check cohort.csv --out problems.csv --jobs 1"
_SPACING = (1.0, 1.0, 2.0)
_SHAPE = (10, 12, 14)
_VOXELS = int(ball().sum())


def noise(seed: int = 0) -> np.ndarray:
    """Grey values, axes z, y, x."""
    return np.random.default_rng(seed).normal(300, 60, _SHAPE).astype(np.float32)


def write_pair(folder: Path, image: sitk.Image | None = None, mask: sitk.Image | None = None) -> None:
    """Write one subject with an image, a mask and a parameter file."""
    image = make_image(noise(), _SPACING) if image is None else image
    mask = make_image(ball(), _SPACING) if mask is None else mask
    sitk.WriteImage(image, str(folder / "i.nrrd"))
    sitk.WriteImage(mask, str(folder / "m.nrrd"))
    write_tables(folder, "i.nrrd", "m.nrrd")


def write_tables(folder: Path, image: str, mask: str) -> None:
    """Cohort table of one subject beside one that is sound, and parameters."""
    sitk.WriteImage(make_image(noise(1), _SPACING), str(folder / "good_i.nrrd"))
    sitk.WriteImage(make_image(ball(radius=2.5), _SPACING), str(folder / "good_m.nrrd"))
    (folder / "cohort.csv").write_text(
        f"subject,image,reader,mask\nP1,{image},r,{mask}\nP2,good_i.nrrd,r,good_m.nrrd\n", encoding="utf-8"
    )
    (folder / "params.yaml").write_text("featureClass: {firstorder: [Mean], shape: [VoxelVolume]}\n")


def only_the_other(folder: Path) -> None:
    """The bad case has a row without values, the sound one has its values."""
    table = pd.read_csv(folder / "f.csv").set_index("subject")["original_firstorder_Mean"]
    assert np.isnan(table["P1"])
    assert table["P2"] > 0


def volume_is(expected: float) -> Callable[[Path], None]:
    """The first subject's volume in mm3."""

    def holds(folder: Path) -> None:
        table = pd.read_csv(folder / "f.csv").set_index("subject")["original_shape_VoxelVolume"]
        assert np.isclose(table["P1"], expected, rtol=1e-6), table["P1"]

    return holds


def _spoilt(name: str, change: Callable[[bytes], bytes], which: str = "i") -> Variant:
    """A compressed NIfTI or NRRD file whose bytes are changed."""

    def write(folder: Path) -> None:
        write_pair(folder)
        path = folder / f"{which}.nii.gz"
        sitk.WriteImage(sitk.ReadImage(str(folder / f"{which}.nrrd")), str(path))
        path.write_bytes(change(path.read_bytes()))
        files = {"i": "i.nrrd", "m": "m.nrrd", which: path.name}
        write_tables(folder, files["i"], files["m"])

    return Variant(name, write, _EXTRACT, 0, ("P1/", f"{which}.nii.gz"), (), only_the_other)


DAMAGED = Kind(
    "Damaged files",
    "the case is a failure that names the file; its row has missing values; the other cases continue",
    [
        _spoilt(f"{what}, {which}", change, letter)
        for letter, which in (("i", "image"), ("m", "mask"))
        for what, change in {
            "empty file": lambda _: b"",
            "cut in half": lambda content: content[: len(content) // 2],
            "text": lambda _: b"not an image\n",
            "a web page": lambda _: b"<html><body>Sign in</body></html>",
            "a bit turned": lambda content: (
                content[: len(content) // 2]
                + bytes([content[len(content) // 2] ^ 255])
                + content[len(content) // 2 + 1 :]
            ),
        }.items()
    ],
)


def _voxels(name: str, change: Callable[[np.ndarray], np.ndarray | sitk.Image], *says: str) -> Variant:
    def write(folder: Path) -> None:
        changed = change(noise())
        image = changed if isinstance(changed, sitk.Image) else make_image(changed, _SPACING)
        write_pair(folder, image=image)

    return Variant(name, write, _EXTRACT, 0, ("P1/", *says), (), only_the_other)


def _with(value: float, place: tuple[int, int, int] = (0, 0, 0)) -> Callable[[np.ndarray], np.ndarray]:
    def change(array: np.ndarray) -> np.ndarray:
        array[place] = value
        return array

    return change


ODD_IMAGES = Kind(
    "Images of another kind",
    "the case is a failure that says what was found and what was expected",
    [
        _voxels("one NaN outside the mask", _with(np.nan), "finite"),
        _voxels("one NaN inside the mask", _with(np.nan, (5, 6, 7)), "finite"),
        _voxels("an infinite value", _with(np.inf), "finite"),
        _voxels("a negative infinite value", _with(-np.inf), "finite"),
        _voxels(
            "two dimensions",
            lambda array: sitk.GetImageFromArray(array[0]),
            "size 14 x 12 x 10 against 14 x 12 x 1",
        ),
        _voxels(
            "four dimensions",
            lambda array: sitk.JoinSeries([make_image(array, _SPACING)] * 2),
            "4 dimensions",
        ),
        _voxels(
            "colours",
            lambda array: sitk.Compose([make_image(array.astype(np.uint8))] * 3),
            "values per voxel",
        ),
        _voxels(
            "complex numbers",
            lambda array: sitk.RealAndImaginaryToComplex(*[make_image(array, _SPACING)] * 2),
            "complex",
        ),
        _voxels("another size", lambda array: array[:9], "different grids|grid"),
        _voxels("one slice", lambda array: array[:1], "grid"),
    ],
)


def _mask(name: str, change: Callable[[np.ndarray], np.ndarray], *says: str) -> Variant:
    def write(folder: Path) -> None:
        write_pair(folder, mask=make_image(change(ball()), _SPACING))

    return Variant(name, write, _EXTRACT, 0, ("P1/", *says), (), only_the_other)


def _single(array: np.ndarray) -> np.ndarray:
    empty = np.zeros_like(array)
    empty[5, 6, 7] = 1
    return empty


ODD_MASKS = Kind(
    "Masks without a measurable region",
    "the case is a failure that gives the reason; no value becomes zero",
    [
        _mask("empty", lambda array: array * 0, "empty"),
        _mask("a single voxel", _single, "single voxel"),
        _mask("probabilities", lambda array: array * np.float32(0.7), "whole numbers"),
        _mask(
            "NaN outside the region", lambda array: np.where(array > 0, 1.0, np.nan), "whole numbers|finite"
        ),
        _mask("another label only", lambda array: array * 3, "no label 1", "3"),
        _mask("255 for inside", lambda array: array * 255, "no label 1", "255"),
        _mask("negative labels", lambda array: array.astype(np.int16) * -1, "no label 1", "-1"),
    ],
)


def _placed(name: str, move: Callable[[sitk.Image], sitk.Image], *says: str) -> Variant:
    def write(folder: Path) -> None:
        write_pair(folder, mask=move(make_image(ball(), _SPACING)))

    return Variant(name, write, _EXTRACT, 0, ("P1/", *says), (), only_the_other)


def _origin(shift: float) -> Callable[[sitk.Image], sitk.Image]:
    def move(mask: sitk.Image) -> sitk.Image:
        mask.SetOrigin((shift, 0.0, 0.0))
        return mask

    return move


def _spacing(x: float) -> Callable[[sitk.Image], sitk.Image]:
    def move(mask: sitk.Image) -> sitk.Image:
        mask.SetSpacing((x, 1.0, 2.0))
        return mask

    return move


def _turned(mask: sitk.Image) -> sitk.Image:
    mask.SetDirection((-1, 0, 0, 0, -1, 0, 0, 0, 1))
    return mask


OTHER_GRIDS = Kind(
    "Masks on a different grid from the image",
    "the case is a failure that names the difference, and the settings `correctMask` and `geometryTolerance`",
    [
        _placed("1 mm off", _origin(1.0), "origin", "correctMask|geometryTolerance"),
        _placed("0.005 mm off", _origin(0.005), "origin", "geometryTolerance"),
        _placed("100 mm off", _origin(100.0), "origin"),
        _placed("other spacing", _spacing(1.1), "spacing"),
        _placed("spacing 0.001 mm off", _spacing(1.001), "spacing"),
        _placed("turned by half", _turned, "direction"),
        _placed("cropped", lambda mask: mask[2:12, 2:10, 1:9], "size", "correctMask"),
        _placed("axes swapped", lambda mask: sitk.PermuteAxes(mask, (1, 0, 2)), "size"),
    ],
)


def _settings(name: str, setting: str, move: Callable[[sitk.Image], sitk.Image]) -> Variant:
    def write(folder: Path) -> None:
        write_pair(folder, mask=move(make_image(ball(), _SPACING)))
        (folder / "params.yaml").write_text(
            f"setting: {{{setting}}}\nfeatureClass: {{firstorder: [Mean], shape: [VoxelVolume]}}\n"
        )

    return Variant(name, write, _EXTRACT, 0, holds=volume_is(2 * _VOXELS))


HONOURED_GRIDS = Kind(
    "Masks on a different grid, with PyRadiomics' settings for this",
    "`correctMask` puts the mask on the image's grid, `geometryTolerance` accepts it, as PyRadiomics does",
    [
        _settings(f"{name}, {engine}", setting, move)
        for engine in ("native",)
        for name, setting, move in (
            ("cropped", "correctMask: true", lambda mask: mask[2:13, 2:11, 1:9]),
            ("0.005 mm off", "geometryTolerance: 0.01", _origin(0.005)),
            ("0.005 mm off, corrected", "correctMask: true", _origin(0.005)),
            ("spacing 0.0005 mm off", "geometryTolerance: 0.01", _spacing(1.0005)),
        )
    ],
)

KINDS = [DAMAGED, ODD_IMAGES, ODD_MASKS, OTHER_GRIDS, HONOURED_GRIDS]
