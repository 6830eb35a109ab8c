"""The knobs of a reader study. What decides the verdict - metric, margin, epsilon - is fixed beforehand."""

from __future__ import annotations

from dataclasses import dataclass

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.errors import InputError
from nbradiomics.messages.suggestion import did_you_mean


@dataclass(frozen=True)
class ReaderStudySettings:
    """How a reader study is analysed.

    Attributes
    ----------
    metric
        The primary metric: the one of the tests, subgroups and the list of cases. It must have a direction.
    margin
        Non-inferiority margin in the unit of `metric`, above 0: how much worse the model may agree with the
        readers than they agree with each other. To be fixed before the results are seen.
    margin_fixed
        When or where the margin was fixed beforehand, in the words of who says so; empty where nobody does.
    epsilons
        Benefits of the alternative annotator test, 0 to 1, each tested: what the lesser cost of a model is
        worth, as a share of cases. Its authors advise 0.2 for experts; 0 grants nothing.
    confidence
        Confidence level of every interval, between 0 and 1.
    alpha
        Level of the tests, between 0 and 1.
    bootstraps
        Draws of every bootstrap, 100 or more.
    seed
        Seed of every bootstrap, 0 or more.
    subgroups
        Columns that split the cases: ``site``, ``timepoint``, ``sequence``, ``roi``, or any of the clinical
        table. Empty takes those of site, timepoint and sequence that hold more than one value.

    Raises
    ------
    InputError
        When a value is out of its range.
    """

    metric: str = "dice"
    margin: float = 0.03
    margin_fixed: str = ""
    epsilons: tuple[float, ...] = (0.2, 0.0)
    confidence: float = 0.95
    alpha: float = 0.05
    bootstraps: int = 2000
    seed: int = 0
    subgroups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        directed = [name for name, metric in METRIC.items() if metric.better in ("higher", "lower")]
        if self.metric not in directed:
            raise InputError(
                f"reader study setting metric is {self.metric}.",
                f"{did_you_mean(self.metric, directed)}Give one of {', '.join(directed)}.",
            )
        self._check("margin", 0 < self.margin < float("inf"), "a number above 0")
        self._check("epsilons", all(0 <= value <= 1 for value in self.epsilons), "numbers from 0 to 1")
        self._check("epsilons", len(set(self.epsilons)) == len(self.epsilons), "different numbers")
        self._check("subgroups", len(set(self.subgroups)) == len(self.subgroups), "each column once")
        self._check("confidence", 0 < self.confidence < 1, "a number between 0 and 1, both excluded")
        self._check("alpha", 0 < self.alpha < 1, "a number between 0 and 1, both excluded")
        self._check("bootstraps", self.bootstraps >= 100, "100 or more")
        self._check("seed", self.seed >= 0, "0 or more")

    def _check(self, name: str, good: bool, wanted: str) -> None:
        if not good:
            raise InputError(f"reader study setting {name} is {getattr(self, name)}.", f"Give {wanted}.")
