"""What is unusual but sound is read: data files below the header, links within a folder, padding, layers."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.images import packed
from nbradiomics.images.io import read_file, read_image
from tests.robustness.corpus import EDGES, FORMATS, GUARDED, SHAPE, meta_header, nrrd_header, voxels
from tests.support.helpers import make_image

IMAGE = voxels("image")


def is_read(path: Path) -> bool:
    return np.array_equal(sitk.GetArrayFromImage(read_image(path)), IMAGE)


@pytest.mark.parametrize("name", FORMATS)
def test_sound_files_are_read_and_give_no_notice(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = FORMATS[name].write(IMAGE, tmp_path)
    assert is_read(path)
    assert read_image(path).GetSpacing() == pytest.approx(EDGES)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("named", ["deep/er/a.raw", "./a.raw", "deep/../a.raw", "ABSOLUTE/a.raw"])
@pytest.mark.parametrize("header", ["mhd", "nhdr"])
def test_data_files_may_lie_below_the_header(header: str, named: str, tmp_path: Path) -> None:
    named = named.replace("ABSOLUTE", str(tmp_path))
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / named).write_bytes(IMAGE.tobytes())
    text = meta_header(IMAGE, named) if header == "mhd" else nrrd_header(IMAGE, "raw", named)
    (tmp_path / f"a.{header}").write_text(text)
    assert is_read(tmp_path / f"a.{header}")


@pytest.mark.parametrize("header", ["mhd", "nhdr", "hdr"])
def test_a_header_and_its_data_file_may_be_links_to_one_folder(header: str, tmp_path: Path) -> None:
    store, linked = tmp_path / "store", tmp_path / "linked"
    store.mkdir()
    linked.mkdir()
    if header == "hdr":
        pair = nibabel.Nifti1Pair(np.ascontiguousarray(IMAGE.T), np.diag([*EDGES, 1.0]))
        pair.to_filename(store / "a.hdr")
    else:
        text = meta_header(IMAGE, "a.raw") if header == "mhd" else nrrd_header(IMAGE, "raw", "a.raw")
        (store / f"a.{header}").write_text(text)
        (store / "a.raw").write_bytes(IMAGE.tobytes())
    for file in store.iterdir():
        (linked / file.name).symlink_to(file)
    assert is_read(linked / f"a.{header}")


@pytest.mark.parametrize("name", ["nii.gz", "nrrd, gzip", "nhdr, gzip", "gipl.gz"])
def test_zeros_after_a_gzip_stream_are_padding(name: str, tmp_path: Path) -> None:
    path = GUARDED[name].write(IMAGE, tmp_path)
    file = GUARDED[name].damaged_file(path)
    file.write_bytes(file.read_bytes() + bytes(512))
    assert is_read(path)


@pytest.mark.parametrize("name", GUARDED)
def test_what_is_unpacked_before_it_is_read_is_the_same(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, "_LARGE", 0)
    assert is_read(GUARDED[name].write(IMAGE, tmp_path))


@pytest.mark.parametrize("pack", [True, False])
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("ending", ["nrrd", "mha", "gipl.gz"])
def test_every_type_of_number_fits_its_checksum(ending: str, kind: type, pack: bool, tmp_path: Path) -> None:
    if ending == "gipl.gz" and kind is np.int32:
        pytest.skip("ITK does not write it")
    image = make_image(IMAGE.astype(kind), EDGES)
    sitk.WriteImage(image, str(tmp_path / f"a.{ending}"), pack)
    read = read_image(tmp_path / f"a.{ending}")
    assert read.GetPixelID() == image.GetPixelID()
    assert np.array_equal(sitk.GetArrayFromImage(read), IMAGE.astype(kind))


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("encoding", ["raw", "gzip"])
def test_both_byte_orders_are_read(encoding: str, order: str, tmp_path: Path) -> None:
    content = (IMAGE if order == "little" else IMAGE.byteswap()).tobytes()
    head = nrrd_header(IMAGE, encoding).replace("endian: little", f"endian: {order}")
    packed_content = gzip.compress(content) if encoding == "gzip" else content
    (tmp_path / "a.nrrd").write_bytes(head.encode() + b"\n" + packed_content)
    assert is_read(tmp_path / "a.nrrd")


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("pack", [True, False])
def test_layers_may_be_the_first_axis_or_the_last(pack: bool, first: bool, tmp_path: Path) -> None:
    layers = np.stack([IMAGE, IMAGE + 1], axis=-1)  # z, y, x, layer
    stored = layers if first else np.ascontiguousarray(np.moveaxis(layers, -1, 0))
    kinds = "list domain domain domain" if first else "domain domain domain list"
    edges = " ".join(map(str, EDGES))
    sizes = " ".join(map(str, SHAPE[::-1]))
    head = (
        f"NRRD0004\ntype: int16\ndimension: 4\nsizes: {f'2 {sizes}' if first else f'{sizes} 2'}\n"
        f"spacings: {f'nan {edges}' if first else f'{edges} nan'}\nkinds: {kinds}\n"
        f"endian: little\nencoding: {'gzip' if pack else 'raw'}\n\n"
    )
    content = gzip.compress(stored.tobytes()) if pack else stored.tobytes()
    path = tmp_path / "a.nrrd"
    path.write_bytes(head.encode() + content)
    read = read_file(path)
    assert read.GetNumberOfComponentsPerPixel() == 2
    assert np.array_equal(sitk.GetArrayFromImage(read), layers)
    path.write_bytes(head.encode() + content[:-3])
    with pytest.raises(InputError, match="damaged"):
        read_file(path)


@pytest.mark.parametrize("skips", ["byte skip: 7\n", "line skip: 1\n", "byte skip: -1\n"])
def test_what_a_header_says_to_skip_is_skipped(skips: str, tmp_path: Path) -> None:
    head = nrrd_header(IMAGE, "raw", "a.raw").replace("data file", f"{skips}data file")
    (tmp_path / "a.nhdr").write_text(head)
    (tmp_path / "a.raw").write_bytes(b"before\n" + IMAGE.tobytes())
    assert is_read(tmp_path / "a.nhdr")


@pytest.mark.parametrize("size", [-1, 7])
def test_a_metaimage_header_may_skip_too(size: int, tmp_path: Path) -> None:
    (tmp_path / "a.mhd").write_text(meta_header(IMAGE, "a.raw", f"HeaderSize = {size}\n"))
    (tmp_path / "a.raw").write_bytes(b"before\n" + IMAGE.tobytes())
    assert is_read(tmp_path / "a.mhd")


@pytest.mark.parametrize(
    "header",
    [
        meta_header(IMAGE, "LOCAL") + "ElementDataFile = LOCAL\n",
        meta_header(IMAGE, "LOCAL", "CompressedData = Tsue\n"),
        meta_header(IMAGE, "LOCAL", "CompressedData = True\nCompressedData = False\n"),
    ],
)
def test_a_header_that_can_be_read_in_two_ways_is_refused(header: str, tmp_path: Path) -> None:
    (tmp_path / "a.mha").write_bytes(header.encode() + IMAGE.tobytes())
    with pytest.raises(InputError, match="damaged"):
        read_image(tmp_path / "a.mha")


def test_free_pairs_of_an_nrrd_header_are_no_fields(tmp_path: Path) -> None:
    head = nrrd_header(IMAGE, "raw") + "data file:=/etc/passwd\nencoding:=gzip\n# data file: /etc/passwd\n\n"
    (tmp_path / "a.nrrd").write_bytes(head.encode() + IMAGE.tobytes())
    assert is_read(tmp_path / "a.nrrd")
