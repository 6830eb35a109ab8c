"""The steps on real MR of soft-tissue sarcomas."""

from __future__ import annotations

import numpy as np
import pytest

from nbradiomics.images.io import read_image
from nbradiomics.preparation.apply import apply_steps, fit_steps
from nbradiomics.preparation.reading import read_steps
from nbradiomics.preparation.tissue import foreground
from nbradiomics.preparation.volume import Volume
from tests.support.helpers import array
from tests.support.paths import DATA

FOLDER = DATA / "sts_mr"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no real images in {FOLDER}"),
]


def volume(name: str) -> Volume:
    mask = read_image(FOLDER / f"STS_{name}_mask.nii.gz")
    return Volume(read_image(FOLDER / f"STS_{name}_image.nii.gz"), masks=(mask,), name=name)


def test_all_steps_together_on_a_subject_that_was_not_fitted() -> None:
    names = sorted(file.name.split("_")[1] for file in FOLDER.glob("*_image.nii.gz"))
    smallest = sorted(names, key=lambda name: (FOLDER / f"STS_{name}_image.nii.gz").stat().st_size)[:3]
    training = {name: volume(name) for name in smallest[1:]}
    steps = fit_steps(read_steps("n4,denoise,nyul,resample:spacing=2"), training)
    one = volume(smallest[0])
    done = apply_steps(one, steps)
    n4, _, nyul, resampled = done.records
    assert [record.step for record in done.records] == ["n4", "ad", "nyul", "resample_spacing=2x2x2"]
    assert 0.3 < n4.values["field_lowest"] < 1 < n4.values["field_highest"] < 3
    assert nyul.notes == ()
    assert done.image.GetSpacing() == (2, 2, 2)
    assert resampled.values["masks_emptied"] == 0
    edges = [float(np.prod(each.GetSpacing())) for each in (one.masks[0], done.masks[0])]
    volumes = [
        edge * array(mask).sum() for edge, mask in zip(edges, (one.masks[0], done.masks[0]), strict=True)
    ]
    assert volumes[1] == pytest.approx(volumes[0], rel=0.05)
    before_resampling = apply_steps(one, steps[:3])
    smooth = apply_steps(one, steps[:2])
    marks = np.percentile(array(before_resampling.image)[foreground(smooth.image)], range(10, 100, 10))
    assert marks == pytest.approx(steps[2].scale[1:-1], abs=0.1)
