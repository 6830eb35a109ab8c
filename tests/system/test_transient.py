"""What the system lacked is named as that, says nothing of the file, and is never stored."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.cohort.columns import read_cohort_table
from nbradiomics.errors import InputError, TransientError
from nbradiomics.execution.batch import hint_for
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.workspace import Workspace
from nbradiomics.features.engines.pyradiomics_engine import refusal
from nbradiomics.images import io
from nbradiomics.images.io import read_image
from nbradiomics.study.checks.images import check_images
from nbradiomics.system.transient import transient_cause
from tests.robustness.corpus import EDGES, voxels
from tests.support.helpers import make_image, write_cohort, write_scan

ITK_MEMORY = (
    "Exception thrown in SimpleITK Cast: itkImportImageContainer.hxx:179:\n"
    "Failed to allocate memory for image."
)
CAUSES = {
    "memory": (MemoryError(), "memory ran out"),
    "memory of ITK": (RuntimeError(ITK_MEMORY), "memory ran out"),
    "memory of C++": (RuntimeError("std::bad_alloc"), "memory ran out"),
    "memory of the system": (OSError(errno.ENOMEM, "Cannot allocate memory"), "memory ran out"),
    "files": (OSError(errno.EMFILE, "Too many open files"), "too many files are open"),
    "disk": (OSError(errno.EIO, "Input/output error"), "input/output error"),
    "right": (PermissionError(errno.EACCES, "Permission denied"), "permission"),
    "network": (OSError(errno.ESTALE, "Stale file handle"), "Stale file handle"),
}
ENDINGS = ["nii.gz", "nii", "nrrd", "mha", "gipl", "vtk"]


def raising(error: BaseException) -> Callable[..., None]:
    def stop(*_: object, **__: object) -> None:
        raise error

    return stop


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("ending", ["nii.gz", "nrrd"])
def test_a_cause_that_may_pass_is_no_damage(
    ending: str, cause: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error, words = CAUSES[cause]
    path = tmp_path / f"a.{ending}"
    sitk.WriteImage(make_image(voxels("image"), EDGES), str(path))
    reader = "read_nifti" if ending == "nii.gz" else "read_by_itk"
    with monkeypatch.context() as during:
        during.setattr(io, reader, raising(error))
        with pytest.raises(TransientError, match=words) as stop:
            read_image(path)
    assert str(path) in stop.value.problem
    assert "damaged" not in str(stop.value)
    assert read_image(path).GetSize() == (11, 10, 9)


@pytest.mark.parametrize("ending", ENDINGS)
def test_too_many_open_files_are_no_damage(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{ending}"
    sitk.WriteImage(make_image(voxels("image"), EDGES), str(path), True)
    read_image(path)
    free = os.open(path, os.O_RDONLY)
    os.close(free)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    told = []
    try:
        for spare in range(200):  # whichever of the files that reading opens is the first that cannot be
            resource.setrlimit(resource.RLIMIT_NOFILE, (free + spare, before[1]))
            told.append(attempt(path))
            if told[-5:] == ["(11, 10, 9)"] * 5:
                break
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert "too many files are open" in told[0]
    assert all("too many files are open" in each or each == "(11, 10, 9)" for each in told), told
    assert told[-1] == "(11, 10, 9)"


def attempt(path: Path) -> str:
    try:
        return str(read_image(path).GetSize())
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("what", ["image", "mask"])
def test_check_never_stores_what_may_pass(
    what: str, cause: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error, words = CAUSES[cause]
    files = write_scan(tmp_path, "s", {"A": voxels("mask")})
    path = write_cohort(tmp_path, [f"s,{files['image']},A,{files['A']}"])
    table, _ = read_cohort_table(path, {})
    kept = Workspace(tmp_path / "kept")
    execution = Execution(workspace=kept)
    sound = io.read_nifti

    def unlucky(file: Path) -> sitk.Image:
        if (file.name == files["image"]) == (what == "image"):
            raise error
        return sound(file)

    with monkeypatch.context() as during:
        during.setattr(io, "read_nifti", unlucky)
        (problem,) = check_images(table, path, execution=execution)
    assert words in problem.problem
    assert problem.column == what
    assert "viewer" not in problem.remedy
    assert "export" not in problem.remedy.casefold()
    assert check_images(table, path, execution=execution) == []
    assert len(list(kept.root.rglob("*.json"))) == 1


def test_memory_that_runs_out_in_the_features_is_not_the_mask_s_fault() -> None:
    told = refusal(RuntimeError(ITK_MEMORY))
    assert isinstance(told, TransientError)
    assert "memory ran out" in told.problem
    assert "mask" not in str(told)
    assert "Memory ran out" in hint_for(RuntimeError(ITK_MEMORY))


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), RuntimeError("ITK ERROR: size"), FileNotFoundError(errno.ENOENT, "No such file")],
)
def test_other_exceptions_are_no_transient_causes(error: Exception) -> None:
    assert transient_cause(error) is None


def test_an_honest_image_that_memory_does_not_hold_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grown(*_: object) -> None:
        np.empty(1 << 60, np.uint8)

    sitk.WriteImage(make_image(voxels("image"), EDGES), str(tmp_path / "a.nrrd"))
    monkeypatch.setattr(io, "read_by_itk", grown)
    with pytest.raises(InputError, match="memory ran out"):
        read_image(tmp_path / "a.nrrd")
