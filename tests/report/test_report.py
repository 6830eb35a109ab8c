"""The report of a run: complete, self-contained, escaped, and true to the tables."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import statistics
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from hypothesis import given, strategies as st
from matplotlib.image import imread

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import MISSING, NO_BREAK, number, p_value, ratio
from nbradiomics.report import build_report
from nbradiomics.report.build import SECTIONS
from nbradiomics.report.content import Facts, Key, Page, Section
from nbradiomics.report.feature_names import feature_class
from nbradiomics.report.figures.slices import Slice, draw_slice, largest_slice, reaches_beyond, window_mm
from nbradiomics.report.figures.survival import Curve, at_risk
from nbradiomics.report.formatting import quartiles
from nbradiomics.report.render import render
from nbradiomics.report.run_files import read_run
from nbradiomics.report.sections.agreement import pairs_of
from nbradiomics.report.sections.overview import banners
from nbradiomics.report.sections.ranking import choose_cases

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
FILES = {
    "cohort.csv": "masks",
    "agreement.csv": "agreement",
    "readers": "readers",
    "reproducibility": "reproducibility",
    "outcome": "outcome",
    "provenance.json": "provenance",
}


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
    check = [("cohort.csv", 3, "mask", "warning", "a tiny mask", "Look at it.")]
    columns = ["file", "row", "column", "severity", "problem", "remedy"]
    pd.DataFrame(check, columns=columns).to_csv(run / "check.csv", index=False)
    failure = [("P2/auto", "extract", "the mask is empty", "Nothing to measure.")]
    pd.DataFrame(failure, columns=["case", "stage", "cause", "hint"]).to_csv(
        run / "failures.csv", index=False
    )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("report")
    run = root / "run"
    run.mkdir()
    pd.DataFrame(write_images(root)).to_csv(run / "cohort.csv", index=False)
    write_tables(run)
    write_outcome_files(run / "outcome" / "os")
    write_study_files(run / "readers")
    card = {"intended_use": "Trained on synthetic images; not for clinical use."}
    provenance = {
        "created": "2025-11-23",
        "nbradiomics": "0.1.0",
        "packages": {"numpy": "2.1.3"},
        "study": {"name": "Study one", "synthetic": True},
        "parameters": "imageType: {Original: {}}  # https://example.org",
        "model": {"name": "demo", "fingerprint": "f00d", "card": card},
        "inputs": {"images/P1.nii.gz": "abc123"},
    }
    (run / "provenance.json").write_text(json.dumps(provenance))
    return root


@pytest.fixture(scope="module")
def html(template: Path) -> str:
    """The page of the run as it is."""
    return build_report(template / "run", template / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def run(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "copy")) / "run"


def html_of(run: Path) -> str:
    return build_report(run).read_text(encoding="utf-8")


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


def cells(html: str, first: str) -> list[list[str]]:
    """Rows of all tables whose first cell is `first`."""
    rows = re.findall(r"<tr>(.*?)</tr>", html, flags=re.DOTALL)
    split = [re.findall(r"<td[^>]*>(.*?)</td>", row, flags=re.DOTALL) for row in rows]
    return [row for row in split if row and row[0] == first]


def edit(path: Path, **values: object) -> None:
    """Set columns of a CSV."""
    pd.read_csv(path, keep_default_na=False).assign(**values).to_csv(path, index=False)


# The whole page


def test_report_stands_in_the_run_folder_with_every_section(run: Path) -> None:
    path = build_report(run)
    html = path.read_text(encoding="utf-8")
    assert path == run / "report.html"
    assert "Not part of this run" not in html
    assert html.count("<section id=") == 9
    assert "<h1>Study one</h1>" in html
    assert not list(run.glob(".*report.html"))


def test_out_names_the_file_and_a_second_report_is_the_same(run: Path, html: str) -> None:
    target = run / "new" / "page.html"
    assert build_report(run, target) == target
    assert target.read_text(encoding="utf-8") == html


class Resources(HTMLParser):
    """Collects whatever a page would load, and the text of what it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.loaded += [
            value or "" for name, value in attrs if name in ("src", "href", "srcset", "data", "action")
        ]
        if tag == "img":
            self.images.append(dict(attrs))


