"""Tables, covariates, small batches, and what is refused."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbradiomics import ComBat, InputError
from tests.support.harmonisation_tables import feature_names, site_table


def refusal(combat: ComBat, table: Any, y: Any = None) -> str:
    with pytest.raises(InputError) as caught:
        combat.fit(table, y)
    return str(caught.value)


def test_a_planted_shift_goes_and_a_planted_effect_stays() -> None:
    """Figures: of 1.1 deviations between sites 0.02 are left, of a slope of 0.5 stays 0.5."""
    table = site_table((60, 60, 60), 40, seed=3, shift=1.0, slope=0.5, older=1.0)
    found = ComBat("site", covariates=["age"]).fit_transform(table)
    features = feature_names(table)

    def measured(values: pd.DataFrame) -> tuple[float, float]:
        design = np.column_stack([*(values["site"] == name for name in "ABC"), values["age"] / 2])
        fitted = np.linalg.lstsq(design.astype(float), values[features].to_numpy(), rcond=None)[0]
        return float(np.ptp(fitted[:3], axis=0).mean()), float(fitted[3, :20].mean())

    before, after = measured(table), measured(found)
    assert before[0] > 1.0
    assert after[0] < 0.1
    assert after[1] == pytest.approx(0.5, abs=0.06)


def test_without_the_covariate_its_effect_goes_with_the_site() -> None:
    table = site_table((200, 200), 40, seed=4, shift=0.0, slope=1.0, older=2.0)
    name = feature_names(table)[:20]
    found = {kept: ComBat("site", covariates=kept).fit_transform(table) for kept in ((), ("age",))}
    gap = {
        kept: float((each[each["site"] == "B"][name].mean() - each[each["site"] == "A"][name].mean()).mean())
        for kept, each in found.items()
    }
    assert abs(gap[()]) < 0.1
    assert gap["age",] == pytest.approx(2.0, abs=0.3)


def test_columns_index_order_and_kinds_stay() -> None:
    table = site_table((12, 12), 4)
    table["original_firstorder_F1"] = table["original_firstorder_F1"].astype(np.float32)
    table["original_firstorder_F2"] = (table["original_firstorder_F2"] * 100).round().astype(int)
    table["note"] = pd.Categorical(["x"] * 24)
    table = table[["age", "original_firstorder_F2", "note", "site", *feature_names(table)[:2], "subject"]]
    table.index = pd.Index([f"row{number % 5}" for number in range(24)], name="key")
    kept = table.copy()
    found = ComBat("site").fit_transform(table)
    pd.testing.assert_frame_equal(table, kept)
    assert list(found.columns) == list(table.columns)
    assert found.index.equals(table.index)
    others = ["age", "note", "site", "subject"]
    pd.testing.assert_frame_equal(found[others], table[others])
    kinds = found.dtypes[["original_firstorder_F0", "original_firstorder_F1", "original_firstorder_F2"]]
    assert kinds.tolist() == [np.float64, np.float32, np.float64]


def test_features_are_chosen_by_name_or_pattern() -> None:
    table = site_table((12, 12), 4).assign(volume=np.arange(24.0))
    assert ComBat("site").fit(table).features_ == feature_names(table)
    assert ComBat("site", features=["volume", "*F1"]).fit(table).features_ == [
        "original_firstorder_F1",
        "volume",
    ]
    plain = table.rename(columns=lambda name: name.replace("original_firstorder_", ""))
    assert ComBat("site", covariates=["age"]).fit(plain).features_ == ["F0", "F1", "F2", "F3", "volume"]


def test_categories_are_coded_by_training_levels() -> None:
    table = site_table((30, 30), 6, slope=0.5)
    table["stage"] = np.tile([1, 2, 3], 20)
    combat = ComBat("site", covariates=["stage", "age"], categories=["stage"]).fit(table)
    all_of_them = combat.transform(table)
    one_level = table[table["stage"] == 3]
    pd.testing.assert_frame_equal(combat.transform(one_level), all_of_them.loc[one_level.index])
    decimals = table.assign(stage=table["stage"].astype(float))
    pd.testing.assert_frame_equal(
        combat.transform(decimals)[feature_names(table)], all_of_them[feature_names(table)]
    )
    with pytest.raises(InputError, match=r"'4' \(20 rows\); expected was the levels 1, 2, 3"):
        combat.transform(table.assign(stage=table["stage"].replace(3, 4)))


def test_an_unknown_covariate_is_refused_or_average() -> None:
    table = site_table((30, 30), 6, slope=0.5)
    table["sex"] = np.tile(["f", "m", "m"], 20)
    gaps = table.assign(
        age=table["age"].mask(table.index == 5), sex=table["sex"].mask(table.index == 7, "unknown")
    )
    options: dict[str, Any] = {"covariates": ["age", "sex"]}
    assert "covariate 'age' has 'no value' (1 row)" in refusal(ComBat("site", **options), gaps)
    strict = ComBat("site", **options).fit(table)
    with pytest.raises(InputError, match="'unknown'"):
        strict.transform(
            gaps[["age"]].join(table.drop(columns=["age", "sex"])).assign(age=1.0, sex=gaps["sex"])
        )
    lenient = ComBat("site", **options, unknown_covariate="average").fit(table)
    known, found = lenient.transform(table), lenient.transform(gaps)
    rows = ~table.index.isin([5, 7])
    pd.testing.assert_frame_equal(found[rows][feature_names(table)], known[rows][feature_names(table)])
    assert found.notna().to_numpy()[:, 1:7].all()
    # Training subjects without the covariate are used too.
    assert len(ComBat("site", **options, unknown_covariate="average").fit_transform(gaps).dropna()) == 59


def test_the_outcome_is_refused_and_otherwise_not_used() -> None:
    table = site_table((30, 30), 6)
    random = np.random.default_rng(0)
    event, time = random.random(60) < 0.4, random.exponential(size=60)
    table["relapse"] = np.where(event, "yes", "no")
    table["months"] = time * 12
    survival = np.array(list(zip(event, time, strict=True)), dtype=[("event", bool), ("time", float)])
    assert "'relapse' is the outcome" in refusal(ComBat("site", covariates=["relapse"]), table, event)
    assert "'relapse' is the outcome" in refusal(ComBat("site", covariates=["relapse"]), table, survival)
    assert "'months' is the outcome" in refusal(ComBat("site", covariates=["months"]), table, survival)
    assert "'site' is the outcome" in refusal(ComBat("site"), table, table["site"] == "B")
    known = ComBat("site", covariates=["age"]).fit(table, survival)
    pd.testing.assert_frame_equal(
        known.transform(table), ComBat("site", covariates=["age"]).fit_transform(table)
    )


def test_ages_and_times_that_differ_everywhere_are_not_the_same() -> None:
    table = site_table((30, 30), 6)
    time = np.random.default_rng(1).exponential(size=60)
    assert table["age"].nunique() > 55
    ComBat("site", covariates=["age"]).fit(table, time)


def test_confounded_designs_are_refused_with_their_names() -> None:
    table = site_table((30, 30), 6)
    table["country"] = np.where(table["site"] == "A", "x", "y")
    table["months"] = table["age"] * 12
    assert "covariate 'country' is determined by the batches of 'site'" in refusal(
        ComBat("site", covariates=["age", "country"]), table
    )
    assert "covariate 'months' is determined by the batches of 'site' and the covariates age" in refusal(
        ComBat("site", covariates=["age", "months"]), table
    )
    table["ward"] = [f"w{number % 40}" for number in range(60)]
    few = table.iloc[[*range(3), *range(30, 33)]]
    assert "cannot estimate 2 batches of 'site' with covariates: more than 8" in refusal(
        ComBat("site", covariates=["ward", "age"], least_subjects=1), few
    )


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_small_training_batch_is_refused_kept_or_harmonised(size: int) -> None:
    table = site_table((40, 40, size), 20, shift=1.0)
    message = refusal(ComBat("site"), table)
    assert f"site 'C' has {size} training subject" in message
    assert "at least 10" in message
    keep = ComBat("site", small_batch="keep")
    found = keep.fit_transform(table)
    small = table["site"] == "C"
    pd.testing.assert_frame_equal(found[small], table[small])
    pd.testing.assert_frame_equal(found[~small], ComBat("site").fit_transform(table[~small]))
    assert keep.report_["treatment"].tolist() == ["fitted", "fitted", "kept"]
    assert keep.report_["reason"].tolist()[2] == "fewer than 10 training subjects"
    harmonised = ComBat("site", small_batch="harmonise").fit_transform(table)
    assert harmonised[feature_names(table)].notna().all(axis=None)
    assert not np.allclose(
        harmonised.loc[small, feature_names(table)], table.loc[small, feature_names(table)]
    )


def test_rows_of_one_subject_count_once() -> None:
    table = site_table((12, 12), 6)
    twice = pd.concat(
        [
            table[table["site"] == "A"],
            table[table["site"] == "B"].iloc[:6],
            table[table["site"] == "B"].iloc[:6],
        ]
    )
    assert "'B' has 6 training subjects" in refusal(ComBat("site"), twice)


def test_features_that_do_not_vary() -> None:
    table = site_table((20, 20), 6)
    table["original_firstorder_F0"] = 7.1
    table["original_firstorder_F1"] = np.where(table["site"] == "A", 1.0, 3.0)
    combat = ComBat("site")
    found = combat.fit_transform(table)
    assert found["original_firstorder_F0"].to_numpy() == pytest.approx(7.1, abs=1e-12)
    # Only the site varies it, so that nothing is left.
    assert found["original_firstorder_F1"].to_numpy() == pytest.approx(2.0, abs=1e-12)
    assert combat.feature_notes_["feature"].tolist() == ["original_firstorder_F0", "original_firstorder_F1"]
    assert set(combat.feature_notes_["note"]) == {"no variance within batches: only its location is adjusted"}
    rest = table.drop(columns=["original_firstorder_F0", "original_firstorder_F1"])
    pd.testing.assert_frame_equal(found[rest.columns], ComBat("site").fit_transform(rest))


def test_a_feature_that_a_batch_lacks() -> None:
    table = site_table((20, 20, 20), 6)
    name = "original_firstorder_F2"
    full = table.copy()
    table[name] = table[name].mask(table["site"] == "B")
    combat = ComBat("site").fit(table)
    assert combat.transform(table)[name].isna().tolist() == table[name].isna().tolist()
    assert combat.feature_notes_["note"].tolist() == ["no value in B: it is shifted like the average feature"]
    later = combat.transform(full[full["site"] == "B"])[name]
    assert later.notna().all()
    plain = ComBat("site", eb=False).fit(table)
    assert plain.transform(full[full["site"] == "B"])[name].isna().all()
    assert "become missing" in plain.feature_notes_["note"][0]


def test_features_of_hardly_any_values() -> None:
    table = site_table((20, 20), 6)
    empty, few = "original_firstorder_F2", "original_firstorder_F3"
    table[empty] = np.nan
    table[few] = table[few].where(table.index.isin([2, 30]))
    combat = ComBat("site")
    found = combat.fit_transform(table)
    assert found[[empty, few]].isna().all(axis=None)
    assert combat.feature_notes_["feature"].tolist() == [empty, few]
    assert set(combat.feature_notes_["note"]) == {"too few values: it is missing in the result"}


def test_a_feature_whose_values_confound_covariate_and_site() -> None:
    table = site_table((20, 20), 6)
    table["sex"] = np.tile(["f", "m"], 20)
    name = "original_firstorder_F2"
    table[name] = table[name].where((table["site"] == "A") == (table["sex"] == "f"))
    combat = ComBat("site", covariates=["sex"])
    found = combat.fit_transform(table)
    assert found[name].isna().tolist() == table[name].isna().tolist()
    assert "fitted without covariates" in combat.feature_notes_["note"][0]


def test_one_feature_cannot_be_pooled() -> None:
    table = site_table((20, 20), 1)
    assert "there is only one that varies" in refusal(ComBat("site"), table)
    found = ComBat("site", eb=False).fit_transform(table)
    means = found.groupby("site")["original_firstorder_F0"].mean()
    assert means["A"] == pytest.approx(means["B"], abs=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch": "sites"}, "the table lacks 'sites'. Did you mean 'site'?"),
        ({"batch": []}, "no batch column was given"),
        ({"batch": "site", "covariates": ["site"]}, "'site' is given twice"),
        ({"batch": "site", "categories": ["age"]}, "category 'age' is no covariate"),
        ({"batch": "site", "unseen": "guess"}, "unseen is 'guess'. Use one of refuse, estimate, keep"),
        ({"batch": "site", "reference_batch": "Z"}, "the reference batch 'Z' has no training subject"),
        ({"batch": "site", "reference_batch": {"scanner": "Z"}}, "'scanner', which is no batch column"),
        ({"batch": ["site", "age"], "reference_batch": "A"}, "2 batch columns and one reference batch"),
        ({"batch": "site", "mean_only": "yes"}, "mean_only is 'yes'"),
        ({"batch": "site", "m_combat": True}, "M-ComBat needs a reference batch"),
        ({"batch": "site", "least_subjects": 0}, "least_subjects is 0"),
        ({"batch": "site", "features": ["x*"]}, "no numeric column of the feature table matches 'x*'"),
        ({"batch": "site", "covariates": "age"}, "covariates is the text 'age'; a list was expected"),
    ],
)
def test_requests_that_cannot_be_met(options: dict[str, Any], message: str) -> None:
    assert message in refusal(ComBat(**options), site_table((12, 12), 4))


def test_tables_that_cannot_be_read() -> None:
    table = site_table((12, 12), 4)
    assert "a table (pandas.DataFrame) was expected" in refusal(ComBat("site"), np.zeros((3, 3)))
    assert "has no rows" in refusal(ComBat("site"), table.iloc[:0])
    assert "batch column 'site' is empty in 1 row, first in row 4 (P003)" in refusal(
        ComBat("site"), table.assign(site=table["site"].mask(table.index == 3))
    )
    infinite = table.assign(
        original_firstorder_F1=table["original_firstorder_F1"].mask(table.index == 3, np.inf)
    )
    assert "feature 'original_firstorder_F1' has infinite values" in refusal(ComBat("site"), infinite)
    assert "has values beyond 1e+100" in refusal(
        ComBat("site"), table.assign(original_firstorder_F1=table["original_firstorder_F1"] * 1e200)
    )
    assert "a column with the name 5; text was expected" in refusal(
        ComBat("site"), table.assign(x=1).rename(columns={"x": 5})
    )
    with pytest.raises(InputError, match="lacks 'original_firstorder_F1'"):
        ComBat("site").fit(table).transform(table.drop(columns="original_firstorder_F1"))


@pytest.mark.parametrize("parametric", [True, False])
@pytest.mark.parametrize("eb", [True, False])
def test_a_feature_that_is_constant_in_one_batch_does_not_explode(eb: bool, parametric: bool) -> None:
    table = site_table()
    name = feature_names(table)[0]
    table.loc[table["site"] == "B", name] = 0.1
    new = table[table["site"] == "B"].head(3).assign(**{name: [0.1, 0.2, 1.1]})
    found = ComBat("site", eb=eb, parametric=parametric).fit(table).transform(new)[name]
    # It was 1e15 without shrinkage: the variance of B is rounding.
    assert 0.5 < found.iloc[2] - found.iloc[0] < 2


@pytest.mark.parametrize("settings", [{}, {"parametric": False}, {"mean_only": True}, {"unseen": "estimate"}])
def test_several_rows_of_a_subject_count_as_one(settings: dict[str, Any]) -> None:
    table = site_table()
    if "unseen" in settings:
        new = table[table["site"] == "B"].assign(site="C")
        once, often = new, pd.concat([new] * 3, ignore_index=True)
        fitted = [ComBat("site", **settings).fit(table)] * 2
    else:
        once, often = table, pd.concat([table] * 3, ignore_index=True)
        fitted = [ComBat("site", **settings).fit(each) for each in (once, often)]
    found = [
        combat.transform(each)[feature_names(table)].head(len(once)).to_numpy()
        for combat, each in zip(fitted, (once, often), strict=True)
    ]
    assert found[0] == pytest.approx(found[1], abs=1e-8)
