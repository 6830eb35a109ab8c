"""Habitats of a cohort: planted ones are found, tables add up, and no test subject moves a model."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.cohort import Cohort, load_cohort
from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import Workspace
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.habitats.clusters import number
from nbradiomics.habitats.cohort import HabitatCohort, find_habitats
from nbradiomics.habitats.diffusion.cohort import fit_adc
from nbradiomics.habitats.diffusion.settings import DiffusionSettings
from nbradiomics.habitats.interaction import NO_VALUE
from nbradiomics.reproducibility import assess_reproducibility
from tests.support.habitat_phantoms import PLANTED, write_planted
from tests.support.helpers import array

KEY = ["subject", "reader"]


@pytest.fixture(scope="module", autouse=True)
def _few_resamples() -> Iterator[None]:
    """The stability of the number of habitats is not what is tested here, and takes most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(number, "RESAMPLES", 3)
        yield


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    done = fit_adc(write_planted(folder, 6), out=folder / "maps")
    path = folder / "cohort_adc.csv"
    done.cohort.write(path)
    return path


@pytest.fixture(scope="module")
def maps(cohort: Path) -> Path:
    """The cohort without its diffusion images, which are then not fitted again: quicker."""
    table = load_cohort(cohort)
    rows = table.table[~table.table["channel"].isin(["b50", "b400", "b1000"])]
    path = cohort.parent / "cohort_maps.csv"
    Cohort(rows, cohort).write(path)
    return path


