"""Pictures of the reader study: they show what their tables say, and are drawn for degenerate data too."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from hypothesis import given, strategies as st
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.image import imread

from nbradiomics.agreement.reader_study.schemas import BLAND_ALTMAN
from nbradiomics.report.content import Block, Gallery, Key, Picture, Sentences, Text
from nbradiomics.report.figures import bland_altman, error_direction, paired
from nbradiomics.report.figures.bland_altman import VolumePair, draw_bland_altman
from nbradiomics.report.figures.error_direction import Errors, draw_error_direction
from nbradiomics.report.figures.paired import PairedCases, draw_paired
from nbradiomics.report.figures.picture import AUTO_COLOUR
from nbradiomics.report.figures.signed_contour import (
    SignedSlice,
    along_contour,
    contour_lines,
    draw_signed_slice,
)
from nbradiomics.report.figures.slices import SEEN, Slice, telling_slices
from nbradiomics.report.run_files import Run
from nbradiomics.report.sections.reader_study.frames import StudyRun
from nbradiomics.report.sections.reader_study.signed import signed_blocks
from nbradiomics.report.sections.reader_study.volumes import volume_blocks
from nbradiomics.report.sections.volumes import CaseVolume
from nbradiomics.report.study_files import StudyFiles

SPACING = (2.0, 2.0, 4.0)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Figures in place of pictures: what they hold can be asked."""
    figures: list[Figure] = []

    def keep(draw: Any, *, size: Any, alt: str, caption: tuple[str, ...] = ()) -> Picture:
        with mpl.rc_context():
            figures.append(Figure(figsize=size))
            draw(figures[-1])
        return Picture("data:", alt, caption)

    for module in (bland_altman, error_direction, paired):
        monkeypatch.setattr(module, "make_picture", keep)
    return figures


def pixels_of(picture: Picture) -> np.ndarray:
    return imread(io.BytesIO(base64.b64decode(picture.source.split(",")[1])), format="png")


# Bland and Altman


def pair_of(volumes: list[float], reference: list[float], bias: float = 1.1) -> VolumePair:
    arrays = (np.array(values, dtype=float) for values in (volumes, reference))
    return VolumePair("auto", "A", *arrays, bias, bias / 1.5, bias * 1.5, emphasised=True)


def test_bland_altman_shows_ratios_against_the_geometric_mean(drawn: list[Figure]) -> None:
    pair = pair_of([2.0, 80.0], [8.0, 20.0])
    draw_bland_altman(pair, reach=pair.reach, alt="a", caption=())
    axes = drawn[0].axes[0]
    points = axes.collections[0].get_offsets()
    assert np.allclose(points, [[4.0, 0.25], [40.0, 4.0]])
    lines = sorted(line.get_ydata()[0] for line in axes.lines)
    assert lines == pytest.approx([1.1 / 1.5, 1.0, 1.1, 1.65])
    assert axes.get_ylim() == pytest.approx((1 / axes.get_ylim()[1], axes.get_ylim()[1]))
    assert axes.get_ylim()[1] > 4.0 * 1.05
    assert {text.get_text().replace("\u00a0", " ") for text in axes.texts} == {"+10 %", "-27 %", "+65 %"}


@pytest.mark.parametrize(
    ("volumes", "reference"),
    [([5.0], [5.0]), ([0.001, 5000.0], [0.5, 4000.0]), ([1e-3, 1e-3], [1.0, 2.0]), ([3.0] * 9, [3.0] * 9)],
)
def test_bland_altman_of_degenerate_volumes(volumes: list[float], reference: list[float]) -> None:
    pair = pair_of(volumes, reference, bias=float("nan"))
    picture = draw_bland_altman(pair, reach=pair.reach, alt="a", caption=())
    assert pixels_of(picture).std() > 0.01


def bland_altman_table(reader: str, reference: str) -> pd.DataFrame:
    names = [name for name, dtype in BLAND_ALTMAN.dtypes.items() if dtype != "object"]
    return pd.DataFrame(
        [{"reader": reader, "reference": reference} | dict.fromkeys(names, 0.0) | {"bias_percent": 5.0}]
    )


