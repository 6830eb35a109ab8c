"""Join a feature table with the pairs of an agreement table: two values of every feature for each pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbradiomics.cohort.components import refuse_components
from nbradiomics.cohort.in_training import require_named_model, seen_subjects
from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.reproducibility.needed_agreement.pair_table import CONTEXT, FIRST, SECOND, unordered_pairs
from nbradiomics.reproducibility.needed_agreement.settings import NeededAgreementSettings
from nbradiomics.tables import AUTO, ORIGINAL, Rows, select
from nbradiomics.tables.same_parameters import require_one_hash

Floats = NDArray[np.float64]
#: Reasons why a pair of the agreement table is not used.
SEEN = "the model was trained on the subject"
NO_FEATURES = "no row in the feature table for one of the masks"
NOT_COMPARED = "the masks could not be compared"
ONE_ROW = "both masks have the same row in the feature table"
PERTURBED = "perturbed"


@dataclass(frozen=True)
class JoinedPairs:
    """Pairs of masks with the features of both.

    Attributes
    ----------
    pairs
        One row per pair: subject, context, the two masks, kind and metrics.
    first, second
        Row of the feature table of each of the two masks, shape (pairs,).
    features
        The feature table.
    left_out
        Pairs that are not used: as `pairs`, with the column ``reason``.
    """

    pairs: pd.DataFrame
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    features: pd.DataFrame
    left_out: pd.DataFrame

    def values(self, feature: str) -> tuple[Floats, Floats]:
        """The values of a feature from both masks of each pair, shape (pairs,); NaN if undefined."""
        column = self.features[feature].to_numpy(dtype=np.float64, na_value=np.nan)
        column = np.where(np.isfinite(column), column, np.nan)
        return column[self.first], column[self.second]


def join_pairs(
    features: pd.DataFrame, agreement: pd.DataFrame, rows: Rows, settings: NeededAgreementSettings
) -> JoinedPairs:
    """Find the two rows of the feature table for each pair of masks.

    Parameters
    ----------
    features
        Feature table with ``subject`` and ``reader``; the other index columns of `nbradiomics.tables` are
        used if they are there.
    agreement
        Agreement table; see `unordered_pairs`.
    rows
        Which rows to use if there are several timepoints, sequences, regions, variants or engines.
    settings
        Metrics, and the kinds of pair that count.

    Raises
    ------
    InputError
        When a column is missing, a cell is invalid, no pair is left, the regions are connected components, or
        the masks' rows were made with different parameters.
    AmbiguousError
        When a column has several values and none was chosen, or a mask has several rows.
    """
    _require_columns(features)
    require_named_model(features)
    if PERTURBED in settings.pairs:
        _require_variants(features, agreement, rows)
    table = chosen_rows(features, rows, settings.pairs).reset_index(drop=True)
    refuse_components(table["roi"].unique() if "roi" in table else [])
    seen = seen_subjects(features)  # also if a row that was not chosen says so
    pairs = unordered_pairs(agreement, settings.metrics)
    pairs = _pairs_of(pairs[pairs["pair"].isin(settings.pairs)], rows, settings)
    first = _positions(table, pairs, FIRST)
    second = _positions(table, _with_originals(pairs), SECOND)
    by_model = (pairs[["reader", "reference"]] == AUTO).any(axis=1)
    reasons = pd.Series("", index=pairs.index, dtype=object)
    reasons[pairs[list(settings.metrics)].isna().all(axis=1)] = NOT_COMPARED
    reasons[first == second] = ONE_ROW
    reasons[(first < 0) | (second < 0)] = NO_FEATURES
    reasons[by_model & pairs["subject"].isin(seen)] = SEEN
    used = (reasons == "").to_numpy()
    _require_pairs(reasons, settings)
    require_one_hash(table.iloc[np.union1d(first[used], second[used])])
    left_out = pairs[~used].assign(reason=reasons[~used]).reset_index(drop=True)
    return JoinedPairs(pairs[used].reset_index(drop=True), first[used], second[used], table, left_out)


def _require_columns(features: pd.DataFrame) -> None:
    for name in ("subject", "reader"):
        if name not in features:
            raise InputError(
                f"the feature table has no column {name!r}.",
                f"{did_you_mean(name, map(str, features.columns))}Give a table with one row per subject and "
                "reader, such as that of `nbradiomics extract`.",
            )


def _require_variants(features: pd.DataFrame, agreement: pd.DataFrame, rows: Rows) -> None:
    """Refuse tables in which a perturbed mask cannot be told from its original."""
    for name, table in (("feature", features), ("agreement", agreement)):
        if "variant" not in table:
            raise InputError(
                f"the {name} table has no column 'variant', which pairs of the kind {PERTURBED} need.",
                "Give tables of originals and variants, such as those of `nbradiomics extract --perturb` and "
                "`nbradiomics compare --perturb` with the same chain and seed.",
            )
    if rows.variant not in (None, ORIGINAL):
        raise InputError(
            f"variant {rows.variant!r} is chosen, but the two masks of a pair of the kind {PERTURBED} are of "
            "different variants.",
            f"Choose no variant, or leave out the kind {PERTURBED}.",
        )


def _pairs_of(pairs: pd.DataFrame, rows: Rows, settings: NeededAgreementSettings) -> pd.DataFrame:
    """Choose the rows of one context: of the originals, and of the perturbed masks that were requested."""
    if PERTURBED in settings.pairs and not (pairs["pair"] == PERTURBED).any():
        raise InputError(
            f"the agreement table has no pair of the kind {PERTURBED}.",
            "Make them with `nbradiomics compare --perturb CHAIN`, or from the cohort table of "
            "`nbradiomics perturb`.",
        )
    if pairs.empty:
        _require_pairs(pd.Series(dtype=object), settings)
    wanted = Rows(**{name: value for name, value in rows if name in pairs.columns})
    if PERTURBED in settings.pairs:
        pairs = pairs[(pairs["pair"] == PERTURBED) | (pairs["variant"] == ORIGINAL)]
    return chosen_rows(pairs, wanted, settings.pairs).reset_index(drop=True)


def _with_originals(pairs: pd.DataFrame) -> pd.DataFrame:
    """Name the variant of the second mask: the original of a perturbed mask, else that of the first mask."""
    if PERTURBED not in set(pairs["pair"]):
        return pairs
    return pairs.assign(variant=pairs["variant"].where(pairs["pair"] != PERTURBED, ORIGINAL))


def chosen_rows(table: pd.DataFrame, rows: Rows, kinds: Sequence[str]) -> pd.DataFrame:
    """Choose one timepoint, sequence, region, variant and engine; readings stay, they are part of a pair.

    If `kinds` of pair include perturbed masks, all variants stay too.
    """
    apart = ("reading", "variant") if PERTURBED in kinds else ("reading",)
    return select(table, **{name: value for name, value in rows.wanted().items() if name not in apart})


def _positions(table: pd.DataFrame, pairs: pd.DataFrame, side: tuple[str, str]) -> NDArray[np.intp]:
    """Row of the feature table for one mask of each pair; -1 if there is none."""
    context = [name for name in CONTEXT if name in table and name in pairs]
    keys = pd.DataFrame({name: table[name].astype(str) for name in ("subject", *context, "reader")})
    keys["reading"] = table["reading"].fillna(1).astype(float) if "reading" in table else 1.0
    twice = keys.duplicated()
    if twice.any():
        row = keys[twice].iloc[0]
        raise AmbiguousError(
            f"the feature table has several rows of {row['subject']} by {row['reader']}.",
            "Keep one row for each mask, or distinguish them: timepoint, sequence, roi, variant, engine, "
            "reading.",
        )
    index = pd.MultiIndex.from_frame(keys)
    wanted = pairs[["subject", *context, *side]].astype({side[1]: float})
    return np.asarray(index.get_indexer(pd.MultiIndex.from_frame(wanted)))


def _require_pairs(reasons: pd.Series, settings: NeededAgreementSettings) -> None:
    if (reasons == "").any():
        return
    why = "; ".join(f"{count} pairs: {reason}" for reason, count in reasons.value_counts().items())
    raise InputError(
        f"no pair of masks can be used ({why or 'none of the kinds ' + ', '.join(settings.pairs)}).",
        "Give the feature table and the agreement table of the same masks: subjects, readers and readings "
        "must have the same names in both.",
    )
