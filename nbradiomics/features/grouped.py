"""Do the work on all items of a scan together, and store the result of each item by itself.

An item is whatever is extracted from a scan: the mask of a reader, a variant of it, or the mask with other
parameters. The image is read once for all items of a group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from typing_extensions import TypedDict

from nbradiomics.cohort import Scan
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.execution.batch import Batch, Failure
from nbradiomics.execution.execution import Execution, Keep, Stored
from nbradiomics.execution.executors.lost_cases import killed_its_worker
from nbradiomics.execution.stage_names import StageName
from nbradiomics.execution.workspace import PASSING, Payload
from nbradiomics.features.engines.extraction import Extraction
from nbradiomics.features.held import HeldRow, held_row

STAGE = StageName.EXTRACT
#: Largest number of items of a scan that are extracted together.
_TOGETHER = 64


class Item(Protocol):
    """What is extracted from a scan."""

    @property
    def name(self) -> str:
        """Name in failures, different for each item."""

    @property
    def scan(self) -> Scan:
        """The scan."""


AnyItem = TypeVar("AnyItem", bound=Item)
_Groups = Mapping[str, tuple[AnyItem, ...]]


class Measured(TypedDict):
    """Stored result of an item."""

    values: dict[str, float]
    missing: dict[str, str]
    span: tuple[float, float] | None


class MeasuredTogether(TypedDict):
    """Stored result of the items of a scan."""

    cases: dict[str, Measured]
    failures: dict[str, tuple[str, str, str]]


def extract_items(
    items: Mapping[str, AnyItem],
    measure: Callable[..., Payload],
    options: tuple[Any, ...],
    key: Callable[[AnyItem], str],
    execution: Execution,
) -> Batch[HeldRow]:
    """Extract every item; the items of a scan are extracted together.

    Parameters
    ----------
    items
        Items by name.
    measure
        Called with some items of one scan and with `options`; returns the payload of `payload_of`.
    options
        Further arguments of `measure`.
    key
        Key of the stored result of an item; it depends on no other item.
    execution
        How work is done.

    Returns
    -------
    Batch
        Features and failures of each item, in their order.
    """

    def make(names: Sequence[str], keep: Keep) -> Batch[HeldRow]:
        return _by_groups({name: items[name] for name in names}, measure, options, execution, keep)

    stored = Stored(lambda name: key(items[name]), Measured)
    batch = execution.find_or_make(list(items), make, stage=STAGE, stored=stored, held=held_row)
    return in_order(items, batch)


def _by_groups(
    items: Mapping[str, AnyItem],
    measure: Callable[..., Payload],
    options: tuple[Any, ...],
    execution: Execution,
    keep: Keep,
) -> Batch[HeldRow]:
    """Extract items in groups of one scan; the items of a group that failed are tried again one by one."""

    def keep_items(_: str, payload: Payload) -> None:
        for name, result in payload["cases"].items():
            keep(name, result)
        for name, text in payload["failures"].items():
            execution.note(Failure(name, STAGE, *text))

    def run(groups: _Groups[AnyItem], execution: Execution) -> Batch[Payload]:
        arguments = {name: (members, *options) for name, members in groups.items()}
        return execution.map(measure, arguments, stage=STAGE, keep=keep_items, held=held_group)

    groups = _groups(by_scan(items.values()), execution.jobs)
    batch = run(groups, execution)
    failed = {failure.case for failure in batch.failures if len(groups[failure.case]) > 1}
    if failed:
        alone = {item.name: (item,) for name in failed for item in groups[name]}
        deadly = any(killed_its_worker(failure) for failure in batch.failures)
        again = run(alone, execution.with_workers() if deadly else execution)
        groups |= alone
        remaining = [failure for failure in batch.failures if failure.case not in failed]
        batch = Batch(batch.results | again.results, remaining + again.failures)
    return of_items(batch, groups)


def by_scan(items: Iterable[AnyItem]) -> dict[str, tuple[AnyItem, ...]]:
    """Group items by the name of their scan."""
    scans: dict[str, list[AnyItem]] = defaultdict(list)
    for item in items:
        scans[item.scan.name].append(item)
    return {name: tuple(members) for name, members in scans.items()}


def _groups(scans: _Groups[AnyItem], jobs: int) -> dict[str, tuple[AnyItem, ...]]:
    """Group items by scan; if there are fewer scans than processes, divide them so that all are busy."""
    parts = max(-(-jobs // max(len(scans), 1)), 1)
    return {
        f"{name}#{number}": tuple(members[index] for index in part)
        for name, members in scans.items()
        for number, part in enumerate(np.array_split(np.arange(len(members)), _parts(len(members), parts)))
    }


def _parts(items: int, requested: int) -> int:
    """Return the number of groups of a scan's items: all masks of a group are in memory at the same time."""
    return min(max(requested, -(-items // _TOGETHER)), items)


def held_group(payload: Payload) -> Payload:
    """Return what is held of the payload of a group."""
    return {**payload, "cases": {name: held_row(row) for name, row in payload["cases"].items()}}


def of_items(batch: Batch[Payload], groups: _Groups[AnyItem]) -> Batch[HeldRow]:
    """Convert results and failures of groups into those of their items."""
    payloads = batch.results.values()
    results = {name: result for payload in payloads for name, result in payload["cases"].items()}
    failures = {name: text for payload in payloads for name, text in payload["failures"].items()}
    for failure in batch.failures:  # of the group as a whole
        text = (failure.cause, failure.hint, failure.details)
        failures |= {item.name: text for item in groups[failure.case]}
    return Batch(results, [Failure(name, STAGE, *text) for name, text in failures.items()])


def in_order(names: Iterable[str], batch: Batch[HeldRow]) -> Batch[HeldRow]:
    """Put results and failures in the order of some names."""
    listed = list(names)
    failures = {failure.case: failure for failure in batch.failures}
    return Batch(
        {name: batch.results[name] for name in listed if name in batch.results},
        [failures[name] for name in listed if name in failures],
    )


def payload_of(
    results: Mapping[str, Extraction | InputError], refused: Mapping[str, NbradiomicsError]
) -> Payload:
    """Make the payload of a group: ``cases`` and ``failures`` by the name of the item.

    Parameters
    ----------
    results
        What was extracted, or why not.
    refused
        Items that could not be made, and why.
    """
    errors = {**refused, **{name: one for name, one in results.items() if isinstance(one, InputError)}}
    cases = {
        name: {
            "values": one.values,
            "missing": one.missing,
            "span": one.span,
            PASSING: bool(one.broken),
        }
        for name, one in results.items()
        if isinstance(one, Extraction)
    }
    failures = {name: (error.problem, error.remedy, error.details) for name, error in errors.items()}
    return {"cases": cases, "failures": failures, PASSING: bool(failures)}
