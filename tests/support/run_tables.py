"""What the tests of report share."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk

from nbradiomics.messages.wording import NO_BREAK
from nbradiomics.report.build import SECTIONS
from nbradiomics.report.content import Facts, Page, Section
from nbradiomics.report.render import render
from nbradiomics.report.run_files import read_run
from nbradiomics.reproducibility.needed_agreement import NEEDED_AGREEMENT
from nbradiomics.reproducibility.variance.schema import VARIANCE

FEATURES = ["original_shape_MeshVolume", "original_glcm_Contrast", "wavelet-LLH_ngtdm_Busyness"]


SPACING = (1.5, 1.5, 4.0)


METRICS = [
    "dice",
    "jaccard",
    "sensitivity",
    "precision",
    "fprm",
    "fnr",
    "volumetric_similarity",
    "hd95_mm",
    "assd_mm",
]


def ball(centre: tuple[int, int, int], radius: float) -> np.ndarray:
    z, y, x = np.ogrid[:10, :40, :44]
    inside = (z - centre[0]) ** 2 * 7 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2 <= radius**2
    return inside.astype(np.uint8)


def write_volume(array: np.ndarray, path: Path, spacing: tuple[float, float, float] = SPACING) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing)
    sitk.WriteImage(image, str(path))


def write_images(folder: Path) -> list[dict[str, object]]:
    """Two subjects, readers A, B and auto; the mask of auto is empty in P2. P3 has no mask."""
    rng = np.random.default_rng(0)
    rows: list[dict[str, object]] = []
    for number_, subject in enumerate(("P1", "P2", "P3")):
        radii = {"A": 8.0, "B": 9.0, "auto": 7.0 if subject == "P1" else 0.0} if number_ < 2 else {}
        write_volume(rng.normal(100, 10, (10, 40, 44)).astype(np.float32), folder / f"data/{subject}.nii.gz")
        common = {"subject": subject, "timepoint": "baseline", "sequence": "T2w", "roi": "tumour"}
        for reader, radius in radii.items():
            mask = ball((4 + number_, 20, 20), radius) if radius else ball((0, 0, 0), -1) * 0
            write_volume(mask, folder / f"data/{subject}_{reader}.nii.gz")
            files = {"image": f"../data/{subject}.nii.gz", "mask": f"../data/{subject}_{reader}.nii.gz"}
            rows.append({**common, "reader": reader, "reading": 1, **files})
        if not radii:
            rows.append(
                {**common, "reader": "", "reading": 1, "image": f"../data/{subject}.nii.gz", "mask": ""}
            )
    return rows


def agreement_rows() -> list[dict[str, object]]:
    rows = []
    for subject, dice in (("P1", {"auto": 0.8125, "B": 0.9375}), ("P2", {"auto": 0.0, "B": 0.8642})):
        for reader, reference, value in (
            ("auto", "A", dice["auto"]),
            ("A", "auto", dice["auto"]),
            ("auto", "B", dice["auto"]),
            ("B", "auto", dice["auto"]),
            ("A", "B", dice["B"]),
            ("B", "A", dice["B"]),
        ):
            empty = subject == "P2" and "auto" in (reader, reference)
            status = ("empty_mask" if reader == "auto" else "empty_reference") if empty else "ok"
            row = {"subject": subject, "timepoint": "baseline", "sequence": "T2w", "roi": "tumour"}
            row |= {"reader": reader, "reference": reference, "status": status}
            row |= dict.fromkeys(METRICS, 0.5) | {"dice": value, "hd95_mm": np.nan if empty else 3.26}
            rows.append(row)
    return rows


def write_outcome_files(folder: Path) -> None:
    folder.mkdir(parents=True)
    performance = [
        ("clinical", "harrell_c", 0.651, 0.552, 0.748),
        ("radiomic", "harrell_c", np.nan, np.nan, np.nan),
        ("combined", "harrell_c", 0.7349, 0.62, 0.8449),
        ("combined", "harrell_c_gain_over_clinical", -0.0133, -0.1, 0.0821),
    ]
    columns = ["model", "metric", "value", "low", "high"]
    pd.DataFrame(performance, columns=columns).to_csv(folder / "performance.csv", index=False)
    curves = [
        ("combined", group, t, 1 - t / 900, 1 - t / 700, 1 - t / 1200, 20 - t // 100)
        for group in ("high", "low")
        for t in (0, 100, 300, 500)
    ]
    columns = ["model", "group", "time", "survival", "low", "high", "at_risk"]
    pd.DataFrame(curves, columns=columns).to_csv(folder / "kaplan_meier.csv", index=False)
    selection = [("combined", FEATURES[1], 0.96, -0.3456), ("combined", FEATURES[2], 0.02, np.nan)]
    columns = ["model", "feature", "frequency", "coefficient"]
    pd.DataFrame(selection, columns=columns).to_csv(folder / "selection.csv", index=False)
    excluded = [("P8", "no time"), ("P9", "no time")]
    pd.DataFrame(excluded, columns=["subject", "reason"]).to_csv(folder / "excluded.csv", index=False)
    summary = {"time": "os_days", "event": "os_event", "subjects": 40, "events": 21, "models": ["combined"]}
    summary |= {
        "settings": {"permutations": 199},
        "permutation_p": {"combined": 0.035},
        "sentences": ["C was 0.73."],
    }
    (folder / "summary.json").write_text(json.dumps(summary))


def write_study_files(folder: Path) -> None:
    """Tests and cases of a reader study; the other tables are left out."""
    folder.mkdir()
    sentence = "Non-inferiority at a margin of 0.030 Dice was not tested: 2 subjects are too few."
    test = {"test": "non_inferiority", "subject_of_test": "auto", "passed": "", "sentence": sentence, "n": 2}
    numbers = ("epsilon", "value", "low", "high", "p", "p_adjusted")
    pd.DataFrame([test | dict.fromkeys(numbers, np.nan)]).to_csv(folder / "tests.csv", index=False)
    scan = {"timepoint": "baseline", "sequence": "T2w", "roi": "tumour"}
    cases = [
        {"subject": "P2", **scan, "auto_readers": 0.0, "readers_readers": 0.8642, "status": "empty_mask"},
        {"subject": "P1", **scan, "auto_readers": 0.8125, "readers_readers": 0.9375, "status": "ok"},
    ]
    rest = {"difference": -0.125, "lowest_pair": "auto-A", "hd95_mm": np.nan, "fprm": 0.5, "fnr": 0.5}
    pd.DataFrame([case | rest for case in cases]).to_csv(folder / "cases.csv", index=False)
    (folder / "summary.json").write_text(json.dumps({"settings": {"metric": "dice", "margin": 0.03}}))


def write_tables(run: Path) -> None:
    pd.DataFrame(agreement_rows()).to_csv(run / "agreement.csv", index=False)
    index = {"timepoint": "baseline", "sequence": "T2w", "roi": "tumour", "reading": 1, "variant": "original"}
    features = [
        {"subject": subject, "reader": reader, **index}
        | dict.fromkeys(FEATURES, np.nan if (subject, reader) == ("P2", "auto") else 1.5)
        for subject in ("P1", "P2")
        for reader in ("A", "B", "auto")
    ]
    pd.DataFrame(features).to_parquet(run / "features.parquet")
    segmentation = [
        ("P1", "baseline", "T2w", "ok", 20.5, 0.04, 0.95),
        ("P2", "baseline", "T2w", "empty", 0, np.nan, np.nan),
    ]
    columns = ["subject", "timepoint", "sequence", "status", "volume_ml", "volume_cv", "fold_dice"]
    pd.DataFrame(segmentation, columns=columns).to_csv(run / "segmentation.csv", index=False)
    (run / "reproducibility").mkdir()
    icc = pd.DataFrame({"feature": FEATURES, "icc": [0.9512, 0.5, np.nan], "low": [0.8004, 0.2, np.nan]})
    icc = icc.assign(high=[0.9987, 0.7, np.nan], subjects=[14, 14, 14], stable=[True, False, False])
    icc.to_csv(run / "reproducibility/readers.csv", index=False)
    icc.assign(stable=[False] * 3).to_csv(run / "reproducibility/auto_vs_readers.csv", index=False)
    (run / "needed_agreement").mkdir()
    few = "4 pairs of 2 subjects; 50 pairs of 20 subjects are needed"
    needed = {"metric": "dice", "reached": "", "share": 0.9, "limit_from": "icc", "icc": 0.9, "scale": "raw"}
    needed |= {"pairs": 4, "subjects": 2, "undefined_once": 1, "left_out": 0, "reason": few}
    table = NEEDED_AGREEMENT.table([{"feature": name} | needed for name in FEATURES])
    table.to_csv(run / "needed_agreement/features.csv", index=False)
    shares = {"subjects": 2, "rows": 4, "levels": "reader 2", "not_told_apart": "", "note": ""}
    shares |= {"share_subject": 0.8, "share_reader": 0.15, "share_residual": 0.05}
    parts = pd.DataFrame([{"feature": name} | shares for name in FEATURES])
    VARIANCE.table(parts.reindex(columns=list(VARIANCE.names)).to_dict("list")).to_csv(
        run / "variance.csv", index=False
    )
    check = [("cohort.csv", 3, "mask", "warning", "a tiny mask", "Look at it.")]
    columns = ["file", "row", "column", "severity", "problem", "remedy"]
    pd.DataFrame(check, columns=columns).to_csv(run / "check.csv", index=False)
    failure = [("P2/auto", "extract", "the mask is empty", "Nothing to measure.")]
    pd.DataFrame(failure, columns=["case", "stage", "cause", "hint"]).to_csv(
        run / "failures.csv", index=False
    )


def part_of(run: Path, name: str) -> str:
    """One section of the page: the others' pictures need not be drawn."""
    record = read_run(run)
    parts = tuple(Section(key, title, blocks(record)) for key, title, blocks in SECTIONS if key == name)
    return section(render(Page("", "", (), Facts(()), parts)), name)


def section(html: str, name: str) -> str:
    match = re.search(rf'<section id="{name}">(.*?)</section>', html, flags=re.DOTALL)
    assert match
    return match[1]


def facts_of(html: str) -> dict[str, str]:
    """Figures of the box by their name; spaces at which no line ends are spaces."""
    found = re.findall(r'<dt>(.*?)</dt><dd class="value">(.*?)</dd>', html)
    return {name: value.replace(NO_BREAK, " ") for name, value in found}


def edit(path: Path, **values: object) -> None:
    """Set columns of a CSV."""
    pd.read_csv(path, keep_default_na=False).assign(**values).to_csv(path, index=False)
