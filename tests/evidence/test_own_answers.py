"""Answers of a person: how they are read, joined with those of the run, scored and kept."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.evidence.checklists.filled import FilledChecklist, fill_checklist
from nbradiomics.evidence.checklists.item import ANSWERS
from nbradiomics.evidence.checklists.lists import CHECKLISTS
from nbradiomics.evidence.checklists.own_answers import OwnAnswer, read_own_answers
from nbradiomics.evidence.checklists.page import SYNTHETIC, checklist_page, summary_of
from nbradiomics.evidence.checklists.write import FOLDER, write_checklist, write_checklists
from nbradiomics.evidence.facts import Evidence
from tests.support.evidence import changed, fact, rich_evidence, without

EMPTY = Evidence(nbradiomics="1", facts=())
BETTER = {"no": 0, "partly": 1, "yes": 2}
METRICS = CHECKLISTS["metrics"]


def filled_with(evidence: Evidence, name: str, **own: str) -> dict[str, tuple[str, str]]:
    """Answer and contradiction of each item; `i16="yes"` is a person's answer to item 16."""
    given_answers = {key[1:]: OwnAnswer(value) for key, value in own.items()}  # type: ignore[arg-type]
    filled = fill_checklist(evidence, name, given_answers)
    return {one.item.number: (one.answer, one.conflict) for one in (*filled.conditions, *filled.answers)}


def test_a_person_answers_what_is_open_and_never_improves_on_what_is_proven() -> None:
    few = changed(rich_evidence("os", "efs"), "outcome.os.sample_size", {"enough": False})
    few = changed(without(few, "outcome.os.calibration"), "outcome.efs.sample_size", {"enough": False})
    found = filled_with(few, "metrics", i1="yes", i16="yes", i22="yes", i20="no", i2="no")
    assert found["1"] == ("yes", "")
    assert found["2"] == ("no", "")
    assert found["16"][0] == "no"
    assert "Your answer is yes, but the run says no" in found["16"][1]
    assert found["22"][0] == "partly"
    assert "the run says partly" in found["22"][1]
    assert found["20"][0] == "no"  # a person may be more modest than the run, and is told
    assert "the run says yes" in found["20"][1]


@settings(max_examples=60, deadline=None)
@given(
    own=st.dictionaries(
        st.sampled_from([item.number for item in METRICS.questions]), st.sampled_from(ANSWERS[:4])
    )
)
@pytest.mark.parametrize("name", ["metrics", "clear"])
def test_no_answer_is_better_than_a_proven_one(name: str, own: dict[str, str]) -> None:
    evidence = changed(rich_evidence(), "outcome.os.sample_size", {"enough": False})
    numbers = {item.number for item in CHECKLISTS[name].questions}
    told = {item: OwnAnswer(one) for item, one in own.items() if item in numbers}  # type: ignore[arg-type]
    for one in fill_checklist(evidence, name, told).answers:
        if one.finding.answer in BETTER and one.answer in BETTER:
            assert BETTER[one.answer] <= BETTER[one.finding.answer]
        if one.answer != one.finding.answer and one.finding.answer != "open":
            assert one.conflict
        if one.answer == "not applicable" and name == "metrics":
            assert any(own.get(number) == "no" for number in one.item.needs)


def everything(evidence: Evidence, **own: str) -> FilledChecklist:
    """METRICS with yes for all that is open, and with some answers of a person."""
    first = fill_checklist(evidence, "metrics")
    answers = {
        one.item.number: OwnAnswer("yes")
        for one in (*first.conditions, *first.answers)
        if one.answer == "open"
    }
    answers |= {key: OwnAnswer(value or None) for key, value in own.items()}  # type: ignore[arg-type]
    return fill_checklist(evidence, "metrics", answers)


def test_the_score_is_the_share_of_the_weights_that_apply() -> None:
    assert everything(rich_evidence()).score == pytest.approx(100)
    weights = {item.number: item.weight for item in METRICS.items}
    no_network = everything(rich_evidence(), **{"condition 5": "no", "3": "no", "17": ""})
    expected = 100 * (1 - weights["17"] - weights["3"]) / (1 - weights["17"])
    assert no_network.score == pytest.approx(expected)
    assert no_network.counts["not applicable"] == 1
    assert f"METRICS score: {no_network.score:.1f} %." in summary_of(no_network)


