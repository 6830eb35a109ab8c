"""Perturbed masks against their originals: written or made in memory, and what is not compared."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.agreement.cohort import compare_cohort
from nbradiomics.agreement.perturbed_cohort import compare_with_variants
from nbradiomics.agreement.schema import AGREEMENT
from nbradiomics.cohort import load_cohort
from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import Workspace
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.perturbation import Variant, read_chain
from nbradiomics.perturbation.cohort import perturb_cohort
from nbradiomics.tables import INDEX
from tests.support.helpers import call, two_readers, write_cohort

#: The smallest mask has 82 voxels: a random contour needs 100.
MASK_ONLY = "volume: [0.3, 0.5]\ncontour: 1\n"
KEYS = ["subject", "variant", "reader"]


def chain_file(folder: Path, text: str) -> Path:
    file = folder / "chain.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def perturbed(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["pair"] == "perturbed"].sort_values(KEYS).reset_index(drop=True)


def test_variants_in_memory_are_those_that_are_written(tmp_path: Path) -> None:
    cohort, chain = two_readers(tmp_path, 2), chain_file(tmp_path, MASK_ONLY)
    done = perturb_cohort(cohort, out=tmp_path / "out", chain=str(chain), seed=4)
    written, variants = compare_cohort(done.cohort), read_chain(str(chain), 4)
    assert {variant.name for variant in variants} == {"v0.3_c1", "v0.5_c1"}
    made = compare_with_variants(cohort, variants, seed=4)
    assert written.failures == made.failures == []
    assert written.notes == made.notes == []
    pd.testing.assert_frame_equal(perturbed(written.table), perturbed(made.table))
    assert len(perturbed(made.table)) == 8
    # The command `perturb` wrote the same Dice.
    dice = done.table.sort_values(KEYS)["dice"].tolist()
    assert perturbed(made.table)["dice"].tolist() == pytest.approx(dice)
    # Another seed draws other contours.
    other = compare_with_variants(cohort, variants, seed=5).table
    assert perturbed(other)["dice"].tolist() != pytest.approx(dice)
    # An extraction measures these masks.
    params = {"imageType": {"Original": {}}, "featureClass": {"shape": ["VoxelVolume"]}}
    tables = [
        extract_cohort(done.cohort, params=params).table,
        extract_cohort(cohort, params=params, variants=variants, seed=4).table,
    ]
    one, other = (table.set_index(list(INDEX)).sort_index() for table in tables)
    pd.testing.assert_frame_equal(one, other)


def test_a_row_says_that_the_original_is_the_reference(tmp_path: Path) -> None:
    cohort = two_readers(tmp_path, 1)
    table = compare_with_variants(cohort, [Variant(volume=0.3)]).table
    assert list(table.columns) == AGREEMENT.names
    assert table["pair"].tolist() == ["inter", "inter", "perturbed", "perturbed"]
    for row in perturbed(table).to_dict("records"):
        assert row["variant"] == "v0.3"
        assert row["reader"] == row["reference"]
        assert row["volume_difference_ml"] / row["reference_ml"] == pytest.approx(0.3, abs=0.05)


def test_a_single_reader_has_perturbed_pairs(tmp_path: Path) -> None:
    two_readers(tmp_path, 1)
    cohort = load_cohort(tmp_path / "cohort.csv").without_reader("B")
    with pytest.raises(InputError, match="two masks to compare"):
        compare_cohort(cohort)
    assert set(compare_with_variants(cohort, read_chain("V", 0)).table["pair"]) == {"perturbed"}
    with pytest.raises(InputError, match="has no reader 'B'"):
        compare_with_variants(cohort, read_chain("V", 0), reference="B")


@pytest.mark.parametrize("change", [{"rotation": 5.0}, {"translation": (0.5, 0.0, 0.0)}, {"noise": 1}])
def test_a_variant_that_changes_the_image_is_left_out_with_a_reason(
    tmp_path: Path, change: dict[str, object]
) -> None:
    cohort = two_readers(tmp_path, 1)
    image = Variant(volume=0.1).changed(**change)
    made = compare_with_variants(cohort, [Variant(volume=0.1), image])
    assert set(perturbed(made.table)["variant"]) == {"v0.1"}
    text = "2 perturbed masks are not compared with an original: the image differs from the original"
    assert made.notes == [f"{text} ({image.name})."]
    with pytest.raises(InputError, match="no variant changes the mask alone"):
        compare_with_variants(cohort, [image])


def test_written_variants_of_the_image_are_compared_with_each_other_alone(tmp_path: Path) -> None:
    cohort, chain = two_readers(tmp_path, 1), chain_file(tmp_path, "rotation: [0, 5]\nvolume: [0, 0.2]\n")
    done = perturb_cohort(cohort, out=tmp_path / "out", chain=str(chain))
    found = compare_cohort(done.cohort)
    assert set(perturbed(found.table)["variant"]) == {"v0.2"}
    pairs = found.table[found.table["pair"] == "inter"].groupby("variant").size()
    assert pairs.to_dict() == {"original": 2, "r5": 2, "r5_v0.2": 2, "v0.2": 2}
    text = "4 perturbed masks are not compared with an original: the image differs from the original"
    assert found.notes == [f"{text} (r5, r5_v0.2)."]


def test_a_mask_on_another_grid_is_never_resampled(tmp_path: Path) -> None:
    two_readers(tmp_path, 1)
    mask = sitk.ReadImage(str(tmp_path / "s0_A.nii.gz"))
    mask.SetOrigin((0.5, 0.0, 0.0))
    sitk.WriteImage(mask, str(tmp_path / "moved.nii.gz"))
    rows = ["s0,s0.nii.gz,A,s0_A.nii.gz,", "s0,s0.nii.gz,A,moved.nii.gz,moved"]
    rows += ["s0,s0.nii.gz,B,s0_B.nii.gz,moved"]
    found = compare_cohort(write_cohort(tmp_path, rows, "subject,image,reader,mask,variant"))
    (failure,) = [one for one in found.failures if one.case.endswith("original")]
    assert "grid" in failure.cause
    assert perturbed(found.table)["dice"].isna().all()
    assert "there is no original mask of the same reader and reading (moved)" in found.notes[0]


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    cohort = two_readers(tmp_path, 1)
    with pytest.raises(InputError, match="simulated readers"):
        compare_with_variants(cohort, [Variant(reader=1)])
    done = perturb_cohort(cohort, out=tmp_path / "out", chain=str(chain_file(tmp_path, "volume: [0.1]\n")))
    with pytest.raises(InputError, match="a comparison with variants needs one variant of each scan"):
        compare_with_variants(done.cohort, [Variant(volume=0.1)])


def test_stored_results_are_used_again(tmp_path: Path) -> None:
    cohort, workspace = two_readers(tmp_path, 1), Workspace(tmp_path / "work")
    variants = [Variant(volume=0.1), Variant(contour=1)]
    first = compare_with_variants(cohort, variants, workspace=workspace)
    again = compare_with_variants(cohort, variants, workspace=workspace, jobs=2)
    pd.testing.assert_frame_equal(first.table, again.table)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cohort, out = two_readers(tmp_path, 1), tmp_path / "agreement.csv"
    chain = chain_file(tmp_path, "volume: [0, 0.2]\nnoise: 1\n")
    assert call("compare", cohort, "--perturb", chain, "--out", out, "--jobs", 1) != 0
    assert "no variant changes the mask alone" in "".join(capsys.readouterr()).replace("\n", " ")
    assert call("compare", cohort, "--perturb", "V", "--reference", "A", "--out", out, "--jobs", 1) == 0
    table = pd.read_csv(out)
    assert table["pair"].value_counts().to_dict() == {"perturbed": 30, "inter": 1}
    assert set(table["reference"]) == {"A"}
