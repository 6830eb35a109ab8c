"""PyRadiomics as the engine: its numbers, unchanged."""

from __future__ import annotations

import re
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.errors import InputError, TransientError
from nbradiomics.execution.batch import FAULT
from nbradiomics.features.engines.extraction import Extraction
from nbradiomics.features.native.grid.preparation import tolerance
from nbradiomics.features.notes import listening
from nbradiomics.features.parameters import SECTION, Own, Parameters
from nbradiomics.features.parameters.limits import require_bins
from nbradiomics.system.memory import require_memory
from nbradiomics.system.transient import transient_cause

NAME = "pyradiomics"
_BROKEN = "FAILED:"


def engine_version() -> str:
    """Version of the PyRadiomics that makes the numbers."""
    return version("pyradiomics-bhklab")


def compute(image: sitk.Image, region: sitk.Image, parameters: Parameters) -> Extraction:
    """Compute every feature that the parameters enable.

    Parameters
    ----------
    image
        Three-dimensional, finite.
    region
        Binary, 1 inside, on the image's grid.
    parameters
        What to compute.

    Returns
    -------
    Extraction
        Values under PyRadiomics' names, NaN where it gives none, and what it logged as a warning or an error:
        why a feature is absent or undefined.

    Raises
    ------
    InputError
        With PyRadiomics' own words, when it refuses the region (too small, fewer dimensions than asked); and
        when the parameters ask for what PyRadiomics doesn't have.
    """
    refuse_own(parameters)
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    # The label of the file has been applied already: the region is binary.
    # PyRadiomics sets ITK's tolerance for the whole process; what libraries warn of stays inside.
    with listening() as notes, warnings.catch_warnings(), tolerance(None), _bounded(parameters):
        warnings.simplefilter("ignore")
        extractor = RadiomicsFeatureExtractor(parameters.content or {"setting": {}})
        try:
            result = extractor.execute(image, region, label=1)
        # What its C code and ITK refuse comes as a RuntimeError.
        except (ValueError, RuntimeError) as error:
            raise refusal(error) from error
    values = {
        str(name): float(value) for name, value in result.items() if not name.startswith("diagnostics_")
    }
    # PyRadiomics catches whatever breaks in a feature, logs the traceback and goes on with NaN.
    broken = {_feature(note): last_line(note) for note in notes if note.startswith(_BROKEN)}
    return Extraction(values, [last_line(note) for note in notes], broken)


def compute_together(
    image: sitk.Image, regions: Sequence[sitk.Image], parameters: Parameters
) -> list[Extraction | InputError]:
    """Compute the features of several regions of one image, one by one: or why one is refused."""
    found: list[Extraction | InputError] = []
    for region in regions:
        try:
            found.append(compute(image, region, parameters))
        except InputError as error:
            found.append(error)
    return found


def refuse_own(parameters: Parameters) -> None:
    """Raise `InputError` when a parameter file asks for anything in our own section."""
    if parameters.own.asks:
        asked = [name for name in ("ibsi", "crop") if getattr(parameters.own, name) != getattr(Own(), name)]
        raise InputError(
            f"{parameters.name} asks for {' and '.join(asked)} in its section `{SECTION}`, which the engine "
            f"`{NAME}` doesn't have.",
            "Use the engine `native` (`--engine native`), or remove the section.",
        )


def _feature(note: str) -> str:
    """Class and name of the feature that broke off, by the traceback; empty where it does not say."""
    found = re.findall(r"(\w+)\.py\", line \d+, in get(\w+)FeatureValue", note)
    return "_".join(found[-1]) if found else ""


def last_line(note: str) -> str:
    """What broke, of a traceback that PyRadiomics logged; any other note as it is."""
    return note.strip().splitlines()[-1] if note.startswith(_BROKEN) else note


def refusal(error: Exception) -> InputError:
    """Why a region is refused, in PyRadiomics' words, and what to do; or that our own code broke.

    What the system lacked is no refusal: it says nothing of the region.
    """
    cause = transient_cause(error)
    if cause is not None:
        return TransientError(f"{cause[0]} when its features were computed.", cause[1])
    if _is_meant(error):
        return InputError(f"PyRadiomics refuses the region: {error}", _REMEDY)
    details = "".join(traceback.format_exception(error))
    return InputError(f"{type(error).__name__}: {error}", FAULT, details)


def _is_meant(error: Exception) -> bool:
    """Whether PyRadiomics, ITK or a `raise` of ours refused something; other ValueErrors are faults."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    theirs = last is not None and bool({"radiomics", "SimpleITK"} & set(Path(last.filename).parts))
    return last is None or theirs or "SimpleITK" in str(error) or (last.line or "").startswith("raise ")


@contextmanager
def _bounded(parameters: Parameters) -> Iterator[None]:
    """Refuse a region of too many grey levels as soon as PyRadiomics bins it, before it makes matrices."""
    from radiomics import imageoperations

    edges = imageoperations.getBinEdges
    classes = parameters.content.get("featureClass") or {"glcm": None}

    def counted(values: NDArray[Any], **settings: Any) -> Any:
        require_bins(float(values.min()), float(values.max()), settings, parameters.limits)
        found = edges(values, **settings)
        if "glcm" in classes:
            what = f"PyRadiomics would make matrices of {len(found) - 1:,} grey levels"
            remedy = "Choose a larger bin width, or the engine `native`, which holds what occurs alone."
            require_memory(_LEVEL_PAIR * len(found) ** 2, what, remedy)
        return found

    imageoperations.getBinEdges = counted
    try:
        yield
    finally:
        imageoperations.getBinEdges = edges


#: Bytes for a pair of grey levels: the co-occurrence matrix of 13 directions in double precision, twice.
_LEVEL_PAIR = 2 * 13 * 8
_REMEDY = "Look at the mask in a viewer; see minimumROIDimensions and minimumROISize of the parameter file."
