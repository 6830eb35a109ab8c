# The public names, each with its home: the one list of them, read by `__init__.py` and by type checkers.
from .agreement.cohort import compare_cohort as compare_cohort
from .agreement.compare import compare_masks as compare_masks
from .agreement.reader_study import StudySettings as StudySettings, study_readers as study_readers
from .cohort import Cohort as Cohort, load_cohort as load_cohort
from .doctor import examine as examine
from .errors import InputError as InputError, NbradiomicsError as NbradiomicsError
from .features import extract_features as extract_features, presets as presets
from .features.cohort import extract_cohort as extract_cohort
from .features.compliance.verify import verify as verify
from .features.diagnostics import diagnostics as diagnostics
from .features.maps import feature_maps as feature_maps
from .outcome import (
    OutcomeSettings as OutcomeSettings,
    evaluate_outcome as evaluate_outcome,
    write_outcome as write_outcome,
)
from .report import build_report as build_report
from .reproducibility import assess_reproducibility as assess_reproducibility, icc as icc
from .segmentation.cohort import segment_cohort as segment_cohort
from .segmentation.importing import import_model as import_model
from .segmentation.model import load_model as load_model
from .segmentation.prediction.inference import Inference as Inference
from .segmentation.prediction.postprocess import PostProcessing as PostProcessing
from .segmentation.store import list_models as list_models
from .segmentation.training.recipe import Recipe as Recipe
from .segmentation.training.train import TrainingSettings as TrainingSettings
from .study.checks import check as check, survey as survey
from .study.study import Readers as Readers
from .synthetic import make_cohort as make_cohort
from .workflows.demo import run_demo as run_demo
from .workflows.reader_study import run_reader_study as run_reader_study
from .workflows.run import run as run
from .workflows.training import train_model as train_model

__version__: str
