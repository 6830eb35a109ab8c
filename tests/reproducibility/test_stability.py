"""Reproducibility of a feature table: the rows that count, and the ones that are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.reproducibility import assess_reproducibility, icc, ratings_array, read_stable
from nbradiomics.reproducibility.schema import REPRODUCIBILITY
from nbradiomics.tables import write_table

READERS = ("A", "B", "C")


def table(subjects: int = 12, readers: tuple[str, ...] = READERS, **index: object) -> pd.DataFrame:
    """Feature table: ``steady`` hardly changes with the reader, ``shaky`` is noise, ``flat`` is constant."""
    rng = np.random.default_rng(3)
    rows = []
    for number in range(subjects):
        size = rng.normal()
        for reader in readers:
            noise = rng.normal(size=2)
            rows.append(
                {"subject": f"S{number:02d}", "timepoint": "baseline", "sequence": "T2w", "roi": "tumour"}
                | {"reader": reader, "reading": 1, "variant": "original"}
                | index
                | {"steady": size + 0.01 * noise[0], "shaky": noise[1], "flat": 2.5}
            )
    return pd.DataFrame(rows)


def test_rows_columns_and_values() -> None:
    features = table()
    result = assess_reproducibility(features)
    given = [name for name in REPRODUCIBILITY.names if name not in REPRODUCIBILITY.left_out]
    assert list(result.columns) == given
    assert list(result["feature"]) == ["steady", "shaky", "flat"]
    assert result["stable"].dtype == bool
    assert list(result["stable"]) == [True, False, False]
    assert list(result["reason"]) == ["", f"lower limit {result['low'][1]:.2f} below 0.75", "undefined"]
    assert set(result["levels"]) == {"A, B, C"}
    assert set(result["raters"]) == {3}
    assert set(result["form"]) == {"A,1"}
    assert np.isnan(result.loc[2, ["icc", "low", "high"]].astype(float)).all()
    expected = icc(features.pivot_table(index="subject", columns="reader", values="shaky").to_numpy())
    found = result.loc[1, ["icc", "low", "high"]].astype(float)
    np.testing.assert_allclose(found, [expected.value[0], expected.low[0], expected.high[0]])


def test_the_order_of_rows_does_not_matter() -> None:
    features = table()
    pd.testing.assert_frame_equal(
        assess_reproducibility(features),
        assess_reproducibility(features.sample(frac=1, random_state=1)),
        rtol=1e-9,
    )


def test_the_model_is_no_reader_unless_named() -> None:
    features = table(readers=("A", "B", "auto"))
    features.loc[features["reader"] == "auto", "steady"] += 100
    assert assess_reproducibility(features)["stable"][0]
    assert not assess_reproducibility(features, readers=["A", "B", "auto"])["stable"][0]


def test_threshold_is_the_lower_limit() -> None:
    low = assess_reproducibility(table())["low"][0]
    assert assess_reproducibility(table(), threshold=low)["stable"][0]
    assert not assess_reproducibility(table(), threshold=np.nextafter(low, 1))["stable"][0]


def test_missing_rows_and_values_only_lower_the_count() -> None:
    features = table()
    features = features[~((features["subject"] == "S03") & (features["reader"] == "B"))]
    features.loc[(features["subject"] == "S05") & (features["reader"] == "C"), "steady"] = np.nan
    result = assess_reproducibility(features).set_index("feature")
    assert list(result["subjects"]) == [10, 11, 11]
    complete = features[~features["subject"].isin(["S03", "S05"])]
    assert result.loc["steady", "icc"] == pytest.approx(assess_reproducibility(complete)["icc"][0])


def test_one_timepoint_sequence_and_reading_at_a_time() -> None:
    features = pd.concat([table(), table(timepoint="after chemotherapy")])
    with pytest.raises(AmbiguousError, match=r"timepoint: after chemotherapy, baseline.*--timepoint"):
        assess_reproducibility(features)
    pd.testing.assert_frame_equal(
        assess_reproducibility(features, timepoint="baseline"), assess_reproducibility(table())
    )
    twice = pd.concat([table(), table(reading=2)])
    with pytest.raises(AmbiguousError, match="reading: 1, 2"):
        assess_reproducibility(twice)
    assert len(assess_reproducibility(twice, reading=2)) == 3


def test_rows_of_readers_that_do_not_count_are_not_ambiguous() -> None:
    features = pd.concat([table(), table(readers=("auto",), variant="eroded")])
    assert len(assess_reproducibility(features)) == 3


def test_repeated_rows_are_named() -> None:
    features = table()
    with pytest.raises(AmbiguousError, match="S00 by A, S00 by B, S00 by C, S01 by A, S01 by B and 31 more"):
        assess_reproducibility(pd.concat([features, features]))


def test_absent_and_too_few_readers() -> None:
    with pytest.raises(InputError, match=r"no row of reader D.*Readers in the table: A, B, C"):
        assess_reproducibility(table(), readers=["A", "D"])
    with pytest.raises(InputError, match="readers to compare: A; two or more"):
        assess_reproducibility(table(readers=("A", "auto")))
    with pytest.raises(InputError, match="A, A; two or more different"):
        assess_reproducibility(table(), readers=["A", "A"])
    with pytest.raises(InputError, match="two or more"):
        assess_reproducibility(table().iloc[:0])


def test_a_named_reader_without_the_chosen_rows_is_absent() -> None:
    features = pd.concat([table(readers=("A", "B")), table(readers=("C",), sequence="T1w")])
    with pytest.raises(InputError, match="no row of reader C"):
        assess_reproducibility(features, readers=["A", "B", "C"], sequence="T2w")


def test_tables_that_are_no_feature_tables() -> None:
    with pytest.raises(InputError, match="no feature"):
        assess_reproducibility(table().drop(columns=["steady", "shaky", "flat"]))
    with pytest.raises(InputError, match="no column reader"):
        assess_reproducibility(table().drop(columns="reader"))
    with pytest.raises(InputError, match=r"threshold: .*found: 75"):
        assess_reproducibility(table(), threshold=75)


def test_ratings_array_is_features_by_subjects_by_readers() -> None:
    features = table(subjects=3).iloc[1:]  # S00 has no row by A
    ratings, subjects, names = ratings_array(features, ["C", "A"])
    assert ratings.shape == (3, 3, 2)
    assert subjects == ["S00", "S01", "S02"]
    assert names == ["steady", "shaky", "flat"]
    assert np.isnan(ratings[:, 0, 1]).all()
    row = features[(features["subject"] == "S02") & (features["reader"] == "C")]
    assert ratings[0, 2, 0] == row["steady"].item()


def test_subjects_of_training_rows_alone_decide_in_a_fold() -> None:
    features = table()
    ratings, subjects, _ = ratings_array(features, READERS)
    training = [subjects.index(name) for name in ("S01", "S04", "S06", "S07")]
    alone = assess_reproducibility(features[features["subject"].isin(["S01", "S04", "S06", "S07"])])
    np.testing.assert_allclose(icc(ratings[:, training]).value, alone["icc"])


@pytest.mark.parametrize("name", ["stable.csv", "stable.parquet"])
def test_stable_features_survive_the_way_through_a_file(name: str, tmp_path: Path) -> None:
    result = assess_reproducibility(table())
    assert read_stable(write_table(result, tmp_path / name)) == ["steady"]
    none = result.assign(stable=False)
    assert read_stable(write_table(none, tmp_path / f"none {name}")) == []


def test_files_that_hold_no_stable_features(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("feature,icc\na,0.5\n")
    with pytest.raises(InputError, match="no column stable; its columns: feature, icc"):
        read_stable(path)
    path.write_text("feature,stable\na,True\nb,\n")
    with pytest.raises(InputError, match="column stable contains True, nan"):
        read_stable(path)


def test_rows_of_two_engines_are_not_mixed_unasked() -> None:
    rows = [
        {"subject": f"s{number}", "reader": reader, "engine": engine, "f": number + shift}
        for number in range(6)
        for reader, shift in (("A", 0.0), ("B", 0.1))
        for engine in ("native 1", "pyradiomics 3")
    ]
    with pytest.raises(AmbiguousError, match="engine"):
        assess_reproducibility(pd.DataFrame(rows))
    table = assess_reproducibility(pd.DataFrame(rows), engine="native 1")
    assert table["subjects"].tolist() == [6]