def habitats(cohort: object, out: Path, **options: Any) -> HabitatCohort:
    settings = {"channels": ("ADC", "T2w"), "clusters": 2, "sample": 1000, "errors": "none", **options}
    return find_habitats(cohort, out=out, **settings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def crossed(cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[HabitatCohort, Path]:
    out = tmp_path_factory.mktemp("crossed")
    return habitats(cohort, out, fit_folds=3, errors=None, sample=2000), out


def labels(out: Path, subject: str, reader: str, ending: str = "habitats") -> np.ndarray:
    return array(out / f"{subject}_baseline_unspecified_original_tumour_{reader}_1_{ending}.nii.gz")


def test_planted_habitats_are_found_with_calibrated_confidence(
    cohort: Path, crossed: tuple[HabitatCohort, Path]
) -> None:
    done, out = crossed
    assert not done.failures
    confidence, right, fractions = [], [], []
    for place in range(6):
        truth = array(cohort.parent / f"s{place}_truth.nii.gz")
        found = labels(out, f"s{place}", "A")
        used = (truth > 0) & (found != NO_VALUE)
        confidence.append(labels(out, f"s{place}", "A", "confidence")[used])
        right.append(found[used] == truth[used])
        fractions.append((truth == 2).sum() / (truth > 0).sum())
    sure, correct = np.concatenate(confidence), np.concatenate(right)
    about = (sure > 0.85) & (sure < 0.95)
    assert about.sum() > 100
    assert 0.85 <= correct[about].mean() <= 0.95
    table = done.tables.habitats.query("reader == 'A' and habitat == 2")
    assert np.abs(table["expected_fraction"].to_numpy() - fractions).mean() < 0.05
    again = done.tables.diffusion.query("reader == 'A'")
    assert np.abs(again.groupby("habitat")["adc"].mean() / PLANTED - 1).max() < 0.08


def test_maps_and_tables_partition_the_region(cohort: Path, crossed: tuple[HabitatCohort, Path]) -> None:
    done, out = crossed
    tables = done.tables
    for case in load_cohort(cohort).cases():
        found = labels(out, case.scan.subject, case.reader)
        assert ((found > 0) == (array(case.masks[0].path) > 0)).all()
        masks = labels(out, case.scan.subject, case.reader, "masks")
        assert (masks[masks > 0] == found[masks > 0]).all()
        sure = labels(out, case.scan.subject, case.reader, "confidence") >= np.float32(0.7)
        assert ((masks > 0) == sure).mean() > 0.999
    sums = tables.habitats.groupby(KEY)[["fraction", "expected_fraction"]].sum()
    np.testing.assert_allclose(sums, 1, rtol=1e-9)
    regions = tables.regions.set_index(KEY)
    by_region = tables.habitats.groupby(KEY)[["voxels", "confident_voxels"]].sum()
    assert (by_region["voxels"] + regions["no_value"] == regions["voxels"]).all()
    kept = by_region["confident_voxels"] + regions["below_confidence"] + regions["no_value"]
    assert (kept == regions["voxels"]).all()
    inside = tables.interactions.query("neighbour > 0").groupby(KEY)["share"].sum()
    np.testing.assert_allclose(inside, 1)
    swept = tables.thresholds.groupby(["threshold", *KEY])["voxels"].sum().unstack("threshold")
    assert (swept.diff(axis=1).iloc[:, 1:] <= 0).all(axis=None)


def test_each_habitat_is_a_region_that_other_stages_read(
    crossed: tuple[HabitatCohort, Path], tmp_path: Path
) -> None:
    done, _ = crossed
    written = load_cohort(done.cohort.write(tmp_path / "c.csv").path)
    assert set(written.table["roi"]) == {"tumour", "habitat-1", "habitat-2"}
    assert set(written.table["in_fit"]) == {"no"}
    params = tmp_path / "p.yaml"
    params.write_text("imageType:\n  Original: {}\nfeatureClass:\n  shape: [VoxelVolume]\n")
    features = extract_cohort(written, params=params, lesions="roi").table
    volumes = features.query("roi != 'tumour'").set_index([*KEY, "roi"])["original_shape_VoxelVolume"]
    voxels = done.tables.habitats.set_index(KEY)
    for (subject, reader, roi), volume in volumes.items():
        row = voxels.loc[(subject, reader)].query(f"habitat == {roi[-1]}").iloc[0]
        assert volume == pytest.approx(row["confident_voxels"] * 1.5 * 1.5 * 3)


def test_readers_are_compared_on_the_features_of_habitats(crossed: tuple[HabitatCohort, Path]) -> None:
    result = assess_reproducibility(crossed[0].tables.features, readers=["A", "B"], min_subjects=5)
    table = result.table if hasattr(result, "table") else result
    assert "habitat-2_fraction" in set(table["feature"])
    assert table.set_index("feature").loc["habitat-2_volume_ml", "icc"] > 0.8


def changed(cohort: Path, folder: Path, subject: str) -> Path:
    """The same cohort with other images of one subject."""
    shutil.copytree(cohort.parent, folder)
    for file in (folder / "maps").glob(f"{subject}_*_ADC.nii.gz"):
        image = sitk.ReadImage(str(file))
        sitk.WriteImage(image * 1.5, str(file))
    return folder / cohort.name


def test_an_image_that_did_not_fit_a_model_does_not_move_it(maps: Path, tmp_path: Path) -> None:
    other = changed(maps, tmp_path / "changed", "s5")
    named = {"fit_on": ("s0", "s1", "s2"), "channels": ("ADC",)}
    first, second = (habitats(path, tmp_path / "out", **named) for path in (maps, other))
    assert first.model == second.model
    assert set(first.cohort.table.query("subject in ['s0', 's1', 's2']")["in_fit"]) == {"yes"}
    assert set(first.cohort.table.query("subject in ['s3', 's4', 's5']")["in_fit"]) == {"no"}
    before, after = (
        habitats(path, tmp_path / "out", fit_folds=2, channels=("ADC",)) for path in (maps, other)
    )
    for name in before.models:
        used = {row.subject for row in before.tables.regions.itertuples() if row.model == name}
        assert (before.models[name].means == after.models[name].means) == ("s5" in used)


def test_fewer_subjects_in_the_cohort_leave_a_named_model_as_it_is(maps: Path, tmp_path: Path) -> None:
    table = load_cohort(maps).to_frame()
    named = {"fit_on": ("s0", "s1", "s2")}
    small = habitats(table[table["subject"].isin(["s0", "s1", "s2", "s4"])], tmp_path, **named)
    assert small.model == habitats(maps, tmp_path, **named).model


@pytest.mark.slow
def test_results_do_not_depend_on_processes_and_are_found_again(maps: Path, tmp_path: Path) -> None:
    options = {"fit_folds": 2, "channels": ("ADC",), "workspace": Workspace(tmp_path / "work")}
    one = habitats(maps, tmp_path / "one", **options)
    two = habitats(maps, tmp_path / "two", fit_folds=2, channels=("ADC",), jobs=2)
    three = habitats(maps, tmp_path / "one", **options)
    for name in ("habitats", "features", "interactions", "models"):
        pd.testing.assert_frame_equal(getattr(one.tables, name), getattr(two.tables, name))
        pd.testing.assert_frame_equal(getattr(one.tables, name), getattr(three.tables, name))


def test_a_given_model_is_applied_and_knows_its_subjects(maps: Path, tmp_path: Path) -> None:
    first = habitats(maps, tmp_path / "a", fit_on=("s0", "s1"))
    first.model.write(tmp_path / "model.json")
    renamed = load_cohort(maps).to_frame()
    renamed["subject"] = "x" + renamed["subject"]
    given = find_habitats(renamed, out=tmp_path / "b", model=tmp_path / "model.json")
    assert set(given.cohort.table.query("in_fit == 'yes'")["subject"]) == {"xs0", "xs1"}
    assert given.notes[0].startswith("2 of 6 subjects (xs0, xs1) are among those who fitted the model")
    assert list(given.tables.habitats["fraction"]) == list(first.tables.habitats["fraction"])
    with pytest.raises(InputError, match="of the variant n4"):
        find_habitats(renamed.assign(variant="n4"), out=tmp_path, model=first.model)
    with pytest.raises(InputError, match="channels names"):
        find_habitats(renamed, out=tmp_path, model=first.model, channels=("T2w",))
    for stated in ({"clusters": 3}, {"sample": 900}, {"seed": 1}):
        with pytest.raises(InputError, match="would change a fit"):
            find_habitats(renamed, out=tmp_path, model=first.model, **stated)


def test_a_later_scan_of_a_subject_that_fitted_a_given_model_is_known_by_its_name(
    maps: Path, tmp_path: Path
) -> None:
    table = load_cohort(maps).to_frame()
    first = habitats(table[table["subject"] < "s3"], tmp_path / "a", fit_on=("s0", "s1"))
    first.model.write(tmp_path / "model.json")
    assert '"s0"' not in (tmp_path / "model.json").read_text(encoding="utf-8")
    later = table[table["subject"] > "s2"].replace({"subject": {"s3": "s0", "s4": "s2"}})
    given = find_habitats(later.assign(timepoint="later"), out=tmp_path / "b", model=tmp_path / "model.json")
    assert set(given.tables.features.query("in_fit == 'yes'")["subject"]) == {"s0"}
    assert "1 of 3 subjects (s0) is among those who fitted the model" in given.notes[0]


def test_the_features_tell_site_and_training_of_each_scan_and_keep_failures(
    maps: Path, tmp_path: Path
) -> None:
    table = load_cohort(maps).to_frame().query("reader != 'B'")
    table["reader"] = table["reader"].replace("A", "auto")
    table.loc[table["subject"] == "s5", ["subject", "timepoint", "site"]] = ["s4", "later", "south"]
    table.loc[table["timepoint"] == "baseline", ["site", "in_training"]] = ["north", "no"]
    table.loc[(table["subject"] == "s4") & (table["timepoint"] == "baseline"), "in_training"] = "yes"
    gone = (table["subject"] == "s3") & (table["mask"] != "")
    table.loc[gone, "mask"] = str(tmp_path / "gone.nii.gz")
    stored = Workspace(tmp_path / "stored")
    done = habitats(table, tmp_path / "out", fit_folds=3, channels=("ADC",), workspace=stored)
    features = done.tables.features.set_index(["subject", "timepoint"])
    assert list(features.loc["s4", "site"]) == ["north", "south"]
    assert list(features.loc["s4", "in_training"]) == ["yes", "yes"]
    assert set(features["in_fit"]) == {"no"}
    assert done.plan["all"]["fitted_on"] == ["s0", "s1", "s2", "s4"]
    assert features.loc["s3", "habitat-1_fraction"].isna().all()
    assert features["habitat-1_fraction"].notna().sum() == 5
    assert [failure.case.partition("/")[0] for failure in done.failures] == ["s3"]


def test_a_habitat_that_a_tumour_lacks_is_a_row_of_0_and_no_mask(maps: Path, tmp_path: Path) -> None:
    table = load_cohort(maps).to_frame()
    mask = sitk.ReadImage(str(maps.parent / "s5_A.nii.gz"))
    truth = array(maps.parent / "s5_truth.nii.gz")
    rim = sitk.GetImageFromArray(((truth == 1) & (array(mask) > 0)).astype(np.uint8))
    rim.CopyInformation(mask)
    sitk.WriteImage(rim, str(tmp_path / "rim.nii.gz"))
    table.loc[(table["subject"] == "s5") & (table["reader"] == "A"), "mask"] = str(tmp_path / "rim.nii.gz")
    done = habitats(table, tmp_path, fit_on=("s0", "s1", "s2"), confidence=0.99999)
    row = done.tables.habitats.query("subject == 's5' and reader == 'A' and habitat == 2").iloc[0]
    assert row["confident_voxels"] == 0
    rows = done.cohort.table.query("subject == 's5' and reader == 'A'")
    assert "habitat-2" not in set(rows["roi"])
    assert not done.failures


def test_bad_cases_are_failures_that_name_what_is_wrong(maps: Path, tmp_path: Path) -> None:
    table = load_cohort(maps).to_frame()
    table = table[~((table["subject"] == "s3") & (table["channel"] == "T2w"))]
    table = table[~((table["subject"] == "s4") & (table["channel"] == "ADC_error"))]
    adc = table.loc[(table["subject"] == "s5") & (table["channel"] == "ADC"), "image"]
    scaled = sitk.ReadImage(adc.iloc[0]) * 1e6
    sitk.WriteImage(scaled, str(tmp_path / "scaled.nii.gz"))
    table.loc[adc.index, "image"] = str(tmp_path / "scaled.nii.gz")
    flat = sitk.ReadImage(str(maps.parent / "s2_t2w.nii.gz")) * 0 + 7
    sitk.WriteImage(flat, str(tmp_path / "flat.nii.gz"))
    table.loc[(table["subject"] == "s2") & (table["channel"] == "T2w"), "image"] = str(
        tmp_path / "flat.nii.gz"
    )
    stored = Workspace(tmp_path / "stored")
    done = habitats(table, tmp_path / "out", fit_on=("s0", "s1"), errors=None, workspace=stored)
    workspace = Workspace(tmp_path / "work")  # a case without its inputs has no key of stored results
    done = habitats(table, tmp_path / "out", fit_on=("s0", "s1"), errors=None, workspace=workspace)
    causes = {failure.case[:2]: failure.cause for failure in done.failures}
    assert "no channel 'T2w'" in causes["s3"]
    assert "no channel 'ADC_error'" in causes["s4"]
    assert "mm2/s" in causes["s5"]
    assert "value 7 in the whole region" in causes["s2"]
    assert set(done.tables.regions["subject"]) == {"s0", "s1"}


def test_values_that_are_foreign_to_the_model_are_refused(maps: Path, tmp_path: Path) -> None:
    table = load_cohort(maps).to_frame()
    chosen = (table["subject"] == "s5") & (table["channel"] == "T2w")
    bright = sitk.ReadImage(table.loc[chosen, "image"].iloc[0]) + 5000
    sitk.WriteImage(bright, str(tmp_path / "bright.nii.gz"))
    table.loc[chosen, "image"] = str(tmp_path / "bright.nii.gz")
    done = habitats(table, tmp_path / "out", fit_on=("s0", "s1"))
    assert {failure.case[:2] for failure in done.failures} == {"s5"}
    assert "standard deviations from those that fitted the model" in done.failures[0].cause


@pytest.mark.parametrize("value", [1e30, 1e308])
def test_one_voxel_of_an_impossible_value_moves_no_model(value: float, maps: Path, tmp_path: Path) -> None:
    table = load_cohort(maps).to_frame()
    chosen = (table["subject"] == "s1") & (table["channel"] == "T2w")
    image = sitk.ReadImage(table.loc[chosen, "image"].iloc[0], sitk.sitkFloat64)
    image[12, 12, 4] = value
    sitk.WriteImage(image, str(tmp_path / "spoilt.nii.gz"))
    table.loc[chosen, "image"] = str(tmp_path / "spoilt.nii.gz")
    done = habitats(table, tmp_path / "out", fit_on=("s0", "s1", "s2"))
    assert {failure.case[:2] for failure in done.failures} == {"s1"}
    assert f"the channel T2w has the value {value:g} in the region" in done.failures[0].cause
    assert done.model.subjects == 2


def two_lesions(maps: Path, folder: Path) -> pd.DataFrame:
    """Each mask of reader A cut into a left and a right lesion."""
    table = load_cohort(maps).to_frame()
    rows = []
    for row in table.query("reader == 'A'").to_dict("records"):
        image = sitk.ReadImage(row["mask"])
        for name, cut in (("left", np.s_[..., 12:]), ("right", np.s_[..., :12])):
            part = sitk.GetArrayFromImage(image)
            part[cut] = 0
            file = folder / f"{row['subject']}_{name}.nii.gz"
            written = sitk.GetImageFromArray(part)
            written.CopyInformation(image)
            sitk.WriteImage(written, str(file))
            rows.append({**row, "roi": name, "mask": str(file)})
    others = table.query("channel != 'b0'")
    return pd.concat([pd.DataFrame(rows), others.assign(roi="")], ignore_index=True)


def test_the_rule_for_lesions_is_applied_first(maps: Path, tmp_path: Path) -> None:
    table = two_lesions(maps, tmp_path)
    named = {"fit_on": ("s0", "s1"), "channels": ("ADC",), "b_values": ("b0", "b900")}
    united = habitats(table, tmp_path / "u", **named)
    drawn = {"left", "right"}
    assert set(united.cohort.table.query("mask != ''")["roi"]) == drawn | {"habitat-1", "habitat-2"}
    assert set(united.tables.regions["roi"]) == {"union"}
    own = load_cohort(maps).to_frame()
    whole = habitats(own[own["reader"] != "B"], tmp_path / "w", **named)
    assert list(united.tables.regions["voxels"]) == list(whole.tables.regions["voxels"])
    apart = united.tables.habitats["fraction"] - whole.tables.habitats["fraction"]
    assert apart.abs().max() < 0.05
    each = habitats(table, tmp_path / "e", lesions="roi", **named)
    found = set(each.cohort.table.query("mask != ''")["roi"])
    assert found - drawn == {f"{lesion}/habitat-{one}" for lesion in drawn for one in (1, 2)}
    assert "12 cases" in each.notes[-1]
    assert "were not fitted again" in each.notes[-1]


def test_a_tiny_tumour_is_divided_but_fits_no_model(maps: Path, tmp_path: Path) -> None:
    table = load_cohort(maps).to_frame().query("reader != 'B'")
    chosen = (table["subject"] == "s5") & (table["reader"] == "A")
    image = sitk.ReadImage(table.loc[chosen, "mask"].iloc[0])
    part = sitk.GetArrayFromImage(image)
    part.ravel()[np.flatnonzero(part)[5:]] = 0
    written = sitk.GetImageFromArray(part)
    written.CopyInformation(image)
    sitk.WriteImage(written, str(tmp_path / "tiny.nii.gz"))
    table.loc[chosen, "mask"] = str(tmp_path / "tiny.nii.gz")
    done = habitats(table, tmp_path / "out", fit_on=("s0", "s1", "s5"), channels=("ADC",))
    assert done.model.subjects == 2
    assert "1 subject (s5) fitted no model" in " ".join(done.notes)
    assert done.tables.regions.set_index("subject").loc["s5", "voxels"] == 5


def test_cohorts_that_cannot_be_divided_are_refused(
    maps: Path, crossed: tuple[HabitatCohort, Path], tmp_path: Path
) -> None:
    table = load_cohort(maps).to_frame()
    with pytest.raises(InputError, match="Name those of the habitats"):
        find_habitats(maps, out=tmp_path)
    with pytest.raises(InputError, match="has the channel ADD"):
        habitats(maps, tmp_path, channels=("ADD",))
    with pytest.raises(InputError, match="has habitats already"):
        habitats(crossed[0].cohort, tmp_path)
    with pytest.raises(InputError, match="no channel of T2w has an error map"):
        habitats(maps, tmp_path, channels=("T2w",), errors="smeared")
    two = pd.concat([table, table.assign(variant="n4")])
    with pytest.raises(InputError, match="has the variants n4, original"):
        habitats(two, tmp_path)
    with pytest.raises(InputError, match="has no mask"):
        habitats(table.query("mask == ''"), tmp_path)
    unused = (
        {"method": "kmeans", "errors": "smeared"},
        {"method": "kmeans", "confidence": 0.9},
        {"clusters": 2, "most_clusters": 4},
    )
    for stated in unused:
        with pytest.raises(InputError, match=r"is for|k-means"):
            find_habitats(maps, out=tmp_path, channels=("ADC",), **stated)
    with pytest.raises(InputError, match="leave out sigma or noise"):
        DiffusionSettings(sigma=4.0, noise="background")
    for wrong in ({"clusters": 1}, {"clusters": "some"}, {"confidence": 1.0}, {"neighbours": 18}):
        with pytest.raises(InputError):
            habitats(maps, tmp_path, **wrong)
