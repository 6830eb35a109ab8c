"""What is said of models that are not penalised regressions."""

from __future__ import annotations

from nbradiomics.outcome.settings import FIRTH

_FIRTH_COX = (
    "The models are Cox regressions by Firth's method (firthmodels), with ties by Breslow's method. Each "
    "needs fewer columns than its training subjects have events."
)
_FIRTH_LOGISTIC = (
    "The models are logistic regressions by Firth's method (firthmodels). The intercept of each is "
    "corrected: its predicted probabilities of the training subjects add up to the number of subjects of "
    "its class (FLIC). Each needs fewer columns than there are training subjects in the smaller of its two "
    "classes."
)


def method_sentence(method: str, survival: bool) -> str:
    """Say which models were fitted, for a `method` other than penalised regression."""
    if method == FIRTH:
        return _FIRTH_COX if survival else _FIRTH_LOGISTIC
    package = "scikit-survival" if survival else "scikit-learn"
    return (
        f"The models are of the kind {method} ({package}), with fixed settings. Covariates have no special "
        "place among the features."
    )
