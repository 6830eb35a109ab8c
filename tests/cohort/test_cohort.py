"""Reading, refusing and writing cohort tables."""

from pathlib import Path

import pytest

from nbradiomics.cohort import load_cohort
from nbradiomics.cohort.columns import read_cohort_table
from nbradiomics.errors import InputError
from tests.support.helpers import write_cohort


def problems_of(folder: Path, rows: list[str], header: str = "subject,image,reader,mask") -> list[tuple]:
    _, problems = read_cohort_table(write_cohort(folder, rows, header))
    return [(item.row, item.column, item.severity, item.problem) for item in problems]


def test_paths_start_at_the_table_and_missing_columns_get_their_defaults(tmp_path: Path) -> None:
    cohort = load_cohort(write_cohort(tmp_path, ["007,sub/a.nii.gz,A,sub/m.nii.gz"]))
    (case,) = cohort.cases()
    assert case.scan.image == tmp_path / "sub" / "a.nii.gz"
    assert case.masks[0].path == tmp_path / "sub" / "m.nii.gz"
    assert case.masks[0].label is None
    assert case.index() == {
        "subject": "007",
        "timepoint": "baseline",
        "sequence": "unspecified",
        "roi": "tumour",
        "reader": "A",
        "reading": 1,
    }


def test_an_image_without_a_mask_is_a_scan_but_no_case(tmp_path: Path) -> None:
    cohort = load_cohort(write_cohort(tmp_path, ["s1,a.nii.gz,,", "s2,b.nii.gz,A,m.nii.gz"]))
    assert [scan.subject for scan in cohort.scans()] == ["s1", "s2"]
    assert [case.scan.subject for case in cohort.cases()] == ["s2"]


def test_semicolons_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "cohort.csv"
    path.write_text("subject;image;reader;mask\ns1;a.nii;A;m.nii\n", encoding="utf-8-sig")
    assert load_cohort(path).readers() == ["A"]


@pytest.mark.parametrize(
    ("row", "column", "part"),
    [
        (",a.nii,A,m.nii,1,", "subject", "empty"),
        ("s1,,A,m.nii,1,", "image", "empty"),
        ("s1,a.nii,,m.nii,1,", "reader", "without a reader"),
        ("s1,a.nii,A,,1,", "mask", "without a mask"),
        ("s1,a.nii,A,m.nii,first,", "reading", "'first'"),
        ("s1,a.nii,A,m.nii,0,", "reading", "0; 1, 2"),
        ("s1,a.nii,A,m.nii,1,guess", "reference_kind", "independent, edited, consensus"),
    ],
)
def test_a_wrong_cell_is_named_with_its_line(tmp_path: Path, row: str, column: str, part: str) -> None:
    found = problems_of(tmp_path, [row], "subject,image,reader,mask,reading,reference_kind")
    assert [(line, name, severity) for line, name, severity, _ in found] == [("2", column, "error")]
    assert part in found[0][3]


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    found = problems_of(tmp_path, ["s1,a.nii,A,m.nii", ",b.nii,A,n.nii"])
    assert [line for line, *_ in found] == ["3"]


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    path = write_cohort(tmp_path, [",a.nii,A,m.nii", "s2,b.nii,,n.nii"])
    with pytest.raises(InputError, match=r"(?s)2 problem.*line 2.*line 3"):
        load_cohort(path)


def test_two_rows_of_the_same_case_are_an_error(tmp_path: Path) -> None:
    found = problems_of(tmp_path, ["s1,a.nii,A,m.nii", "s1,a.nii,A,n.nii"])
    assert [(line, severity) for line, _, severity, _ in found] == [("3", "error")]
    assert "lines 2, 3 have the same subject" in found[0][3]


def test_two_readings_tell_rows_apart(tmp_path: Path) -> None:
    header = "subject,image,reader,mask,reading"
    assert problems_of(tmp_path, ["s1,a.nii,A,m.nii,1", "s1,a.nii,A,n.nii,2"], header) == []


def test_two_images_for_one_scan_are_an_error(tmp_path: Path) -> None:
    found = problems_of(tmp_path, ["s1,a.nii,A,m.nii", "s1,b.nii,B,n.nii"])
    assert [(line, column) for line, column, *_ in found] == [("3", "image")]


