"""Measure the effect of `crop: union` on values and time, with two readers of real tumours.

    python -m benchmarks.crop_union --data DATA/sts_mr --cases STS_019 STS_035 STS_003 STS_047

Each expert's mask and a seeded second reader made
from it are measured with LoG 1 to 5 mm and the coif1 wavelet at 1 mm, twice: each mask alone, as in
PyRadiomics, and both on one crop. The script prints how much a feature changes only because of the crop, the
difference of the two readers' features in both ways, and the time for the second mask.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk
from threadpoolctl import threadpool_limits

from nbradiomics.features.extract import extract_region, extract_regions
from nbradiomics.features.parameters import load_parameters
from tests.support.second_reader import second_reader

PARAMETERS = {
    "setting": {"binWidth": 25, "resampledPixelSpacing": [1, 1, 1], "padDistance": 5},
    "imageType": {"Original": {}, "LoG": {"sigma": [1.0, 2.0, 3.0, 4.0, 5.0]}, "Wavelet": {}},
}
READERS = ("expert", "second")


def main() -> None:
    """Measure each case both ways and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with NAME_image and NAME_mask")
    parser.add_argument("--cases", nargs="+", default=["STS_019", "STS_035", "STS_003", "STS_047"])
    options = parser.parse_args()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    with threadpool_limits(1):
        measured = [measure(options.data, case) for case in options.cases]
    table = pd.concat([table for table, _ in measured])
    seconds = pd.DataFrame([times for _, times in measured], index=options.cases)
    print(by_image(table).T.round(4).to_string())
    print()
    print(seconds.round(2).to_string())


def two_readers(data: Path, case: str) -> tuple[sitk.Image, sitk.Image, sitk.Image]:
    """Return the image, the expert's mask, and the mask of a second reader made from it."""
    image = sitk.ReadImage(str(data / f"{case}_image.nii.gz"))
    mask = sitk.ReadImage(str(data / f"{case}_mask.nii.gz")) > 0
    drawn = sitk.GetImageFromArray(
        second_reader(sitk.GetArrayFromImage(mask) > 0, seed=int(case[-3:])).astype(np.uint8)
    )
    drawn.CopyInformation(mask)
    return image, mask, drawn


def measure(data: Path, case: str) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the features of both readers in both ways, and the seconds."""
    image, mask, drawn = two_readers(data, case)
    regions = dict(zip(READERS, (mask, drawn), strict=True))
    own, shared = (
        load_parameters(PARAMETERS),
        load_parameters({**PARAMETERS, "nbradiomics": {"crop": "union"}}),
    )
    extract_region(image, mask, load_parameters({}), name=case)  # compiles the code if needed
    columns, times = {}, {}
    for reader, region in regions.items():
        start = time.perf_counter()
        columns[reader, "mask"] = extract_region(image, region, own, name=case).values
        times[f"{reader} alone (s)"] = time.perf_counter() - start
    start = time.perf_counter()
    together = extract_regions(image, regions, shared, engine="native")
    times["both on the union (s)"] = time.perf_counter() - start
    for reader, found in together.items():
        columns[reader, "union"] = found.values
    alone = times["expert alone (s)"]
    times["second mask: share of its own time"] = (times["both on the union (s)"] - alone) / times[
        "second alone (s)"
    ]
    return pd.DataFrame(columns).assign(case=case), times


def by_image(table: pd.DataFrame) -> pd.DataFrame:
    """Return medians of the relative differences over features and cases, by kind of image."""
    kinds = table.index.str.extract(r"^(original|log|wavelet)")[0].to_numpy()
    relative = pd.DataFrame(
        {
            "crop alone, median": _relative(table["expert", "mask"], table["expert", "union"]),
            "readers apart, own crops": _relative(table["expert", "mask"], table["second", "mask"]),
            "readers apart, one crop": _relative(table["expert", "union"], table["second", "union"]),
        }
    ).assign(kind=kinds)
    found = relative.groupby("kind").median()
    found["crop alone, 95th percentile"] = relative.groupby("kind")["crop alone, median"].quantile(0.95)
    found["features that change by more than 1 %"] = (
        relative.assign(changed=relative["crop alone, median"] > 0.01).groupby("kind")["changed"].mean()
    )
    return found


def _relative(first: pd.Series, second: pd.Series) -> pd.Series:
    """Return the difference divided by the mean of the two sizes, from 0 to 2."""
    size = (first.abs() + second.abs()) / 2
    return ((first - second).abs() / size.where(size > 0)).fillna(0.0)


if __name__ == "__main__":
    main()
