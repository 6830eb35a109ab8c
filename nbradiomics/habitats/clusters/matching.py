"""Give the habitats of one model the numbers of another one: the models of folds must mean the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.habitats.clusters.model import HabitatModel

Array = NDArray[np.float64]


def matched(model: HabitatModel, reference: HabitatModel) -> tuple[HabitatModel, Array]:
    """Number the habitats of a model as the nearest ones of a reference.

    The assignment has the least sum of squared distances between means, in standard deviations of the
    reference's channels.

    Returns
    -------
    model
        The same model with its habitats in the order of the reference.
    distances
        Distance of each habitat to that of the reference, in these standard deviations.
    """
    from scipy.optimize import linear_sum_assignment

    mine, others = reference.standardised(model.channel_means()), np.array(reference.means)
    distances = np.square(mine[None, :, :] - others[:, None, :]).sum(axis=2)
    _, order = linear_sum_assignment(distances)
    changes = {
        name: tuple(getattr(model, name)[place] for place in order)
        for name in ("weights", "means", "covariances")
        if getattr(model, name)
    }
    return model.model_copy(update=changes), np.sqrt(distances[np.arange(len(order)), order])
