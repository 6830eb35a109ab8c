"""Checklists are complete, and no answer is better than the facts of the run."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.evidence.checklists.filled import FilledChecklist, fill_checklist
from nbradiomics.evidence.checklists.item import ANSWERS
from nbradiomics.evidence.checklists.lists import CHECKLISTS
from nbradiomics.evidence.checklists.rules import endpoints
from nbradiomics.evidence.facts import Evidence
from tests.support.evidence import changed, fact, learned, rich_evidence, row, without

EMPTY = Evidence(nbradiomics="1", facts=())
every_list = pytest.mark.parametrize("name", CHECKLISTS)
#: Values that a fact may have, as JSON.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def answers(evidence: Evidence, name: str) -> dict[str, str]:
    """The run's answer of each condition and item."""
    filled = fill_checklist(evidence, name)
    return {one.item.number: one.finding.answer for one in (*filled.conditions, *filled.answers)}


def answer(evidence: Evidence, name: str, item: str) -> str:
    return answers(evidence, name)[item]


@pytest.mark.parametrize(
    ("name", "items"), [("metrics", 30), ("clear", 58), ("tripod-ai", 52), ("rqs-2", 42)]
)
def test_each_list_has_all_of_its_items_once(name: str, items: int) -> None:
    checklist = CHECKLISTS[name]
    numbers = [item.number for item in checklist.questions]
    assert len(checklist.items) == items
    assert len(set(numbers)) == len(numbers)
    assert all(item.topic and item.section for item in checklist.questions)
    assert all(set(item.needs) <= set(numbers) for item in checklist.items)
    assert max(Counter(item.topic for item in checklist.questions).values()) == 1


def test_tripod_has_27_items_whose_parts_are_in_order() -> None:
    numbers = [item.number for item in CHECKLISTS["tripod-ai"].items]
    matches = [re.fullmatch(r"(\d+)([a-g]?)", number) for number in numbers]
    parts = [(int(match[1]), match[2]) for match in matches if match]
    assert len(parts) == len(numbers)
    assert parts == sorted(parts)
    assert {number for number, _ in parts} == set(range(1, 28))
    for number in range(1, 28):
        letters = "".join(letter for own, letter in parts if own == number)
        assert letters in ("", "ab", "abc", "abcdef", "abcdefg")


def test_the_weights_of_metrics_give_one_and_its_conditions_five() -> None:
    metrics = CHECKLISTS["metrics"]
    assert sum(item.weight for item in metrics.items) == pytest.approx(1)
    assert [item.number for item in metrics.conditions] == [f"condition {number}" for number in range(1, 6)]
    of_condition = {item.number: item.needs for item in metrics.items if item.needs}
    assert set(of_condition) == {"8", "9", "10", "12", "14", "15", "16", "17"}
    assert of_condition["9"] == ("condition 1", "condition 2")
    assert not any(item.weight for name in ("clear", "tripod-ai", "rqs-2") for item in CHECKLISTS[name].items)


@every_list
def test_nothing_is_answered_for_a_run_that_is_not_known(name: str) -> None:
    assert set(answers(EMPTY, name).values()) == {"open"}
    assert all(not one.files for one in fill_checklist(EMPTY, name).answers)


@every_list
def test_a_run_that_did_everything_answers_all_that_a_run_can(name: str) -> None:
    evidence = rich_evidence("os", "efs")
    filled = fill_checklist(evidence, name)
    for one in (*filled.conditions, *filled.answers):
        expected = {"run": ("yes",), "person": ("open",), "both": ("yes", "open")}[one.item.who]
        assert one.finding.answer in expected, one.item.number
        assert one.finding.reason.endswith(".")
    assert_proven(filled)


def assert_proven(filled: FilledChecklist) -> None:
    """No answer but an open one is without a file."""
    for one in (*filled.conditions, *filled.answers):
        assert one.answer in ANSWERS
        if one.finding.answer in ("yes", "no", "partly"):
            assert one.files, one.item.number
            assert one.proof, one.item.number