def test_page_loads_nothing_from_elsewhere(html: str) -> None:
    page = Resources()
    page.feed(html)
    assert page.loaded
    assert all(link.startswith(("data:image/png;base64,", "#")) for link in page.loaded)
    assert not page.tags & {"script", "link", "iframe", "object"}
    style = re.search(r"<style>(.*?)</style>", html, flags=re.DOTALL)
    assert style
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_every_picture_decodes_and_has_words(html: str) -> None:
    page = Resources()
    page.feed(html)
    # Reader study: two charts and two cases; masks: two cases; agreement, reproducibility by class and
    # by filter, forest, survival.
    assert len(page.images) == 11
    for image in page.images:
        pixels = imread(io.BytesIO(base64.b64decode((image["src"] or "").split(",")[1])), format="png")
        assert pixels.std() > 0.01
        assert len(image["alt"] or "") > 20


def test_the_users_matplotlib_style_stays_and_does_not_reach_the_page(run: Path, html: str) -> None:
    with mpl.rc_context({"axes.facecolor": "black", "font.size": 30, "text.color": "white"}):
        before = mpl.rcParams.copy()
        assert html_of(run) == html
        assert mpl.rcParams == before


@pytest.mark.parametrize(
    "absent", [*FILES, "check.csv", "segmentation.csv", "features.parquet", "failures.csv"]
)
def test_each_absent_part_is_told_and_the_rest_stays(run: Path, absent: str) -> None:
    path = run / absent
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    html = html_of(run)
    told = [name for name in FILES.values() if "Not part of this run." in section(html, name)]
    assert told == ([FILES[absent]] if absent in FILES else [])


@pytest.mark.parametrize("kept", ["cohort.csv", "provenance.json", "failures.csv", "features.parquet"])
def test_one_file_alone_makes_a_report(run: Path, tmp_path: Path, kept: str) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(run / kept, alone / kept)
    html = html_of(alone)
    facts = facts_of(html)
    assert html.count("Not part of this run.") >= 4
    assert facts["masks"] == ("6" if kept == "cohort.csv" else MISSING)
    assert facts["stable features"] == facts["C-index"] == MISSING


@pytest.mark.parametrize(
    "name", ["performance.csv", "kaplan_meier.csv", "selection.csv", "excluded.csv", "summary.json"]
)
def test_each_absent_part_of_an_endpoint_is_no_error(run: Path, name: str) -> None:
    (run / "outcome" / "os" / name).unlink()
    assert "Endpoint os" in part_of(run, "outcome")


def test_tables_with_a_header_only_make_a_report(run: Path) -> None:
    for path in run.rglob("*.csv"):
        pd.read_csv(path).head(0).to_csv(path, index=False)
    html = html_of(run)
    assert "No stage of this run failed" in html
    assert "No image of this run has a mask" in html


# What is refused


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(InputError, match="holds no file of a run"):
        build_report(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        build_report(tmp_path / "nowhere")


def test_a_folder_as_target_is_refused(run: Path) -> None:
    with pytest.raises(InputError, match="a file was expected"):
        build_report(run, run)


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("agreement.csv", "subject,reader\nP1,A\n", "lacks the columns reference, status, dice"),
        ("agreement.csv", "", "is empty"),
        (
            "agreement.csv",
            "subject,reader,reference,status,dice,hd95_mm\nP1,A,B,ok,1,far\n",
            "hd95_mm.*'far'",
        ),
        ("readers/tests.csv", "test,sentence\na,b\n", "lacks the columns subject_of_test, epsilon"),
        ("readers/cases.csv", "", "is empty"),
        ("readers/summary.json", "[]", "holds a list; an object was expected"),
        (
            "segmentation.csv",
            "subject,status,volume_ml,volume_cv,fold_dice\nP1,ok,big,1,1\n",
            "volume_ml.*'big'",
        ),
        (
            "reproducibility/readers.csv",
            "feature,icc,low,high,subjects,stable\na,1,1,1,9,maybe\n",
            "stable.*'maybe'",
        ),
        ("features.parquet", "no parquet", "cannot be read as a table"),
        (
            "outcome/os/kaplan_meier.csv",
            "model,group,time,survival,low,high,at_risk\nm,high,,1,1,1,9\n",
            "time.*missing",
        ),
        ("provenance.json", "{", "cannot be read as JSON"),
        ("outcome/os/summary.json", "[1]", "holds a list; an object was expected"),
    ],
)
def test_a_malformed_file_is_named(run: Path, name: str, content: str, found: str) -> None:
    (run / name).write_text(content)
    with pytest.raises(InputError, match=found) as caught:
        build_report(run)
    assert str(run / name) in str(caught.value)
    assert not (run / "report.html").exists()


