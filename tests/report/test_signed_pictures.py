"""Contours of the model in the colours of their distance from a reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from hypothesis import given, strategies as st

from nbradiomics.report.content import Block, Gallery, Key, Sentences
from nbradiomics.report.figures.signed_contour import (
    SignedSlice,
    along_contour,
    contour_lines,
    draw_signed_slice,
)
from nbradiomics.report.figures.slices import SEEN, Slice, informative_slices
from nbradiomics.report.run_files import Run
from nbradiomics.report.sections.reader_study.frames import StudyRun
from nbradiomics.report.sections.reader_study.signed import signed_blocks
from nbradiomics.report.sections.volumes import CaseVolume
from nbradiomics.report.study_files import StudyFiles
from tests.support.reader_pictures import pixels_of

SPACING = (2.0, 2.0, 4.0)


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
def test_red_is_further_and_blue_is_short(
    distance: float, channel: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbradiomics.report.figures.picture.DOTS_PER_INCH", 170)
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
    assert captions[0][1:3] == (
        "worst of 5; slice 2 of 6",
        "Dice with the readers 0.80, between the readers 0.90",
    )
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

    found = list(informative_slices({"A": stack(readers), "auto": stack(model)}, "auto", 5))
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
