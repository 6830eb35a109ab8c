"""The page of needed agreement: its first sentence, its pictures, what it says of pairs that are missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.report.content import Picture, Table, Text
from nbradiomics.report.feature_names import plain_names
from nbradiomics.report.pages import write_needed_agreement_page
from nbradiomics.report.run_files import Run
from nbradiomics.report.sections.needed_agreement import needed_agreement_blocks
from nbradiomics.report.sections.needed_words import answer, class_rows, needed_text, sentences, trusted_at
from nbradiomics.reproducibility.needed_agreement import NEEDED_AGREEMENT, needed_agreement
from tests.reproducibility.needed_agreement.tables import tables


def row(feature: str, needed: float, reached: str = "inside", **others: object) -> dict[str, object]:
    given = {"metric": "dice", "share": 0.9, "limit": 1.0, "limit_from": "icc", "icc": 0.9, "scale": "raw"}
    given |= {"within": 0.9, "pairs": 200, "subjects": 50, "undefined_once": 0, "left_out": 0}
    given |= {"best": 0.99, "worst": 0.5, "low": needed - 0.04, "high": needed + 0.04, "reason": ""}
    return given | {"feature": f"original_shape_{feature}", "needed": needed, "reached": reached} | others


SHAPES = NEEDED_AGREEMENT.table(
    [
        row("MeshVolume", 0.78),
        row("Sphericity", 0.83, high=np.nan),
        row("Elongation", np.nan, "nowhere", low=0.97, high=np.nan),
        row("Flatness", 0.5, "everywhere", low=np.nan, high=0.6),
        row("SurfaceArea", np.nan, "", reason="the table of repeatability has no value for this feature"),
    ]
)


def test_the_first_sentence_answers_the_question() -> None:
    text = answer(SHAPES, "dice")
    assert text.startswith(
        "At a Dice of 0.85, 3 of 4 shape features stay within their limit in 90\u00a0% of pairs of masks. "
        "By the demanding end of their interval it is 2. For 1 feature even the worst observed pairs "
        "suffice. Of the others, the least agreement is needed "
        "by MeshVolume, 0.78 [0.74, 0.82], the most by Sphericity, 0.83 [0.79, …]."
    )
    assert "1 feature is not within the limit even for the best pairs." in text


def test_in_a_distance_less_is_better() -> None:
    table = SHAPES.assign(metric="assd_mm", needed=[0.4, 1.2, np.nan, 3.0, np.nan])
    assert trusted_at(table, 1.0).tolist() == [False, True, False, True, False]
    text = answer(table, "assd_mm")
    assert text.startswith("At an ASSD of 0.75 mm, 2 of 4 shape features")
    assert "least agreement is needed by Sphericity" in text


def test_below_all_observed_agreement_no_feature_is_counted() -> None:
    *_, (name, features, _, *trusted, never, unknown) = class_rows(SHAPES.assign(group="shape"), "dice")
    assert (name, features, never, unknown) == ("shape", "5", "1", "1")
    assert trusted == ["1 (1)", "2 (1)", "3 (2)"]
    observed = SHAPES.assign(group="shape", worst=0.75)
    assert next(class_rows(observed, "dice"))[3:6] == ("–", "2 (1)", "3 (2)")


def test_without_an_answer_the_reason_is_the_answer() -> None:
    nothing = SHAPES[SHAPES["reached"] == ""]
    reason = "the table of repeatability has no value for this feature"
    assert answer(nothing, "dice") == f"How well masks must agree cannot be said for any feature: {reason}."


@pytest.mark.parametrize(
    ("place", "text"),
    [(0, "0.78 [0.74, 0.82]"), (2, "not reached"), (3, "at most 0.50 […, 0.60]"), (4, "–")],
)
def test_a_needed_agreement_in_a_cell(place: int, text: str) -> None:
    assert needed_text(SHAPES.iloc[place].to_dict(), "dice") == text


def test_who_is_missing_is_said() -> None:
    table = SHAPES.assign(undefined_once=[0, 3, 0, 0, 0], left_out=[0, 0, 2, 0, 0], pairs=60)
    left_out = pd.DataFrame(
        {
            "subject": ["S1"],
            "reader": ["A"],
            "reference": ["B"],
            "reason": ["the masks could not be compared"],
        }
    )
    text = " ".join(sentences(table, left_out))
    assert "1 pair is left out: the masks could not be compared: S1 A/B." in text
    assert "1 feature could not be computed for one of the two masks in up to 3 pairs" in text
    assert "1 feature: up to 2 pairs not used" in text
    assert "Caution: fewer than 100 pairs or 40 subjects" in text
    assert "No answer for 1 feature (the table of repeatability has no value for this feature)." in text


def test_the_page_has_both_pictures_and_the_classes(tmp_path: Path) -> None:
    features, agreement = tables(40)
    features = features.rename(columns={"close": "original_shape_Close", "shaky": "original_glcm_Shaky"})
    result = needed_agreement(features, agreement, metrics=("dice", "assd_mm"), bootstraps=100)
    run = Run(tmp_path, features=features, agreement=agreement, needed={"": result.table})
    blocks = needed_agreement_blocks(run)
    assert isinstance(blocks[0], Text)
    assert blocks[0].tone == "answer"
    assert sum(isinstance(block, Picture) for block in blocks) == 2
    classes = next(block for block in blocks if isinstance(block, Table))
    assert [cells[0] for cells in classes.rows] == ["shape", "glcm", "all"]
    without = needed_agreement_blocks(Run(tmp_path, needed={"": result.table}))
    assert sum(isinstance(block, Picture) for block in without) == 1  # the pairs are not there any more
    page = write_needed_agreement_page(
        result, tmp_path / "needed.html", features=features, agreement=agreement, pairs=("inter",)
    )
    assert "How well must masks agree" in page.read_text(encoding="utf-8")


def test_many_features_are_one_strip_for_each_class(tmp_path: Path) -> None:
    kinds = [("inside", 0.8), ("nowhere", np.nan), ("everywhere", 0.5), ("", np.nan)]
    many = [
        row(f"F{number}", needed, reached) | {"feature": f"wavelet-LLH_{group}_F{number}"}
        for group in ("firstorder", "glcm")
        for number in range(70)
        for reached, needed in [kinds[number % 4]]
    ]
    blocks = needed_agreement_blocks(Run(tmp_path, needed={"": NEEDED_AGREEMENT.table(many)}))
    assert sum(isinstance(block, Picture) for block in blocks) == 1


def test_names_are_short_where_they_stay_different() -> None:
    assert plain_names(["original_shape_Flatness"]) == {"original_shape_Flatness": "Flatness"}
    two = ["original_glcm_Energy", "original_firstorder_Energy"]
    assert list(plain_names(two).values()) == ["glcm Energy", "firstorder Energy"]
    three = [*two, "wavelet-LLL_glcm_Energy"]
    assert list(plain_names(three).values()) == three
