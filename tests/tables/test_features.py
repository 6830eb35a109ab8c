"""Which columns are features, in tables of any origin and in PyRadiomics' own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.tables import choose_features, is_feature_name, read_feature_table


@pytest.mark.parametrize(
    "name",
    [
        "original_shape_Elongation",
        "original_shape2D_Perimeter",
        "wavelet-HLL_glcm_Contrast",
        "wavelet2-LLL_firstorder_Mean",
        "wavelet-HL_glrlm_RunVariance",
        "log-sigma-3-0-mm-3D_glszm_ZoneEntropy",
        "log-sigma-0-75-mm-2D_firstorder_10Percentile",
        "lbp-2D_ngtdm_Busyness",
        "lbp-3D-m2_gldm_LowGrayLevelEmphasis",
        "lbp-3D-k_firstorder_90Percentile",
        "squareroot_firstorder_Energy",
        "exponential_firstorder_Energy",
        "T2_original_glcm_Imc1",
        "MR.wavelet-LLL_ngtdm_Strength",
        "ADC original_glcm_Imc1_baseline",
        "original_glcm_contrast",
        "original_morph_moran_i",
        "T2_original_cm_joint_max_2_5D_comb",
        "log-sigma-3-mm-3D_ivh_v10",
        "mean-5-2D_firstorder_Mean",
        "log-1.5mm-riesz-1-0-0_stat_cov",
        "gabor-5mm-2mm-1.5-step-22.5deg-average_stat_p90",
        "wavelet-db3-LLH-1-average_dzm_lde_3D",
    ],
)
def test_names_of_pyradiomics_and_the_ibsi(name: str) -> None:
    assert is_feature_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "scanner_id",
        "glcm_Contrast",
        "original_shape",
        "original_shape_",
        "aboriginal_shape_Elongation",
        "original_texture_Contrast",
        "foo_glcm_Contrast",
        "diagnostics_Image-original_Mean",
        "original",
        "wavelet_glcm_Contrast",
        "mean_stat_cov",
        "lab-5_stat_mean",
        "original_stat",
    ],
)
def test_names_that_are_not_of_pyradiomics(name: str) -> None:
    assert not is_feature_name(name)


def table(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"subject": list("abc"), "reading": 1, **columns})


NUMBERS = [1.0, 2.0, 3.0]


def test_beside_names_of_pyradiomics_no_other_column_is_a_feature() -> None:
    given = table(
        **{
            "scanner_id": [1, 2, 3],
            "age": ["1", "unknown", "2"],
            "diagnostics_Image-original_Mean": NUMBERS,
            "original_glcm_Contrast": NUMBERS,
            "empty": np.nan,
        }
    )
    choice = choose_features(given)
    assert choice.names == ("original_glcm_Contrast",)
    assert choice.left_out == ("scanner_id", "age")
    assert choice.sentence == (
        "1 feature was used (the columns with names of PyRadiomics or the IBSI); columns left out: "
        "scanner_id, age. Other columns can be chosen with `features`."
    )


def test_without_names_of_pyradiomics_every_numeric_column_is_one() -> None:
    choice = choose_features(table(radVar1=NUMBERS, note=list("xyz"), b=[True, False, True]))
    assert choice.names == ("radVar1",)
    assert choice.left_out == ("note", "b")
    assert "all numeric columns" in choice.sentence


def test_patterns_name_the_features_instead() -> None:
    given = table(
        original_glcm_A=NUMBERS, original_shape_B=NUMBERS, deep_1=NUMBERS, deep_2=list("xyz"), reader="A"
    )
    assert choose_features(given, ["original_shape_*", "deep_?"]).names == ("original_shape_B", "deep_1")
    assert choose_features(given, ["*"]).names == ("original_glcm_A", "original_shape_B", "deep_1")
    for pattern, guess in (("depe_1", "'deep_1'"), ("deep_2", ""), ("subject", ""), ("reader", "")):
        with pytest.raises(InputError, match=f"matches '{pattern}'.*{guess}"):
            choose_features(given, ["deep_1", pattern])
    with pytest.raises(InputError, match="are the text"):
        choose_features(given, "deep_*")


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([1.0, "ERROR", 2.0], "'ERROR' in row 2 (b), which is not a number"),
        (["x", "y", "z"], "'x' in row 1 (a), which is not a number (and 2 more cells)"),
        ([True, False, True], "'True' in row 1 (a), which is not a number"),
        (["1,234", "1,567", "2,345"], "'1,234' in row 1 (a), which may mean 1.234 or 1234"),
        (["1.5", "2,5", "3.5"], "'2,5' in row 2 (b), which has a decimal comma, but '1.5' has a point"),
        ([1 + 2j, 1 + 0j, 0j], "complex numbers"),
    ],
)
def test_a_feature_of_pyradiomics_must_be_numbers(cells: list[object], found: str) -> None:
    with pytest.raises(InputError) as error:
        choose_features(table(original_glcm_A=cells, original_glcm_B=NUMBERS))
    assert found in str(error.value)


def test_a_column_of_ambiguous_numbers_is_refused_in_any_table() -> None:
    with pytest.raises(InputError, match="'1,234' in row 1"):
        choose_features(table(f=["1,234", "1,567", "2,345"], g=NUMBERS))


# --- from files --------------------------------------------------------------------------------------


def read(folder: Path, text: str) -> tuple[pd.DataFrame, list[str]]:
    (folder / "f.csv").write_text(text, encoding="utf-8")
    return read_feature_table(folder / "f.csv")


RESULT = (
    "ID,Image,Mask,Reader,diagnostics_Versions_PyRadiomics,diagnostics_Image-original_Mean,"
    "original_shape_Elongation,original_glcm_Contrast\n"
    "007,i/1.nrrd,m/1.nrrd,A,3.1.4,12.5,0.5,(1.5+0j)\n"
    "008,i/2.nrrd,m/2.nrrd,A,3.1.4,13.5,0.6,inf\n"
)


def test_pyradiomics_own_result_is_taken_as_it_is(tmp_path: Path) -> None:
    found, notes = read(tmp_path, RESULT)
    assert found["subject"].tolist() == ["007", "008"]
    assert found["reader"].tolist() == ["A", "A"]
    choice = choose_features(found)
    assert choice.names == ("original_shape_Elongation", "original_glcm_Contrast")
    assert choice.left_out == ("Image", "Mask")
    assert found["original_glcm_Contrast"].tolist() == [1.5, np.inf]
    assert notes == ["'Reader' is read as 'reader'.", "'ID' is read as 'subject'."]


def test_without_an_identifier_the_image_file_is_the_subject(tmp_path: Path) -> None:
    found, notes = read(tmp_path, RESULT.replace("ID,", "Name,"))
    assert found["subject"].tolist() == ["1", "2"]
    assert "image file" in notes[-1]
    same, _ = read(
        tmp_path, RESULT.replace("ID,", "Name,").replace("i/1.nrrd", "i/a.nrrd").replace("i/2", "j/a")
    )
    assert same["subject"].tolist() == ["i_a", "j_a"]


def test_several_labels_of_an_image_are_its_regions(tmp_path: Path) -> None:
    rows = ["p1,i.nrrd,m.nrrd,1,0.5", "p1,i.nrrd,m.nrrd,2,0.6"]
    header = "ID,Image,Mask,Label,original_shape_Elongation"
    found, _ = read(tmp_path, "\n".join([header, *rows]) + "\n")
    assert found["roi"].tolist() == ["1", "2"]
    assert choose_features(found).names == ("original_shape_Elongation",)


def test_two_columns_that_could_name_the_subject_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'ID', 'PatientID' could each name the subject"):
        read(tmp_path, "ID,PatientID,original_shape_Elongation\n1,p,0.5\n")


@pytest.mark.parametrize(
    "text",
    [
        "feature,case1\noriginal_shape_Elongation,0.5\noriginal_glcm_Contrast,1\n",
        ",0\ndiagnostics_Versions_PyRadiomics,3.1.4\noriginal_shape_Elongation,0.5\n",
        "diagnostics_Versions_PyRadiomics,3.1.4\noriginal_shape_Elongation,0.5\n",
        "feature,icc,low,high\noriginal_shape_Elongation,0.5,0.1,0.7\n",
    ],
)
def test_features_in_rows_are_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"features are in rows .*table\.set_index"):
        read(tmp_path, text)


def test_decimal_commas_are_read_and_a_cell_that_does_not_agree_is_named_with_its_line(
    tmp_path: Path,
) -> None:
    text = "sep=;\nSubject;original_glcm_A;original_glcm_B\na;1,5;2\n;;\nb;2,5;3\n"
    found, notes = read(tmp_path, text)
    assert found["original_glcm_A"].tolist() == [1.5, 2.5]
    assert notes == ["'Subject' is read as 'subject'."]
    broken, _ = read(tmp_path, text.replace("2,5", "ERROR"))
    with pytest.raises(
        InputError, match=r"'original_glcm_A' .*'ERROR' on line 5 \(b\), which is not a number"
    ):
        choose_features(broken)


def test_row_names_are_no_feature_and_told_where_the_subject_is_missing(tmp_path: Path) -> None:
    found, notes = read(tmp_path, ",original_glcm_A\ns1,1\n")
    assert list(found) == ["original_glcm_A"]
    assert "call it subject" in notes[0]
    assert read(tmp_path, ",subject,original_glcm_A\n0,s1,1\n")[1] == []
