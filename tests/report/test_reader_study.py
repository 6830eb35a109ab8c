"""The report's section on the reader study: true to its tables, and sensible where parts are absent."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.agreement.metrics import METRIC, METRICS
from nbradiomics.agreement.reader_study import ReaderStudySettings, study_readers
from nbradiomics.agreement.reader_study.schemas import TABLES
from nbradiomics.errors import InputError
from nbradiomics.messages.wording import MISSING, NO_BREAK, number
from nbradiomics.report.build import SECTIONS
from nbradiomics.report.content import Block, Details, Facts, Gallery, Page, Picture, Section, Table, Text
from nbradiomics.report.figures import bland_altman, error_direction, paired, strips
from nbradiomics.report.render import render
from nbradiomics.report.run_files import Run, read_run
from nbradiomics.report.sections.overview import overview_facts
from nbradiomics.report.sections.reader_study import readers_blocks
from nbradiomics.report.sections.reader_study.answer import answer_blocks
from nbradiomics.report.sections.reader_study.frames import StudyRun
from nbradiomics.report.study_files import StudyFiles
from tests.support.helpers import first_is_quick

SCAN = {"timepoint": "baseline", "sequence": "T2w", "roi": "tumour"}
KINDS = {"auto": "automatic", "E": "edited"}
SETTINGS = ReaderStudySettings(bootstraps=100)


def pair_row(subject: str, reader: str, reference: str, kind: str, dice: float, **more: object) -> dict:
    """A row of the agreement table; metrics that do not matter are made from the Dice coefficient."""
    row: dict = {"subject": subject, **SCAN, "reader": reader, "reading": 1, "reference": reference}
    row |= {"reference_reading": 1, "pair": kind, "status": "ok", "field": "image", "tolerance_mm": 3.0}
    row |= {"mask_kind": KINDS.get(reader, "independent")}
    row |= {"reference_kind": "consensus" if kind == "consensus" else KINDS.get(reference, "independent")}
    row |= dict.fromkeys(METRICS, dice) | {"auc": np.nan, "dice": dice, "hd95_mm": 20 * (1 - dice)}
    row |= {"fprm": 1.5 * (1 - dice), "fnr": (1 - dice) / 2, "volume_difference_ml": 1.25}
    return row | {"volume_ml": 11.0, "reference_ml": 10.0} | more


def study_rows(readers: tuple[str, ...] = ("auto", "A", "B"), subjects: int = 8) -> list[dict]:
    rng = np.random.default_rng(1)
    rows = []
    for place in range(subjects):
        subject, base = f"P{place + 1}", rng.uniform(0.8, 0.9)
        for first in readers:
            for second in readers:
                if first != second:
                    kind = "auto" if "auto" in (first, second) else "inter"
                    rows.append(pair_row(subject, first, second, kind, base + (kind == "inter") * 0.05))
    return rows


def cohort_of(rows: list[dict], **columns: object) -> pd.DataFrame:
    """A cohort table with the masks of an agreement table."""
    names = ("subject", *SCAN, "reader", "reading", "reference_kind")
    kind = {"automatic": "", "independent": ""}
    masks = {(*(row[name] for name in names[:-1]), row["mask_kind"]) for row in rows}
    table = [
        dict(zip(names, (*mask[:-1], kind.get(mask[-1], mask[-1])), strict=True)) for mask in sorted(masks)
    ]
    files = {"image": "x.nii", "mask": "y.nii", "minutes": "", "site": ""}
    return pd.DataFrame(table).assign(**files).assign(**columns)


def write_run(folder: Path, rows: list[dict], settings: ReaderStudySettings = SETTINGS, **columns) -> Run:
    """Leave a run folder as the reader study leaves it, and read it back."""
    agreement, cohort = pd.DataFrame(rows), cohort_of(rows, **columns)
    for name, table in (("agreement", agreement), ("cohort", cohort)):
        table.to_csv(folder / f"{name}.csv", index=False)
    study_readers(agreement, cohort, settings=settings).write(folder / "readers")
    return read_run(folder)


def page_of(run: Run, name: str = "readers") -> str:
    parts = tuple(Section(key, title, blocks(run)) for key, title, blocks in SECTIONS if key == name)
    return render(Page("", "", (), Facts(()), parts)).split("<section")[1]


def cells(html: str, first: str) -> list[list[str]]:
    """Rows of all tables whose first cell is `first`."""
    rows = re.findall(r"<tr>(.*?)</tr>", html, flags=re.DOTALL)
    split = (re.findall(r"<td[^>]*>(.*?)</td>", row, flags=re.DOTALL) for row in rows)
    return [row for row in split if row[:1] == [first]]


def study_of(**tables: pd.DataFrame) -> StudyRun:
    """A study of some tables, without agreement and cohort."""
    study = StudyFiles(**tables, record={"settings": {"metric": "dice", "margin": 0.03, "confidence": 0.9}})
    return StudyRun.of(Run(Path("run"), study=study), study)


def flat(blocks: tuple[Block, ...]) -> list[Block]:
    parts = [flat(block.blocks) if isinstance(block, Details) else [block] for block in blocks]
    return [inner for part in parts for inner in part]


@pytest.fixture(autouse=True)
def _undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the pictures show is another file's matter; drawing them takes most of the time."""

    def keep(_draw: object, *, size: object, alt: str, caption: tuple[str, ...] = ()) -> Picture:
        assert size
        return Picture("data:", alt, caption)

    for module in (bland_altman, error_direction, paired, strips):
        monkeypatch.setattr(module, "make_picture", keep)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight subjects; the model 0.05 Dice worse than the readers; further kinds of pair."""
    folder, rows = tmp_path_factory.mktemp("finished"), study_rows()
    for subject in ("P1", "P2"):
        for again in ({"reading": 2}, {"reference_reading": 2}):
            rows.append(pair_row(subject, "A", "A", "intra", 0.9375, **again))
        rows.append(pair_row(subject, "auto", "E", "edited", 0.9921875))
        rows.append(pair_row(subject, "auto", "staple(A+B)", "consensus", 0.84375))
    write_run(folder, rows)
    return folder


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Run:
    return read_run(Path(shutil.copytree(finished, tmp_path / "run")))


# The answer


def test_the_answer_stands_first_and_says_what_the_tests_say(run: Run) -> None:
    assert run.study is not None
    assert run.study.tests is not None
    sentence = run.study.tests.loc[run.study.tests["test"] == "non_inferiority", "sentence"].iloc[0]
    first = readers_blocks(run)[0]
    assert first == Text(sentence, tone="answer")
    assert "is not shown to be as good" in sentence
    html = page_of(run)
    for told in run.study.tests["sentence"]:
        assert told.replace("'", "&#39;") in html
    (fact,) = [
        fact for fact in overview_facts(run).items if fact.label == "difference in Dice, model and readers"
    ]
    assert fact.value.replace(NO_BREAK, " ") == "-0.050 [-0.050, -0.050]"
    assert fact.detail == "above 0: the model agrees better; non-inferiority not shown at the margin 0.03"


@pytest.mark.slow
def test_a_model_that_is_as_good_is_told_to_be(tmp_path: Path) -> None:
    rows = [row | {"dice": 0.9 + 0.001 * int(row["subject"][1:])} for row in study_rows()]
    run = write_run(tmp_path, rows, in_training="no")
    (fact,) = [
        fact for fact in overview_facts(run).items if fact.label == "difference in Dice, model and readers"
    ]
    assert fact.detail == "above 0: the model agrees better; non-inferior at the margin 0.03"
    assert 'class="answer">The model is not inferior' in page_of(run)


def test_the_comparison_shows_the_numbers_of_its_table(run: Run) -> None:
    assert run.study is not None
    assert run.study.comparison is not None
    table = run.study.comparison.set_index("metric")
    row = cells(page_of(run), "Dice")[0]
    model, readers = (number(table.loc["dice", name], 3) for name in ("auto_readers", "readers_readers"))
    assert row[1:6] == ["8", "8", "0", model, readers]
    assert row[6] == "-0.050 [-0.050, -0.050]"
    hd95 = cells(page_of(run), "HD95 (mm)")[0]
    assert hd95[6] == "-1.00 [-1.00, -1.00]"  # 1 mm further off, and lower is better


@pytest.mark.slow
def test_cases_left_out_are_counted_with_the_empty_masks_among_them(tmp_path: Path) -> None:
    rows = study_rows()
    for row in rows:
        if row["subject"] == "P1" and row["reader"] == "auto":
            row |= {"status": "empty_mask", "dice": 0.0, "hd95_mm": np.nan, "volume_ml": 0.0}
        if row["subject"] == "P1" and row["reference"] == "auto":
            row |= {"status": "empty_reference", "dice": 0.0, "hd95_mm": np.nan, "reference_ml": 0.0}
    html = page_of(write_run(tmp_path, rows))
    assert cells(html, "HD95 (mm)")[0][3] == "1\n1 model empty"
    assert cells(html, "HD95 (mm)")[0][6] == MISSING  # no verdict while the model's failures have no value
    assert cells(html, "Dice")[0][1:4] == ["8", "8", "0\n1 model empty, counted as worst"]
    assert cells(html, "HD95 (mm)")[1][1:4] == ["7", "7", "0"]  # the segmented cases alone
    assert cells(html, "HD95 (mm)")[2][3] == "7\n1 undefined"
    worst = cells(html, f"P1{NO_BREAK}·{NO_BREAK}T2w")[0]
    assert worst[2:4] == ["model&#39;s mask empty", "0.00"]
    assert "not drawn: 1 case with an empty mask" in html
    assert cells(html, "auto")[0][2:5] == ["image", "1 of 8", "12.5 % [0.3, 52.7]"]


def test_sentences_that_differ_in_the_metric_alone_are_said_once() -> None:
    row = {"test": "non_inferiority", "subject_of_test": "auto", "n": 0, "sentence": "Yes."}
    tests = TABLES["tests"].table([row])
    of = study_of(tests=tests)
    of.study.record["sentences"] = ["Yes.", "HD95 (mm): 1 case.", "Else: 1 case.", "ASSD (mm): 1 case."]
    assert [block.items for block in answer_blocks(of) if block.kind == "sentences"] == [
        ("HD95 (mm), ASSD (mm): 1 case.", "Else: 1 case.")
    ]


# The pools, and what stands apart


def test_pools_show_model_and_readers_side_by_side(run: Run) -> None:
    html = page_of(run)
    pool = next(row for row in cells(html, "Dice") if len(row) == 7)
    assert run.study is not None
    assert run.study.summary is not None
    summary = run.study.summary
    for at, names in ((1, ["auto", "auto", "readers"]), (4, ["inter", "readers", "readers"])):
        chosen = summary[(summary[["pair", "reader", "reference"]] == names).all(axis=1)]
        own = chosen[chosen["metric"] == "dice"].iloc[0]
        assert pool[at] == f"{own['median']:.2f} [{own['q1']:.2f}, {own['q3']:.2f}]"
        assert pool[at + 2] == "8"


def test_tolerance_and_background_stand_with_the_metrics_that_depend_on_them(run: Run) -> None:
    html = page_of(run)
    for name in (
        "Surface Dice (3 mm)",
        "Specificity (background: image)",
        "ROC area, binary (background: image)",
    ):
        assert len(cells(html, name)) == 2  # the comparison, and the pools


def test_signed_differences_of_the_readers_are_not_pooled(run: Run) -> None:
    rows = cells(page_of(run), METRIC["volume_difference_ml"].label)
    assert all(len(row) != 7 for row in rows)


def test_intra_edited_and_consensus_stand_under_headings_of_their_own(run: Run) -> None:
    html = page_of(run)
    parts = {part.split("</h3>")[0]: part for part in html.split("<h3>")[1:]}
    assert cells(parts["The same reader twice"], "A twice")[0][1].startswith("0.94 [0.94, 0.94]")
    assert cells(parts["Edited automatic masks"], "auto vs E (edited)")[0][1].startswith("0.99 [0.99, 0.99]")
    assert 'class="warning"' in parts["Edited automatic masks"]
    consensus = parts["Against a consensus of the readers"]
    assert cells(consensus, "auto vs staple(A+B)")[0][1].startswith("0.84 [0.84, 0.84]")
    for title in ("The model with the readers, and the readers among themselves", "Volumes"):
        assert not re.search("A twice|edited|staple", parts[title])


def test_agreement_of_masks_leaves_the_other_kinds_out(run: Run) -> None:
    html = page_of(run, "agreement")
    assert {row[0] for name in ("auto vs A", "auto vs B", "A vs B") for row in cells(html, name)}
    assert not cells(html, "auto vs E")
    assert not cells(html, "A vs A")
    assert cells(html, "auto vs A")[0][1] == "8"
    assert (
        "not shown here: 4 of one reader&#39;s two readings, 2 against a consensus, 2 with an edited" in html
    )
    assert "Surface Dice (3 mm)" in html
    assert "Metrics that count the background (background counted in: image)" in html


# Parts that are absent


@pytest.mark.slow
def test_readers_alone_are_told_to_be_alone(tmp_path: Path) -> None:
    run = write_run(tmp_path, study_rows(("A", "B", "C")))
    html = page_of(run)
    assert "There are no automatic masks" in html
    assert "cannot be drawn case by case: this needs the model and two readers" in html
    assert "There is no pair of the model with an independent mask." in html
    assert "No case is drawn with signed distances" in html
    assert "Model and readers: there is no such pair of masks." in html
    assert "in which the readers agree least with each other" in html
    assert not [fact for fact in overview_facts(run).items if "model and readers" in fact.label]


def test_one_reader_and_the_model_have_nothing_to_be_held_against(tmp_path: Path) -> None:
    html = page_of(write_run(tmp_path, study_rows(("auto", "A"))))
    assert "was not tested" in html
    assert "Readers among themselves: there is no such pair of masks." in html
    assert "The same cases: the model" not in html


@pytest.mark.slow
def test_a_single_case_makes_a_section(tmp_path: Path) -> None:
    html = page_of(write_run(tmp_path, study_rows(subjects=1)))
    assert "1 subject with an automatic mask and two readers are too few" in html


def test_tables_without_a_row_make_a_section() -> None:
    study = StudyFiles(**{name: schema.empty() for name, schema in TABLES.items()})
    html = page_of(Run(Path("run"), study=study))
    assert "The study contains no test" in html


@pytest.mark.parametrize("name", TABLES)
def test_each_table_alone_makes_a_section(tmp_path: Path, run: Run, name: str) -> None:
    (tmp_path / "alone" / "readers").mkdir(parents=True)
    file = f"readers/{name}.csv"
    shutil.copy(run.folder / file, tmp_path / "alone" / file)
    alone = read_run(tmp_path / "alone")
    assert alone.study is not None
    assert page_of(alone)


@pytest.mark.parametrize("name", first_is_quick(list(TABLES)))
def test_a_malformed_table_is_named(run: Run, name: str) -> None:
    path = run.folder / "readers" / f"{name}.csv"
    path.write_text("nothing\n1\n")
    with pytest.raises(InputError, match="lacks the columns") as caught:
        read_run(run.folder)
    assert str(path) in str(caught.value)
    needed = [column for column in TABLES[name].columns if column.needed]
    column = next(column.name for column in needed if column.kind in ("number", "integer"))
    pd.DataFrame([{each.name: "" for each in needed} | {column: "many"}]).to_csv(path, index=False)
    with pytest.raises(InputError, match=f"column {column}: .*'many'.*numbers were expected"):
        read_run(run.folder)


def test_without_a_study_the_page_says_why() -> None:
    def told(run: Run) -> list[Block]:
        return list(readers_blocks(run))

    cause = pd.DataFrame([("cohort", "readers", "no pairs", "h")], columns=["case", "stage", "cause", "hint"])
    assert told(Run(Path("run"))) == []
    assert told(Run(Path("run"), failures=cause)) == [Text("Could not be done: no pairs.", tone="warning")]
    alone = cohort_of([pair_row("P1", "A", "A", "intra", 1.0)])
    assert told(Run(Path("run"), cohort=alone)) == [Text("Needs the masks of two readers.")]


@pytest.mark.slow
def test_untrusted_text_is_escaped(tmp_path: Path) -> None:
    evil = "<b>$x$</b>"
    rows = [
        row | {name: evil for name in ("reader", "reference") if row[name] == "A"} for row in study_rows()
    ]
    html = page_of(write_run(tmp_path, rows, site=evil, minutes="4"))
    assert "<b>" not in html
    assert "&lt;b&gt;$x$&lt;/b&gt;" in html


# Subgroups, times, maps


@pytest.mark.slow
def test_subgroups_and_times_are_shown(tmp_path: Path) -> None:
    rows = study_rows()
    site = ["Leiden" if row["subject"] < "P5" else "Graz" for row in cohort_of(rows).to_dict("records")]
    html = page_of(write_run(tmp_path, rows, site=site, minutes="12.5"))
    named = ["Graz", "Leiden", "Model and readers", "Readers among themselves"]
    assert [row[1] for row in cells(html, "site")] == named
    assert cells(html, "site")[0][2] == "4"
    assert cells(html, "site")[2][2] == "Mann-Whitney"
    assert cells(html, "A")[-1][1:] == ["independent", "8", "12.5 [12.5, 12.5]", "1.7"]


def test_maps_are_mentioned_with_their_number(run: Run) -> None:
    (run.folder / "distance_maps").mkdir()
    (run.folder / "distance_maps" / "P1_A.nii.gz").touch()
    assert "distance_maps/ contains 1 map of" in page_of(read_run(run.folder))


@pytest.mark.slow
def test_several_sequences_are_told_to_stand_together(tmp_path: Path) -> None:
    rows = study_rows()
    html = page_of(write_run(tmp_path, [*rows, *(row | {"sequence": "DWI"} for row in rows)]))
    assert "This section pools them" in html
    assert "P1 · DWI" in html.replace(NO_BREAK, " ")


def settings_of(folder: Path) -> StudyRun:
    run = read_run(folder)
    assert run.study is not None
    return StudyRun.of(run, run.study)


def test_settings_come_from_the_record(run: Run) -> None:
    path = run.folder / "readers" / "summary.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["settings"] |= {"metric": "hd95_mm", "margin": 1.5, "confidence": 0.9}
    path.write_text(json.dumps(record))
    of = settings_of(run.folder)
    assert (of.metric, of.margin, of.level) == ("hd95_mm", 1.5, f"90{NO_BREAK}%")
    path.write_text(json.dumps({"settings": {"metric": "none such"}}))
    of = settings_of(run.folder)
    assert (of.metric, of.margin, of.level) == ("dice", None, f"95{NO_BREAK}%")
    assert page_of(of.run)


def test_a_study_by_distance_reads_the_right_way_round(tmp_path: Path) -> None:
    settings = ReaderStudySettings(metric="hd95_mm", margin=1.5, bootstraps=100)
    run = write_run(tmp_path, study_rows(), settings)
    (fact,) = [fact for fact in overview_facts(run).items if "model and readers" in fact.label]
    assert fact.label == "difference in HD95 (mm), model and readers"
    assert fact.value.replace(NO_BREAK, " ") == "-1.00 [-1.00, -1.00]"
    html = page_of(run)
    assert "the model is worse by more than the margin of 1.5: 0 cases of 8" in html


def test_every_table_has_cells_for_every_head(run: Run) -> None:
    for block in flat(readers_blocks(run)):
        if isinstance(block, Table):
            assert all(len(row) == len(block.columns) for row in block.rows), block.caption
        if isinstance(block, Gallery):
            assert block.pictures
