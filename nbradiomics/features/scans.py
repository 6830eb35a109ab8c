"""Extract the masks of a scan together: the image is read once, and shared steps are done once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from typing_extensions import TypedDict

from nbradiomics.cohort import Case
from nbradiomics.cohort.case_region import region_hashes, region_on
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.execution.batch import Batch, Failure
from nbradiomics.execution.execution import Execution, Keep, Stored
from nbradiomics.execution.stage_names import StageName
from nbradiomics.execution.workspace import PASSING, Payload, content_hash, result_key
from nbradiomics.features.extract import ENGINES, extract_regions
from nbradiomics.features.parameters import UNION, Parameters
from nbradiomics.images.io import read_image

STAGE = StageName.EXTRACT
#: Largest number of masks of a scan that are extracted together.
_TOGETHER = 64
#: Arguments of `_extract_masks` after the cases: parameters, engine, label.
_Options = tuple[Parameters, str, int]
_Groups = Mapping[str, tuple[Case, ...]]


class _Measured(TypedDict):
    """Stored result of a mask."""

    values: dict[str, float]
    missing: dict[str, str]
    span: tuple[float, float] | None


class _Together(TypedDict):
    """Stored result of the masks of a scan."""

    cases: dict[str, _Measured]
    failures: dict[str, tuple[str, str, str]]


def extract_scans(
    cases: Mapping[str, Case], parameters: Parameters, engine: str, label: int, execution: Execution
) -> Batch[Payload]:
    """Extract the features of every case; the cases of a scan are extracted together.

    Parameters
    ----------
    cases
        Cases by name.
    parameters, engine, label, execution
        As in `extract_cohort`.

    Returns
    -------
    Batch
        Features and failures of each case. With ``crop: union`` results are stored by scan, because the
        features of a mask depend on the other masks: a scan with a failed case is computed again next time.
    """
    options = (parameters, engine, label)
    if parameters.own.crop == UNION:
        return _kept_by_scan(cases, options, execution)

    def make(names: Sequence[str], keep: Keep) -> Batch[Payload]:
        return _by_groups({name: cases[name] for name in names}, options, execution, keep)

    stored = Stored(lambda name: _key([cases[name]], options), _Measured)
    return _in_order(cases, execution.find_or_make(list(cases), make, stage=STAGE, stored=stored))


def _kept_by_scan(cases: Mapping[str, Case], options: _Options, execution: Execution) -> Batch[Payload]:
    scans = _scans(cases.values())
    arguments = {name: (members, *options) for name, members in scans.items()}
    stored = Stored(lambda name: _key(scans[name], options), _Together)
    return _in_order(
        cases, _of_cases(execution.map(_extract_masks, arguments, stage=STAGE, stored=stored), scans)
    )


def _by_groups(
    cases: Mapping[str, Case], options: _Options, execution: Execution, keep: Keep
) -> Batch[Payload]:
    """Extract cases in groups of one scan; the cases of a group that failed are tried again one by one."""

    def keep_cases(_: str, payload: Payload) -> None:
        for name, result in payload["cases"].items():
            keep(name, result)

    def run(groups: _Groups) -> Batch[Payload]:
        arguments = {name: (members, *options) for name, members in groups.items()}
        return execution.map(_extract_masks, arguments, stage=STAGE, keep=keep_cases)

    groups = _groups(_scans(cases.values()), execution.jobs)
    batch = run(groups)
    failed = {failure.case for failure in batch.failures if len(groups[failure.case]) > 1}
    if failed:
        alone = {case.name: (case,) for name in failed for case in groups[name]}
        again = run(alone)
        groups |= alone
        remaining = [failure for failure in batch.failures if failure.case not in failed]
        batch = Batch(batch.results | again.results, remaining + again.failures)
    return _of_cases(batch, groups)


def _scans(cases: Iterable[Case]) -> dict[str, tuple[Case, ...]]:
    scans: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        scans[case.scan.name].append(case)
    return {name: tuple(members) for name, members in scans.items()}


def _groups(scans: _Groups, jobs: int) -> dict[str, tuple[Case, ...]]:
    """Group cases by scan; if there are fewer scans than processes, divide them so that all are busy."""
    parts = max(-(-jobs // max(len(scans), 1)), 1)
    return {
        f"{name}#{number}": tuple(members[index] for index in part)
        for name, members in scans.items()
        for number, part in enumerate(np.array_split(np.arange(len(members)), _parts(len(members), parts)))
    }


def _parts(masks: int, requested: int) -> int:
    """Return the number of groups of a scan's masks: all masks of a group are in memory at the same time."""
    return min(max(requested, -(-masks // _TOGETHER)), masks)


def _of_cases(batch: Batch[Payload], groups: _Groups) -> Batch[Payload]:
    """Convert results and failures of groups into those of their cases."""
    payloads = batch.results.values()
    results = {name: result for payload in payloads for name, result in payload["cases"].items()}
    failures = {name: text for payload in payloads for name, text in payload["failures"].items()}
    for failure in batch.failures:  # of the group as a whole
        text = (failure.cause, failure.hint, failure.details)
        failures |= {case.name: text for case in groups[failure.case]}
    return Batch(results, [Failure(name, STAGE, *text) for name, text in failures.items()])


def _in_order(cases: Mapping[str, Case], batch: Batch[Payload]) -> Batch[Payload]:
    failures = {failure.case: failure for failure in batch.failures}
    return Batch(
        {name: batch.results[name] for name in cases if name in batch.results},
        [failures[name] for name in cases if name in failures],
    )


def _key(cases: Iterable[Case], options: _Options) -> str:
    """Return the key of the stored results of some cases of one scan."""
    parameters, engine, label = options
    members = list(cases)
    masks = [(case.name, region_hashes(case, label)) for case in members]
    return result_key(
        STAGE,
        image=content_hash(members[0].scan.image),
        # The results of a single case do not depend on its name.
        masks=masks if parameters.own.crop == UNION else masks[0][1],
        parameters=parameters.fingerprint,
        engine=[engine, ENGINES[engine].engine_version()],
        holds=["values", "missing", "span"],
    )


def _extract_masks(cases: tuple[Case, ...], parameters: Parameters, engine: str, label: int) -> Payload:
    """Extract the features of some cases of one scan: ``cases`` and ``failures`` by name."""
    image = read_image(cases[0].scan.image)
    failures: dict[str, tuple[str, str, str]] = {}
    regions = {}
    for case in cases:
        try:
            regions[case.name] = region_on(image, case, label, parameters.fit)
        except NbradiomicsError as error:
            failures[case.name] = error.problem, error.remedy, error.details
    results = {}
    scan = str(cases[0].scan.image)
    for name, result in extract_regions(image, regions, parameters, engine=engine, name=scan).items():
        if isinstance(result, InputError):
            failures[name] = result.problem, result.remedy, result.details
        else:
            results[name] = {
                "values": result.values,
                "missing": result.missing,
                "span": result.span,
                PASSING: bool(result.broken),
            }
    return {"cases": results, "failures": failures, PASSING: bool(failures)}
