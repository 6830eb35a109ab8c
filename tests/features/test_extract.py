"""Extraction: PyRadiomics' numbers unchanged, one row per case, failures that stay failures."""

import logging
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

import nbradiomics
from nbradiomics.cohort import Case, load_cohort
from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import Workspace
from nbradiomics.features import extract_features, load_parameters, presets
from nbradiomics.features.bins import bin_advice, span_finder
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.features.extract import DEFAULT_ENGINE, read_pair
from nbradiomics.features.feature_rows import engine_name
from nbradiomics.features.parameters import values_hash
from nbradiomics.features.parameters.unused import unused_settings
from nbradiomics.perturbation import read_chain
from nbradiomics.tables import INDEX, feature_columns, read_feature_table, write_table
from tests.support.helpers import ball, make_image, two_readers, write_cohort, write_scan

FIRST_ORDER_NAMES = ["original_firstorder_Mean", "original_firstorder_Range"]
FIRST_ORDER = {"featureClass": {"firstorder": ["Mean", "Range"]}}


def test_tables_say_with_which_parameters_they_were_made(tmp_path: Path) -> None:
    cohort = two_readers(tmp_path)
    table = extract_cohort(cohort, params=FIRST_ORDER).table
    assert set(table["parameters"]) == {values_hash(load_parameters(FIRST_ORDER))}
    assert "parameters" not in feature_columns(table)
    variants = extract_cohort(cohort, params=FIRST_ORDER, variants=read_chain("V", 0)).table
    assert set(variants["parameters"]) == set(table["parameters"])
    for name in ("features.csv", "features.parquet"):
        write_table(table, tmp_path / name)
        pd.testing.assert_series_equal(
            read_feature_table(tmp_path / name).table["parameters"],
            table["parameters"],
            check_dtype=False,
            check_index=False,
        )


def noise(seed: int = 0) -> sitk.Image:
    array = np.random.default_rng(seed).normal(100, 20, ball().shape).astype(np.float32)
    return make_image(array, (0.9, 0.9, 2.0))


def whole_numbers() -> sitk.Image:
    """As the IBSI's phantoms, whose presets take the intensities as they are."""
    return sitk.Cast(sitk.Round(noise()), sitk.sitkFloat32)


def mask(label: int = 1) -> sitk.Image:
    return make_image(ball() * label, (0.9, 0.9, 2.0))


def test_the_values_are_pyradiomics_own() -> None:
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    logging.getLogger("radiomics").setLevel(logging.ERROR)
    parameters = {
        "setting": {
            "binWidth": 5,
            "normalize": True,
            "normalizeScale": 100,
            "resampledPixelSpacing": [1, 1, 1],
        },
        "imageType": {"Original": {}, "Wavelet": {}},
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # pykwalify's way of loading a module
        expected = RadiomicsFeatureExtractor(parameters).execute(noise(), mask(3), label=3)
    expected = {name: float(value) for name, value in expected.items() if not name.startswith("diagnostics")}
    found = extract_features(noise(), mask(3), params=parameters, label=3, engine="pyradiomics")
    assert found.to_dict() == expected
    assert len(found) > 800


def test_the_mean_of_a_small_image_by_hand() -> None:
    array = np.arange(27, dtype=np.float32).reshape(3, 3, 3)
    region = np.zeros((3, 3, 3), np.uint8)
    region[1, 1] = 1  # 12, 13, 14
    region[0, 1] = 1  # 3, 4, 5
    found = extract_features(make_image(array), make_image(region), params=FIRST_ORDER)
    assert found.to_dict() == {"original_firstorder_Mean": 8.5, "original_firstorder_Range": 11.0}


@pytest.mark.parametrize(
    "preset",
    [
        "ct_1mm",
        "ct_anisotropic",
        "ibsi_digital_phantom",
        "t1w_mr_1mm",
        "t1w_mr_anisotropic",
        "t2w_mr_1mm",
        "t2w_mr_anisotropic",
    ],
)
def test_every_preset_is_valid_and_says_why(preset: str) -> None:
    parameters = load_parameters(preset)
    assert "Why these values" in parameters.text
    assert not extract_features(whole_numbers(), mask(), params=parameters).isna().any()


def test_the_mr_presets_give_a_sensible_number_of_grey_levels(real_data: Path) -> None:
    # The files promise 30 to 100 grey levels; PyRadiomics says 30 to 130 work well.
    name = real_data / "pyradiomics" / "brain1"
    spread = {"featureClass": {"firstorder": ["Range"]}}
    for preset in ("t2w_mr_1mm", "t2w_mr_anisotropic"):
        setting = load_parameters(preset).content["setting"]
        found = extract_features(
            f"{name}_image.nrrd", f"{name}_label.nrrd", params={"setting": setting, **spread}
        )
        assert 30 <= found["original_firstorder_Range"] / setting["binWidth"] <= 130


@pytest.mark.parametrize(
    ("preset", "image", "mask"),
    [
        *(
            ("t1w_mr_anisotropic", f"sts_mr/STS_{number}_image.nii.gz", f"sts_mr/STS_{number}_mask.nii.gz")
            for number in ("001", "025")
        ),
        *(
            (preset, "ibsi1/ct_phantom_image.nii.gz", "ibsi1/ct_phantom_mask.nii.gz")
            for preset in ("ct_1mm", "ct_anisotropic")
        ),
    ],
)
def test_the_presets_of_t1_and_ct_fill_as_many_bins_as_advised(
    real_data: Path, preset: str, image: str, mask: str
) -> None:
    parameters = load_parameters(preset)
    volume, region = read_pair(real_data / image, real_data / mask, 1)
    span = span_finder(volume, parameters)(region)
    assert bin_advice([span], parameters) is None
    assert unused_settings(parameters) == []


def test_a_preset_is_found_by_name_and_a_file_by_path(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("setting: {binWidth: 5}\n", encoding="utf-8")
    assert load_parameters(file).content == {"setting": {"binWidth": 5}}
    with pytest.raises(InputError, match=", ".join(presets())):
        load_parameters("no_such_preset")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("setting: {binwidth: 5}", "binwidth"),
        ("setting: {binWidth: -1}", "-1"),
        ("featureClass: {glcmm: }", "glcmm"),
        ("setting: [", "YAML"),
        ("- 1", "mapping"),
    ],
)
def test_parameters_that_pyradiomics_does_not_know_are_refused(tmp_path: Path, text: str, part: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=part):
        load_parameters(file)


