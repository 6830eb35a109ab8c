"""Which resampling of subjects tells how often a feature would be stable in a new study? Prints the table of
the guide.

    python -m benchmarks.resampling

Features with an ICC from 0.5 to 0.99 (uniform) and readers who differ a little (standard deviation 0.2 of the
error) are measured once; 200 new studies of as many subjects by the same readers give the true rate. Takes
about five minutes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.reproducibility import icc

Floats = NDArray[np.float64]
FEATURES, DRAWS, THRESHOLD = 1500, 200, 0.75
DESIGNS = ((20, 2), (50, 3), (100, 2))
GROUPS = ((0.0, 0.05), (0.05, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 0.95), (0.95, 1.01))


def is_stable(ratings: Floats) -> Floats:
    """Whether each feature is stable, as 0 or 1."""
    return np.asarray(icc(ratings).low >= THRESHOLD, dtype=np.float64)


def sample(rng: np.random.Generator, subjects: int, kind: str) -> NDArray[np.int64]:
    """Draw the places of the subjects of one sample."""
    if kind == "bootstrap":
        return rng.integers(0, subjects, subjects)
    return rng.permutation(subjects)[: int(subjects * {"halves": 0.5, "80 %": 0.8}[kind])]


def measure(rng: np.random.Generator, spread: Floats, bias: Floats, subjects: int) -> Floats:
    """One study: ratings of new subjects by the same readers, shape (features, subjects, readers)."""
    between = rng.normal(size=(FEATURES, subjects, 1)) * spread
    return np.asarray(between + bias + rng.normal(size=(FEATURES, subjects, bias.shape[2])))


def main() -> None:
    """Print, for each design, how often features of each share are stable in new studies."""
    rng = np.random.default_rng(0)
    for subjects, readers in DESIGNS:
        iccs = rng.uniform(0.5, 0.99, FEATURES)
        spread = np.sqrt(iccs / (1 - iccs))[:, np.newaxis, np.newaxis]
        bias = 0.2 * rng.normal(size=(FEATURES, 1, readers))
        truth = np.mean([is_stable(measure(rng, spread, bias, subjects)) for _ in range(DRAWS)], axis=0)
        given = measure(rng, spread, bias, subjects)
        chosen = is_stable(given) == 1
        print(
            f"{subjects} subjects, {readers} readers: stable ones in new studies {truth[chosen].mean():.2f}"
        )
        for kind in ("bootstrap", "halves", "80 %"):
            share = np.mean([is_stable(given[:, sample(rng, subjects, kind)]) for _ in range(DRAWS)], axis=0)
            rates = [truth[(share >= low) & (share < high)].mean() for low, high in GROUPS]
            print(f"  {kind}: mean share of stable ones {share[chosen].mean():.2f};", *np.round(rates, 2))


if __name__ == "__main__":
    main()
