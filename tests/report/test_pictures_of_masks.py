"""Pictures of masks: which cases, which slices, which contours."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from matplotlib.image import imread

from nbradiomics.report.content import Key
from nbradiomics.report.figures.slices import Slice, draw_slice, largest_slice, reaches_beyond, window_mm
from nbradiomics.report.sections.agreement import pairs_of
from nbradiomics.report.sections.ranking import choose_cases
from tests.support.run_tables import ball, edit, part_of, section, write_volume

# Pictures of masks


def test_masks_are_ranked_and_an_empty_mask_is_told(html: str) -> None:
    shown = section(html, "masks")
    assert shown.index("P2 · T2w") < shown.index("P1 · T2w")
    assert "no tumour voxel in the mask of auto" in shown
    assert "Dice auto–A 0.81, auto–B 0.81" in shown
    assert "slice 5 of 10" in shown  # P1's tumours are centred on the fifth slice


def test_a_case_without_any_tumour_voxel_is_drawn(run: Path) -> None:
    for mask in (run.parent / "data").glob("P1_*.nii.gz"):
        write_volume(ball((0, 0, 0), -1) * 0, mask)
    html = part_of(run, "masks")
    assert "no tumour voxel in the mask of A, B, auto" in html
    assert html.count("<img") == 2


def test_a_missing_image_is_told(run: Path) -> None:
    (run.parent / "data" / "P1.nii.gz").unlink()
    html = part_of(run, "masks")
    assert re.search(r"P1 · T2w is not shown: .*P1.nii.gz does not exist", html)
    assert html.count("<img") == 1


def test_a_missing_mask_and_another_grid_are_told(run: Path) -> None:
    (run.parent / "data" / "P1_A.nii.gz").unlink()
    write_volume(ball((4, 20, 20), 8), run.parent / "data" / "P1_B.nii.gz", (1.5, 1.5, 5.0))
    html = part_of(run, "masks")
    assert re.search(r"the mask of A is not drawn: .*does not exist", html)
    assert "the mask of B is not drawn: its grid is different from the grid of the image" in html
    assert html.count("<img") == 2


def test_the_label_is_the_tables_else_the_parameters(run: Path) -> None:
    data = run.parent / "data"
    both = ball((2, 20, 20), 8) + 2 * ball((8, 20, 20), 5)
    for reader in ("A", "B", "auto"):
        write_volume(both.astype(np.uint8), data / f"P1_{reader}.nii.gz")
    assert "slice 3 of 10" in part_of(run, "masks")
    provenance = json.loads((run / "provenance.json").read_text(encoding="utf-8")) | {
        "parameters": "setting: {label: 2}"
    }
    (run / "provenance.json").write_text(json.dumps(provenance))
    assert "slice 9 of 10" in part_of(run, "masks")
    edit(run / "cohort.csv", label=1)
    assert "slice 3 of 10" in part_of(run, "masks")


def test_without_the_model_the_first_cases_are_shown(run: Path) -> None:
    table = pd.read_csv(run / "cohort.csv", keep_default_na=False)
    table[table["reader"] != "auto"].to_csv(run / "cohort.csv", index=False)
    (run / "agreement.csv").unlink()
    html = part_of(run, "masks")
    assert "The first 2 cases" in html
    assert "Dice auto" not in html


def test_united_lesions_are_drawn_where_the_region_was_renamed(run: Path) -> None:
    edit(run / "agreement.csv", roi="union")
    html = part_of(run, "masks")
    assert "P1 · T2w · union" in html
    assert html.count("<img") == 2


def agreement_of(dice: dict[str, float], status: dict[str, str] | None = None) -> pd.DataFrame:
    rows = [
        {
            "subject": subject,
            "timepoint": "t",
            "sequence": "s",
            "roi": "r",
            "reader": "auto",
            "reference": "A",
            "pair": "auto",
        }
        | {"status": (status or {}).get(subject, "ok"), "dice": value}
        for subject, value in dice.items()
    ]
    return pd.DataFrame(rows)


def test_choice_is_worst_median_best() -> None:
    dice = {f"P{place}": place / 20 for place in range(1, 12)}
    cases = [(subject, "t", "s", "r") for subject in dice]
    chosen = choose_cases(agreement_of(dice), cases, most=6)
    assert [case.key[0] for case in chosen] == ["P1", "P2", "P5", "P6", "P10", "P11"]
    assert [case.why.split()[0] for case in chosen[::2]] == ["lowest", "median", "highest"]


def test_one_empty_mask_is_worst_and_two_empty_masks_are_not_ranked() -> None:
    dice = {"P1": 0.5, "P2": np.nan, "P3": np.nan, "P4": 0.9}
    table = agreement_of(dice, {"P2": "both_empty", "P3": "empty_mask"})
    chosen = choose_cases(table, [(subject, "t", "s", "r") for subject in dice], most=6)
    assert [case.key[0] for case in chosen] == ["P3", "P1", "P4"]


def test_pairs_put_the_model_first_and_show_each_two_once() -> None:
    pairs = [("B", "A"), ("A", "B"), ("A", "auto"), ("auto", "A"), ("C", "A"), ("B", "auto")]
    assert pairs_of(pd.DataFrame(pairs, columns=["reader", "reference"])) == [
        ("B", "auto"),
        ("auto", "A"),
        ("A", "B"),
        ("C", "A"),
    ]


def test_window_is_a_square_in_mm_around_the_contours() -> None:
    mask = np.zeros((40, 30), dtype=bool)
    mask[10:20, 6:26] = True  # 20 mm by 40 mm at 2 mm by 2 mm
    far = np.pad(mask, 20)  # 20 pixels of image more on each side
    left, right, top, bottom = window_mm({"A": far}, (80, 70), (2.0, 2.0))
    assert right - left == bottom - top == 40 + 2 * 15
    assert ((left + right) / 2, (top + bottom) / 2) == (32 + 40, 30 + 40)


def test_window_is_moved_into_the_image_or_told_to_reach_beyond() -> None:
    mask = np.zeros((40, 30), dtype=bool)
    mask[10:20, 6:26] = True
    left, right, top, bottom = window_mm({"A": mask}, (40, 30), (2.0, 2.0))
    assert (left, right) == (-5, 65)  # 70 mm over an image of 60 mm: centred on it
    assert (top, bottom) == (0, 70)  # the image is 80 mm high
    spacing, ends = (2.0, 2.0), ("L", "P")
    assert reaches_beyond(Slice(np.zeros((40, 30)), {"A": mask}, spacing, ends))
    assert not reaches_beyond(
        Slice(np.zeros((40, 40)), {"A": np.pad(mask, ((0, 0), (0, 10)))}, spacing, ends)
    )


@given(st.integers(0, 29), st.integers(0, 29), st.integers(1, 60), st.floats(0.5, 4))
def test_window_holds_every_contour(row: int, column: int, size: int, spacing: float) -> None:
    mask = np.zeros((90, 90), dtype=bool)
    mask[row : row + size, column : column + size] = True
    left, right, top, bottom = window_mm({"A": mask}, (90, 90), (spacing, spacing))
    assert left <= column * spacing
    assert right >= (column + size) * spacing
    assert top <= row * spacing
    assert bottom >= (row + size) * spacing


def test_largest_slice_sums_the_readers() -> None:
    first, second = np.zeros((2, 4, 5, 5), dtype=bool)
    first[1, :3] = second[2, :2] = first[2, :2] = True
    assert largest_slice({"A": first, "B": second}, 4) == 2
    assert largest_slice({"A": np.zeros((4, 5, 5), dtype=bool)}, 4) == 2


def test_contours_lie_on_the_mask_whatever_the_spacing() -> None:
    """A mask that is square in mm, though not in pixels, is drawn square and in its colour."""
    image = np.zeros((120, 60))
    mask = np.zeros((120, 60), dtype=bool)
    mask[40:80, 20:40] = True  # 40 mm by 40 mm
    content = Slice(image, {"A": mask}, (2.0, 1.0), ("L", "P"))
    picture = draw_slice(content, (Key("A", "#ff0000", "solid"),), alt="a", caption=())
    pixels = imread(io.BytesIO(base64.b64decode(picture.source.split(",")[1])), format="png")
    red = (pixels[..., 0] > 0.8) & (pixels[..., 1] < 0.2)
    rows, columns = np.nonzero(red)
    side = pixels.shape[0] * 40 / 70  # of the window of 40 mm and twice 15 mm
    assert np.ptp(rows) == pytest.approx(side, abs=5)
    assert np.ptp(columns) == pytest.approx(side, abs=5)
    assert rows.mean() == pytest.approx(pixels.shape[0] / 2, abs=3)


@pytest.mark.realdata
def test_real_images_are_drawn(real_data: Path, tmp_path: Path) -> None:
    rows = [
        {"subject": name, "image": real_data / f"sts_mr/{name}_image.nii.gz", "reader": "expert"}
        | {"mask": real_data / f"sts_mr/{name}_mask.nii.gz"}
        for name in ("STS_001", "STS_003")
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "cohort.csv", index=False)
    html = part_of(tmp_path, "masks")
    assert html.count("<img") == 2
    assert "not shown" not in html
