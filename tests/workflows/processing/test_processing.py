"""The processing study: planted agreement, trivial results named, training subjects left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.features.processing import load_grid
from nbradiomics.report.processing_page import answer
from nbradiomics.reproducibility.processing.schema import PROCESSING, PROCESSING_CLASSES
from nbradiomics.reproducibility.processing.settings import ProcessingSettings
from nbradiomics.reproducibility.settings import StabilitySettings
from nbradiomics.reproducibility.statistics.table import statistics
from nbradiomics.workflows.processing.comparison import compare_processing, count_classes
from nbradiomics.workflows.processing.run import study_processing
from tests.support.helpers import ball, call, write_cohort, write_scan

REFERENCE = {
    "setting": {"binWidth": 10},
    "imageType": {"Original": {}, "LoG": {"sigma": [1.0]}},
    "featureClass": {"shape": ["MeshVolume"], "firstorder": ["Mean", "Energy"], "glcm": ["Contrast"]},
}
GRID = {
    "reference": REFERENCE,
    "alterations": {
        "bins": {"setting": {"binWidth": 20}},
        "sigma": {"imageType": {"LoG": {"sigma": [2.0]}}},
        "rim": {"mask_mm": 1},
    },
}


def cohort_of(folder: Path, subjects: int = 5, readers: str = "A") -> Path:
    rows = []
    for number in range(subjects):
        masks = {reader: ball(radius=2.5 + 0.3 * number) for reader in readers}
        files = write_scan(folder, f"s{number}", masks, seed=number)
        rows += [f"s{number},{files['image']},{reader},{files[reader]}" for reader in readers]
    return write_cohort(folder, rows)


def features_of(values: dict[str, np.ndarray]) -> pd.DataFrame:
    """Feature table with one feature, by the values of each variant."""
    frames = [
        pd.DataFrame(
            {"subject": [f"s{n}" for n in range(len(one))], "variant": name, "original_glcm_Contrast": one}
        )
        for name, one in values.items()
    ]
    return pd.concat(frames, ignore_index=True)


def one_feature(**alterations) -> object:
    reference = {"featureClass": {"glcm": ["Contrast"]}}
    return load_grid(
        {
            "reference": reference,
            "alterations": {name: {"mask_mm": n + 1} for n, name in enumerate(alterations)},
        }
    )


def test_ccc_bias_and_reasons_of_planted_values():
    rng = np.random.default_rng(0)
    before = rng.normal(50, 10, 40)
    after = {
        "same": before.copy(),
        "close": before + rng.normal(0, 1, 40),
        "shifted": before + 20,
        "noise": rng.normal(50, 10, 40),
        "few": np.where(np.arange(40) < 6, before + rng.normal(0, 0.1, 40), np.nan),
    }
    table = compare_processing(
        features_of({"original": before, **after}), one_feature(**after), ProcessingSettings()
    ).set_index("alteration")
    assert table["stable"].to_dict() == {
        "same": True,
        "close": True,
        "shifted": False,
        "noise": False,
        "few": False,
    }
    assert table["unchanged"].to_dict() == {
        "same": True,
        "close": False,
        "shifted": False,
        "noise": False,
        "few": False,
    }
    # Lin 1989: the variances of the biased estimator.
    expected = 2 * np.var(before) / (2 * np.var(before) + 20**2)
    assert table.loc["shifted", "ccc"] == pytest.approx(expected)
    assert table.loc["shifted", "bias"] == pytest.approx(20)
    assert table.loc["shifted", "reason"] == f"CCC {expected:.2f} below 0.9"
    assert table.loc["few", "reason"] == "6 subjects with a value by both pipelines; 10 are needed"
    ratings = np.stack([after["close"], before], axis=1)[np.newaxis]
    found = statistics(ratings, "A,1", StabilitySettings())
    assert table.loc["close", ["ccc_low", "wcv"]].tolist() == [found["ccc_low"][0], found["wcv"][0]]


def test_identical_values_agree_exactly():
    """The sums of these values round so that their agreement is not quite 1, and its interval anything."""
    rng = np.random.default_rng(1)
    many = {f"a{number}": 10.0 ** rng.normal(2, 1, 12) for number in range(40)}
    for values in many.values():
        table = compare_processing(
            features_of({"original": values, "a": values}), one_feature(a=1), ProcessingSettings()
        )
        assert table[["ccc", "ccc_low", "ccc_high"]].iloc[0].tolist() == [1, 1, 1]


def test_a_feature_that_does_not_vary_is_undefined_and_not_stable():
    flat = np.full(20, 3.0)
    table = compare_processing(
        features_of({"original": flat, "a": flat}), one_feature(a=1), ProcessingSettings()
    )
    assert table[["stable", "unchanged"]].iloc[0].tolist() == [False, True]
    assert table["reason"].iloc[0] == "undefined: the values do not differ between subjects"
    (counts,) = count_classes(table, ProcessingSettings()).query("feature_class == 'all'").to_dict("records")
    assert (counts["features"], counts["stable"], counts["undefined"], counts["changed_stable"]) == (
        1,
        0,
        1,
        0,
    )


def said_of(**alterations: np.ndarray) -> list[str]:
    """Answer in words about one feature; `original` is the reference."""
    altered = {name: values for name, values in alterations.items() if name != "original"}
    table = compare_processing(features_of(alterations), one_feature(**altered), ProcessingSettings())
    return answer(table, count_classes(table, ProcessingSettings()), 0.9)


def test_too_few_subjects_are_not_an_answer():
    before = np.arange(5.0)
    (said,) = said_of(original=before, a=before + 0.01, b=before)
    assert said.startswith("None of 1 feature was judged against 2 alterations: at most 5 subjects with a")
    assert said.endswith("10 are needed.")
    table = compare_processing(
        features_of({"original": before, "a": before}), one_feature(a=1), ProcessingSettings()
    )
    counts = count_classes(table, ProcessingSettings()).iloc[0]
    assert counts[["features", "not_judged", "changed", "stable"]].tolist() == [1, 1, 0, 0]


def test_features_that_were_never_put_to_the_test_are_named():
    before = np.arange(12.0)
    assert "Of these, 1 have the same values in every alteration" in said_of(original=before, a=before)[1]
    said = said_of(original=before, a=before, b=before + 0.01)
    assert said[0].startswith("1 of 1 feature are stable against all of 2 alterations")
    assert not any("every alteration" in text for text in said)
    # Features with too few values count neither as changed nor as stable.
    few = np.where(np.arange(12) < 4, before, np.nan)
    said = said_of(original=before, a=few, b=before - 20)
    assert any("'b' changes most: of 1 feature that it touches, 0 stay stable" in text for text in said)
    assert not any("changes least" in text for text in said)


def test_subjects_in_another_order_are_matched_by_name():
    before = np.arange(12.0)
    table = features_of({"original": before, "a": before})
    mixed = pd.concat([table[:12], table[12:].sample(frac=1, random_state=0)], ignore_index=True)
    found = compare_processing(mixed, one_feature(a=1), ProcessingSettings())
    assert found["ccc"].iloc[0] == pytest.approx(1)


def test_several_rows_of_a_subject_are_refused():
    twice = pd.concat([features_of({"original": np.arange(3.0), "a": np.arange(3.0)})] * 2)
    with pytest.raises(AmbiguousError, match="3 subject"):
        compare_processing(twice, one_feature(a=1), ProcessingSettings())


def test_the_study_from_images(tmp_path: Path):
    cohort = cohort_of(tmp_path)
    done = study_processing(cohort, GRID, tmp_path / "out", min_subjects=3)
    table = PROCESSING.read(tmp_path / "out" / "processing.csv")
    pd.testing.assert_frame_equal(table, done.table)
    pd.testing.assert_frame_equal(
        PROCESSING_CLASSES.read(tmp_path / "out" / "processing_classes.csv"), done.classes
    )
    by = table.set_index(["alteration", "feature"])
    assert by.loc[("bins", "original_shape_MeshVolume"), "unchanged"]
    assert by.loc[("bins", "original_glcm_Contrast"), "subjects"] == 5
    assert (
        by.loc[("sigma", "log-sigma-1-0-mm-3D_firstorder_Mean"), "reason"]
        == "only the reference has this feature"
    )
    assert not by.loc["sigma"]["comparable"].filter(like="log").any()
    assert not [name for name in by.loc["bins"].index if name.startswith("log-sigma-2")]
    assert by.loc[("rim", "original_shape_MeshVolume"), "bias"] > 0
    plain = extract_cohort(cohort, params=REFERENCE).table
    reference = done.features[done.features["variant"] == "original"].reset_index(drop=True)
    pd.testing.assert_frame_equal(reference[plain.columns], plain, check_exact=True)
    page = done.report.read_text(encoding="utf-8")
    assert done.sentences[0] in page.replace("&#39;", "'")
    assert "are stable against all of 3 alterations" in done.sentences[0]
    assert any(text.startswith("Nothing could be learned from 'sigma':") for text in done.sentences)


def test_masks_of_training_subjects_are_left_out(tmp_path: Path):
    cohort = cohort_of(tmp_path, readers="A")
    table = pd.read_csv(cohort).assign(reader="auto", in_training=["yes", "no", "no", "no", "no"])
    table.to_csv(cohort, index=False)
    done = study_processing(cohort, GRID, tmp_path / "out")
    assert sorted(set(done.features["subject"])) == ["s1", "s2", "s3", "s4"]
    assert done.notes[0].startswith("1 of 5 subjects is left out, because the model was trained on")
    assert "s0" in done.notes[0]
    table.assign(in_training="yes").to_csv(cohort, index=False)
    with pytest.raises(InputError, match="trained on every subject"):
        study_processing(cohort, GRID, tmp_path / "other")


def test_a_cohort_with_variants_is_refused_for_what_it_is(tmp_path: Path):
    cohort = cohort_of(tmp_path, subjects=2, readers="AB")
    table = pd.read_csv(cohort)
    pd.concat([table, table.assign(variant="v0.1", image="other.nii.gz")]).to_csv(cohort, index=False)
    with pytest.raises(
        InputError, match=r"variants \(v0.1\).*a processing study needs one variant of each scan"
    ):
        study_processing(cohort, GRID, tmp_path / "out")


def test_several_readers_need_a_choice_before_work(tmp_path: Path):
    cohort = cohort_of(tmp_path, subjects=2, readers="AB")
    with pytest.raises(AmbiguousError, match="several values of reader"):
        study_processing(cohort, GRID, tmp_path / "out")
    done = study_processing(cohort, GRID, tmp_path / "out", reader="B")
    assert set(done.features["reader"]) == {"B"}
    assert not done.table["stable"].any()


def test_the_command_and_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    cohort, out, grid = cohort_of(tmp_path), tmp_path / "out", tmp_path / "grid.yaml"
    grid.write_text(
        "reference: {featureClass: {firstorder: [Mean]}}\nalterations:\n  rim: {mask_mm: [1, -9]}\n",
        encoding="utf-8",
    )
    assert call("processing", cohort, "--grid", grid, "--out", out, "--min-subjects", 4) == 0
    said = capsys.readouterr()
    assert "rim -9" in said.out
    assert "vanishes when it is eroded by 9 mm" in said.out.replace("\n", " ")
    assert pd.read_csv(out / "failures.csv")["case"].tolist()[0].endswith("rim -9")
    assert call("processing", cohort, "--grid", grid, "--out", out, "--threshold", 2) == 1
    assert "less than or equal to 1" in capsys.readouterr().err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x", encoding="utf-8")
    assert call("processing", cohort, "--grid", grid, "--out", tmp_path / "full") == 1
    grid.write_text("reference: t2w_mr_1mm\nalterations:\n  rim: {mask_mm: 0}\n", encoding="utf-8")
    assert call("processing", cohort, "--grid", grid, "--out", tmp_path / "new") == 1
    assert "equals the reference" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_extract_with_variants(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    cohort, out = cohort_of(tmp_path, subjects=1), tmp_path / "f.csv"
    (tmp_path / "params.yaml").write_text("featureClass: {firstorder: [Mean]}\n", encoding="utf-8")
    chain = tmp_path / "chain.yaml"
    chain.write_text("rotation: [-5, 5]\nvolume: [0.2]\n", encoding="utf-8")
    given = ("extract", cohort, "--params", tmp_path / "params.yaml", "--out", out)
    assert call(*given, "--perturb", chain, "--seed", 3) == 0
    assert pd.read_csv(out)["variant"].tolist() == ["original", "r-5_v0.2", "r5_v0.2"]
    assert call(*given, "--perturb", "XY") == 1
    assert "is not a chain" in capsys.readouterr().err
