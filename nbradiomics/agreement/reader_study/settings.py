"""Settings of a reader study. Metric, margin and epsilon decide the verdict: fix them beforehand."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Confidence, Names, Seed

Epsilon = Annotated[float, Field(ge=0, lt=1)]


def _with_direction(name: str) -> str:
    directed = [metric for metric, one in METRIC.items() if one.better in ("higher", "lower")]
    if name not in directed:
        raise ValueError(
            f"{name!r} is not a metric with a direction. {did_you_mean(name, directed)}Choose from: "
            f"{', '.join(directed)}"
        )
    return name


def _statement(value: Any) -> Any:
    if isinstance(value, dt.date):  # YAML reads 2026-01-31 as a date
        return value.isoformat()
    if value is None or (isinstance(value, str) and value.strip()):
        return value
    raise ValueError("a date or the name of a protocol was expected, in quotes if necessary")


def _each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) < len(values):
        raise ValueError("a value is given twice; give each value once")
    return values


class ReaderAnalysis(Settings):
    """Settings of the analysis of a reader study."""

    metric: Annotated[str, AfterValidator(_with_direction)] = Field(
        default="dice",
        description="Primary metric, used in the tests, the subgroups and the list of cases: dice, nsd, "
        "hd95_mm or another column of the agreement table with a direction.",
    )
    margin: Annotated[float, Field(gt=0)] = Field(
        default=0.03,
        description="Non-inferiority margin, in units of the metric: how much lower the model's agreement "
        "with the readers may be than the readers' agreement with each other. A metric in mm or ml has no "
        "default margin. Fix the margin before you see the masks.",
    )
    margin_fixed: Annotated[str | None, BeforeValidator(_statement)] = Field(
        default=None,
        description="When or where the margin was fixed before the masks were seen: a date or a protocol.",
    )
    epsilons: Annotated[tuple[Epsilon, ...], AfterValidator(_each_once)] = Field(
        default=(0.2, 0.0),
        description="Values of epsilon in the alternative annotator test, each tested: the allowance for the "
        "lower cost of the model, as a share of subjects. The authors advise 0.2 for experts; 0 means no "
        "allowance.",
    )
    confidence: Confidence = Field(default=0.95, description="Confidence level of all intervals.")
    alpha: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.05, description="Significance level of the tests."
    )
    bootstraps: Annotated[int, Field(ge=100)] = Field(
        default=2000, description="Number of bootstrap samples; subjects are resampled."
    )
    subgroups: Annotated[Names, AfterValidator(_each_once)] = Field(
        default=(),
        description="Columns of the cohort or clinical table that form subgroups. Default: site, timepoint "
        "and sequence, if they have more than one value.",
    )

    @model_validator(mode="after")
    def _margin_in_units_of_the_metric(self) -> Self:
        metric = METRIC[self.metric]
        if metric.low is not None and metric.high is not None and self.margin >= metric.high - metric.low:
            raise ValueError(
                f"the margin is {self.margin:g}, but {self.metric} has the range {metric.low:g} to "
                f"{metric.high:g}. Give the margin in units of the metric, such as 0.03"
            )
        if metric.unit and "margin" not in self.model_fields_set:
            raise ValueError(
                f"{self.metric} is in {metric.unit}, and no margin is given. Give the margin in "
                f"{metric.unit}, fixed before the masks are seen"
            )
        return self


class ReaderStudySettings(ReaderAnalysis):
    """Settings of the analysis of a reader study, with the seed of its bootstraps."""

    seed: Seed = Field(default=0, description="Seed of all bootstraps.")