def test_a_column_that_nothing_uses_is_a_warning_with_a_guess(tmp_path: Path) -> None:
    _, (problem,) = read_cohort_table(
        write_cohort(tmp_path, ["s1,a.nii,A,m.nii,2"], "subject,image,reader,mask,lable")
    )
    assert (problem.severity, problem.column) == ("warning", "lable")
    assert "'label'" in problem.remedy


def test_a_missing_column_is_an_error(tmp_path: Path) -> None:
    found = problems_of(tmp_path, ["a.nii,m.nii"], "image,mask")
    assert {column for _, column, severity, _ in found if severity == "error"} >= {"subject", "reader"}


def test_a_table_without_rows_and_a_missing_table_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rows"):
        load_cohort(write_cohort(tmp_path, []))
    with pytest.raises(InputError, match="does not exist"):
        load_cohort(tmp_path / "nowhere.csv")


def test_a_pyradiomics_batch_table_is_accepted_as_it_is(tmp_path: Path) -> None:
    path = write_cohort(
        tmp_path, ["P1,a/image.nrrd,a/mask.nrrd,2", "P2,b/image.nrrd,b/mask.nrrd,2"], "ID,Image,Mask,Label"
    )
    cases = load_cohort(path).cases()
    assert [case.scan.subject for case in cases] == ["P1", "P2"]
    assert cases[0].masks[0].label == 2
    assert {case.reader for case in cases} == {"reader"}


def test_a_batch_table_without_an_identifier_takes_folder_or_file_as_subject(tmp_path: Path) -> None:
    same = write_cohort(tmp_path, ["a/image.nrrd,a/mask.nrrd", "b/image.nrrd,b/mask.nrrd"], "Image,Mask")
    assert [scan.subject for scan in load_cohort(same).scans()] == ["a_image", "b_image"]
    own = write_cohort(tmp_path, ["p1.nrrd,p1_mask.nrrd", "p2.nrrd,p2_mask.nrrd"], "Image,Mask")
    assert [scan.subject for scan in load_cohort(own).scans()] == ["p1", "p2"]


def test_adding_a_reader_keeps_the_rest_and_writes_relative_paths(tmp_path: Path) -> None:
    cohort = load_cohort(write_cohort(tmp_path, ["s1,a.nii.gz,,", "s2,b.nii.gz,A,m.nii.gz"]))
    masks = {scan: tmp_path / "out" / f"{scan.subject}.nii.gz" for scan in cohort.scans()}
    written = cohort.with_reader("auto", masks).write(tmp_path / "out" / "cohort2.csv")
    again = load_cohort(tmp_path / "out" / "cohort2.csv")
    assert again.readers() == written.readers() == ["A", "auto"]
    assert "../b.nii.gz" in (tmp_path / "out" / "cohort2.csv").read_text(encoding="utf-8")
    auto = [case for case in again.cases() if case.reader == "auto"]
    assert [case.masks[0].label for case in auto] == [1, 1]
    assert [case.masks[0].path for case in auto] == list(masks.values())
    assert len(again.cases()) == 3


def test_a_reader_cannot_be_added_twice(tmp_path: Path) -> None:
    cohort = load_cohort(write_cohort(tmp_path, ["s1,a.nii.gz,auto,m.nii.gz"]))
    with pytest.raises(InputError, match="already has masks"):
        cohort.with_reader("auto", {})


CHANNELS = "subject,image,reader,mask,channel"


def test_the_channel_with_the_masks_comes_first_wherever_its_row_stands(tmp_path: Path) -> None:
    rows = ["s1,adc.nii,,,ADC", "s1,t2.nii,A,m.nii,T2w", "s1,t2.nii,B,n.nii,T2w", "s1,t1.nii,,,T1w"]
    cohort = load_cohort(write_cohort(tmp_path, rows, CHANNELS))
    (scan,) = cohort.scans()
    assert [channel.name for channel in scan.channels] == ["T2w", "ADC", "T1w"]
    assert scan.image == scan.channels[0].image == tmp_path / "t2.nii"
    assert [case.scan for case in cohort.cases()] == [scan, scan]


