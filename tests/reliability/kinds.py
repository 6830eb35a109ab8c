"""Every kind of bad input that is tried."""

from __future__ import annotations

from tests.reliability import (
    clinical,
    data_files,
    images,
    labels,
    nifti_headers,
    parameters,
    roles,
    table_files,
)
from tests.reliability.harness import Kind

KINDS: list[Kind] = [
    *images.KINDS,
    *nifti_headers.KINDS,
    *data_files.KINDS,
    *roles.KINDS,
    *labels.KINDS,
    *parameters.KINDS,
    *table_files.KINDS,
    *clinical.KINDS,
]
