"""PyRadiomics as the engine: its values, unchanged."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.errors import InputError, TransientError
from nbradiomics.execution.batch import FAULT
from nbradiomics.features.engines.extraction import Extraction
from nbradiomics.features.native.grid.preparation import tolerance
from nbradiomics.features.notes import listening_to_pyradiomics
from nbradiomics.features.parameters import SECTION, Parameters
from nbradiomics.features.parameters.limits import require_bins
from nbradiomics.features.parameters.names import REPRODUCED
from nbradiomics.system.memory import require_memory
from nbradiomics.system.quiet import quiet
from nbradiomics.system.transient import transient_cause
from nbradiomics.system.versions import installed_version

NAME = "pyradiomics"
_BROKEN = "FAILED:"


def engine_version() -> str:
    """Return the version of the PyRadiomics that computes the values."""
    return installed_version("pyradiomics-bhklab")


def require_installed() -> None:
    """Raise `InputError` unless PyRadiomics can be imported, with its compiled parts.

    Only this engine, and what compares with it, need it.
    """
    try:
        import radiomics.featureextractor  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"PyRadiomics cannot be imported ({error}); the engine `{NAME}` and `verify` need it.",
            f"Install it, which needs a C compiler: pip install pyradiomics-bhklab=={REPRODUCED}; or use the "
            "engine `native`, which gives the same values.",
        ) from error


def compute(image: sitk.Image, region: sitk.Image, parameters: Parameters) -> Extraction:
    """Compute every feature that the parameters enable.

    Parameters
    ----------
    image
        Three-dimensional, finite.
    region
        Binary, 1 inside, on the image's grid.
    parameters
        Features to compute.

    Returns
    -------
    Extraction
        Values under PyRadiomics' names, NaN if it has no value, and the warnings and errors that it logged:
        why a feature is absent or undefined.

    Raises
    ------
    InputError
        With PyRadiomics' own words, when it refuses the region (too small, fewer dimensions than required);
        and when the parameters request something that PyRadiomics does not have.
    """
    refuse_own_section(parameters)
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    # The label of the file has been applied already: the region is binary.
    # PyRadiomics sets ITK's tolerance for the whole process; warnings of libraries are not shown.
    with listening_to_pyradiomics() as notes, quiet(), tolerance(None), _bounded(parameters):
        extractor = RadiomicsFeatureExtractor(parameters.content or {"setting": {}})
        try:
            result = extractor.execute(image, region, label=1)
        # Its C code and ITK raise RuntimeError when they refuse something.
        except (ValueError, RuntimeError) as error:
            raise refusal(error) from error
    values = {
        str(name): float(value) for name, value in result.items() if not name.startswith("diagnostics_")
    }
    # PyRadiomics catches every error in a feature, logs the traceback and continues with NaN.
    broken = {_feature(note): last_line(note) for note in notes if note.startswith(_BROKEN)}
    return Extraction(values, [last_line(note) for note in notes], broken)


def compute_together(
    image: sitk.Image, regions: Sequence[sitk.Image], parameters: Parameters
) -> list[Extraction | InputError]:
    """Compute the features of several regions of one image, one by one, or the reason why one is refused."""
    return compute_pipelines(image, [(region, parameters) for region in regions])


def compute_pipelines(
    image: sitk.Image, pipelines: Sequence[tuple[sitk.Image, Parameters]]
) -> list[Extraction | InputError]:
    """Compute the features of regions with their own parameters, one by one, or the reason of a refusal."""
    results: list[Extraction | InputError] = []
    for region, parameters in pipelines:
        try:
            results.append(compute(image, region, parameters))
        except InputError as error:
            results.append(error)
    return results


def refuse_own_section(parameters: Parameters) -> None:
    """Raise `InputError` when a parameter file requests anything in the section of this package."""
    if parameters.own.asks:
        keys = " and ".join(parameters.own.keys)
        raise InputError(
            f"{parameters.name} requests {keys} in its section `{SECTION}`, which the engine `{NAME}` does "
            "not support.",
            "Use the engine `native` (`--engine native`), or remove the section.",
        )


def _feature(note: str) -> str:
    """Read class and name of the failed feature from the traceback; empty if it does not name them."""
    matches = re.findall(r"(\w+)\.py\", line \d+, in get(\w+)FeatureValue", note)
    return "_".join(matches[-1]) if matches else ""


def last_line(note: str) -> str:
    """Return the last line of a traceback that PyRadiomics logged, or any other note unchanged."""
    return note.strip().splitlines()[-1] if note.startswith(_BROKEN) else note


def refusal(error: Exception) -> InputError:
    """Convert an error into a refusal in PyRadiomics' words with a remedy, or into a fault of the code.

    An error caused by a lack of system resources is not a refusal: it does not depend on the region.
    """
    cause = transient_cause(error)
    if cause is not None:
        return TransientError(f"{cause[0]} when its features were computed.", cause[1])
    if _is_meant(error):
        return InputError(f"PyRadiomics refuses the region: {error}", _REMEDY)
    details = "".join(traceback.format_exception(error))
    return InputError(f"{type(error).__name__}: {error}", FAULT, details)


def _is_meant(error: Exception) -> bool:
    """Whether PyRadiomics, ITK or a `raise` in this package refused something; other errors are faults."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    theirs = last is not None and bool({"radiomics", "SimpleITK"} & set(Path(last.filename).parts))
    return last is None or theirs or "SimpleITK" in str(error) or (last.line or "").startswith("raise ")


@contextmanager
def _bounded(parameters: Parameters) -> Iterator[None]:
    """Refuse a region with too many grey levels when PyRadiomics bins it, before it makes matrices."""
    from radiomics import imageoperations

    edges = imageoperations.getBinEdges
    classes = parameters.content.get("featureClass") or {"glcm": None}

    def counted(values: NDArray[Any], **settings: Any) -> Any:
        require_bins(float(values.min()), float(values.max()), settings, parameters.limits)
        found = edges(values, **settings)
        if "glcm" in classes:
            cause = f"PyRadiomics would make matrices of {len(found) - 1:,} grey levels"
            remedy = "Choose a larger bin width, or the engine `native`, which stores only levels that occur."
            require_memory(_LEVEL_PAIR * len(found) ** 2, cause, remedy)
        return found

    imageoperations.getBinEdges = counted
    try:
        yield
    finally:
        imageoperations.getBinEdges = edges


#: Bytes for a pair of grey levels: the co-occurrence matrix of 13 directions in double precision, two copies.
_LEVEL_PAIR = 2 * 13 * 8
_REMEDY = "Check the mask in a viewer; see minimumROIDimensions and minimumROISize of the parameter file."