def test_comments_and_order_do_not_change_the_fingerprint() -> None:
    first = load_parameters({"setting": {"binWidth": 5, "label": 1}})
    second = load_parameters({"setting": {"label": 1, "binWidth": 5}})
    assert first.fingerprint == second.fingerprint
    assert first.fingerprint != load_parameters({"setting": {"binWidth": 6, "label": 1}}).fingerprint


def test_the_label_comes_from_the_call_else_the_file_else_one() -> None:
    labelled = {"setting": {"label": 3}, **FIRST_ORDER}
    assert extract_features(noise(), mask(3), params=labelled).notna().all()
    assert extract_features(noise(), mask(3), params=labelled, label=3).notna().all()
    assert extract_features(noise(), mask(1), params=FIRST_ORDER).notna().all()
    assert extract_features(noise(), mask(1), params=labelled, label=1).notna().all()
    with pytest.raises(InputError, match="no label 1; its labels: 3"):
        extract_features(noise(), mask(3), params=FIRST_ORDER)


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(InputError, match="empty"):
        extract_features(noise(), mask(0), params=FIRST_ORDER)
    single = np.zeros_like(ball())
    single[5, 5, 5] = 1
    with pytest.raises(InputError, match="single voxel"):
        extract_features(noise(), make_image(single, (0.9, 0.9, 2.0)), params=FIRST_ORDER)
    with pytest.raises(InputError, match="different grids"):
        extract_features(noise(), make_image(ball()), params=FIRST_ORDER)
    broken = noise()
    broken[0, 0, 0] = float("nan")
    with pytest.raises(InputError, match="1 voxels"):
        extract_features(broken, mask(), params=FIRST_ORDER)
    with pytest.raises(InputError, match="unknown engine 'magic'"):
        extract_features(noise(), mask(), params=FIRST_ORDER, engine="magic")


def test_pyradiomics_refusals_keep_its_words() -> None:
    with pytest.raises(InputError, match="PyRadiomics refuses"):
        extract_features(noise(), mask(), params={"setting": {"minimumROISize": 10_000}, **FIRST_ORDER})


def test_pyradiomics_logger_is_left_alone(capfd: pytest.CaptureFixture[str]) -> None:
    before = list(logging.getLogger("radiomics").handlers)
    extract_features(whole_numbers(), mask(), params="ibsi_digital_phantom")
    assert logging.getLogger("radiomics").handlers == before
    assert capfd.readouterr() == ("", "")


