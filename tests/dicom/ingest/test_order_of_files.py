"""The same files in another folder, under other names, give the same tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nbradiomics.dicom.ingest.cohort import Ingested, ingest
from tests.support.dicom_series import make_structure_set, uid, write, write_series


def _written(folder: Path, date: str) -> list[Path]:
    """A series that three unknown persons drew on, each another region, on dates that may tell nothing."""
    files = write_series(folder, "T2")
    for number, slices in enumerate((1, 2, 4)):
        drawn = make_structure_set(files[:slices], series=f"contours {number}", StructureSetDate=date)
        drawn.SOPInstanceUID = drawn.file_meta.MediaStorageSOPInstanceUID = uid("drawn", number)
        files.append(write(drawn, folder / f"rs{number}"))
    return files


def _volumes(done: Ingested) -> dict[str, float]:
    return dict(zip(done.masks["reader"], done.masks["volume"], strict=True))


@pytest.mark.parametrize("date", ["20200301", ""])
def test_numbers_of_readers_do_not_follow_paths(tmp_path: Path, date: str) -> None:
    files = _written(tmp_path / "one", date)
    moved = tmp_path / "other" / "deep"
    moved.mkdir(parents=True)
    for place, path in enumerate(reversed(files)):
        shutil.copy(path, moved / f"{place:03d}")
    first, second = (
        ingest(tmp_path / folder, out=tmp_path / f"out {folder}", key=tmp_path / "key", jobs=1)
        for folder in ("one", "other")
    )
    assert sorted(_volumes(first)) == ["reader-1", "reader-2", "reader-3"]
    assert len(set(_volumes(first).values())) == 3
    assert _volumes(first) == _volumes(second)
    assert first.masks.equals(second.masks)


def test_two_contents_of_one_object_do_not_follow_paths(tmp_path: Path) -> None:
    """Even if a program gave two objects one UID and no date."""
    images = write_series(tmp_path / "one", "T2")
    tables = []
    for order in (("a", "b"), ("b", "a")):
        folder = tmp_path / "".join(order)
        shutil.copytree(tmp_path / "one", folder)
        for name, slices in zip(order, (2, 4), strict=True):
            drawn = make_structure_set(images[:slices], StructureSetDate="", SeriesDate="")
            write(drawn, folder / f"rs{name}")
        tables.append(_volumes(ingest(folder, out=tmp_path / f"out {order}", key=tmp_path / "key", jobs=1)))
    assert len(tables[0]) == 2
    assert tables[0] == tables[1]