# What the page says


def test_text_of_the_run_is_escaped(run: Path) -> None:
    evil = "<script>alert('x')</script>"
    edit(run / "failures.csv", cause=evil)
    edit(run / "check.csv", problem=evil)
    edit(run / "outcome" / "os" / "excluded.csv", reason=evil)
    table = pd.read_csv(run / "cohort.csv", keep_default_na=False)
    table.replace({"subject": {"P1": "<b>$P$1_$</b>"}, "reader": {"B": "<i>B"}}).to_csv(
        run / "cohort.csv", index=False
    )
    provenance = json.loads((run / "provenance.json").read_text(encoding="utf-8"))
    provenance["study"]["name"] = "a <b>study</b>"
    (run / "provenance.json").write_text(json.dumps(provenance))
    html = html_of(run)
    assert "<script" not in html
    assert "<b>" not in html
    assert "<i>" not in html
    assert "&lt;script&gt;alert" in section(html, "failures")
    assert "a &lt;b&gt;study&lt;/b&gt;" in html


def test_the_box_holds_the_figures_of_the_tables(html: str) -> None:
    assert facts_of(html) == {
        "subjects": "3",
        "images": "3",
        "masks": "6",
        "failure": "1",
        "Dice of the model": "0.41 · 0.41",
        "stable features": "1 of 3",
        "C-index, clinical": "0.65 [0.55, 0.75]",
        "C-index, radiomic": MISSING,
        "C-index, combined": "0.73 [0.62, 0.84]",
    }
    assert "A 2, B 2, auto 2" in html


def test_banners_tell_of_synthetic_data_and_models(run: Path, html: str) -> None:
    assert html.count('class="banner"') == 2
    assert "images, readers and outcomes are simulated" in html
    assert "not for clinical use." in html
    provenance = json.loads((run / "provenance.json").read_text(encoding="utf-8"))
    provenance["study"]["synthetic"] = False
    provenance["model"]["card"] = {"intended_use": "Segmentation of neuroblastoma in research."}
    (run / "provenance.json").write_text(json.dumps(provenance))
    assert banners(read_run(run)) == ()


def test_a_model_that_has_seen_the_cohort_is_told(run: Path) -> None:
    edit(run / "segmentation.csv", in_training=["True", ""])
    assert any("was trained on 1 image of this cohort" in line for line in banners(read_run(run)))


def test_flow_tells_what_was_lost_and_why(html: str) -> None:
    flow = section(html, "flow")
    for told in (
        "1 image without any mask",
        "1 image without a mask of A",
        "the model found no tumour in 1 image of 2",
        "A 2, B 2, auto 1; 3 features each",
        "1 mask of auto without a feature value",
        "1 failure at extract: the mask is empty",
        "2 subjects: no time",
        "subjects, 21 events",
        "The check of the input found 1 warning",
    ):
        assert told in flow


def certain(run: Path, fold_dice: list[float], dice: list[float] | None = None) -> str:
    """The section on the folds for scans with these values, and the model's Dice against reader A."""
    scans = [
        {"subject": f"S{i:02d}", "timepoint": "baseline", "sequence": "T2w"} for i in range(len(fold_dice))
    ]
    rows = [
        {**scan, "status": "ok", "volume_ml": 20.5, "volume_cv": 0.125, "fold_dice": value}
        for scan, value in zip(scans, fold_dice, strict=True)
    ]
    pd.DataFrame(rows).to_csv(run / "segmentation.csv", index=False)
    if dice is not None:
        pair = {"roi": "tumour", "reader": "auto", "reference": "A", "status": "ok"}
        rows = [{**scan, **pair, "dice": value} for scan, value in zip(scans, dice, strict=True)]
        pd.DataFrame(rows).to_csv(run / "agreement.csv", index=False)
    return part_of(run, "certainty")


