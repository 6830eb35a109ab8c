"""Perturbed masks in the needed agreement: only on request, and each joined with its original."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.report.sections.needed_words import PERTURBED_CAUTION, sentences
from nbradiomics.reproducibility.needed_agreement import join_pairs, needed_agreement
from nbradiomics.reproducibility.needed_agreement.settings import NeededAgreementSettings
from nbradiomics.tables import Rows
from tests.reproducibility.needed_agreement.tables import tables

SETTINGS = NeededAgreementSettings(metrics=("dice",), bootstraps=100)
BOTH = SETTINGS.changed(pairs=("inter", "perturbed"))
VARIANTS = ("v-0.2", "v0.2")


def with_perturbed() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables of three readers, and two variants of each mask that add 100 and 200 to every value."""
    features, agreement = tables()
    agreement["variant"] = "original"
    rows, pairs = [features], [agreement]
    for number, variant in enumerate(VARIANTS, start=1):
        moved = features.assign(variant=variant, close=features["close"] + 100 * number)
        rows.append(moved)
        within = agreement.assign(variant=variant)  # masks of two readers of one variant
        own = moved[["subject", "timepoint", "sequence", "roi", "reader", "reading", "variant"]].assign(
            reference=moved["reader"], reference_reading=1, pair="perturbed", dice=0.5 + number / 10
        )
        pairs += [within, own.assign(mask_kind="independent", reference_kind="independent")]
    return pd.concat(rows, ignore_index=True), pd.concat(pairs, ignore_index=True)


def test_each_perturbed_mask_is_joined_with_its_original() -> None:
    joined = join_pairs(*with_perturbed(), Rows(), BOTH)
    assert joined.left_out.empty
    assert joined.pairs["pair"].value_counts().to_dict() == {"perturbed": 240, "inter": 120}
    one, other = joined.values("close")
    kinds = joined.pairs["pair"] == "perturbed"
    differences = np.round((one - other)[kinds], 6)
    assert dict(zip(*np.unique(differences, return_counts=True), strict=True)) == {100.0: 120, 200.0: 120}
    by_variant = joined.pairs[kinds].assign(difference=differences).groupby("variant")["difference"]
    assert by_variant.unique().map(list).to_dict() == {"v-0.2": [100.0], "v0.2": [200.0]}
    assert np.abs(one - other)[~kinds].max() < 10  # readers of the originals


def test_perturbed_masks_do_not_count_by_default() -> None:
    features, agreement = with_perturbed()
    plain = needed_agreement(*tables(), settings=SETTINGS).table
    found = needed_agreement(features, agreement, settings=SETTINGS, variant="original").table
    pd.testing.assert_frame_equal(plain, found)
    assert set(plain["pair_kinds"]) == {"inter 120"}
    with pytest.raises(AmbiguousError, match="several values of variant"):
        needed_agreement(features, agreement, settings=SETTINGS)


def test_the_kinds_of_pair_are_counted_and_said() -> None:
    features, agreement = with_perturbed()
    found = needed_agreement(features, agreement, settings=BOTH)
    assert set(found.table["pair_kinds"]) == {"inter 120, perturbed 240"}
    lines = list(sentences(found.table, found.left_out))
    assert lines[:2] == [
        "From 360 pairs of masks (inter 120, perturbed 240) of 40 subjects.",
        PERTURBED_CAUTION,
    ]
    of_readers = needed_agreement(*tables(), settings=SETTINGS)
    assert PERTURBED_CAUTION not in list(sentences(of_readers.table, of_readers.left_out))
    earlier = of_readers.table.drop(columns="pair_kinds")
    assert next(sentences(earlier, None)) == "From 120 pairs of masks of 40 subjects."


def test_an_original_is_never_compared_with_itself() -> None:
    features, agreement = with_perturbed()
    for name, given in {
        "feature": (features[features["variant"] == "original"].drop(columns="variant"), agreement),
        "agreement": (features, agreement.drop(columns="variant").drop_duplicates()),
    }.items():
        with pytest.raises(InputError, match=f"the {name} table has no column 'variant'"):
            needed_agreement(*given, settings=BOTH)
    with pytest.raises(InputError, match="of different variants"):
        needed_agreement(features, agreement, settings=BOTH, variant="v0.2")
    # A table without kinds: a reader against the same reading is a perturbed mask, not a second reading.
    unnamed = agreement.drop(columns="pair")
    joined = join_pairs(features, unnamed, Rows(variant="v0.2"), SETTINGS)
    assert set(joined.pairs["pair"]) == {"inter"}
    # And one that calls it a second reading is not believed.
    wrong = agreement.replace({"pair": {"perturbed": "intra"}})
    joined = join_pairs(features, wrong, Rows(variant="v0.2"), SETTINGS)
    assert set(joined.pairs["pair"]) == {"inter"}
    assert set(joined.left_out["reason"]) == {"both masks have the same row in the feature table"}


def test_a_missing_variant_is_left_out_with_its_name() -> None:
    features, agreement = with_perturbed()
    fewer = features[features["variant"] != "v0.2"]
    joined = join_pairs(fewer, agreement, Rows(), BOTH)
    assert len(joined.left_out) == 120
    assert set(joined.left_out["variant"]) == {"v0.2"}
    with pytest.raises(InputError, match="no pair of the kind perturbed"):
        needed_agreement(features, agreement[agreement["pair"] == "inter"], settings=BOTH)