def test_there_is_no_score_before_all_is_answered_and_agrees() -> None:
    assert fill_checklist(rich_evidence(), "metrics").score is None
    assert "No score yet: " in summary_of(fill_checklist(rich_evidence(), "metrics"))
    for item in [one.number for one in METRICS.questions if one.who == "person"]:
        answers = {one.number: OwnAnswer("yes") for one in METRICS.questions if one.number != item}
        assert fill_checklist(rich_evidence(), "metrics", answers).score is None, item
    assert everything(rich_evidence(), **{"22": "no"}).score is None
    assert everything(rich_evidence(), **{"1": "partly"}).score is None
    assert everything(rich_evidence(), **{"1": "not applicable"}).score is None
    assert everything(without(rich_evidence("os", "efs"), "outcome.os.calibration")).score is None
    for name in ("clear", "tripod-ai", "rqs-2"):
        assert fill_checklist(rich_evidence(), name).score is None


def test_what_does_not_apply_follows_from_conditions_alone() -> None:
    found = filled_with(EMPTY, "metrics", **{"icondition 2": "no", "i9": "yes"})
    assert found["9"][0] == "not applicable"
    assert "the run says not applicable: It does not apply, by condition 2." in found["9"][1]
    assert found["8"] == ("open", "")
    assert filled_with(EMPTY, "tripod-ai", i24="not applicable")["24"] == ("not applicable", "")


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_answers_are_read_as_people_write_them(tmp_path: Path) -> None:
    rows = ("1;Yes;ok;3", "2;N/A;;", "3a;;see there;", "3b;Partially;;", "4; no ;;", "5a;open;;")
    text = "\n".join(("item;own_answer;own_note;page", *rows, ""))
    found = read_own_answers(write(tmp_path / "own.csv", text), "tripod-ai")
    assert found == {
        "1": OwnAnswer("yes", "ok", "3"),
        "2": OwnAnswer("not applicable"),
        "3a": OwnAnswer(None, "see there"),
        "3b": OwnAnswer("partly"),
        "4": OwnAnswer("no"),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("item,own_answer\n1,maybe\n", "line 2, column own_answer: 'maybe' is no answer"),
        ("item,own_answer\n1,yes\n99,yes\n", "line 3: '99' is no item of METRICS"),
        ("item,own_answer\n1,yes\n1,no\n", "line 3: item 1 stands there twice"),
        ("item,answer\n1,yes\n", "lacks the columns own_answer"),
        ("", "own.csv"),
    ],
)
def test_answers_that_cannot_be_read_are_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        read_own_answers(write(tmp_path / "own.csv", text), "metrics")
    assert said in str(error.value)


def test_a_person_s_answers_survive_the_next_run(tmp_path: Path) -> None:
    out = tmp_path / FOLDER / "metrics.csv"
    assert write_checklists(EMPTY, tmp_path) == []
    assert {path.name for path in out.parent.iterdir()} == {
        f"{name}.{ending}" for name in CHECKLISTS for ending in ("csv", "html")
    }
    table = pd.read_csv(out, dtype=str, keep_default_na=False)
    assert (table["answer"] == "open").all()
    table.loc[table["item"] == "16", ["own_answer", "own_note", "page"]] = ["yes", '=see, "there"', "7"]
    table.to_csv(out, index=False)
    few = changed(rich_evidence(), "outcome.os.sample_size", {"enough": False})
    notes = write_checklists(few, tmp_path)
    assert len(notes) == 1
    assert notes[0].startswith("checklists/metrics.csv: Item 16: Your answer is yes, but the run says no")
    again = pd.read_csv(out, dtype=str, keep_default_na=False).set_index("item")
    assert again.loc["16", ["own_answer", "page", "answer", "run_answer"]].tolist() == [
        "yes",
        "7",
        "no",
        "no",
    ]
    assert read_own_answers(out, "metrics") == {"16": OwnAnswer("yes", '=see, "there"', "7")}


