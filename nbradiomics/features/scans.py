"""Extract the masks of a scan together: the image is read once, and shared steps are done once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nbradiomics.cohort import Case
from nbradiomics.cohort.case_region import region_hashes, region_on
from nbradiomics.errors import NbradiomicsError
from nbradiomics.execution.batch import Batch
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.workspace import Payload, content_hash, result_key
from nbradiomics.features.extract import ENGINES, extract_regions
from nbradiomics.features.grouped import (
    STAGE,
    MeasuredTogether,
    by_scan,
    extract_items,
    held_group,
    in_order,
    of_items,
    payload_of,
)
from nbradiomics.features.held import HeldRow
from nbradiomics.features.parameters import UNION, Parameters
from nbradiomics.images.io import read_image

#: Arguments of `_extract_masks` after the cases: parameters, engine, label.
Options = tuple[Parameters, str, int]


def extract_scans(
    cases: Mapping[str, Case], parameters: Parameters, engine: str, label: int, execution: Execution
) -> Batch[HeldRow]:
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
    return extract_items(cases, _extract_masks, options, lambda case: case_key([case], options), execution)


def _kept_by_scan(cases: Mapping[str, Case], options: Options, execution: Execution) -> Batch[HeldRow]:
    scans = by_scan(cases.values())
    arguments = {name: (members, *options) for name, members in scans.items()}
    stored = Stored(lambda name: case_key(scans[name], options), MeasuredTogether)
    batch = execution.map(_extract_masks, arguments, stage=STAGE, stored=stored, held=held_group)
    return in_order(cases, of_items(batch, scans))


def case_key(cases: Iterable[Case], options: Options, **further: object) -> str:
    """Return the key of the stored results of some cases of one scan.

    Parameters
    ----------
    cases
        Cases that are stored together.
    options
        Parameters, engine and label.
    **further
        What else the results depend on.
    """
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
        **further,
    )


def _extract_masks(cases: tuple[Case, ...], parameters: Parameters, engine: str, label: int) -> Payload:
    """Extract the features of some cases of one scan: ``cases`` and ``failures`` by name."""
    image = read_image(cases[0].scan.image)
    refused: dict[str, NbradiomicsError] = {}
    regions = {}
    for case in cases:
        try:
            regions[case.name] = region_on(image, case, label, parameters.fit)
        except NbradiomicsError as error:
            refused[case.name] = error
    scan = str(cases[0].scan.image)
    return payload_of(extract_regions(image, regions, parameters, engine=engine, name=scan), refused)
