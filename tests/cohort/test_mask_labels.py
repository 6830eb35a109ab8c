"""Labels: how they are written, which of them make a region, and which nothing reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from hypothesis import given, strategies as st

from nbradiomics.cohort import load_cohort, mask_labels
from nbradiomics.cohort.case_region import read_case_region, region_hashes
from nbradiomics.cohort.mask_labels import survey_labels
from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import Workspace
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.images.labels import plain_label, require_plain_numbers, split_label
from nbradiomics.images.region import keeping_tallies, read_region
from nbradiomics.study.checks import check
from tests.support.helpers import ball, call, make_image, write_cohort, write_scan

VOLUME = {"featureClass": {"shape": ["VoxelVolume"]}}
LABELLED = "subject,image,reader,mask,label"


def segments() -> np.ndarray:
    """Labels 1, 2 and 5, of which 1 and 2 touch."""
    both = ball(radius=2, shift=-4) + 2 * ball(radius=2.5, shift=1)
    return np.where(both > 0, both, 5 * ball(radius=1, shift=6)).astype(np.uint8)


def voxels(label: int | str) -> int:
    return int(sitk.GetArrayFromImage(read_region(make_image(segments()), label)).sum())


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("2", 2),
        ("2.0", 2),
        ("1,2", "1,2"),
        (" 2 ; 1 ", "1,2"),
        ("1+2", "1,2"),
        ("2 1", "1,2"),
        ("1.0;2.0", "1,2"),
        ("1,1", 1),
        ("ALL", "all"),
        ("Left kidney", "Left kidney"),
        ("Tumour, left", "Tumour, left"),
        ("Ki67+", "Ki67+"),
        ("1.2", "1.2"),
        ("", ""),
    ],
)
def test_a_label_has_one_spelling(written: str, plain: int | str) -> None:
    assert plain_label(written) == plain
    assert plain_label(plain) == plain


@given(st.sets(st.integers(0, 7), min_size=1), st.sampled_from([",", ";", "+", " ", ", ", " ; "]))
def test_a_list_is_the_union_of_its_labels(labels: set[int], separator: str) -> None:
    array = np.arange(8, dtype=np.uint8).reshape(2, 2, 2)
    written = separator.join(map(str, labels))
    if labels == {0}:
        with pytest.raises(InputError, match="no label 0"):
            read_region(make_image(array), written)
    else:
        region = sitk.GetArrayFromImage(read_region(make_image(array), written))
        assert np.array_equal(region, np.isin(array, sorted(labels - {0})))


def test_all_is_every_label_but_zero() -> None:
    assert voxels("all") == voxels("1,2,5") == int((segments() > 0).sum())
    assert voxels("1;2") == voxels(1) + voxels(2)
    assert not sitk.GetArrayFromImage(read_region(make_image(ball() * 0), "all")).any()


def test_a_list_of_which_a_mask_has_a_part_is_that_part_and_of_which_it_has_none_is_refused() -> None:
    assert voxels("2,4") == voxels(2)
    with pytest.raises(InputError, match="no label 3 and no label 4; its labels: 1, 2, 5"):
        voxels("3,4")
    with pytest.raises(InputError, match=r"no label named '1\.2'"):
        voxels("1.2")


@pytest.mark.parametrize("text", ["1,", ",1,a", "core,,rim"])
def test_a_list_with_a_gap_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="a list with a missing label"):
        split_label(text)


def test_segments_are_named_in_lists_too(tmp_path: Path) -> None:
    mask = make_image(segments())
    for number, (name, value) in enumerate({"core": 1, "rim, wide": 2}.items()):
        mask.SetMetaData(f"Segment{number}_Name", name)
        mask.SetMetaData(f"Segment{number}_LabelValue", str(value))
    sitk.WriteImage(mask, str(tmp_path / "a.seg.nrrd"))

    def of(label: str) -> int:
        return int(sitk.GetArrayFromImage(read_region(tmp_path / "a.seg.nrrd", label)).sum())

    assert of("rim, wide") == voxels(2)
    assert of("core; 5") == voxels("1,5")
    with pytest.raises(InputError, match="no label named 'rim'"):
        of("core, rim")
    mask.SetMetaData("Segment0_Name", "All")
    with pytest.raises(InputError, match="means every label"):
        read_region(mask, "all")


def cohort_of(folder: Path, *labels: str) -> Path:
    """One mask of three labels, a row for each of `labels`."""
    files = write_scan(folder, "s", {"A": segments()})
    rows = [f's,{files["image"]},A,{files["A"]},"{label}",r{number}' for number, label in enumerate(labels)]
    return write_cohort(folder, rows, LABELLED + ",roi")


@pytest.mark.parametrize(
    ("labels", "warned"),
    [
        ([""], ["2 (0.056 ml), 5 (0.008 ml); labels that are read: 1"]),
        (["2"], ["1 (0.032 ml), 5 (0.008 ml); labels that are read: 2"]),
        (["1", "2"], ["5 (0.008 ml)"]),
        (["1", "2", "5"], []),
        (["1", "2,5"], []),
        (["all"], []),
        (["1,2,5,9"], ["lacks label 9 of the list; united: labels 1, 2, 5"]),
    ],
)
def test_check_warns_of_labels_that_nothing_reads(
    tmp_path: Path, labels: list[str], warned: list[str]
) -> None:
    found = check(cohort_of(tmp_path, *labels))
    assert found["severity"].tolist() == ["warning"] * len(warned)
    for text, part in zip(found["problem"], warned, strict=True):
        assert part in text
    assert all("all" in remedy or "no such part" in remedy for remedy in found["remedy"])


def test_a_label_that_a_row_of_another_image_reads_is_read(tmp_path: Path) -> None:
    files = write_scan(tmp_path, "s", {"A": ball(shift=-3, radius=2) + 2 * ball(shift=3, radius=2)})
    write_scan(tmp_path, "t", {"A": ball()}, seed=1)
    rows = [f"s,{scan}.nii.gz,A,{files['A']},{label},{scan}" for scan, label in (("s", 1), ("t", 2))]
    assert check(write_cohort(tmp_path, rows, LABELLED + ",sequence")).empty


def test_extract_and_compare_say_what_they_do_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_scan(tmp_path, "s", {"A": segments(), "B": segments()})
    path = write_cohort(tmp_path, [f"s,s.nii.gz,{reader},s_{reader}.nii.gz" for reader in "AB"])
    (tmp_path / "p.yaml").write_text("featureClass: {shape: [VoxelVolume]}\n")
    asked = ["--out", tmp_path / "o.csv", "--jobs", 1]
    for command in (["extract", path, "--params", tmp_path / "p.yaml"], ["compare", path]):
        assert call(*command, *asked) == 0
        assert capsys.readouterr().out.count("has labels that are not read: 2 (0.056 ml), 5") == 2


def test_a_cohort_s_list_is_measured_and_kept_apart_in_the_stored_results(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "work")
    found = {}
    for label in ("1", "2", "1,2", "all"):
        cohort = load_cohort(cohort_of(tmp_path, label))
        table = extract_cohort(cohort, params={"setting": {"label": 1}, **VOLUME}, workspace=workspace).table
        found[label] = table["original_shape_VoxelVolume"].item()
        again = cohort.write(tmp_path / "again.csv")
        assert load_cohort(again.path).table["label"].tolist() == cohort.table["label"].tolist()
    assert found["1"] + found["2"] == found["1,2"] == voxels("1,2")
    assert found["all"] == voxels("all")


def batch_of(folder: Path, header: str, *rows: str) -> Path:
    """PyRadiomics' batch table over masks of labels 1, 2 and 5."""
    for name in "ij":
        write_scan(folder, name, {"m": segments()})
    return write_cohort(folder, list(rows), header)


