"""Classes: the tables, the scores and what is said of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    matthews_corrcoef,
    recall_score,
    roc_auc_score,
)

from nbradiomics.errors import InputError
from nbradiomics.outcome import OutcomeSettings, evaluate_outcome, write_outcome
from nbradiomics.outcome.trees import TreeClassifier

FAST = OutcomeSettings(folds=3, repeats=2, refits=0, penalizer=0.3, l1_ratio=0.0, power_transform=False)
NAMES = {2: ("wild type", "mutant"), 3: ("high", "low", "middle")}


def make_classes(
    classes: int = 2, subjects: int = 90, effect: float = 1.5, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features of which the first one tells the classes apart, and a clinical table."""
    rng = np.random.default_rng(seed)
    kind = rng.permutation(np.arange(subjects) % classes)
    values = rng.normal(size=(subjects, 5))
    values[:, 0] += effect * kind
    subject = [f"s{number:03}" for number in range(subjects)]
    features = pd.DataFrame(values, columns=[f"f{place}" for place in range(5)]).assign(subject=subject)
    names = np.array(NAMES[classes], dtype=object)[kind]
    clinical = pd.DataFrame({"subject": subject, "idh": names, "age": rng.normal(60, 8, subjects).round()})
    return features, clinical


def values_of(result, model: str = "radiomic") -> pd.Series:
    rows = result.performance.query("model == @model")
    return rows.set_index("metric")["value"]


@pytest.mark.parametrize("classes", [2, 3])
def test_scores_are_those_of_scikit_learn(classes: int) -> None:
    result = evaluate_outcome(*make_classes(classes), target="idh", settings=FAST)
    table = result.predictions.query("model == 'radiomic'")
    judged = ["mutant"] if classes == 2 else list(NAMES[3])
    rows = []
    for _, repeat in table.groupby("repeat"):
        wide = repeat.pivot(index="subject", columns="class", values=["probability", "observed", "chosen"])
        fold = repeat.drop_duplicates("subject").set_index("subject")["fold"].reindex(wide.index)
        truth, chosen = (wide[name].astype(float).idxmax(axis=1) for name in ("observed", "chosen"))
        areas = []
        for name in judged:
            sums = np.zeros(2)
            for number in fold.unique():
                part = wide[fold == number]
                pairs = (part["observed"][name] == 1).sum() * (part["observed"][name] == 0).sum()
                area = roc_auc_score(part["observed"][name].astype(int), part["probability"][name])
                sums += [area * pairs, pairs]
            areas.append(sums[0] / sums[1])
        y, p = wide["observed"].astype(int), wide["probability"].astype(float)
        row = {
            "roc_auc": np.mean(areas),
            "average_precision": np.mean([average_precision_score(y[name], p[name]) for name in judged]),
            "brier": ((y - p) ** 2).sum(axis=1).mean() / 2,
            "balanced_accuracy": balanced_accuracy_score(truth, chosen),
            "mcc": matthews_corrcoef(truth, chosen),
        }
        if classes == 2:
            assert row["brier"] == pytest.approx(brier_score_loss(y["mutant"], p["mutant"]))
            row["sensitivity"] = recall_score(truth, chosen, pos_label="mutant")
            row["specificity"] = recall_score(truth, chosen, pos_label="wild type")
            row["observed_expected"] = y["mutant"].sum() / p["mutant"].sum()
        rows.append(row)
    expected = pd.DataFrame(rows).mean()
    found = values_of(result)
    pd.testing.assert_series_equal(found[expected.index], expected, check_names=False)
    assert set(found.index) - set(expected.index) == ({"calibration_slope"} if classes == 2 else set())
    assert found["roc_auc"] > 0.75


