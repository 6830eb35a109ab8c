"""Time cohorts with many rows: reading, cases, scans, with n and with 4 n rows; linear time has a ratio of 4.

python benchmarks/rows.py
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from nbradiomics.cohort import Cohort, load_cohort
from nbradiomics.cohort.lesions import apply_lesion_rule

ROWS = 1000
KINDS = {
    "readers of one scan": "s,i.nii,r{0},m{0}.nii,tumour,1",
    "lesions of one scan": "s,i.nii,A,m{0}.nii,roi{0},1",
    "readings of one scan": "s,i.nii,A,m{0}.nii,tumour,{1}",
    "subjects": "s{0},i{0}.nii,A,m{0}.nii,tumour,1",
}
STEPS: dict[str, Callable[[Cohort], object]] = {
    "cases": lambda cohort: apply_lesion_rule(cohort.cases()),
    "scans": lambda cohort: cohort.scans(),
    "another reader": lambda cohort: cohort.with_reader("x", {scan: Path("x") for scan in cohort.scans()}),
    "write": lambda cohort: cohort.write(cohort.path.with_name("written.csv")),
}


def seconds(row: str, number: int, folder: Path) -> dict[str, float]:
    path = folder / "cohort.csv"
    lines = [row.format(place, place + 1) for place in range(number)]
    path.write_text("\n".join(["subject,image,reader,mask,roi,reading", *lines]) + "\n")
    begun = time.perf_counter()
    cohort = load_cohort(path)
    found = {"read": time.perf_counter() - begun}
    for name, step in STEPS.items():
        begun = time.perf_counter()
        step(cohort)
        found[name] = time.perf_counter() - begun
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        seconds(KINDS["subjects"], 10, Path(folder))  # imports
        for kind, row in KINDS.items():
            one, four = (seconds(row, number, Path(folder)) for number in (ROWS, 4 * ROWS))
            for step in one:
                ratio = four[step] / one[step]
                print(f"{kind:22s} {step:16s} {one[step]:6.2f} s {four[step]:6.2f} s   ratio {ratio:4.1f}")


if __name__ == "__main__":
    main()