def test_a_reader_is_added_to_the_first_channel_and_the_others_stay(tmp_path: Path) -> None:
    rows = ["s1,t2.nii,,,T2w", "s1,adc.nii,,,ADC", "s2,t2b.nii,A,m.nii,T2w", "s2,adcb.nii,,,ADC"]
    cohort = load_cohort(write_cohort(tmp_path, rows, CHANNELS))
    masks = {scan: tmp_path / f"{scan.subject}.nii" for scan in cohort.scans()}
    cohort.with_reader("auto", masks).write(tmp_path / "cohort2.csv")
    again = load_cohort(tmp_path / "cohort2.csv")
    assert [[channel.name for channel in scan.channels] for scan in again.scans()] == [["T2w", "ADC"]] * 2
    assert {case.scan.image.name for case in again.cases() if case.reader == "auto"} == {"t2.nii", "t2b.nii"}
    assert len(again.table) == 5


def test_an_image_file_of_several_scans_gets_a_mask_in_each(tmp_path: Path) -> None:
    rows = ["s1,a.nii,,,,t0,x", "s2,a.nii,,,,t0,y", "s1,a.nii,A,m.nii,,t1,x", "s3,a.nii,,,T2w,t0,x"]
    header = "subject,image,reader,mask,channel,timepoint,site"
    cohort = load_cohort(write_cohort(tmp_path, [*rows, "s3,b.nii,,,ADC,t0,x"], header))
    masks = {scan: tmp_path / f"{scan.subject}{scan.timepoint}.nii" for scan in cohort.scans()}
    every = cohort.with_reader("auto", masks)
    auto = {(case.scan.subject, case.scan.timepoint): case for case in every.cases() if case.reader == "auto"}
    assert {place: case.masks[0].path.name for place, case in auto.items()} == {
        ("s1", "t0"): "s1t0.nii",
        ("s2", "t0"): "s2t0.nii",
        ("s1", "t1"): "s1t1.nii",
        ("s3", "t0"): "s3t0.nii",
    }
    one = {scan: path for scan, path in masks.items() if scan.subject == "s2"}
    assert len(cohort.with_reader("auto", one).scans()) == 4


@pytest.mark.parametrize(
    ("rows", "line", "column"),
    [
        (["s1,a.nii,A,m.nii,T2w", "s1,b.nii,A,n.nii,ADC"], "3", "mask"),
        (["s1,a.nii,A,m.nii,T2w", "s1,b.nii,,,"], "3", "channel"),
        (["s1,a.nii,A,m.nii,T2w", "s1,a.nii,,,ADC"], "3", "channel"),
        (["s1,a.nii,A,m.nii,T2w", "s1,c.nii,,,ADC", "s1,b.nii,B,n.nii,T2w"], "4", "image"),
    ],
)
def test_channels_that_contradict_each_other(tmp_path: Path, rows: list[str], line: str, column: str) -> None:
    found = problems_of(tmp_path, rows, CHANNELS)
    assert [(where, what, severity) for where, what, severity, _ in found] == [(line, column, "error")]


def test_names_of_cases_differ_whatever_their_parts_hold(tmp_path: Path) -> None:
    rows = ["s/0,x,a.nii,A,m.nii", "s,0/x,b.nii,A,n.nii"]
    cohort = load_cohort(write_cohort(tmp_path, rows, "subject,timepoint,image,reader,mask"))
    assert len({case.name for case in cohort.cases()}) == 2
    assert len({scan.name for scan in cohort.scans()}) == 2


def test_cells_as_pandas_and_r_write_them(tmp_path: Path) -> None:
    rows = ["s1,a.nii,A,m.nii,1.0,1.0,NA", "s2,b.nii,NA,NA,NA,NA,NA", ",,,,,,"]
    cohort = load_cohort(write_cohort(tmp_path, rows, "subject,image,reader,mask,label,reading,minutes"))
    (case,) = cohort.cases()
    assert (case.reading, case.masks[0].label) == (1, 1)
    assert [scan.subject for scan in cohort.scans()] == ["s1", "s2"]