def test_images_on_which_the_folds_disagree_are_named_worst_first(run: Path) -> None:
    part = certain(run, [0.95, 0.5, 0.7999, 0.8, 0.0])
    names = re.findall(r"<t[dh][^>]*>(S\d\d · baseline · T2w)</t[dh]>", part)
    assert names == [f"S{i:02d} · baseline · T2w" for i in (4, 1, 2)]
    assert "Spearman" not in part
    (row,) = cells(part, "S01 · baseline · T2w")
    assert row[1:] == ["0.50", "0.12", "20.5"]


def test_the_folds_are_held_against_the_readers_where_there_are_readers(run: Path) -> None:
    values = [0.9 - 0.01 * i for i in range(12)]
    assert "Spearman) of 1.00" in certain(run, values, values)
    assert "Spearman) of -1.00" in certain(run, values, values[::-1])
    assert "Spearman" not in certain(run, values[:9], values[:9])


def test_a_model_of_one_fold_says_that_there_is_nothing_to_compare(run: Path) -> None:
    assert "one fold" in certain(run, [np.nan, np.nan])


def test_agreement_shows_medians_counts_of_empties_and_missing(html: str) -> None:
    agreement = section(html, "agreement")
    overlap, direction, folded = cells(agreement, "auto vs A")
    assert overlap[1:4] == [
        "2",
        "1 first empty",
        "0.41\n[0.20, 0.61]",
    ]  # median and quartiles of 0 and 0.8125
    assert overlap[5] == "3.3\n[3.3, 3.3]\nn = 1"
    assert direction[1] == folded[1] == "0.50\n[0.50, 0.50]"
    readers = cells(agreement, "A vs B")[0]
    assert readers[2:4] == ["0", "0.90\n[0.88, 0.92]"]
    assert not cells(agreement, "B vs A")


def test_a_metric_that_is_undefined_everywhere_is_a_dash(run: Path) -> None:
    edit(run / "agreement.csv", hd95_mm="", jaccard="nan")
    shown, _, folded = cells(part_of(run, "agreement"), "A vs B")
    assert [shown[5], folded[1]] == [MISSING, MISSING]


def test_pairs_that_failed_are_not_called_empty(run: Path) -> None:
    edit(run / "agreement.csv", status="", **dict.fromkeys(METRICS, ""))
    row = cells(part_of(run, "agreement"), "auto vs B")[0]
    assert row[1:4] == ["2", "2 failed", MISSING]


def test_several_sequences_are_never_pooled(run: Path) -> None:
    table = pd.DataFrame(agreement_rows())
    pd.concat([table, table.assign(sequence="DWI", dice=0.25)]).to_csv(run / "agreement.csv", index=False)
    rows = cells(part_of(run, "agreement"), "A vs B")
    assert [row[3].split("\n")[0] for row in rows[::3]] == ["0.25", "0.90"]


def test_reproducibility_counts_stable_and_undefined(html: str) -> None:
    shown = section(html, "reproducibility")
    assert "Between readers: 1 of 3 features stable, 1 undefined. From 14 subjects" in shown
    assert "With the model as a rater: 0 of 3 features stable, 1 undefined. From 14 subjects" in shown
    assert cells(shown, FEATURES[0])[0][1:4] == ["0.951 [0.800, 0.999]", "14", "yes"]
    assert cells(shown, FEATURES[2])[0][1:4] == [MISSING, "14", "undefined"]
    assert cells(shown, "ngtdm")[0][1:4] == ["0 of 1", MISSING, "1"]


def test_reproducibility_of_several_contexts_is_told_apart(run: Path) -> None:
    folder = run / "reproducibility"
    (folder / "auto_vs_readers.csv").unlink()
    (folder / "readers.csv").rename(folder / "readers_baseline_T2w.csv")
    table = pd.read_csv(folder / "readers_baseline_T2w.csv")
    table.assign(stable=True).to_csv(folder / "readers_baseline_DWI.csv", index=False)
    html = part_of(run, "reproducibility")
    assert "<h3>baseline_T2w</h3>" in html
    assert "Between readers: 3 of 3 features stable, 1 undefined. From 14 subjects" in html
    assert html.count("With the model as a rater: not part of this run.") == 2


