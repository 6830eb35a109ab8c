"""Record what is needed to repeat a run: versions, parameters, and hashes of the inputs."""

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

#: Packages whose version can change the results.
PACKAGES = (
    "nnunetv2",
    "torch",
    "SimpleITK",
    "pyradiomics-bhklab",
    "PyWavelets",
    "scikit-image",
    "numba",
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "lifelines",
    "firthmodels",
    "scikit-survival",
)


def package_versions() -> dict[str, str]:
    """Versions of the packages that compute results; ``not installed`` for one that is missing."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return versions


def describe_run(*, inputs: Iterable[Path], folder: Path, **parts: Any) -> dict[str, Any]:
    """Provenance of a run as a mapping that can be written as JSON.

    Parameters
    ----------
    inputs
        Files that the run read; their SHA-256 is recorded.
    folder
        The inputs' paths are recorded relative to this folder.
    **parts
        Other parts of the provenance: the study, the parameters, the model.
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


def provenance_file(table: Path) -> Path:
    """File with the provenance of a table that a command writes: ``NAME.provenance.json`` beside it."""
    return table.with_name(f"{table.stem}.provenance.json")


def write_provenance(path: Path, *, inputs: Iterable[Path], **parts: Any) -> None:
    """Write `describe_run` as JSON, with the inputs' paths relative to the folder of the file."""
    record = describe_run(inputs=inputs, folder=path.parent.resolve(), **parts)
    write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", path)
