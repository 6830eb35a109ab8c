"""The synthetic cohort: equal seeds give equal files, and what was put in is found again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from hypothesis import given, settings, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.images.grid import require_same_grid
from nbradiomics.images.io import file_hash
from nbradiomics.synthetic import READERS, SCANNERS, Reader, draw_contour, make_case, make_cohort
from nbradiomics.synthetic.case import COHORT_NAMESPACE, EVALUATION_NAMESPACE, TRAINING_NAMESPACE, seed_of
from nbradiomics.synthetic.cohort import clinical_table, draw_subject, truth_table
from nbradiomics.synthetic.fields import Grid, largest_component, smooth_noise
from nbradiomics.synthetic.outcomes import LOG_HAZARD_RATIOS, STAGES, STANDARDS, covariates, draw_outcome
from nbradiomics.synthetic.readers import signed_distance
from nbradiomics.synthetic.tumour import VOLUME_RANGE, Tumour, draw_tumour
from nbradiomics.tables import read_table
from tests.support.helpers import array

NORTH, SOUTH = SCANNERS


def ball(radius: float, spacing: tuple[float, float, float]) -> sitk.Image:
    """Ball of `radius` mm; spacing in mm along x, y, z."""
    shape = tuple(int(2 * (radius + 8) / edge) for edge in spacing[::-1])
    inside = Grid(shape, spacing[::-1]).ellipsoid((0.3, -0.2, 0.1), (radius,) * 3) <= 1
    image = sitk.GetImageFromArray(inside.astype(np.uint8))
    image.SetSpacing(spacing)
    return image


def volume_ml(mask: sitk.Image) -> float:
    return float(array(mask).sum() * np.prod(mask.GetSpacing()) / 1000)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cohort(tmp_path_factory.mktemp("synthetic"), subjects=2, seed=7).parent


# --- one case ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("scanner", SCANNERS, ids=lambda scanner: scanner.site)
def test_equal_seeds_give_equal_cases_and_other_seeds_others(scanner):
    first, again, other = make_case(1, scanner), make_case(1, scanner), make_case(2, scanner)
    assert np.array_equal(array(first.image), array(again.image))
    assert np.array_equal(array(first.mask), array(again.mask))
    assert first.tumour == again.tumour
    assert not np.array_equal(array(first.image), array(other.image))


@pytest.mark.parametrize("scanner", SCANNERS, ids=lambda scanner: scanner.site)
def test_the_mask_has_the_volume_and_the_image_the_texture_that_were_asked_for(scanner):
    even = Tumour(90.0, heterogeneity=0.05, necrotic_fraction=0.0, signal=340.0, texture_mm=3.0, lobules=3)
    uneven = Tumour(90.0, heterogeneity=0.25, necrotic_fraction=0.0, signal=340.0, texture_mm=3.0, lobules=3)
    seen = []
    for tumour in (even, uneven):
        case = make_case(3, scanner, tumour=tumour)
        require_same_grid(case.image, case.mask, names=("image", "mask"))
        assert volume_ml(case.mask) == pytest.approx(90.0, rel=0.03)
        assert sitk.GetArrayFromImage(sitk.ConnectedComponent(case.mask)).max() == 1
        inside = array(case.image)[array(case.mask) > 0]
        seen.append(inside.std() / inside.mean())
    assert seen[1] > 1.5 * seen[0]


def test_necrosis_brightens_its_part_of_the_tumour():
    tumour = Tumour(90.0, heterogeneity=0.04, necrotic_fraction=0.3, signal=330.0, texture_mm=3.0, lobules=3)
    case = make_case(4, NORTH, tumour=tumour)
    inside = array(case.image)[array(case.mask) > 0].astype(float)
    # Viable tissue is the larger part, so that the median is its signal; necrosis is 1.45 times that.
    assert np.mean(inside > 1.22 * np.median(inside)) == pytest.approx(0.3, abs=0.1)


def test_images_lie_centred_with_identity_direction():
    case = make_case(5, SOUTH)
    assert case.image.GetSize() == SOUTH.size
    assert case.image.GetDirection() == (1, 0, 0, 0, 1, 0, 0, 0, 1)
    middle = case.image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in SOUTH.size])
    assert middle == pytest.approx((0, 0, 0), abs=1e-9)


def test_the_two_scanners_give_different_intensities_and_grids():
    pairs = [(make_case(seed, NORTH), make_case(seed, SOUTH)) for seed in range(4)]
    ratio = np.mean([array(b.image).mean() / array(a.image).mean() for a, b in pairs])
    assert ratio > 1.3
    assert pairs[0][0].image.GetSpacing() != pairs[0][1].image.GetSpacing()


@given(seed=st.integers(0, 2**32))
def test_tumours_stay_within_their_ranges(seed):
    tumour = draw_tumour(np.random.default_rng(seed))
    assert VOLUME_RANGE[0] <= tumour.volume_ml <= VOLUME_RANGE[1]
    assert 0.04 <= tumour.heterogeneity <= 0.26
    assert 0.0 <= tumour.necrotic_fraction <= 0.6


def test_smooth_noise_is_as_smooth_in_mm_on_every_grid():
    """Correlation of filtered white noise at lag d is exp(-d^2 / 4 L^2): 0.78 at d = L = 8 mm."""
    rng = np.random.default_rng(0)
    for spacing, lag in (((4.0, 2.0, 2.0), 4), ((4.0, 4.0, 4.0), 2)):
        field = smooth_noise(Grid((20, 60, 60), spacing), rng, length_mm=8.0)
        assert field.mean() == pytest.approx(0, abs=1e-9)
        assert field.std() == pytest.approx(1)
        found = np.corrcoef(field[:, :, lag:].ravel(), field[:, :, :-lag].ravel())[0, 1]
        assert found == pytest.approx(np.exp(-0.25), abs=0.07)


def test_largest_component_keeps_one_piece_and_an_empty_mask():
    mask = np.zeros((4, 4, 9), bool)
    mask[1, 1, :3], mask[1, 1, 5:] = True, True
    assert np.array_equal(np.flatnonzero(largest_component(mask)[1, 1]), [5, 6, 7, 8])
    assert not largest_component(np.zeros_like(mask)).any()


# --- readers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.0, 2.0, 4.0), (1.8, 1.8, 5.0)])
@pytest.mark.parametrize("bias", [-1.5, -0.5, 0.5, 1.5])
def test_a_ball_grows_by_the_readers_bias(bias, spacing):
    truth = ball(24.0, spacing)
    drawn = draw_contour(truth, Reader("X", bias, 0.0), 0)
    radius = (3 * volume_ml(drawn) * 1000 / (4 * np.pi)) ** (1 / 3)
    assert radius - 24.0 == pytest.approx(bias, abs=0.2 + 0.1 * abs(bias))


@pytest.mark.parametrize("scanner", SCANNERS, ids=lambda scanner: scanner.site)
def test_readers_of_the_cohort_err_by_about_their_bias(scanner):
    found: dict[str, list[float]] = {reader.name: [] for reader in READERS}
    shape = sitk.LabelShapeStatisticsImageFilter()
    for seed in range(5):
        truth = make_case(seed, scanner).mask
        shape.Execute(truth)
        for number, reader in enumerate(READERS):
            drawn = draw_contour(truth, reader, 10 * seed + number)
            require_same_grid(drawn, truth, names=("drawn", "true"))
            moved = (volume_ml(drawn) - volume_ml(truth)) * 1000 / shape.GetPerimeter(1)
            found[reader.name].append(moved)
    for reader in READERS:
        assert np.mean(found[reader.name]) == pytest.approx(reader.bias_mm, abs=0.2)


def test_the_random_error_has_the_stated_size():
    """Where a drawn ball's surface lies from the true one, over six drawings: root mean square."""
    truth = ball(24.0, (1.0, 1.0, 1.0))
    grid = Grid(array(truth).shape, (1.0, 1.0, 1.0))
    from_middle = grid.ellipsoid((0.3, -0.2, 0.1), (1, 1, 1))
    errors = []
    for seed in range(6):
        distance = signed_distance(array(draw_contour(truth, Reader("X", 0.0, 1.0), seed)) > 0, grid)
        near = np.abs(distance) < 0.8
        errors.append(np.mean((from_middle - distance - 24.0)[near] ** 2))
    assert np.sqrt(np.mean(errors)) == pytest.approx(1.0, abs=0.2)


