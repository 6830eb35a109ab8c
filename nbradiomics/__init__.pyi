# The only list of the public names, each with its module; `__init__.py` and type checkers read it.
from .agreement.cohort import AgreementTable as AgreementTable, compare_cohort as compare_cohort
from .agreement.compare import compare_masks as compare_masks
from .agreement.field import Field as Field
from .agreement.perturbed_cohort import compare_with_variants as compare_with_variants
from .agreement.reader_study import (
    ReadersStudy as ReadersStudy,
    ReaderStudySettings as ReaderStudySettings,
    study_readers as study_readers,
)
from .agreement.settings import ComparisonSettings as ComparisonSettings
from .clinical import Endpoint as Endpoint, read_clinical_table as read_clinical_table
from .cohort import Cohort as Cohort, load_cohort as load_cohort
from .dicom.export.cohort import (
    DicomExport as DicomExport,
    ExportTables as ExportTables,
    export_dicom as export_dicom,
)
from .dicom.export.settings import ExportSettings as ExportSettings
from .dicom.ingest.clinical import IngestedClinical as IngestedClinical, ingest_clinical as ingest_clinical
from .dicom.ingest.cohort import Ingested as Ingested, ingest as ingest
from .dicom.ingest.rules import IngestRules as IngestRules, SequenceRule as SequenceRule
from .doctor import check_installation as check_installation
from .errors import (
    InputError as InputError,
    NbradiomicsError as NbradiomicsError,
    StorageError as StorageError,
)
from .evidence.checklists.filled import (
    FilledChecklist as FilledChecklist,
    fill_checklist as fill_checklist,
)
from .evidence.checklists.own_answers import OwnAnswer as OwnAnswer, read_own_answers as read_own_answers
from .evidence.checklists.write import write_checklist as write_checklist
from .evidence.facts import Evidence as Evidence, Fact as Fact
from .evidence.write import read_evidence as read_evidence
from .execution.execution import Execution as Execution
from .execution.workspace import Workspace as Workspace
from .features import extract_features as extract_features, presets as presets
from .features.cohort import FeatureTable as FeatureTable, extract_cohort as extract_cohort
from .features.compliance.verify import Verification as Verification, verify as verify
from .features.controls.extract import extract_controls as extract_controls
from .features.controls.settings import ControlSettings as ControlSettings
from .features.diagnostics import diagnostics as diagnostics
from .features.dictionary import feature_dictionary as feature_dictionary
from .features.maps import feature_maps as feature_maps
from .features.processing import (
    ProcessingGrid as ProcessingGrid,
    extract_grid as extract_grid,
    load_grid as load_grid,
)
from .features.response_maps import response_maps as response_maps
from .features.slices.extract import extract_slices as extract_slices
from .features.slices.settings import SliceSettings as SliceSettings
from .habitats.clusters.model import HabitatModel as HabitatModel, read_habitat_model as read_habitat_model
from .habitats.cohort import HabitatCohort as HabitatCohort, find_habitats as find_habitats
from .habitats.diffusion.cohort import DiffusionCohort as DiffusionCohort, fit_adc as fit_adc
from .habitats.diffusion.settings import DiffusionSettings as DiffusionSettings
from .habitats.settings import HabitatSettings as HabitatSettings
from .habitats.tables import HabitatTables as HabitatTables
from .harmonisation.combat import ComBat as ComBat
from .harmonisation.harmonised_table import (
    HarmonisedTable as HarmonisedTable,
    harmonise_table as harmonise_table,
)
from .harmonisation.settings import Harmonise as Harmonise
from .harmonisation.site_effects import (
    SiteEffects as SiteEffects,
    measure_site_effects as measure_site_effects,
)
from .harmonisation.site_settings import SiteEffectSettings as SiteEffectSettings
from .outcome import (
    OutcomeResult as OutcomeResult,
    OutcomeSettings as OutcomeSettings,
    Predictors as Predictors,
    evaluate_outcome as evaluate_outcome,
    try_outcome as try_outcome,
    validate_outcome as validate_outcome,
    write_outcome as write_outcome,
)
from .pacs.fetch import fetch_from_pacs as fetch_from_pacs
from .pacs.query import SeriesQuery as SeriesQuery, query_pacs as query_pacs
from .pacs.server import Server as Server
from .pacs.store import store_to_pacs as store_to_pacs
from .perturbation.cohort import PerturbedCohort as PerturbedCohort, perturb_cohort as perturb_cohort
from .perturbation.settings import PerturbationSettings as PerturbationSettings
from .pictures import (
    IngestedPictures as IngestedPictures,
    PictureSettings as PictureSettings,
    ingest_pictures as ingest_pictures,
    read_picture as read_picture,
    read_picture_mask as read_picture_mask,
)
from .preparation.apply import apply_steps as apply_steps, fit_steps as fit_steps
from .preparation.cohort import PreparedCohort as PreparedCohort, prepare_cohort as prepare_cohort
from .preparation.reading import read_steps as read_steps
from .preparation.settings import PreparationSettings as PreparationSettings
from .preparation.steps.nyul import NyulLandmarks as NyulLandmarks
from .preparation.volume import StepRecord as StepRecord, Volume as Volume
from .report import (
    PaperExport as PaperExport,
    build_report as build_report,
    explain_prediction as explain_prediction,
    export_paper as export_paper,
    write_model_card as write_model_card,
)
from .reproducibility import (
    ClusterSettings as ClusterSettings,
    IccResult as IccResult,
    StabilitySettings as StabilitySettings,
    assess_reproducibility as assess_reproducibility,
    combine_rules as combine_rules,
    correlation_clusters as correlation_clusters,
    icc as icc,
    variance_components as variance_components,
)
from .reproducibility.needed_agreement import (
    NeededAgreement as NeededAgreement,
    NeededAgreementSettings as NeededAgreementSettings,
    needed_agreement as needed_agreement,
)
from .reproducibility.processing.settings import ProcessingSettings as ProcessingSettings
from .rings import (
    RegionsCohort as RegionsCohort,
    RegionSettings as RegionSettings,
    add_regions as add_regions,
)
from .segmentation.cohort import SegmentedCohort as SegmentedCohort, segment_cohort as segment_cohort
from .segmentation.importing import (
    ImportedModel as ImportedModel,
    ModelDescription as ModelDescription,
    import_model as import_model,
)
from .segmentation.model import Model as Model, load_model as load_model
from .segmentation.prediction.inference import Inference as Inference
from .segmentation.prediction.postprocess import PostProcessing as PostProcessing
from .segmentation.prediction.predict import Prediction as Prediction
from .segmentation.store import list_models as list_models
from .segmentation.training.recipe import Recipe as Recipe
from .segmentation.training.settings import (
    TrainingCases as TrainingCases,
    TrainingRun as TrainingRun,
    TrainingSettings as TrainingSettings,
)
from .signature import (
    PredictedOutcome as PredictedOutcome,
    Signature as Signature,
    load_models as load_models,
    predict_outcome as predict_outcome,
    validate_models as validate_models,
    write_models as write_models,
)
from .study.checks import check as check, survey as survey
from .study.study import Readers as Readers
from .synthetic import Diffusion as Diffusion, make_cohort as make_cohort
from .tables import Rows as Rows, RowsOfReader as RowsOfReader
from .workflows.audit.audit import Audit as Audit, audit as audit
from .workflows.demo import run_demo as run_demo
from .workflows.processing.run import (
    ProcessingResult as ProcessingResult,
    study_processing as study_processing,
)
from .workflows.reader_study import (
    ReaderStudyPlan as ReaderStudyPlan,
    ReaderStudyResult as ReaderStudyResult,
    run_reader_study as run_reader_study,
)
from .workflows.run import RunResult as RunResult, run as run
from .workflows.shards import ShardResult as ShardResult, run_shard as run_shard
from .workflows.status import RunStatus as RunStatus, status as status
from .workflows.training import TrainedModel as TrainedModel, train_model as train_model

__version__: str