def test_outcome_shows_estimates_p_and_selection(html: str) -> None:
    shown = section(html, "outcome")
    assert [row[1:] for row in cells(shown, "combined")] == [
        ["Harrell&#39;s C-index", "0.73 [0.62, 0.84]"],
        ["Gain in C-index over clinical", "-0.01 [-0.10, 0.08]"],
    ]
    assert cells(shown, FEATURES[1])[0][1:] == ["96\u00a0%", "-0.346"]
    assert cells(shown, FEATURES[2])[0][1:] == ["2\u00a0%", MISSING]
    assert "p = 0.035 (199 permutations" in shown
    assert "C was 0.73." in shown


def test_without_permutations_no_p_is_given_and_the_page_says_why(run: Path) -> None:
    file = run / "outcome" / "os" / "summary.json"
    file.write_text(
        json.dumps(json.loads(file.read_text(encoding="utf-8")) | {"permutation_p": {"combined": None}})
    )
    html = part_of(run, "outcome")
    assert "a plain log-rank p is not valid" in html
    assert "p = " not in html


def test_failures_and_provenance_are_shown_whole(html: str) -> None:
    assert cells(section(html, "failures"), "P2/auto") == [
        ["P2/auto", "extract", "the mask is empty", "Nothing to measure."]
    ]
    provenance = section(html, "provenance")
    for told in ("abc123", "numpy", "2.1.3", "imageType", "f00d", "Study one"):
        assert told in provenance


def test_subjects_and_readers_keep_their_names(run: Path) -> None:
    table = pd.DataFrame(agreement_rows()).replace({"reader": {"A": "01"}, "reference": {"A": "01"}})
    table.replace({"subject": {"P1": "NA"}}).to_csv(run / "agreement.csv", index=False)
    assert cells(part_of(run, "agreement"), "auto vs 01")[0][1] == "2"


# Pictures of masks


def test_masks_are_ranked_and_an_empty_mask_is_told(html: str) -> None:
    shown = section(html, "masks")
    assert shown.index("P2 · T2w") < shown.index("P1 · T2w")
    assert "no tumour voxel in the mask of auto" in shown
    assert "Dice auto–A 0.81, auto–B 0.81" in shown
    assert "slice 5 of 10" in shown  # P1's tumours are centred on the fifth slice


def test_a_case_without_any_tumour_voxel_is_drawn(run: Path) -> None:
    for mask in (run.parent / "data").glob("P1_*.nii.gz"):
        write_volume(ball((0, 0, 0), -1) * 0, mask)
    html = part_of(run, "masks")
    assert "no tumour voxel in the mask of A, B, auto" in html
    assert html.count("<img") == 2


def test_a_missing_image_is_told(run: Path) -> None:
    (run.parent / "data" / "P1.nii.gz").unlink()
    html = part_of(run, "masks")
    assert re.search(r"P1 · T2w is not shown: .*P1.nii.gz does not exist", html)
    assert html.count("<img") == 1


def test_a_missing_mask_and_another_grid_are_told(run: Path) -> None:
    (run.parent / "data" / "P1_A.nii.gz").unlink()
    write_volume(ball((4, 20, 20), 8), run.parent / "data" / "P1_B.nii.gz", (1.5, 1.5, 5.0))
    html = part_of(run, "masks")
    assert re.search(r"the mask of A is not drawn: .*does not exist", html)
    assert "the mask of B is not drawn: it lies on another grid than the image" in html
    assert html.count("<img") == 2


def test_the_label_is_the_tables_else_the_parameters(run: Path) -> None:
    data = run.parent / "data"
    both = ball((2, 20, 20), 8) + 2 * ball((8, 20, 20), 5)
    for reader in ("A", "B", "auto"):
        write_volume(both.astype(np.uint8), data / f"P1_{reader}.nii.gz")
    assert "slice 3 of 10" in part_of(run, "masks")
    provenance = json.loads((run / "provenance.json").read_text(encoding="utf-8")) | {
        "parameters": "setting: {label: 2}"
    }
    (run / "provenance.json").write_text(json.dumps(provenance))
    assert "slice 9 of 10" in part_of(run, "masks")
    edit(run / "cohort.csv", label=1)
    assert "slice 3 of 10" in part_of(run, "masks")