def test_volumes_are_found_whichever_row_of_a_pair_holds_them(drawn: list[Figure]) -> None:
    scan = {"timepoint": "t", "sequence": "s", "roi": "r", "pair": "inter", "status": "ok"}
    rows = [
        {"subject": "P1", "reader": "A", "reference": "B", "volume_ml": 2.0, "reference_ml": 1.0},
        {"subject": "P1", "reader": "B", "reference": "A", "volume_ml": 1.0, "reference_ml": 2.0},
        {"subject": "P2", "reader": "B", "reference": "A", "volume_ml": 4.0, "reference_ml": 16.0},
        {"subject": "P3", "reader": "A", "reference": "B", "volume_ml": 0.0, "reference_ml": 16.0},
        {"subject": "P4", "reader": "A", "reference": "B", "volume_ml": np.nan, "reference_ml": 16.0},
    ]
    edited = rows[0] | scan | {"pair": "edited", "subject": "P5"}
    table = pd.DataFrame([*(row | scan for row in rows), edited])
    study = StudyFiles(bland_altman=bland_altman_table("A", "B").assign(ratio_left_out=1))
    blocks = volume_blocks(StudyRun.of(Run(Path("r"), agreement=table), study))
    points = drawn[0].axes[0].collections[0].get_offsets()
    assert sorted(map(tuple, np.round(np.asarray(points), 9))) == [
        (pytest.approx(2**0.5), 2.0),
        (pytest.approx(8.0), 4.0),
    ]
    (gallery,) = [block for block in blocks if isinstance(block, Gallery)]
    assert gallery.pictures[0].caption[-1] == "1 case with an empty mask not drawn"
    assert "A +5.0" in gallery.pictures[0].alt


def test_volumes_without_an_agreement_table_or_without_volumes_are_told() -> None:
    study = StudyFiles(bland_altman=bland_altman_table("A", "B"))
    told = volume_blocks(StudyRun.of(Run(Path("r")), study))[1]
    assert isinstance(told, Text)
    assert told.text.startswith("No Bland-Altman picture: agreement.csv")


# Readers and model, case by case


def cases_of(readers: list[float], auto: list[float], **more: Any) -> PairedCases:
    names = tuple(f"P{place}" for place in range(len(readers)))
    return PairedCases(names, np.array(readers), np.array(auto), "Dice", **more)


def test_paired_points_diagonal_and_margin(drawn: list[Figure]) -> None:
    cases = cases_of([0.9, 0.92, 0.8], [0.91, 0.85, 0.79], margin=0.03)
    draw_paired(cases, alt="a", caption=())
    axes = drawn[0].axes[0]
    assert np.allclose(axes.collections[0].get_offsets(), np.column_stack([cases.readers, cases.auto]))
    diagonal, margin = axes.lines
    assert np.allclose(diagonal.get_ydata(), diagonal.get_xdata())
    assert np.allclose(margin.get_ydata(), margin.get_xdata() - 0.03)
    assert [text.get_text() for text in axes.texts] == ["P1"]  # the one worse by more than the margin
    assert axes.get_xlim()[1] == axes.get_ylim()[1] == 1


def test_a_distance_has_its_margin_on_the_other_side(drawn: list[Figure]) -> None:
    cases = cases_of([3.0, 5.0], [3.5, 9.0], margin=2.0, higher_is_better=False, unit_range=False)
    draw_paired(cases, alt="a", caption=())
    margin = drawn[0].axes[0].lines[1]
    assert np.allclose(margin.get_ydata(), margin.get_xdata() + 2.0)
    assert [text.get_text() for text in drawn[0].axes[0].texts] == ["P1"]


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=50),
    st.booleans(),
)
def test_no_case_gets_lost_beyond_the_axes(values: list[tuple[float, float]], higher: bool) -> None:
    readers, auto = (list(part) for part in zip(*values, strict=True))
    cases = cases_of(readers, auto, higher_is_better=higher, unit_range=higher)
    low, high = paired.limits(cases)
    assert low < high
    both = np.concatenate([cases.readers, cases.auto])
    outside = (cases.readers < low) | (cases.auto < low) | (cases.readers > high) | (cases.auto > high)
    assert paired.beyond(cases) == outside.sum()
    # Only the bad side is ever cut, and at least nine tenths of all values stay inside.
    assert both.max() <= high if higher else both.min() >= low
    assert ((both >= low) & (both <= high)).mean() >= 0.9


@pytest.mark.parametrize("values", [[0.9], [1.0, 1.0], [0.0, 0.0], [0.0, *[0.9] * 30]])
def test_paired_of_degenerate_values_is_drawn(values: list[float]) -> None:
    assert pixels_of(draw_paired(cases_of(values, values), alt="a", caption=())).std() > 0.01


# Direction of the errors


def errors_of(fprm: list[float], fnr: list[float]) -> Errors:
    return Errors(np.array(fprm), np.array(fnr))


