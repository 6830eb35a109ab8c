"""The inputs of a model's steps, as one table: features, covariates, and the batches of a harmonisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from nbradiomics.signature.harmonised import ASKED

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData


def inputs_of(data: OutcomeData) -> pd.DataFrame:
    """Inputs of the subjects of an evaluation, one row each, in their order."""
    if data.harmonisation is None:
        return data.frame
    batches = data.harmonisation.of(data.frame.index)
    return pd.concat([data.frame, batches.add_prefix(ASKED)], axis=1)