def test_without_the_model_the_first_cases_are_shown(run: Path) -> None:
    table = pd.read_csv(run / "cohort.csv", keep_default_na=False)
    table[table["reader"] != "auto"].to_csv(run / "cohort.csv", index=False)
    (run / "agreement.csv").unlink()
    html = part_of(run, "masks")
    assert "The first 2 cases" in html
    assert "Dice auto" not in html


def test_united_lesions_are_drawn_where_the_region_was_renamed(run: Path) -> None:
    edit(run / "agreement.csv", roi="union")
    html = part_of(run, "masks")
    assert "P1 · T2w · union" in html
    assert html.count("<img") == 2


def agreement_of(dice: dict[str, float], status: dict[str, str] | None = None) -> pd.DataFrame:
    rows = [
        {
            "subject": subject,
            "timepoint": "t",
            "sequence": "s",
            "roi": "r",
            "reader": "auto",
            "reference": "A",
            "pair": "auto",
        }
        | {"status": (status or {}).get(subject, "ok"), "dice": value}
        for subject, value in dice.items()
    ]
    return pd.DataFrame(rows)


def test_choice_is_worst_median_best() -> None:
    dice = {f"P{place}": place / 20 for place in range(1, 12)}
    cases = [(subject, "t", "s", "r") for subject in dice]
    chosen = choose_cases(agreement_of(dice), cases, most=6)
    assert [case.key[0] for case in chosen] == ["P1", "P2", "P5", "P6", "P10", "P11"]
    assert [case.why.split()[0] for case in chosen[::2]] == ["lowest", "median", "highest"]


def test_one_empty_mask_is_worst_and_two_empty_masks_are_not_ranked() -> None:
    dice = {"P1": 0.5, "P2": np.nan, "P3": np.nan, "P4": 0.9}
    table = agreement_of(dice, {"P2": "both_empty", "P3": "empty_mask"})
    chosen = choose_cases(table, [(subject, "t", "s", "r") for subject in dice], most=6)
    assert [case.key[0] for case in chosen] == ["P3", "P1", "P4"]


def test_pairs_put_the_model_first_and_show_each_two_once() -> None:
    pairs = [("B", "A"), ("A", "B"), ("A", "auto"), ("auto", "A"), ("C", "A"), ("B", "auto")]
    assert pairs_of(pd.DataFrame(pairs, columns=["reader", "reference"])) == [
        ("B", "auto"),
        ("auto", "A"),
        ("A", "B"),
        ("C", "A"),
    ]


def test_window_is_a_square_in_mm_around_the_contours() -> None:
    mask = np.zeros((40, 30), dtype=bool)
    mask[10:20, 6:26] = True  # 20 mm by 40 mm at 2 mm by 2 mm
    far = np.pad(mask, 20)  # 20 pixels of image more on each side
    left, right, top, bottom = window_mm({"A": far}, (80, 70), (2.0, 2.0))
    assert right - left == bottom - top == 40 + 2 * 15
    assert ((left + right) / 2, (top + bottom) / 2) == (32 + 40, 30 + 40)


def test_window_is_moved_into_the_image_or_told_to_reach_beyond() -> None:
    mask = np.zeros((40, 30), dtype=bool)
    mask[10:20, 6:26] = True
    left, right, top, bottom = window_mm({"A": mask}, (40, 30), (2.0, 2.0))
    assert (left, right) == (-5, 65)  # 70 mm over an image of 60 mm: centred on it
    assert (top, bottom) == (0, 70)  # the image is 80 mm high
    spacing, ends = (2.0, 2.0), ("L", "P")
    assert reaches_beyond(Slice(np.zeros((40, 30)), {"A": mask}, spacing, ends))
    assert not reaches_beyond(
        Slice(np.zeros((40, 40)), {"A": np.pad(mask, ((0, 0), (0, 10)))}, spacing, ends)
    )


@given(st.integers(0, 29), st.integers(0, 29), st.integers(1, 60), st.floats(0.5, 4))
def test_window_holds_every_contour(row: int, column: int, size: int, spacing: float) -> None:
    mask = np.zeros((90, 90), dtype=bool)
    mask[row : row + size, column : column + size] = True
    left, right, top, bottom = window_mm({"A": mask}, (90, 90), (spacing, spacing))
    assert left <= column * spacing
    assert right >= (column + size) * spacing
    assert top <= row * spacing
    assert bottom >= (row + size) * spacing


