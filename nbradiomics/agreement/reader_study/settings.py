"""How a reader study is analysed. What decides the verdict (metric, margin, epsilon) is fixed beforehand."""

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
            f"no metric that can decide is called {name!r}. {did_you_mean(name, directed)}There are: "
            f"{', '.join(directed)}"
        )
    return name


def _says_when(value: Any) -> Any:
    if isinstance(value, dt.date):  # YAML reads 2026-01-31 as one
        return value.isoformat()
    if value is None or (isinstance(value, str) and value.strip()):
        return value
    raise ValueError("a date or the name of a protocol was expected, in quotes if need be")


def _each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) < len(values):
        raise ValueError("each value can stand once")
    return values


class ReaderAnalysis(Settings):
    """How a reader study is analysed."""

    metric: Annotated[str, AfterValidator(_with_direction)] = Field(
        default="dice",
        description="Metric that decides, in the tests, the subgroups and the list of cases: dice, nsd, "
        "hd95_mm or another column of the agreement table that has a direction.",
    )
    margin: Annotated[float, Field(gt=0)] = Field(
        default=0.03,
        description="By how much the model may agree less with the readers than they do with each other, in "
        "units of the metric; to be stated for a metric in mm or ml. Fix it before the masks are seen.",
    )
    margin_fixed: Annotated[str | None, BeforeValidator(_says_when)] = Field(
        default=None,
        description="When or where the margin was fixed before the masks were seen: a date or a protocol.",
    )
    epsilons: Annotated[tuple[Epsilon, ...], AfterValidator(_each_once)] = Field(
        default=(0.2, 0.0),
        description="Advantages of the model in the alternative annotator test, each tested: what its lesser "
        "cost is worth, as a share of cases. Its authors advise 0.2 for experts; 0 grants nothing.",
    )
    confidence: Confidence = Field(default=0.95, description="Confidence level of every interval.")
    alpha: Annotated[float, Field(gt=0, lt=1)] = Field(default=0.05, description="Level of the tests.")
    bootstraps: Annotated[int, Field(ge=100)] = Field(
        default=2000, description="Draws of every bootstrap, over subjects."
    )
    subgroups: Annotated[Names, AfterValidator(_each_once)] = Field(
        default=(),
        description="Columns of the cohort or clinical table; those of site, timepoint and sequence that "
        "hold more than one value unless given.",
    )

    @model_validator(mode="after")
    def _margin_in_units_of_the_metric(self) -> Self:
        metric = METRIC[self.metric]
        if metric.low is not None and metric.high is not None and self.margin >= metric.high - metric.low:
            raise ValueError(
                f"the margin is {self.margin:g}, and {self.metric} runs from {metric.low:g} to "
                f"{metric.high:g}. Give the margin in units of the metric: 0.03 for three hundredths"
            )
        if metric.unit and "margin" not in self.model_fields_set:
            raise ValueError(
                f"{self.metric} is in {metric.unit}, and no margin is given. State the margin in "
                f"{metric.unit}, fixed before the masks are seen"
            )
        return self


class ReaderStudySettings(ReaderAnalysis):
    """How a reader study is analysed, with the seed of its bootstraps."""

    seed: Seed = Field(default=0, description="Seed of every bootstrap.")
