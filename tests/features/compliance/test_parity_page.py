"""docs/parity.md: what rounding decides is on the page, and nothing else gets past it."""

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

import nbradiomics
from nbradiomics.features import ENGINES
from nbradiomics.features.engines.extraction import Extraction
from scripts import parity_samples as samples
from scripts.write_parity_page import compare, count_line, exceptions, judge, survey, unexplained, write
from tests.support.native_cases import CASES, make_case

PAGE = Path(nbradiomics.__file__).parents[1] / "docs" / "parity.md"
REAL = (samples.REAL, samples.REAL_FILTERED)


def cells(line: str) -> list[str]:
    return [cell.strip().strip("`") for cell in line.strip("|").split("|")]


def listed() -> dict[tuple[str, str], list[str]]:
    """Rows of the exceptions by feature and kind of case."""
    section = (
        PAGE.read_text(encoding="utf-8").split("<!-- exceptions -->")[1].split("<!-- end of exceptions")[0]
    )
    rows = [cells(line) for line in section.splitlines() if line.startswith("| `")]
    return {(row[0], row[1]): row[2:] for row in rows}


def counted() -> dict[str, list[int]]:
    """Counts of the page by kind of case: cases, values, decided, same, spread, trace, NaN."""
    section = PAGE.read_text(encoding="utf-8").split("<!-- counts -->")[1].split("<!-- end of counts")[0]
    rows = [cells(line) for line in section.splitlines()[3:]]
    return {row[0]: [int(number.replace(",", "")) for number in row[1:8]] for row in rows if len(row) > 1}


def few() -> Iterator[samples.Sample]:
    """One kind of case as a whole, and some samples of others."""
    yield from samples.askew_regions()
    yield from samples.few_levels([12, 50])
    yield from (one for one in samples.independent_neighbours() if " 3:4 in" in one.name)
    yield samples.sample(samples.GENERATED, "askew_sheet", CASES["askew_sheet"](), {"binWidth": 25})


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    return survey(few())


@pytest.fixture(scope="module")
def flat() -> pd.DataFrame:
    return survey(samples.nearly_flat())


def assert_listed(found: pd.DataFrame) -> None:
    """Assert that nothing is wrong, and that what rounding decides is on the page."""
    assert unexplained(found) == []
    decided = exceptions(found)
    assert set(zip(decided["label"], decided["kind"], strict=True)) <= listed().keys()


def assert_counted(found: pd.DataFrame, kind: str) -> None:
    """Assert that as many cases and values are compared as the page says."""
    line = count_line(kind, found[found["kind"] == kind])
    # How many values rounding decides is the processor's; which are compared is not.
    assert [int(cell.replace(",", "")) for cell in cells(line)[1:3]] == counted()[kind][:2]


@pytest.mark.slow
def test_every_exception_of_some_cases_is_on_the_page(found: pd.DataFrame) -> None:
    assert_listed(found)
    assert len(exceptions(found)) > 0
    assert_counted(found, samples.ASKEW)


@pytest.mark.slow
def test_every_exception_of_a_nearly_flat_region_is_on_the_page(flat: pd.DataFrame) -> None:
    assert_listed(flat)
    assert len(exceptions(flat)) > 0
    assert_counted(flat, samples.NEARLY_FLAT)


def test_the_page_has_every_kind_of_case_and_as_many_cases_as_there_are() -> None:
    made: dict[str, int] = {}
    for maker in samples.MAKERS:
        for one in maker():
            made[one.kind] = made.get(one.kind, 0) + 1
    page = counted()
    assert {kind: row[0] for kind, row in page.items() if kind not in (*REAL, "all")} == made
    assert page.keys() >= set(REAL)


def test_the_counts_of_the_page_add_up() -> None:
    page = counted()
    total = page.pop("all")
    assert [sum(column) for column in zip(*page.values(), strict=True)] == total
    assert all(row[2] == sum(row[3:6]) for row in page.values())
    for kind, row in page.items():
        decided = [
            int(cells[0].split(" of ")[0].replace(",", ""))
            for (_, of), cells in listed().items()
            if of == kind
        ]
        assert sum(decided) == row[2], kind


