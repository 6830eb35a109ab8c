"""The same cases by every executor: seconds, processor time beside the extraction, and equal tables.

    python -m benchmarks.executors [200]

Each row runs `nbradiomics extract` with an empty store in processes of its own: in one process, in two, on
a Dask cluster of this machine, on a scheduler with two workers, and as four shards at once with the command
that joins them. The cases in a loop of `extract_features` show what the extraction alone needs.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from benchmarks.scale import LOOP, measured
from tests.support.dask_cluster import dask_cluster

PARAMS = """
imageType: {Original: {}, Wavelet: {}, LoG: {sigma: [1, 2, 3]}}
featureClass: {shape: , firstorder: , glcm: , glrlm: , glszm: , gldm: }
setting: {binWidth: 10}
"""
WORKERS = 2


def make_cohort(number: int, folder: Path) -> None:
    """Write images of 56 x 64 x 64 voxels with a ball, all different, and their cohort table."""
    random = np.random.default_rng(0)
    rows = ["subject,image,reader,mask"]
    z, y, x = np.mgrid[:56, :64, :64]
    ball = ((z - 28) ** 2 + (y - 32) ** 2 + (x - 32) ** 2 < 24**2).astype(np.uint8)
    sitk.WriteImage(sitk.GetImageFromArray(ball), folder / "mask.nii")
    for case in range(number):
        image = random.normal(100, 30, ball.shape).astype(np.int16)
        sitk.WriteImage(sitk.GetImageFromArray(image), folder / f"S{case:03d}.nii")
        rows.append(f"S{case:03d},S{case:03d}.nii,A,mask.nii")
    (folder / "cohort.csv").write_text("\n".join(rows) + "\n")
    (folder / "params.yaml").write_text(PARAMS)


def extract(folder: Path, name: str, *options: str) -> subprocess.Popen[bytes]:
    """Start `extract` with a store of this name."""
    files = ("cohort.csv", "--params", "params.yaml", "--out", f"{name}.parquet", "--work", name)
    command = [sys.executable, "-m", "nbradiomics", "extract", *files, *options]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(*processes: subprocess.Popen[bytes]) -> None:
    """Wait for commands, none of which may fail."""
    for process in processes:
        _, said = process.communicate()
        assert process.returncode == 0, said.decode()


def run(way: str, folder: Path) -> None:
    """Extract the cohort in one way; the table is ``WAY.parquet``."""
    if way == "tcp":
        with dask_cluster(folder / "dask", WORKERS) as cluster:
            finish(extract(folder, way, "--executor", cluster.address))
            for process in [*cluster.nannies, cluster.scheduler]:  # in order, so that their time is counted
                assert process is not None
                process.terminate()
                process.wait()
    elif way == "shards":
        finish(*(extract(folder, way, "--shard", f"{i}/4", "--jobs", "1") for i in range(1, 5)))
        finish(extract(folder, way, "--jobs", "1"))
    elif way == "dask":
        finish(extract(folder, way, "--executor", "dask", "--jobs", str(WORKERS)))
    else:
        finish(extract(folder, way, "--jobs", way.removeprefix("jobs")))


def processor() -> float:
    """Return the processor seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(number: int) -> None:
    """Measure every way, and print the table."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make_cohort(number, folder)
        finish(extract(folder, "warm", "--jobs", "1", "--shard", f"1/{number}"))  # machine code
        before = processor()
        (seconds,) = measured(LOOP, folder, "cohort.csv", "params.yaml")
        alone = processor() - before
        print("| way | seconds | processor s | overhead, processor ms a case | table |")
        print("| --- | --- | --- | --- | --- |")
        print(f"| loop of `extract_features` | {seconds:.1f} | {alone:.1f} | 0 | - |", flush=True)
        for way in ("jobs1", "jobs2", "dask", "tcp", "shards"):
            before, begun = processor(), time.perf_counter()
            run(way, folder)
            seconds, used = time.perf_counter() - begun, processor() - before
            same = (folder / f"{way}.parquet").read_bytes() == (folder / "jobs1.parquet").read_bytes()
            each = 1000 * (used - alone) / number
            verdict = "equal bytes" if same else "differs"
            print(f"| {way} | {seconds:.1f} | {used:.1f} | {each:.1f} | {verdict} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 200)
