"""Feature and agreement tables of the same simulated masks."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

READERS = ("A", "B", "C")


def tables(
    subjects: int = 40, readers: tuple[str, ...] = READERS, *, seed: int = 1
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Masks with errors of different sizes: ``close`` hardly follows them, ``shaky`` strongly.

    The agreement table has both directions of every pair. Dice falls with the sum of the two masks' errors.
    """
    rng = np.random.default_rng(seed)
    rows, pairs = [], []
    for number in range(subjects):
        name, value = f"S{number:02d}", rng.normal(10, 2)
        errors = {reader: 0.03 + 0.1 * rng.gamma(1.5) for reader in readers}
        signs = {reader: rng.normal() for reader in readers}
        for reader in readers:
            wrong = errors[reader] * signs[reader]
            rows.append(
                {"subject": name, "timepoint": "baseline", "sequence": "T2w", "roi": "tumour"}
                | {"reader": reader, "reading": 1, "variant": "original"}
                | {"close": value + 0.5 * wrong, "shaky": value + 12 * wrong, "flat": 2.5}
            )
        for one, other in combinations(readers, 2):
            dice = max(1 - (errors[one] + errors[other]) / 2, 0.01)
            pairs += [_pair(name, *ends, dice) for ends in ((one, other), (other, one))]
    return pd.DataFrame(rows), pd.DataFrame(pairs)


def _pair(subject: str, reader: str, reference: str, dice: float) -> dict[str, object]:
    kind = "auto" if "auto" in (reader, reference) else "inter"
    return {
        "subject": subject,
        "timepoint": "baseline",
        "sequence": "T2w",
        "roi": "tumour",
        "reader": reader,
        "reading": 1,
        "mask_kind": "automatic" if reader == "auto" else "independent",
        "reference": reference,
        "reference_reading": 1,
        "reference_kind": "automatic" if reference == "auto" else "independent",
        "pair": kind,
        "status": "ok",
        "dice": dice,
        "assd_mm": 5 * (1 - dice),
    }
