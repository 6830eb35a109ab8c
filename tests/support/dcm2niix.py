"""dcm2niix as an independent reader of DICOM series."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import SimpleITK as sitk

from nbradiomics.images.io import read_image


def by_dcm2niix(folder: Path, out: Path, like: sitk.Image) -> sitk.Image:
    """Read the only series of a folder, with its axes in the order of another image."""
    program = shutil.which("dcm2niix") or shutil.which("dcm2niix", path=str(Path(sys.executable).parent))
    if program is None:
        program = str(pytest.importorskip("dcm2niix").bin)
    command = [program, "-f", "witness", "-z", "n", "-b", "n", "-o", str(out), str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    (file,) = out.glob("*.nii")
    orientation = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(like.GetDirection())
    return sitk.DICOMOrient(read_image(file), orientation)