def test_no_bias_and_no_error_leave_the_true_mask():
    truth = make_case(0, NORTH).mask
    drawn = draw_contour(truth, Reader("X", 0.0, 0.0), 0)
    same = (array(drawn) == array(truth))[array(truth) > 0]
    assert same.mean() > 0.97
    assert array(drawn).sum() == pytest.approx(array(truth).sum(), rel=0.01)


@settings(max_examples=25, deadline=None)
@given(st.floats(-1.5, 1.5), st.floats(0.0, 1.5), st.floats(0.0, 1.0), st.integers(0, 1000))
def test_a_larger_bias_never_removes_a_voxel(bias, more, error, seed):
    truth = ball(12.0, (2.0, 2.0, 4.0))
    smaller = array(draw_contour(truth, Reader("X", bias, error), seed))
    larger = array(draw_contour(truth, Reader("X", bias + more, error), seed))
    assert np.all(larger >= smaller)


def test_readers_refuse_what_they_cannot_draw():
    empty = sitk.Image(8, 8, 8, sitk.sitkUInt8)
    with pytest.raises(InputError, match="empty"):
        draw_contour(empty, READERS[0], 0)
    with pytest.raises(InputError, match="remove a region of"):
        draw_contour(ball(4.0, (1.0, 1.0, 1.0)), Reader("X", -9.0, 0.0), 0)


