"""The command `response-maps` and the folder that it writes."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.cli import main
from nbradiomics.errors import InputError
from nbradiomics.features import extract_features
from nbradiomics.features.response_maps import response_maps, write_response_maps
from tests.support.helpers import ball, make_image

SHAPE = (12, 20, 24)
PARAMS = {
    "setting": {"resampledPixelSpacing": [1.5, 1.5, 1.5]},
    "featureClass": {"firstorder": ["Maximum"]},
    "nbradiomics": {"filters": [{"type": "log", "sigma": 2}, {"type": "simoncelli"}]},
}


@pytest.fixture
def image(tmp_path: Path) -> Path:
    voxels = np.random.default_rng(0).normal(100, 20, SHAPE).astype(np.float32)
    sitk.WriteImage(make_image(voxels, (1.0, 1.0, 2.0)), str(tmp_path / "image.nii.gz"))
    return tmp_path / "image.nii.gz"


def test_the_maps_are_the_images_that_features_are_measured_in(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    params = tmp_path / "params.yaml"
    params.write_text(json.dumps(PARAMS))
    out = tmp_path / "maps"
    with pytest.raises(SystemExit) as stop:
        main(["response-maps", str(image), "--params", str(params), "--out", str(out)])
    assert stop.value.code == 0
    assert "2 response maps" in capsys.readouterr().out
    table = pd.read_csv(out / "response_maps.csv")
    assert list(table["filter"]) == ["log-2mm", "simoncelli-1"]
    assert {path.name for path in out.iterdir()} == {*table["file"], "response_maps.csv", "provenance.json"}
    mask = make_image(ball(SHAPE, 5), (1.0, 1.0, 2.0))
    features = extract_features(image, sitk.Cast(mask, sitk.sitkUInt8), params=PARAMS)
    for row in table.itertuples():
        written = sitk.ReadImage(str(out / row.file))
        assert written.GetSpacing() == pytest.approx((1.5, 1.5, 1.5))
        inside = sitk.GetArrayFromImage(
            sitk.Resample(mask, written, sitk.Transform(), sitk.sitkNearestNeighbor)
        )
        values = sitk.GetArrayFromImage(written)
        assert features[f"{row.filter}_firstorder_Maximum"] == pytest.approx(
            values[inside > 0].max(), rel=1e-6
        )
        assert (row.minimum, row.maximum) == pytest.approx((values.min(), values.max()), rel=1e-6)
    pd.testing.assert_frame_equal(
        write_response_maps(image, out, params=PARAMS), table, check_exact=False, rtol=1e-9
    )


def test_in_memory_and_without_a_filter(image: Path) -> None:
    found = response_maps(image, params=PARAMS)
    assert list(found) == ["log-2mm", "simoncelli-1"]
    with pytest.raises(InputError, match="requests no filter"):
        response_maps(image, params={})