def test_a_cohort_gives_a_row_per_case(tmp_path: Path) -> None:
    cohort = load_cohort(two_readers(tmp_path))
    done = extract_cohort(cohort, params=FIRST_ORDER)
    assert list(done.table.columns) == [*INDEX, "parameters", *FIRST_ORDER_NAMES]
    assert done.table["reader"].tolist() == ["A", "B"] * 3
    assert done.table["variant"].unique().tolist() == ["original"]
    alone = nbradiomics.extract_features(tmp_path / "s1.nii.gz", tmp_path / "s1_B.nii.gz", params=FIRST_ORDER)
    assert done.table.loc[3, FIRST_ORDER_NAMES].to_dict() == alone.to_dict()
    named = [engine_name(DEFAULT_ENGINE, load_parameters(FIRST_ORDER))]
    assert done.table["engine"].unique().tolist() == named


def test_the_site_of_a_scan_goes_with_its_features_and_is_none(tmp_path: Path) -> None:
    path = two_readers(tmp_path)
    table = pd.read_csv(path, dtype=str)
    # Only one row of a scan need state it.
    stated = (table["subject"] == table["subject"].iloc[0]) & ~table.duplicated("subject")
    table.assign(site=np.where(stated, "1", "")).to_csv(path, index=False)
    done = extract_cohort(load_cohort(path), params=FIRST_ORDER)
    assert list(done.table.columns[: len(INDEX) + 1]) == [*INDEX, "site"]
    assert done.table["site"].tolist() == ["1", "1", "", "", "", ""]
    assert feature_columns(done.table) == ["original_firstorder_Mean", "original_firstorder_Range"]
    assert done.failures == []


def test_processes_change_nothing(tmp_path: Path) -> None:
    cohort = load_cohort(two_readers(tmp_path))
    serial = extract_cohort(cohort, params=FIRST_ORDER).table
    pd.testing.assert_frame_equal(serial, extract_cohort(cohort, params=FIRST_ORDER, jobs=2).table)


def test_a_bad_case_is_a_row_of_missing_values_and_a_failure(tmp_path: Path) -> None:
    two_readers(tmp_path)
    write_scan(tmp_path, "bad", {"A": ball() * 0})
    (tmp_path / "broken.nii.gz").write_bytes(b"no image")
    rows = ["s0,s0.nii.gz,A,s0_A.nii.gz", "bad,bad.nii.gz,A,bad_A.nii.gz", "gone,broken.nii.gz,A,s0_A.nii.gz"]
    done = extract_cohort(load_cohort(write_cohort(tmp_path, rows)), params=FIRST_ORDER)
    assert done.table["subject"].tolist() == ["s0", "bad", "gone"]
    assert done.table["original_firstorder_Mean"].isna().tolist() == [False, True, True]
    assert [(failure.case, failure.stage) for failure in done.failures] == [
        ("bad/baseline/unspecified/tumour/A/1", "extract"),
        ("gone/baseline/unspecified/tumour/A/1", "extract"),
    ]
    assert "empty" in done.failures[0].cause
    assert "cannot be read" in done.failures[1].cause


def test_a_feature_that_one_case_lacks_is_missing_and_told(tmp_path: Path) -> None:
    small = ball((3, 3, 3), radius=1)
    write_scan(tmp_path, "s0", {"A": ball((16, 16, 16), radius=5)})
    write_scan(tmp_path, "s1", {"A": small})
    rows = [f"s{n},s{n}.nii.gz,A,s{n}_A.nii.gz" for n in range(2)]
    parameters = {"imageType": {"Original": {}, "LoG": {"sigma": [1.0]}}, **FIRST_ORDER}
    done = extract_cohort(load_cohort(write_cohort(tmp_path, rows)), params=parameters)
    assert done.table.iloc[0].notna().all()
    assert done.table.filter(like="log-sigma").iloc[1].isna().all()
    assert done.table.filter(like="original_").iloc[1].notna().all()
    (failure,) = done.failures
    assert "2 of 4 features are undefined" in failure.cause
    assert "too small" in failure.cause


