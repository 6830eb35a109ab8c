"""The stages of a study, in their order; each stage has its own module."""

from nbradiomics.workflows.stages.adc import Adc
from nbradiomics.workflows.stages.base import Stage
from nbradiomics.workflows.stages.check import Check
from nbradiomics.workflows.stages.compare import Compare
from nbradiomics.workflows.stages.controls import Controls
from nbradiomics.workflows.stages.drawing import FoldMasks
from nbradiomics.workflows.stages.extract import Extract
from nbradiomics.workflows.stages.habitats import Habitats
from nbradiomics.workflows.stages.needed_agreement import NeededAgreement
from nbradiomics.workflows.stages.outcome import Outcomes
from nbradiomics.workflows.stages.perturbation import Perturbation
from nbradiomics.workflows.stages.prepare import Prepare
from nbradiomics.workflows.stages.processing import Processing
from nbradiomics.workflows.stages.readers import Readers
from nbradiomics.workflows.stages.reproducibility import Reproducibility
from nbradiomics.workflows.stages.rois import Rois
from nbradiomics.workflows.stages.segment import Segment

STAGES: tuple[Stage, ...] = (
    Check(),
    Prepare(),
    Segment(),
    Adc(),
    Habitats(),
    Rois(),
    Compare(),
    Readers(),
    Extract(),
    Perturbation(),
    Processing(),
    Controls(),
    FoldMasks(),
    Reproducibility(),
    NeededAgreement(),
    Outcomes(),
)

__all__ = ["STAGES"]