@every_list
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_missing_fact_never_makes_an_answer_better(name: str, data: st.DataObject) -> None:
    evidence = rich_evidence("os", "efs")
    names = [one.name for one in evidence.facts if one.name not in ("outcome.os", "outcome.efs")]
    spoilt = data.draw(st.dictionaries(st.sampled_from(names), JSON, max_size=4))
    for one, value in spoilt.items():
        evidence = changed(evidence, one, value)
    fewer = without(evidence, *data.draw(st.sets(st.sampled_from(names), max_size=6)))
    full, less = answers(evidence, name), answers(fewer, name)
    assert {item for item, one in less.items() if one == "yes"} <= {
        item for item, one in full.items() if one == "yes"
    }
    assert {item for item, one in less.items() if one == "no"} <= {
        item for item, one in full.items() if one in ("no", "partly")
    }
    assert_proven(fill_checklist(fewer, name))


@every_list
def test_a_single_missing_fact_takes_its_answers_away_and_gives_none(name: str) -> None:
    evidence = rich_evidence("os", "efs")
    full = answers(evidence, name)
    for one in evidence.facts:
        less = answers(without(evidence, one.name), name)
        assert all(full[item] == "yes" for item, found in less.items() if found == "yes"), one.name
        assert "no" not in less.values()


@every_list
def test_a_fact_without_a_file_proves_nothing(name: str) -> None:
    told = [fact(one.name, one.value, "") for one in rich_evidence("os").facts]
    assert "yes" not in answers(Evidence(nbradiomics="1", facts=tuple(told)), name).values()


@every_list
@settings(max_examples=30, deadline=None)
@given(value=JSON)
def test_values_that_nobody_expects_are_no_answer(name: str, value: Any) -> None:
    facts = [fact(one.name, value, "summary.json") for one in rich_evidence("os").facts]
    found = answers(Evidence(nbradiomics="1", facts=tuple(facts)), name)
    assert set(found.values()) <= {"open", "yes"}


def test_an_endpoint_without_its_proof_makes_it_partly() -> None:
    evidence = without(rich_evidence("os", "efs"), "outcome.efs.sample_size", "outcome.os.calibration")
    found = fill_checklist(evidence, "metrics")
    of = {one.item.number: one for one in found.answers}
    assert of["16"].answer == of["22"].answer == "partly"
    assert "This holds for os, and not for efs." in of["16"].finding.reason
    assert "This holds for efs, and not for os." in of["22"].finding.reason
    assert found.score is None


def test_an_endpoint_whose_models_failed_has_no_facts_and_is_named() -> None:
    asked = {"asked": ["os", "efs"], "without_models": ["efs"], "failed": ["efs"]}
    evidence = changed(rich_evidence("os"), "endpoints", asked)
    for item in ("16", "18", "22"):
        assert answer(rich_evidence("os"), "metrics", item) == "yes"
        assert answer(evidence, "metrics", item) == "partly"
        assert reason(evidence, item).endswith("and not for efs. No models, because they failed: efs.")
    small = {"candidates": 112, "subjects": 7662, "enough": False}
    refuted = changed(evidence, "outcome.os.sample_size", small)
    assert answer(refuted, "metrics", "16") == "no"
    assert "they failed: efs" in reason(refuted, "16")
    general = [one for one in evidence.facts if not one.name.startswith("outcome.")]
    nothing = Evidence(nbradiomics="1", facts=tuple(general))
    assert answer(nothing, "metrics", "16") == "open"
    assert "they failed: os, efs" in reason(nothing, "16")


def reason(evidence: Evidence, item: str) -> str:
    """The reason of an item of METRICS."""
    return next(
        one.finding.reason for one in fill_checklist(evidence, "metrics").answers if one.item.number == item
    )


def test_external_patients_must_exist_and_be_judged_and_a_person_says_where_they_come_from() -> None:
    assert answer(rich_evidence(), "metrics", "27") == answer(rich_evidence(), "rqs-2", "21") == "open"
    assert "another institution" in reason(rich_evidence(), "27")
    judged, undefined = ([row("combined", "harrell_c", value)] for value in (0.6, None))
    for value in (
        {},
        {"north": {"subjects": 0, "performance": judged}},
        {"north": {"subjects": 9}},
        {"north": {"subjects": 9, "performance": undefined}},
        None,
        3,
    ):
        evidence = changed(rich_evidence(), "outcome.os.external", value)
        assert answer(evidence, "metrics", "27") == "open"
        assert "judged no model" in reason(evidence, "27")