def test_error_points_medians_and_arrows(drawn: list[Figure]) -> None:
    readers = errors_of([0.05, 0.1, 0.15] * 10, [0.1, 0.1, 0.1] * 10)
    model = errors_of([0.2, 0.3, 25.0], [0.05, 0.05, 0.0])
    groups = {"between readers": readers, "model": model}
    draw_error_direction(groups, alt="a", caption=())
    axes = drawn[0].axes[0]
    end = axes.get_xlim()[1]
    assert axes.get_ylim()[1] == end < 1
    assert error_direction.beyond(groups) == 1
    places = [np.asarray(own.get_offsets()) for own in axes.collections]
    assert any(np.allclose(own, [[end, 0.0]]) for own in places)  # the arrow
    assert any(np.allclose(own, [[0.3, 0.05]]) for own in places)  # the model's median
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(groups)


def test_the_models_colour_is_the_models_alone(drawn: list[Figure]) -> None:
    for by_model in (False, True):
        draw_error_direction({"a": Errors(np.array([0.1]), np.array([0.2]), by_model)}, alt="a", caption=())
    colours = [to_hex(figure.axes[0].collections[0].get_facecolor()[0]) for figure in drawn]
    assert [colour.upper() == AUTO_COLOUR for colour in colours] == [False, True]


@pytest.mark.parametrize(
    "groups", [([0.0], [0.0]), ([0.0], [1.0]), ([40.0], [1.0]), ([0.0, 0.0], [0.0, 0.0])]
)
def test_error_direction_of_degenerate_values(groups: tuple[list[float], list[float]]) -> None:
    picture = draw_error_direction({"model": errors_of(*groups)}, alt="a", caption=())
    assert pixels_of(picture).std() > 0.01


# Signed distances


def square(low: int, high: int, size: int = 40) -> np.ndarray:
    mask = np.zeros((size, size), dtype=bool)
    mask[low:high, low:high] = True
    return mask


def test_pieces_of_a_contour_take_the_distance_of_the_nearest_pixel() -> None:
    mask = square(10, 20)
    distances = np.full(mask.shape, np.nan)
    distances[10, 10:20], distances[19, 10:20] = 3.0, -2.0
    (line,) = list(contour_lines(mask, (1.5, 1.0)))
    found = along_contour(line, distances, (1.5, 1.0))
    middles = (line[1:] + line[:-1]) / 2
    assert len(found) == len(line) - 1
    assert (found[middles[:, 1] < 11] == 3.0).all()
    assert (found[middles[:, 1] > 19] == -2.0).all()
    assert np.isnan(along_contour(line, np.full(mask.shape, np.nan), (1.5, 1.0))).all()


@pytest.mark.parametrize(("distance", "channel"), [(5.0, 0), (-5.0, 2)])
def test_red_is_further_and_blue_is_short(distance: float, channel: int) -> None:
    mask = square(12, 28)
    shown = SignedSlice(
        Slice(np.zeros(mask.shape), {"auto": square(8, 32), "A": mask}, (1.5, 1.5), ("L", "P")),
        {"A": np.where(mask, distance, np.nan)},
        5.0,
    )
    picture = draw_signed_slice(shown, Key("auto", "#F0E442", "solid"), {"A": "solid"}, alt="a", caption=())
    below_the_bar = pixels_of(picture)[120:]
    coloured = (below_the_bar[..., channel] > 0.3) & (below_the_bar[..., 2 - channel] < 0.25)
    # The model's line is yellow, red and green alike: it counts neither as red nor as blue.
    coloured &= below_the_bar[..., 1] < 0.35
    assert coloured.sum() > 200
    opposite = (below_the_bar[..., 2 - channel] > 0.3) & (below_the_bar[..., channel] < 0.25)
    assert (opposite & (below_the_bar[..., 1] < 0.35)).sum() == 0


def write_scan(folder: Path, subject: str, masks: dict[str, np.ndarray]) -> list[dict[str, object]]:
    rng = np.random.default_rng(0)
    names = {"image": f"{subject}.nii.gz"} | {reader: f"{subject}_{reader}.nii.gz" for reader in masks}
    arrays = {"image": rng.normal(100, 10, (6, 40, 40)).astype(np.float32)}
    arrays |= {reader: mask.astype(np.uint8) for reader, mask in masks.items()}
    for name, array in arrays.items():
        image = sitk.GetImageFromArray(array)
        image.SetSpacing(SPACING)
        sitk.WriteImage(image, str(folder / names[name]))
    scan = {"subject": subject, "timepoint": "t", "sequence": "s", "roi": "r", "reading": "1"}
    return [
        scan | {"image": names["image"], "reader": reader, "mask": names[reader], "reference_kind": ""}
        for reader in masks
    ]