def test_probabilities_add_up_and_every_subject_is_held_out_once_in_each_repeat() -> None:
    result = evaluate_outcome(*make_classes(3), target="idh", covariates=["age"], settings=FAST)
    grouped = result.predictions.groupby(["subject", "model", "repeat"])
    assert grouped["probability"].sum().to_numpy() == pytest.approx(1)
    assert (grouped[["observed", "chosen"]].sum() == 1).all(axis=None)
    assert grouped.ngroups == 90 * 3 * 2
    assert set(result.selection["class"]) == set(NAMES[3])


def test_the_class_of_a_rare_kind_is_predicted_too() -> None:
    features, clinical = make_classes(subjects=120, effect=1.0)
    rare = clinical[clinical["idh"] == "mutant"].index[12:]
    result = evaluate_outcome(features, clinical.drop(index=rare), target="idh", settings=FAST)
    found = values_of(result)
    assert result.summary["classes"] == {"wild type": 60, "mutant": 12}
    assert found["sensitivity"] > 0.4  # with the largest probability it would be near 0
    assert found["balanced_accuracy"] > 0.6


@pytest.mark.slow
def test_noise_is_no_signal() -> None:
    areas = [
        values_of(evaluate_outcome(*make_classes(effect=0, seed=seed), target="idh", settings=FAST))[
            "roc_auc"
        ]
        for seed in range(6)
    ]
    assert np.mean(areas) == pytest.approx(0.5, abs=0.06)


def test_the_answer_in_words_and_the_files(tmp_path) -> None:
    result = evaluate_outcome(*make_classes(), target="idh", covariates=["age"], settings=FAST)
    summary = result.summary
    assert (summary["kind"], summary["target"]) == ("classes", "idh")
    assert "ranked new subjects with a ROC area of 0." in summary["answers"]["Does it work?"]
    assert "changed the ROC area by +0." in summary["answers"]["Better than the clinical data?"]
    enough = summary["answers"]["Were there enough subjects of the smallest class?"]
    assert enough.startswith("No: 45 subjects of the smallest class in 90 subjects for 6 candidate columns;")
    text = " ".join(summary["sentences"])
    assert "90 subjects of the classes of idh ('wild type' 45, 'mutant' 45) were analysed" in text
    assert "'mutant' (45) is the positive class" in text
    assert "Kaplan" not in text
    write_outcome(result, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "class_baseline.csv",
        "class_calibration.csv",
        "class_decision.csv",
        "class_predictions.csv",
        "excluded.csv",
        "performance.csv",
        "ratios.csv",
        "selection.csv",
        "summary.json",
    }
    calibration = result.calibration.query("model == 'radiomic'")
    assert calibration["predicted"].is_monotonic_increasing
    assert calibration["events"].sum() == 45
    assert calibration["subjects"].sum() == 90
    whole = result.baseline.query("variable == 'subjects'")
    assert whole["value"].tolist() == ["90", "45", "45"]


def test_a_single_subject_of_a_class_is_too_few() -> None:
    features, clinical = make_classes(3)
    few = clinical[clinical["idh"] == "middle"].index[3:]
    with pytest.raises(InputError, match=r"3 x 'middle' remain; 3 folds need .* 6 of each class"):
        evaluate_outcome(features, clinical.drop(index=few), target="idh", settings=FAST)


def test_horizons_have_no_meaning_for_a_class() -> None:
    with pytest.raises(InputError, match="a target has no time"):
        evaluate_outcome(*make_classes(), target="idh", settings=FAST.changed(horizons=(1.0,)))


def test_a_feature_that_is_the_class_is_suspicious() -> None:
    features, clinical = make_classes()
    features["f4"] = (clinical["idh"] == "mutant") + 0.1 * features["f3"]
    result = evaluate_outcome(features, clinical, target="idh", settings=FAST)
    assert list(result.summary["suspicious"]) == ["f4"]
    assert "it has a ROC area of 1.000" in " ".join(result.summary["sentences"])


