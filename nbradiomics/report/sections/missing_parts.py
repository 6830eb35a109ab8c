"""Why a part is missing: it failed, it needs a second reader, or it was not requested."""

from __future__ import annotations

from nbradiomics.report.content import Block, Text
from nbradiomics.report.run_files import COMPARISONS, Run, rows_of
from nbradiomics.study.external import parts_of_case
from nbradiomics.tables import AUTO

NOT_REQUESTED = "not part of this run"
_TWO_READERS = "needs the masks of two readers"
_MODEL = f"needs masks of the model ({AUTO}) and of a reader"
#: Case in the table of failures for a stage that failed as a whole.
_WHOLE = "cohort"


def could_not(cause: str) -> str:
    """Say that a part failed, and why."""
    return f"could not be done: {cause}"


def absent_blocks(reason: str) -> tuple[Block, ...]:
    """Blocks of a section without results; none if it was not requested, because the page says so."""
    if reason == NOT_REQUESTED:
        return ()
    failed = reason.startswith(could_not(""))
    return (Text(as_sentence(reason), tone="warning" if failed else "plain"),)


def as_sentence(reason: str) -> str:
    """Write a reason with a capital letter at its start and a full stop at its end."""
    return f"{reason[:1].upper()}{reason[1:]}" + ("" if reason.endswith((".", "!", "?")) else ".")


def why_no_features(run: Run) -> str:
    """Say why there is no feature table."""
    return _failed(run, "extract") or NOT_REQUESTED


def why_no_agreement(run: Run) -> str:
    """Say why no masks were compared."""
    few = run.cohort is not None and len(_readers(run)) < 2
    return _failed(run, "compare") or (_TWO_READERS if few else NOT_REQUESTED)


def why_no_study(run: Run) -> str:
    """Say why there is no reader study."""
    few = run.cohort is not None and len(_readers(run)) < 2
    return _failed(run, "readers") or (_TWO_READERS if few else NOT_REQUESTED)


def why_no_reproducibility(run: Run) -> str:
    """Say why the features of readers were not compared."""
    causes = [cause for comparisons in failed_comparisons(run).values() for cause in comparisons.values()]
    if causes:
        return could_not(" ".join(dict.fromkeys(causes)))
    if run.features is None and why_no_features(run) != NOT_REQUESTED:
        return could_not("there are no features.")
    few = run.cohort is not None and len(_readers(run)) < 2
    return _TWO_READERS if few else NOT_REQUESTED


def why_no_needed_agreement(run: Run) -> str:
    """Say why there is no needed agreement of the features."""
    causes = [cause for _, cause in failures_of(run, "needed_agreement")]
    if causes:
        return could_not(" ".join(dict.fromkeys(causes)))
    few = run.cohort is not None and len(_readers(run)) < 2
    if slices_of(run) and not few:
        return "not computed, because features are those of slices and masks are compared whole"
    return _TWO_READERS if few else NOT_REQUESTED


def slices_of(run: Run) -> str:
    """Say which slices the features are of; empty if they are those of whole regions."""
    record = run.provenance.get("slices") or {}
    words = {
        "largest": "the largest slice of each region",
        "median": "medians over the slices of each region",
    }
    return words.get(record.get("per_slice", ""), "")


def why_no_comparison(run: Run, context: str, comparison: str) -> str:
    """Say why one comparison of a context is missing although another exists."""
    cause = failed_comparisons(run).get(context, {}).get(comparison)
    if cause:
        return could_not(cause)
    readers = _readers(run)
    if comparison == "readers":
        return _TWO_READERS if run.cohort is not None and len(readers - {AUTO}) < 2 else NOT_REQUESTED
    return _MODEL if run.cohort is not None and AUTO not in readers else NOT_REQUESTED


def failed_comparisons(run: Run) -> dict[str, dict[str, str]]:
    """Return the cause of each failed comparison, by context and comparison as in `Run.reproducibility`."""
    causes: dict[str, dict[str, str]] = {}
    for case, cause in failures_of(run, "reproducibility"):
        for comparison in COMPARISONS:
            if case == comparison or case.startswith(f"{comparison}_"):
                causes.setdefault(case[len(comparison) + 1 :], {})[comparison] = cause
    return causes


def failed_studies(run: Run) -> dict[str, str]:
    """Return the cause of each failed study of the section `reproducibility`, by its name."""
    cases = failures_of(run, "reproducibility")
    return {case.removeprefix("study "): cause for case, cause in cases if case.startswith("study ")}


def why_no_rules(run: Run) -> str:
    """Say why the rules of the section `reproducibility` have no result; empty if they did not fail."""
    causes = [cause for case, cause in failures_of(run, "reproducibility") if case == "rules"]
    return could_not(causes[0]) if causes else ""


def failed_endpoints(run: Run) -> dict[str, str]:
    """Return the cause for each endpoint whose models failed, by its name."""
    cases = ((parts_of_case(case), cause) for case, cause in failures_of(run, "outcome"))
    return {endpoint: cause for (endpoint, cohort), cause in cases if not cohort}


def failed_validations(run: Run) -> dict[str, dict[str, str]]:
    """Return the cause for each external validation that failed, by endpoint and external cohort."""
    causes: dict[str, dict[str, str]] = {}
    for case, cause in failures_of(run, "outcome"):
        endpoint, cohort = parts_of_case(case)
        if cohort:
            causes.setdefault(endpoint, {})[cohort] = cause
    return causes


def _failed(run: Run, stage: str) -> str:
    causes = [cause for case, cause in failures_of(run, stage) if case == _WHOLE]
    return could_not(causes[0]) if causes else ""


def failures_of(run: Run, stage: str) -> list[tuple[str, str]]:
    """Return case and cause of each failure of a stage."""
    if run.failures is None:
        return []
    selected = run.failures[run.failures["stage"] == stage]
    return [(case, cause) for case, cause in rows_of(selected, "case", "cause")]


def _readers(run: Run) -> set[str]:
    """Return the readers with at least one mask."""
    return set() if run.cohort is None else set(run.cohort.loc[run.cohort["mask"] != "", "reader"])
