# The public names, each with its home: the one list of them, read by `__init__.py` and by type checkers.
from .agreement.cohort import AgreementTable as AgreementTable
from .agreement.cohort import compare_cohort as compare_cohort
from .agreement.compare import compare_masks as compare_masks
from .agreement.field import Field as Field
from .agreement.reader_study import (
    ReadersStudy as ReadersStudy,
)
from .agreement.reader_study import (
    ReaderStudySettings as ReaderStudySettings,
)
from .agreement.reader_study import (
)
from .agreement.reader_study import (
    study_readers as study_readers,
)
from .agreement.settings import ComparisonSettings as ComparisonSettings
from .clinical import Endpoint as Endpoint
from .clinical import read_clinical_table as read_clinical_table
from .cohort import Cohort as Cohort
from .cohort import load_cohort as load_cohort
from .doctor import check_installation as check_installation
from .doctor import examine as examine
from .errors import InputError as InputError
from .errors import NbradiomicsError as NbradiomicsError
from .execution.execution import Execution as Execution
from .execution.workspace import Workspace as Workspace
from .features import extract_features as extract_features
from .features import presets as presets
from .features.cohort import FeatureTable as FeatureTable
from .features.cohort import extract_cohort as extract_cohort
from .features.compliance.verify import Verification as Verification
from .features.compliance.verify import verify as verify
from .features.diagnostics import diagnostics as diagnostics
from .features.maps import feature_maps as feature_maps
from .outcome import (
    OutcomeResult as OutcomeResult,
)
from .outcome import (
    OutcomeSettings as OutcomeSettings,
)
from .outcome import (
    Predictors as Predictors,
)
from .outcome import (
    evaluate_outcome as evaluate_outcome,
)
from .outcome import (
    write_outcome as write_outcome,
)
from .report import build_report as build_report
from .reproducibility import (
    IccResult as IccResult,
)
from .reproducibility import (
    StabilitySettings as StabilitySettings,
)
from .reproducibility import (
    assess_reproducibility as assess_reproducibility,
)
from .reproducibility import (
    icc as icc,
)
from .segmentation.cohort import SegmentedCohort as SegmentedCohort
from .segmentation.cohort import segment_cohort as segment_cohort
from .segmentation.importing import (
    ImportedModel as ImportedModel,
)
from .segmentation.importing import (
    ModelDescription as ModelDescription,
)
from .segmentation.importing import (
    import_model as import_model,
)
from .segmentation.model import Model as Model
from .segmentation.model import load_model as load_model
from .segmentation.prediction.inference import Inference as Inference
from .segmentation.prediction.postprocess import PostProcessing as PostProcessing
from .segmentation.prediction.predict import Prediction as Prediction
from .segmentation.store import list_models as list_models
from .segmentation.training.recipe import Recipe as Recipe
from .segmentation.training.settings import (
    TrainingCases as TrainingCases,
)
from .segmentation.training.settings import (
    TrainingRun as TrainingRun,
)
from .segmentation.training.settings import (
    TrainingSettings as TrainingSettings,
)
from .study.checks import check as check
from .study.checks import survey as survey
from .study.study import Readers as Readers
from .synthetic import make_cohort as make_cohort
from .tables import Rows as Rows
from .tables import RowsOfReader as RowsOfReader
from .workflows.demo import run_demo as run_demo
from .workflows.reader_study import (
    ReaderStudyPlan as ReaderStudyPlan,
)
from .workflows.reader_study import (
    ReaderStudyResult as ReaderStudyResult,
)
from .workflows.reader_study import (
    run_reader_study as run_reader_study,
)
from .workflows.run import RunResult as RunResult
from .workflows.run import run as run
from .workflows.training import TrainedModel as TrainedModel
from .workflows.training import train_model as train_model

__version__: str