# --- outcomes ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn() -> list:
    return [draw_subject(0, index) for index in range(400)]


def test_a_cox_model_finds_the_log_hazard_ratios_again(drawn):
    from lifelines import CoxPHFitter

    rows = [
        {
            **covariates(each.tumour, each.outcome.age_months, each.outcome.stage, each.outcome.mycn),
            "days": each.outcome.os_days,
            "event": each.outcome.os_event,
        }
        for each in drawn
    ]
    # Eight intervals at once: 99.4 % each make 95 % together.
    fitted = CoxPHFitter(alpha=0.05 / 8).fit(pd.DataFrame(rows), "days", "event")
    for name, truth in LOG_HAZARD_RATIOS.items():
        low, high = fitted.confidence_intervals_.loc[name]
        assert low < truth < high, name
    strong = ("log_volume", "heterogeneity", "mycn")
    assert all(fitted.confidence_intervals_.loc[name].iloc[0] > 0 for name in strong)


def test_about_half_have_the_event_and_censoring_is_of_both_kinds(drawn):
    events = np.array([each.outcome.os_event for each in drawn])
    days = np.array([each.outcome.os_days for each in drawn])
    assert 0.45 <= events.mean() <= 0.55
    assert days.min() >= 1
    assert days.max() == 1826
    assert np.sum((events == 0) & (days < 1826)) > 20


def test_the_standards_are_those_of_the_drawn_population():
    drawn = [draw_subject(1, index) for index in range(3000)]
    values = {
        "log_volume": [np.log(each.tumour.volume_ml) for each in drawn],
        "heterogeneity": [each.tumour.heterogeneity for each in drawn],
        "necrotic_fraction": [each.tumour.necrotic_fraction for each in drawn],
        "age_months": [each.outcome.age_months for each in drawn],
    }
    for name, (mean, sd) in STANDARDS.items():
        assert np.mean(values[name]) == pytest.approx(mean, abs=0.06 * sd), name
        assert np.std(values[name]) == pytest.approx(sd, rel=0.05), name


@given(seed=st.integers(0, 2**32))
def test_outcomes_are_possible(seed):
    rng = np.random.default_rng(seed)
    outcome = draw_outcome(draw_tumour(rng), rng)
    assert outcome.stage in STAGES
    assert outcome.stage != "MS" or outcome.age_months < 18
    assert 1 <= outcome.os_days <= 1826
    assert not outcome.os_event or outcome.os_days == max(1, round(outcome.event_days))


# --- the cohort -------------------------------------------------------------------------------------