def models(**values: Any) -> Evidence:
    """A run whose models differ in some facts."""
    evidence = rich_evidence()
    found = next(one.value for one in evidence.facts if one.name == "outcome.os.models")
    assert isinstance(found, dict)
    return changed(evidence, "outcome.os.models", {**found, **values})


def test_a_list_of_stable_features_may_come_from_the_held_out_patients() -> None:
    expected = {
        "icc": ("yes", "yes"),
        "none": ("yes", "open"),
        "both": ("open", "yes"),
        "list": ("open", "open"),
    }
    for kind, (divided, stable) in expected.items():
        evidence = models(stability_kind=kind)
        assert (answer(evidence, "metrics", "18"), answer(evidence, "metrics", "14")) == (divided, stable)


def test_masks_are_automatic_only_if_the_models_use_no_others() -> None:
    for auto, readers, expected in ((True, 0, "yes"), (True, 1, "open"), (False, 1, "open")):
        evidence = models(masks={"of_the_model": auto, "of_readers": readers})
        assert answer(evidence, "metrics", "condition 2") == answer(evidence, "metrics", "10") == expected
    assert answer(without(models(), "segmentation"), "metrics", "10") == "open"


def test_a_simple_model_or_chance_is_compared_by_a_test() -> None:
    assert answer(models(), "metrics", "25") == "open"
    p = {"clinical": 0.5, "radiomic": 0.01, "combined": 0.02}
    assert answer(models(permutation_p=p), "metrics", "25") == "yes"
    assert answer(models(permutation_p={**p, "combined": None}), "metrics", "25") == "open"
    gain = row("combined", "harrell_c_gain_over_volume", 0.1)
    for intervals, expected in (("refit", "yes"), ("quick", "open")):
        value = {"rows": [gain], "order": "harrell_c", "intervals": intervals}
        evidence = changed(rich_evidence(), "outcome.os.performance", value)
        assert answer(evidence, "metrics", "25") == expected
    shown = {one.name for one in fill_checklist(models(), "metrics").answers[24].finding.facts}
    assert "outcome.os.controls" in shown


def test_features_that_could_not_be_compared_show_no_reproducibility() -> None:
    undefined = {"designs": [{"across": "reader", "features": 5, "stable": 0, "undefined": 5}]}
    evidence = changed(rich_evidence(), "reproducibility", undefined)
    for name, item in (("metrics", "14"), ("clear", "31"), ("clear", "46"), ("rqs-2", "6"), ("rqs-2", "12")):
        assert answer(rich_evidence(), name, item) == "yes"
        assert answer(evidence, name, item) == "open"


def test_patients_of_an_analysis_are_counted_with_their_events() -> None:
    assert answer(rich_evidence(), "tripod-ai", "21") == "yes"
    uncounted = changed(rich_evidence(), "outcome.os", {"kind": "survival", "subjects": 9})
    assert answer(uncounted, "tripod-ai", "21") == "open"


def test_folds_that_learned_from_their_own_patients_are_a_no() -> None:
    assert answer(rich_evidence(), "metrics", "18") == "yes"
    leaky = learned()
    leaky["folds"][0]["sha256"] = leaky["folds"][1]["sha256"]
    assert answer(changed(rich_evidence(), "outcome.os.learned_from", leaky), "metrics", "18") == "no"
    lacking = learned()
    del lacking["folds"][2]
    assert answer(changed(rich_evidence(), "outcome.os.learned_from", lacking), "metrics", "18") == "no"
    overlapping = {"repeats": 1, "folds": 3, "subjects": 12, "disjoint": False}
    assert answer(changed(rich_evidence(), "outcome.os.folds", overlapping), "metrics", "18") == "no"
    assert answer(changed(rich_evidence(), "outcome.os.folds", overlapping), "clear", "15") == "no"


