"""The speed that a user gets: the public function and the command, beside PyRadiomics' own.

    python benchmarks/features_on_files.py --data DATA/sts_mr --tumours STS_025,STS_015,STS_001 --command

Function: `extract_features` with the path of a parameter file, on images in memory (files apart) and on
files, and `RadiomicsFeatureExtractor.execute` on the same. They alternate in one process; times are processor
times (medians of the repeats), because the machine may be shared: read the ratios. Command: `nbradiomics
extract` and `pyradiomics`, each with one process, on all tumours of the folder; processor time of the whole
command.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import SimpleITK as sitk

ORIGINAL = "setting: {binWidth: 25}\nimageType: {Original: {}}\n"
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"),
    "1",
)
_PYRADIOMICS = (
    "import sys; from radiomics.scripts import parse_args; sys.argv[0] = 'pyradiomics'; parse_args()"
)


def alternating(calls: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return the median processor time in ms of each call."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            start = time.process_time()
            call()
            times[name].append(time.process_time() - start)
    return {name: 1000 * median(values) for name, values in times.items()}


def function_row(data: Path, name: str, params: Path, repeats: int) -> str:
    from radiomics import setVerbosity
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    from nbradiomics.features import extract_features

    setVerbosity(60)
    extractor = RadiomicsFeatureExtractor(str(params))
    files = data / f"{name}_image.nii.gz", data / f"{name}_mask.nii.gz"
    image, mask = (sitk.ReadImage(str(file)) for file in files)
    extract_features(*files, params=params)
    found = alternating(
        {
            "ours": lambda: extract_features(image, mask, params=params),
            "theirs": lambda: extractor.execute(image, mask),
            "ours_files": lambda: extract_features(*files, params=params),
            "theirs_files": lambda: extractor.execute(*map(str, files)),
        },
        repeats,
    )
    voxels = int((sitk.GetArrayViewFromImage(mask) > 0).sum())
    ratios = found["theirs"] / found["ours"], found["theirs_files"] / found["ours_files"]
    return (
        f"| {name} | {voxels:,} | {found['ours']:.1f} | {found['theirs']:.0f} | {ratios[0]:.1f} | "
        f"{found['ours_files']:.1f} | {found['theirs_files']:.0f} | {ratios[1]:.1f} |"
    )


def command_seconds(command: list[str], folder: Path) -> float:
    """Return the processor time of a command and all of its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, cwd=folder, capture_output=True, env={**os.environ, **ONE_THREAD})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def command_rows(data: Path, params: Path, folder: Path, repeats: int) -> str:
    masks = sorted(data.resolve().glob("*_mask.nii.gz"))
    pairs = [(mask.name[:7], str(mask).replace("_mask", "_image"), str(mask)) for mask in masks]
    for name, columns in (
        ("ours.csv", ("subject", "image", "mask")),
        ("theirs.csv", ("ID", "Image", "Mask")),
    ):
        with (folder / name).open("w", newline="") as file:
            rows = [(*pair, "expert", "baseline", "T1w") for pair in pairs] if name == "ours.csv" else pairs
            extra = ("reader", "timepoint", "sequence") if name == "ours.csv" else ()
            csv.writer(file).writerows([(*columns, *extra), *rows])
    ours = [sys.executable, "-m", "nbradiomics", "extract", "ours.csv", "--params", str(params)]
    ours += ["--out", "ours_out.csv", "--jobs", "1"]
    theirs = [sys.executable, "-c", _PYRADIOMICS, "theirs.csv", "-o", "theirs_out.csv", "-f", "csv"]
    theirs += ["-p", str(params), "-j", "1"]
    command_seconds(ours, folder)  # compiles the kernels
    found: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(repeats):
        (folder / "theirs_out.csv").unlink(missing_ok=True)
        found["theirs"].append(command_seconds(theirs, folder))
        found["ours"].append(command_seconds(ours, folder))
    one, other = median(found["ours"]), median(found["theirs"])
    return f"command, {len(pairs)} tumours: {one:.1f} s, PyRadiomics {other:.1f} s, ratio {other / one:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tumours", default="STS_025,STS_015,STS_001")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--command", action="store_true", help="measure the commands too")
    options = parser.parse_args()
    with TemporaryDirectory() as made:
        params = Path(made) / "params.yaml"
        params.write_text(ORIGINAL)
        print("| tumour | voxels | memory, ms | PyRadiomics | ratio | files, ms | PyRadiomics | ratio |")
        for name in options.tumours.split(","):
            print(function_row(options.data, name, params, options.repeats), flush=True)
        if options.command:
            print(command_rows(options.data, params, Path(made), max(1, options.repeats // 5)))


if __name__ == "__main__":
    main()
