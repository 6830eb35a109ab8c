"""A cohort's variants: the same with any number of processes, continued, with failures of their own."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.agreement.cohort import compare_cohort
from nbradiomics.cohort import load_cohort
from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import Workspace
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.perturbation import read_chain
from nbradiomics.perturbation.cohort import PerturbedCohort, perturb_cohort
from tests.support.helpers import array, ball, make_image, two_readers, write_cohort, write_scan

CHAIN = "rotation: [0, 10]\nvolume: [-0.1, 0.15]\nnoise: 1\ncontour: 1\n"


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort")
    rows = []
    for number in range(2):
        masks = {"A": ball((12, 28, 28), 5), "B": ball((12, 28, 28), 5, shift=1)}
        files = write_scan(folder, f"s{number}", masks, seed=number)
        rows += [f"s{number},{files['image']},{reader},{files[reader]}" for reader in ("A", "B")]
    (folder / "chain.yaml").write_text(CHAIN, encoding="utf-8")
    return write_cohort(folder, rows)


def perturbed(cohort: Path, out: Path, **options: object) -> PerturbedCohort:
    return perturb_cohort(cohort, out=out, chain=str(cohort.parent / "chain.yaml"), **options)  # type: ignore[arg-type]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*.nii.gz"))}


def test_a_seed_gives_the_same_bytes_with_any_number_of_processes(cohort: Path, tmp_path: Path) -> None:
    one = perturbed(cohort, tmp_path / "one", seed=3)
    two = perturbed(cohort, tmp_path / "two", seed=3, jobs=2)
    pd.testing.assert_frame_equal(one.table, two.table)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    reversed_rows = load_cohort(load_cohort(cohort).to_frame().iloc[::-1])
    perturbed_again = perturb_cohort(
        reversed_rows, out=tmp_path / "back", chain=str(cohort.parent / "chain.yaml"), seed=3
    )
    assert len(perturbed_again.table) == len(one.table)
    assert contents(tmp_path / "back") == contents(tmp_path / "one")
    other = perturbed(cohort, tmp_path / "other", seed=4)
    assert contents(tmp_path / "other").keys() == contents(tmp_path / "one").keys()
    assert not set(contents(tmp_path / "other").values()) & set(contents(tmp_path / "one").values())
    assert (other.table["seed"] == 4).all()


def test_the_tables_say_what_was_done(cohort: Path, tmp_path: Path) -> None:
    done = perturbed(cohort, tmp_path / "out")
    assert len(done.table) == 2 * 2 * 4
    assert done.table["noise_sd"].between(18, 22).all()  # the images are noise of 20
    voxel = 0.001 / done.table["original_ml"]
    assert ((done.table["volume_reached"] - done.table["volume"]).abs() <= voxel).all()
    assert done.table["dice"].between(0.5, 0.99).all()
    written = load_cohort(done.cohort.write(tmp_path / "out" / "cohort.csv").path)
    assert written.table["variant"].nunique() == 5
    assert len(written.scans()) == 2 * 5
    assert len(written.cases()) == 4 * 5
    for case in written.cases():
        assert array(case.masks[0].path).shape == array(case.scan.image).shape


def test_features_and_agreement_keep_the_variants_apart(cohort: Path, tmp_path: Path) -> None:
    done = perturbed(cohort, tmp_path / "out")
    params = {"featureClass": {"firstorder": ["Mean"], "shape": ["MeshVolume"]}}
    features = extract_cohort(done.cohort, params=params)
    assert features.failures == []
    assert not features.table.duplicated(["subject", "reader", "variant"]).any()
    grown = features.table.set_index(["subject", "reader", "variant"])["original_shape_MeshVolume"]
    names = sorted(set(features.table["variant"]) - {"original"})
    assert grown["s0", "A", names[0]] != grown["s0", "A", "original"]
    agreement = compare_cohort(done.cohort)
    assert len(agreement.table) == 2 * 2 * 5
    assert not agreement.table.duplicated(["subject", "reader", "variant"]).any()


def test_written_variants_are_those_that_an_extraction_makes(cohort: Path, tmp_path: Path) -> None:
    chain = tmp_path / "chain.yaml"
    chain.write_text("rotation: [0, 10]\nvolume: [0, 0.15]\nnoise: 1\ncontour: 1\n", encoding="utf-8")
    written = perturb_cohort(cohort, out=tmp_path / "out", chain=str(chain), seed=7).cohort
    params = {"featureClass": {"firstorder": ["Mean", "Energy"], "shape": ["MeshVolume"]}}
    expected = extract_cohort(written, params=params).table
    found = extract_cohort(cohort, params=params, variants=read_chain(chain), seed=7).table
    key = ["subject", "reader", "variant"]
    expected, found = (table.set_index(key).sort_index() for table in (expected, found))
    names = [name for name in expected if name.startswith("original_")]
    turned = np.array(["r10" in variant for *_, variant in expected.index])
    assert turned.sum() == 8
    pd.testing.assert_frame_equal(found[names][~turned], expected[names][~turned], check_exact=True)
    # A rotated image is written in single precision by ITK, and made in double precision in memory.
    np.testing.assert_allclose(found[names][turned], expected[names][turned], rtol=1e-4)


def test_a_second_call_continues(cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Workspace(tmp_path / "work")
    first = perturbed(cohort, tmp_path / "out", workspace=work)
    files = contents(tmp_path / "out")
    lost = next((tmp_path / "out" / "masks").iterdir())
    lost.unlink()
    made = []
    from nbradiomics.perturbation import one_image

    monkeypatch.setattr(one_image, "read_image", lambda path: made.append(path) or sitk.ReadImage(str(path)))
    again = perturbed(cohort, tmp_path / "out", workspace=work)
    assert len(made) == 1  # only the scan and image part whose mask was lost
    pd.testing.assert_frame_equal(first.table, again.table)
    assert contents(tmp_path / "out") == files


def test_one_bad_mask_is_a_failure_and_the_others_are_made(tmp_path: Path) -> None:
    table = two_readers(tmp_path, 2)
    sitk.WriteImage(make_image(np.zeros((10, 12, 14), np.uint8)), str(tmp_path / "s1_B.nii.gz"))
    (tmp_path / "chain.yaml").write_text("volume: [0.1, 0.2]\n", encoding="utf-8")
    done = perturbed(table, tmp_path / "out")
    assert [failure.case.rsplit("/", 1)[1] for failure in done.failures] == ["v0.1", "v0.2"]
    assert all("empty" in failure.cause for failure in done.failures)
    assert len(done.table) == 6
    assert len(done.cohort.table) == 4 + 6
    assert not (tmp_path / "out" / "images").exists()  # growth changes no image


def test_only_one_reader_s_masks_on_request(cohort: Path, tmp_path: Path) -> None:
    done = perturbed(cohort, tmp_path / "out", reader="B")
    assert set(done.table["reader"]) == {"B"}
    with pytest.raises(InputError, match=r"no reader 'C'.*A, B"):
        perturbed(cohort, tmp_path / "out", reader="C")


def test_variants_are_not_perturbed_again(cohort: Path, tmp_path: Path) -> None:
    done = perturbed(cohort, tmp_path / "out")
    with pytest.raises(InputError, match="needs one variant of each scan"):
        perturb_cohort(done.cohort, out=tmp_path / "b", chain="V")
