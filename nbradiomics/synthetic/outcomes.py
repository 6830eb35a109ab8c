"""Random clinical covariates, and survival drawn from a known hazard.

The hazard at time t is ``h0(t) exp(eta)``, with a Weibull baseline ``H0(t) = (t / SCALE) ** SHAPE`` and
``eta`` the sum of `LOG_HAZARD_RATIOS` times the standardised properties. The time of the event follows by
inversion, ``SCALE * (-ln U / exp(eta)) ** (1 / SHAPE)`` with U uniform (Bender, Augustin and Blettner,
Stat Med 2005;24:1713).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nbradiomics.synthetic.tumour import Tumour

#: Mean and standard deviation for the standardisation of each property. They are constants, so that the
#: hazard of a subject does not depend on the other subjects of the cohort.
STANDARDS = {
    "log_volume": (4.25, 0.63),
    "heterogeneity": (0.132, 0.045),
    "necrotic_fraction": (0.20, 0.135),
    "age_months": (30.0, 19.0),
}
#: Logarithm of the hazard ratio: per standard deviation, against stage L1, against MYCN not amplified.
LOG_HAZARD_RATIOS = {
    "log_volume": 0.9,
    "heterogeneity": 0.9,
    "necrotic_fraction": 0.5,
    "age_months": 0.3,
    "stage_L2": 0.4,
    "stage_M": 1.3,
    "stage_MS": 0.1,
    "mycn": 1.2,
}
STAGES = ("L1", "L2", "M", "MS")  # INRG staging system
SHAPE = 1.2
SCALE = 4600.0  # days
#: Follow-up ends after five years for all subjects, and earlier at random (exponential) for some.
FOLLOW_UP = 1826.0  # days
MEAN_LOSS = 7000.0  # days


@dataclass(frozen=True)
class Outcome:
    """One subject's clinical covariates and survival.

    Attributes
    ----------
    age_months
        Age at diagnosis.
    stage
        One of `STAGES`; MS only under 18 months.
    mycn
        1 if the MYCN gene is amplified, else 0.
    os_days
        Whole days to death or to the end of follow-up, at least 1.
    os_event
        1 for death, 0 for censored.
    linear_predictor
        The logarithm of the hazard ratio, ``eta``.
    event_days
        Days to death with unlimited follow-up.
    """

    age_months: int
    stage: str
    mycn: int
    os_days: int
    os_event: int
    linear_predictor: float
    event_days: float


def draw_outcome(tumour: Tumour, rng: np.random.Generator) -> Outcome:
    """Draw covariates, which do not depend on the tumour, and survival, which depends on both."""
    age = int(np.clip(round(rng.gamma(2.4, 12.5)), 1, 120))
    stage = _draw_stage(age, rng)
    mycn = int(rng.random() < 0.25)
    eta = sum(LOG_HAZARD_RATIOS[name] * value for name, value in covariates(tumour, age, stage, mycn).items())
    event = SCALE * (rng.exponential() / np.exp(eta)) ** (1 / SHAPE)
    end = min(FOLLOW_UP, rng.exponential(MEAN_LOSS))
    return Outcome(
        age_months=age,
        stage=stage,
        mycn=mycn,
        os_days=max(1, round(min(event, end))),
        os_event=int(event <= end),
        linear_predictor=float(eta),
        event_days=float(event),
    )


def _draw_stage(age_months: int, rng: np.random.Generator) -> str:
    stage = str(rng.choice(STAGES, p=(0.25, 0.30, 0.35, 0.10)))
    return "M" if stage == "MS" and age_months >= 18 else stage


def covariates(tumour: Tumour, age_months: float, stage: str, mycn: int) -> dict[str, float]:
    """Return standardised properties and indicators, named as in `LOG_HAZARD_RATIOS`."""
    raw = {
        "log_volume": np.log(tumour.volume_ml),
        "heterogeneity": tumour.heterogeneity,
        "necrotic_fraction": tumour.necrotic_fraction,
        "age_months": age_months,
    }
    standard = {name: float((raw[name] - mean) / sd) for name, (mean, sd) in STANDARDS.items()}
    stages = {f"stage_{name}": float(stage == name) for name in STAGES[1:]}
    return {**standard, **stages, "mycn": float(mycn)}
