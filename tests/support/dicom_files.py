"""Write DICOM files, whatever is wrong with their values."""

from __future__ import annotations

from pathlib import Path

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from nbradiomics.system.quiet import quiet


def with_meta(dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> Dataset:
    """Give a dataset the elements that stand before it in a file."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    # A damaged dataset may name neither.
    meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID") or "1.2.3"
    meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID") or "1.2.3"
    dataset.file_meta = meta
    return dataset


def write(dataset: Dataset, path: Path) -> Path:
    """Write a dataset that has its meta elements to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with quiet():  # some tests write what no scanner should
        pydicom.dcmwrite(path, dataset, enforce_file_format=True)
    return path
