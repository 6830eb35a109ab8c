"""Feature values and risks as a report holds them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FeatureValues:
    """Features of one region.

    Attributes
    ----------
    values
        Finite values by the name of the feature.
    missing
        Number of features of the table that have no value for the region.
    engine
        Text of the column `engine`; empty if the table has none.
    """

    values: dict[str, float]
    missing: int
    engine: str


@dataclass(frozen=True)
class Software:
    """What computed the features.

    Attributes
    ----------
    version
        Version of nbradiomics, or ``not recorded``.
    parameters
        SHA-256 of the text of the parameter file, or ``not recorded``.
    """

    version: str
    parameters: str


@dataclass(frozen=True)
class Risk:
    """A prediction of a model that did not know the subject.

    Attributes
    ----------
    model, repeat, fold
        As in the table of predictions.
    value
        Risk or, for a class, probability.
    group
        ``high`` or ``low``; empty if the table has none.
    outcome
        The class; empty for a risk.
    """

    model: str
    repeat: int
    fold: int
    value: float
    group: str = ""
    outcome: str = ""


@dataclass(frozen=True)
class Risks:
    """Predictions for one subject.

    Attributes
    ----------
    endpoint
        What is predicted, in words.
    risks
        Those with a value.
    missing
        Number of predictions without a value: the model failed in the fold.
    """

    endpoint: str
    risks: tuple[Risk, ...]
    missing: int = 0
