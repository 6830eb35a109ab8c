"""Short forms, lists and files of steps; orders that make no sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.preparation.apply import variant_name
from nbradiomics.preparation.reading import STEPS, read_steps
from nbradiomics.preparation.settings import PreparationSettings
from nbradiomics.preparation.steps.bias_field import N4
from nbradiomics.preparation.steps.diffusion import AnisotropicDiffusion
from nbradiomics.preparation.steps.percentile import Percentile
from nbradiomics.preparation.steps.registration import Register
from nbradiomics.preparation.steps.resampling import Resample
from nbradiomics.preparation.steps.step import Step
from nbradiomics.preparation.steps.z_score import ZScore

ANY_STEP = st.one_of(
    st.builds(
        N4,
        shrink=st.integers(1, 16),
        mask=st.sampled_from(["auto", "body", "otsu", "li", "image"]),
        iterations=st.lists(st.integers(1, 1000), min_size=1, max_size=8).map(tuple),
        convergence=st.floats(1e-12, 0.9),
        spline=st.floats(10, 2000),
    ),
    st.builds(
        AnisotropicDiffusion,
        conductance=st.floats(1e-9, 100),
        iterations=st.integers(1, 100),
        equation=st.sampled_from(["gradient", "curvature"]),
    ),
    st.builds(ZScore, over=st.sampled_from(["image", "foreground", "body", "reference"])),
    st.builds(Percentile, low=st.floats(0, 40), high=st.floats(50, 100), clip=st.booleans()),
    st.builds(Resample, spacing=st.tuples(*[st.just(0.0) | st.floats(0.1, 200)] * 3)),
    st.builds(
        Register,
        to=st.sampled_from(["T1", "b50", "T2.fs", "T1_late", "_seed", "a_to_b"]),
        seed=st.integers(1, 2**31 - 1),
    ),
)


@given(step=ANY_STEP, other=ANY_STEP)
def test_a_name_is_a_short_form_of_its_step_alone(step: Step, other: Step) -> None:
    assert read_steps(step.name) == (step,)
    assert (step.name == other.name) == (step == other)
    assert not set(step.name) & set('+,:;/\\ "<>|?*')  # joins names; is no part of a file's name


def test_forms_of_the_same_steps(tmp_path: Path) -> None:
    expected = (N4(shrink=2, iterations=(50, 20)), AnisotropicDiffusion(), ZScore(over="body"))
    forms: list[Any] = [
        "n4:shrink=2:iterations=50x20,denoise,zscore:over=body",
        " n4 : shrink = 2 : iterations = 50x20 , ad , zscore : over = body ",
        "n4_shrink=2_iterations=50x20+ad+zscore_over=body",
        ["n4:shrink=2:iterations=50x20", "ad", {"zscore": {"over": "body"}}],
        [{"n4": {"shrink": 2, "iterations": [50, 20]}}, {"ad": None}, ZScore(over="body")],
        expected,
    ]
    file = tmp_path / "steps.yaml"
    file.write_text("- n4: {shrink: 2, iterations: [50, 20]}\n- denoise\n- zscore: {over: body}\n")
    for form in [*forms, file, str(file)]:
        assert read_steps(form) == expected
    assert variant_name(expected) == forms[2]


def test_the_preset_of_denoising_is_the_published_one() -> None:
    (step,) = read_steps("denoise")
    assert step == AnisotropicDiffusion(conductance=1, iterations=2, equation="gradient")


@pytest.mark.parametrize(
    ("given_steps", "message"),
    [
        ("n5", "'n5' is no step.*Steps: register, n4"),
        ("nuyl", "Did you mean 'nyul'"),
        ("n4:shirnk=3", "unknown key 'shirnk'. Did you mean 'shrink'"),
        ("n4:shrink", "'shrink' is no parameter with a value"),
        ("n4:shrink=", "is no parameter with a value"),
        ("n4:shrink=2:shrink=3", "shrink is given twice"),
        ("n4:shrink=0", "step n4: shrink"),
        ("n4:shrink=two", "step n4: shrink"),
        ("n4:convergence=nan", "step n4: convergence"),
        ("zscore:over=tumour", "step zscore: over"),
        ("percentile:low=60:high=40", "low 60 must be below high 40"),
        ("resample", "step resample: spacing: missing"),
        ("resample:spacing=-1x1x1", "step resample: spacing"),
        ("register:to=a/b", "step register: to"),
        ("", "is no step"),
        ("n4,,ad", "is no step"),
        ([], "no step was given"),
        ([5], "5 is no step"),
        ([{"n4": 3}], "is no step"),
        ([{"n4": {}, "ad": {}}], "is no step"),
        ("none.yaml", "none.yaml does not exist"),
        ("zscore,n4,zscore", "zscore occurs twice"),
        ("n4,n4:shrink=2", "n4 occurs twice"),
        ("ad,nlm", "both remove noise"),
        ("nyul,zscore", "nyul and zscore both normalise"),
        ("resample:spacing=1,register:to=T1", "register comes after resample"),
        ("resample:spacing=1,n4", "n4 comes after resample"),
        ("zscore,n4", "n4 comes after zscore"),
        ("register:to=T1,ad", "ad comes after register"),
    ],
)
def test_what_cannot_be_read_is_refused(given_steps: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_steps(given_steps)


@pytest.mark.parametrize("content", ["n4", "steps: [n4]", "", "- n4: [1]", "- n5", "- - n4"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "steps.yml"
    file.write_text(content)
    with pytest.raises(InputError, match=r"steps\.yml"):
        read_steps(file)


def test_every_step_can_be_chosen_by_its_kind() -> None:
    assert {kind: step.kind for kind, step in STEPS.items()} == {kind: kind for kind in STEPS}


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"steps": "zscore", "fit_on": ["P1", "P2"]}, "none of the steps"),
        ({"steps": "nyul", "fit_on": ["P1", "P2"], "landmarks": "landmarks.json"}, "those of a file"),
        ({"steps": "zscore", "fit_folds": 5}, "fit_folds is not used: none of the steps"),
        ({"steps": "nyul", "fit_folds": 5, "landmarks": "landmarks.json"}, "fit_folds is not used: the"),
        ({"steps": "nyul", "fit_on": ["P1", "P2"]}, ""),
        ({"steps": "nyul", "fit_folds": 4}, ""),
        ({"steps": "zscore"}, ""),
    ],
)
def test_named_subjects_that_fit_nothing_are_told(stated: dict[str, Any], said: str) -> None:
    sentence = PreparationSettings(**stated).unused_fit
    assert said in sentence
    assert bool(sentence) == bool(said)


def test_a_reference_tissue_that_no_step_measures_is_told() -> None:
    named = {"reference_roi": "muscle"}
    assert "no step measures" in PreparationSettings(steps="n4,zscore", **named).unused_reference
    for steps in ("n4,zscore:over=reference", "nyul:over=reference"):
        assert not PreparationSettings(steps=steps, **named).unused_reference
    assert not PreparationSettings(steps="zscore").unused_reference
