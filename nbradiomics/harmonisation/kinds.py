"""Types and choices that the parts of the harmonisation share."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]

#: What is done with a batch of which no training estimates exist.
Unseen = Literal["refuse", "estimate", "keep"]
#: What is done with a training batch of fewer subjects than the least number.
SmallBatch = Literal["refuse", "keep", "harmonise"]
#: What is done with a covariate that is missing, or has a level that the training subjects lack.
UnknownCovariate = Literal["refuse", "average"]
#: Whether the location alone is adjusted; as the formula of the paper says, or as neuroCombat computes it.
MeanOnly = bool | Literal["neurocombat"]
#: In which order several batch columns are harmonised.
Order = Literal["chosen", "given"]

#: Least number of subjects of a batch from which its shift and scale are estimated: see
#: docs/harmonisation.md for the simulation.
LEAST_SUBJECTS = 10
#: A feature has no variance if its deviations are at most this share of its values.
ROUNDING = 1e-10
