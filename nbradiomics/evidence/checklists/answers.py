"""The rules that several checklists share, by what they show."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, cast

from nbradiomics.evidence.checklists.checks import at_least, has, says, value_of
from nbradiomics.evidence.checklists.performance_checks import (
    compares_gains,
    compares_models,
    compares_with_volume,
    has_external_subjects,
    has_intervals,
    is_calibrated,
    measured,
    tests_chance,
    tests_gains,
)
from nbradiomics.evidence.checklists.rules import asked, each_endpoint, either, every, shown
from nbradiomics.evidence.facts import Fact
from nbradiomics.tables.feature_kinds import FILTERS

#: Beginning of the engine of rows whose software the IBSI's values are computed with.
_NATIVE = "native "


def _meets_ibsi(fact: Fact) -> bool | None:
    """All features of the digital phantom are within the tolerance, by the definitions of the IBSI."""
    features, comply = value_of(fact, "features"), value_of(fact, "comply", "ibsi")
    if features is None or comply is None:
        return None
    return features == comply and value_of(fact, "families", "features") == value_of(
        fact, "families", "comply"
    )


def _have_ibsi_values(fact: Fact) -> bool | None:
    """No feature is of a filter of the IBSI, whose reference maps are not on this machine."""
    origins = value_of(fact, "by_origin")
    return True if isinstance(origins, Mapping) and FILTERS not in origins else None


def _all_native(fact: Fact) -> bool | None:
    """All rows of features come from the software of which the IBSI's values are computed."""
    engines = value_of(fact, "engines_of_the_rows")
    rows = [str(one) for one in engines] if isinstance(engines, list) else []
    return True if rows and all(one.startswith(_NATIVE) for one in rows) else None


def _has_text(fact: Fact) -> bool | None:
    """The recorded parameter file is not empty."""
    digest = value_of(fact, "sha256")
    return True if isinstance(digest, str) and digest != sha256(b"").hexdigest() else None


def _learned_apart(fact: Fact) -> bool | None:
    """No fold was fitted to a subject that it held out: the hashes are compared here, not believed."""
    from nbradiomics.evidence.prints import training_problems

    rows, folds = (cast(list[Any], value_of(fact, name)) for name in ("subjects", "folds"))
    if not isinstance(rows, list) or not isinstance(folds, list) or not rows or not folds:
        return None
    try:
        return not training_problems(rows, folds)
    except (KeyError, TypeError, ValueError):
        return None


def _one_named_sequence(fact: Fact) -> bool | None:
    """All images are of one sequence, which has a name."""
    sequences = value_of(fact, "sequences")
    if not isinstance(sequences, Mapping) or len(sequences) != 1:
        return None
    return None if "unspecified" in sequences else True


def _keeps_stable(fact: Fact) -> bool | None:
    """The rule of stability was applied to the readers' values inside each fold."""
    return True if value_of(fact, "stability_kind") in ("icc", "both") else None


def _stable_by_fold(fact: Fact) -> bool | None:
    """No list of stable features, which may come from the held-out subjects too, was used."""
    return True if value_of(fact, "stability_kind") in ("icc", "none") else None


def _uses_masks_of_the_model(fact: Fact) -> bool | None:
    """All masks that the models learned from and were judged on are those of the model."""
    masks = value_of(fact, "masks")
    alone = isinstance(masks, Mapping) and masks.get("of_the_model") is True and masks.get("of_readers") == 0
    return True if alone else None


def _drops_redundant(fact: Fact) -> bool | None:
    """Correlated features were dropped, or features were selected."""
    correlation, selection = (
        value_of(fact, "settings", "correlation"),
        value_of(fact, "settings", "selection"),
    )
    drops = isinstance(correlation, (int, float)) and correlation < 1
    return True if drops or (isinstance(selection, str) and selection != "none") else None


def _made_masks(fact: Fact) -> bool | None:
    """The model made masks that are not empty."""
    scans, lost = value_of(fact, "scans"), [value_of(fact, name) for name in ("failed", "empty")]
    counts = [number for number in (scans, *lost) if isinstance(number, int)]
    return True if len(counts) == 3 and counts[0] > counts[1] + counts[2] else None


def _counted(fact: Fact) -> bool | None:
    """Events, or the subjects of each class, were counted."""
    return True if value_of(fact, "events") is not None or value_of(fact, "classes") else None


