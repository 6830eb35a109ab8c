"""A setting is one thing: study file, function and command accept and refuse the same values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nbradiomics.agreement.reader_study import ReaderStudySettings
from nbradiomics.agreement.settings import ComparisonSettings
from nbradiomics.cohort.fitting_subjects import FittingSubjects
from nbradiomics.errors import InputError
from nbradiomics.features.controls.settings import ControlSettings
from nbradiomics.features.settings import ExtractionSettings
from nbradiomics.features.slices.settings import SliceSettings
from nbradiomics.habitats.diffusion.settings import DiffusionSettings
from nbradiomics.habitats.settings import HabitatSettings
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.outcome import OutcomeSettings
from nbradiomics.outcome.drawing import DrawingSettings
from nbradiomics.reproducibility import StabilitySettings
from nbradiomics.reproducibility.needed_agreement import NeededAgreementSettings
from nbradiomics.reproducibility.processing.settings import ProcessingSettings
from nbradiomics.rings import RegionWidths
from nbradiomics.segmentation.prediction.inference import Inference
from nbradiomics.segmentation.prediction.postprocess import PostProcessing
from nbradiomics.settings import Settings
from nbradiomics.study.file import read_study
from tests.support.helpers import call

OUTCOME = ["outcome", "no.csv", "no.csv", "--time", "t", "--event", "e", "--out", "out"]
DRAWING = [*OUTCOME, "--drawing"]
HARMONISED = [*OUTCOME, "--harmonise", "site"]
STABLE = ["reproducibility", "no.csv", "--out", "out.csv"]
SEGMENT = ["segment", "no.csv", "--model", "none", "--out", "out.csv"]
READERS = ["readers", "no.csv", "--out", "out"]
NEEDED = ["needed-agreement", "no.csv", "no.csv", "--out", "out.csv"]
PREPARE = ["prepare", "no.csv", "--steps", "n4", "--out", "out"]
PROCESSING = ["processing", "no.csv", "--grid", "no.yaml", "--out", "out"]
EXTRACT = ["extract", "no.csv", "--params", "t2w_mr_1mm", "--out", "out.csv"]
CONTROLS = ["controls", "no.csv", "--params", "t2w_mr_1mm", "--out", "out.csv"]
ROIS = ["rois", "no.csv", "--out", "out.csv"]
HABITATS = ["habitats", "no.csv", "--out", "out.csv"]
ADC = ["adc", "no.csv", "--out", "out.csv"]
COMPARE = ["compare", "no.csv", "--out", "out.csv"]
EXTRACT = ["extract", "no.csv", "--params", "image_2d", "--out", "out.csv"]
SLICES = [*EXTRACT, "--per-slice", "largest"]
BEFORE = {
    "outcome": "clinical: c.csv, endpoints: [{name: os, time: t, event: e}], ",
    "segment": "model: none, ",
    "processing": "grid: no.yaml, ",
    "prepare": "steps: n4, ",
}

#: What a section inside of another one needs.
INSIDE = {"outcome.harmonise": "batch: [site], "}

FORM_WORDS = st.sampled_from(["1", "A,1", "C,k", "2,1", "A"])
WHOLE = st.integers(-2, 150) | st.sampled_from([0, 1, 2, 99, 100, 1000])
NUMBERS = (
    WHOLE.map(float)
    | st.floats(-1.5, 1.5).map(lambda x: round(x, 3))
    | st.sampled_from([0.0, 0.5, 1.0, 0.75])
)
WORDS = st.sampled_from(
    [
        "auto",
        "random_forest",
        "firth",
        "mrmr",
        "cpu",
        "fp32",
        "fp16",
        "torch",
        "stock",
        "dice",
        "dise",
        "raw",
        "log",
        "nsd",
        "none at all",
    ]
)

READER_NAMES = st.lists(st.sampled_from(["B", "C", "auto"]), max_size=3)
UNSEEN = st.sampled_from(["refuse", "estimate", "keep", "harmonise", "given", "chosen", "north"])
#: What a class of settings needs beside the one that is tried.
NEEDED_TOO: dict[type[Settings], dict[str, Any]] = {
    Harmonise: {"batch": ["site"]},
    SliceSettings: {"per_slice": "largest"},
}
#: A row for `each` slice is for the command alone: a study needs one for each region.
PER_SLICE = st.sampled_from(["largest", "median", "mean", "all", "2"])

#: Section of the study file, setting, class of the function's argument, command, its option, values to draw.
STATED: list[tuple[str, str, type[Settings], list[str], str, Any]] = [
    ("extract", "engine", ExtractionSettings, EXTRACT, "--engine", WORDS),
    ("extract", "per_slice", SliceSettings, EXTRACT, "--per-slice", PER_SLICE),
    ("extract", "min_slice_voxels", SliceSettings, SLICES, "--min-slice-voxels", WHOLE),
    ("outcome", "folds", OutcomeSettings, OUTCOME, "--folds", WHOLE),
    ("outcome", "repeats", OutcomeSettings, OUTCOME, "--repeats", WHOLE),
    ("outcome", "selection", OutcomeSettings, OUTCOME, "--selection", WORDS),
    ("outcome", "selected", OutcomeSettings, OUTCOME, "--selected", WHOLE),
    ("outcome", "method", OutcomeSettings, OUTCOME, "--method", WORDS),
    ("outcome", "penalizer", OutcomeSettings, OUTCOME, "--penalizer", NUMBERS),
    ("outcome", "l1_ratio", OutcomeSettings, OUTCOME, "--l1-ratio", NUMBERS),
    ("outcome", "covariate_penalizer", OutcomeSettings, OUTCOME, "--covariate-penalizer", NUMBERS),
    ("outcome", "correlation", OutcomeSettings, OUTCOME, "--correlation", NUMBERS),
    ("outcome", "bootstraps", OutcomeSettings, OUTCOME, "--bootstraps", WHOLE),
    ("outcome", "missing_features", OutcomeSettings, OUTCOME, "--missing-features", NUMBERS),
    ("outcome", "refits", OutcomeSettings, OUTCOME, "--refits", WHOLE),
    ("outcome", "confidence", OutcomeSettings, OUTCOME, "--confidence", NUMBERS),
    ("outcome", "permutations", OutcomeSettings, OUTCOME, "--permutations", WHOLE),
    ("", "seed", OutcomeSettings, OUTCOME, "--seed", WHOLE),
    ("outcome.harmonise", "unseen", Harmonise, HARMONISED, "--unseen", UNSEEN),
    ("outcome.harmonise", "small_batch", Harmonise, HARMONISED, "--small-batch", UNSEEN),
    ("outcome.harmonise", "order", Harmonise, HARMONISED, "--batch-order", UNSEEN),
    ("outcome.harmonise", "least_subjects", Harmonise, HARMONISED, "--least-subjects", WHOLE),
    ("outcome.harmonise", "reference_batch", Harmonise, HARMONISED, "--reference-batch", WORDS),
    ("outcome.drawing", "drawing_readers", DrawingSettings, DRAWING, "--drawing-readers", READER_NAMES),
    ("reproducibility", "threshold", StabilitySettings, STABLE, "--threshold", NUMBERS),
    ("reproducibility", "confidence", StabilitySettings, STABLE, "--confidence", NUMBERS),
    ("reproducibility", "form", StabilitySettings, STABLE, "--form", FORM_WORDS),
    ("reproducibility", "bootstraps", StabilitySettings, STABLE, "--bootstraps", WHOLE),
    ("reproducibility", "min_subjects", StabilitySettings, STABLE, "--min-subjects", WHOLE),
    ("reproducibility", "resamples", StabilitySettings, STABLE, "--resamples", WHOLE),
    ("needed_agreement", "share", NeededAgreementSettings, NEEDED, "--share", NUMBERS),
    ("needed_agreement", "icc", NeededAgreementSettings, NEEDED, "--icc", NUMBERS),
    ("needed_agreement", "scale", NeededAgreementSettings, NEEDED, "--scale", WORDS),
    ("needed_agreement", "min_subjects", NeededAgreementSettings, NEEDED, "--min-subjects", WHOLE),
    ("needed_agreement", "bootstraps", NeededAgreementSettings, NEEDED, "--bootstraps", WHOLE),
    ("needed_agreement", "confidence", NeededAgreementSettings, NEEDED, "--confidence", NUMBERS),
    ("", "seed", NeededAgreementSettings, NEEDED, "--seed", WHOLE),
    ("prepare", "fit_folds", FittingSubjects, PREPARE, "--fit-folds", WHOLE),
    ("processing", "threshold", ProcessingSettings, PROCESSING, "--threshold", NUMBERS),
    ("processing", "confidence", ProcessingSettings, PROCESSING, "--confidence", NUMBERS),
    ("processing", "min_subjects", ProcessingSettings, PROCESSING, "--min-subjects", WHOLE),
    ("processing", "reading", ProcessingSettings, PROCESSING, "--reading", WHOLE),
    ("extract", "threads", ExtractionSettings, EXTRACT, "--threads", WHOLE),
    ("controls", "ring_mm", ControlSettings, CONTROLS, "--ring-mm", NUMBERS),
    ("rois", "ring", RegionWidths, ROIS, "--ring", NUMBERS),
    ("rois", "rim", RegionWidths, ROIS, "--rim", NUMBERS),
    ("habitats", "confidence", HabitatSettings, HABITATS, "--confidence", NUMBERS),
    ("habitats", "most_clusters", HabitatSettings, HABITATS, "--most-clusters", WHOLE),
    ("habitats", "fit_folds", HabitatSettings, HABITATS, "--fit-folds", WHOLE),
    ("habitats", "method", HabitatSettings, HABITATS, "--method", WORDS),
    ("adc", "sigma", DiffusionSettings, ADC, "--sigma", NUMBERS),
    ("segment", "device", Inference, SEGMENT, "--device", WORDS),
    ("segment", "precision", Inference, SEGMENT, "--precision", WORDS),
    ("segment", "resampling", Inference, SEGMENT, "--resampling", WORDS),
    ("segment", "min_volume_ml", PostProcessing, SEGMENT, "--min-volume", NUMBERS),
    ("readers", "metric", ReaderStudySettings, READERS, "--metric", WORDS),
    ("readers", "margin", ReaderStudySettings, READERS, "--margin", NUMBERS),
    ("readers", "confidence", ReaderStudySettings, READERS, "--confidence", NUMBERS),
    ("readers", "alpha", ReaderStudySettings, READERS, "--alpha", NUMBERS),
    ("readers", "bootstraps", ReaderStudySettings, READERS, "--bootstraps", WHOLE),
    ("readers", "tolerance_mm", ComparisonSettings, READERS, "--tolerance", NUMBERS),
    ("readers", "background_mm", ComparisonSettings, COMPARE, "--background", NUMBERS),
]


def by_study_file(section: str, name: str, value: Any, folder: Path) -> str:
    """What a study file gets to hear of the value; empty where it is accepted."""
    entry = f"{name}: {json.dumps(value)}"
    outer, _, inner = section.partition(".")
    entry = f"{inner}: {{{INSIDE.get(section, '')}{entry}}}" if inner else entry
    text = f"{outer}: {{{BEFORE.get(outer, '')}{entry}}}" if section else entry
    path = folder / "study.yaml"
    path.write_text(f"cohort: cohort.csv\n{text}\n", encoding="utf-8")
    _, problems = read_study(path)
    own = [one for one in problems if one.column in (section, f"{section}.{name}".strip("."))]
    return f"{own[0].problem} {own[0].remedy}" if own else ""


def by_function(kind: type[Settings], name: str, value: Any) -> str:
    try:
        kind(**{**NEEDED_TOO.get(kind, {}), name: value})
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("section", "name", "kind", "command", "option", "values"),
    STATED,
    ids=[f"{section}.{name}" for section, name, *_ in STATED],
)
def test_study_file_function_and_command_accept_and_refuse_the_same(
    section: str,
    name: str,
    kind: type[Settings],
    command: list[str],
    option: str,
    values: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    @given(values)
    @settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def drawn(value: Any) -> None:
        told, refused = by_function(kind, name, value), by_study_file(section, name, value, tmp_path)
        assert bool(told) == bool(refused), (told, refused)
        capsys.readouterr()
        written = ",".join(value) if isinstance(value, list) else str(value)
        assert call(*command, option, written) == 1  # there are no tables
        heard = " ".join(capsys.readouterr().err.split())
        if told:
            words = told.removeprefix(f"{name}: ")
            assert words == refused
            assert " ".join(words.split())[:60] in heard
        else:
            assert f"{name}:" not in heard

    drawn()
