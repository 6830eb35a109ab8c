"""A cohort with one variant of each scan is a cohort like any other."""

from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.agreement.cohort import compare_cohort
from nbradiomics.cohort import load_cohort
from nbradiomics.cohort.variants import as_originals, base_rows, require_one_variant
from nbradiomics.errors import InputError
from nbradiomics.perturbation.cohort import perturb_cohort
from tests.support.helpers import two_readers


def test_the_only_variant_of_a_scan_is_its_base() -> None:
    rows = [("a", "n4"), ("a", "n4"), ("b", "original"), ("b", "v0.1"), ("c", "v0.1"), ("c", "v0.2")]
    table = pd.DataFrame(rows, columns=["subject", "variant"]).assign(timepoint="t", sequence="s")
    assert base_rows(table).tolist() == [True, True, True, False, False, False]


def test_several_variants_of_a_scan_are_refused(tmp_path: Path) -> None:
    cohort = load_cohort(two_readers(tmp_path, 2))
    variant = ["n4" if subject == "s0" else "original" for subject in cohort.table["subject"]]
    mixed = cohort.table.assign(variant=variant)
    with pytest.raises(InputError, match=r"in several variants.*n4 1, original 1; a test needs images"):
        require_one_variant(mixed[["subject", "timepoint", "sequence", "variant"]], tmp_path, "a test")
    both = pd.concat([cohort.table, mixed]).drop_duplicates()
    with pytest.raises(InputError, match=r"several variants \(n4\).*a test needs one variant"):
        require_one_variant(both, tmp_path, "a test")


def test_a_prepared_cohort_is_compared_and_perturbed(tmp_path: Path) -> None:
    cohort = load_cohort(two_readers(tmp_path, 2))
    prepared = load_cohort(cohort.table.assign(variant="n4+zscore"))
    done = compare_cohort(prepared)
    assert done.notes == []
    assert set(done.table["variant"]) == {"n4+zscore"}
    plain = compare_cohort(cohort).table
    pd.testing.assert_frame_equal(done.table.assign(variant="original"), plain)
    made = perturb_cohort(prepared, out=tmp_path / "variants", chain="V", reader="A")
    again = perturb_cohort(cohort, out=tmp_path / "variants", chain="V", reader="A")
    pd.testing.assert_frame_equal(made.table, again.table)
    assert set(as_originals(prepared, "a test").table["variant"]) == {"original"}
