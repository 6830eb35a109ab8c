"""The sentences about a table of reproducibility."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nbradiomics.reproducibility import (
    LIMITS,
    arrange,
    assess_reproducibility,
    limits_text,
    stable_text,
    summary_sentences,
)


def features(subjects: int = 40, readers: int = 3, *, skewed: bool = False) -> pd.DataFrame:
    """Feature table of several readers: a good feature, normal or skewed."""
    rng = np.random.default_rng(1)
    size, error = np.sqrt(0.95) * rng.normal(size=subjects), np.sqrt(0.05)
    rows = [
        {"subject": f"S{n}", "reader": f"R{r}", "good": size[n] + error * rng.normal()}
        for n in range(subjects)
        for r in range(readers)
    ]
    table = pd.DataFrame(rows)
    return table.assign(good=np.exp(1.3 * table["good"])) if skewed else table


def sentences(table: pd.DataFrame, **settings: object) -> list[str]:
    result = assess_reproducibility(table, **settings)
    return summary_sentences(result, table, arrange(table), "out.csv", 0.75)


def test_the_sentence_about_the_limits_depends_on_the_form_and_the_kind() -> None:
    table = features()
    assert limits_text(assess_reproducibility(table)) == [LIMITS]
    assert limits_text(assess_reproducibility(table, form="1")) == []
    (told,) = limits_text(assess_reproducibility(table, readers_in_general=True))
    assert "valid for readers in general" in told
    assert "With fewer than 5 these limits are so wide" in told
    (told,) = limits_text(assess_reproducibility(features(readers=5), readers_in_general=True))
    assert "fewer than" not in told
    renamed = table.rename(columns={"reader": "timepoint"})
    (told,) = limits_text(assess_reproducibility(renamed, across="timepoint"))
    assert told.startswith("The limits of ICC(A,1) are valid for these timepoints")


def test_a_skewed_feature_that_the_ccc_does_not_confirm_is_named() -> None:
    table = features(subjects=30, readers=2, skewed=True)
    result = assess_reproducibility(table)
    assert result["stable"].tolist() == [True]
    assert result["ccc_low"][0] < 0.75
    told = sentences(table)
    assert any(
        "Caution: for 1 of the stable features (good) the lower limit of the CCC" in text for text in told
    )
    assert not any("Caution" in text for text in sentences(features()))


def test_tables_of_earlier_releases_still_have_a_sentence() -> None:
    old = pd.DataFrame(
        {"feature": ["a", "b"], "icc": [0.9, np.nan], "low": [0.8, np.nan], "high": [0.95, np.nan]}
        | {"subjects": [40, 4], "stable": [True, False]}
    )
    assert stable_text(old) == "1 of 2 features stable, 1 undefined. From 40 subjects"
    noted = old.assign(readers="A, B", note=["", "4 subjects with a value by every reader; 10 are needed"])
    assert stable_text(noted) == (
        "1 of 2 features stable, 1 undefined, 1 not judged (4 subjects with a value by every reader; 10 are "
        "needed). From 40 subjects and 2 readers (caution: only two readers; other subjects or readers would "
        "give other features)"
    )
    assert limits_text(noted) == [LIMITS]


def test_subjects_without_a_row_are_named_and_the_fewest_subjects_of_a_stable_feature_count() -> None:
    table = features(subjects=31).assign(second=lambda rows: rows["good"])
    table.loc[table["subject"].isin(["S3", "S4"]), "second"] = np.nan
    told = sentences(table.drop(index=[0, 4]))
    assert told[0] == "2 of 31 subjects do not count: they have no row of every reader (S0, S1)."
    assert "From 27 to 29 subjects and 3 readers (caution: fewer than 30 subjects" in told[1]
    one_way = assess_reproducibility(table.drop(index=[0, 4, 5]), form="1")
    arranged = arrange(table.drop(index=[0, 4, 5]))
    told = summary_sentences(one_way, table, arranged, "out.csv", 0.75)
    assert told[0] == "1 of 31 subjects do not count: they have only one reader (S1)."


def test_a_skewed_feature_is_named_for_the_one_way_form_too() -> None:
    table = features(subjects=30, readers=2, skewed=True)
    result = assess_reproducibility(table, form="1")
    told = summary_sentences(result, table, arrange(table), "out.csv", 0.75)
    assert any("for 1 of the stable features (good) the lower limit of the CCC" in text for text in told)


def test_readers_who_saw_different_sites_are_no_comparison_of_readers_alone() -> None:
    table = features()
    both = table.assign(site=np.where(table["reader"] == "R0", "X", "Y"))
    assert any("site changes with the reader in some subjects" in text for text in sentences(both))
    nested = table.assign(site=np.where(table["subject"] < "S2", "X", "Y"))
    assert not any("site" in text for text in sentences(nested))
