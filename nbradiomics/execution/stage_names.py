"""Names of the stages, as progress bars, failures, stored results and reports have them."""

from enum import StrEnum


class StageName(StrEnum):
    """A stage of a study, in the order of the run."""

    CHECK = "check"
    SEGMENT = "segment"
    COMPARE = "compare"
    READERS = "readers"
    EXTRACT = "extract"
    REPRODUCIBILITY = "reproducibility"
    OUTCOME = "outcome"