def test_largest_slice_sums_the_readers() -> None:
    first, second = np.zeros((2, 4, 5, 5), dtype=bool)
    first[1, :3] = second[2, :2] = first[2, :2] = True
    assert largest_slice({"A": first, "B": second}, 4) == 2
    assert largest_slice({"A": np.zeros((4, 5, 5), dtype=bool)}, 4) == 2


def test_contours_lie_on_the_mask_whatever_the_spacing() -> None:
    """A mask that is square in mm, though not in pixels, is drawn square and in its colour."""
    image = np.zeros((120, 60))
    mask = np.zeros((120, 60), dtype=bool)
    mask[40:80, 20:40] = True  # 40 mm by 40 mm
    content = Slice(image, {"A": mask}, (2.0, 1.0), ("L", "P"))
    picture = draw_slice(content, (Key("A", "#ff0000", "solid"),), alt="a", caption=())
    pixels = imread(io.BytesIO(base64.b64decode(picture.source.split(",")[1])), format="png")
    red = (pixels[..., 0] > 0.8) & (pixels[..., 1] < 0.2)
    rows, columns = np.nonzero(red)
    side = pixels.shape[0] * 40 / 70  # of the window of 40 mm and twice 15 mm
    assert np.ptp(rows) == pytest.approx(side, abs=5)
    assert np.ptp(columns) == pytest.approx(side, abs=5)
    assert rows.mean() == pytest.approx(pixels.shape[0] / 2, abs=3)


@pytest.mark.realdata
def test_real_images_are_drawn(real_data: Path, tmp_path: Path) -> None:
    rows = [
        {"subject": name, "image": real_data / f"sts_mr/{name}_image.nii.gz", "reader": "expert"}
        | {"mask": real_data / f"sts_mr/{name}_mask.nii.gz"}
        for name in ("STS_001", "STS_003")
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "cohort.csv", index=False)
    html = part_of(tmp_path, "masks")
    assert html.count("<img") == 2
    assert "not shown" not in html


# Small pieces


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        ("original_glcm_Contrast", "glcm"),
        ("log-sigma-1-0-mm-3D_firstorder_10Percentile", "firstorder"),
        ("wavelet-LLH_ngtdm_Busyness", "ngtdm"),
        ("original_shape2D_Elongation", "shape2D"),
        ("volume_cv", "other"),
        ("glcm", "other"),
    ],
)
def test_feature_class(feature: str, expected: str) -> None:
    assert feature_class(feature) == expected


@given(st.floats(allow_nan=True, allow_infinity=True, width=32), st.integers(0, 4))
def test_a_number_is_missing_or_reads_back(value: float, digits: int) -> None:
    text = number(value, digits)
    if np.isfinite(value):
        assert float(text.replace(",", "")) == pytest.approx(value, abs=0.5 * 10.0**-digits * 1.001)
        assert text.strip("-0.,") or not text.startswith("-")
    else:
        assert text == MISSING


@given(st.floats(0, 1))
def test_a_ratio_shows_the_ends_only_for_the_ends(value: float) -> None:
    assert (ratio(value) == "1.00") == (value == 1)
    assert (ratio(value) == "0.00") == (value == 0)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30))
def test_quartiles_agree_with_the_standard_library(values: list[float]) -> None:
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    shown = [float(found) for found in re.findall(r"-?\d+\.\d+", quartiles([*values, np.nan], digits=6))]
    assert shown == pytest.approx([middle, low, high], abs=1e-6)


def test_quartiles_of_nothing_and_p_values() -> None:
    assert quartiles([np.nan]) == MISSING
    assert [p_value(value) for value in (None, 0.0004, 0.0321, 1.0)] == [MISSING, "<0.001", "0.032", "1.000"]


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=30),
    st.lists(st.integers(0, 60), min_size=1, max_size=8),
)
def test_numbers_at_risk_count_who_is_still_there(left: list[int], ticks: list[int]) -> None:
    times = np.unique([0, *left]).astype(float)
    risk = np.array([sum(time >= at for time in left) for at in times], dtype=float)
    curve = Curve("low", times, *(np.ones_like(times),) * 3, risk)
    assert at_risk(curve, ticks) == [sum(time >= at for time in left) for at in ticks]
    assert curve.people == len(left)
