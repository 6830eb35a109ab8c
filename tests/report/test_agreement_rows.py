"""Which rows of the agreement table the report puts together, and tables of other make."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, strategies as st

from nbradiomics.report.agreement_rows import complete_pairs, shown_rows
from nbradiomics.report.content import Picture, Table, Text
from nbradiomics.report.figures import strips
from nbradiomics.report.run_files import Run, read_run
from nbradiomics.report.sections.agreement import EDITED_WARNING, agreement_blocks, model_facts
from nbradiomics.report.sections.certainty import certainty_blocks
from nbradiomics.report.sections.masks import masks_blocks
from nbradiomics.report.sections.ranking import choose_cases

NAMES = ("reader", "reference", "mask_kind", "reference_kind", "pair")


def table_of(*rows: tuple[str, ...], **columns: object) -> pd.DataFrame:
    """Rows of (reader, reference, mask_kind, reference_kind, pair); what is left out is empty."""
    full = [(*row, *[""] * (len(NAMES) - len(row))) for row in rows]
    scan = {"subject": "P1", "timepoint": "t", "sequence": "s", "roi": "r", "status": "ok", "field": ""}
    return complete_pairs(pd.DataFrame(full, columns=NAMES).assign(**scan, dice=0.875, **columns))


@pytest.fixture(autouse=True)
def _undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def keep(_draw: object, *, size: object, alt: str, caption: tuple[str, ...] = ()) -> Picture:
        assert size
        return Picture("data:", alt, caption)

    monkeypatch.setattr(strips, "make_picture", keep)


@pytest.mark.parametrize(
    ("row", "pair"),
    [
        (("A", "B"), "inter"),
        (("auto", "B"), "auto"),
        (("A", "auto"), "auto"),
        (("A", "A"), "intra"),
        (("auto", "B", "", "edited"), "edited"),
        (("B", "auto", "edited"), "edited"),
        (("A", "A", "edited", "independent"), "edited"),
        (("auto", "staple(A+B)", "", "consensus"), "consensus"),
        (("A", "B", "independent", "independent", "edited"), "edited"),
    ],
)
def test_what_a_table_leaves_open_is_filled(row: tuple[str, ...], pair: str) -> None:
    filled = table_of(row).iloc[0]
    assert filled["pair"] == pair
    assert filled["mask_kind"] == (row[2] if len(row) > 2 and row[2] else _kind(row[0]))


def _kind(reader: str) -> str:
    return "automatic" if reader == "auto" else "independent"


@given(st.permutations(["inter", "auto", "intra", "edited", "consensus"]), st.integers(0, 5))
def test_independent_pairs_alone_are_shown_where_there_are_some(kinds: list[str], amount: int) -> None:
    chosen = kinds[:amount]
    shown, edited = shown_rows(table_of(*(("A", "B", "", "", kind) for kind in chosen)))
    independent = {"inter", "auto"} & set(chosen)
    assert set(shown["pair"]) == (independent or {"edited"} & set(chosen))
    assert edited == (not independent and "edited" in chosen)


def test_edited_references_alone_are_shown_under_their_name_with_a_warning() -> None:
    rows = table_of(("auto", "B", "", "edited"), ("B", "auto", "edited"), ("A", "A"))
    blocks = agreement_blocks(Run(Path("run"), agreement=rows))
    assert blocks[0] == Text(EDITED_WARNING, tone="warning")
    tables = [block for block in blocks if isinstance(block, Table)]
    assert [row[0] for row in tables[0].rows] == ["auto vs B (edited)"]
    assert model_facts(rows) == (
        "0.88",
        "median, against automatic masks edited by B; 0 pairs empty or failed",
    )


def test_edited_rows_do_not_reach_the_medians_of_independent_ones() -> None:
    rows = table_of(("auto", "A"), ("auto", "B", "", "edited"))
    rows.loc[1, "dice"] = 0.99
    assert model_facts(rows) == ("0.88", "median, against A; 0 pairs empty or failed")
    (chosen,) = choose_cases(rows, [("P1", "t", "s", "r")], most=6)
    assert chosen.lines == ("Dice auto–A 0.88",)


def test_folds_are_not_held_against_edited_masks() -> None:
    scans = [{"subject": f"P{place}", "timepoint": "t", "sequence": "s"} for place in range(12)]
    segmentation = pd.DataFrame(scans).assign(
        status="ok", volume_ml=1.0, volume_cv=0.1, fold_dice=[0.9 + place / 200 for place in range(12)]
    )
    edited = pd.concat([table_of(("auto", "B", "", "edited")).assign(**scan) for scan in scans])
    edited["dice"] = segmentation["fold_dice"].to_numpy()
    edited = edited.reset_index(drop=True)

    def told(agreement: pd.DataFrame) -> bool:
        first = certainty_blocks(Run(Path("run"), segmentation=segmentation, agreement=agreement))[0]
        assert isinstance(first, Text)
        return "Spearman" in first.text

    assert not told(edited)
    assert told(edited.assign(pair="auto"))


def test_a_users_own_table_is_read(tmp_path: Path) -> None:
    """Neither readings nor kinds; columns of words and numbers that are no metric of ours."""
    columns = ["subject", "reader", "reference", "status", "dice", "hd95_mm", "comment", "my_score"]
    rows = [("007", "01", "02", "ok", 0.875, 3.26, "seen, twice", 5), ("007", "02", "01", "", "", "", "", "")]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "agreement.csv", index=False)
    run = read_run(tmp_path)
    tables = [block for block in agreement_blocks(run) if isinstance(block, Table)]
    assert tables[0].columns == ("Pair", "n", "Empty or failed", "Dice", "HD95 (mm)")
    assert tables[0].rows == (("01 vs 02", "1", "0", "0.88\n[0.88, 0.88]", "3.3\n[3.3, 3.3]"),)
    assert len(tables) == 1
    assert run.agreement is not None
    assert set(run.agreement["pair"]) == {"inter"}


def test_a_cohort_of_another_make_still_shows_its_masks(tmp_path: Path) -> None:
    """A cohort table without kinds; an agreement table that names a case which the cohort has not."""
    cohort = pd.DataFrame([{"subject": "P1", "image": "no.nii", "reader": "A", "mask": "no.nii"}])
    cohort.to_csv(tmp_path / "cohort.csv", index=False)
    blocks = masks_blocks(read_run(tmp_path))
    assert isinstance(blocks[0], Text)
    assert blocks[0].text.startswith("The first case of the cohort table")