def volume_of(low: int, high: int, slices: slice = slice(1, 5)) -> np.ndarray:
    volume = np.zeros((6, 40, 40), dtype=bool)
    volume[slices] = square(low, high)
    return volume


def signed_of(
    folder: Path, cohort: list[dict[str, object]], cases: list[tuple[str, float, str]]
) -> list[Block]:
    scan = {"timepoint": "t", "sequence": "s", "roi": "r", "readers_readers": 0.9}
    table = pd.DataFrame(
        [
            {"subject": subject, "auto_readers": dice, "status": status} | scan
            for subject, dice, status in cases
        ]
    )
    run = Run(folder, cohort=pd.DataFrame(cohort), study=StudyFiles(cases=table))
    assert run.study is not None
    return signed_blocks(StudyRun.of(run, run.study), table)


def test_worst_median_and_best_are_drawn_where_the_tumour_is_largest(tmp_path: Path) -> None:
    cohort = []
    for place in range(5):
        own = volume_of(10, 30)
        own[3] = square(10, 31)  # no tenth more than in the readers' slice, which serves for both
        cohort += write_scan(tmp_path, f"P{place}", {"A": volume_of(10, 30), "auto": own})
    cases = [(f"P{place}", 0.8 + place / 50, "ok") for place in range(5)]
    blocks = signed_of(tmp_path, cohort, cases)
    (gallery,) = [block for block in blocks if isinstance(block, Gallery)]
    captions = [picture.caption for picture in gallery.pictures]
    assert [caption[0].split()[0] for caption in captions] == ["P0", "P2", "P4"]
    assert captions[0][1:3] == ("worst of 5; slice 2 of 6", "Dice with the readers 0.80, among them 0.90")
    assert [caption[1].split()[0] for caption in captions] == ["worst", "median", "best"]
    assert [key.label for key in gallery.legend] == ["auto", "A"]


def captions_of(blocks: list[Block]) -> list[tuple[str, ...]]:
    (gallery,) = [block for block in blocks if isinstance(block, Gallery)]
    return [picture.caption for picture in gallery.pictures]


def test_the_worst_case_shows_the_tumour_and_where_the_model_drew(tmp_path: Path) -> None:
    tumour, elsewhere = volume_of(10, 20, slice(1, 3)), volume_of(5, 35, slice(4, 6))
    cohort = write_scan(tmp_path, "P0", {"A": tumour, "B": tumour, "auto": elsewhere})
    readers, model = captions_of(signed_of(tmp_path, cohort, [("P0", 0.0, "ok")]))
    assert readers[1] == "the only case; slice 2 of 6, largest area of the readers"
    assert "not in this slice: auto" in readers
    assert model[1] == "the only case; slice 5 of 6, largest area of the model"
    assert "not in this slice: A, B" in model


@pytest.mark.parametrize(
    ("status", "told"),
    [("empty_mask", "no tumour voxel in the mask of auto"), ("missing", "no mask of auto")],
)
def test_a_missed_tumour_is_the_worst_case_and_is_drawn(tmp_path: Path, status: str, told: str) -> None:
    tumour = volume_of(10, 20)
    cohort = write_scan(tmp_path, "P0", {"A": tumour, "auto": volume_of(0, 0)})
    if status == "missing":
        cohort = cohort[:1]
    for place in (1, 2, 3):
        cohort += write_scan(tmp_path, f"P{place}", {"A": tumour, "auto": tumour})
    cases = [("P0", np.nan, status), *((f"P{place}", 0.9, "ok") for place in (1, 2, 3))]
    captions = captions_of(signed_of(tmp_path, cohort, cases))
    assert [caption[1].split(";")[0] for caption in captions] == ["worst of 4", "median of 4", "best of 4"]
    assert captions[0][0].startswith("P0")
    assert told in captions[0]


def test_the_worst_of_the_segmented_cases_is_drawn_beside_the_missed_ones(tmp_path: Path) -> None:
    cohort, cases = [], []
    for place in range(9):
        auto = volume_of(0, 0) if place < 3 else volume_of(10, 20)
        cohort += write_scan(tmp_path, f"P{place}", {"A": volume_of(10, 20), "auto": auto})
        cases.append((f"P{place}", 0.1 * place, "empty_mask" if place < 3 else "ok"))
    captions = captions_of(signed_of(tmp_path, cohort, [*cases, ("P9", np.nan, "both_empty")]))
    assert [caption[1].split(";")[0] for caption in captions] == [
        "worst of 9",
        "worst with a mask of the model, number 4 of 9",
        "median of 9",
        "best of 9",
    ]


