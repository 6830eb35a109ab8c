"""Cost of a run by the number of its cases: time per case, start of a finished run, memory of the parent.

    python -m benchmarks.scale [10 100 1000 10000]

Images are tiny (12 x 12 x 10 voxels, shape and first order), so that nearly everything is overhead: what a
run needs beside the extraction. Each row runs the public function in a process of its own, twice in a folder.
The same cases in a loop of `extract_features` show what the extraction alone needs. The last row is of the 25
real tumours of `sts_mr` with the preset `t1w_mr_1mm`, if they are there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from tests.support.paths import DATA

#: The loop has one thread as well, as each process of a run has.
NAMES = ("OMP", "OPENBLAS", "MKL", "NUMBA")
ONE_THREAD = {
    **os.environ,
    **{f"{name}_NUM_THREADS": "1" for name in NAMES},
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1",
}
PARAMS = "imageType: {Original: {}}\nfeatureClass: {firstorder: [], shape: []}\nsetting: {binWidth: 10}\n"
STUDY = "name: scale\ncohort: cohort.csv\nextract: {params: params.yaml}\n"
RUN = """
import json, resource, sys, time
import nbradiomics as nb
nb.extract_features(*sys.argv[3:5], params=sys.argv[5])  # imports and machine code
start = time.perf_counter()
done = nb.run(sys.argv[1], sys.argv[2], jobs=1)
seconds = time.perf_counter() - start
assert not done.failures
print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""
LOOP = """
import json, sys, time
import pandas as pd
import nbradiomics as nb
from nbradiomics.features.parameters import load_parameters
table = pd.read_csv(sys.argv[1])
params = load_parameters(sys.argv[2])  # read once, as in a run
pairs = list(zip(table["image"], table["mask"], strict=True))
nb.extract_features(*pairs[0], params=params)
start = time.perf_counter()
for image, mask in pairs:
    nb.extract_features(image, mask, params=params)
print(json.dumps([time.perf_counter() - start]))
"""


def make_cohort(number: int, folder: Path) -> int:
    """Write images, masks, cohort table, parameters and study; no two cases are equal."""
    random = np.random.default_rng(0)
    ball = np.zeros((10, 12, 12), np.uint8)
    ball[2:8, 3:9, 3:9] = 1
    rows = ["subject,image,reader,mask"]
    for case in range(number):
        image, mask = folder / f"S{case:05d}.nii", folder / f"S{case:05d}_mask.nii"
        sitk.WriteImage(sitk.GetImageFromArray(random.normal(100, 20, ball.shape).astype(np.int16)), image)
        drawn = ball.copy()
        drawn[2, 3, 3 + case % 6] = 0
        sitk.WriteImage(sitk.GetImageFromArray(drawn), mask)
        rows.append(f"S{case:05d},{image.name},A,{mask.name}")
    (folder / "cohort.csv").write_text("\n".join(rows) + "\n")
    (folder / "params.yaml").write_text(PARAMS)
    (folder / "study.yaml").write_text(STUDY)
    return number


def measured(script: str, folder: Path, *arguments: str) -> list[float]:
    """Run a script in a process of its own, and return what it prints."""
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, env=ONE_THREAD)
    numbers: list[float] = json.loads(done.stdout.splitlines()[-1])
    return numbers


def link_real(folder: Path) -> int:
    """Write the cohort table of the real tumours, parameters and study; return their number."""
    images = sorted((DATA / "sts_mr").glob("*_image.nii.gz"))
    rows = [f"{image.name[:7]},{image},A,{str(image).replace('_image', '_mask')}" for image in images]
    (folder / "cohort.csv").write_text("\n".join(["subject,image,reader,mask", *rows]) + "\n")
    (folder / "params.yaml").write_text(Path("params/t1w_mr_1mm.yaml").read_text())
    (folder / "study.yaml").write_text(STUDY)
    return len(images)


def row(number: int, *, real: bool = False) -> str:
    """Measure a cohort of this number of cases."""
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as out:
        folder = Path(place)
        number = link_real(folder) if real else make_cohort(number, folder)
        first_row = (folder / "cohort.csv").read_text().splitlines()[1].split(",")
        run = ("study.yaml", out, first_row[1], first_row[3], "params.yaml")
        (first, first_mb), (again, again_mb) = measured(RUN, folder, *run), measured(RUN, folder, *run)
        (loop,) = measured(LOOP, folder, "cohort.csv", "params.yaml")
        size = sum(file.stat().st_size for file in Path(out, "cache").rglob("*") if file.is_file())
    each = [1000 * seconds / number for seconds in (first, loop, first - loop)]
    cells = [*(f"{value:.1f}" for value in each), f"{again:.1f}", f"{first_mb:.0f}", f"{again_mb:.0f}"]
    return f"| {number} | {' | '.join(cells)} | {size / number / 1024:.1f} |"


if __name__ == "__main__":
    print("| cases | run, ms a case | loop, ms a case | overhead, ms a case | finished run, s | MB |", end="")
    print(" MB, finished | store, kB a case |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for given in sys.argv[1:] or ["10", "100", "1000", "10000"]:
        print(row(int(given)), flush=True)
    if (DATA / "sts_mr").exists():
        print(row(0, real=True).replace("|", "| real,", 1))