def volumes(path: Path, **asked: object) -> pd.DataFrame:
    table = extract_cohort(load_cohort(path), params={"setting": {"label": 1}, **VOLUME}, **asked).table
    return table[["subject", "roi", "original_shape_VoxelVolume"]]


def test_a_batch_table_s_label_wins_over_the_file_and_each_row_is_a_row(tmp_path: Path) -> None:
    rows = [f"{name},{name}.nii.gz,{name}_m.nii.gz,{label}" for name in "ij" for label in (1, 2)]
    path = batch_of(tmp_path, "ID,Image,Mask,Label", *rows)
    assert volumes(path).to_numpy().tolist() == [
        [name, f"label-{label}", voxels(label)] for name in "ij" for label in (1, 2)
    ]
    # What a run writes and reads again is still a row each.
    again = load_cohort(path).write(tmp_path / "again.csv").path
    assert len(volumes(again)) == 4
    assert volumes(path, lesions="union")["original_shape_VoxelVolume"].tolist() == [voxels("1,2")] * 2


def test_a_batch_table_of_one_label_keeps_its_region(tmp_path: Path) -> None:
    path = batch_of(tmp_path, "ID,Image,Mask,Label", "a,i.nii.gz,i_m.nii.gz,2", "b,j.nii.gz,j_m.nii.gz,2")
    assert volumes(path).to_numpy().tolist() == [[name, "tumour", voxels(2)] for name in "ab"]


def test_a_batch_table_without_identifier_and_with_a_row_without_label(tmp_path: Path) -> None:
    rows = ["i.nii.gz,i_m.nii.gz,2", "i.nii.gz,i_m.nii.gz,", "j.nii.gz,j_m.nii.gz,5"]
    found = volumes(batch_of(tmp_path, "Image,Mask,Label", *rows))
    assert found.to_numpy().tolist() == [
        ["i", "label-2", voxels(2)],
        ["i", "tumour", voxels(1)],
        ["j", "label-5", voxels(5)],
    ]


