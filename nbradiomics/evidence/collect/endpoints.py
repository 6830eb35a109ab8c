"""Which endpoints a run was asked for: one whose models failed has no other fact."""

from __future__ import annotations

from collections.abc import Iterator

from nbradiomics.evidence.collect.plain import plain
from nbradiomics.evidence.collect.run import PROVENANCE, study_of
from nbradiomics.evidence.facts import ENDPOINTS, Fact
from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.execution.failures import FAILURES
from nbradiomics.execution.stage_names import StageName
from nbradiomics.files.names import file_stems
from nbradiomics.messages.wording import counted


def asked_endpoints(folder: ResultFolder) -> Iterator[Fact]:
    """Yield the endpoints that were asked for, by the names of their folders, and which have no models."""
    found = [name for name, place in folder.endpoints if folder.has(f"{place}summary.json")]
    section = study_of(folder).get("outcome")
    if section:
        names = [(str(one.get("name")),) for one in section.get("endpoints", ())]
        asked, source = file_stems(names), (PROVENANCE, "study: outcome: endpoints")
    elif found and folder.has("summary.json"):
        asked, source = found, ("summary.json", "event, target")
    else:
        return
    failed, sources = _failed(folder), [source]
    if failed:
        sources.append((FAILURES.file, f"rows of the stage {StageName.OUTCOME}"))
    without = [name for name in asked if name not in found]
    text = f"{counted(len(asked), 'endpoint')} asked for: {', '.join(asked)}."
    if without:
        text += f" No models, because they failed: {', '.join(without)}."
    parts = [case for case in failed if file_stems([(case,)])[0] not in without]
    if parts:
        text += f" Failed too: {', '.join(parts)}."
    value = {"asked": asked, "without_models": without, "failed": failed}
    yield folder.fact(ENDPOINTS, text, plain(value), *sources)


def _failed(folder: ResultFolder) -> list[str]:
    """Names of what failed in the stage of the outcome models: endpoints, their parts and cohorts."""
    table = folder.table(FAILURES)
    return [] if table is None else list(table.loc[table["stage"] == StageName.OUTCOME, "case"])
