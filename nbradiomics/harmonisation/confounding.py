"""What the batches of a table cannot tell apart, and what is estimated then."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from nbradiomics.harmonisation.covariates import is_number, texts
from nbradiomics.harmonisation.kinds import Numbers
from nbradiomics.harmonisation.settings import Harmonise

#: A covariate of which less than this share of the variance is within the batches is told: its effect, and
#: those of the batches, have an error as if there were this share of the subjects.
LEAST_WITHIN = 0.2


def confounded(batches: pd.DataFrame, asked: Harmonise) -> Iterator[str]:
    """Say which batch columns contain each other, and which covariates hardly differ within the batches.

    Parameters
    ----------
    batches
        Batches and covariates, one row per subject; see `read_batches`.
    asked
        Names of the columns.
    """
    for fine in asked.batch:
        for coarse in asked.batch:
            if fine != coarse and _nested(batches[fine], batches[coarse]):
                yield (
                    f"Each level of {fine} has one {coarse}: the harmonisation of {fine} removes the "
                    f"differences between the levels of {coarse} too, with all that differs between their "
                    f"patients. No effect of {coarse} by itself can be estimated, and as a batch column it "
                    f"adds nothing: leave {coarse} out."
                )
    for name in asked.covariates:
        share = within_share(batches[name], batches[list(asked.batch)])
        if share < LEAST_WITHIN:
            columns = ", ".join(asked.batch)
            yield (
                f"Only {share:.1%} of the variance of {name} is within the levels of {columns}: its effect, "
                "which is kept, and the batch effects, which are removed, have errors as if there were "
                f"{share:.1%} of the subjects, and one may be taken for the other. Leave out {name}, and say "
                f"that it goes with {columns}."
            )


def within_share(covariate: pd.Series, batches: pd.DataFrame) -> float:
    """Share of the variance of a covariate within the batches, 0 to 1; of levels the least; 1 for a constant.

    It is 1 over the variance inflation factor of the covariate by the batches.
    """
    known = covariate.notna()
    own = covariate[known]
    if is_number(own):
        columns = own.to_numpy(dtype=np.float64)[:, None]
    else:
        columns = pd.get_dummies(texts(own)).to_numpy(dtype=np.float64)
    one_hot = [pd.get_dummies(batches[name][known]).to_numpy(np.float64) for name in batches]
    design = np.hstack([np.ones((len(own), 1)), *one_hot])
    rest: Numbers = columns - design @ np.linalg.lstsq(design, columns, rcond=None)[0]
    varies = columns.var(axis=0) > 0
    return float((rest.var(axis=0)[varies] / columns.var(axis=0)[varies]).min(initial=1.0))


def _nested(fine: pd.Series, coarse: pd.Series) -> bool:
    """Whether each level of one column has a single level of the other, and the other fewer levels."""
    pairs = pd.DataFrame({"fine": fine.to_numpy(), "coarse": coarse.to_numpy()}).dropna().drop_duplicates()
    return bool(len(pairs) == pairs["fine"].nunique() > pairs["coarse"].nunique() > 1)
