"""What is repeated: the rows that are compared in each design, and the ones that are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.reproducibility import DESIGNS, arrange, assess_reproducibility, icc
from nbradiomics.tables import RowsOfReader, read_feature_table
from tests.support.helpers import call

LEVELS = ("first", "second")


def repeated(
    column: str, levels: tuple[object, ...] = LEVELS, subjects: int = 14, **index: object
) -> pd.DataFrame:
    """Feature table with one row per subject and level: `steady` hardly changes with the level."""
    rng = np.random.default_rng(5)
    base = {"timepoint": "baseline", "sequence": "T2w", "roi": "tumour", "reader": "A", "reading": 1}
    rows = []
    for number in range(subjects):
        size = rng.normal(10, 2)
        for level in levels:
            values = {"steady": size + 0.1 * rng.normal(), "shaky": rng.normal()}
            rows.append(
                {"subject": f"S{number:02d}", **base, "variant": "original", **index, column: level} | values
            )
    return pd.DataFrame(rows)


@pytest.mark.parametrize("across", [name for name in DESIGNS if name != "reader"])
def test_each_design_compares_the_values_of_its_column(across: str) -> None:
    levels = (1, 2, 3) if across in ("reading", "repeat") else ("first", "second", "third")
    features = repeated(across, levels)
    table = assess_reproducibility(features, across=across)
    assert set(table["across"]) == {across}
    assert set(table["levels"]) == {", ".join(map(str, levels))}
    assert set(table["form"]) == {"1" if across == "variant" else "A,1"}
    assert list(table["stable"]) == [True, False]
    ratings = features.pivot_table(index="subject", columns=across, values="shaky").to_numpy()
    expected = icc(ratings, "1" if across == "variant" else "A,1")
    found = table.loc[1, ["icc", "low", "high"]].astype(float)
    np.testing.assert_allclose(found, [expected.value[0], expected.low[0], expected.high[0]])
    two = assess_reproducibility(features, across=across, levels=[str(levels[2]), str(levels[0])])
    assert set(two["levels"]) == {f"{levels[2]}, {levels[0]}"}
    assert set(two["raters"]) == {2}


@pytest.mark.parametrize("across", ["reading", "timepoint", "repeat", "site", "variant"])
def test_a_table_that_repeats_something_else_than_readers_says_how_to_compare_it(across: str) -> None:
    levels = (1, 2) if across in ("reading", "repeat") else LEVELS
    with pytest.raises(InputError, match=f"--across {across}"):
        assess_reproducibility(repeated(across, levels))


@pytest.mark.parametrize("across", ["timepoint", "reading", "variant", "repeat"])
def test_several_values_in_rows_of_readers_say_how_to_choose_and_how_to_compare(across: str) -> None:
    levels = (1, 2) if across in ("reading", "repeat") else LEVELS
    features = pd.concat([repeated(across, levels, reader=name) for name in "AB"])
    with pytest.raises(
        AmbiguousError, match=f"several values of {across}.*compare them with --across {across}"
    ):
        assess_reproducibility(features)


def test_regions_and_sequences_are_never_compared_and_need_a_choice() -> None:
    for column in ("roi", "sequence"):
        features = pd.concat(
            [repeated("timepoint", **{column: value}) for value in ("one", "other")]  # type: ignore[arg-type]
        )
        with pytest.raises(
            AmbiguousError, match=f"several values of {column}.*Choose one with --{column}"
        ) as told:
            assess_reproducibility(features, across="timepoint")
        assert "--across" not in str(told.value)
        chosen = assess_reproducibility(features, across="timepoint", **{column: "one"})
        assert chosen["subjects"].tolist() == [14, 14]


def test_a_region_that_changes_with_the_timepoint_is_refused() -> None:
    features = repeated("timepoint").assign(roi=lambda table: table["timepoint"])
    with pytest.raises(AmbiguousError, match="several values of roi"):
        assess_reproducibility(features, across="timepoint")


def test_the_reader_with_several_readings_is_found_and_two_need_a_choice() -> None:
    features = pd.concat([repeated("reading", (1, 2), reader="A"), repeated("reading", (1,), reader="B")])
    assert arrange(features, "reading").reader == "A"
    both = pd.concat([features, repeated("reading", (1, 2), reader="C")], ignore_index=True)
    with pytest.raises(AmbiguousError, match=r"several readers: A, C.*--reader.*--across reader"):
        assess_reproducibility(both, across="reading")
    assert arrange(both, "reading", rows=RowsOfReader(reader="C")).reader == "C"
    with pytest.raises(InputError, match="readings to compare: 1; two or more different readings"):
        assess_reproducibility(both, across="reading", reader="B")
    with pytest.raises(InputError, match=r"no row of reader Z.*A, B, C"):
        assess_reproducibility(both, across="reading", reader="Z")


def test_the_model_is_compared_with_itself_only_if_no_reader_is_repeated() -> None:
    model = repeated("timepoint", reader="auto")
    assert arrange(model, "timepoint").reader == "auto"
    assert arrange(pd.concat([model, repeated("timepoint")]), "timepoint").reader == "A"
    once = repeated("timepoint", ("first",))
    assert arrange(pd.concat([model, once]), "timepoint").reader == "auto"


@pytest.mark.parametrize("across", ["timepoint", "variant", "reading"])
def test_training_subjects_never_count_in_any_comparison_of_automatic_masks(across: str) -> None:
    levels = (1, 2) if across == "reading" else LEVELS
    features = repeated(across, levels, reader="auto", in_training="no")
    # One row is enough to say so; the other rows of these subjects say "no".
    seen = features["subject"].isin(["S00", "S05"]) & (features[across] == levels[0])
    features.loc[seen, "in_training"] = "yes"
    assert set(arrange(features, across).subjects) == {f"S{n:02d}" for n in range(14)} - {"S00", "S05"}
    with pytest.raises(InputError, match="the model was trained on all 14 subjects"):
        assess_reproducibility(features.assign(in_training="yes"), across=across)
    by_hand = features.assign(reader="A", in_training="")
    assert len(arrange(by_hand, across).subjects) == 14


def test_a_training_subject_counts_for_readers_even_if_a_row_of_the_model_is_there() -> None:
    model = repeated("timepoint", reader="auto", in_training="yes")
    features = pd.concat([repeated("timepoint", in_training=""), model], ignore_index=True)
    assert len(arrange(features, "timepoint").subjects) == 14
    with pytest.raises(InputError, match="trained on all"):
        arrange(features, "timepoint", rows=RowsOfReader(reader="auto"))


def test_travelling_subjects_have_another_timepoint_at_each_site() -> None:
    features = repeated("site", ("Berlin", "Lyon"))
    # Half of the subjects went to Lyon first.
    first = features["subject"].str[-1].astype(int) % 2 == 0
    features["timepoint"] = np.where((features["site"] == "Lyon") == first, "day 2", "day 1")
    table = assess_reproducibility(features, across="site")
    assert table["subjects"].tolist() == [14, 14]
    assert arrange(features, "site").changing == ("timepoint",)
    twice = pd.concat([features, features[:1].assign(timepoint="day 3")], ignore_index=True)
    with pytest.raises(AmbiguousError, match=r"several values of timepoint"):
        assess_reproducibility(twice, across="site")


def test_subjects_of_several_sites_do_not_disturb_other_comparisons() -> None:
    features = pd.concat([repeated("reader", ("A", "B"), site="Lyon")])
    features.loc[features["subject"] < "S07", "site"] = "Berlin"
    assert assess_reproducibility(features)["subjects"].tolist() == [14, 14]
    with pytest.raises(InputError, match="no subject has rows of two sites"):
        assess_reproducibility(features, across="site", reader="A")
    both = pd.concat([features.assign(site=name) for name in ("Berlin", "Lyon")], ignore_index=True)
    with pytest.raises(AmbiguousError, match=r"S00 by A.*--across site"):
        assess_reproducibility(both)


def test_unequal_numbers_of_variants_count_in_the_one_way_form_and_two_are_needed() -> None:
    features = repeated("variant", tuple(f"v{n}" for n in range(5)), subjects=20)
    rng = np.random.default_rng(1)
    fewer = features[(rng.random(len(features)) < 0.7) | (features["variant"] == "v0")]
    fewer = fewer[(fewer["subject"] != "S03") | (fewer["variant"] == "v0")]
    table = assess_reproducibility(fewer, across="variant").set_index("feature")
    complete = int((fewer.groupby("subject").size() == 5).sum())
    assert table.loc["steady", ["subjects", "complete"]].tolist() == [19, complete]
    assert 0 < complete < 10
    assert table.loc["steady", "stable"]
    agreement = assess_reproducibility(fewer, across="variant", form="A,1").set_index("feature")
    assert agreement.loc["steady", "subjects"] == complete
    assert "with a value of every variant; 10 are needed" in agreement.loc["steady", "reason"]


def test_site_and_repeat_are_never_features(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    numbered = repeated("reader", ("A", "B")).assign(Site=1, Repeat=2)
    numbered.to_csv(path, index=False)
    read = read_feature_table(path).table
    assert read["site"].tolist() == ["1"] * 28
    assert assess_reproducibility(read)["feature"].tolist() == ["steady", "shaky"]


def test_what_cannot_be_compared_is_said() -> None:
    features = repeated("timepoint")
    with pytest.raises(InputError, match=r"'timepoints' is nothing that can be compared.*timepoint"):
        assess_reproducibility(features, across="timepoints")
    with pytest.raises(InputError, match="no column repeat"):
        assess_reproducibility(features, across="repeat")
    with pytest.raises(
        InputError, match=r"no row of timepoint third.*Timepoints in the table: first, second"
    ):
        assess_reproducibility(features, across="timepoint", levels=["first", "third"])
    with pytest.raises(InputError, match="levels are the text 'first'"):
        assess_reproducibility(features, across="timepoint", levels="first")
    with pytest.raises(InputError, match="timepoints are compared, but the rows of one timepoint"):
        assess_reproducibility(features, across="timepoint", timepoint="first")
    with pytest.raises(InputError, match=r"readers to compare were named \(A, B\)"):
        assess_reproducibility(features, across="timepoint", readers=["A", "B"])
    with pytest.raises(InputError, match="levels and readers were both given"):
        assess_reproducibility(features, levels=["A"], readers=["A"])
    with pytest.raises(InputError, match=r"rows of one reader \(A\)"):
        assess_reproducibility(features, reader="A")
    with pytest.raises(InputError, match="28 rows have no subject or no site"):
        assess_reproducibility(features.assign(site=""), across="site")


def test_the_command_compares_timepoints_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "features.csv", tmp_path / "stable.csv"
    pd.concat(
        [repeated("timepoint", ("retest", "test")), repeated("timepoint", ("test",), reader="B")]
    ).to_csv(path, index=False)
    assert (
        call("reproducibility", path, "--out", out, "--across", "timepoint", "--levels", "test,retest") == 0
    )
    told = " ".join(capsys.readouterr().out.split())
    assert "Timepoints compared: test, retest (2), masks of A." in told
    assert "1 of 2 features stable, 0 undefined. From 14 subjects and 2 timepoints" in told
    assert "Between timepoints" in out.with_suffix(".html").read_text(encoding="utf-8")
    assert pd.read_csv(out)["levels"].tolist() == ["test, retest"] * 2
    assert call("reproducibility", path, "--out", out, "--across", "timepoint", "--readers", "A,B") == 1
    assert "the comparison is across timepoint" in " ".join(capsys.readouterr().err.split())


OTHER = ("p44136fa355b3678", "p0123456789abcde")


@pytest.mark.parametrize("across", [name for name in DESIGNS if name != "variant"])
def test_rows_of_different_parameters_are_not_compared(across: str) -> None:
    levels = (1, 2) if across in ("reading", "repeat") else LEVELS
    features = repeated(across, levels)
    features["parameters"] = np.where(features[across] == levels[0], *OTHER)
    with pytest.raises(InputError, match="made with 2 different parameters"):
        assess_reproducibility(features, across=across)
    one = assess_reproducibility(features.assign(parameters=OTHER[0]), across=across)
    pd.testing.assert_frame_equal(one, assess_reproducibility(repeated(across, levels), across=across))


def test_variants_may_differ_in_their_parameters_but_not_the_rows_of_one() -> None:
    features = repeated("variant")
    features["parameters"] = np.where(features["variant"] == "first", *OTHER)
    assert arrange(features, "variant").changing == ("parameters",)
    features["parameters"] = np.where(features["subject"] < "S05", *OTHER)
    with pytest.raises(InputError, match="made with 2 different parameters"):
        arrange(features, "variant")
