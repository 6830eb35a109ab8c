"""The fitted model of habitats: what a value means, the same for each patient; stored as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, model_validator

from nbradiomics.errors import InputError
from nbradiomics.files.checked_json import in_short, read_checked, write_checked
from nbradiomics.habitats.clusters.mixture import Mixture
from nbradiomics.habitats.clusters.smearing import smeared_shares

Array = NDArray[np.float64]
Labels = NDArray[np.intp]

#: Voxels whose probabilities are computed together.
_CHUNK = 50_000
#: Most habitats: one more number of a label map means "no value".
_MOST = 254
#: Largest size of a number, far above any intensity, and how far the weights may be from 1 together.
LARGEST, _ROUNDING = 1e15, 1e-6


class HabitatModel(BaseModel):
    """Groups of voxels in the space of standardised channels, numbered by the mean of the first channel.

    Attributes
    ----------
    channels, units
        Names and units of the channels, in order.
    variant
        Preparation of the images that fitted it; images of another variant are refused.
    method, errors
        Mixture or k-means, and how error maps entered.
    error_channels
        Channels that have an error map.
    centre, scale
        Mean and standard deviation of each channel over the voxels that fitted it, each subject with equal
        weight.
    weights, means, covariances
        Of each habitat, in standardised channels. k-means has centres (`means`) and shares (`weights`) only.
    subjects, voxels
        Numbers of subjects and voxels that fitted it.
    images
        Fingerprints of the images that fitted it, by which their subjects are found again under any name.
    names
        Prints of the names of the subjects that fitted it (`nbradiomics.cohort.fitted_names`), by which they
        are found again with other images.
    seed
        Seed of the fit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal["nbradiomics habitats 1"] = "nbradiomics habitats 1"
    channels: tuple[str, ...]
    units: tuple[str, ...]
    variant: str
    method: Literal["mixture", "kmeans"]
    errors: Literal["deconvolved", "smeared", "none"]
    error_channels: tuple[str, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    means: tuple[tuple[float, ...], ...]
    covariances: tuple[tuple[tuple[float, ...], ...], ...] = ()
    converged: bool = True
    subjects: int
    voxels: int
    images: tuple[str, ...]
    names: tuple[str, ...] = ()
    seed: int

    @model_validator(mode="after")
    def _shapes(self) -> HabitatModel:
        channels, clusters = len(self.channels), len(self.weights)
        if (
            not channels
            or clusters < 2
            or not len(self.units) == len(self.centre) == len(self.scale) == channels
        ):
            raise ValueError("the numbers of channels and habitats do not fit together")
        if np.shape(self.means) != (clusters, channels) or min(self.scale) <= 0:
            raise ValueError("the means or scales do not fit the channels")
        if self.method == "mixture" and np.shape(self.covariances) != (clusters, channels, channels):
            raise ValueError("the covariances do not fit the channels")
        if not set(self.error_channels) <= set(self.channels) or len(set(self.channels)) < channels:
            raise ValueError("error_channels names other channels, or a channel is there twice")
        return self

    @model_validator(mode="after")
    def _possible(self) -> HabitatModel:
        if len(self.weights) > _MOST:
            raise ValueError(f"there are {len(self.weights)} habitats; at most {_MOST} were expected")
        if min(self.weights) < 0 or abs(sum(self.weights) - 1) > _ROUNDING:
            raise ValueError("the weights must be shares that add up to 1")
        numbers = [*self.centre, *self.scale, *np.ravel(self.means), *np.ravel(self.covariances)]
        if np.abs(numbers).max() > LARGEST:
            raise ValueError("a number is too large")
        for one in map(np.array, self.covariances):
            if not np.allclose(one, one.T) or np.linalg.eigvalsh(one).min() <= 0:
                raise ValueError("a covariance is not symmetric and positive definite")
        return self

    @property
    def clusters(self) -> int:
        """Number of habitats."""
        return len(self.weights)

    @property
    def has_confidence(self) -> bool:
        """Whether a voxel has a probability of its habitat."""
        return self.method == "mixture"

    @property
    def mixture(self) -> Mixture:
        """The components in standardised channels."""
        return Mixture(np.array(self.weights), np.array(self.means), np.array(self.covariances))

    def channel_means(self) -> Array:
        """Mean of each habitat (rows) in each channel (columns), in units of the channels."""
        return np.asarray(
            np.array(self.means) * np.array(self.scale) + np.array(self.centre), dtype=np.float64
        )

    def standardised(self, values: Array) -> Array:
        """Values of the channels in standard deviations from the mean of the fitting voxels."""
        return np.asarray((values - np.array(self.centre)) / np.array(self.scale), dtype=np.float64)

    def shares(self, values: Array, errors: Array | None = None) -> Array:
        """Probability of each habitat for each voxel.

        Parameters
        ----------
        values
            One row per voxel, one column per channel, in units of the channels.
        errors
            Standard errors of the same shape, 0 for a channel without; ``None`` ignores them.

        Returns
        -------
        numpy.ndarray
            One row per voxel, one column per habitat. For k-means, 1 for the nearest centre.
        """
        scaled = self.standardised(values)
        used = errors is not None and self.errors != "none" and bool(self.error_channels)
        variances = (errors / np.array(self.scale)) ** 2 if used and errors is not None else None
        parts = [
            self._shares(scaled[at : at + _CHUNK], None if variances is None else variances[at : at + _CHUNK])
            for at in range(0, max(len(scaled), 1), _CHUNK)
        ]
        return np.concatenate(parts)

    def _shares(self, scaled: Array, variances: Array | None) -> Array:
        if self.method == "kmeans":
            return np.eye(self.clusters)[nearest(scaled, np.array(self.means))]
        mixture = self.mixture
        if variances is not None and self.errors == "smeared":
            return smeared_shares(
                scaled, variances, lambda moved: mixture.probabilities(moved).argmax(axis=1), self.clusters
            )
        return mixture.probabilities(scaled, variances)

    def write(self, path: str | Path) -> None:
        """Write the model as JSON, with a checksum."""
        write_checked(self.model_dump(mode="json"), Path(path))


def nearest(scaled: Array, centres: Array) -> Labels:
    """Number of the nearest centre, from 0."""
    distances = [np.square(scaled - centre).sum(axis=1) for centre in centres]
    return np.asarray(np.stack(distances, axis=1).argmin(axis=1), dtype=np.intp)


def read_habitat_model(path: str | Path) -> HabitatModel:
    """Read a stored model.

    Parameters
    ----------
    path
        File `model.json` that `nbradiomics habitats` wrote.

    Raises
    ------
    InputError
        When the file is missing, damaged, changed, or not such a model.

    Examples
    --------
    >>> read_habitat_model("habitats.json").channels
    ('ADC',)
    """
    remedy = "Give the file model.json that `nbradiomics habitats` wrote."
    try:
        return HabitatModel.model_validate(read_checked(Path(path)))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.", remedy) from error
    except ValueError as error:
        raise InputError(f"{path} is not a model of habitats: {in_short(error)}.", remedy) from error
