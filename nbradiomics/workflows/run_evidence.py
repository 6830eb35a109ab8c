"""Write the evidence of a run: what its files say, and what is computed again for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from nbradiomics.cohort.lesions import COMPONENTS, lesion_rule, measured_cases
from nbradiomics.evidence.checklists.write import FOLDER as CHECKLISTS, write_checklists
from nbradiomics.evidence.computed.ibsi import ibsi_fact
from nbradiomics.evidence.computed.parity import parity_fact
from nbradiomics.evidence.facts import Fact
from nbradiomics.evidence.write import read_evidence, write_evidence
from nbradiomics.execution.execution import Execution
from nbradiomics.features.extract import resolve_label
from nbradiomics.features.parameters import load_parameters
from nbradiomics.report.run_files import is_outcome_folder
from nbradiomics.tables import feature_columns
from nbradiomics.tables.feature_kinds import FAMILIES, count_origins
from nbradiomics.workflows.folder import is_outcome_file, is_run_file
from nbradiomics.workflows.stages.base import Work

#: Folders of stored results, of the demo's input and of what is made from the evidence: no results.
_NO_RESULTS = ("cache", "input", "shards", CHECKLISTS)


def write_run_evidence(work: Work) -> Path:
    """Write ``evidence.json`` of a run, from the files that its stages wrote."""
    root = work.folder.root
    return write_evidence(root, result_files(root), _computed(work))


def write_run_checklists(root: Path) -> list[str]:
    """Write the published checklists of a run from its evidence; return what the user must know of them."""
    return write_checklists(read_evidence(root), root)


def write_outcome_evidence(folder: Path) -> Path:
    """Write ``evidence.json`` of a folder that the command `outcome` wrote."""
    return write_evidence(folder, result_files(folder))


def result_files(root: Path) -> list[str]:
    """Paths of the files that a run or the command `outcome` wrote in its folder, without stored results."""
    if is_outcome_folder(root):
        return [name for name in _files(root) if is_outcome_file(PurePosixPath(name))]
    found = (name for name in _files(root) if name.split("/")[0] not in _NO_RESULTS)
    return [name for name in found if is_run_file(PurePosixPath(name), ())]


def _files(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield path.relative_to(root).as_posix()


def _computed(work: Work) -> Iterator[Fact]:
    origins = count_origins(feature_columns(work.features))
    yield ibsi_fact(families=FAMILIES in origins)
    parameters = load_parameters(work.study.extract.params)
    label = int(resolve_label(parameters, None))
    engine = work.study.extract.engine
    rule = lesion_rule(work.study.asked_lesions, work.cohort.table)
    # To find the components of all masks again would take longer than what they are compared for.
    cases = [] if rule == COMPONENTS else measured_cases(work.cohort, rule, label=label)
    found = parity_fact(cases, work.features, parameters, engine, label, _unrecorded(work.execution))
    if found is not None:
        yield found


def _unrecorded(execution: Execution) -> Execution:
    """The same execution without a record: all stages have ended, and no further case belongs to one."""
    stored = execution.workspace
    return execution if stored is None else replace(execution, workspace=replace(stored, record=None))
