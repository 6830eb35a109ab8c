"""Everything that a file of models says: the models, what they were made from, how well they did."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from nbradiomics.signature.learned import Learned, Names, Numbers
from nbradiomics.signature.models import Model

Count = Annotated[int, Field(ge=0)]


class OfOutcome(Learned):
    """The outcome that is predicted.

    Attributes
    ----------
    kind
        ``survival`` or ``classes``.
    time, event, target
        Columns of the clinical table; empty for the other kind.
    classes
        Names of the classes; of two, the second one is the positive class.
    class_counts
        Subjects of each class.
    values
        Class of each value of the target.
    stated
        The endpoint as it was asked for: values that mean an event, competing events, times of 0.
    events, competing_events
        Subjects with each.
    horizons
        Points in time at which the models were judged, in the unit of the time.
    last_event
        Time of the last event: the models know nothing of later times.
    median_time
        Median of the times to an event or to the end of the observation, by which another unit is seen.
    """

    kind: Literal["survival", "classes"]
    time: str = ""
    event: str = ""
    target: str = ""
    classes: Names = ()
    class_counts: tuple[Count, ...] = ()
    values: dict[str, str] = Field(default={})
    stated: dict[str, Any] = Field(default={})
    events: Count | None = None
    competing_events: Count | None = None
    horizons: Numbers = ()
    last_event: float | None = None
    median_time: float | None = None


class OfCovariate(Learned):
    """How a clinical column was read: it is read in the same way for new subjects."""

    name: str
    kind: Literal["numeric", "categorical", "ordinal"]
    levels: Names = ()


class OfInputs(Learned):
    """What the features and covariates must be.

    Attributes
    ----------
    rows
        Values of the index columns of the features: engine, reader, region, timepoint, variant ...
    parameters
        Hash of the settings of the features on which values depend (`features.parameters.values_hash`); empty
        if it is not known.
    parameter_file
        Content of the parameter file, if it is known: with it others extract the same features.
    covariates
        Clinical columns of the models and of the harmonisation.
    missing
        Codes of missing values, by column; those of the empty name are for all columns.
    batches
        Columns of the harmonisation whose levels are batches.
    """

    rows: dict[str, Names]
    parameters: str
    parameter_file: dict[str, Any]
    covariates: tuple[OfCovariate, ...]
    missing: dict[str, Names]
    batches: Names


class Range(Learned):
    """Values of one input among the training subjects."""

    name: str
    low: float
    median: float
    high: float
    missing: Count


class Spread(Learned):
    """What one column adds to the linear predictor of the training subjects: 5, 25, 50, 75 and 95 %."""

    column: str
    quantiles: Annotated[Numbers, Field(min_length=5, max_length=5)]


class Score(Learned):
    """One score of the cross-validation; limits are missing where none were shown to cover."""

    metric: str
    horizon: float | None
    value: float | None
    low: float | None
    high: float | None


class OfModel(Learned):
    """One model with what is known of it.

    Attributes
    ----------
    model
        The model.
    scores
        Its scores for held-out subjects.
    ranges
        Its inputs that are numbers.
    contributions
        What each column adds to the (first) linear predictor.
    predictor
        Their sums: 5, 25, 50, 75 and 95 %.
    novelty_mean, novelty_limit
        Mean of the columns, and distance that 99 % of subjects like the training subjects do not exceed; the
        covariance is a file of its own.
    """

    model: Model
    scores: tuple[Score, ...]
    ranges: tuple[Range, ...]
    contributions: tuple[Spread, ...]
    predictor: Annotated[Numbers, Field(min_length=5, max_length=5)]
    novelty_mean: Numbers
    novelty_limit: float


class Subjects(Learned):
    """Number of the subjects that the models learned from, and prints of their names (`fitted_names`)."""

    number: Count
    salt: str
    hashes: Names


class OfDevelopment(Learned):
    """What the evaluation said of the cohort; the attributes are those of its ``summary.json``.

    ``drawing`` are its sentences on other masks; ``answers`` have the verdict of a trial, if there was one.
    """

    excluded: Count
    missing_values: Count
    missing_covariates: dict[str, Count]
    features: Count
    features_are: str
    stability: str
    stability_kind: str
    stability_readers: Names
    stability_subjects: Count
    clinical: dict[str, Any]
    suspicious: dict[str, Names]
    answers: dict[str, str] = Field(default={})
    drawing: Names = ()


class Content(Learned):
    """Content of a file of models."""

    nbradiomics: str
    name: str
    intended_use: str
    outcome: OfOutcome
    inputs: OfInputs
    subjects: Subjects
    development: OfDevelopment
    settings: dict[str, Any]
    models: tuple[OfModel, ...]

    def model(self, name: str) -> OfModel | None:
        """The model of a name."""
        return next((each for each in self.models if each.model.name == name), None)
