"""What ComBat learned inside the models: new subjects are harmonised by the training estimates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import pandas as pd
from pydantic import model_validator

from nbradiomics.harmonisation.covariates import Covariate
from nbradiomics.harmonisation.empirical_bayes import Adjustment
from nbradiomics.harmonisation.kinds import MeanOnly, Unseen
from nbradiomics.harmonisation.one_column import Fit, Method
from nbradiomics.harmonisation.stages import Design, Rules, Stage, Treatment
from nbradiomics.signature.learned import Divisor, Learned, Names, Numbers, numbers_of

if TYPE_CHECKING:
    from nbradiomics.harmonisation.combat import ComBat

#: Beginning of the name of an input column that holds a batch or a covariate of the harmonisation.
ASKED = "harmonise: "


class LearnedCovariate(Learned):
    """How a covariate of the harmonisation is coded; see `harmonisation.covariates.Covariate`."""

    name: str
    levels: Names
    mean: Numbers
    spread: float

    def coded(self, table: pd.DataFrame) -> np.ndarray:
        """Columns of the design, shape (subjects, columns); an unknown value has the average effect."""
        cells = table.rename(columns={f"{ASKED}{self.name}": self.name})
        return Covariate(**self.model_dump()).coded(cells, "average")


class Batch(Learned):
    """Location and squared scale of a training batch for each feature."""

    name: str
    subjects: int
    treatment: str
    reason: str
    location: Numbers
    scale: tuple[Divisor, ...]


class BatchColumn(Learned):
    """Estimates of one batch column; see `harmonisation.one_column.Fit` for the meaning of each list."""

    column: str
    eb: bool
    parametric: bool
    mean_only: MeanOnly
    m_combat: bool
    unseen: Unseen
    least_subjects: int
    centre: Numbers
    spread: tuple[Divisor, ...]
    goal_centre: Numbers
    goal_spread: Numbers
    effects: tuple[Numbers, ...]
    rigid: tuple[bool, ...]
    reference: str | None
    batches: tuple[Batch, ...]

    def stage(self) -> Stage:
        """The estimates in the form in which they are applied."""
        features = len(self.centre)
        adjustments = {
            batch.name: Adjustment(np.array(batch.location), np.array(batch.scale))
            for batch in self.batches
            if batch.treatment != "kept"
        }
        fit = Fit(
            method=Method(self.eb, self.parametric, self.mean_only, self.m_combat),
            centre=np.array(self.centre),
            spread=np.array(self.spread),
            goal_centre=np.array(self.goal_centre),
            goal_spread=np.array(self.goal_spread),
            effects=np.array(self.effects, dtype=np.float64).reshape(-1, features),
            adjustments=adjustments,
            reference=self.reference,
            rigid=np.array(self.rigid, dtype=bool),
            simple=np.zeros(features, dtype=bool),
            undefined=np.zeros(features, dtype=bool),
            counts={},
            constant={},
        )
        treatments = tuple(
            Treatment(self.column, batch.name, batch.subjects, batch.treatment, batch.reason)
            for batch in self.batches
        )
        return Stage(self.column, fit, treatments, Rules(self.unseen, "harmonise", self.least_subjects))

    def of_features(self, places: Sequence[int]) -> Self:
        """The estimates of some features."""

        def part(values: Sequence[object]) -> tuple[object, ...]:
            return tuple(values[place] for place in places)

        lists = ("centre", "spread", "goal_centre", "goal_spread", "rigid")
        batches = tuple(
            batch.model_copy(update={name: part(getattr(batch, name)) for name in ("location", "scale")})
            if batch.treatment != "kept"
            else batch
            for batch in self.batches
        )
        effects = tuple(part(each) for each in self.effects)
        changes = {name: part(getattr(self, name)) for name in lists}
        return self.model_copy(update={**changes, "effects": effects, "batches": batches})


class Harmonised(Learned):
    """Harmonise features between batches, one batch column after the other; other features stay."""

    kind: Literal["harmonise"] = "harmonise"
    columns: Names
    others: Names
    covariates: tuple[LearnedCovariate, ...]
    batch_columns: tuple[BatchColumn, ...]

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        for each in self.batch_columns:
            lists = [each.centre, each.spread, each.goal_centre, each.goal_spread, each.rigid, *each.effects]
            for batch in each.batches:
                lists += [batch.location, batch.scale] if batch.treatment != "kept" else []
            self.require_one_length(*lists, of=self.columns)
        return self

    @property
    def asked(self) -> Names:
        """Input columns with the batches and covariates."""
        names = [each.column for each in self.batch_columns] + [each.name for each in self.covariates]
        return tuple(f"{ASKED}{name}" for name in names)

    @property
    def estimates_unseen(self) -> bool:
        """Whether a batch that no training subject has is estimated, from all features together."""
        return any(each.unseen == "estimate" for each in self.batch_columns)

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Harmonise the columns.

        Raises
        ------
        InputError
            When a batch has no training subject and is refused, or too few subjects to be estimated.
        """
        values = table[list(self.columns)].to_numpy(np.float64)
        names = tuple(each.name for each in self.covariates)
        design = Design(len(table), names, tuple(each.coded(table) for each in self.covariates))
        subjects = pd.Series(table.index.astype(str), index=table.index)
        for each in self.batch_columns:
            batches = table[f"{ASKED}{each.column}"].astype(str)
            values = each.stage().adjusted(values, batches, subjects, design)
        found = pd.DataFrame(values, index=table.index, columns=list(self.columns))
        return pd.concat([found, table[list(self.others)]], axis=1)

    def limited(self, wanted: Sequence[str]) -> tuple[Self, Names]:
        """The step for some of its output columns, and the input columns that it needs.

        Where unseen batches are estimated all columns stay, because their features are estimated together.
        """
        others = tuple(name for name in self.others if name in wanted)
        places = [place for place, name in enumerate(self.columns) if name in wanted]
        if not places:
            empty = {"columns": (), "others": others, "covariates": (), "batch_columns": ()}
            return self.model_copy(update=empty), others
        if self.estimates_unseen:
            places = list(range(len(self.columns)))
        columns = tuple(self.columns[place] for place in places)
        batch_columns = tuple(each.of_features(places) for each in self.batch_columns)
        limited = self.model_copy(
            update={"columns": columns, "others": others, "batch_columns": batch_columns}
        )
        return limited, (*columns, *others, *self.asked)


