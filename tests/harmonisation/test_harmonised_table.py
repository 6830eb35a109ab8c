"""A written harmonised table: who fitted it, what is harmonised together, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.cohort.fitting_subjects import FittingSubjects
from nbradiomics.errors import InputError
from nbradiomics.harmonisation.harmonised_table import harmonise_table
from nbradiomics.harmonisation.settings import Harmonise

SITE = Harmonise(batch="site")
CROSS = FittingSubjects(fit_folds=3)
NAMES = [f"original_firstorder_F{number}" for number in range(6)]


def tables(subjects: int = 60, readers: tuple[str, ...] = ("A",)) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    site = np.resize(["north", "south"], subjects)
    values = rng.normal(size=(subjects, len(NAMES))) + 4.0 * (site == "south")[:, None]
    names = [f"s{number:02}" for number in range(subjects)]
    rows = pd.DataFrame(values, columns=NAMES).assign(subject=names, original_shape_MeshVolume=values[:, 0])
    parts = [rows.assign(reader=reader, reading=1, roi="tumour") for reader in readers]
    return pd.concat(parts, ignore_index=True), pd.DataFrame({"subject": names, "site": site})


def gap(table: pd.DataFrame, clinical: pd.DataFrame) -> float:
    site = table["subject"].map(clinical.set_index("subject")["site"])
    return float(np.ptp(table.groupby(site)[NAMES].mean().mean(axis=1)))


def test_cross_fitting_marks_nobody_and_no_subject_moves_its_own_values() -> None:
    features, clinical = tables()
    found = harmonise_table(features, clinical, SITE, CROSS)
    assert gap(features, clinical) > 3 > 0.3 > gap(found.table, clinical)
    assert set(found.table["in_fit"]) == {"no"}
    assert list(found.table)[: features.shape[1]] == list(features)
    # Shape stays, and so does everything that is no feature.
    kept = ["subject", "reader", "original_shape_MeshVolume"]
    pd.testing.assert_frame_equal(found.table[kept], features[kept])
    assert set(found.batches["fit"]) == {"fold-1", "fold-2", "fold-3"}
    # A subject's own features change nothing that is applied to it or to its fold.
    changed = features.copy()
    changed.loc[7, NAMES] = 1e3
    other = harmonise_table(changed, clinical, SITE, CROSS)
    fold_of_7 = _same_fold(found.table, other.table)
    assert "s07" not in fold_of_7
    assert len(fold_of_7) == 19


def _same_fold(one: pd.DataFrame, other: pd.DataFrame) -> set[str]:
    """Subjects whose values stay: those of the fold of the changed subject."""
    same = np.isclose(one[NAMES], other[NAMES], rtol=1e-12).all(axis=1)
    return set(one.loc[same, "subject"])


def test_named_subjects_fit_and_are_marked() -> None:
    features, clinical = tables()
    named = clinical["subject"].tolist()[:30]
    found = harmonise_table(features, clinical, SITE, FittingSubjects(fit_on=named))
    assert set(found.table.loc[found.table["in_fit"] == "yes", "subject"]) == set(named)
    assert "30 subjects (in_fit: yes)" in found.sentences[0]
    changed = features.copy()
    changed.loc[45:, NAMES] *= 100
    other = harmonise_table(changed, clinical, SITE, FittingSubjects(fit_on=named))
    np.testing.assert_array_equal(found.table.loc[:44, NAMES], other.table.loc[:44, NAMES])


def test_everybody_is_refused() -> None:
    features, clinical = tables()
    with pytest.raises(InputError, match="all 60 subjects would fit"):
        harmonise_table(features, clinical, SITE, FittingSubjects(fit_on=clinical["subject"].tolist()))
    named = clinical["subject"].tolist()
    earlier = features.assign(in_fit=["yes" if name in named[30:] else "no" for name in features["subject"]])
    with pytest.raises(InputError, match=r"applied to them or an earlier step \(in_fit\)"):
        harmonise_table(earlier, clinical, SITE, FittingSubjects(fit_on=named[:30]))


def test_regions_are_harmonised_apart_and_readers_together() -> None:
    features, clinical = tables(readers=("A", "B"))
    ring = features.assign(roi="ring-3mm", **{name: 1000 + 10 * features[name] for name in NAMES})
    both = harmonise_table(pd.concat([features, ring], ignore_index=True), clinical, SITE, CROSS)
    alone = harmonise_table(features, clinical, SITE, CROSS)
    np.testing.assert_allclose(both.table[NAMES].iloc[: len(features)], alone.table[NAMES])
    assert set(both.batches["context"]) == {"ring-3mm", "tumour"}
    assert both.batches["subjects"].sum() == 2 * 60


def test_an_unseen_site_follows_the_rule() -> None:
    features, clinical = tables()
    clinical.loc[55:, "site"] = "west"
    fitting = FittingSubjects(fit_on=clinical["subject"].tolist()[:40])
    with pytest.raises(InputError, match="'west' has no training subject"):
        harmonise_table(features, clinical, SITE, fitting)
    kept = harmonise_table(features, clinical, SITE.changed(unseen="keep"), fitting)
    np.testing.assert_array_equal(kept.table.loc[55:, NAMES], features.loc[55:, NAMES])
    assert kept.batches.set_index("batch").loc["west", "treatment"] == "kept"


def test_a_subject_without_a_site_is_refused_by_name() -> None:
    features, clinical = tables()
    with pytest.raises(InputError, match="site is missing in 1 subject: s59"):
        harmonise_table(features, clinical.iloc[:59], SITE, CROSS)
    with pytest.raises(InputError, match="subject 's00' is twice in the clinical table"):
        harmonise_table(features, pd.concat([clinical, clinical.iloc[:1]]), SITE, CROSS)


def test_different_parameters_are_no_sites() -> None:
    features, clinical = tables()
    hashes = np.where(clinical["site"] == clinical["site"].iloc[0], "p44136fa355b3678", "p0123456789abcde")
    mixed = harmonise_table(features.assign(parameters=hashes), clinical, SITE, CROSS)
    assert "made with 2 different parameters" in mixed.sentences[0]
