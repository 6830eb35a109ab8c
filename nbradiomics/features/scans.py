"""The masks of a scan measured together: the image is read once, and what no mask changes is done once."""

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
#: Most masks of a scan that are measured together.
_TOGETHER = 64
#: What `_extract_masks` is given beside the cases: parameters, engine, label.
_How = tuple[Parameters, str, int]
_Groups = Mapping[str, tuple[Case, ...]]


class _Measured(TypedDict):
    """What is kept of a mask."""

    values: dict[str, float]
    missing: dict[str, str]
    span: tuple[float, float] | None


class _Together(TypedDict):
    """What is kept of the masks of a scan."""

    cases: dict[str, _Measured]
    failures: dict[str, tuple[str, str, str]]


def extract_scans(
    cases: Mapping[str, Case], parameters: Parameters, engine: str, label: int, execution: Execution
) -> Batch[Payload]:
    """Extract the features of every case, the cases of a scan together.

    Parameters
    ----------
    cases
        By name.
    parameters, engine, label, execution
        As in `extract_cohort`.

    Returns
    -------
    Batch
        Features and failures of each case. With ``crop: union`` results are kept by scan, since a mask's
        depend on the others: a scan in which a case failed is computed anew the next time.
    """
    how = (parameters, engine, label)
    if parameters.own.crop == UNION:
        return _kept_by_scan(cases, how, execution)

    def make(names: Sequence[str], keep: Keep) -> Batch[Payload]:
        return _by_groups({name: cases[name] for name in names}, how, execution, keep)

    stored = Stored(lambda name: _key([cases[name]], how), _Measured)
    return _in_order(cases, execution.find_or_make(list(cases), make, stage=STAGE, stored=stored))


def _kept_by_scan(cases: Mapping[str, Case], how: _How, execution: Execution) -> Batch[Payload]:
    scans = _scans(cases.values())
    arguments = {name: (own, *how) for name, own in scans.items()}
    stored = Stored(lambda name: _key(scans[name], how), _Together)
    return _in_order(
        cases, _of_cases(execution.map(_extract_masks, arguments, stage=STAGE, stored=stored), scans)
    )


def _by_groups(cases: Mapping[str, Case], how: _How, execution: Execution, keep: Keep) -> Batch[Payload]:
    """Cases in groups of a scan; those of a group that broke off are tried again one by one."""

    def keep_cases(_: str, payload: Payload) -> None:
        for name, own in payload["cases"].items():
            keep(name, own)

    def run(groups: _Groups) -> Batch[Payload]:
        arguments = {name: (own, *how) for name, own in groups.items()}
        return execution.map(_extract_masks, arguments, stage=STAGE, keep=keep_cases)

    groups = _groups(_scans(cases.values()), execution.jobs)
    batch = run(groups)
    broken = {failure.case for failure in batch.failures if len(groups[failure.case]) > 1}
    if broken:
        alone = {case.name: (case,) for name in broken for case in groups[name]}
        again = run(alone)
        groups |= alone
        left = [failure for failure in batch.failures if failure.case not in broken]
        batch = Batch(batch.results | again.results, left + again.failures)
    return _of_cases(batch, groups)


def _scans(cases: Iterable[Case]) -> dict[str, tuple[Case, ...]]:
    found: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        found[case.scan.name].append(case)
    return {name: tuple(own) for name, own in found.items()}


def _groups(scans: _Groups, jobs: int) -> dict[str, tuple[Case, ...]]:
    """The scans; fewer than there are processes are divided, so that each has something to do."""
    parts = max(-(-jobs // max(len(scans), 1)), 1)
    return {
        f"{name}#{number}": tuple(own[index] for index in part)
        for name, own in scans.items()
        for number, part in enumerate(np.array_split(np.arange(len(own)), _parts(len(own), parts)))
    }


def _parts(masks: int, asked: int) -> int:
    """Into how many groups the masks of a scan go: all of a group are held in memory at once."""
    return min(max(asked, -(-masks // _TOGETHER)), masks)


def _of_cases(batch: Batch[Payload], groups: _Groups) -> Batch[Payload]:
    """Results and failures of groups as those of their cases."""
    found = {name: own for payload in batch.results.values() for name, own in payload["cases"].items()}
    why = {name: text for payload in batch.results.values() for name, text in payload["failures"].items()}
    for failure in batch.failures:  # of the group as a whole
        why |= {case.name: (failure.cause, failure.hint, failure.details) for case in groups[failure.case]}
    return Batch(found, [Failure(name, STAGE, *text) for name, text in why.items()])


def _in_order(cases: Mapping[str, Case], batch: Batch[Payload]) -> Batch[Payload]:
    failures = {failure.case: failure for failure in batch.failures}
    return Batch(
        {name: batch.results[name] for name in cases if name in batch.results},
        [failures[name] for name in cases if name in failures],
    )


def _key(cases: Iterable[Case], how: _How) -> str:
    """Key of the results of some cases of one scan."""
    parameters, engine, label = how
    own = list(cases)
    masks = [(case.name, region_hashes(case, label)) for case in own]
    return result_key(
        STAGE,
        image=content_hash(own[0].scan.image),
        # The results of a case by itself are the same whatever it is called.
        masks=masks if parameters.own.crop == UNION else masks[0][1],
        parameters=parameters.fingerprint,
        engine=[engine, ENGINES[engine].engine_version()],
        holds=["values", "missing", "span"],
    )


def _extract_masks(cases: tuple[Case, ...], parameters: Parameters, engine: str, label: int) -> Payload:
    """Features of some cases of one scan: ``cases`` and ``failures`` by name."""
    image = read_image(cases[0].scan.image)
    failures: dict[str, tuple[str, str, str]] = {}
    regions = {}
    for case in cases:
        try:
            regions[case.name] = region_on(image, case, label, parameters.fit)
        except NbradiomicsError as error:
            failures[case.name] = error.problem, error.remedy, error.details
    found = {}
    what = {"engine": engine, "name": str(cases[0].scan.image)}
    for name, result in extract_regions(image, regions, parameters, **what).items():
        if isinstance(result, InputError):
            failures[name] = result.problem, result.remedy, result.details
        else:
            found[name] = {
                "values": result.values,
                "missing": result.missing,
                "span": result.span,
                PASSING: bool(result.broken),
            }
    return {"cases": found, "failures": failures, PASSING: bool(failures)}
