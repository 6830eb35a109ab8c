"""How features are harmonised between sites or scanners."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from nbradiomics.harmonisation.kinds import LEAST_SUBJECTS, Order, Unseen
from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Names


def _as_names(value: Any) -> Any:
    """Read a single name as a list of one."""
    return [value] if isinstance(value, str) else value


class Harmonise(Settings):
    """Harmonisation of features between batches (sites, scanners) by ComBat.

    The batch effects are estimated among training subjects alone, and taken from the features of all
    subjects.
    """

    batch: Annotated[Names, BeforeValidator(_as_names)] = Field(
        min_length=1,
        description="Columns whose levels are harmonised, such as the site or the scanner. They are columns "
        "of the clinical table, or of the feature table (site). Several columns are harmonised one after the "
        "other (nested ComBat); their order is chosen among the training subjects.",
    )
    covariates: Annotated[Names, BeforeValidator(_as_names)] = Field(
        default=(),
        description="Clinical columns whose effects on the features are kept, such as the age. The outcome "
        "is refused.",
    )
    features: Annotated[Names, BeforeValidator(_as_names)] = Field(
        default=(),
        description="Features that are harmonised: names or patterns (*glcm*). Default: all except shape "
        "(shape, shape2D, morph), which is measured on the mask and not on the image.",
    )
    reference_batch: str | None = Field(
        default=None,
        description="Level of the only batch column that the others are adjusted to, and whose features stay "
        "as they are. Default: the mean of all.",
    )
    mean_only: bool = Field(
        default=False, description="Adjust the means of the levels, and leave their variances."
    )
    eb: bool = Field(
        default=True,
        description="Shrink the batch effects of each feature by those of all features (empirical Bayes).",
    )
    parametric: bool = Field(
        default=True,
        description="Parametric prior of the effects of all features; otherwise that of their values.",
    )
    m_combat: bool = Field(
        default=False,
        description="M-ComBat: standardise with all batches, and shift all of them to the reference batch.",
    )
    order: Order = Field(
        default="chosen",
        description="Order of several batch columns: chosen among the training subjects, or as given.",
    )
    unseen: Unseen = Field(
        default="refuse",
        description="What is done with a level that no training subject has: refuse (an error), estimate "
        "(its shift is estimated from the features of its own subjects, without their outcomes), or keep "
        "(their features stay as they are).",
    )
    small_batch: Literal["refuse", "harmonise"] = Field(
        default="refuse",
        description="What is done with a level of fewer subjects than `least_subjects`, among all subjects: "
        "refuse (an error), or harmonise it like the others.",
    )
    least_subjects: Annotated[int, Field(ge=2)] = Field(
        default=LEAST_SUBJECTS,
        description="Fewest subjects of a level, for `small_batch` and `unseen: estimate`.",
    )

    site_effects: bool = Field(
        default=True,
        description="Measure the differences between batches before and after the harmonisation, and which C "
        "or ROC area noise with the same batch effects reaches.",
    )

    @model_validator(mode="after")
    def _of_one_meaning(self) -> Self:
        names = [*self.batch, *self.covariates]
        twice = [name for place, name in enumerate(names) if name in names[:place]]
        if twice:
            raise ValueError(f"{twice[0]!r} is named twice; a column is a batch or a covariate, once")
        if self.reference_batch is not None and len(self.batch) > 1:
            raise ValueError("a reference batch is a level of one batch column, and there are several")
        if self.m_combat and self.reference_batch is None:
            raise ValueError("M-ComBat shifts to a reference batch; name it as reference_batch")
        if self.order != "chosen" and len(self.batch) == 1:
            raise ValueError("one batch column has no order; leave out order")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Batch columns and covariates."""
        return (*self.batch, *self.covariates)
