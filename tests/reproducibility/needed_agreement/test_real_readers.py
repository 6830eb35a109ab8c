"""Real readers: 151 lung nodules, each outlined by four radiologists."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbradiomics.agreement.cohort import compare_cohort
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.reproducibility.needed_agreement import needed_agreement


@pytest.mark.slow
def test_shape_features_of_lung_nodules(real_data: Path, tmp_path: Path) -> None:
    cohort = real_data / "lidc" / "cohort.csv"
    if not cohort.is_file():
        pytest.skip(f"no readers at {cohort}")
    parameters = tmp_path / "shape.yaml"
    parameters.write_text("imageType: {Original: {}}\nfeatureClass: {shape: }\n", encoding="utf-8")
    features, pairs = extract_cohort(cohort, params=parameters).table, compare_cohort(cohort).table
    result = needed_agreement(features, pairs, metrics=("dice", "assd_mm"))
    dice = result.table[result.table["metric"] == "dice"].set_index("feature")
    # Two directions of 6 pairs of 151 nodules; every pair is used.
    assert set(dice["pairs"]) == {len(pairs) // 2}
    assert result.left_out.empty
    assert set(dice["reached"]) == {"inside"}
    assert dice["needed"].between(0.65, 0.95).all()
    # Two ratios of axes ask for more than the axes themselves, and a volume for more than a diameter.
    needed = dice["needed"].rename(lambda name: name.removeprefix("original_shape_"))
    assert needed["Elongation"] == needed.max()
    assert needed["VoxelVolume"] == pytest.approx(needed["MeshVolume"], abs=0.01)
    assert needed["VoxelVolume"] > needed["MajorAxisLength"]
    assert (dice["low"].fillna(0) <= dice["needed"]).all()
    assert (dice["needed"] <= dice["high"].fillna(1)).all()