def test_a_changed_parameter_or_mask_is_computed_anew_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbradiomics.features import scans as stage

    computed: list[str] = []
    original = stage._extract_masks

    def spy(cases: tuple[Case, ...], *rest: object) -> object:
        computed.extend(case.name for case in cases)
        return original(cases, *rest)

    monkeypatch.setattr(stage, "_extract_masks", spy)
    cohort = load_cohort(two_readers(tmp_path))
    workspace = Workspace(tmp_path / "cache")
    first = extract_cohort(cohort, params=FIRST_ORDER, workspace=workspace).table
    assert len(computed) == 6
    again = extract_cohort(cohort, params=FIRST_ORDER, workspace=workspace).table
    assert len(computed) == 6
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    sitk.WriteImage(make_image(ball(radius=2)), str(tmp_path / "s1_A.nii.gz"))
    extract_cohort(cohort, params=FIRST_ORDER, workspace=workspace)
    assert computed[6:] == ["s1/baseline/unspecified/tumour/A/1"]
    extract_cohort(cohort, params={"setting": {"normalize": True}, **FIRST_ORDER}, workspace=workspace)
    assert len(computed) == 13


def test_a_failure_is_tried_again(tmp_path: Path) -> None:
    two_readers(tmp_path, 1)
    sound = (tmp_path / "s0_A.nii.gz").read_bytes()
    (tmp_path / "s0_A.nii.gz").write_bytes(b"no image")
    cohort, workspace = load_cohort(tmp_path / "cohort.csv"), Workspace(tmp_path / "cache")
    assert len(extract_cohort(cohort, params=FIRST_ORDER, workspace=workspace).failures) == 1
    (tmp_path / "s0_A.nii.gz").write_bytes(sound)
    assert extract_cohort(cohort, params=FIRST_ORDER, workspace=workspace).failures == []


def test_the_model_s_label_is_one_whatever_the_file_says(tmp_path: Path) -> None:
    write_scan(tmp_path, "s0", {"A": ball() * 2})
    cohort = load_cohort(write_cohort(tmp_path, ["s0,s0.nii.gz,A,s0_A.nii.gz"]))
    (scan,) = cohort.scans()
    sitk.WriteImage(make_image(ball()), str(tmp_path / "auto.nii.gz"))
    both = cohort.with_reader("auto", {scan: tmp_path / "auto.nii.gz"})
    done = extract_cohort(both, params={"setting": {"label": 2}, **FIRST_ORDER})
    assert done.failures == []
    assert done.table.iloc[0, 7:].tolist() == done.table.iloc[1, 7:].tolist()


def test_a_mask_that_the_table_calls_the_model_s_has_its_label_too(tmp_path: Path) -> None:
    both = ball()
    both[5, 6, 7] = 2
    write_scan(tmp_path, "s0", {"auto": both})
    cohort = load_cohort(write_cohort(tmp_path, ["s0,s0.nii.gz,auto,s0_auto.nii.gz"]))
    parameters = {"setting": {"label": 2}, "featureClass": {"shape": ["VoxelVolume"]}}
    done = extract_cohort(cohort, params=parameters)
    assert done.table["original_shape_VoxelVolume"].tolist() == [float((both == 1).sum())]


def test_a_cohort_without_masks_is_refused(tmp_path: Path) -> None:
    cohort = load_cohort(write_cohort(tmp_path, ["s0,a.nii.gz,,"]))
    with pytest.raises(InputError, match="has no mask"):
        extract_cohort(cohort, params=FIRST_ORDER)


def test_a_feature_that_broke_off_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from radiomics.firstorder import RadiomicsFirstOrder

    def no_memory(self: object) -> float:
        raise MemoryError("no memory")

    cohort, workspace = load_cohort(two_readers(tmp_path, 1)), Workspace(tmp_path / "cache")
    with monkeypatch.context() as patch:
        patch.setattr(RadiomicsFirstOrder, "getMeanFeatureValue", no_memory)
        first = extract_cohort(cohort, params=FIRST_ORDER, workspace=workspace, engine="pyradiomics")
    assert first.table["original_firstorder_Mean"].isna().all()
    assert "MemoryError: no memory" in first.failures[0].cause
    assert "\n" not in first.failures[0].cause
    second = extract_cohort(cohort, params=FIRST_ORDER, workspace=workspace, engine="pyradiomics")
    assert second.failures == []
    assert second.table["original_firstorder_Mean"].notna().all()


def test_a_file_that_may_not_be_read_stops_its_case_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbradiomics.execution import workspace as module

    def refuse(path: str, size: int, modified: int) -> str:
        if path.endswith("s1_A.nii.gz"):
            raise PermissionError(13, "Permission denied", path)
        return "hash of " + path

    monkeypatch.setattr(module, "_hash_once", refuse)
    cohort = load_cohort(two_readers(tmp_path, 2))
    done = extract_cohort(cohort, params=FIRST_ORDER, workspace=Workspace(tmp_path / "cache"))
    assert len(done.table) == 4