def learned_harmonisation(combat: ComBat, features: Sequence[str], others: Sequence[str]) -> Harmonised:
    """What a fitted ComBat learned; `features` names its features in their order.

    A feature without enough values for estimates is left out: no model has it.
    """
    stages: list[Stage] = combat.stages_
    defined = ~np.any([stage.fit.undefined for stage in stages], axis=0)
    return Harmonised(
        columns=tuple(name for name, there in zip(features, defined, strict=True) if there),
        others=tuple(others),
        covariates=tuple(
            LearnedCovariate(name=each.name, levels=each.levels, mean=each.mean, spread=float(each.spread))
            for each in combat.coding_
        ),
        batch_columns=tuple(_batch_column(stage, defined) for stage in stages),
    )


def _batch_column(stage: Stage, defined: np.ndarray) -> BatchColumn:
    fit, method = stage.fit, stage.fit.method
    lists = {
        name: numbers_of(getattr(fit, name)[defined])
        for name in ("centre", "spread", "goal_centre", "goal_spread")
    }
    return BatchColumn(
        column=stage.column,
        eb=method.eb,
        parametric=method.parametric,
        mean_only=method.mean_only,
        m_combat=method.m_combat,
        unseen=stage.rules.unseen,
        least_subjects=stage.rules.least_subjects,
        **lists,
        effects=tuple(numbers_of(row) for row in fit.effects[:, defined]),
        rigid=tuple(map(bool, fit.rigid[defined])),
        reference=fit.reference,
        batches=tuple(_batch(each, fit.adjustments.get(each.batch), defined) for each in stage.treatments),
    )


def _batch(treatment: Treatment, adjustment: Adjustment | None, defined: np.ndarray) -> Batch:
    return Batch(
        name=treatment.batch,
        subjects=treatment.subjects,
        treatment=treatment.treatment,
        reason=treatment.reason,
        location=numbers_of(adjustment.location[defined]) if adjustment else (),
        scale=numbers_of(adjustment.scale[defined]) if adjustment else (),
    )
