"""Names of the stages in progress bars, failures, stored results and reports."""

from enum import StrEnum


class StageName(StrEnum):
    """A stage of a study, in the order of the run."""

    CHECK = "check"
    PREPARE = "prepare"
    SEGMENT = "segment"
    PERTURB = "perturb"
    ADC = "adc"
    HABITATS = "habitats"
    ROIS = "rois"
    COMPARE = "compare"
    READERS = "readers"
    EXTRACT = "extract"
    PERTURBATION = "perturbation"
    PROCESSING = "processing"
    CONTROLS = "controls"
    DRAWING = "drawing"
    REPRODUCIBILITY = "reproducibility"
    NEEDED_AGREEMENT = "needed_agreement"
    OUTCOME = "outcome"