def _compared_with_readers(fact: Fact) -> bool | None:
    """The model was compared with readers on subjects who were not in its training."""
    apart = value_of(fact, "in_training") == 0 and value_of(fact, "in_training_not_known") == 0
    return True if apart and value_of(fact, "model") and value_of(fact, "agreement") else None


def _between_readers(fact: Fact) -> bool | None:
    """Features were compared between two readers or more, and their agreement is not undefined."""
    return True if any(one.get("across") == "reader" for one in _measured_designs(fact)) else None


def _measured(fact: Fact) -> bool | None:
    """The reproducibility of features was measured, and is not undefined for all of them."""
    return True if _measured_designs(fact) else None


def _measured_designs(fact: Fact) -> list[Mapping[str, Any]]:
    designs = value_of(fact, "designs")
    found = [one for one in designs if isinstance(one, Mapping)] if isinstance(designs, list) else []
    numbers = ((one, one.get("features"), one.get("undefined")) for one in found)
    return [
        one
        for one, features, undefined in numbers
        if isinstance(features, int) and isinstance(undefined, int) and features > undefined
    ]


MASKS = shown(
    ("cohort", at_least(1, "masks")),
    says="The cohort has masks.",
    lacks="The run knows of no masks.",
)
MODEL_SEGMENTS = every(
    shown(
        ("segmentation", _made_masks),
        says="The run made masks by a model alone.",
        lacks="The run made no masks by a model; say whether yours came from one without any correction.",
    ),
    each_endpoint(
        ("models", _uses_masks_of_the_model),
        says="The outcome models use these masks only.",
        lacks="The run does not show that the outcome models use only masks that a model made; say whose "
        "masks they use, and whether anybody corrected them.",
    ),
)
SEGMENTATION_TESTED = shown(
    ("segmentation", _made_masks),
    ("readers", _compared_with_readers),
    says="The masks of the model were compared with those of readers, on subjects who were not in its "
    "training.",
    lacks="The run shows no comparison of the model with readers on subjects who are known not to be in "
    "its training.",
)
IMAGE_FEATURES = shown(
    ("parameters", has("engines_of_the_rows")),
    says="The features were computed by given formulas, and stand in a table.",
    lacks="The run computed no features; say where yours come from.",
)
PARAMETERS = shown(
    ("versions", has("nbradiomics")),
    ("parameters", _has_text),
    says="The parameter file is recorded word for word; what it does not name has the default of this "
    "version.",
    lacks="The run records no parameter file; give the settings of your features.",
)
RESAMPLING = DISCRETISATION = IMAGE_TYPES = FEATURE_CLASSES = PARAMETERS
SOFTWARE = shown(
    ("versions", has("nbradiomics")),
    ("parameters", _all_native),
    ("features", _have_ibsi_values),
    ("ibsi", _meets_ibsi),
    says="The version is recorded; by the IBSI's definitions, the software gave its reference values on "
    "this machine.",
    lacks="The run does not show the IBSI's reference values for the software of all features; name it and "
    "its version. The values of the IBSI's filters are on the page docs/ibsi-filters.md.",
    against="On this machine the software does not give all of the IBSI's reference values.",
)
SINGLE_SEQUENCE = shown(
    ("cohort", _one_named_sequence),
    says="All images are of one sequence.",
    lacks="Say whether one kind of image alone was tried, and that it is not enough.",
)
UNSTABLE_REMOVED = every(
    shown(
        ("reproducibility", _measured),
        says="Reproducibility was measured.",
        lacks="The run shows no reproducibility of its features; say how unstable ones were removed.",
    ),
    each_endpoint(
        ("models", _keeps_stable),
        says="Features that were not reproducible between readers were removed in each fold.",
        lacks="The run does not show that its models leave out features that are not reproducible.",
    ),
)
REDUNDANT_REMOVED = each_endpoint(
    ("models", _drops_redundant),
    says="Correlated features were dropped, or features were selected, in each fold.",
    lacks="The run does not show that correlated features were dropped, or features selected.",
)
SELECTION = ALGORITHMS = each_endpoint(
    ("models", has("settings")),
    says="Models, steps and settings are recorded.",
    lacks="Describe your models and their settings.",
)
LARGE_ENOUGH = each_endpoint(
    ("sample_size", says("enough")),
    says="By the criteria of Riley et al., there are enough patients for the candidate columns.",
    lacks="The run does not show whether there are enough patients for its candidate columns.",
    against="By the criteria of Riley et al., there are too few patients for the candidate columns.",
)
_TWICE = "Some patients were not held out exactly once in each repeat."
SPLIT = each_endpoint(
    ("folds", says("disjoint")),
    says="Each patient was held out exactly once in each repeat of the cross-validation.",
    lacks="The run does not show how its patients were divided.",
    against=_TWICE,
)
PARTITIONED = each_endpoint(
    ("folds", says("disjoint")),
    ("learned_from", _learned_apart),
    ("models", _stable_by_fold),
    says="Patients were divided first: each step of a fold was fitted to those who were not held out, as "
    "hashes show.",
    lacks="The run does not show that each fold learned only from patients whom it did not hold out. If a "
    "list of stable features was used: say whether it comes from other patients.",
    against=f"{_TWICE} Or a fold learned from other patients than those whom it did not hold out.",
)
PERFORMANCE = each_endpoint(
    ("performance", measured),
    says="Performance was measured on held-out patients.",
    lacks="The run does not show the performance of all of its models.",
)
UNCERTAIN = each_endpoint(
    ("performance", has_intervals),
    says="The performance of each model has an interval from refits.",
    lacks="The run shows no intervals of all models from refits; quick intervals are too narrow.",
)
CALIBRATED = each_endpoint(
    ("calibration", is_calibrated),
    says="Calibration was measured on held-out patients.",
    lacks="The run does not show the calibration of all of its models.",
)
COMPARED_WITH_CLINICAL = GAIN = either(
    each_endpoint(
        ("performance", compares_gains),
        says="The gain over a model without radiomics was measured, with its interval from refits.",
        lacks="The run shows no test of a gain over a model without radiomics, and no interval of it from "
        "refits.",
    ),
    each_endpoint(
        ("models", tests_gains),
        says="The gain over a model without radiomics was tested by permutation.",
        lacks="The run shows no test of a gain over a model without radiomics.",
    ),
)
MODELS_COMPARED = each_endpoint(
    ("models", compares_models),
    says="Models of covariates, of features and of both were compared.",
    lacks="The run does not compare models of covariates, of features and of both.",
)
COMPARED_WITH_SIMPLE = either(
    each_endpoint(
        ("performance", compares_with_volume),
        says="The gain over the volume alone was measured, with its interval from refits.",
        lacks="The run shows no test of its models against a simple one or against chance: neither a gain "
        "over the volume with an interval from refits, nor permuted outcomes of all models.",
    ),
    each_endpoint(
        ("models", tests_chance),
        says="Each model was compared with chance, by permuting the outcome.",
        lacks="The run does not compare each model with chance.",
    ),
)
EXTERNALLY_TESTED = asked(
    each_endpoint(
        ("external", has_external_subjects),
        says="The models were judged on an external cohort.",
        lacks="The run judged no model on an external cohort; say whether you did so elsewhere.",
    ),
    "Answer yes only if these patients come from another institution: other years at the same one are not "
    "enough.",
)
WITH_COVARIATES = each_endpoint(
    ("models", has("covariates")),
    ("models", compares_models),
    says="Covariates and features are combined in a model.",
    lacks="The run has no model of covariates and features.",
)
HARMONISED = each_endpoint(
    ("harmonisation", has()),
    says="Features were harmonised inside each fold.",
    lacks="The run did not harmonise features; say whether your images were, or needed it.",
)
MISSING_DATA = every(
    shown(
        ("cohort.missing", has()),
        says="What is missing from the cohort was counted.",
        lacks="The run does not count what is missing from its cohort.",
    ),
    each_endpoint(
        ("", has("subjects")),
        ("models", has("settings")),
        says="What is missing was counted, and how the models fill it in is recorded.",
        lacks="The run does not show how missing values were handled.",
    ),
)
BALANCE = each_endpoint(
    ("", _counted),
    says="Patients with and without the event, or of each class, were counted.",
    lacks="The run does not count events or classes.",
)
COUNTS = each_endpoint(
    ("", at_least(1, "subjects")),
    ("", _counted),
    ("folds", at_least(1, "subjects")),
    says="Patients and events, or the patients of each class, were counted for each analysis.",
    lacks="The run does not count patients and events of each analysis.",
)
READER_RELIABILITY = shown(
    ("reproducibility", _between_readers),
    says="Features were compared between readers.",
    lacks="The run compares no features between readers; say how reliable the segmentation is.",
)
STABILITY_RESULTS = shown(
    ("reproducibility", _measured),
    says="The reproducibility of each feature is in the tables.",
    lacks="The run shows no reproducibility of its features.",
)
