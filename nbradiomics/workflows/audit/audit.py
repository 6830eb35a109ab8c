"""Audit a folder of results, or its evidence alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nbradiomics.errors import NbradiomicsError
from nbradiomics.evidence.audit.alone import evidence_findings
from nbradiomics.evidence.audit.files import fact_findings, hash_findings, input_findings
from nbradiomics.evidence.audit.finding import Finding
from nbradiomics.evidence.audit.models import EndpointAudit
from nbradiomics.evidence.facts import Evidence
from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.evidence.write import EVIDENCE, read_evidence
from nbradiomics.tables.result import Result
from nbradiomics.workflows.audit.every_table import table_findings
from nbradiomics.workflows.audit.pages import card_findings, checklist_findings, evidence_page_findings
from nbradiomics.workflows.audit.report_page import report_findings
from nbradiomics.workflows.audit.stages import stage_findings
from nbradiomics.workflows.audit.versions import by_version
from nbradiomics.workflows.run_evidence import result_files


@dataclass(frozen=True, repr=False)
class Audit(Result):
    """What an audit found.

    Attributes
    ----------
    path
        What was audited.
    findings
        All answers, in the order in which they were checked.
    """

    path: Path
    findings: tuple[Finding, ...]

    @property
    def broken(self) -> tuple[Finding, ...]:
        """What does not hold."""
        return tuple(one for one in self.findings if one.verdict == "broken")

    @property
    def holds(self) -> bool:
        """Whether nothing is broken; what could not be checked does not count."""
        return not self.broken


def audit(path: str | Path) -> Audit:
    """Compute again what the results allow without images and clinical data, and say what holds.

    With a folder: the hashes of all files, the facts of the evidence, every table by its schema, the stages
    that need tables alone (reproducibility, needed agreement, reader study), the figures and curves of the
    outcome models from their predictions, who each fold learned from, and the IBSI's phantom on this machine.
    With ``evidence.json`` alone: its checksum, the phantom, and who each fold learned from.

    Parameters
    ----------
    path
        Folder of a run or of `outcome`, or its ``evidence.json``.

    Raises
    ------
    InputError
        When there is neither, or the evidence is not what was written.

    Examples
    --------
    >>> audit("results").holds
    True
    """
    path = Path(path)
    evidence = read_evidence(path)
    checks = _of_folder(path, evidence) if path.is_dir() else _of_file(evidence)
    return Audit(path, tuple(by_version(checks, evidence)))


def _of_file(evidence: Evidence) -> Iterator[Finding]:
    yield from evidence_findings(evidence)
    text = "The files of the run were not given: no hash was compared, and no table computed again."
    yield Finding("files", "open", text, EVIDENCE)


def _of_folder(root: Path, evidence: Evidence) -> Iterator[Finding]:
    folder = ResultFolder.of(root, result_files(root))
    yield from evidence_findings(evidence)
    yield from _guarded("hash", lambda: hash_findings(folder, evidence))
    yield from _guarded("table", lambda: table_findings(folder))
    yield from _guarded("facts", lambda: fact_findings(folder, evidence))
    yield from _guarded("stages", lambda: stage_findings(folder))
    for name, place in folder.endpoints:
        yield from _guarded(f"outcome {name}", partial(_of_models, folder, place, external=False))
        for cohort, where in folder.cohorts(place):
            yield from _guarded(
                f"outcome {name}, {cohort}", partial(_of_models, folder, where, external=True)
            )
    yield from _guarded("evidence page", lambda: evidence_page_findings(folder))
    yield from _guarded("checklist", lambda: checklist_findings(root, evidence))
    yield from _guarded("report", lambda: report_findings(folder))
    yield from _guarded("inputs", lambda: input_findings(folder))


def _of_models(folder: ResultFolder, place: str, *, external: bool) -> Iterator[Finding]:
    yield from EndpointAudit(folder, place, external=external).findings()
    if not external:
        yield from card_findings(folder, place)


def _guarded(check: str, findings: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """A damaged file ends its own check alone, and is a finding."""
    try:
        yield from findings()
    except NbradiomicsError as error:
        yield Finding(check, "broken", f"It could not be checked: {error.problem}")
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OSError, ArithmeticError) as error:
        yield Finding(check, "broken", f"It could not be checked: {type(error).__name__}: {error}")