@given(
    st.lists(st.integers(0, 30), min_size=5, max_size=5),
    st.lists(st.integers(0, 30), min_size=5, max_size=5),
)
def test_the_slices_hold_the_readers_largest_area_and_nearly_all_of_the_models(
    readers: list[int], model: list[int]
) -> None:
    def stack(areas: list[int]) -> np.ndarray:
        flat = np.zeros((5, 36), dtype=bool)
        for place, area in enumerate(areas):
            flat[place, :area] = True
        return flat.reshape(5, 6, 6)

    found = list(telling_slices({"A": stack(readers), "auto": stack(model)}, "auto", 5))
    assert 1 <= len(found) <= 2
    if max(readers):
        assert readers[found[0]] == max(readers)
    assert max(model[place] for place in found) >= SEEN * max(model)


@pytest.mark.parametrize(
    ("masks", "notes"),
    [
        ({"A": square(10, 20), "auto": square(10, 20)}, ()),
        ({"A": square(10, 20), "auto": square(0, 0)}, ("auto: empty mask",)),
        ({"A": square(10, 20)}, ("auto: no mask",)),
    ],
)
def test_a_picture_says_what_of_the_model_is_missing(
    masks: dict[str, np.ndarray], notes: tuple[str, ...]
) -> None:
    image = sitk.GetImageFromArray(np.zeros((1, 40, 40), dtype=np.float32))
    stacks = {reader: mask[None] for reader, mask in masks.items()}
    content = CaseVolume(image, stacks, {}, (), modelled=True).slice_at(0)
    assert content.notes == notes
    assert CaseVolume(image, {"A": square(1, 2)[None]}, {}, (), modelled=False).slice_at(0).notes == ()


@pytest.mark.parametrize(("amount", "why"), [(1, ["the only case"]), (2, ["worst of 2", "best of 2"])])
def test_few_cases_are_drawn_once_each(tmp_path: Path, amount: int, why: list[str]) -> None:
    masks = {"A": volume_of(10, 30), "auto": volume_of(10, 30)}
    cohort = [row for place in range(amount) for row in write_scan(tmp_path, f"P{place}", masks)]
    blocks = signed_of(tmp_path, cohort, [(f"P{place}", 1.0, "ok") for place in range(amount)])
    (gallery,) = [block for block in blocks if isinstance(block, Gallery)]
    assert [picture.caption[1].split(";")[0] for picture in gallery.pictures] == why


def test_edited_masks_and_broken_scans_are_told_instead_of_drawn(tmp_path: Path) -> None:
    masks = {"A": volume_of(10, 30), "auto": volume_of(12, 30), "B": volume_of(0, 0)}
    cohort = [row for subject in ("P0", "P1", "P2") for row in write_scan(tmp_path, subject, masks)]
    for row in cohort:
        if row["subject"] == "P1" and row["reader"] != "auto":
            row["reference_kind"] = "edited"
    (tmp_path / "P2.nii.gz").unlink()
    blocks = signed_of(tmp_path, cohort, [("P0", 0.8, "ok"), ("P1", 0.9, "ok"), ("P2", 0.95, "ok")])
    (told,) = [block.items for block in blocks if isinstance(block, Sentences)]
    assert "no independent mask of a reader" in told[0]
    assert "P2" in told[1]
    assert "does not exist" in told[1]
    (gallery,) = [block for block in blocks if isinstance(block, Gallery)]
    assert gallery.pictures[0].caption[3] == "no tumour voxel in the mask of B"


def test_where_a_reader_has_an_independent_reading_too_it_is_drawn(tmp_path: Path) -> None:
    first = write_scan(tmp_path, "P0", {"A": volume_of(10, 20), "auto": volume_of(10, 30)})
    first[0]["reference_kind"] = "edited"
    (tmp_path / "later").mkdir()
    later = write_scan(tmp_path / "later", "P0", {"A": volume_of(10, 30)})[0]
    later |= {"reading": "2", "mask": f"later/{later['mask']}", "image": "P0.nii.gz"}
    blocks = signed_of(tmp_path, [*first, later], [("P0", 0.8, "ok")])
    (gallery,) = [block for block in blocks if isinstance(block, Gallery)]
    assert gallery.pictures[0].caption[1] == "the only case; slice 2 of 6"  # the two masks are the same
