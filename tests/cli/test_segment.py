"""`nbradiomics segment` over a cohort: masks, table, failures, training images."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.cohort import Scan, load_cohort
from nbradiomics.errors import InputError, ModelError
from nbradiomics.execution.workspace import Workspace
from nbradiomics.images.io import read_image, write_image
from nbradiomics.segmentation import Inference, PostProcessing, load_model
from nbradiomics.segmentation.cohort import MAP_STEP, segment_cohort
from nbradiomics.segmentation.store import BUNDLED
from nbradiomics.synthetic import SCANNERS, make_case, make_cohort
from nbradiomics.synthetic.case import TRAINING_NAMESPACE, seed_of
from tests.support.helpers import array, call, write_cohort
from tests.support.random_model import open_demo

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two synthetic subjects, one image with a NaN, and one image that the model was trained on."""
    folder = tmp_path_factory.mktemp("cohort")
    table = pd.read_csv(make_cohort(folder, subjects=2))
    rows = [f"{row.subject},{row.image},{row.reader},{row.mask}" for row in table.itertuples()]
    broken = sitk.Cast(read_image(folder / "images" / "S001.nii.gz"), sitk.sitkFloat32)
    broken[3, 3, 3] = float("nan")
    sitk.WriteImage(broken, str(folder / "broken.nii.gz"))
    seen = make_case(seed_of(TRAINING_NAMESPACE, 0, 0), SCANNERS[0])
    sitk.WriteImage(seen.image, str(folder / "seen.nii.gz"))
    return write_cohort(folder, [*rows, "broken,broken.nii.gz,,", "seen,seen.nii.gz,,"])