def test_performance_needs_values_intervals_and_for_classes_what_a_threshold_makes() -> None:
    def of(*rows: dict[str, Any], order: str = "harrell_c", intervals: str = "refit") -> Evidence:
        value = {"rows": list(rows), "order": order, "intervals": intervals}
        return changed(rich_evidence(), "outcome.os.performance", value)

    plain = of(row("radiomic", "harrell_c", 0.7, interval=False))
    assert (answer(plain, "metrics", "20"), answer(plain, "metrics", "21")) == ("yes", "open")
    half = of(row("radiomic", "harrell_c", 0.7), row("combined", "harrell_c", None))
    assert (answer(half, "metrics", "20"), answer(half, "metrics", "21")) == ("open", "open")
    area = row("radiomic", "roc_auc", 0.7)
    assert answer(of(area, order="roc_auc"), "metrics", "20") == "open"
    assert answer(of(area, row("radiomic", "sensitivity", 0.5), order="roc_auc"), "metrics", "20") == "yes"
    quick = of(row("radiomic", "harrell_c", 0.7), intervals="quick")
    assert (answer(quick, "metrics", "20"), answer(quick, "metrics", "21")) == ("yes", "open")


def test_a_gain_needs_a_test_or_an_interval_from_refits() -> None:
    def of(*, interval: bool, intervals: str, **gain_p: float | None) -> str:
        gain = row("combined", "harrell_c_gain_over_clinical", 0.1, interval=interval)
        value = {"rows": [gain], "order": "harrell_c", "intervals": intervals}
        evidence = changed(rich_evidence(), "outcome.os.performance", value)
        return answer(changed(evidence, "outcome.os.models", {"gain_p": gain_p}), "metrics", "24")

    assert of(interval=True, intervals="refit") == "yes"
    assert of(interval=True, intervals="quick") == "open"
    assert of(interval=False, intervals="refit", over_clinical=None) == "open"
    assert of(interval=False, intervals="none", over_clinical=0.4) == "yes"


def test_the_software_is_standardised_only_if_it_gives_the_reference_values() -> None:
    filtered = {"number": 2, "by_origin": {"pyradiomics": 1, "filters": 1}}
    assert answer(changed(rich_evidence(), "features", filtered), "metrics", "12") == "open"
    families = {"features": 105, "comply": {"ibsi": 105}, "families": {"features": 482, "comply": 481}}
    assert answer(changed(rich_evidence(), "ibsi", families), "metrics", "12") == "no"
    one_off = {"features": 105, "comply": {"ibsi": 104, "pyradiomics": 102}}
    assert answer(changed(rich_evidence(), "ibsi", one_off), "metrics", "12") == "no"
    assert answer(without(rich_evidence(), "ibsi"), "metrics", "12") == "open"
    other = {"sha256": "2" * 64, "engines_of_the_rows": ["native 1", "pyradiomics 3.1.4"]}
    assert answer(changed(rich_evidence(), "parameters", other), "metrics", "12") == "open"


def test_masks_of_training_subjects_are_no_evaluation_of_the_model() -> None:
    evidence = rich_evidence()
    study = next(one.value for one in evidence.facts if one.name == "readers")
    assert isinstance(study, dict)
    for name in ("in_training", "in_training_not_known"):
        assert answer(changed(evidence, "readers", {**study, name: 2}), "metrics", "9") == "open"


def test_one_sequence_counts_only_if_it_is_named() -> None:
    for sequences, expected in (
        ({"T2w": 3}, "yes"),
        ({"unspecified": 3}, "open"),
        ({"a": 1, "b": 1}, "open"),
    ):
        evidence = changed(rich_evidence(), "cohort", {"masks": 3, "sequences": sequences})
        assert answer(evidence, "metrics", "23") == expected


def test_too_few_patients_are_a_no() -> None:
    small = {"candidates": 112, "subjects": 7662, "enough": False}
    assert answer(changed(rich_evidence(), "outcome.os.sample_size", small), "metrics", "16") == "no"


def test_names_of_endpoints_may_have_dots() -> None:
    facts = (fact("outcome.os.v1.2", {}), fact("outcome.os.v1.2.folds", {}), fact("outcome.efs.models", {}))
    assert endpoints(Evidence(nbradiomics="1", facts=facts)) == ["os.v1.2", "efs"]


def test_an_unknown_list_is_refused_with_a_suggestion() -> None:
    with pytest.raises(InputError, match="Did you mean 'metrics'"):
        fill_checklist(EMPTY, "metric")
