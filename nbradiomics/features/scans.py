"""All masks of a scan at once, where an image is cropped to their union before it is filtered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from nbradiomics.case_region import read_case, region_hashes
from nbradiomics.cohort import Case
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.execution import Batch, Failure
from nbradiomics.features.extract import ENGINES, extract_regions
from nbradiomics.features.parameters import Parameters
from nbradiomics.workspace import PASSING, Payload, content_hash, result_key, run_stored

STAGE = "extract"


def extract_scans(
    cases: Mapping[str, Case], parameters: Parameters, engine: str, label: int, **how: Any
) -> Batch[Payload]:
    """Extract the features of every case, the cases of a scan together.

    Parameters
    ----------
    cases
        By name.
    parameters, engine, label
        As in `extract_cohort`.
    how
        Workspace, jobs and progress of `workspace.run_stored`.

    Returns
    -------
    Batch
        Features and failures of each case. A scan in which a case failed is computed anew the next time.
    """
    scans: dict[str, list[Case]] = defaultdict(list)
    for case in cases.values():
        scans[case.scan.name].append(case)
    batch = run_stored(
        _extract_scan,
        {name: (tuple(own), parameters, engine, label) for name, own in scans.items()},
        key=lambda name: _key(scans[name], parameters, engine, label),
        stage=STAGE,
        **how,
    )
    found = {name: own for payload in batch.results.values() for name, own in payload["cases"].items()}
    failures = {name: why for payload in batch.results.values() for name, why in payload["failures"].items()}
    for failure in batch.failures:  # of the scan as a whole
        failures |= {case.name: (failure.cause, failure.hint) for case in scans[failure.case]}
    return Batch(
        {name: found[name] for name in cases if name in found},
        [Failure(name, STAGE, *failures[name]) for name in cases if name in failures],
    )


def _key(cases: list[Case], parameters: Parameters, engine: str, label: int) -> str:
    return result_key(
        STAGE,
        image=content_hash(cases[0].scan.image),
        masks=[(case.name, region_hashes(case, label)) for case in cases],
        parameters=parameters.fingerprint,
        engine=[engine, ENGINES[engine].engine_version()],
    )


def _extract_scan(cases: tuple[Case, ...], parameters: Parameters, engine: str, label: int) -> Payload:
    failures: dict[str, tuple[str, str]] = {}
    read: dict[str, Any] = {}
    for case in cases:
        try:
            read[case.name] = read_case(case, label)
        except NbradiomicsError as error:
            failures[case.name] = error.problem, error.remedy
    if not read:
        return {"cases": {}, "failures": failures, PASSING: True}
    image = next(iter(read.values()))[0]
    regions = {name: region for name, (_, region) in read.items()}
    found = {}
    for name, result in extract_regions(image, regions, parameters, engine=engine).items():
        if isinstance(result, InputError):
            failures[name] = result.problem, result.remedy
        else:
            found[name] = {"values": result.values, "notes": result.notes}
    return {"cases": found, "failures": failures, PASSING: bool(failures)}
