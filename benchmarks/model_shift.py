"""Evaluate the bundled model on unseen cases, and on the same cases with changes of another scanner.

    python benchmarks/model_shift.py --cases 16

Every condition changes the same phantoms, so that cases can be compared one by one:

- `unseen`: unchanged phantoms, from seeds that no training or evaluation used;
- `noise`: more Rician noise, with a standard deviation of 15 % of the image's 99th percentile in each channel
  of the complex signal;
- `contrast`: intensities changed by a gamma curve of 0.6, and the contrast between the tumour and its
  surroundings (within 10 mm) reduced to 40 %;
- `both`: the contrast, then the noise.

The script prints a table for RESULTS.md: Dice against the truth, the agreement of the model's folds, and
their Spearman rank correlation.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import SimpleITK as sitk
from scipy import ndimage
from scipy.stats import spearmanr

from nbradiomics.agreement import compare_masks
from nbradiomics.segmentation.model import Model, load_model
from nbradiomics.segmentation.prediction.inference import Inference
from nbradiomics.synthetic import SCANNERS, make_case
from nbradiomics.synthetic.case import PhantomCase, seed_of

#: A namespace of seeds that is used only here.
NAMESPACE = 1_801_404
NOISE = 0.15
GAMMA = 0.6
KEPT = 0.4
NEAR_MM = 10.0
#: If the agreement of the folds is lower, `segment` warns about the case.
WARNING = 0.8
Array = npt.NDArray[np.float64]
Change = Callable[[Array, npt.NDArray[np.bool_], tuple[float, ...], np.random.Generator], Array]


def add_noise(image: Array, _mask: object, _spacing: object, rng: np.random.Generator) -> Array:
    """Magnitude of a complex signal with more noise in both channels."""
    real, imaginary = rng.normal(0.0, NOISE * np.percentile(image, 99), (2, *image.shape))
    return np.hypot(image + real, imaginary)


def near(mask: npt.NDArray[np.bool_], spacing: tuple[float, ...]) -> npt.NDArray[np.bool_]:
    """Return the voxels outside the tumour within `NEAR_MM` of it."""
    distance = ndimage.distance_transform_edt(~mask, sampling=spacing)
    return np.asarray((distance > 0) & (distance <= NEAR_MM))


def change_contrast(
    image: Array, mask: npt.NDArray[np.bool_], spacing: tuple[float, ...], _rng: object
) -> Array:
    """Change the curve of intensities, and reduce the contrast of the tumour to its surroundings."""
    top = float(np.percentile(image, 99))
    curved = top * (image / top) ** GAMMA
    around = near(mask, spacing)
    step = curved[mask].mean() - curved[around].mean()
    inside = ndimage.gaussian_filter(mask.astype(float), 0.5)  # the edge stays as soft as it was, or nearly
    return np.maximum(curved - (1 - KEPT) * step * inside, 0.0)


def change_both(
    image: Array, mask: npt.NDArray[np.bool_], spacing: tuple[float, ...], rng: np.random.Generator
) -> Array:
    """Change the contrast, then add noise."""
    return add_noise(change_contrast(image, mask, spacing, rng), mask, spacing, rng)


CONDITIONS: dict[str, Change | None] = {
    "unseen": None,
    "noise": add_noise,
    "contrast": change_contrast,
    "both": change_both,
}


def shifted(case: PhantomCase, change: Change | None, seed: int) -> sitk.Image:
    """Return the case's image after a change, in 16 bits as a scanner stores it."""
    if change is None:
        return case.image
    image = sitk.GetArrayFromImage(case.image).astype(float)
    mask = sitk.GetArrayFromImage(case.mask) > 0
    rng = np.random.default_rng(seed_of(NAMESPACE, 1, seed))
    result = np.clip(np.round(change(image, mask, case.image.GetSpacing()[::-1], rng)), 0, 32_767)
    changed = sitk.GetImageFromArray(result.astype(np.int16))
    changed.CopyInformation(case.image)
    return changed


def measure(model: Model, cases: int) -> pd.DataFrame:
    """Return one row per condition and case: condition, case, site, dice, fold_dice, volume_cv."""
    rows = []
    for index in range(cases):
        case = make_case(seed_of(NAMESPACE, 0, index), SCANNERS[index % len(SCANNERS)])
        for condition, change in CONDITIONS.items():
            found = model.predict(
                shifted(case, change, index), inference=Inference(device="cpu", precision="fp32"), threads=1
            )
            dice = compare_masks(found.mask, case.mask)["dice"]
            row = {"condition": condition, "case": index, "site": case.scanner.site, "dice": dice}
            rows.append({**row, "fold_dice": found.fold_dice, "volume_cv": found.volume_cv})
    return pd.DataFrame(rows)


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row per condition, and one for all cases."""
    groups = [*table.groupby("condition", sort=False), ("all", table)]
    return pd.DataFrame([{"condition": name, **_figures(group)} for name, group in groups])


def _figures(group: pd.DataFrame) -> dict[str, float]:
    warned = group["fold_dice"] < WARNING
    poor = group["dice"] < 0.7
    return {
        "cases": len(group),
        "mean Dice": group["dice"].mean(),
        "lowest Dice": group["dice"].min(),
        "empty masks": int(group["volume_cv"].isna().sum()),
        "mean fold_dice": group["fold_dice"].mean(),
        "mean volume_cv": group["volume_cv"].mean(),
        "rank correlation fold_dice, Dice": spearmanr(group["fold_dice"], group["dice"]).statistic,
        "rank correlation volume_cv, Dice": spearmanr(
            group["volume_cv"], group["dice"], nan_policy="omit"
        ).statistic,
        "Dice below 0.7": int(poor.sum()),
        "of these warned of": int((poor & warned).sum()),
        "warned of without need": int((~poor & warned).sum()),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="synthetic-demo")
    parser.add_argument("--cases", type=int, default=16)
    parser.add_argument("--out", type=Path, help="write the results of each case to this CSV file")
    options = parser.parse_args()
    table = measure(load_model(options.model), options.cases)
    if options.out:
        table.to_csv(options.out, index=False)
    summary = summarise(table).set_index("condition").T
    print("| | " + " | ".join(summary.columns) + " |")
    print("| --- " * (len(summary.columns) + 1) + "|")
    for name, values in summary.iterrows():
        cells = [f"{value:.0f}" if float(value).is_integer() else f"{value:.3f}" for value in values]
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
