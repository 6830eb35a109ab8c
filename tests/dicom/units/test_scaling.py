"""Stored numbers to values: rescale, real world value maps, Philips' scale, units, compression."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence as Items
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from nbradiomics.dicom.series.image import Made, make_volume
from nbradiomics.dicom.series.pixels import same_pixels
from nbradiomics.dicom.series.plans import plans_of
from nbradiomics.dicom.series.tree import read_tree
from nbradiomics.dicom.units.known import known_unit
from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from tests.support.dcm2niix import by_dcm2niix
from tests.support.dicom_series import Change, pixels_of, write_series
from tests.support.helpers import array

STORED = np.stack([pixels_of("P1", "s", number) for number in range(5)]).astype(float)


def make(folder: Path) -> Made:
    tree = read_tree(folder, skip=None, execution=Execution())
    (plan,) = plans_of(tree.instances, same_pixels)
    return make_volume(plan)


def made(folder: Path, change: Change = lambda *_: None, **elements: Any) -> Made:
    write_series(folder, "s", change=change, **elements)
    return make(folder)


def test_ct_is_in_whole_hounsfield_units(tmp_path: Path) -> None:
    volume = made(tmp_path, modality="CT").volume
    assert volume.units == "HU"
    assert array(volume.image).dtype == np.int16
    np.testing.assert_array_equal(array(volume.image), STORED - 1024)


def test_slopes_that_are_not_whole_give_single_precision(tmp_path: Path) -> None:
    volume = made(tmp_path, modality="CT", RescaleSlope=0.5).volume
    np.testing.assert_array_equal(array(volume.image), STORED * 0.5 - 1024)


def test_negative_numbers_and_few_bits_are_read(tmp_path: Path) -> None:
    def change(data: Dataset, _number: int) -> None:
        signed = np.full((6, 8), -5, dtype=np.int16) & 0x0FFF  # 12 bits; the upper 4 hold an overlay
        data.PixelData = (signed.astype(np.uint16) | 0x5000).tobytes()

    elements = {"BitsStored": 12, "HighBit": 11, "PixelRepresentation": 1}
    assert set(np.unique(array(made(tmp_path, change, **elements).volume.image))) == {-5}


def test_numbers_beyond_16_bits_are_kept(tmp_path: Path) -> None:
    def change(data: Dataset, _number: int) -> None:
        data.PixelData = np.full((6, 8), 65535, dtype=np.uint16).tobytes()

    assert set(np.unique(array(made(tmp_path, change).volume.image))) == {65535}


def real_world(slope: float, intercept: float, code: str) -> Items:
    unit, mapping = Dataset(), Dataset()
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = code, "UCUM", "Jane Doe"
    mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = slope, intercept
    mapping.MeasurementUnitsCodeSequence = Items([unit])
    return Items([mapping])


@pytest.mark.parametrize(
    ("code", "unit"), [("mm2/s", "mm2/s"), ("um2/s", "1e-6 mm2/s"), ("10-6.mm2/s", "1e-6 mm2/s"), ("1", "")]
)
def test_a_real_world_value_map_gives_values_and_unit(tmp_path: Path, code: str, unit: str) -> None:
    maps = real_world(0.25, 1.0, code)
    volume = made(tmp_path, RealWorldValueMappingSequence=maps, RescaleSlope=9, RescaleIntercept=0).volume
    np.testing.assert_allclose(array(volume.image), STORED * 0.25 + 1)
    assert volume.units == unit


def test_several_real_world_value_maps_leave_the_rescale_elements(tmp_path: Path) -> None:
    maps = Items([*real_world(0.25, 1.0, "1"), *real_world(7.0, 1.0, "1")])
    volume = made(tmp_path, RealWorldValueMappingSequence=maps, RescaleSlope=2, RescaleIntercept=3).volume
    np.testing.assert_allclose(array(volume.image), STORED * 2 + 3)


def test_philips_values_do_not_depend_on_the_display(tmp_path: Path) -> None:
    """(stored * RS + RI) / (RS * SS): the rescale slope is one of the display."""

    def change(data: Dataset, number: int) -> None:
        data.RescaleSlope, data.RescaleIntercept = 2.0 + number, 4.0
        data.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0x0E, "FL", 0.125)

    volume = made(tmp_path, change, Manufacturer="Philips").volume
    slopes = 2.0 + np.arange(5)[:, None, None]
    np.testing.assert_allclose(array(volume.image), (STORED * slopes + 4) / (slopes * 0.125), rtol=1e-6)


@pytest.mark.parametrize("philips", [False, True])
def test_dcm2niix_has_the_same_values(tmp_path: Path, *, philips: bool) -> None:
    def change(data: Dataset, _number: int) -> None:
        data.RescaleSlope, data.RescaleIntercept = 2.0, 4.0
        if philips:
            data.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0x0E, "FL", 0.3)

    image = made(tmp_path / "in", change, Manufacturer="Philips Medical Systems").volume.image
    (tmp_path / "out").mkdir()
    witness = by_dcm2niix(tmp_path / "in", tmp_path / "out", image)
    np.testing.assert_allclose(array(image), array(witness), rtol=1e-6)


def test_a_map_without_unit_gives_way_to_the_scale_of_philips(tmp_path: Path) -> None:
    def change(data: Dataset, _number: int) -> None:
        data.RescaleSlope, data.RescaleIntercept = 2.0, 4.0
        data.private_block(0x2005, "PHILIPS MR IMAGING DD 001", create=True).add_new(0x0E, "FL", 0.5)

    for code, expected in (("1", (STORED * 2 + 4) / (2 * 0.5)), ("ms", STORED * 7)):
        elements: dict[str, Any] = {"RealWorldValueMappingSequence": real_world(7.0, 0.0, code)}
        volume = made(tmp_path / code, change, **elements).volume
        np.testing.assert_allclose(array(volume.image), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("elements", "part"),
    [
        ({"modality": "CT", "RescaleSlope": None}, "lacks RescaleSlope (0028,1053)"),
        ({"modality": "CT", "RescaleIntercept": None}, "lacks RescaleIntercept (0028,1052)"),
        ({"RescaleSlope": 0, "RescaleIntercept": 0}, "is 0"),
        ({"ModalityLUTSequence": Items([Dataset()])}, "Modality LUT Sequence (0028,3000)"),
    ],
)
def test_values_without_a_line_are_refused(tmp_path: Path, elements: dict[str, Any], part: str) -> None:
    with pytest.raises(InputError) as stop:
        made(tmp_path, **elements)
    assert part in stop.value.problem


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda d, n: setattr(d, "PixelData", d.PixelData[:-2] if n == 3 else d.PixelData), "damaged or"),
        (lambda d, _n: delattr(d, "PixelData"), "no pixels"),
    ],
)
def test_pixels_that_are_not_there_are_told(tmp_path: Path, change: Change, part: str) -> None:
    with pytest.raises(InputError) as stop:
        made(tmp_path, change)
    assert part in stop.value.problem
    assert str(tmp_path) not in str(stop.value)


def _by_pydicom(syntax: Any) -> Callable[[Path], None]:
    def compress(path: Path) -> None:
        data = pydicom.dcmread(path)
        data.compress(syntax, generate_instance_uid=False)
        data.save_as(path)

    return compress


def _jpeg_2000(path: Path) -> None:
    data = pydicom.dcmread(path)
    coded = BytesIO()
    Image.fromarray(data.pixel_array).save(coded, "JPEG2000", no_jp2=True, irreversible=False)
    data.PixelData = encapsulate([coded.getvalue()])
    data["PixelData"].is_undefined_length = True
    data.file_meta.TransferSyntaxUID = JPEG2000Lossless
    data.save_as(path)


def _lossless_jpeg(path: Path) -> None:
    """A syntax that pydicom cannot decode by itself, and GDCM can."""
    program = shutil.which("dcmcjpeg")
    if program is None:
        pytest.skip("needs dcmcjpeg (dcmtk)")
    subprocess.run([program, "+e1", "+un", str(path), str(path)], check=True)


@pytest.mark.parametrize(
    "compress",
    [_by_pydicom(RLELossless), _by_pydicom(JPEGLSLossless), _jpeg_2000, _lossless_jpeg],
    ids=["RLE", "JPEG-LS", "JPEG 2000", "lossless JPEG"],
)
def test_compressed_files_have_the_same_values(tmp_path: Path, compress: Callable[[Path], None]) -> None:
    for path in write_series(tmp_path, "s", modality="CT", RescaleSlope=2.0):
        before = pydicom.dcmread(path).file_meta.TransferSyntaxUID
        compress(path)
        assert pydicom.dcmread(path).file_meta.TransferSyntaxUID != before
    np.testing.assert_array_equal(array(make(tmp_path).volume.image), STORED * 2 - 1024)


def test_a_transfer_syntax_that_nothing_decodes_is_named(tmp_path: Path) -> None:
    for path in write_series(tmp_path, "s"):
        data = pydicom.dcmread(path)
        data.PixelData = encapsulate([b"\0" * 64])
        data["PixelData"].is_undefined_length = True
        data.file_meta.TransferSyntaxUID = JPEG2000Lossless
        data.save_as(path)
    with pytest.raises(InputError, match="transfer syntax is: JPEG 2000 Image Compression"):
        make(tmp_path)


def test_a_changed_file_is_told(tmp_path: Path) -> None:
    (first, *_) = write_series(tmp_path, "s")
    tree = read_tree(tmp_path, skip=None, execution=Execution())
    (plan,) = plans_of(tree.instances, same_pixels)
    first.write_bytes(first.read_bytes() + b"\0\0")
    with pytest.raises(InputError, match="changed while"):
        make_volume(plan)


def test_only_known_units_are_written() -> None:
    assert known_unit("x10^-6 mm²/s") == "1e-6 mm2/s"
    assert known_unit("HU") == "HU"
    assert known_unit("Jane Doe") == ""