def test_segment_writes_masks_and_a_cohort_with_the_model_as_reader(cohort: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "cohort2.csv"
    assert call("segment", cohort, "--model", "synthetic-demo", "--out", out) == 0
    again = load_cohort(out)
    assert again.readers() == ["A", "B", "C", "auto"]
    auto = {case.scan.subject: case for case in again.cases() if case.reader == "auto"}
    assert set(auto) == {"S001", "S002", "seen"}
    for case in auto.values():
        mask, image = read_image(case.masks[0].path), read_image(case.scan.image)
        assert mask.GetSize() == image.GetSize()
        assert mask.GetOrigin() == image.GetOrigin()
        assert set(np.unique(sitk.GetArrayFromImage(mask))) == {0, 1}
    failures = pd.read_csv(out.with_name("cohort2.failures.csv"))
    assert failures["case"].tolist() == ["broken/baseline/unspecified"]
    assert "1 of" in failures["cause"].iloc[0]
    table = pd.read_csv(out.with_name("cohort2.segmentation.csv")).set_index("subject")
    assert table["status"].fillna("").to_dict() == {"S001": "ok", "S002": "ok", "broken": "", "seen": "ok"}
    assert bool(table.loc["seen", "in_training"])
    assert not bool(table.loc["S001", "in_training"])
    states = {name: case.in_training for name, case in auto.items()}
    assert states == {"S001": "no", "S002": "no", "seen": "yes"}


def test_the_model_cannot_be_added_twice(cohort: Path, tmp_path: Path) -> None:
    out = tmp_path / "cohort2.csv"
    assert call("segment", cohort, "--model", "synthetic-demo", "--out", out) == 0
    assert call("segment", out, "--model", "synthetic-demo", "--out", tmp_path / "cohort3.csv") == 1


def test_an_unknown_model_is_an_error_that_lists_the_bundled(
    cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("segment", cohort, "--model", "nowhere", "--out", tmp_path / "c.csv") == 1
    assert "synthetic-demo" in capsys.readouterr().err


@pytest.fixture
def segmented(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Subjects that are segmented from now on, not taken from what is stored."""
    from nbradiomics.segmentation import cohort as stage

    subjects: list[str] = []
    original = stage._segment_scan

    def spy(scan: Scan, *rest: Any) -> Any:
        subjects.append(scan.subject)
        return original(scan, *rest)

    monkeypatch.setattr(stage, "_segment_scan", spy)
    return subjects


def test_only_what_is_missing_is_segmented_again(cohort: Path, tmp_path: Path, segmented: list[str]) -> None:
    options = {"model": "synthetic-demo", "masks": tmp_path / "auto", "workspace": Workspace(tmp_path / "w")}
    first = segment_cohort(load_cohort(cohort), **options)
    assert segmented == ["S001", "S002", "broken", "seen"]
    (tmp_path / "auto" / "S002_baseline_unspecified.nii.gz").unlink()
    segmented.clear()
    second = segment_cohort(load_cohort(cohort), **options)
    assert segmented == ["S002", "broken"]
    pd.testing.assert_frame_equal(first.table, second.table)


# --- maps -------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_maps_lie_beside_the_masks_on_the_images_grid(cohort: Path, tmp_path: Path) -> None:
    out = tmp_path / "c.csv"
    assert call("segment", cohort, "--model", "synthetic-demo", "--out", out) == 0
    stem = "S001_baseline_unspecified"
    assert {file.name for file in (tmp_path / "c_maps").glob("S001*")} == {
        f"{stem}_{kind}.nii.gz" for kind in ("probability", "entropy", "fold_0", "fold_1")
    }
    found = load_model("synthetic-demo").predict(cohort.parent / "images" / "S001.nii.gz")
    for kind in ("probability", "entropy"):
        written, made = read_image(tmp_path / "c_maps" / f"{stem}_{kind}.nii.gz"), getattr(found, kind)
        assert written.GetPixelID() == sitk.sitkFloat32
        assert written.GetSize() == made.GetSize()
        assert array(written) == pytest.approx(array(made), abs=0.51 * MAP_STEP)
        assert len(np.unique(array(written))) <= 1 + round(1 / MAP_STEP)
    for fold, mask in found.fold_masks.items():
        assert np.array_equal(array(tmp_path / "c_maps" / f"{stem}_{fold}.nii.gz"), array(mask))


def test_maps_can_be_left_out(cohort: Path, tmp_path: Path) -> None:
    assert call("segment", cohort, "--model", "synthetic-demo", "--out", tmp_path / "c.csv", "--no-maps") == 0
    assert not (tmp_path / "c_maps").exists()
    with pytest.raises(InputError, match="masks and maps have the same folder"):
        segment_cohort(load_cohort(cohort), model="synthetic-demo", masks=tmp_path, maps=tmp_path / ".")


# --- how the network is run, and what is recorded ---------------------------------------------------


def test_the_provenance_says_how_the_masks_were_made(cohort: Path, tmp_path: Path) -> None:
    out = tmp_path / "c.csv"
    options = ["--precision", "fp32", "--resampling", "stock", "--largest-component", "--min-volume", "0.5"]
    assert call("segment", cohort, "--model", "synthetic-demo", "--out", out, "--no-maps", *options) == 0
    record = json.loads((tmp_path / "c.provenance.json").read_text(encoding="utf-8"))
    assert record["segmentation"]["inference"] == {
        "device": "cpu",
        "precision": "fp32",
        "resampling": "stock",
        "mirroring": False,
    }
    assert record["segmentation"]["postprocessing"] == {"largest_component": True, "min_volume_ml": 0.5}
    assert record["model"]["fingerprint"] == load_model("synthetic-demo").fingerprint
    assert record["model"]["card"]["name"] == "synthetic-demo"
    images = {name for name in record["inputs"] if name.endswith(".nii.gz")}
    assert {Path(name).name for name in images} == {
        "S001.nii.gz",
        "S002.nii.gz",
        "broken.nii.gz",
        "seen.nii.gz",
    }
    exact = load_model("synthetic-demo").predict(
        cohort.parent / "images" / "S002.nii.gz",
        inference=Inference(device="cpu", precision="fp32", resampling="stock"),
        postprocessing=PostProcessing(largest_component=True, min_volume_ml=0.5),
    )
    assert np.array_equal(array(tmp_path / "c_masks" / "S002_baseline_unspecified.nii.gz"), array(exact.mask))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--device", "tpu"), "device: Input should be 'auto', 'cpu' or 'cuda'; found: 'tpu'"),
        (("--precision", "fp16", "--device", "cpu"), "precision is fp16, but the device is a CPU"),
        (("--resampling", "cubic"), "resampling: Input should be 'torch' or 'stock'; found: 'cubic'"),
    ],
)
def test_options_that_cannot_be_are_errors_before_anything_is_segmented(
    cohort: Path, tmp_path: Path, options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("segment", cohort, "--model", "synthetic-demo", "--out", tmp_path / "c.csv", *options) == 1
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "c_masks").exists()


def test_a_model_of_another_folder_is_found_by_name(cohort: Path, tmp_path: Path) -> None:
    shutil.copytree(BUNDLED / "synthetic-demo", tmp_path / "models" / "mine")
    options = ("--models", tmp_path / "models", "--no-maps")
    assert call("segment", cohort, "--model", "mine", "--out", tmp_path / "c.csv", *options) == 0
    assert call("segment", cohort, "--model", "mine", "--out", tmp_path / "d.csv") == 1


def test_a_stored_result_holds_only_for_what_made_it_and_while_its_files_are_unchanged(
    cohort: Path, tmp_path: Path, segmented: list[str]
) -> None:
    one = tmp_path / "one.csv"
    one.write_text(f"subject,image\nS001,{cohort.parent / 'images' / 'S001.nii.gz'}\n")
    model, maps = load_model("synthetic-demo"), tmp_path / "maps"
    fixed: dict[str, Any] = {"masks": tmp_path / "auto", "workspace": Workspace(tmp_path / "w")}

    def again(**options: Any) -> int:
        segmented.clear()
        segment_cohort(load_cohort(one), **fixed, **{"model": model, "maps": maps, **options})
        return len(segmented)

    assert (again(), again()) == (1, 0)
    stem = "S001_baseline_unspecified"
    (maps / f"{stem}_entropy.nii.gz").unlink()
    assert (again(), again()) == (1, 0)
    write_image(read_image(maps / f"{stem}_fold_0.nii.gz") * 0, maps / f"{stem}_fold_1.nii.gz")
    assert (again(), again()) == (1, 0)
    assert again(maps=None) == 1
    assert again(inference=Inference(precision="fp32", resampling="stock")) == 1
    assert again(postprocessing=PostProcessing(min_volume_ml=1.0)) == 1
    assert again(model=model.with_folds(["fold_1"])) == 1


# --- what a network cannot take, and several processes ------------------------------------------------


@pytest.mark.parametrize("edge", [0.5, 2.0, 4.0, 40.0])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_single_slice_gets_its_reason(axis: int, edge: float) -> None:
    shape = [16, 16, 16]
    shape[axis] = 1
    image = sitk.GetImageFromArray(np.random.default_rng(0).normal(100, 9, shape).astype(np.float32))
    image.SetSpacing((edge, edge, edge))
    with pytest.raises(InputError, match="too thin for this model") as stop:
        load_model("synthetic-demo").predict(image)
    assert "several slices" in stop.value.remedy


def test_a_slice_in_an_empty_volume_gets_its_reason() -> None:
    array = np.zeros((16, 16, 16), np.float32)
    array[5] = np.random.default_rng(0).normal(100, 9, (16, 16))
    with pytest.raises(InputError, match="16 x 16 x 1 voxels of 1 x 1 x 1 mm"):
        load_model("synthetic-demo").predict(sitk.GetImageFromArray(array))


@pytest.mark.slow
def test_several_processes_give_the_same_masks(cohort: Path, tmp_path: Path) -> None:
    for jobs in (1, 2):
        folder = tmp_path / str(jobs)
        options = ("--model", "synthetic-demo", "--jobs", jobs, "--threads", 1, "--no-maps")
        assert call("segment", cohort, *options, "--out", folder / "c.csv") == 0
    one, two = ((tmp_path / str(jobs)) for jobs in (1, 2))
    masks = sorted(path.name for path in (one / "c_masks").iterdir())
    assert masks == sorted(path.name for path in (two / "c_masks").iterdir())
    for name in masks:
        assert (one / "c_masks" / name).read_bytes() == (two / "c_masks" / name).read_bytes()
    assert (one / "c.segmentation.csv").read_text(encoding="utf-8") == (two / "c.segmentation.csv").read_text(
        encoding="utf-8"
    )


def test_another_process_does_not_take_changed_weights_for_the_same_model(tmp_path: Path) -> None:
    import pickle

    open_demo(tmp_path / "m")
    model = load_model(tmp_path / "m").with_folds(["fold_1"])
    sent = pickle.dumps(model)
    assert len(sent) < 2000  # no weights are sent
    assert pickle.loads(sent) == model
    card = tmp_path / "m" / "card.json"
    card.write_text(card.read_text(encoding="utf-8").replace("synthetic", "Synthetic"))
    from nbradiomics.segmentation.model import _reloaded

    _reloaded.cache_clear()
    with pytest.raises(ModelError, match="were changed"):
        pickle.loads(sent)