def test_an_empty_line_does_not_shift_the_line_numbers(tmp_path: Path) -> None:
    found = problems_of(tmp_path, ["s1,a.nii,A,m.nii", "", ",,,", ",b.nii,A,n.nii"])
    assert [line for line, *_ in found] == ["5"]


def test_a_missing_column_is_told_alone(tmp_path: Path) -> None:
    _, problems = read_cohort_table(
        write_cohort(tmp_path, ["s1,a.nii,A,m.nii"] * 3, "subject,image,rater,mask")
    )
    assert [(problem.column, problem.severity) for problem in problems] == [
        ("reader", "error"),
        ("rater", "warning"),
    ]


def test_names_that_differ_in_capitals_alone_are_a_warning(tmp_path: Path) -> None:
    rows = ["s1,a.nii,A,m.nii,Baseline", "s2,b.nii,A,n.nii,baseline"]
    found = problems_of(tmp_path, rows, "subject,image,reader,mask,timepoint")
    assert [(column, severity) for _, column, severity, _ in found] == [("timepoint", "warning")]


def test_a_reader_called_auto_in_capitals_is_asked_about(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'Auto' differs from 'auto'"):
        load_cohort(write_cohort(tmp_path, ["s,s.nii.gz,Auto,m.nii.gz"]))


def test_a_reader_is_left_out_and_an_image_of_his_alone_stays(tmp_path: Path) -> None:
    rows = ["a,a.nii.gz,A,1.nii.gz", "a,a.nii.gz,auto,2.nii.gz", "b,b.nii.gz,auto,3.nii.gz"]
    cohort = load_cohort(write_cohort(tmp_path, rows)).without_reader("auto")
    assert cohort.readers() == ["A"]
    assert [scan.subject for scan in cohort.scans()] == ["a", "b"]
    assert cohort.table["mask"].map(lambda mask: Path(mask).name).tolist() == ["1.nii.gz", ""]


def test_a_path_of_windows_is_found_where_it_is_there(tmp_path: Path) -> None:
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    for file in ("images/a.nii.gz", "masks/a.nii.gz", "images/a\\b.nii.gz"):
        (tmp_path / file).touch()
    rows = [r"s,images\a.nii.gz,A,.\masks\a.nii.gz", r"t,images/a\b.nii.gz,A,masks/a.nii.gz"]
    first, second = load_cohort(write_cohort(tmp_path, rows)).cases()
    assert first.scan.image == tmp_path / "images" / "a.nii.gz"
    assert first.masks[0].path == tmp_path / "masks" / "a.nii.gz"
    assert second.scan.image == tmp_path / "images" / "a\\b.nii.gz"  # a name that holds one here


def test_a_subject_of_a_batch_table_is_named_by_the_file_of_a_windows_path(tmp_path: Path) -> None:
    path = tmp_path / "batch.csv"
    path.write_text("Image,Mask\n" + r"images\p1.nrrd,masks\p1.nrrd" + "\n")
    assert load_cohort(path).table["subject"].tolist() == ["p1"]


@pytest.mark.parametrize("named", [r"images\a.nii.gz", r"C:\data\a.nii.gz", "C:/data/a.nii.gz"])
def test_a_path_of_windows_that_is_not_there_is_called_so(named: str, tmp_path: Path) -> None:
    from nbradiomics.study.checks import check

    table = check(write_cohort(tmp_path, [f"s,{named},,"]))
    assert table["row"].tolist() == ["2"]
    assert "Windows path" in table["problem"].iloc[0]
    assert "with /" in table["remedy"].iloc[0]


def test_the_original_has_one_spelling(tmp_path: Path) -> None:
    header = "subject,image,reader,mask,variant"
    table = write_cohort(tmp_path, ["s,i.nii,A,m.nii,Original", "s,j.nii,A,n.nii,v0.1"], header)
    with pytest.raises(InputError, match="'Original' differs from 'original'"):
        load_cohort(table)
    table = write_cohort(tmp_path, ["s,i.nii,A,m.nii,", "s,j.nii,A,n.nii,v0.1"], header)
    assert load_cohort(table).table["variant"].tolist() == ["original", "v0.1"]
