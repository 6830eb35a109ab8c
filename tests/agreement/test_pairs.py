"""Which masks are compared with which, and what the rows of the agreement table say of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.agreement.cohort import compare_cohort
from nbradiomics.agreement.compare import compare_masks
from nbradiomics.agreement.field import Field
from nbradiomics.agreement.schema import AGREEMENT
from nbradiomics.cohort import Cohort, load_cohort
from nbradiomics.errors import InputError
from tests.support.helpers import ball, make_image, write_cohort, write_scan

HEADER = "subject,image,reader,mask,reading,reference_kind,probability"


def study(folder: Path) -> Cohort:
    """One image: A drew twice, B once independently and once from the automatic mask, C edited only."""
    masks = {
        "A1": ball(radius=3.5),
        "A2": ball(radius=3.2),
        "B1": ball(radius=3.5, shift=1),
        "B2": ball(radius=3.0, shift=1),
        "C1": ball(radius=3.0),
        "auto": ball(radius=3.0, shift=1),
    }
    files = write_scan(folder, "s", masks)
    probability = make_image(np.clip(ball(radius=4.5) * 0.6 + 0.2, 0, 1).astype(np.float32))
    sitk.WriteImage(probability, str(folder / "p.nii.gz"))
    rows = [
        f"s,s.nii.gz,A,{files['A1']},1,independent,",
        f"s,s.nii.gz,A,{files['A2']},2,,",
        f"s,s.nii.gz,B,{files['B2']},1,edited,",
        f"s,s.nii.gz,B,{files['B1']},2,independent,",
        f"s,s.nii.gz,C,{files['C1']},1,edited,",
        f"s,s.nii.gz,auto,{files['auto']},1,,p.nii.gz",
    ]
    return load_cohort(write_cohort(folder, rows, HEADER))


def test_every_pair_is_there_in_both_directions_and_says_what_it_is(tmp_path: Path) -> None:
    table = compare_cohort(study(tmp_path)).table
    assert list(table.columns) == AGREEMENT.names
    sides = {
        kind: {
            (row.reader, row.reading, row.reference, row.reference_reading)
            for row in table[table["pair"] == kind].itertuples()
        }
        for kind in table["pair"].unique()
    }
    assert sides["inter"] == {("A", 1, "B", 2), ("B", 2, "A", 1)}
    assert sides["intra"] == {("A", 1, "A", 2), ("A", 2, "A", 1)}
    assert sides["auto"] == {
        (*a, *b) for r in (("A", 1), ("B", 2)) for a, b in [(("auto", 1), r), (r, ("auto", 1))]
    }
    own, edited = [("A", 1), ("B", 2), ("auto", 1)], [("B", 1), ("C", 1)]
    one_way = {(*a, *b) for a in own for b in edited} | {("B", 1, "C", 1)}
    assert sides["edited"] == one_way | {(c, d, a, b) for a, b, c, d in one_way}
    assert set(table["status"]) == {"ok"}
    kinds = {(row.reader, row.reading): row.mask_kind for row in table.itertuples()}
    assert kinds == {
        ("A", 1): "independent",
        ("A", 2): "independent",
        ("B", 1): "edited",
        ("B", 2): "independent",
        ("C", 1): "edited",
        ("auto", 1): "automatic",
    }


def test_a_row_holds_what_comparing_its_two_files_gives(tmp_path: Path) -> None:
    cohort = study(tmp_path)
    table = compare_cohort(cohort, tolerance_mm=1.0, background_mm=2.0).table
    files = {(case.reader, case.reading): case.masks[0].path for case in cohort.cases()}
    for row in table.to_dict("records"):
        first = files[row["reader"], row["reading"]]
        second = files[row["reference"], row["reference_reading"]]
        probability = tmp_path / "p.nii.gz" if row["reader"] == "auto" else None
        expected = compare_masks(
            first, second, tolerance_mm=1.0, field=Field(margin_mm=2.0), probability=probability
        )
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, nan_ok=True), name
        assert (row["field"], row["tolerance_mm"]) == ("box + 2 mm", 1.0)
    own = table[table["reader"] == "auto"]
    assert own["auc"].notna().all()
    assert table.loc[table["reader"] != "auto", "auc"].isna().all()


def test_against_one_reader_each_mask_is_compared_once(tmp_path: Path) -> None:
    table = compare_cohort(study(tmp_path), reference="B").table
    found = [(row.reader, row.reading, row.reference_reading, row.pair) for row in table.itertuples()]
    assert sorted(found) == [
        ("A", 1, 1, "edited"),
        ("A", 1, 2, "inter"),
        ("B", 1, 2, "edited"),
        ("B", 2, 1, "edited"),
        ("C", 1, 1, "edited"),
        ("C", 1, 2, "edited"),
        ("auto", 1, 1, "edited"),
        ("auto", 1, 2, "auto"),
    ]


def test_a_consensus_in_the_cohort_is_a_reference_for_the_model_only(tmp_path: Path) -> None:
    masks = {name: ball(radius=3 + number / 5) for number, name in enumerate(("A", "auto", "staple"))}
    files = write_scan(tmp_path, "s", masks)
    rows = [f"s,s.nii.gz,{name},{files[name]},{'consensus' if name == 'staple' else ''}" for name in masks]
    cohort = load_cohort(write_cohort(tmp_path, rows, "subject,image,reader,mask,reference_kind"))
    table = compare_cohort(cohort).table
    assert set(zip(table["reader"], table["reference"], table["pair"], strict=True)) == {
        ("A", "auto", "auto"),
        ("auto", "A", "auto"),
        ("auto", "staple", "consensus"),
    }
    asked = compare_cohort(cohort, reference="staple").table
    assert sorted(asked["reader"]) == ["A", "auto"]


def test_a_pair_that_cannot_be_compared_is_a_failure_and_its_rows_are_missing(tmp_path: Path) -> None:
    files = write_scan(tmp_path, "s", {"A": ball(), "B": ball(shift=1)})
    shifted = sitk.ReadImage(str(tmp_path / files["B"]))
    shifted.SetOrigin((5.0, 0.0, 0.0))
    sitk.WriteImage(shifted, str(tmp_path / "C.nii.gz"))
    rows = [f"s,s.nii.gz,{r},{f}" for r, f in (("A", files["A"]), ("B", files["B"]), ("C", "C.nii.gz"))]
    found = compare_cohort(load_cohort(write_cohort(tmp_path, rows)))
    assert len(found.failures) == 2
    assert "different grids" in found.failures[0].cause
    broken = found.table[(found.table["reader"] == "C") | (found.table["reference"] == "C")]
    assert len(broken) == 4
    assert broken["status"].isna().all()
    assert broken["dice"].isna().all()
    assert (found.table["status"] == "ok").sum() == 2


def test_an_empty_mask_is_told_from_both_sides(tmp_path: Path) -> None:
    files = write_scan(tmp_path, "s", {"A": ball(), "B": ball() * 0})
    rows = [f"s,s.nii.gz,{reader},{files[reader]}" for reader in "AB"]
    table = compare_cohort(load_cohort(write_cohort(tmp_path, rows))).table.set_index("reader")
    assert table["status"].to_dict() == {"A": "empty_reference", "B": "empty_mask"}
    assert table["dice"].to_dict() == {"A": 0, "B": 0}


def test_a_stored_pair_is_computed_anew_for_another_tolerance_or_probability(tmp_path: Path) -> None:
    from nbradiomics.execution.workspace import Workspace

    cohort, work = study(tmp_path), Workspace(tmp_path / "work")
    first = compare_cohort(cohort, workspace=work, tolerance_mm=0.3).table
    wider = compare_cohort(cohort, workspace=work, tolerance_mm=9.0).table
    assert (wider["nsd"] == 1).all()
    assert (first["nsd"] < 1).any()
    sitk.WriteImage(make_image(ball(radius=2.0).astype(np.float32)), str(tmp_path / "p.nii.gz"))
    again = compare_cohort(cohort, workspace=work, tolerance_mm=0.3).table
    assert (again["auc"].dropna() != first["auc"].dropna()).all()


def test_one_mask_is_refused(tmp_path: Path) -> None:
    files = write_scan(tmp_path, "s", {"A": ball()})
    cohort = load_cohort(write_cohort(tmp_path, [f"s,s.nii.gz,A,{files['A']}"]))
    with pytest.raises(InputError, match="two masks"):
        compare_cohort(cohort)


def test_a_second_mask_of_the_model_is_told(tmp_path: Path) -> None:
    files = write_scan(tmp_path, "s", {"A": ball(), "auto": ball(shift=1)})
    rows = [f"s,s.nii.gz,A,{files['A']},1", *(f"s,s.nii.gz,auto,{files['auto']},{n}" for n in (1, 2))]
    found = compare_cohort(load_cohort(write_cohort(tmp_path, rows, "subject,image,reader,mask,reading")))
    assert len(found.table) == 2
    assert [failure.case for failure in found.failures] == ["s/baseline/unspecified/tumour/auto/2"]
