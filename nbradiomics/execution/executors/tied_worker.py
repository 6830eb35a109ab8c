"""Preloaded by the workers of a local Dask cluster: they end with the process that started the cluster."""

from __future__ import annotations

import os
from typing import Any

from nbradiomics.system.child_processes import tie_to_parent

#: Environment variable with the identifier of the process that started the cluster.
PARENT = "NBRADIOMICS_PARENT"


def dask_setup(_worker: Any) -> None:
    """Tie the process of the worker to its parent; Dask calls this in the main thread of the worker."""
    tie_to_parent(int(os.environ[PARENT]))
