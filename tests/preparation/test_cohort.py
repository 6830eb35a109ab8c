"""A prepared cohort: who fits whom, failures, resumed work, and the same result with any number of jobs."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.cohort import load_cohort
from nbradiomics.cohort.in_training import seen_subjects
from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import Workspace
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.preparation.cohort import PreparedCohort, prepare_cohort
from nbradiomics.preparation.volume import StepRecord, Volume, require_values, values_of
from nbradiomics.preparation.written import warnings
from tests.support.helpers import array, ball, call, make_image, write_cohort

SHAPE = (8, 16, 18)
HEADER = "subject,sequence,image,reader,mask,site"


def write_image(path: Path, seed: int, gain: float = 1.0) -> None:
    """Bright body of two tissues in dark air, at a scale of its own."""
    rng = np.random.default_rng(seed)
    voxels = rng.gamma(2, 2, SHAPE)
    body = ball(SHAPE, 6.5) > 0
    voxels[body] += rng.normal(100, 12, int(body.sum()))
    voxels[ball(SHAPE, 3, shift=2) > 0] += 60
    sitk.WriteImage(make_image((gain * voxels).astype(np.float32), (1, 1, 2)), str(path))


def make_cohort(folder: Path, subjects: int = 5, sequences: tuple[str, ...] = ("T1", "T2")) -> Path:
    rows = []
    for number in range(subjects):
        mask = folder / f"s{number}_A.nii.gz"
        sitk.WriteImage(make_image(ball(SHAPE, 3, shift=2), (1, 1, 2)), str(mask))
        for place, sequence in enumerate(sequences):
            file = folder / f"s{number}_{sequence}.nii.gz"
            write_image(file, 10 * number + place, gain=(1 + number % 3) * (5 if place else 1))
            rows.append(f"s{number},{sequence},{file.name},A,{mask.name},{'xy'[number % 2]}")
    return write_cohort(folder, rows, HEADER)


def fits_of(folder: Path) -> dict[tuple[str, str], list[float]]:
    """Scales of a file of landmarks, by sequence and fit."""
    content = json.loads((folder / "landmarks.json").read_text(encoding="utf-8"))
    return {(fit["sequence"], fit["name"]): fit["landmarks"]["scale"] for fit in content["fits"]}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*.nii.gz"))}


def prepared(cohort: Path, out: Path, **options: object) -> PreparedCohort:
    return prepare_cohort(cohort, out=out, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("named", [False, True])
def test_the_image_of_a_test_subject_moves_no_landmark(tmp_path: Path, named: bool) -> None:
    cohort = make_cohort(tmp_path)
    options = ["--fit-on", "s1,s2,s3"] if named else ["--fit-folds", 2]
    before, after = tmp_path / "before", tmp_path / "after"
    call("prepare", cohort, "--steps", "nyul", *options, "--out", before, "--jobs", 1)
    table = pd.read_csv(before / "preparation.csv").set_index(["subject", "sequence"])
    own = table.loc[("s0", "T1"), "fit"]
    write_image(tmp_path / "s0_T1.nii.gz", 77, gain=40)
    call("prepare", cohort, "--steps", "nyul", *options, "--out", after, "--jobs", 1)
    old, new = fits_of(before), fits_of(after)
    assert old.keys() == new.keys()
    assert old["T1", own] == new["T1", own]  # what s0 gets does not know s0
    changed = {key for key in old if old[key] != new[key]}
    assert changed == (set() if named else {("T1", "all"), ("T1", f"fold-{3 - int(own[-1])}")})
    with pytest.raises(AssertionError):
        assert (
            array(before / "images" / "s0_baseline_T1_nyul.nii.gz").tolist()
            == array(after / "images" / "s0_baseline_T1_nyul.nii.gz").tolist()
        )
    seen = load_cohort(after / "cohort.csv").table.groupby("subject")["in_fit"].first().to_dict()
    assert seen == {f"s{n}": "yes" if named and n in (1, 2, 3) else "no" for n in range(5)}


def test_sequences_never_share_landmarks(tmp_path: Path) -> None:
    cohort = make_cohort(tmp_path)
    both = prepared(cohort, tmp_path / "both", steps="nyul")
    alone = prepared(cohort, tmp_path / "alone", steps="nyul", sequences=["T1"])
    assert both.landmarks is not None
    assert alone.landmarks is not None
    assert [fit for fit in both.landmarks.fits if fit.sequence == "T1"] == list(alone.landmarks.fits)
    assert set(alone.cohort.table["sequence"]) == {"T1"}


def test_landmarks_of_another_cohort_are_applied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    cohort = make_cohort(first, sequences=("T1",))
    assert call("prepare", cohort, "--steps", "nyul", "--out", first / "out", "--jobs", 1) == 0
    given = ["--landmarks", first / "out" / "landmarks.json"]
    rows = []
    for number in range(2):
        write_image(second / f"n{number}.nii.gz", 100 + number)
        rows.append(f"n{number},T1,n{number}.nii.gz,,,z")
    write_image(second / "same.nii.gz", 0)  # the image of s0
    write_image(second / "single.nii.gz", 200)
    other = write_cohort(second, [*rows, "same,T1,same.nii.gz,,,z"], HEADER)
    assert call("prepare", other, "--steps", "nyul", *given, "--out", second / "out", "--jobs", 1) == 0
    made = load_cohort(second / "out" / "cohort.csv").table.set_index("subject")["in_fit"].to_dict()
    assert made == {"n0": "no", "n1": "no", "same": "yes"}
    alone = write_cohort(second, ["n0,T1,n0.nii.gz,,,z"], HEADER)
    assert call("prepare", alone, "--steps", "nyul", *given, "--out", second / "one", "--jobs", 1) == 0
    name = "n0_baseline_T1_nyul.nii.gz"
    assert contents(second / "one")[name] == contents(second / "out")[name]
    later = write_cohort(
        second, [row.replace("n0,", "s3,") for row in rows], HEADER
    )  # as in the first cohort
    capsys.readouterr()
    assert call("prepare", later, "--steps", "nyul", *given, "--out", second / "late", "--jobs", 1) == 0
    made = load_cohort(second / "late" / "cohort.csv").table.set_index("subject")["in_fit"].to_dict()
    assert made == {"s3": "yes", "n1": "no"}
    told = "".join(capsys.readouterr()).replace("\n", " ")
    assert "1 of 2 subjects (s3) is among those who fitted the landmarks" in told
    for steps, rows, part in (
        ("nyul:high=98", ["n0,T1,n0.nii.gz,,,z"], "prepared by nyul, but the steps here are nyul_high=98"),
        ("zscore", ["n0,T1,n0.nii.gz,,,z"], "no step uses them"),
        ("nyul", ["n0,T2,n0.nii.gz,,,z"], "has no landmarks of T2"),
    ):
        table = write_cohort(second, rows, HEADER)
        assert call("prepare", table, "--steps", steps, *given, "--out", second / "no", "--jobs", 1) == 1
        assert part in "".join(capsys.readouterr()).replace("\n", " ")


@pytest.mark.slow
def test_the_result_does_not_depend_on_jobs(tmp_path: Path) -> None:
    cohort = make_cohort(tmp_path, 4, ("T1",))
    one = prepared(cohort, tmp_path / "one", steps="ad,nyul")
    two = prepared(cohort, tmp_path / "two", steps="ad,nyul", jobs=2)
    columns = one.table.columns.drop(["image_before", "image"])
    pd.testing.assert_frame_equal(one.table[columns], two.table[columns])
    assert one.landmarks == two.landmarks
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_stopped_work_continues(tmp_path: Path) -> None:
    cohort, workspace = make_cohort(tmp_path, 4, ("T1",)), Workspace(tmp_path / "work")
    one = prepared(cohort, tmp_path / "one", steps="ad,nyul", workspace=workspace)
    # A run that was killed: one image is not there, one is cut off.
    images = sorted((tmp_path / "one" / "images").iterdir())
    whole = contents(tmp_path / "one")
    images[0].unlink()
    images[1].write_bytes(images[1].read_bytes()[:100])
    kept = images[2].stat().st_mtime_ns
    again = prepared(cohort, tmp_path / "one", steps="ad,nyul", workspace=workspace)
    assert contents(tmp_path / "one") == whole
    assert images[2].stat().st_mtime_ns == kept
    pd.testing.assert_frame_equal(again.table, one.table)


def test_one_broken_image_is_one_failure(tmp_path: Path) -> None:
    cohort = make_cohort(tmp_path, 4)
    (tmp_path / "s1_T1.nii.gz").write_bytes(b"no image")
    assert call("prepare", cohort, "--steps", "nyul", "--out", tmp_path / "out", "--jobs", 1) == 0
    failures = pd.read_csv(tmp_path / "out" / "cohort.failures.csv")
    assert failures["case"].tolist() == ["s1/baseline/T1"]
    made = load_cohort(tmp_path / "out" / "cohort.csv").table
    assert len(made) == 7
    assert not ((made["subject"] == "s1") & (made["sequence"] == "T1")).any()
    assert len(list((tmp_path / "out" / "images").iterdir())) == 7
    assert set(made["variant"]) == {"nyul"}


def test_a_scan_that_is_left_out_still_tells_who_was_seen(tmp_path: Path) -> None:
    make_cohort(tmp_path, subjects=2, sequences=("T1", "T2"))
    rows = [
        f"s{number},{sequence},s{number}_{sequence}.nii.gz,auto,s{number}_A.nii.gz,{state},{state}"
        for number in range(2)
        for sequence, state in (("T1", "yes" if number else "no"), ("T2", "no"))
    ]
    table = write_cohort(tmp_path, rows, "subject,sequence,image,reader,mask,in_fit,in_training")
    done = prepared(table, tmp_path / "out", steps="zscore", sequences=("T2",))
    assert dict(zip(done.cohort.table["subject"], done.cohort.table["in_fit"], strict=True))["s1"] == "yes"
    assert seen_subjects(done.cohort.table) == {"s1"}


def test_a_scan_without_one_of_its_channels_is_left_out(tmp_path: Path) -> None:
    rows = []
    for number in range(2):
        for channel in ("T2", "b0"):
            write_image(tmp_path / f"s{number}{channel}.nii.gz", number)
        rows += [f"s{number},MR,T2,s{number}T2.nii.gz,A,m.nii.gz", f"s{number},MR,b0,s{number}b0.nii.gz,,"]
    sitk.WriteImage(make_image(ball(SHAPE, 3, shift=2), (1, 1, 2)), str(tmp_path / "m.nii.gz"))
    (tmp_path / "s0b0.nii.gz").unlink()
    cohort = write_cohort(tmp_path, rows, "subject,sequence,channel,image,reader,mask")
    done = prepared(cohort, tmp_path / "out", steps="zscore", channels=["T2"])
    assert [failure.case for failure in done.failures] == ["s0/baseline/MR/b0"]
    assert done.cohort.table["subject"].tolist() == ["s1", "s1"]
    other = done.cohort.table.set_index("channel")["image"]
    assert other["b0"] == str(tmp_path / "s1b0.nii.gz")  # taken as it is, and the table says so
    assert done.table.set_index("channel")["steps"].to_dict() == {"T2": "zscore", "b0": ""}


def test_no_scan_stays_unprepared_under_the_name_of_a_preparation(tmp_path: Path) -> None:
    rows = ["s0,MR,T2,a.nii,A,m.nii", "s0,MR,b0,b.nii,,", "s1,CT,,c.nii,A,n.nii", "s2,PT,T1,d.nii,A,o.nii"]
    cohort = write_cohort(tmp_path, rows, "subject,sequence,channel,image,reader,mask")
    with pytest.raises(InputError, match=r"2 scans .* without the channel T2 .* has one image"):
        prepared(cohort, tmp_path / "out", steps="zscore", channels=["T2"])
    for name in ("channels", "sequences"):
        with pytest.raises(InputError, match=f"{name} names nothing"):
            prepared(cohort, tmp_path / "out", steps="zscore", **{name: []})
    assert not (tmp_path / "out").exists()


def test_channels_are_registered_onto_the_one_with_the_masks(tmp_path: Path) -> None:
    rows = []
    for number in range(2):
        write_image(tmp_path / f"s{number}T2.nii.gz", number)
        image = sitk.ReadImage(str(tmp_path / f"s{number}T2.nii.gz"))
        image.SetOrigin((2.0, -1.0, 0.0))  # the same voxels, elsewhere
        sitk.WriteImage(image, str(tmp_path / f"s{number}b0.nii.gz"))
        rows += [f"s{number},MR,b0,s{number}b0.nii.gz,,", f"s{number},MR,T2,s{number}T2.nii.gz,A,m.nii.gz"]
    sitk.WriteImage(make_image(ball(SHAPE, 3, shift=2), (1, 1, 2)), str(tmp_path / "m.nii.gz"))
    cohort = write_cohort(tmp_path, rows, "subject,sequence,channel,image,reader,mask")
    done = prepared(cohort, tmp_path / "out", steps="register:to=T2,zscore")
    assert done.failures == []
    assert (done.registration["channel"] == "b0").all()
    assert done.registration["shift_x_mm"].to_numpy() == pytest.approx(2, abs=0.3)
    assert done.registration["shift_y_mm"].to_numpy() == pytest.approx(-1, abs=0.3)
    table = done.cohort.table.set_index(["subject", "channel"])
    assert set(table["variant"]) == {"register_to=T2+zscore"}
    assert table.loc[("s0", "T2"), "mask"] == str(tmp_path / "m.nii.gz")
    moved = sitk.ReadImage(table.loc[("s0", "b0"), "image"])
    assert moved.GetOrigin() == (0.0, 0.0, 0.0)
    with pytest.raises(InputError, match="Use register:to=T2, so that masks stay"):
        prepared(cohort, tmp_path / "no", steps="register:to=b0")


def test_masks_follow_to_another_grid(tmp_path: Path) -> None:
    cohort = make_cohort(tmp_path, 2, ("T1",))
    text = cohort.read_text(encoding="utf-8").replace("s1_A.nii.gz", "none.nii.gz")
    cohort.write_text(text, encoding="utf-8")
    done = prepared(cohort, tmp_path / "out", steps="resample:spacing=2")
    assert [failure.case for failure in done.failures] == ["s1/baseline/T1/tumour/A/1"]
    table = done.cohort.table.set_index("subject")
    assert table.loc["s1", "mask"] == ""
    assert array(table.loc["s0", "mask"]).shape == array(table.loc["s0", "image"]).shape
    (moved,) = done.moved_masks.to_dict("records")
    assert moved["after_ml"] == pytest.approx(array(table.loc["s0", "mask"]).sum() * 8 / 1000)
    assert moved["change"] == pytest.approx(moved["after_ml"] / moved["before_ml"] - 1)
    params = {"featureClass": {"firstorder": ["Mean"], "shape": ["MeshVolume"]}}
    assert extract_cohort(done.cohort, params=params).failures == []


def test_body_and_reference_are_regions_of_the_cohort(tmp_path: Path) -> None:
    cohort = make_cohort(tmp_path, 2, ("T1",))
    sitk.WriteImage(make_image(ball(SHAPE, 6), (1, 1, 2)), str(tmp_path / "body.nii.gz"))
    lines = cohort.read_text(encoding="utf-8").splitlines()
    lines = [lines[0] + ",roi", *(f"{line},tumour" for line in lines[1:])]
    lines += [f"s{n},T1,s{n}_T1.nii.gz,B,body.nii.gz,x,body" for n in range(2)]
    cohort.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = prepared(cohort, tmp_path / "out", steps="zscore:over=body", body_roi="body")
    assert done.failures == []
    assert done.cohort.table["roi"].tolist() == ["tumour", "tumour"]
    voxels = array(done.cohort.table["image"].iloc[0])[ball(SHAPE, 6) > 0]
    assert voxels.mean() == pytest.approx(0, abs=1e-5)
    assert voxels.std() == pytest.approx(1, abs=1e-5)
    assert set(done.table["variant"]) == {"zscore_over=body"}
    missing = prepared(cohort, tmp_path / "no", steps="zscore:over=body")
    assert len(missing.failures) == 2
    assert "no mask of the body" in missing.failures[0].cause
    with pytest.raises(InputError, match="no region"):
        prepared(cohort, tmp_path / "no", steps="zscore", body_roi="bodi")


def test_units_are_never_normalised(tmp_path: Path) -> None:
    cohort = make_cohort(tmp_path, 1, ("PET",))
    text = cohort.read_text(encoding="utf-8").splitlines()
    cohort.write_text(f"{text[0]},unit\n{text[1]},SUV\n", encoding="utf-8")
    assert "SUV" in prepared(cohort, tmp_path / "a", steps="zscore").failures[0].cause
    kept = prepared(cohort, tmp_path / "b", steps="resample:spacing=2")
    assert kept.cohort.table["unit"].tolist() == ["SUV"]


def test_a_data_frame_with_relative_paths_and_hostile_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_cohort(tmp_path, 2, ("T1",))
    monkeypatch.chdir(tmp_path)
    names = ["a/b", "a-b"]
    images = [f"s{number}_T1.nii.gz" for number in range(2)]
    table = pd.DataFrame({"subject": names, "sequence": "../é T1", "image": images})
    done = prepare_cohort(table, out="out", steps="percentile")
    assert done.failures == []
    made = done.cohort.write("out/cohort.csv")
    assert load_cohort(made.path).table["subject"].tolist() == names
    assert len(set(made.table["image"])) == 2
    assert all(Path(image).parent == tmp_path / "out" / "images" for image in made.table["image"])


def test_prepared_images_can_be_prepared_again(tmp_path: Path) -> None:
    done = prepared(make_cohort(tmp_path, 2, ("T1",)), tmp_path / "a", steps="ad")
    again = prepare_cohort(done.cohort, out=tmp_path / "b", steps="zscore")
    assert set(again.cohort.table["variant"]) == {"ad+zscore"}
    with pytest.raises(InputError, match="zscore"):
        prepare_cohort(again.cohort, out=tmp_path / "twice", steps="nyul")
    both = pd.concat([done.cohort.table, again.cohort.table])
    with pytest.raises(InputError, match="needs one variant of each scan"):
        prepare_cohort(load_cohort(both), out=tmp_path / "c", steps="zscore")


@pytest.mark.parametrize("command", ["check", "check cohort", "extract"])
def test_images_that_were_prepared_before_are_not_normalised_twice_in_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    cohort = make_cohort(tmp_path, 1, ("T1",))
    params, study = tmp_path / "params.yaml", tmp_path / "study.yaml"
    params.write_text("setting: {normalize: true}\nfeatureClass: {firstorder: [Mean]}\n")
    study.write_text("cohort: cohort.csv\nextract: {params: params.yaml}\n")
    table = pd.read_csv(cohort)
    for variant, told in (("n4_shrink=2+zscore", True), ("original", False), ("n4", False)):
        table.assign(variant=variant).to_csv(cohort, index=False)
        options = ["--params", params, "--out", tmp_path / "f.csv", "--jobs", 1]
        given = {"check": [study], "check cohort": [cohort, "--params", params]}
        call(command.split()[0], *given.get(command, [cohort, *options]))
        said = " ".join("".join(capsys.readouterr()).split())
        assert ("normalises the prepared images once more" in said) is told


def test_b_values_that_are_normalised_apart_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for channel in ("b0", "b800"):
        write_image(tmp_path / f"{channel}.nii.gz", 1)
    rows = [f"s0,DWI,{channel},{channel}.nii.gz" for channel in ("b0", "b800")]
    cohort = write_cohort(tmp_path, rows, "subject,sequence,channel,image")
    assert call("prepare", cohort, "--steps", "zscore", "--out", tmp_path / "out", "--jobs", 1) == 0
    assert "normalises the channels b0, b800 apart" in "".join(capsys.readouterr()).replace("\n", " ")
    options = ["--steps", "ad", "--out", tmp_path / "ad", "--jobs", 1]
    assert call("prepare", cohort, *options) == 0
    assert "apart" not in "".join(capsys.readouterr())


def test_fitted_maps_that_are_interpolated_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    channels = ("b0", "ADC", "ADC_error")
    for channel in channels:
        write_image(tmp_path / f"{channel}.nii.gz", 1)
    rows = [f"s0,DWI,{channel},{channel}.nii.gz" for channel in channels]
    cohort = write_cohort(tmp_path, rows, "subject,sequence,channel,image")
    for steps, told in (("resample:spacing=2", True), ("ad", False)):
        call("prepare", cohort, "--steps", steps, "--out", tmp_path / f"out{told}", "--jobs", 1)
        said = " ".join("".join(capsys.readouterr()).split())
        assert ("interpolates ADC, ADC_error: voxels without a value" in said) is told


@pytest.mark.parametrize(
    ("steps", "columns"),
    [
        ("n4:shrink=1:iterations=2,zscore", ("bias_lowest", "bias_highest", "offset", "scale")),
        ("nlm,percentile", ("noise", "offset", "scale")),
        ("whitestripe", ("offset", "scale")),
        ("resample:spacing=2", ()),
    ],
)
def test_what_a_step_found_is_in_the_table(tmp_path: Path, steps: str, columns: tuple[str, ...]) -> None:
    done = prepared(make_cohort(tmp_path, 1, ("T1",)), tmp_path / "out", steps=steps)
    assert done.failures == []
    (row,) = done.table.to_dict("records")
    numbers = ("bias_lowest", "bias_highest", "noise", "offset", "scale")
    assert tuple(name for name in numbers if not pd.isna(row[name])) == columns
    if steps.endswith("zscore"):
        assert row["bias_lowest"] <= 1 <= row["bias_highest"]
    else:
        old, new = row["whole_median_before"], row["whole_median_after"]
        expected = (old - row["offset"]) / row["scale"] if columns else old
        assert new == pytest.approx(expected, rel=0.1)


def test_a_tumour_beyond_the_landmarks_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cohort = make_cohort(tmp_path, 3, ("T1",))
    good = prepared(cohort, tmp_path / "a", steps="nyul", fit_folds=3)
    assert set(good.table["note"]) == {""}
    assert (good.table["tumour_measured"] == 1).all()
    assert warnings(good) == []
    for number in range(3):
        file = tmp_path / f"s{number}_T1.nii.gz"
        image = sitk.ReadImage(str(file))
        voxels = array(image)
        voxels[ball(SHAPE, 3, shift=2) > 0] *= 0.02  # darker than the foreground
        dark = sitk.GetImageFromArray(voxels)
        dark.CopyInformation(image)
        sitk.WriteImage(dark, str(file))
    done = prepared(cohort, tmp_path / "b", steps="nyul", fit_folds=3)
    assert done.table["note"].str.contains("the tumour lies beyond the landmarks").all()
    assert (done.table["tumour_measured"] == 0).all()
    unmeasured, beyond = warnings(done)
    assert unmeasured.startswith("3 of 3 images (s0, s1, s2): less than 50% of the tumour")
    assert "beyond the landmarks" in beyond
    call("prepare", cohort, "--steps", "zscore:over=foreground", "--out", tmp_path / "c", "--jobs", 1)
    told = "".join(capsys.readouterr()).replace("\n", " ")
    assert "Warning: 3 of 3 images (s0, s1, s2): less than 50% of the tumour" in told


def test_voxels_of_extreme_values_that_decide_about_the_scale_are_told(tmp_path: Path) -> None:
    table = make_cohort(tmp_path, 4, sequences=("T1",))
    image = sitk.ReadImage(str(tmp_path / "s1_T1.nii.gz"))
    image[0, 0, 0] = 3e38
    sitk.WriteImage(image, str(tmp_path / "s1_T1.nii.gz"))
    (told,) = warnings(prepared(table, tmp_path / "out", steps="zscore:over=image"))
    assert told.startswith("1 of 4 images (s1): the middle half of the tumour spans less than 0.01 standard")
    beyond = Volume(image).with_values(values_of(image) * 100, StepRecord("scale"))  # says nothing here
    with pytest.raises(InputError, match="not finite"):
        require_values(beyond.image, "the image")


def test_landmarks_that_stretch_a_tumour_are_told(tmp_path: Path) -> None:
    cohort = make_cohort(tmp_path, 4, ("T1",))
    rng = np.random.default_rng(5)
    voxels = rng.normal(100, 1, SHAPE)  # muscle alone, and a few bright voxels of fat
    voxels[:, :2, :2] = rng.normal(200, 1, (SHAPE[0], 2, 2))
    voxels[0] = rng.normal(2, 0.5, SHAPE[1:])
    sitk.WriteImage(make_image(voxels.astype(np.float32), (1, 1, 2)), str(tmp_path / "s3_T1.nii.gz"))
    done = prepared(cohort, tmp_path / "out", steps="nyul", fit_folds=4)
    (told,) = warnings(done)
    assert told.startswith("1 of 4 images (s3): the landmarks change the contrast of the tumour")


def test_a_mask_outside_a_registered_image_is_not_measured(tmp_path: Path) -> None:
    for number in range(2):
        write_image(tmp_path / f"s{number}T2.nii.gz", number)
        image = sitk.ReadImage(str(tmp_path / f"s{number}T2.nii.gz"))
        small = image[:, :, 4:] if number else image  # the tumour of s1 begins below it
        sitk.WriteImage(small, str(tmp_path / f"s{number}b0.nii.gz"))
    sitk.WriteImage(make_image(ball(SHAPE, 3, shift=2), (1, 1, 2)), str(tmp_path / "m.nii.gz"))
    rows = [f"s{n},MR,T2,s{n}T2.nii.gz,A,m.nii.gz" for n in range(2)]
    rows += [f"s{n},MR,b0,s{n}b0.nii.gz,," for n in range(2)]
    cohort = write_cohort(tmp_path, rows, "subject,sequence,channel,image,reader,mask")
    done = prepared(cohort, tmp_path / "out", steps="register:to=T2")
    (failure,) = done.failures
    assert failure.case == "s1/baseline/MR/tumour/A/1"
    assert "lie outside the image s1/baseline/MR/b0" in failure.cause
    masks = done.cohort.table.set_index(["subject", "channel"])["mask"]
    assert masks["s0", "T2"] != ""
    assert masks["s1", "T2"] == ""