def test_each_value_that_is_another_is_listed() -> None:
    section = PAGE.read_text(encoding="utf-8").split("### Different values of the native engine")[1]
    rows = [cells(line) for line in section.split("<!--")[0].splitlines() if line.startswith("| ")][2:]
    *_, spread, trace, _ = counted()["all"]
    assert [sum(row[6].startswith(words) for row in rows) for words in ("in the spread", "a trace")] == [
        spread,
        trace,
    ]


@pytest.mark.slow
def test_writing_changes_only_what_stands_between_the_marks(flat: pd.DataFrame, tmp_path: Path) -> None:
    page = tmp_path / "parity.md"
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    write(page, flat)
    parts = [
        re.sub(r"(?s)<!-- (\w+) -->.*?<!-- end", "", file.read_text(encoding="utf-8"))
        for file in (page, PAGE)
    ]
    assert parts[0] == parts[1]
    assert f"| {samples.NEARLY_FLAT} | 4 | 428 |" in page.read_text(encoding="utf-8")
    assert "| `glcm_MCC` |" not in page.read_text(encoding="utf-8")


Engine = Callable[..., Extraction]


def spoil(
    monkeypatch: pytest.MonkeyPatch, engine: str, change: Callable[[sitk.Image, dict[str, float]], None]
) -> None:
    """Change what an engine gives."""
    right: Engine = ENGINES[engine].compute

    def wrong(image: sitk.Image, region: sitk.Image, parameters: object) -> Extraction:
        found = right(image, region, parameters)
        change(image, found.values)
        return found

    monkeypatch.setattr(ENGINES[engine], "compute", wrong)


def tiny(kind: str = samples.GENERATED) -> samples.Sample:
    levels = np.random.default_rng(0).integers(1, 6, (2, 3, 4)).astype(np.int16)
    return samples.sample(kind, "tiny", make_case(levels, np.ones(levels.shape, bool)), {"binWidth": 1})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("feature", "factor"),
    [
        ("glcm_Contrast", 1 + 1e-8),
        ("shape_Sphericity", 1 - 1e-8),
        ("glcm_MCC", 1.00001),
        ("glszm_ZoneEntropy", math.nan),
    ],
)
def test_a_wrong_value_of_the_native_engine_is_noticed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, feature: str, factor: float
) -> None:
    spoil(
        monkeypatch,
        "native",
        lambda _, values: values.update({f"original_{feature}": values[f"original_{feature}"] * factor}),
    )
    found = survey([tiny()])
    assert found.loc[found["place"] == "outside", "label"].tolist() == [feature]
    with pytest.raises(ValueError, match=f"outside: {samples.GENERATED}, tiny, original_{feature}: native"):
        write(tmp_path / "never.md", found)


def test_what_moves_without_a_known_reason_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def depend_on_storage(image: sitk.Image, values: dict[str, float]) -> None:
        values["original_ngtdm_Busyness"] += 1e-6 * image.GetSize()[0]

    spoil(monkeypatch, "pyradiomics", depend_on_storage)
    found = survey([tiny()])
    moved = found[found["moved"]]
    assert moved["label"].tolist() == ["ngtdm_Busyness"]
    assert moved["high"].item() - moved["low"].item() == pytest.approx(2e-6)
    assert f"no reason is known: {samples.GENERATED}, ngtdm_Busyness" in unexplained(found)