def test_a_row_that_stands_twice_is_refused_beside_labels_too(tmp_path: Path) -> None:
    rows = [f"i,i.nii.gz,i_m.nii.gz,{label}" for label in (1, 2, 2)]
    with pytest.raises(InputError, match="lines 3, 4 have the same"):
        load_cohort(batch_of(tmp_path, "ID,Image,Mask,Label", *rows))


@pytest.mark.parametrize(("cell", "refused"), [("", False), ("0", False), ("0.0", False), ("1", True)])
def test_another_component_of_a_mask_is_refused_by_name(tmp_path: Path, cell: str, refused: bool) -> None:
    path = batch_of(tmp_path, "ID,Image,Mask,Label,Label_channel", f"i,i.nii.gz,i_m.nii.gz,2,{cell}")
    if refused:
        with pytest.raises(InputError, match="line 2, Label_channel"):
            load_cohort(path)
    else:
        assert not load_cohort(path).warnings
        assert volumes(path)["original_shape_VoxelVolume"].tolist() == [voxels(2)]


def test_rows_of_our_own_table_that_differ_in_label_alone_are_refused_with_the_remedy(tmp_path: Path) -> None:
    files = write_scan(tmp_path, "s", {"A": segments()})
    rows = [f"s,{files['image']},A,{files['A']},{label}" for label in (1, 2)]
    with pytest.raises(InputError, match="labels to unite as 1,2"):
        load_cohort(write_cohort(tmp_path, rows, LABELLED))


def test_the_key_of_a_region_tells_its_label(tmp_path: Path) -> None:
    keys = [
        region_hashes(load_cohort(cohort_of(tmp_path, label)).cases()[0], 1) for label in ("1", "1,2", "all")
    ]
    assert len({str(key) for key in keys}) == 3
    (case,) = load_cohort(cohort_of(tmp_path, "2 1")).cases()
    assert region_hashes(case, 1) == keys[1]
    assert int(sitk.GetArrayFromImage(read_case_region(case)).sum()) == voxels("1,2")


def test_the_values_are_those_of_pyradiomics_own_command(tmp_path: Path) -> None:
    from radiomics.featureextractor import RadiomicsFeatureExtractor
    from radiomics.scripts.segment import extractSegment

    lines = [f"{name}.nii.gz,{name}_m.nii.gz,{label}" for name in "ij" for label in (5, 2)]
    path = batch_of(tmp_path, "Image,Mask,Label", *lines)
    extractor = RadiomicsFeatureExtractor(label=1)
    extractor.disableAllFeatures()
    extractor.enableFeaturesByName(shape=["VoxelVolume"])
    rows = [
        {name: cell if name == "Label" else str(tmp_path / cell) for name, cell in row.items()}
        for row in pd.read_csv(path, dtype=str).to_dict("records")
    ]
    expected = [float(extractSegment(0, row, extractor)["original_shape_VoxelVolume"]) for row in rows]
    assert volumes(path)["original_shape_VoxelVolume"].tolist() == expected


def test_a_mask_of_a_hundred_labels_is_told_in_one_line(tmp_path: Path) -> None:
    many = np.arange(100, dtype=np.uint8).reshape(4, 5, 5)
    files = write_scan(tmp_path, "s", {"A": np.repeat(many, 2, axis=0)})
    found = check(write_cohort(tmp_path, [f"s,{files['image']},A,{files['A']},3"], LABELLED))
    assert (
        "8 (0.002 ml), 9 (0.002 ml) and 90 more (0.18 ml); labels that are read: 3" in found["problem"].item()
    )


@pytest.mark.parametrize(
    "label", ["0x10", "1e400", "١٢", "½", "+1", "1_000", "1.5", "²", "1,٢", "1" * 400, "1" * 5000]
)
def test_numbers_in_another_form_are_no_labels(label: str) -> None:
    with pytest.raises(InputError, match="a whole number such as 1, or a name, was expected"):
        require_plain_numbers(label)


@pytest.mark.parametrize(
    "label", ["1", "1.0", "-1", "1,2", "1+2", "1; 2", "tumour", "4a", "segment 4", "Ⅳ", "all", "007", ""]
)
def test_numbers_and_names_are_labels(label: str) -> None:
    require_plain_numbers(label)


def test_a_mask_that_was_read_meanwhile_is_not_read_again_for_its_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = write_scan(tmp_path, "s", {"A": segments(), "B": (segments() == 1).astype(np.uint8)})
    rows = [f"s,{names['image']},{reader},{names[reader]},1" for reader in "AB"]
    cohort = load_cohort(write_cohort(tmp_path, rows, LABELLED))
    expected = [problem.problem for problem in survey_labels(cohort.table, cohort.path)]
    assert len(expected) == 1
    assert "2 (" in expected[0]
    with keeping_tallies():
        extract_cohort(cohort, params=VOLUME)
        monkeypatch.setattr(mask_labels, "read_mask", None)
        assert [problem.problem for problem in survey_labels(cohort.table, cohort.path)] == expected
    assert survey_labels(cohort.table, cohort.path) == []  # now they would be read again
