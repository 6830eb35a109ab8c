"""What a picture of one feature shows: its pairs, and the difference that most of them do not exceed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbradiomics.reproducibility.needed_agreement.feature_pairs import feature_pairs, in_order
from nbradiomics.reproducibility.needed_agreement.joined import JoinedPairs
from nbradiomics.reproducibility.needed_agreement.local_share import (
    crossings,
    local_shares,
    make_bins,
    value_at,
)
from nbradiomics.reproducibility.needed_agreement.settings import NeededAgreementSettings

Floats = NDArray[np.float64]
#: Multiples of the limit at which the curve is computed.
_MULTIPLES = np.geomspace(0.02, 50, 120)


@dataclass(frozen=True)
class Curve:
    """Pairs of a feature, and the curve that the given share of them does not exceed.

    Attributes
    ----------
    agreement, ratios
        Metric of each pair, and its difference as a multiple of the limit (infinite if the feature is
        undefined for one mask), shape (pairs,).
    needed, multiples
        The agreement that is needed for each multiple of the limit, shape (points,): at the multiple 1 it is
        the needed agreement of the table. Only multiples that are reached inside the observed agreement.
    """

    agreement: Floats
    ratios: Floats
    needed: Floats
    multiples: Floats


def curve_of(
    joined: JoinedPairs, feature: str, metric: str, limit: float, settings: NeededAgreementSettings
) -> Curve:
    """Compute the curve of one feature by the estimator of the table, without intervals.

    Parameters
    ----------
    joined
        From `join_pairs`.
    feature, metric
        Names.
    limit
        As in the table: in the unit of the feature, or a ratio with ``scale`` ``log``.
    settings
        Share and scale.
    """
    pairs = in_order(joined, feature_pairs(joined, feature, settings.scale), metric)
    ratios = pairs.differences / (np.log(limit) if settings.scale == "log" else limit)
    bins = make_bins(pairs.agreement, pairs.amount)
    inside = (ratios[np.newaxis, :] <= _MULTIPLES[:, np.newaxis]).astype(float)
    within = np.add.reduceat(inside, bins.starts, axis=1)
    total = np.broadcast_to(np.diff([*bins.starts, len(ratios)]).astype(float), within.shape)
    position = crossings(local_shares(within, total, bins), total, settings.share)
    # A wider limit never needs more. A local line may say so where there are few pairs: the more demanding
    # answer counts.
    position = np.minimum.accumulate(position[::-1])[::-1]
    reached = np.isfinite(position)
    return Curve(pairs.agreement, ratios, value_at(position[reached], bins), _MULTIPLES[reached])
