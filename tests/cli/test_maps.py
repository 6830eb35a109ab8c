"""The command `maps` and the folder that it writes."""

import json
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.cli import main
from nbradiomics.errors import InputError
from nbradiomics.features.maps import feature_maps, write_maps
from nbradiomics.features.native.voxel.kernel import CHUNK
from nbradiomics.images.io import write_image
from tests.support.native_cases import CASES, make_case

PARAMS = {"featureClass": {"firstorder": ["Mean", "Skewness"], "ngtdm": [], "shape": []}}


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    image, mask = CASES["oblique"]()
    return write_image(image, tmp_path / "image.nii.gz"), write_image(mask, tmp_path / "mask.nii.gz")


def test_command(files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    params = tmp_path / "params.yaml"
    params.write_text(json.dumps(PARAMS))
    out = tmp_path / "maps"
    command = ["maps", *map(str, files), "--params", str(params), "--out", str(out), "--label", "1"]
    with pytest.raises(SystemExit) as stop:
        main(command)
    assert stop.value.code == 0
    assert "7 maps" in capsys.readouterr().out
    table = pd.read_csv(out / "maps.csv")
    assert list(table.columns) == ["feature", "file", "minimum", "median", "maximum", "undefined"]
    assert {path.name for path in out.iterdir()} == {*table["file"], "maps.csv", "provenance.json"}
    expected = feature_maps(*files, params=PARAMS)
    inside = sitk.GetArrayFromImage(sitk.ReadImage(str(files[1]))) > 0
    for row in table.itertuples():
        written = sitk.ReadImage(str(out / row.file))
        assert written.GetDirection() == pytest.approx(expected[row.feature].GetDirection(), abs=1e-6)
        assert written.GetOrigin() == pytest.approx(expected[row.feature].GetOrigin(), abs=1e-4)
        values = sitk.GetArrayFromImage(expected[row.feature])
        np.testing.assert_array_equal(sitk.GetArrayFromImage(written), values)
        # The mask keeps clear of the image's border, so that the crop is its box and one voxel around.
        box = [np.flatnonzero(inside.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
        assert values.shape == tuple(np.ptp(hit) + 3 for hit in box)
        within = inside[tuple(slice(hit[0] - 1, hit[-1] + 2) for hit in box)]
        assert (values[~within] == 0).all()
        extremes = (values[within].min(), values[within].max())
        assert (row.minimum, row.maximum) == pytest.approx(extremes, rel=1e-12)
        assert row.median == pytest.approx(np.median(values[within]), rel=1e-12)
    provenance = json.loads((out / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["maps"]["engine"].startswith("native")
    assert json.loads(provenance["maps"]["parameters"]["text"]) == PARAMS


@pytest.mark.slow
def test_a_folder_of_other_maps_is_left_alone(files: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "maps"
    first = write_maps(*files, out, params=PARAMS)
    pd.testing.assert_frame_equal(write_maps(*files, out, params=PARAMS), first)
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    other = {**PARAMS, "voxelSetting": {"kernelRadius": 2}}
    with pytest.raises(InputError, match="contains files of another call"):
        write_maps(*files, out, params=other)
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="contains files of another call"):
        write_maps(*files, foreign, params=PARAMS)
    with pytest.raises(InputError, match="is a file"):
        write_maps(*files, files[0], params=PARAMS)


def test_undefined_voxels_are_counted(tmp_path: Path) -> None:
    image, mask = CASES["tiny"]()
    files = write_image(image, tmp_path / "image.nrrd"), write_image(mask, tmp_path / "mask.nrrd")
    content = {"featureClass": {"firstorder": ["RobustMeanAbsoluteDeviation", "Mean"]}}
    table = write_maps(*files, tmp_path / "maps", params=content)
    # Of two voxels none lies between the percentiles.
    assert list(table["undefined"]) == [2, 0]
    assert table["median"].isna().tolist() == [True, False]


def test_refused_region_leaves_nothing_behind(files: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "maps"
    with pytest.raises(InputError, match="PyRadiomics refuses"):
        write_maps(*files, out, params={"setting": {"minimumROISize": 99999}})
    with pytest.raises(InputError, match="no class that has maps"):
        write_maps(*files, out, params={"featureClass": {"shape": []}})
    with pytest.raises(InputError, match="maps do not support"):
        write_maps(*files, out, params={"nbradiomics": {"ibsi": {"excess_kurtosis": True}}})
    assert not out.exists()


@pytest.mark.slow
def test_progress_counts_chunks_of_voxels() -> None:
    seen: dict[str, list[int]] = {}

    @contextmanager
    def count(stage: str, total: int) -> Iterator[Callable[[], None]]:
        seen[stage] = [0, total]

        def advance() -> None:
            seen[stage][0] += 1

        yield advance

    shape = (4, 32, 40)
    values = np.random.default_rng(0).normal(300, 60, shape)
    case = make_case(values, np.ones(shape, bool))
    classes = {"firstorder": ["Mean"], "glcm": ["Contrast"], "glszm": ["ZoneEntropy"]}
    feature_maps(*case, params={"featureClass": classes}, progress=count)
    steps = -(-values.size // CHUNK)
    assert steps == 2
    assert seen == {f"original {name}": [steps, steps] for name in classes}


@pytest.mark.slow
def test_values_do_not_depend_on_how_the_voxels_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES["disconnected"]()
    whole = feature_maps(*case, params={})
    monkeypatch.setattr("nbradiomics.features.native.voxel.kernel.CHUNK", 50)
    parts = feature_maps(*case, params={})
    assert list(whole) == list(parts)
    for name, image in whole.items():
        np.testing.assert_array_equal(
            sitk.GetArrayFromImage(image), sitk.GetArrayFromImage(parts[name]), err_msg=name
        )


VALUES = "nbradiomics.features.native.voxel.values"


@pytest.mark.parametrize("setting", [{}, {"voxelSetting": {"voxelBatch": 1}}])
@pytest.mark.slow
def test_values_on_disk_are_the_same(
    setting: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, mask = CASES["disconnected"]()
    files = write_image(image, tmp_path / "image.nrrd"), write_image(mask, tmp_path / "mask.nrrd")
    monkeypatch.setattr("nbradiomics.features.native.voxel.kernel.CHUNK", 50)
    held = write_maps(*files, tmp_path / "held", params=setting)
    expected = feature_maps(*files, params=setting)
    monkeypatch.setattr(f"{VALUES}.HELD", 0)
    opened = _watched(monkeypatch)
    spilled = write_maps(*files, tmp_path / "spilled", params=setting)
    assert len(opened) == 6
    assert all(file.closed for file in opened)
    pd.testing.assert_frame_equal(spilled, held)
    assert {path.name for path in (tmp_path / "spilled").iterdir()} == {
        path.name for path in (tmp_path / "held").iterdir()
    }
    assert list(spilled["feature"]) == list(expected)
    for row in spilled.itertuples():
        both = [sitk.ReadImage(str(tmp_path / folder / row.file)) for folder in ("spilled", "held")]
        found, wanted = (sitk.GetArrayFromImage(one).tobytes() for one in both)
        assert found == wanted, row.feature
        # SimpleITK reads a NaN of a NIfTI file as 0.
        values = np.nan_to_num(sitk.GetArrayFromImage(expected[row.feature]))
        np.testing.assert_array_equal(sitk.GetArrayFromImage(both[0]), values)


def _watched(monkeypatch: pytest.MonkeyPatch) -> list[IO[bytes]]:
    """The files that are opened for values from now on."""
    opened: list[IO[bytes]] = []

    def watch(**options: Any) -> IO[bytes]:
        opened.append(tempfile.TemporaryFile(**options))  # noqa: SIM115 - closed by what is tested
        return opened[-1]

    monkeypatch.setattr(f"{VALUES}.TemporaryFile", watch)
    return opened


@contextmanager
def _interrupted(_stage: str, _total: int) -> Iterator[Callable[[], None]]:
    def stop() -> None:
        raise KeyboardInterrupt

    yield stop


def test_nothing_is_left_of_values_on_disk(
    files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{VALUES}.HELD", 0)
    opened = _watched(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        write_maps(*files, tmp_path / "interrupted", params=PARAMS, progress=_interrupted)
    assert not (tmp_path / "interrupted").exists()

    def fail(*_: object) -> None:
        raise OSError("no")

    monkeypatch.setattr("nbradiomics.features.maps.write_image", fail)
    with pytest.raises(OSError, match="no"):
        write_maps(*files, tmp_path / "failed", params=PARAMS)
    assert [path.name for path in (tmp_path / "failed").iterdir()] == ["provenance.json"]
    assert len(opened) == 2
    assert all(file.closed for file in opened)


def test_refused_region_leaves_nothing_behind_on_disk(
    files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{VALUES}.HELD", 0)
    with pytest.raises(InputError, match="neighbour"):
        write_maps(
            *files, tmp_path / "maps", params={"setting": {"distances": [99]}, "featureClass": {"glcm": []}}
        )
    assert not (tmp_path / "maps").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_full_disk_while_values_are_made(
    files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{VALUES}.HELD", 0)
    full = open("/dev/full", "w+b")  # noqa: SIM115 - closed by what is tested
    monkeypatch.setattr(f"{VALUES}.TemporaryFile", lambda **_: full)
    with pytest.raises(InputError, match=r"maps has no space .* No space left"):
        write_maps(*files, tmp_path / "maps", params=PARAMS)
    assert not (tmp_path / "maps").exists()
    assert full.closed


def _growth(folder: Path, content: dict[str, Any]) -> float:
    """Bytes that the peak of the memory grows by with each voxel of a region, its box being the same."""
    edge = 40
    values = np.random.default_rng(1).integers(0, 5, (edge,) * 3) * 25.0
    peaks, voxels = [], []
    for width in (4, edge):
        inside = np.zeros((edge,) * 3, bool)
        inside[:, :, :width] = inside[0] = True
        case = make_case(values, inside)
        files = [
            write_image(one, folder / f"{width}-{name}.nrrd") for one, name in zip(case, "im", strict=True)
        ]
        tracemalloc.start()
        try:
            write_maps(*files, folder / f"maps-{width}", params=content)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        voxels.append(int(inside.sum()))
    return (peaks[1] - peaks[0]) / (voxels[1] - voxels[0])


@pytest.mark.parametrize(
    ("name", "features", "batch"),
    [
        ("firstorder", 18, 0),
        pytest.param("glcm", 24, 0, marks=pytest.mark.slow),
        pytest.param("glcm", 24, 1, marks=pytest.mark.slow),
        pytest.param("gldm", 14, 0, marks=pytest.mark.slow),
    ],
)
def test_memory_does_not_grow_with_the_features(
    name: str, features: int, batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = {"featureClass": {name: []}, **({"voxelSetting": {"voxelBatch": batch}} if batch else {})}
    monkeypatch.setattr("nbradiomics.features.native.voxel.kernel.CHUNK", 500)
    image, mask = CASES["tiny"]()
    feature_maps(image, mask, params=content)  # what is loaded and compiled
    # With all values in memory: what the measure sees.
    assert _growth(tmp_path / "held", content) > 8 * features
    monkeypatch.setattr(f"{VALUES}.HELD", 0)
    assert _growth(tmp_path / "spilled", content) < 45
