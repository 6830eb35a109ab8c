"""The parts of a feature table that are assessed apart: timepoints, sequences, regions and variants."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from nbradiomics.files.names import file_stems
from nbradiomics.reproducibility.needed_agreement.pair_table import CONTEXT
from nbradiomics.tables import Rows


def contexts_of(features: pd.DataFrame, kinds: Sequence[str] = ()) -> dict[str, Rows]:
    """Return the rows of each context by the name that its files end in; empty if there is one context.

    Differences of several sequences or regions have different sizes, and so have subjects: one limit for all
    of them would be too wide. If `kinds` of pair include perturbed masks, variants are not assessed apart.
    """
    apart = [name for name in CONTEXT if name != "variant" or "perturbed" not in kinds]
    columns = [name for name in apart if name in features]
    if not columns:
        return {"": Rows()}
    keys = list(features[columns].drop_duplicates().itertuples(index=False, name=None))
    rows = [Rows(**dict(zip(columns, map(str, key), strict=True))) for key in keys]
    return {"": rows[0]} if len(rows) == 1 else dict(zip(file_stems(keys), rows, strict=True))
