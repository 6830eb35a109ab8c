"""Subjects without the region of a model are named, with the reason."""

import numpy as np
import pandas as pd

from nbradiomics.clinical import Endpoint
from nbradiomics.outcome.prepared import prepare
from nbradiomics.outcome.settings import OutcomeSettings, Predictors
from nbradiomics.outcome.without_region import without_region
from nbradiomics.tables.rows import RowsOfReader


def table(subjects: int = 40) -> pd.DataFrame:
    """Features of the tumours, and of the habitat that the first two lack."""
    rng = np.random.default_rng(0)
    rows = [(f"s{n:02}", roi) for n in range(subjects) for roi in ("tumour", "habitat-2")]
    rows = [row for row in rows if row not in (("s00", "habitat-2"), ("s01", "habitat-2"))]
    found = pd.DataFrame(rows, columns=["subject", "roi"])
    return found.assign(original_firstorder_Mean=rng.normal(0, 1, len(found)))


def test_a_tumour_without_the_habitat_is_excluded_with_its_reason():
    rng = np.random.default_rng(1)
    features = table()
    subjects = sorted(set(features["subject"]))
    clinical = pd.DataFrame({"subject": subjects, "t": rng.uniform(1, 9, 40), "e": 1})
    prepared = prepare(
        features,
        clinical,
        Endpoint(time="t", event="e"),
        Predictors(),
        RowsOfReader(roi="habitat-2"),
        None,
        OutcomeSettings(),
        folds=2,
    )
    reasons = prepared.data.excluded.set_index("subject")["reason"].to_dict()
    assert reasons == dict.fromkeys(["s00", "s01"], "no features of habitat-2, though of other regions")
    assert any("2 subjects (s00, s01) have no features of habitat-2" in line for line in prepared.sentences)


def test_other_regions_are_named_without_the_sentence_on_habitats():
    features = table().replace({"habitat-2": "lesion-b"})
    chosen = features[features["roi"] == "lesion-b"]
    reasons, (sentence,) = without_region(features, chosen, {"roi": "lesion-b"})
    assert set(reasons) == {"s00", "s01"}
    assert "finding" not in sentence
    assert without_region(features, features, {"roi": None}) == ({}, [])
    assert without_region(features, features[features["roi"] == "tumour"], {"roi": "tumour"}) == ({}, [])


def test_a_missing_scan_or_map_is_no_tumour_without_the_habitat():
    first = pd.concat([table(), table().replace({"habitat-2": "habitat-1"}).query("roi == 'habitat-1'")])
    first = first[~((first["subject"] == "s02") | ((first["subject"] == "s03") & (first["roi"] != "tumour")))]
    first = pd.concat([first, pd.DataFrame({"subject": ["s00"], "roi": ["habitat-1"]})])
    later = table().query("subject == 's02'")
    features = pd.concat([first.assign(timepoint="first"), later.assign(timepoint="later")])
    chosen = features.query("timepoint == 'first' and roi == 'habitat-2'")
    reasons, told = without_region(features, chosen, {"timepoint": "first", "roi": "habitat-2"})
    missing = "no features of habitat-2, though of other regions"
    elsewhere = "no features of timepoint first, though in other rows"
    assert reasons == {"s00": missing, "s01": missing, "s02": elsewhere, "s03": missing}
    assert "3 subjects (s00, s01, s03)" in told[0]
    assert "is a finding" in told[0]
    assert told[0].endswith("2 subjects of them could not be divided into habitats.")
    assert told[1].startswith("1 subject (s02) has no features of timepoint first")
    assert "finding" not in told[1]
