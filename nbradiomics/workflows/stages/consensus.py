"""Write the consensus of the readers as masks of a reader, for example for a training."""

from __future__ import annotations

from collections.abc import Sequence

from nbradiomics.agreement.consensus_cohort import add_consensus
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.stage_names import StageName
from nbradiomics.workflows.stages.base import Stage, Work


class WriteConsensus(Stage):
    """Adds the consensus of the readers to the cohort, as masks of a reader named after the method.

    Parameters
    ----------
    methods
        ``majority``, ``staple``.
    """

    name = StageName.READERS
    essential = True

    def __init__(self, methods: Sequence[str]) -> None:
        self.methods = methods

    def run(self, work: Work) -> list[Failure]:
        """Write ``masks/METHOD`` and ``cohort.csv``."""
        failures: list[Failure] = []
        for method in self.methods:
            work.cohort, failed = add_consensus(
                work.cohort,
                method,
                work.folder.masks.parent / method,
                label=work.label,
                execution=work.execution,
            )
            failures += failed
        work.cohort = work.cohort.write(work.folder.file("cohort.csv"))
        return failures
