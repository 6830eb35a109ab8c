"""What all steps have in common: a kind, a short name with the parameters, and `apply`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from pydantic import BeforeValidator

from nbradiomics.errors import InputError
from nbradiomics.execution.executors.threads import one_thread_of_sums
from nbradiomics.preparation.volume import StepRecord, Volume, require_usable, require_values
from nbradiomics.settings import Settings


def _parts(value: Any) -> Any:
    """Split ``1x1x3``, the short form of a list."""
    return tuple(value.split("x")) if isinstance(value, str) else value


#: Marks a field that is a list, written ``1x1x3`` in a short form.
SHORT_LIST = BeforeValidator(_parts)


class Step(Settings, ABC):
    """A step: frozen parameters, and what it does to an image.

    The input is never changed, and the result does not depend on the number of threads.
    """

    #: Word by which users choose the step.
    kind: ClassVar[str]
    #: Whether intensities lose their unit.
    normalises: ClassVar[bool] = False
    #: Whether the unit must be arbitrary, because the physics behind the step is that of MR signals.
    arbitrary_units: ClassVar[bool] = False
    #: Whether the result has another grid: masks then move too.
    changes_grid: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """Kind and the parameters that differ from their defaults: ``n4_shrink=2``; unique."""
        given = (
            f"_{name}={short_form(value)}"
            for name, value in self
            if value != type(self).model_fields[name].get_default(call_default_factory=True)
        )
        return self.kind + "".join(given)

    def apply(self, volume: Volume) -> Volume:
        """Apply the step to a volume.

        Raises
        ------
        InputError
            When the image or the result is constant or not finite, a mask is empty, missing or on another
            grid, or the step would make intensities with a unit meaningless. The message names the case and
            the step.
        """
        with self._checked(volume):
            done = self._applied(volume)
            require_values(done.image, "the result")
            return done

    @contextmanager
    def _checked(self, volume: Volume) -> Iterator[None]:
        """Check a volume, compute with one thread, and name case and step in errors."""
        try:
            require_usable(volume)
            self._require_meaning(volume)
            with one_thread_of_sums():
                yield
        except InputError as error:
            problem = f"{volume.name}, step {self.name}: {error.problem}"
            raise type(error)(problem, error.remedy, error.details) from error

    @abstractmethod
    def _applied(self, volume: Volume) -> Volume:
        """Apply the step to a volume that was checked."""

    def record(self, values: Mapping[str, float | str], *notes: str) -> StepRecord:
        """Record of this step."""
        return StepRecord(self.name, dict(values), notes)

    def _require_meaning(self, volume: Volume) -> None:
        if volume.unit and (self.normalises or self.arbitrary_units):
            what = "would have no unit afterwards" if self.normalises else "are no MR signal"
            raise InputError(
                f"the voxels have the unit {volume.unit}, and {what}.",
                "Choose other images (`sequences` or `channels`), or leave out the step; remove the "
                "unit only if it is wrong.",
            )


class FittedStep(Step):
    """A step that first has to be fitted on images of training subjects."""

    @abstractmethod
    def measure(self, volume: Volume) -> Measured:
        """Measure what the fit needs of one image: a few numbers, which can be stored."""

    @abstractmethod
    def fit(self, measured: Mapping[str, Measured]) -> Step:
        """Fit on measurements by name of the training image; returns the step that can be applied."""

    def _applied(self, volume: Volume) -> Volume:  # noqa: ARG002
        raise InputError("the step was not fitted.", "Fit it on training images first (`fit`, `fit_steps`).")


class Measured(Settings):
    """What was measured of one training image, for a fit.

    Attributes
    ----------
    fingerprint
        SHA-256 of the image.
    numbers
        Meaning and order are those of the step.
    """

    fingerprint: str
    numbers: tuple[float, ...]


def short_form(value: Any) -> str:
    """Value of a parameter in the name of a step, without loss: ``4``, ``0.001``, ``1x1x3``, ``yes``."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return "x".join(map(short_form, value))
    if isinstance(value, float):
        return repr(value).removesuffix(".0").replace("e+", "e")
    return str(value)