def test_a_table_that_cannot_be_read_is_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    spoilt = write(folder / "clear.csv", "item,own_answer\n1,maybe\n")
    notes = write_checklists(EMPTY, tmp_path)
    assert len(notes) == 1
    assert "clear.csv was left as it is" in notes[0]
    assert "'maybe' is no answer" in notes[0]
    assert spoilt.read_text(encoding="utf-8") == "item,own_answer\n1,maybe\n"
    assert not (folder / "clear.html").exists()
    assert (folder / "metrics.html").exists()


def test_other_files_are_not_replaced(tmp_path: Path) -> None:
    report = write(tmp_path / "report.html", "<p>mine</p>")
    with pytest.raises(InputError, match="is no page of a checklist"):
        write_checklist(EMPTY, "clear", tmp_path / "report.csv")
    assert report.read_text(encoding="utf-8") == "<p>mine</p>"
    table = write(tmp_path / "features.csv", "subject,volume\na,1\n")
    for answers in (None, write(tmp_path / "own.csv", "item,own_answer\n1,yes\n")):
        with pytest.raises(InputError, match="cannot be read as this checklist"):
            write_checklist(EMPTY, "clear", table, answers=answers)
    with pytest.raises(InputError, match=r"\.csv was expected"):
        write_checklist(EMPTY, "clear", tmp_path / "clear.html")
    assert not list(tmp_path.glob("clear*"))


def test_given_answers_replace_those_of_the_table_item_by_item(tmp_path: Path) -> None:
    out = tmp_path / "clear.csv"
    write_checklist(EMPTY, "clear", out, answers=write(tmp_path / "a.csv", "item,own_answer\n1,yes\n2,yes\n"))
    write_checklist(EMPTY, "clear", out, answers=write(tmp_path / "b.csv", "item,own_answer\n2,no\n"))
    assert read_own_answers(out, "clear") == {"1": OwnAnswer("yes"), "2": OwnAnswer("no")}


def test_the_page_has_borders_in_each_cell_and_runs_nothing(tmp_path: Path) -> None:
    hostile = Evidence(
        nbradiomics="1",
        facts=(fact("cohort", {"masks": 3}, "cohort.csv").model_copy(update={"text": "<script>x"}),),
    )
    own = write(tmp_path / "own.csv", "item,own_answer,own_note,page\n1,yes,<img src=x>,<b>\n")
    write_checklist(hostile, "metrics", tmp_path / "metrics.csv", answers=own)
    page = (tmp_path / "metrics.html").read_text(encoding="utf-8")
    cells = re.findall(r"<t[dh] ([^>]*)>", page)
    assert len(cells) > 30 * 5
    assert all("border: 1px solid" in cell for cell in cells)
    assert page.count("<tr>") == page.count("</tr>")
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;x" in page
    assert "&lt;img src=x&gt;" in page
    assert "https://doi.org/10.1186/s13244-023-01572-w" in page


def test_rqs_counts_its_criteria_by_level_and_claims_none() -> None:
    filled = fill_checklist(rich_evidence(), "rqs-2")
    assert list(filled.levels) == list(dict.fromkeys(item.section for item in CHECKLISTS["rqs-2"].items))
    assert sum(of for _, of in filled.levels.values()) == 42
    assert sum(yes for yes, _ in filled.levels.values()) == filled.counts["yes"]
    assert "Level 1: exploration, 0 of 5; Level 2: preparation of data, 3 of 5;" in summary_of(filled)
    assert not fill_checklist(rich_evidence(), "clear").levels


def test_a_checklist_of_synthetic_data_says_so() -> None:
    synthetic = changed(rich_evidence(), "seed", {"seed": 0, "synthetic": True})
    assert SYNTHETIC in checklist_page(fill_checklist(synthetic, "clear"))
    assert SYNTHETIC not in checklist_page(fill_checklist(rich_evidence(), "clear"))
