"""What is needed to repeat a run: versions, parameters, and hashes of the inputs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from nbradiomics.execution.workspace import content_hash
from nbradiomics.files.atomic import write_text

#: Packages whose version can change a number.
PACKAGES = (
    "nnunetv2",
    "torch",
    "SimpleITK",
    "pyradiomics-bhklab",
    "numba",
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "lifelines",
)


def package_versions() -> dict[str, str]:
    """Versions of the packages that make the numbers; ``not installed`` for one that is absent."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return versions


def describe_run(*, inputs: Iterable[Path], folder: Path, **parts: Any) -> dict[str, Any]:
    """Provenance of a run as a mapping that JSON can hold.

    Parameters
    ----------
    inputs
        Files that the run read; their SHA-256 is recorded.
    folder
        Folder to which the inputs' paths are given.
    **parts
        Whatever else belongs to it: the study, the parameters, the model.
    """
    hashes = {os.path.relpath(path, folder): content_hash(path) for path in sorted(set(inputs))}
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "nbradiomics": version("nbradiomics"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": package_versions(),
        **parts,
        "inputs": hashes,
    }


def write_provenance(path: Path, *, inputs: Iterable[Path], **parts: Any) -> None:
    """Write `describe_run` as JSON, with the inputs' paths given from the file's folder."""
    record = describe_run(inputs=inputs, folder=path.parent.resolve(), **parts)
    write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", path)
