"""Mixtures of values with errors, the number of habitats, equal weight of subjects, stored models."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from nbradiomics.errors import InputError
from nbradiomics.files.checked_json import write_checked
from nbradiomics.habitats.clusters.fit import FitHow, Inputs, fit_model
from nbradiomics.habitats.clusters.matching import matched
from nbradiomics.habitats.clusters.mixture import plain_fit
from nbradiomics.habitats.clusters.model import HabitatModel, read_habitat_model
from nbradiomics.habitats.clusters.number import candidates, chosen
from nbradiomics.habitats.clusters.sample import Sample, order_of, pooled
from nbradiomics.habitats.clusters.separation import APART, valley
from nbradiomics.habitats.models import Fitted, model_notes

ADC = Inputs(("ADC",), ("mm2/s",), ("ADC",), "original")
BOTH = Inputs(("ADC", "T2w"), ("mm2/s", ""), (), "original")


def noisy(errors: tuple[float, float], seed: int = 0, voxels: int = 8000) -> tuple[Sample, np.ndarray]:
    """Values of two planted habitats (35 % high), measured with errors between two limits; and the truth."""
    rng = np.random.default_rng(seed)
    high = rng.random(voxels) < 0.35
    true = np.where(high, 1.5, 0.9) + rng.normal(0, 0.12, voxels)
    error = rng.uniform(*errors, voxels)
    values = (true + rng.normal(0, error))[:, None] * 1e-3
    names = tuple(f"s{number}" for number in range(6))
    return Sample(values, error[:, None] * 1e-3, np.arange(voxels) % 6, names), high.astype(int)


def model_of(
    sample: Sample, clusters: int | None = 2, errors: str = "deconvolved", **how: str
) -> HabitatModel:
    method = how.get("method", "mixture")
    settings = FitHow(clusters, 5, method, errors, 0)  # type: ignore[arg-type]
    return fit_model(sample, ADC, settings, ["a"], "the subjects")[0]


def calibration(model: HabitatModel, sample: Sample, truth: np.ndarray) -> float:
    """Share of the voxels with a confidence of about 90 % that are right, minus their mean confidence."""
    shares = model.shares(sample.values, sample.errors)
    confidence, right = shares.max(axis=1), shares.argmax(axis=1) == truth
    about = (confidence > 0.85) & (confidence < 0.95)
    assert about.sum() > 300
    return float(right[about].mean() - confidence[about].mean())


@pytest.mark.parametrize("errors", [(0.2, 0.2), (0.1, 0.5), (0.05, 0.6)])
def test_deconvolved_confidence_is_right_as_often_as_it_says(errors: tuple[float, float]) -> None:
    sample, _ = noisy(errors)
    new, truth = noisy(errors, seed=1)
    assert abs(calibration(model_of(sample), new, truth)) < 0.03


def test_smeared_confidence_counts_the_error_twice_and_no_errors_take_noisy_voxels_for_good_ones() -> None:
    even, uneven = noisy((0.2, 0.2)), noisy((0.05, 0.6))
    assert calibration(model_of(even[0], errors="smeared"), *even) > 0.03
    confident = {}
    for errors in ("deconvolved", "none"):
        shares = model_of(uneven[0], errors=errors).shares(uneven[0].values, uneven[0].errors)
        right = shares.argmax(axis=1) == uneven[1]
        confident[errors] = float(right[shares.max(axis=1) > 0.95].mean())
        assert roc_auc_score(right, shares.max(axis=1)) > 0.6
    assert confident["none"] < 0.95 < confident["deconvolved"]


def test_the_components_are_those_of_the_true_values() -> None:
    sample, _ = noisy((0.1, 0.4))
    model = model_of(sample)
    np.testing.assert_allclose(model.channel_means()[:, 0] * 1e3, [0.9, 1.5], atol=0.04)
    np.testing.assert_allclose(model.weights, [0.65, 0.35], atol=0.05)
    spread = np.sqrt([one[0][0] for one in model.covariances]) * model.scale[0] * 1e3
    np.testing.assert_allclose(spread, [0.12, 0.12], atol=0.04)


def test_the_probability_is_that_of_bayes_rule() -> None:
    sample, _ = noisy((0.1, 0.4))
    model = model_of(sample)
    values, errors = sample.values[:5], sample.errors[:5]
    spread = [np.sqrt(c[0][0] * model.scale[0] ** 2 + errors[:, 0] ** 2) for c in model.covariances]
    densities = np.stack(
        [
            weight * norm.pdf(values[:, 0], mean, sd)
            for weight, mean, sd in zip(model.weights, model.channel_means()[:, 0], spread, strict=True)
        ],
        axis=1,
    )
    np.testing.assert_allclose(
        model.shares(values, errors), densities / densities.sum(axis=1, keepdims=True), rtol=1e-6
    )


def planted(groups: int, seed: int = 0) -> tuple[Sample, np.ndarray]:
    rng = np.random.default_rng(seed)
    label = rng.integers(groups, size=6000)
    values = np.array([[0, 0], [4, 0], [2, 4]])[label % 3] + rng.normal(0, 0.7, (6000, 2))
    sample = Sample(values, values * 0, np.arange(6000) % 8, tuple(f"s{number}" for number in range(8)))
    return sample, (values - values.mean(axis=0)) / values.std(axis=0)


@pytest.mark.parametrize("groups", [2, 3])
def test_auto_chooses_the_planted_number(groups: int) -> None:
    found = candidates(*planted(groups), groups + 1, "mixture", 0)
    assert chosen(found, "they") == groups
    assert min(found, key=lambda one: one.bic).clusters == groups
    assert found[groups - 1].stability > 0.95


def test_one_group_has_no_number_of_habitats() -> None:
    found = candidates(*planted(1), 3, "mixture", 0)
    with pytest.raises(InputError, match="one group"):
        chosen(found, "the subjects")


@pytest.mark.parametrize("kind", ["skewed", "long tails", "even"])
def test_one_group_of_another_shape_has_no_number_of_habitats(kind: str) -> None:
    rng = np.random.default_rng(3)
    shapes = {"skewed": rng.lognormal(0, 0.5, 4000), "long tails": rng.standard_t(4, 4000)}
    values = shapes.get(kind, rng.uniform(0, 1, 4000))
    values = ((values - values.mean()) / values.std())[:, None]
    for clusters in (2, 3, 4):
        assert valley(plain_fit(values, clusters, 0, 1), values) > (0.9 if kind == "even" else APART)


def test_auto_refuses_one_skewed_group_that_the_bic_divides() -> None:
    rng = np.random.default_rng(3)
    values = rng.lognormal(0, 0.5, (4000, 1))
    sample = Sample(values, values * 0, np.arange(4000) % 4, tuple("abcd"))
    found = candidates(sample, (values - values.mean()) / values.std(), 2, "mixture", 0)
    assert found[1].bic < found[0].bic
    with pytest.raises(InputError, match="skewed or have long tails"):
        chosen(found, "the subjects")


def test_the_valley_of_two_equal_groups_is_that_of_their_density() -> None:
    values = np.random.default_rng(0).normal(np.repeat([-2.0, 2.0], 5000), 1)[:, None]
    expected = 2 * norm.pdf(2) / (norm.pdf(0) + norm.pdf(4))
    assert valley(plain_fit(values, 2, 0, 1), values) == pytest.approx(expected, abs=0.1)


def test_errors_that_are_a_little_too_large_leave_a_habitat_its_spread() -> None:
    sample, truth = noisy((0.15, 0.2))
    model = model_of(replace(sample, errors=sample.errors * 1.3))
    spread = np.sqrt([one[0][0] for one in model.covariances]) * model.scale[0] * 1e3
    assert (spread > 0.06).all()
    assert abs(calibration(model, sample, truth)) < 0.06


def test_habitats_closer_than_the_errors_allow_are_refused() -> None:
    sample, _ = noisy((0.4, 0.5))
    with pytest.raises(InputError, match="errors of a voxel apart"):
        model_of(sample)
    assert model_of(sample, errors="none").clusters == 2


def test_a_fit_that_does_not_converge_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    sample, _ = noisy((0.1, 0.4))
    assert model_of(sample).converged
    monkeypatch.setattr("nbradiomics.habitats.clusters.mixture._ROUNDS", 1)
    model = model_of(sample)
    assert not model.converged
    (note,) = model_notes([Fitted("fold-1", model, ())])
    assert "the fit of fold-1 did not converge" in note


def test_k_means_has_groups_without_confidence() -> None:
    sample, truth = noisy((0.1, 0.1))
    model = model_of(sample, errors="none", method="kmeans")
    shares = model.shares(sample.values)
    assert set(np.unique(shares)) == {0.0, 1.0}
    assert not model.has_confidence
    assert (shares.argmax(axis=1) == truth).mean() > 0.9


def test_habitats_are_numbered_by_the_first_channel_and_matched_across_models() -> None:
    sample, _ = planted(3)
    how = FitHow(3, 5, "mixture", "none", 0)
    model, _ = fit_model(sample, BOTH, how, [], "they")
    assert list(model.channel_means()[:, 0]) == sorted(model.channel_means()[:, 0])
    swapped = model.model_copy(
        update={name: getattr(model, name)[::-1] for name in ("weights", "means", "covariances")}
    )
    again, distances = matched(swapped, model)
    assert again == model
    assert distances == pytest.approx([0, 0, 0])


@given(st.integers(1, 40), st.integers(1, 100), st.integers(0, 2**32))
def test_a_shorter_draw_is_the_beginning_of_a_longer_one(voxels: int, most: int, seed: int) -> None:
    short = order_of(voxels, most, np.random.default_rng(seed))
    long = order_of(voxels, 2 * most, np.random.default_rng(seed))
    np.testing.assert_array_equal(short, long[:most])
    counts = np.bincount(short, minlength=voxels)
    assert counts.max() - counts.min() <= 1


@given(st.lists(st.integers(1, 3), min_size=1, max_size=6), st.integers(1, 50))
def test_each_subject_has_the_same_weight(regions: list[int], each: int) -> None:
    drawn = {
        f"s{number}": [(np.full((each, 1), number), np.zeros((each, 1)))] * amount
        for number, amount in enumerate(regions)
    }
    sample = pooled(drawn, list(drawn), each * len(regions))
    assert list(np.bincount(sample.values[:, 0].astype(int))) == [each] * len(regions)


def test_a_stored_model_is_the_same_and_another_file_is_refused(tmp_path: Path) -> None:
    sample, _ = noisy((0.1, 0.1), voxels=2000)
    model = model_of(sample)
    model.write(tmp_path / "model.json")
    assert read_habitat_model(tmp_path / "model.json") == model
    changes: list[tuple[dict[str, object], str]] = [
        ({"weights": [1.0]}, "do not fit together"),
        ({"weights": [0.9, 0.9]}, "add up to 1"),
        ({"weights": [1.5, -0.5]}, "add up to 1"),
        ({"format": "nbradiomics habitats 2"}, "format"),
        ({"scale": [0.0]}, "do not fit the channels"),
        ({"centre": [1e300]}, "too large"),
        ({"covariances": [[[1.0]], [[-1.0]]]}, "positive definite"),
        ({"extra": 1}, "extra"),
    ]
    for change, told in changes:
        write_checked({**model.model_dump(mode="json"), **change}, tmp_path / "bad.json")
        with pytest.raises(InputError, match=f"not a model of habitats.*{told}"):
            read_habitat_model(tmp_path / "bad.json")
    content = json.loads((tmp_path / "model.json").read_text())
    content["means"][0][0] += 1e-9
    (tmp_path / "bad.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match="was changed"):
        read_habitat_model(tmp_path / "bad.json")
    with pytest.raises(InputError, match="cannot be read"):
        read_habitat_model(tmp_path / "none.json")


def test_a_constant_channel_and_too_few_voxels_are_refused() -> None:
    sample, _ = noisy((0.1, 0.1), voxels=30)
    with pytest.raises(InputError, match="different voxels"):
        model_of(sample, clusters=4)
    flat = Sample(np.ones((30, 1)), sample.errors, sample.subject, sample.subjects)
    with pytest.raises(InputError, match="the same value"):
        model_of(flat)
