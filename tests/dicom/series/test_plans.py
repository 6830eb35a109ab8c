"""Series of every odd kind: which volumes they hold, and what is said of those that do not fit together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from pydicom.dataset import Dataset

from nbradiomics.dicom.series.image import make_volume
from nbradiomics.dicom.series.pixels import same_pixels
from nbradiomics.dicom.series.plans import Plan, plans_of
from nbradiomics.dicom.series.tree import read_tree
from nbradiomics.execution.execution import Execution
from tests.support.dicom_series import (
    CORONAL,
    SAGITTAL,
    make_enhanced,
    make_slice,
    pixels_of,
    uid,
    write,
    write_series,
)
from tests.support.helpers import array

ENHANCED = "1.2.840.10008.5.1.4.1.1.4.1"


def plans(folder: Path) -> list[Plan]:
    """Plans of the only series in a folder."""
    tree = read_tree(folder, skip=None, execution=Execution())
    assert len({one.header.series for one in tree.instances}) == 1
    return plans_of(tree.instances, same_pixels)


def problem(folder: Path) -> str:
    """What is wrong with the only volume in a folder."""
    (plan,) = plans(folder)
    assert plan.grid is None
    return plan.problem[0]


def test_slices_are_stacked_along_their_normal_whatever_the_files_are_called(tmp_path: Path) -> None:
    write_series(tmp_path, "s", slices=7)
    (plan,) = plans(tmp_path)
    image = make_volume(plan).volume.image
    assert image.GetSize() == (8, 6, 7)
    assert image.GetSpacing() == (2.0, 1.5, 3.0)
    expected = np.stack([pixels_of("P1", "s", number) for number in range(7)])
    np.testing.assert_array_equal(array(image), expected)


@settings(max_examples=12)
@given(
    angles=st.tuples(*[st.floats(-3.1, 3.1)] * 3),
    gap=st.floats(0.5, 9),
    order=st.permutations(range(5)),
    origin=st.tuples(*[st.floats(-500, 500)] * 3),
)
def test_every_voxel_lies_where_its_slice_says(
    tmp_path_factory: pytest.TempPathFactory,
    angles: tuple[float, float, float],
    gap: float,
    order: list[int],
    origin: tuple[float, float, float],
) -> None:
    """By PS3.3 C.7.6.2.1.1: position + row direction * spacing * i + column direction * spacing * j."""
    rotation = np.eye(3)
    for axis, angle in enumerate(angles):
        turn = np.eye(3)
        one, other = [(1, 2), (0, 2), (0, 1)][axis]
        turn[[one, one, other, other], [one, other, one, other]] = (
            np.cos(angle),
            -np.sin(angle),
            np.sin(angle),
            np.cos(angle),
        )
        rotation = rotation @ turn
    row, column, normal = rotation.T
    folder = tmp_path_factory.mktemp("oblique")
    positions = {}
    for name, number in enumerate(order):
        position = np.round(np.array(origin) + normal * gap * number, 5)
        data = make_slice("s", number, orientation=[round(float(v), 9) for v in (*row, *column)])
        data.ImagePositionPatient = [float(value) for value in position]
        positions[number] = position
        write(data, folder / f"f{name}")
    (plan,) = plans(folder)
    image = make_volume(plan).volume.image
    values = array(image)
    for number, i, j in ((0, 0, 0), (2, 3, 5), (4, 7, 1)):
        point = positions[number] + row * 2.0 * i + column * 1.5 * j
        np.testing.assert_allclose(image.TransformPhysicalPointToIndex(point.tolist()), (i, j, number))
        placed = np.array(image.TransformIndexToPhysicalPoint((i, j, number)))
        np.testing.assert_allclose(placed, point, atol=1e-3)
        assert values[number, j, i] == pixels_of("P1", "s", number)[j, i]


@settings(max_examples=15)
@given(present=st.sets(st.integers(0, 11), min_size=2))
def test_a_missing_slice_is_never_closed(tmp_path_factory: pytest.TempPathFactory, present: set[int]) -> None:
    """Whatever is missing between the ends is told, or the grid has the true distance of its slices."""
    folder = tmp_path_factory.mktemp("missing")
    write_series(folder, "s", slices=sorted(present))
    (plan,) = plans(folder)
    steps = set(np.diff(sorted(present)).tolist())
    if len(steps) > 1:
        assert plan.grid is None
        assert "missing" in plan.problem[0] or "differ" in plan.problem[0]
    else:
        assert plan.grid is not None
        assert plan.grid.spacing[2] == pytest.approx(3.0 * steps.pop())


def test_missing_slices_are_counted_and_placed(tmp_path: Path) -> None:
    write_series(tmp_path, "s", slices=[0, 1, 2, 5, 6, 7, 9])
    assert "3 slices of a stack of 10 (3 mm apart) missing: 2 after slice 3, 1 after slice 6" in problem(
        tmp_path
    )


def _moved(vector: Sequence[float], of: Callable[[int], float]) -> Callable[[Dataset, int], None]:
    def change(data: Dataset, number: int) -> None:
        moved = np.array(data.ImagePositionPatient, dtype=float) + np.array(vector) * of(number)
        data.ImagePositionPatient = [float(value) for value in moved]

    return change


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (_moved((0, 0, 1), lambda n: 0.1 * n * n), "the distances of the slices differ: 3.100 to"),
        (_moved((0, 1, 0), lambda n: 3 * n * np.tan(np.radians(12))), "12.0 degrees from their normal"),
        (_moved((1, 0, 0), lambda n: 2.0 * (n == 2)), "shifted sideways by up to 2.00 mm"),
        (
            lambda d, n: setattr(d, "ImagePositionPatient", None) if n == 2 else None,
            "1 of 5 slices lack Image",
        ),
        (lambda d, _n: setattr(d, "ImageType", ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]), "mosaics"),
        (
            lambda d, n: setattr(d, "ImagePositionPatient", [0, 0, 3.0 * (n // 2)]),
            "no element tells them apart",
        ),
        (lambda d, _n: setattr(d, "PixelSpacing", [0, 0]), "pixel spacing (0028,0030) is not above 0"),
        (lambda d, _n: setattr(d, "ImageOrientationPatient", [1, 0, 0, 1, 0, 0]), "right angle"),
    ],
    ids=["uneven", "tilt", "sideways", "no position", "mosaic", "same position", "no size", "no plane"],
)
def test_slices_that_do_not_fit_together_are_told(
    tmp_path: Path, change: Callable[[Dataset, int], None], part: str
) -> None:
    write_series(tmp_path, "s", change=change)
    assert part in problem(tmp_path)


def test_a_tilt_of_rounding_is_none(tmp_path: Path) -> None:
    write_series(tmp_path, "s", slices=40, change=_moved((0, 1, 0), lambda n: 0.005 * n))
    (plan,) = plans(tmp_path)
    assert plan.grid is not None


def test_the_same_instance_is_taken_once(tmp_path: Path) -> None:
    write_series(tmp_path / "a", "s")
    write_series(tmp_path / "b", "s")
    # Another header, such as after a second export, with the same pixels.
    write_series(tmp_path / "c", "s", AccessionNumber="A1")
    (plan,) = plans(tmp_path)
    assert plan.grid is not None
    assert plan.grid.size == (8, 6, 5)


def test_one_instance_with_two_contents_is_told(tmp_path: Path) -> None:
    def change(data: Dataset, _number: int) -> None:
        data.PixelData = bytes(len(data.PixelData))

    write_series(tmp_path / "a", "s")
    write_series(tmp_path / "b", "s", slices=[2], change=change)
    assert "same instance UID" in problem(tmp_path)


def _volumes(folder: Path) -> list[tuple[int, str]]:
    """Slices of each volume in a folder, and what is wrong or why it is none."""
    return [
        (len(plan.sources), plan.aside or (plan.problem[0] if plan.problem else "")) for plan in plans(folder)
    ]


def test_a_localiser_in_three_planes_is_no_volume(tmp_path: Path) -> None:
    for number, plane in enumerate(((1.0, 0, 0, 0, 1.0, 0), CORONAL, SAGITTAL)):
        kind = ["ORIGINAL", "PRIMARY", "LOCALIZER"] if number else ["ORIGINAL", "PRIMARY", "M"]
        write_series(tmp_path, "s", slices=[10 * number], orientation=plane, ImageType=kind)
    assert sorted(_volumes(tmp_path)) == [(1, "localiser"), (1, "localiser"), (1, "one slice")]


def _repeated(folder: Path, parts: Sequence[dict[str, Any]], change: Any = lambda *_: None) -> None:
    """A series whose volumes lie at the same place."""
    for place, elements in enumerate(parts):

        def renamed(data: Dataset, number: int, place: int = place) -> None:
            data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = uid("s", place, number)
            change(data, number, place)

        write_series(folder, "s", slices=4, change=renamed, **elements)


@pytest.mark.parametrize(
    "parts",
    [
        [{"DiffusionBValue": b} for b in (0.0, 50.0, 800.0)],
        [{"EchoTime": te, "EchoNumbers": n} for n, te in ((1, 11.0), (2, 90.0))],
        [{"TemporalPositionIdentifier": n, "AcquisitionTime": f"10150{n}"} for n in (1, 2, 3)],
        [{"AcquisitionNumber": n} for n in (1, 2)],
        [{"TriggerTime": 40.0 * n} for n in range(5)],
        [{"ImageType": ["ORIGINAL", "PRIMARY", kind]} for kind in ("M", "P", "R", "I")],
        [{"ImageType": kind} for kind in (["ORIGINAL", "PRIMARY"], ["DERIVED", "PRIMARY", "ADC"])],
        [{"InversionTime": ti} for ti in (100.0, 900.0)],
        [{"orientation": plane} for plane in (CORONAL, SAGITTAL)],
        [{"shape": shape} for shape in ((6, 8), (8, 6))],
        [{"PixelSpacing": spacing} for spacing in ([1.0, 1.0], [1.5, 1.5])],
    ],
    ids=["b", "echo", "dynamic", "acquisition", "trigger", "part", "ADC", "TI", "plane", "size", "spacing"],
)
def test_volumes_in_one_series_are_separated(tmp_path: Path, parts: list[dict[str, Any]]) -> None:
    _repeated(tmp_path, parts)
    assert _volumes(tmp_path) == [(4, "")] * len(parts)
    assert [plan.part for plan in plans(tmp_path)] == list(range(1, len(parts) + 1))


def test_directions_of_diffusion_are_separated_within_their_b_value(tmp_path: Path) -> None:
    directions = [[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]]
    weighted = [{"DiffusionBValue": 800.0, "DiffusionGradientOrientation": one} for one in directions]
    _repeated(tmp_path, [{"DiffusionBValue": 0.0}, *weighted])
    found = plans(tmp_path)
    assert [plan.acquired.b_value for plan in found] == [0, 800, 800, 800]
    assert all(plan.grid is not None for plan in found)


def test_dynamic_volumes_are_told_by_the_time_of_each_slice(tmp_path: Path) -> None:
    """Every slice has a time of its own, and no element numbers the volumes."""

    def timed(data: Dataset, number: int, place: int) -> None:
        data.AcquisitionTime = f"1015{place:02d}.{number}00"

    _repeated(tmp_path, [{}, {}, {}], timed)
    assert _volumes(tmp_path) == [(4, "")] * 3
    for plan in plans(tmp_path):
        assert len({source.frame.acquired.time.split(".")[0] for source in plan.sources}) == 1


def test_the_order_of_dynamic_volumes_does_not_follow_paths(tmp_path: Path) -> None:
    """The first phase is the first, though each slice has a trigger time of its own."""

    def triggered(data: Dataset, number: int, place: int) -> None:
        data.TriggerTime = 100.0 * place + 40.0 * ((number + 2 * place) % 4)

    _repeated(tmp_path, [{"AcquisitionNumber": n} for n in (1, 2, 3)], triggered)
    instances = read_tree(tmp_path, skip=None, execution=Execution()).instances
    for start in range(len(instances)):
        turned = instances[start:] + instances[:start]
        found = plans_of(turned, same_pixels)
        assert [plan.acquired.acquisition for plan in found] == [1, 2, 3]


def test_overlapping_times_tell_nothing_apart(tmp_path: Path) -> None:
    def timed(data: Dataset, number: int, place: int) -> None:
        data.AcquisitionTime = f"1015{number:02d}.{place}00"  # the next slice only after both of this one

    _repeated(tmp_path, [{}, {}], timed)
    ((slices, why),) = _volumes(tmp_path)
    assert slices == 8
    assert "no element tells them apart" in why


def test_a_slice_missing_in_one_of_two_volumes_loses_that_volume_alone(tmp_path: Path) -> None:
    def change(data: Dataset, number: int, place: int) -> None:
        data.TemporalPositionIdentifier = place + 1

    _repeated(tmp_path, [{}, {}], change)
    lost = next(p for p in tmp_path.iterdir() if p.name == uid("file", uid("s", 1, 2)).replace(".", "")[-20:])
    lost.unlink()
    (first, why), (second, whole) = sorted(_volumes(tmp_path))
    assert (first, second, whole) == (3, 4, "")
    assert "1 slice of a stack of 4 (3 mm apart) missing" in why


def test_an_enhanced_instance_is_separated_by_its_functional_groups(tmp_path: Path) -> None:
    frames = [{"z": 3.0 * z, "b": b, "slope": 1.0 + b / 1000} for z in range(4) for b in (0, 500)]
    write(make_enhanced("s", frames), tmp_path / "one")
    found = plans(tmp_path)
    assert [plan.acquired.b_value for plan in found] == [0, 500]
    assert found[0].acquired.te == 90
    for plan, b in zip(found, (0, 500), strict=True):
        image = make_volume(plan).volume.image
        assert image.GetSpacing() == (2.0, 1.5, 3.0)
        places = [place for place, frame in enumerate(frames) if frame["b"] == b]
        expected = np.stack([pixels_of("P1", "s", place) for place in places]) * (1 + b / 1000)
        np.testing.assert_allclose(array(image), expected, rtol=1e-6)
        assert [one.frame for one in make_volume(plan).volume.slices] == [place + 1 for place in places]


def test_stacks_and_times_of_an_enhanced_instance_are_separated(tmp_path: Path) -> None:
    frames = [
        {"z": 3.0 * z, "stack": stack, "time": time, "orientation": plane}
        for stack, plane in (("1", CORONAL), ("2", SAGITTAL))
        for time in (1, 2)
        for z in range(3)
    ]
    write(make_enhanced("s", frames), tmp_path / "one")
    assert _volumes(tmp_path) == [(3, "")] * 4


@pytest.mark.parametrize(
    ("elements", "aside"),
    [
        ({"SamplesPerPixel": 3}, "colour image"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "colour image"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "secondary capture"),
        ({"ImagePositionPatient": None}, "no position in space"),
        ({"ImageType": ["DERIVED", "PRIMARY", "PROJECTION IMAGE", "MIP"]}, "projection (MIP)"),
        ({"Modality": "SR"}, "no image"),
        ({"modality": "PT", "CorrectedImage": ["DECY"]}, "PET without attenuation correction"),
    ],
)
def test_what_is_no_volume_of_values_is_set_aside(
    tmp_path: Path, elements: dict[str, Any], aside: str
) -> None:
    write_series(tmp_path, "s", **elements)
    assert {why for _, why in _volumes(tmp_path)} == {aside}


def test_b_values_of_vendors_are_read(tmp_path: Path) -> None:
    def siemens(data: Dataset, _number: int) -> None:
        data.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", "400")

    def ge(data: Dataset, _number: int) -> None:
        block = data.private_block(0x0043, "GEMS_PARM_01", create=True)
        block.add_new(0x39, "IS", ["1000000700", "8", "0", "0"])

    def philips(data: Dataset, _number: int) -> None:
        data.private_block(0x2001, "Philips Imaging DD 001", create=True).add_new(0x03, "FL", 900.0)

    def unknown(data: Dataset, _number: int) -> None:
        data.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "UN", b"650 ")

    for change, expected in ((siemens, 400), (ge, 700), (philips, 900), (unknown, 650)):
        write_series(tmp_path / change.__name__, "s", change=change)
        (plan,) = plans(tmp_path / change.__name__)
        assert plan.acquired.b_value == expected, change.__name__