def test_the_tables_name_files_that_exist(cohort):
    table = read_table(cohort / "cohort.csv")
    assert list(table.columns) == [
        "subject", "timepoint", "sequence", "site", "image", "mask", "reader", "reading",
    ]  # fmt: skip
    assert len(table) == 2 * 3
    assert table.groupby("subject")["site"].first().tolist() == ["north", "south"]
    for row in table.itertuples():
        image, mask = sitk.ReadImage(cohort / row.image), sitk.ReadImage(cohort / row.mask)
        require_same_grid(image, mask, names=(row.image, row.mask))
        assert set(np.unique(array(mask))) == {0, 1}
    clinical = read_table(cohort / "clinical.csv")
    assert list(clinical.columns) == ["subject", "age_months", "stage", "mycn", "os_days", "os_event"]
    assert clinical["stage"].map(type).eq(str).all()


def test_the_truth_stands_beside_the_data(cohort):
    truth = read_table(cohort / "truth.csv").set_index("subject")
    for name, row in truth.iterrows():
        assert volume_ml(sitk.ReadImage(cohort / "truth" / f"{name}.nii.gz")) == pytest.approx(
            row["volume_ml"], rel=0.05
        )
    description = json.loads((cohort / "truth.json").read_text(encoding="utf-8"))
    assert description["seed"] == 7
    assert description["hazard"]["log_hazard_ratios"] == LOG_HAZARD_RATIOS
    assert [reader["bias_mm"] for reader in description["readers"]] == [0.0, 0.5, -0.5]
    assert {scanner["site"] for scanner in description["scanners"]} == {"north", "south"}


def test_another_run_writes_the_same_bytes_and_more_subjects_keep_the_earlier(cohort, tmp_path):
    make_cohort(tmp_path, subjects=3, seed=7, jobs=2)
    files = sorted(path.relative_to(cohort) for path in cohort.rglob("*.nii.gz"))
    assert len(files) == 2 * 5
    for path in files:
        assert file_hash(cohort / path) == file_hash(tmp_path / path), path
    for name in ("cohort.csv", "clinical.csv", "truth.csv"):
        assert (
            (tmp_path / name)
            .read_text(encoding="utf-8")
            .startswith((cohort / name).read_text(encoding="utf-8"))
        )


def test_an_interrupted_run_is_taken_up_again(tmp_path):
    folder = make_cohort(tmp_path, subjects=2, seed=7).parent
    kept, lost = folder / "images" / "S001.nii.gz", folder / "masks" / "B" / "S002.nii.gz"
    before, wanted = kept.stat().st_mtime_ns, file_hash(lost)
    lost.unlink()
    steps: list[int] = []

    def count(stage: str, total: int):
        from contextlib import nullcontext

        steps.append(total)
        return nullcontext(lambda: None)

    make_cohort(folder, subjects=2, seed=7, progress=count)
    assert steps == [1]
    assert file_hash(lost) == wanted
    assert kept.stat().st_mtime_ns == before


def test_a_folder_with_another_cohort_is_refused(cohort, tmp_path):
    with pytest.raises(InputError, match=r"seed 7.*seed 8"):
        make_cohort(cohort, subjects=2, seed=8)
    (tmp_path / "cohort.csv").write_text("subject,image\n")
    with pytest.raises(InputError, match="not synthetic"):
        make_cohort(tmp_path)
    assert (tmp_path / "cohort.csv").read_text(encoding="utf-8") == "subject,image\n"


def test_a_damaged_truth_and_impossible_numbers_are_refused(tmp_path):
    (tmp_path / "truth.json").write_text("[1]")
    with pytest.raises(InputError, match="cannot be read"):
        make_cohort(tmp_path)
    with pytest.raises(InputError, match="subjects is 0"):
        make_cohort(tmp_path / "other", subjects=0)


def test_namespaces_never_share_a_seed():
    words = {
        tuple(seed_of(space, 0, index).generate_state(4))
        for space in (COHORT_NAMESPACE, TRAINING_NAMESPACE, EVALUATION_NAMESPACE)
        for index in range(50)
    }
    assert len(words) == 150


def test_a_subject_depends_on_seed_and_index_alone():
    assert draw_subject(3, 5) == draw_subject(3, 5)
    assert draw_subject(3, 5).tumour != draw_subject(4, 5).tumour
    one, two = clinical_table([draw_subject(3, 5)]), clinical_table([draw_subject(3, 4), draw_subject(3, 5)])
    assert one.iloc[0].tolist() == two.iloc[1].tolist()
    assert "linear_predictor" in truth_table([draw_subject(3, 5)])
