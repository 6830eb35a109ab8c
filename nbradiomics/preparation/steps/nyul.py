"""Nyul's landmarks: percentiles of each image are moved to a standard scale that training images define.

Nyul, Udupa and Zhang 2000 (10.1109/42.836373). Each training image is scaled linearly, so that its lowest and
highest landmark are 0 and 100; the standard scale is the mean of the landmarks over the training images.
An image is then mapped by the piecewise linear function that sends its own landmarks to the standard scale.
Beyond the outer landmarks the function goes on with the slope of the outermost piece. It is increasing
everywhere, so that the order of intensities stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from nbradiomics.errors import InputError
from nbradiomics.files.checked_json import in_short, read_checked, write_checked
from nbradiomics.preparation.steps.percentile import TOP
from nbradiomics.preparation.steps.step import FittedStep, Measured, Step
from nbradiomics.preparation.tissue import OVER, Over, voxels_over
from nbradiomics.preparation.volume import Volume, fingerprint, values_of

#: Fewest training images: one image's landmarks would just be copied.
LEAST_IMAGES = 2
#: Note of an image that is one of the training images.
SELF_FITTED = "the landmarks were fitted on this image too"
#: How far the outer landmarks of the standard scale may be from 0 and 100.
_ROUNDING = 1e-6
_DECILES = tuple(float(percent) for percent in range(10, 100, 10))


class Nyul(FittedStep):
    """Landmarks at the lowest and highest percentile and all deciles, to be fitted on training images."""

    kind: ClassVar[str] = "nyul"
    normalises: ClassVar[bool] = True

    over: Over = Field(default="foreground", description=OVER)
    low: Annotated[float, Field(ge=0, lt=10)] = Field(default=1.0, description="Lowest percentile.")
    high: Annotated[float, Field(gt=90, le=100)] = Field(default=99.0, description="Highest percentile.")

    @property
    def percentiles(self) -> tuple[float, ...]:
        """Percentiles of the landmarks."""
        return (self.low, *_DECILES, self.high)

    def measure(self, volume: Volume) -> Measured:
        """Landmarks of one image: percentiles of its chosen voxels.

        Raises
        ------
        InputError
            When two landmarks are the same number, or the image cannot be used.
        """
        with self._checked(volume):
            return Measured(fingerprint=fingerprint(volume.image), numbers=self.landmarks(volume))

    def landmarks(self, volume: Volume) -> tuple[float, ...]:
        """Percentiles of the chosen voxels of an image, ascending."""
        values = values_of(volume.image)[voxels_over(volume, self.over)]
        found = np.percentile(values, self.percentiles)
        if not np.all(np.diff(found) > 0):
            raise InputError(
                f"landmarks of the image coincide: {', '.join(f'{mark:g}' for mark in found)}.",
                "Too many voxels have the same value, such as 0 in the air: choose other voxels "
                "(over=foreground or over=body).",
            )
        return tuple(found.tolist())

    def fit(self, measured: Mapping[str, Measured]) -> NyulLandmarks:
        """Fit the standard scale on the landmarks of training images, by name of the image.

        Raises
        ------
        InputError
            When there are fewer than two different images.
        """
        different = {each.fingerprint for each in measured.values()}
        if len(different) < LEAST_IMAGES:
            raise InputError(
                f"step {self.name}: {len(different)} training image; at least {LEAST_IMAGES} different ones "
                "were expected.",
                "Name more training subjects.",
            )
        marks = np.array([measured[name].numbers for name in sorted(measured)])
        scaled = (marks - marks[:, :1]) / (marks[:, -1:] - marks[:, :1]) * TOP
        return NyulLandmarks(
            settings=self,
            scale=tuple(scaled.mean(axis=0).tolist()),
            fitted_on={name: measured[name].fingerprint for name in sorted(measured)},
        )


class NyulLandmarks(Step):
    """Landmarks of Nyul's method that were fitted on training images, and can be applied to any image.

    Examples
    --------
    >>> from nbradiomics.preparation.steps.step import Measured
    >>> first = Measured(fingerprint="a", numbers=tuple(range(11)))
    >>> second = Measured(fingerprint="b", numbers=tuple(range(0, 22, 2)))
    >>> Nyul().fit({"P1": first, "P2": second}).scale[:3]
    (0.0, 10.0, 20.0)
    """

    kind: ClassVar[str] = "nyul"
    normalises: ClassVar[bool] = True

    format: Literal["nbradiomics Nyul landmarks 1"] = Field(
        default="nbradiomics Nyul landmarks 1", description="Kind and version of the file."
    )
    settings: Nyul = Field(description="Settings of the fit.")
    scale: tuple[float, ...] = Field(description="Standard scale: value of each landmark afterwards.")
    fitted_on: dict[str, str] = Field(
        min_length=LEAST_IMAGES, description="Name and SHA-256 of each training image."
    )

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        if len(self.scale) != len(self.settings.percentiles) or not np.all(np.diff(self.scale) > 0):
            raise ValueError("scale must have an increasing value for each landmark")
        if not (abs(self.scale[0]) < _ROUNDING and abs(self.scale[-1] - TOP) < _ROUNDING):
            raise ValueError(f"scale must be from 0 to {TOP:g}")
        return self

    @property
    def over(self) -> Over:
        """Voxels in which the landmarks of an image are measured."""
        return self.settings.over

    @property
    def name(self) -> str:
        """Name of the settings: who was fitted is not part of it."""
        return self.settings.name

    def save(self, path: str | Path) -> None:
        """Write the landmarks to a small JSON file, with a checksum."""
        write_checked(self.model_dump(mode="json"), Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read landmarks that `save` wrote.

        Raises
        ------
        InputError
            When the file is missing, damaged or changed, or has other content.
        """
        try:
            return cls.model_validate(read_checked(Path(path)))
        except OSError as error:
            problem = f"{path} cannot be read: {error.strerror or error}."
            raise InputError(problem, "Give the file of the landmarks.") from error
        except ValueError as error:
            raise InputError(
                f"{path} is no file of Nyul landmarks: {in_short(error)}.", "Fit the landmarks again."
            ) from error

    def _applied(self, volume: Volume) -> Volume:
        marks = np.array(self.settings.landmarks(volume))
        values = values_of(volume.image)
        mapped = _piecewise(values, marks, np.array(self.scale))
        beyond = float(np.mean((values < marks[0]) | (values > marks[-1])))
        found: dict[str, float | str] = {
            "lowest_landmark": float(marks[0]),
            "highest_landmark": float(marks[-1]),
            "share_extrapolated": beyond,
            "training_images": float(len(self.fitted_on)),
        }
        return volume.with_values(mapped, self.record(found, *self._self_fitted(volume)))

    def _self_fitted(self, volume: Volume) -> tuple[str, ...]:
        mine = fingerprint(volume.image)
        return (SELF_FITTED,) if mine in self.fitted_on.values() else ()


def _piecewise(values: NDArray[np.float64], marks: NDArray[Any], scale: NDArray[Any]) -> NDArray[np.float64]:
    """Piecewise linear function through the landmarks, with the outer slopes beyond them."""
    mapped: NDArray[np.float64] = np.interp(values, marks, scale)
    slopes = np.diff(scale) / np.diff(marks)
    below, above = values < marks[0], values > marks[-1]
    mapped[below] = scale[0] + (values[below] - marks[0]) * slopes[0]
    mapped[above] = scale[-1] + (values[above] - marks[-1]) * slopes[-1]
    return mapped
