"""Replace the time of the export in an object by that of its source, so that two exports are identical."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def with_fixed_times(dataset: Dataset, date: str, time: str) -> None:
    """Set all dates and times at which the object, not its source, was made.

    Parameters
    ----------
    dataset
        The object, which is changed.
    date, time
        Date and time of the source (DA, TM).
    """
    dataset.InstanceCreationDate, dataset.InstanceCreationTime = date, time
    dataset.ContentDate, dataset.ContentTime = date, time
    for item in dataset.get("ContributingEquipmentSequence") or []:
        if "ContributionDateTime" in item:
            item.ContributionDateTime = f"{date}{time}"
