"""All tables that the package writes, as listed in docs/tables.md; no stage uses this list."""

from __future__ import annotations

from nbradiomics.agreement.reader_study.schemas import TABLES as READER_STUDY
from nbradiomics.agreement.schema import AGREEMENT
from nbradiomics.cohort.schema import COHORT
from nbradiomics.dicom.export.schema import EXPORTS
from nbradiomics.dicom.ingest.schema import ACQUISITION, MASKS, NOT_CHOSEN
from nbradiomics.evidence.checklists.schema import CHECKLIST, OWN_ANSWERS
from nbradiomics.execution.failures import FAILURES
from nbradiomics.features.dictionary_schema import DICTIONARY
from nbradiomics.features.schema import DIAGNOSTICS, FEATURES, MAPS, RESPONSE_MAPS, VERIFICATION
from nbradiomics.features.slices.schema import SLICES
from nbradiomics.habitats.diffusion.schema import DIFFUSION
from nbradiomics.habitats.schema import TABLES as HABITAT_TABLES
from nbradiomics.harmonisation.harmonised_table import HARMONISED_BATCHES
from nbradiomics.harmonisation.schema import TABLES as HARMONISATION
from nbradiomics.outcome.drawing_schema import DRAWING_TABLES
from nbradiomics.outcome.schemas import TABLES as OUTCOME_TABLES
from nbradiomics.pacs.schema import TABLES as PACS
from nbradiomics.perturbation.schema import PERTURBATIONS
from nbradiomics.pictures.schema import PICTURES
from nbradiomics.preparation.schemas import INTENSITIES, MOVED_MASKS, PREPARATION, REGISTRATION
from nbradiomics.reproducibility.clusters.schema import CLUSTERS
from nbradiomics.reproducibility.needed_agreement.schema import TABLES as NEEDED
from nbradiomics.reproducibility.processing.schema import PROCESSING, PROCESSING_CLASSES
from nbradiomics.reproducibility.rules.schema import STABLE
from nbradiomics.reproducibility.schema import REPRODUCIBILITY
from nbradiomics.reproducibility.variance.schema import VARIANCE
from nbradiomics.rings.schema import ROIS
from nbradiomics.segmentation.schema import OUT_OF_FOLD, SEGMENTATION, SPLITS
from nbradiomics.signature.schema import PREDICTED
from nbradiomics.study.checks.problem_table import CHECK

#: Tables in the order of the stages, by the title of their chapter.
CHAPTERS = {
    "Input and problems": (COHORT, CHECK, FAILURES),
    "DICOM": (ACQUISITION, MASKS, NOT_CHOSEN),
    "Pictures": (PICTURES,),
    "PACS": PACS,
    "Preparation": (PREPARATION, REGISTRATION, MOVED_MASKS, INTENSITIES),
    "Segmentation": (SEGMENTATION, OUT_OF_FOLD, SPLITS),
    "Perturbation": (PERTURBATIONS,),
    "Derived regions": (ROIS,),
    "Agreement": (AGREEMENT,),
    "Reader study": tuple(READER_STUDY.values()),
    "Habitats": (DIFFUSION, *HABITAT_TABLES),
    "Features": (FEATURES, DICTIONARY, SLICES, DIAGNOSTICS, MAPS, RESPONSE_MAPS, VERIFICATION),
    "Reproducibility": (REPRODUCIBILITY, STABLE, VARIANCE, CLUSTERS, *NEEDED),
    "Processing study": (PROCESSING, PROCESSING_CLASSES),
    "Harmonisation": (*HARMONISATION, HARMONISED_BATCHES),
    "Outcome": (*OUTCOME_TABLES, *DRAWING_TABLES.values(), PREDICTED),
    "Checklists": (CHECKLIST, OWN_ANSWERS),
    "Export to DICOM": (EXPORTS,),
}
SCHEMAS = tuple(schema for chapter in CHAPTERS.values() for schema in chapter)
