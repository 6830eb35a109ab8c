"""How well two masks must agree before a feature can be trusted."""

from nbradiomics.reproducibility.needed_agreement.assess import (
    FEWEST_PAIRS,
    NeededAgreement,
    needed_agreement,
)
from nbradiomics.reproducibility.needed_agreement.contexts import contexts_of
from nbradiomics.reproducibility.needed_agreement.curve import Curve, curve_of
from nbradiomics.reproducibility.needed_agreement.joined import JoinedPairs, chosen_rows, join_pairs
from nbradiomics.reproducibility.needed_agreement.limits import read_repeatability
from nbradiomics.reproducibility.needed_agreement.schema import (
    EVERYWHERE,
    INSIDE,
    LEFT_OUT,
    NEEDED_AGREEMENT,
    NOWHERE,
)
from nbradiomics.reproducibility.needed_agreement.settings import (
    INDEPENDENT,
    METRICS,
    NeededAgreementAnalysis,
    NeededAgreementSettings,
)

__all__ = [
    "EVERYWHERE",
    "FEWEST_PAIRS",
    "INDEPENDENT",
    "INSIDE",
    "LEFT_OUT",
    "METRICS",
    "NEEDED_AGREEMENT",
    "NOWHERE",
    "Curve",
    "JoinedPairs",
    "NeededAgreement",
    "NeededAgreementAnalysis",
    "NeededAgreementSettings",
    "chosen_rows",
    "contexts_of",
    "curve_of",
    "join_pairs",
    "needed_agreement",
    "read_repeatability",
]
