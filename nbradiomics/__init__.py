"""nbradiomics: segment tumours, extract features, test their reproducibility, foretell outcomes.

The public names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbradiomics.agreement.cohort import compare_cohort
    from nbradiomics.agreement.compare import compare_masks
    from nbradiomics.agreement.study import StudySettings, study_readers
    from nbradiomics.checks import check
    from nbradiomics.cohort import Cohort, load_cohort
    from nbradiomics.demo import run_demo
    from nbradiomics.doctor import examine
    from nbradiomics.errors import InputError, NbradiomicsError
    from nbradiomics.features import extract_features, presets
    from nbradiomics.features.cohort import extract_cohort
    from nbradiomics.features.diagnostics import diagnostics
    from nbradiomics.features.maps import feature_maps
    from nbradiomics.features.verify import verify
    from nbradiomics.outcome import OutcomeSettings, evaluate_outcome, write_outcome
    from nbradiomics.pipeline import run
    from nbradiomics.reader_study import run_reader_study
    from nbradiomics.report import build_report
    from nbradiomics.reproducibility import assess_reproducibility, icc
    from nbradiomics.segmentation.cohort import segment_cohort
    from nbradiomics.segmentation.importing import import_model
    from nbradiomics.segmentation.model import load_model
    from nbradiomics.segmentation.prediction.inference import Inference
    from nbradiomics.segmentation.prediction.postprocess import PostProcessing
    from nbradiomics.segmentation.store import list_models
    from nbradiomics.segmentation.training.recipe import Recipe
    from nbradiomics.segmentation.training.train import TrainingSettings
    from nbradiomics.study import Readers
    from nbradiomics.synthetic import make_cohort
    from nbradiomics.training import train_model

_HOME = {
    "Cohort": "cohort",
    "Inference": "segmentation.prediction.inference",
    "InputError": "errors",
    "NbradiomicsError": "errors",
    "OutcomeSettings": "outcome",
    "PostProcessing": "segmentation.prediction.postprocess",
    "Readers": "study",
    "Recipe": "segmentation.training.recipe",
    "StudySettings": "agreement.study",
    "TrainingSettings": "segmentation.training.train",
    "assess_reproducibility": "reproducibility",
    "build_report": "report",
    "check": "checks",
    "survey": "checks",
    "diagnostics": "features.diagnostics",
    "compare_cohort": "agreement.cohort",
    "compare_masks": "agreement.compare",
    "evaluate_outcome": "outcome",
    "examine": "doctor",
    "extract_cohort": "features.cohort",
    "extract_features": "features",
    "feature_maps": "features.maps",
    "icc": "reproducibility",
    "import_model": "segmentation.importing",
    "list_models": "segmentation.store",
    "load_cohort": "cohort",
    "load_model": "segmentation.model",
    "make_cohort": "synthetic",
    "presets": "features",
    "run": "pipeline",
    "run_demo": "demo",
    "run_reader_study": "reader_study",
    "segment_cohort": "segmentation.cohort",
    "study_readers": "agreement.study",
    "train_model": "training",
    "verify": "features.verify",
    "write_outcome": "outcome",
}

__all__ = [
    "Cohort",
    "Inference",
    "InputError",
    "NbradiomicsError",
    "OutcomeSettings",
    "PostProcessing",
    "Readers",
    "Recipe",
    "StudySettings",
    "TrainingSettings",
    "assess_reproducibility",
    "build_report",
    "check",
    "compare_cohort",
    "compare_masks",
    "diagnostics",
    "evaluate_outcome",
    "examine",
    "extract_cohort",
    "extract_features",
    "feature_maps",
    "icc",
    "import_model",
    "list_models",
    "load_cohort",
    "load_model",
    "make_cohort",
    "presets",
    "run",
    "run_demo",
    "run_reader_study",
    "segment_cohort",
    "study_readers",
    "survey",
    "train_model",
    "verify",
    "write_outcome",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("nbradiomics")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
