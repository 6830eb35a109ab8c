"""Settings: frozen, checked, and with errors that say what the setting is."""

from __future__ import annotations

import pickle
from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError, model_validator

from nbradiomics.errors import InputError
from nbradiomics.reproducibility.settings import StabilitySettings
from nbradiomics.settings import Settings


class Fit(Settings):
    """How it is fitted.

    Notes
    -----
    Kept at the end.
    """

    folds: Annotated[int, Field(ge=2)] = Field(default=5, description="Folds of the cross-validation.")
    penalty: float = Field(default=1.0, gt=0, le=9, description="Penalty.")
    kind: Literal["ridge", "lasso"] = "ridge"
    names: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fitting(self) -> Fit:
        if self.kind == "lasso" and self.folds > 9:
            raise ValueError("lasso and more than 9 folds do not go together")
        return self


class Whole(Settings):
    """Settings of several rooms."""

    fit: Fit = Fit()
    fits: tuple[Fit, ...] = ()
    own: int


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"folds": 1}, "folds: Input should be greater than or equal to 2; found: 1."),
        ({"folds": "many"}, "found: 'many'"),
        ({"penalty": float("nan")}, "finite number"),
        ({"kind": "none"}, "kind: Input should be 'ridge' or 'lasso'; found: 'none'."),
        ({"kind": "lasso", "folds": 10}, "lasso and more than 9 folds do not go together."),
        ({"fold": 3}, "fold: unknown key 'fold'."),
    ],
)
def test_a_value_that_is_not_allowed_is_named(given: dict[str, object], words: str) -> None:
    with pytest.raises(InputError) as error:
        Fit(**given)
    assert words in error.value.problem


def test_the_remedy_says_what_the_setting_is_and_what_may_have_been_meant() -> None:
    with pytest.raises(InputError) as error:
        Fit(folds=1)
    assert error.value.remedy == "folds: Folds of the cross-validation; at least 2; default 5."
    with pytest.raises(InputError) as error:
        Fit(fold=3)
    assert error.value.remedy == ("Did you mean 'folds'? Keys allowed here: folds, penalty, kind, names.")


def test_a_mapping_given_for_a_number_is_shown_and_the_setting_explained() -> None:
    with pytest.raises(InputError, match=r"found: \{'a': 1\}.*threshold: .*at most 1"):
        StabilitySettings(threshold={"a": 1})


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InputError, match="2 settings are wrong") as error:
        Fit(folds=1, penalty=10)
    assert "folds:" in str(error.value)
    assert "penalty: Input should be less than or equal to 9" in str(error.value)


def test_settings_are_given_by_name() -> None:
    with pytest.raises(TypeError, match=r"Fit takes its settings by name, such as folds=\.\.\."):
        Fit(3)


def test_settings_inside_others_are_told_with_their_place() -> None:
    with pytest.raises(ValidationError) as error:
        Whole.model_validate({"fit": {"folds": 1}, "fits": [{"penalty": 0}], "own": 1})
    assert [detail["loc"] for detail in error.value.errors()] == [("fit", "folds"), ("fits", 0, "penalty")]
    with pytest.raises(InputError, match=r"fits\.0\.penalty"):
        Whole(fits=[{"penalty": 0}], own=1)


def test_values_stay_and_changes_are_checked() -> None:
    fit = Fit(folds=3)
    with pytest.raises(ValidationError, match="frozen"):
        fit.folds = 4
    assert fit.changed(kind="lasso") == Fit(folds=3, kind="lasso")
    with pytest.raises(InputError):
        fit.changed(folds=1)
    assert fit.stated() == {"folds": 3}
    assert pickle.loads(pickle.dumps(fit)) == fit


def test_a_part_takes_what_was_given_alone() -> None:
    class Section(Fit):
        """A section with more."""

        other: int = 0

    part = Section(folds=4, other=2).part(Fit)
    assert (part, part.stated()) == (Fit(folds=4), {"folds": 4})


def test_the_docstring_lists_the_settings_before_its_notes() -> None:
    text = Fit.__doc__ or ""
    assert "folds\n    Folds of the cross-validation; at least 2; default 5." in text
    assert "kind\n    one of ridge, lasso; default ridge." in text
    assert text.index("Attributes") < text.index("Notes") < text.index("Kept at the end.")
