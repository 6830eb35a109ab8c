"""Tables of agreement for the tests of the reader study."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from nbradiomics.agreement.reader_study.agreement_table import (
    CASE,
)
from nbradiomics.cohort.columns import DEFAULTS

KIND = {"auto": "automatic"}


def row(subject, reader, reference, value, *, metric="dice", pair=None, **more):
    """One row of an agreement table; `value` is that of the metric."""
    direct = "auto" if "auto" in (reader, reference) else "inter"
    return {
        "subject": subject,
        "timepoint": "baseline",
        "sequence": "T2w",
        "roi": "tumour",
        "reader": reader,
        "reading": 1,
        "mask_kind": KIND.get(reader, "independent"),
        "reference": reference,
        "reference_reading": 1,
        "reference_kind": KIND.get(reference, "independent"),
        "pair": pair or direct,
        "status": "ok",
        "field": "image",
        "tolerance_mm": 3.0,
        "volume_ml": 10.0,
        "reference_ml": 10.0,
        metric: value,
        **more,
    }


def both_ways(subject, first, second, value, **more):
    """The two rows of a pair with a symmetric metric."""
    return [row(subject, first, second, value, **more), row(subject, second, first, value, **more)]


def cohort_of(agreement, **columns):
    """A cohort table with the masks that an agreement table names."""
    masks = agreement[[*CASE, "reader", "reading", "mask_kind"]].drop_duplicates()
    table = pd.DataFrame({**DEFAULTS, **masks.drop(columns="mask_kind").to_dict("list")})
    kinds = masks["mask_kind"].where(masks["mask_kind"] != "automatic", "")
    return table.assign(mask="mask.nii.gz", image="image.nii.gz", reference_kind=kinds.to_numpy(), **columns)


def simulated(seed, *, subjects=46, readers=("A", "B"), shift=0.0, spread=0.04, noise=0.04):
    """A study on the Dice scale: masks of auto and readers, exchangeable but for a shift of auto.

    Every case has a difficulty of its own (SD `spread`) that all of its pairs share, and every pair noise of
    its own (SD `noise`); auto's pairs are moved by `shift`. With two readers the difference of a case, the
    mean of two pairs less a third, has an SD of noise sqrt(1.5) = 0.049, its mean over 46 subjects of 0.0072.
    """
    generator = np.random.default_rng(seed)
    rows = []
    for number in range(subjects):
        level = 0.8 + spread * generator.normal()
        for first, second in combinations(("auto", *readers), 2):
            value = level + noise * generator.normal() + (shift if first == "auto" else 0)
            rows += both_ways(f"s{number:03}", first, second, float(np.clip(value, 0, 1)))
    return pd.DataFrame(rows)