def test_which_class_is_positive_changes_no_order() -> None:
    tables = make_classes()
    one, other = (
        evaluate_outcome(*tables, target="idh", positive=[name], settings=FAST) for name in NAMES[2]
    )
    metrics = ["roc_auc", "brier", "balanced_accuracy", "mcc", "calibration_slope"]
    assert values_of(one)[metrics].to_numpy() == pytest.approx(values_of(other)[metrics].to_numpy())
    swapped = values_of(other)[["specificity", "sensitivity"]].to_numpy()
    assert values_of(one)[["sensitivity", "specificity"]].to_numpy() == pytest.approx(swapped)


def test_held_out_subjects_do_not_move_the_predictions_of_others() -> None:
    features, clinical = make_classes()
    before = evaluate_outcome(features, clinical, target="idh", settings=FAST)
    victim = before.predictions.query("repeat == 1 and fold == 1")["subject"].iloc[0]
    changed = features.copy()
    changed.loc[changed["subject"] == victim, ["f0", "f1"]] = 50.0
    after = evaluate_outcome(changed, clinical, target="idh", settings=FAST)
    one, other = (
        table.predictions.query("repeat == 1 and fold == 1").set_index("subject").drop(victim)
        for table in (before, after)
    )
    for name in ("probability", "chosen"):
        assert one[name].to_numpy() == pytest.approx(other[name].to_numpy())


@pytest.mark.slow
def test_permutations_tell_signal_from_noise() -> None:
    asked = FAST.changed(permutations=19, repeats=1, bootstraps=0)
    signal, noise = (
        evaluate_outcome(*make_classes(effect=effect), target="idh", settings=asked) for effect in (1.5, 0)
    )
    assert signal.summary["permutation_p"] == {"radiomic": pytest.approx(0.05)}
    assert noise.summary["permutation_p"]["radiomic"] > 0.05
    assert "ROC area above chance of the radiomic model" in " ".join(signal.summary["sentences"])


@pytest.mark.slow
def test_intervals_refit() -> None:
    asked = FAST.changed(refits=50, repeats=1, folds=2)
    tables = make_classes(subjects=40)
    result = evaluate_outcome(*tables, target="idh", covariates=["age"], settings=asked)
    rows = result.performance[result.performance["low"].notna()]
    assert set(rows["metric"]) == {"roc_auc", "brier", "roc_auc_gain_over_clinical"}
    assert (rows["low"] < rows["value"]).all()
    assert (rows["value"] < rows["high"]).all()


@pytest.mark.parametrize("method", ["random_forest", "gradient_boosting"])
def test_trees_by_name(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbradiomics.outcome.trees.TREES", 50)
    monkeypatch.setattr("nbradiomics.outcome.trees.STAGES", 30)
    asked = OutcomeSettings(folds=2, repeats=1, refits=0, method=method)
    for classes in (2, 3):
        result = evaluate_outcome(*make_classes(classes), target="idh", covariates=["age"], settings=asked)
        assert values_of(result)["roc_auc"] > 0.7
        top = result.selection.query("model == 'radiomic'").sort_values("coefficient").iloc[-1]
        assert top["feature"] == "f0"
        assert f"of the kind {method}" in " ".join(result.summary["sentences"])
    with pytest.raises(InputError, match="have no penalty"):
        evaluate_outcome(*make_classes(), target="idh", settings=asked.changed(penalizer=1))


def test_trees_without_a_column_know_the_shares_of_the_classes_alone() -> None:
    model = TreeClassifier("random_forest").fit(np.empty((4, 0)), np.array([0, 1, 1, 1]))
    assert model.predict_proba(np.empty((2, 0))).tolist() == [[0.25, 0.75]] * 2


def test_an_order_that_is_not_used_is_said() -> None:
    features, clinical = make_classes(3)
    ordered = evaluate_outcome(
        features, clinical, target="idh", ordinal={"idh": list(NAMES[3])}, settings=FAST
    )
    assert "The order of the classes of idh is not used" in " ".join(ordered.summary["sentences"])
    plain = evaluate_outcome(features, clinical, target="idh", settings=FAST)
    assert "is not used" not in " ".join(plain.summary["sentences"])
