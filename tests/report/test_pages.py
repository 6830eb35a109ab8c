"""Pages that a single command leaves, and the stability by image filter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from nbradiomics.cli.app import app
from nbradiomics.errors import InputError
from nbradiomics.report import build_report
from nbradiomics.report.content import Picture, Table
from nbradiomics.report.feature_names import feature_class, image_type
from nbradiomics.report.pages import (
    build_outcome_page,
    claim_outcome_page,
    claim_reproducibility_page,
    write_reproducibility_page,
)
from nbradiomics.report.run_files import Run
from nbradiomics.report.sections.filters import filters_of, filters_picture
from nbradiomics.report.sections.reproducibility import reproducibility_blocks

NAMES = (
    "original_shape_Sphericity",
    "original_firstorder_Mean",
    "log-sigma-3-0-mm-3D_firstorder_Mean",
    "log-sigma-3-0-mm-3D_glcm_Contrast",
    "wavelet-LLH_glcm_Contrast",
)


def stability(*names: str, stable: bool = True) -> pd.DataFrame:
    numbers = {"icc": 0.9, "low": 0.8, "high": 0.95, "subjects": 12.0, "stable": stable}
    return pd.DataFrame([{"feature": name} | numbers for name in names])


def write_outcome_tables(folder: Path) -> Path:
    folder.mkdir(parents=True)
    rows = [("clinical", "harrell_c", 0.49996, 0.4, 0.6), ("combined", "harrell_c", 0.7, 0.6, 0.8)]
    columns = ["model", "metric", "value", "low", "high"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "performance.csv", index=False)
    curves = [
        ("combined", group, t, 1 - t / 1000, 0.3, 1.0, 9) for group in ("high", "low") for t in (0, 400)
    ]
    columns = ["model", "group", "time", "survival", "low", "high", "at_risk"]
    pd.DataFrame(curves, columns=columns).to_csv(folder / "kaplan_meier.csv", index=False)
    (folder / "summary.json").write_text('{"time": "efs_days", "event": "efs", "subjects": 40, "events": 21}')
    return folder


def test_an_outcome_folder_has_the_section_and_figures_of_the_report(tmp_path: Path) -> None:
    folder = write_outcome_tables(tmp_path / "oc")
    page = build_outcome_page(folder)
    html = page.read_text(encoding="utf-8")
    assert page == folder / "report.html"
    assert "<h1>Outcome: efs</h1>" in html
    assert html.count("<img") == 2  # C-indices and one model's curves
    assert "0.49996" in html  # below chance, and not shown as chance
    assert html.count("<section") == 1
    assert "<nav" not in html
    page.unlink()
    assert build_report(folder) == page
    assert page.read_text(encoding="utf-8") == html


def test_an_outcome_inside_a_run_leaves_the_report_of_the_run_alone(tmp_path: Path) -> None:
    folder = write_outcome_tables(tmp_path / "results")
    (folder / "provenance.json").write_text("{}")
    pd.DataFrame({"case": [], "stage": [], "cause": [], "hint": []}).to_csv(
        folder / "failures.csv", index=False
    )
    html = build_report(folder).read_text(encoding="utf-8")
    assert "Reader study" in html
    with pytest.raises(InputError, match="already exists and is not a page of this command"):
        claim_outcome_page(folder)


def test_no_page_of_another_kind_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "stable.html").write_text("<html>my notebook</html>")
    with pytest.raises(InputError, match="already exists and is not a page of this command"):
        claim_reproducibility_page(tmp_path / "stable.csv")
    (tmp_path / "other.html").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        claim_reproducibility_page(tmp_path / "other.csv")
    assert (tmp_path / "stable.html").read_text(encoding="utf-8") == "<html>my notebook</html>"


@pytest.mark.parametrize(
    ("readers", "told"), [(["A", "B"], "Between readers"), (["auto", "A"], "With the model as a rater")]
)
def test_a_table_of_reproducibility_has_a_page(tmp_path: Path, readers: list[str], told: str) -> None:
    target = tmp_path / "stable.html"
    for _ in range(2):  # its own page is replaced
        write_reproducibility_page(stability(*NAMES), target, levels=readers, threshold=0.75, confidence=0.9)
    html = target.read_text(encoding="utf-8")
    assert f"{told}: 5 of 5 features stable" in html
    assert f"readers {', '.join(readers)}" in html
    assert "90\u00a0% confidence interval of its ICC is at least 0.75" in html
    assert "not part of this run" not in html
    assert html.count("<img") == 2  # by class and by filter


def test_commands_leave_their_pages_and_name_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=12)
    rows = [
        {"subject": f"S{place}", "reader": reader}
        | {name: truth[place] + rng.normal(0, 0.1) for name in NAMES[:2]}
        for reader in ("A", "B")
        for place in range(12)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "features.csv", index=False)
    done = CliRunner().invoke(
        app, ["reproducibility", str(tmp_path / "features.csv"), "--out", str(tmp_path / "stable.csv")]
    )
    assert done.exit_code == 0, done.output
    assert str(tmp_path / "stable.html") in done.output.replace("\n", "")
    assert "of 2 features stable" in (tmp_path / "stable.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("feature", "image", "group"),
    [
        ("original_glcm_Contrast", "original", "glcm"),
        ("log-sigma-1-0-mm-3D_firstorder_10Percentile", "log-sigma-1-0-mm-3D", "firstorder"),
        ("wavelet-LLH_ngtdm_Busyness", "wavelet-LLH", "ngtdm"),
        ("lbp-3D-m1_gldm_DependenceEntropy", "lbp-3D-m1", "gldm"),
        ("age_at_scan", "other", "other"),
        ("volume", "other", "other"),
    ],
)
def test_names_of_features(feature: str, image: str, group: str) -> None:
    assert (image_type(feature), feature_class(feature)) == (image, group)


def test_stability_is_counted_by_filter_and_class() -> None:
    tables = {
        "Between readers": pd.concat([stability(*NAMES[1:4]), stability(*NAMES[4:], stable=False)]),
        "With the model as a rater": stability(*NAMES),
    }
    assert filters_of(tables) == ["original", "log-sigma-3-0-mm-3D", "wavelet-LLH"]
    picture = filters_picture(tables)
    first, second = picture.alt.split("With the model as a rater")
    assert "original 1 of 1 feature, log-sigma-3-0-mm-3D 2 of 2 features, wavelet-LLH 0 of 1 feature" in first
    assert "original 2 of 2 features" in second


def test_filters_are_shown_where_there_are_several() -> None:
    for names, amount in ((NAMES, 2), (NAMES[:2], 1)):
        run = Run(Path("run"), reproducibility={"": {"readers": stability(*names)}})
        blocks = reproducibility_blocks(run)
        assert sum(isinstance(block, Picture) for block in blocks) == amount
        captions = [block.caption for block in blocks if isinstance(block, Table)]
        assert ("Features by filter, ICC as median [quartiles]" in captions) == (amount == 2)
