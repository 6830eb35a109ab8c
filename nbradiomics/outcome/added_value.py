"""Do the features say something beyond the covariates, or the volume? A conditional permutation test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbradiomics.execution.execution import Execution
from nbradiomics.messages.wording import counted
from nbradiomics.outcome.conditional import ConditionalFeatures
from nbradiomics.outcome.crossvalidation import cross_validate
from nbradiomics.outcome.measures.arguments import Floats
from nbradiomics.outcome.models import build_columns
from nbradiomics.outcome.permutations import PermutationTest
from nbradiomics.outcome.score_table import mean_gain
from nbradiomics.outcome.stored import StoredValue, stored_cases
from nbradiomics.outcome.yeo_johnson import YeoJohnson

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.fold_result import FoldResult
    from nbradiomics.outcome.settings import OutcomeSettings
    from nbradiomics.outcome.tasks import Task

#: Subjects that the regression of the features needs for each given column; with fewer the level of the test
#: was not simulated (docs/validation.md).
SUBJECTS_PER_COLUMN = 6
#: Gains that differ by less are equal: the order of a sum may change the last digits.
_EQUAL = 1e-12


@dataclass(frozen=True)
class GainTest:
    """Result of refitting a model on features whose relation to the outcome is that of the given columns.

    Attributes
    ----------
    p
        ``(1 + number of permutations that reach the gain) / (1 + permutations)``; nan if there is no test.
    permutations
        Number of permutations that were requested.
    failed
        Number of permutations that could not be fitted; they count as reaching the gain.
    given
        What the features are compared with: ``covariates`` or ``volume``.
    untested
        Why there is no test; empty if there is one.
    """

    p: float
    permutations: int
    failed: int
    given: str
    untested: str = ""


@dataclass(frozen=True)
class PermutationTests:
    """All permutation tests of an evaluation.

    Attributes
    ----------
    chance
        Tests against chance, by model.
    gains
        Tests of what the features add, by the name of the gain.
    """

    chance: Mapping[str, PermutationTest] = field(default_factory=dict)
    gains: Mapping[str, GainTest] = field(default_factory=dict)


def gain_tests(
    data: OutcomeData,
    settings: OutcomeSettings,
    task: Task,
    results: Sequence[FoldResult],
    *,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> dict[str, GainTest]:
    """Test each gain of the models: given the covariates (the volume), do the features matter at all?

    The hypothesis is that the features are independent of the outcome given the columns of the other model.
    They are regressed on these columns, and the residuals of whole subjects are permuted, so that features
    keep their relation to the covariates and to each other, and lose every other one to the outcome; then the
    whole cross-validation of the model with the features is repeated, and the gain computed again. The other
    model stays as it is. This is the permutation of residuals of Freedman and Lane (J Bus Econ Stat
    1983;1:292-298) and Kennedy (ibid. 1995;13:85-94), used as a conditional randomization test (Candès et
    al., JRSS B 2018;80:551-577).

    Parameters
    ----------
    data, settings
        Data and settings that led to the results; `settings.permutations` are made.
    task
        Kind of outcome.
    results
        Results of the folds of all models.
    execution
        Processes and progress display.

    Returns
    -------
    dict
        By the name of the gain, for the gains whose two models were fitted.
    """
    return {
        gain: _test(data, settings, task, results, pair, execution)
        for gain, pair in task.gains.items()
        if set(pair) <= set(data.models)
    }


def _test(
    data: OutcomeData,
    settings: OutcomeSettings,
    task: Task,
    results: Sequence[FoldResult],
    pair: tuple[str, str],
    execution: Execution,
) -> GainTest:
    ours, theirs = ([result for result in results if result.model == model] for model in pair)
    given = "volume" if pair[1] == "volume" else "covariates"
    observed = mean_gain(task, data.y, ours, theirs)
    split = ConditionalFeatures.of(data.frame[list(data.radiomic)], given_columns(data, settings, pair[1]))
    cause = _no_test(observed, split, len(data.y))
    if cause:
        return GainTest(float("nan"), settings.permutations, 0, given, cause)
    cases = {
        f"permutation {number} given the {given}": (
            *(data, split, settings, task, pair[0]),
            *(tuple(theirs), number),
        )
        for number in range(1, settings.permutations + 1)
    }
    stage = f"permutations_given_{given}"
    stored = stored_cases(stage, StoredValue, data, settings, task, pair)
    batch = execution.map(_permuted, cases, stage=stage, stored=stored)
    # An undefined gain counts as one that reaches: it says nothing against the hypothesis.
    reached = sum(not result["value"] < observed - _EQUAL for result in batch.results.values())
    failed = len(batch.failures)
    p = (1 + reached + failed) / (1 + settings.permutations)
    return GainTest(p, settings.permutations, failed, given)


def _no_test(observed: float, split: ConditionalFeatures, subjects: int) -> str:
    if not np.isfinite(observed):
        return "the gain could not be computed"
    if split.rank * SUBJECTS_PER_COLUMN > subjects:
        return (
            f"{counted(split.rank, 'column')} in {counted(subjects, 'subject')} are too many to say what "
            f"the features say beyond them; {SUBJECTS_PER_COLUMN} subjects for each column are needed"
        )
    return ""


def given_columns(data: OutcomeData, settings: OutcomeSettings, model: str) -> Floats:
    """Return the columns of a model for all subjects, with what belongs to them in the regression.

    To the volume belong its power and its logarithm, as features grow with different powers of it; to each
    model the sites, if each of them is held out once, and the batches, if features are harmonised.

    Returns
    -------
    numpy.ndarray
        Shape (subjects, columns), no value missing.
    """
    columns = build_columns([model], data, settings.changed(selection="none")).fit_transform(
        data.frame, data.y
    )
    parts = [np.asarray(columns, dtype=np.float64)]
    if model == "volume":
        volume = data.frame[[data.volume]]
        filled = volume.fillna(volume.median()).to_numpy()
        parts += [filled, YeoJohnson().fit(filled).transform(filled)]
        parts += [np.log(filled)] if (filled > 0).all() else []
    if data.sites is not None:
        parts.append(pd.get_dummies(data.sites).to_numpy(dtype=np.float64))
    if data.harmonisation is not None:
        # The permuted features keep their batch effects, which the harmonisation of each fold takes away.
        batches = data.harmonisation.of(data.frame.index)[list(data.harmonisation.asked.batch)]
        parts += [pd.get_dummies(batches[name]).to_numpy(dtype=np.float64) for name in batches]
    return np.hstack(parts)


def _permuted(*of_permutation: Any) -> StoredValue:
    return {"value": permuted_gain(*of_permutation)}


def permuted_gain(
    data: OutcomeData,
    split: ConditionalFeatures,
    settings: OutcomeSettings,
    task: Task,
    model: str,
    theirs: Sequence[FoldResult],
    number: int,
) -> float:
    """Gain of a model over the results of another one, after the cross-validation of one permutation."""
    rng = np.random.default_rng([settings.seed, number])
    permuted = data.with_columns(split.permuted(rng))
    ours = cross_validate(permuted, settings.changed(permutations=0), [model], task)
    return mean_gain(task, data.y, ours, theirs)
