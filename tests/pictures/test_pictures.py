"""Pictures become images of one slice with what is stated about them, and nothing is guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from nbradiomics.errors import InputError
from nbradiomics.images.io import read_image
from nbradiomics.pictures import ingest_pictures, read_picture, read_picture_mask

SIZE = (30, 40)
GREY: NDArray[np.uint8] = np.random.default_rng(0).integers(10, 240, SIZE).astype(np.uint8)
Y, X = np.mgrid[:30, :40]
DISC = ((Y - 15) / 8) ** 2 + ((X - 20) / 10) ** 2 < 1
COLOURS = np.random.default_rng(1).integers(0, 255, (*SIZE, 3)).astype(np.uint8)


def save(path: Path, values: NDArray[Any], **options: Any) -> Path:
    Image.fromarray(values).save(path, **options)
    return path


def pixels(image: sitk.Image) -> NDArray[Any]:
    return sitk.GetArrayFromImage(image)[0]


def slice_of(values: NDArray[Any]) -> sitk.Image:
    return sitk.JoinSeries(sitk.GetImageFromArray(values))


@pytest.mark.parametrize("ending", ["png", "tif", "bmp"])
def test_grey_values_and_the_stated_pixel_size_are_kept(ending: str, tmp_path: Path) -> None:
    image = read_picture(save(tmp_path / f"a.{ending}", GREY, dpi=(72, 72)), pixel_spacing="0.1x0.2")
    assert image.GetSize() == (40, 30, 1)
    assert image.GetSpacing() == (0.1, 0.2, 1.0)
    assert np.array_equal(pixels(image), GREY)
    assert image.GetPixelID() == sitk.sitkInt16  # the edges of bins would not fit into 8 bits


def test_a_pixel_size_is_never_assumed(tmp_path: Path) -> None:
    file = save(tmp_path / "a.png", GREY, dpi=(254, 254))  # a print resolution is no pixel size
    with pytest.raises(InputError, match="does not state its pixel size") as refusal:
        read_picture(file)
    assert "--pixel-spacing pixels" in refusal.value.remedy
    with pytest.raises(InputError, match="ingest-pictures"):
        read_image(file)


@pytest.mark.parametrize("text", ["", "0", "-1", "0.1mm", "1x2x3", "nan", "300", "1e-9", "pixel"])
def test_a_pixel_spacing_that_cannot_be_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_picture(save(tmp_path / "a.png", GREY), pixel_spacing=text)


@pytest.mark.parametrize("kind", [np.uint16, np.float32, np.int32])
def test_more_than_8_bits_are_kept(kind: Any, tmp_path: Path) -> None:
    values = GREY.astype(kind) * 250
    ending = "png" if kind == np.uint16 else "tif"
    assert np.array_equal(
        pixels(read_picture(save(tmp_path / f"a.{ending}", values), pixel_spacing=1)), values
    )


@pytest.mark.parametrize(
    ("rgb", "weights"),
    [
        ("luminance-601", (0.299, 0.587, 0.114)),
        ("luminance-709", (0.2126, 0.7152, 0.0722)),
        ("mean", (1 / 3, 1 / 3, 1 / 3)),
        ("red", (1, 0, 0)),
        ("green", (0, 1, 0)),
        ("blue", (0, 0, 1)),
    ],
)
def test_colours_become_grey_as_stated(rgb: Any, weights: tuple[float, ...], tmp_path: Path) -> None:
    image = read_picture(save(tmp_path / "a.png", COLOURS), pixel_spacing=1, rgb=rgb)
    expected = sum(weight * COLOURS[..., place].astype(float) for place, weight in enumerate(weights))
    assert np.allclose(pixels(image), expected, rtol=1e-6)


def test_colours_without_a_statement_are_refused(tmp_path: Path) -> None:
    values = np.dstack([GREY] * 3)
    values[0, :12] = (255, 0, 0)
    with pytest.raises(InputError, match=r"coloured in 1\.00% of its pixels"):
        read_picture(save(tmp_path / "a.png", values), pixel_spacing=1)


@pytest.mark.parametrize("rgb", [None, "luminance-601", "mean"])
def test_equal_channels_are_grey_whatever_is_stated(rgb: Any, tmp_path: Path) -> None:
    opaque = np.full_like(GREY, 255)
    for values in (np.dstack([GREY] * 3), np.dstack([GREY, GREY, GREY, opaque]), np.dstack([GREY, opaque])):
        image = read_picture(save(tmp_path / "a.png", values), pixel_spacing=1, rgb=rgb)
        assert np.array_equal(pixels(image), GREY)


def test_a_palette_of_greys_gives_its_greys(tmp_path: Path) -> None:
    picture = Image.fromarray(GREY % 4)
    picture.putpalette([value for level in (0, 90, 160, 250) for value in (level,) * 3])
    picture.save(tmp_path / "a.png")
    found = pixels(read_picture(tmp_path / "a.png", pixel_spacing=1))
    assert np.array_equal(found, np.array([0, 90, 160, 250])[GREY % 4])


def broken(path: Path) -> None:
    save(path, GREY)
    path.write_bytes(path.read_bytes()[:200])


def turned(path: Path) -> None:
    tags = Image.Exif()
    tags[274] = 6
    Image.fromarray(GREY).save(path, format="JPEG", exif=tags)


def deep_colours(path: Path) -> None:
    values = sitk.Compose(*[sitk.GetImageFromArray(GREY.astype(np.uint16) * 100)] * 3)
    sitk.WriteImage(values, str(path))


def transparent(path: Path) -> None:
    save(path, np.dstack([GREY, np.where(DISC, 255, 0).astype(np.uint8)]))


def pages(path: Path) -> None:
    Image.fromarray(GREY).save(path, format="TIFF", save_all=True, append_images=[Image.fromarray(GREY)])


def printing_colours(path: Path) -> None:
    Image.fromarray(COLOURS).convert("CMYK").save(path, format="TIFF")


def white_is_zero(path: Path) -> None:
    Image.fromarray(GREY).save(path, format="TIFF", tiffinfo={262: 0})


def animation(path: Path) -> None:
    Image.fromarray(GREY).save(path, format="GIF")


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (broken, "damaged"),
        (turned, "Orientation"),
        (deep_colours, "16 bits for each channel"),
        (transparent, "transparent"),
        (pages, "2 pages"),
        (printing_colours, "colour space CMYK"),
        (white_is_zero, "white as 0"),
        (animation, "no PNG, JPEG, TIFF or BMP"),
        (lambda path: path.write_bytes(b""), "no PNG"),
        (lambda path: path.mkdir(), "folder"),
        (lambda path: path, "does not exist"),
    ],
)
def test_what_programs_would_read_in_different_ways_is_refused(make: Any, match: str, tmp_path: Path) -> None:
    make(tmp_path / "a.png")
    with pytest.raises(InputError, match=match):
        read_picture(tmp_path / "a.png", pixel_spacing=1)


def test_pages_are_slices_only_if_their_distance_is_stated(tmp_path: Path) -> None:
    pages(tmp_path / "a.tif")
    assert read_picture(tmp_path / "a.tif", pixel_spacing=0.5, slice_spacing=3).GetSpacing() == (0.5, 0.5, 3)
    with pytest.raises(InputError, match="one page"):
        read_picture(save(tmp_path / "b.png", GREY), pixel_spacing=0.5, slice_spacing=3)


@pytest.mark.parametrize(
    "values",
    [
        DISC,
        DISC.astype(np.uint8),
        (DISC * 255).astype(np.uint8),
        np.dstack([DISC * 255] * 3).astype(np.uint8),
    ],
)
def test_a_single_region_has_label_1(values: NDArray[Any], tmp_path: Path) -> None:
    for threshold in (None, 127):  # a mask of two values needs no threshold
        file = save(tmp_path / "m.png", values)
        mask = read_picture_mask(file, image=slice_of(GREY), mask_threshold=threshold)
        assert np.array_equal(pixels(mask), DISC)


def test_labels_are_kept_also_those_of_a_palette_and_of_few_bits(tmp_path: Path) -> None:
    labels = (DISC * 1 + (X > 20) * DISC).astype(np.uint8)
    labels[15, 20] = 3  # a small region is a label too
    coloured = Image.fromarray(labels)
    coloured.putpalette([0, 0, 0, 200, 0, 0, 0, 200, 0, 0, 0, 200])
    coloured.save(tmp_path / "p.png")
    coloured.save(tmp_path / "few.png", bits=2)
    save(tmp_path / "g.png", labels)
    for name in ("p.png", "few.png", "g.png"):
        assert np.array_equal(pixels(read_picture_mask(tmp_path / name, image=slice_of(GREY))), labels)


def test_smooth_edges_are_found_and_cut_where_it_is_stated(tmp_path: Path) -> None:
    smooth = Image.fromarray((DISC * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))
    smooth.save(tmp_path / "m.png")
    smooth.save(tmp_path / "m.jpg")
    with pytest.raises(InputError, match="only along edges"):
        read_picture_mask(tmp_path / "m.png", image=slice_of(GREY))
    with pytest.raises(InputError, match="JPEG"):
        read_picture_mask(tmp_path / "m.jpg", image=slice_of(GREY))
    cut = read_picture_mask(tmp_path / "m.png", image=slice_of(GREY), mask_threshold=127)
    assert np.array_equal(pixels(cut), np.asarray(smooth) > 127)


def test_a_mask_in_colours_or_of_another_size_is_refused(tmp_path: Path) -> None:
    coloured = np.zeros((*SIZE, 3), np.uint8)
    coloured[DISC] = (255, 0, 0)
    with pytest.raises(InputError, match=r"2 colours \(\(0, 0, 0\), \(255, 0, 0\)\)"):
        read_picture_mask(save(tmp_path / "c.png", coloured), image=slice_of(GREY))
    with pytest.raises(InputError, match="39 x 30 pixels, but its image has 40 x 30"):
        read_picture_mask(save(tmp_path / "s.png", DISC[:, :-1]), image=slice_of(GREY))


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    save(tmp_path / "a.png", GREY)
    save(tmp_path / "b.png", COLOURS)
    save(tmp_path / "m.png", (DISC * 255).astype(np.uint8))
    sitk.WriteImage(slice_of(GREY), str(tmp_path / "c.nii.gz"))
    table = pd.DataFrame(
        {
            "subject": ["a", "a", "b", "c"],
            "image": ["a.png", "a.png", "b.png", "c.nii.gz"],
            "reader": ["A", "B", "A", "A"],
            "mask": ["m.png", "a.png", "m.png", "m.png"],
            "label": ["", "", "", "255"],
            "pixel_spacing": ["0.5", "", "", ""],
        }
    )
    table.to_csv(tmp_path / "cohort.csv", index=False)
    return tmp_path / "cohort.csv"


def test_a_cohort_is_converted_and_failures_are_named(cohort: Path) -> None:
    done = ingest_pictures(cohort, out=cohort.parent / "out", pixel_spacing=0.1)
    found = done.cohort.table.set_index(["subject", "reader"])
    assert list(found.index) == [("a", "A"), ("c", "A")]
    assert read_image(found.loc[("a", "A"), "image"]).GetSpacing() == (0.5, 0.5, 1.0)
    kept = read_image(found.loc[("c", "A"), "mask"])  # a stated label stays
    assert np.array_equal(np.unique(pixels(kept)), [0, 255])
    causes = {failure.case: failure.cause for failure in done.failures}
    assert "is the image itself" in causes["a/baseline/unspecified/tumour/B/1"]
    assert "coloured in" in causes["b/baseline/unspecified"]
    assert done.table["role"].tolist() == ["image", "mask", "mask"]


def test_a_pixel_size_that_nobody_knows_is_named_in_every_table(cohort: Path) -> None:
    done = ingest_pictures(cohort, out=cohort.parent / "out", pixel_spacing="pixels", rgb="green")
    variants = done.cohort.table.groupby("subject")["variant"].first()
    assert variants.to_dict() == {"a": "original", "b": "in_pixels", "c": "original"}
    rows = done.table[(done.table["subject"] == "b") & (done.table["role"] == "image")]
    assert rows["spacing_x"].isna().all()
    assert "1 mm stands for 1 pixel" in rows["note"].iloc[0]


def test_a_cohort_without_pictures_is_refused(cohort: Path) -> None:
    table = pd.DataFrame({"subject": ["c"], "image": [str(cohort.parent / "c.nii.gz")]})
    with pytest.raises(InputError, match="names no PNG, JPEG, TIFF or BMP"):
        ingest_pictures(table, out=cohort.parent / "out", pixel_spacing=1)
