"""The sections of the report are true to the tables."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd

from nbradiomics.messages.wording import MISSING
from nbradiomics.report.run_files import read_run
from nbradiomics.report.sections.overview import banners
from tests.support.run_tables import FEATURES, METRICS, agreement_rows, edit, facts_of, part_of, section


def cells(html: str, first: str) -> list[list[str]]:
    """Rows of all tables whose first cell is `first`."""
    rows = re.findall(r"<tr>(.*?)</tr>", html, flags=re.DOTALL)
    split = [re.findall(r"<td[^>]*>(.*?)</td>", row, flags=re.DOTALL) for row in rows]
    return [row for row in split if row and row[0] == first]


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
        "1 first mask empty",
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
        ["high", "20"],
        ["low", "20"],
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


def test_p_values_of_gains_stand_beside_them(run: Path) -> None:
    file = run / "outcome" / "os" / "summary.json"
    tested = {"gain_p": {"harrell_c_gain_over_clinical": 0.0004}}
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | tested))
    html = part_of(run, "outcome")
    assert "p (conditional permutation)" in html
    assert [row[3] for row in cells(html, "combined") if "C-index" in row[1]] == ["", "&lt;0.001"]


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