@pytest.mark.parametrize(
    ("numbers", "native", "moved", "place"),
    [
        ([0.5, 0.5 + 1e-7, 0.5], 0.5 - 2e-7, False, "same"),
        ([0.5, 0.6, 0.5], 0.5, True, "same"),
        ([0.5, 0.6, 0.5], 0.55, True, "spread"),
        ([0.5, 0.6, 0.5], 0.61, True, "outside"),
        ([0.5, 0.6, 0.5], 0.49, True, "outside"),
        ([0.5, math.nan], math.nan, True, "spread"),
        ([math.nan, 0.5], 0.5, True, "spread"),
        ([math.nan, 0.5], 0.6, True, "outside"),
        ([0.5, 0.6], math.nan, True, "outside"),
        ([math.nan, math.nan], math.nan, False, "same"),
        ([math.nan, math.nan], 0.0, False, "outside"),
    ],
)
def test_where_a_value_lies(numbers: list[float], native: float, moved: bool, place: str) -> None:
    name = "original_glcm_MCC"
    row = judge(name, numbers, native, {name: numbers[0]})
    assert (row["moved"], row["place"]) == (moved, place)
    assert row["undefined"] == (0 < np.isnan(numbers).sum() < len(numbers))


@pytest.mark.parametrize(
    ("native", "place"), [(1.8e-7, "trace"), (5e-8, "same"), (1e-6, "outside"), (math.nan, "outside")]
)
def test_an_axis_that_is_0_in_double_precision(native: float, place: str) -> None:
    name = "original_shape_MinorAxisLength"
    values = {name: 0.0, "original_shape_MajorAxisLength": 12.0}
    assert judge(name, [0.0, 0.0], native, values)["place"] == place


def test_an_image_stored_otherwise_is_the_same_in_space() -> None:
    image, mask = CASES["oblique"]()
    turned, turned_mask = samples.Turn((2, 0, 1), (True, False, True)).of((image, mask))
    index = (3, 4, 5)
    point = turned.TransformIndexToPhysicalPoint(index)
    assert turned[index] == image[image.TransformPhysicalPointToIndex(point)]
    assert turned.GetSize() == (18, 24, 22)
    assert turned_mask.GetSpacing() == pytest.approx((1.7, 0.9, 0.9))
    mirrored, _ = samples.Turn(negated=True).of((sitk.Cast(image, sitk.sitkInt16), mask))
    values = sitk.GetArrayFromImage(sitk.Cast(image, sitk.sitkInt16))
    assert np.array_equal(sitk.GetArrayFromImage(mirrored), values.max() + values.min() - values)


def test_names_go_back_to_the_axis_that_they_belong_to() -> None:
    # The new x is the old z, the new y the old x, the new z the old y.
    turn = samples.Turn((2, 0, 1))
    assert turn.original_name("wavelet-HLL_glcm_MCC") == "wavelet-LLH_glcm_MCC"
    assert turn.original_name("wavelet-LHL_glcm_MCC") == "wavelet-HLL_glcm_MCC"
    # Across the new z, the old y.
    assert (
        turn.original_name("original_shape_Maximum2DDiameterSlice")
        == "original_shape_Maximum2DDiameterColumn"
    )
    assert (
        turn.original_name("original_shape_Maximum2DDiameterRow") == "original_shape_Maximum2DDiameterSlice"
    )
    assert turn.original_name("original_shape_Maximum3DDiameter") == "original_shape_Maximum3DDiameter"


def test_the_diameters_of_planes_are_compared_with_their_own() -> None:
    image, mask = CASES["anisotropic"]()
    one = samples.sample(samples.GENERATED, "box", (image, mask), {"binWidth": 25}, turns=samples.TURNS[2:4])
    rows = compare(one).set_index("feature")
    planes = [f"original_shape_Maximum2DDiameter{plane}" for plane in ("Slice", "Column", "Row")]
    assert rows.loc[planes, "value"].nunique() == 3
    assert not rows.loc[planes, "moved"].any()


@pytest.mark.realdata
@pytest.mark.slow
def test_every_exception_of_a_real_tumour_is_on_the_page(real_data: Path) -> None:
    brain = [one for one in samples.real_tumours(real_data) if one.name == "brain1"]
    assert_listed(survey([one for one in brain if one.kind == samples.REAL]))
