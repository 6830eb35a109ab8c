"""Rigid registration of an image onto that of another channel, by mutual information, computed by ITK.

Mattes' mutual information of 50 bins is maximised over rotation and translation, coarse to fine; it begins
at the position that the headers state. Voxels are sampled by a fixed seed and with one thread, so that the
result can be repeated. The image is then interpolated once, linearly, onto the grid of the target; its masks
follow by nearest neighbours. Outside the image the result is 0.

A higher mutual information is no proof: between voxels the interpolation smooths noise, which raises it. So a
shift of about half a slice may be due to that; look at the images.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np
import SimpleITK as sitk
from pydantic import Field

from nbradiomics.errors import InputError
from nbradiomics.preparation.moved_masks import with_moved_masks
from nbradiomics.preparation.steps.step import Step
from nbradiomics.preparation.volume import Volume
from nbradiomics.settings.kinds import Seed

_BINS = 50
#: Thinning and smoothing (mm) of the levels.
_LEVELS = ((4, 2.0), (2, 1.0), (1, 0.0))
#: Fewest voxels of a level along each axis.
_LEAST = 4
#: Least share of the target's grid that the image must cover, before and after.
LEAST_OVERLAP = 0.1
_ITERATIONS = 200
#: Step of the optimiser in mm at first, and when it has converged.
_FIRST_STEP, _LAST_STEP = 2.0, 1e-3


class Register(Step):
    """Move the image onto the grid of another channel, and its masks with it."""

    kind: ClassVar[str] = "register"
    changes_grid: ClassVar[bool] = True

    to: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")] = Field(
        description="Channel onto which the image is moved; its name has letters, digits and . _ - only."
    )
    samples: Annotated[int, Field(ge=1000)] = Field(
        default=100_000, description="Number of voxels in which the images are compared, drawn at random."
    )
    gain: Annotated[float, Field(ge=0, le=10)] = Field(
        default=0.05,
        description="Least gain of mutual information, as a share of that at the position of the headers; "
        "with less, this position is kept.",
    )
    seed: Annotated[Seed, Field(ge=1, le=2**31 - 1)] = Field(
        default=1, description="Seed of the choice of these voxels."
    )

    def _applied(self, volume: Volume) -> Volume:
        fixed = self._target(volume)
        moving = sitk.Cast(volume.image, sitk.sitkFloat32)
        before = _overlap(volume.image, fixed, sitk.Transform())
        _require_overlap(before, "the headers state")
        first = self._metric(fixed, moving, _centred(fixed))
        found, stop = self._best(fixed, moving)
        last = self._metric(fixed, moving, found)
        notes = [] if "Maximum number" not in stop else ["the registration ended before it converged"]
        proposed = float(np.linalg.norm(found.GetTranslation()))
        keeps = not last > first + self.gain * abs(first)
        if keeps:
            notes.append(
                f"the headers' position is kept: the best other one ({proposed:.1f} mm away) has a mutual "
                f"information of {last:.3g} instead of {first:.3g}, a gain below {self.gain:.0%}"
            )
            found, last = _centred(fixed), first
        covered = _covered(volume.image, fixed, found)
        after = float(sitk.GetArrayViewFromImage(covered).mean())
        _require_overlap(after, "was found")
        if after < 1:
            notes.append(f"{1 - after:.1%} of the grid lies outside the image; 0 there is no measured value")
        values: dict[str, float | str] = {
            "mutual_information_before": first,
            "mutual_information_after": last,
            **_motion(found),
            "overlap_before": before,
            "overlap_after": after,
            "converged": "no" if "Maximum number" in stop else "yes",
            "position": "headers" if keeps else "found",
            "proposed_shift_mm": proposed,
        }
        moved, emptied = with_moved_masks(volume, fixed, found)
        values["masks_emptied"] = float(emptied)
        image = sitk.Resample(moving, fixed, found, sitk.sitkLinear, 0.0, sitk.sitkFloat32)
        record = self.record(values, *notes)
        return replace(moved, image=image, covered=covered, records=(*volume.records, record))

    def _target(self, volume: Volume) -> sitk.Image:
        if volume.target is None:
            raise InputError(f"there is no image of channel {self.to}.", "Give it for this scan.")
        values = sitk.GetArrayViewFromImage(volume.target)
        if not np.isfinite(values).all() or values.min() == values.max():
            raise InputError(
                f"the image of channel {self.to} is constant or not finite.", "Look at it in a viewer."
            )
        for name, image in (("image", volume.image), (f"image of channel {self.to}", volume.target)):
            if min(image.GetSize()) < _LEAST:
                raise InputError(
                    f"the {name} has {min(image.GetSize())} voxels along an axis; at least {_LEAST} were "
                    "expected.",
                    "Leave out the step for images of so few slices.",
                )
        return sitk.Cast(volume.target, sitk.sitkFloat32)

    def _best(self, fixed: sitk.Image, moving: sitk.Image) -> tuple[sitk.Euler3DTransform, str]:
        """Best transform, from points of the target to points of the image, and why the search ended."""
        method = self._compared(fixed)
        levels = [level for level in _LEVELS if min(fixed.GetSize()) // level[0] >= _LEAST]
        method.SetShrinkFactorsPerLevel([shrink for shrink, _ in levels])
        method.SetMetricSamplingPercentagePerLevel(
            [self._share(fixed, shrink) for shrink, _ in levels], self.seed
        )
        method.SetSmoothingSigmasPerLevel([sigma for _, sigma in levels])
        method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
        method.SetOptimizerAsRegularStepGradientDescent(
            learningRate=_FIRST_STEP, minStep=_LAST_STEP, numberOfIterations=_ITERATIONS, relaxationFactor=0.6
        )
        method.SetOptimizerScalesFromPhysicalShift()
        found = _centred(fixed)
        method.SetInitialTransform(found, inPlace=True)
        try:
            method.Execute(fixed, moving)
        except RuntimeError as error:  # ITK's, when the images do not overlap any more
            raise InputError(
                "the registration failed: the images moved apart, or have too little in common.",
                "Look at both images in a viewer that uses the headers.",
                str(error),
            ) from error
        return found, str(method.GetOptimizerStopConditionDescription())

    def _compared(self, fixed: sitk.Image) -> sitk.ImageRegistrationMethod:
        method = sitk.ImageRegistrationMethod()
        method.SetMetricAsMattesMutualInformation(_BINS)
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentage(self._share(fixed, 1), self.seed)
        method.SetInterpolator(sitk.sitkLinear)
        return method

    def _share(self, fixed: sitk.Image, shrink: int) -> float:
        """Share of the voxels of a level that are compared."""
        voxels = math.prod(max(int(size) // shrink, 1) for size in fixed.GetSize())
        return min(1.0, self.samples / voxels)

    def _metric(self, fixed: sitk.Image, moving: sitk.Image, transform: sitk.Transform) -> float:
        """Mutual information in nats at full resolution; ITK minimises its negative."""
        method = self._compared(fixed)
        method.SetInitialTransform(transform, inPlace=False)
        return -float(method.MetricEvaluate(fixed, moving))


def _centred(fixed: sitk.Image) -> sitk.Euler3DTransform:
    """The identity, whose rotations are about the centre of the target."""
    start = sitk.Euler3DTransform()
    middle = [(count - 1) / 2 for count in fixed.GetSize()]
    start.SetCenter(fixed.TransformContinuousIndexToPhysicalPoint(middle))
    return start


def _motion(transform: sitk.Euler3DTransform) -> dict[str, float | str]:
    """Shift of the target's centre along x, y, z (LPS) and its length, in mm; angle in degrees."""
    shift = np.array(transform.GetTranslation())
    matrix = np.array(transform.GetMatrix()).reshape(3, 3)
    angle = math.acos(min(1.0, max(-1.0, (float(np.trace(matrix)) - 1) / 2)))
    return {
        "shift_x_mm": float(shift[0]),
        "shift_y_mm": float(shift[1]),
        "shift_z_mm": float(shift[2]),
        "shift_mm": float(np.linalg.norm(shift)),
        "rotation_degrees": math.degrees(angle),
    }


def _overlap(image: sitk.Image, fixed: sitk.Image, transform: sitk.Transform) -> float:
    """Share of the target's grid that lies in the image."""
    covered = _covered(image, fixed, transform)
    return float(sitk.GetArrayViewFromImage(covered).mean())


def _covered(image: sitk.Image, fixed: sitk.Image, transform: sitk.Transform) -> sitk.Image:
    """Voxels of the target's grid that lie in the image (8-bit)."""
    inside = sitk.Image(image.GetSize(), sitk.sitkUInt8) + 1
    inside.CopyInformation(image)
    return sitk.Resample(inside, fixed, transform, sitk.sitkNearestNeighbor, 0, sitk.sitkUInt8)


def _require_overlap(share: float, position: str) -> None:
    if share < LEAST_OVERLAP:
        raise InputError(
            f"at the position that {position}, the image covers {share:.1%} of the other channel's grid; at "
            f"least {LEAST_OVERLAP:.0%} were expected.",
            "Were both images made in one session? Look at them in a viewer that uses the headers.",
        )
