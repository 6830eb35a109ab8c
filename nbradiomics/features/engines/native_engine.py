"""The native engine: PyRadiomics' features, names and values, from compiled code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbradiomics.errors import InputError
from nbradiomics.features.engines.extraction import Extraction
from nbradiomics.features.engines.pyradiomics_engine import last_line, refusal
from nbradiomics.features.notes import listening
from nbradiomics.features.parameters import UNION, Parameters
from nbradiomics.features.parameters.names import REPRODUCED
from nbradiomics.system.versions import installed_version

if TYPE_CHECKING:
    import SimpleITK as sitk

    from nbradiomics.features.native.several_regions import Measuring

NAME = "native"
#: Raise this by one whenever a value changes: it is part of the key of stored results.
VALUES = 3


def engine_version() -> str:
    """Return the versions of the package, of the kernels' values, and of the PyRadiomics they reproduce."""
    return f"{installed_version('nbradiomics')}, values {VALUES}, as PyRadiomics {REPRODUCED}"


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
        Values under PyRadiomics' names, and PyRadiomics' words about features that are absent or undefined.

    Raises
    ------
    InputError
        With PyRadiomics' own words, when it refuses the region; and when the engine does not support
        something that the parameters request.
    """
    # The kernels import Numba, which is slow: import them only when they are needed.
    from nbradiomics.features.native.one_region import extract
    from nbradiomics.features.native.plan import Plan

    with listening() as notes:
        try:
            plan = Plan.of(parameters)
            measured = extract(image, region, plan)
        # ITK raises RuntimeError when it refuses something, such as a region that vanishes by resampling.
        except (ValueError, RuntimeError) as error:
            raise refusal(error) from error
    return Extraction(measured.values, [*map(last_line, notes), *measured.notes], span=measured.span)


def compute_together(
    image: sitk.Image, regions: Sequence[sitk.Image], parameters: Parameters
) -> list[Extraction | InputError]:
    """Compute the features of several regions of one image; steps independent of the region are done once.

    Parameters
    ----------
    image
        Three-dimensional, finite.
    regions
        Binary, 1 inside, on the image's grid.
    parameters
        Features to compute. With ``crop: union`` the image is filtered once for all regions.

    Returns
    -------
    list
        In the order of `regions`: the features, or the reason why the region is refused.
    """
    from nbradiomics.features.native.plan import Plan
    from nbradiomics.features.native.several_regions import extract_together

    with listening() as shared:
        plan = Plan.of(parameters)
    results = extract_together(image, regions, plan, union=parameters.own.crop == UNION)
    return [
        _extraction_of(one, shared) if one.refusal is None else _refusal_of(one.refusal) for one in results
    ]


def compute_pipelines(
    image: sitk.Image, pipelines: Sequence[tuple[sitk.Image, Parameters]]
) -> list[Extraction | InputError]:
    """Compute the features of several pipelines on one image; steps that they have in common are done once.

    Parameters
    ----------
    image
        Three-dimensional, finite.
    pipelines
        Region (binary, 1 inside, on the image's grid) and parameters of each.

    Returns
    -------
    list
        In the order of `pipelines`: the features, or the reason why the region is refused.
    """
    from nbradiomics.features.native.plan import Plan
    from nbradiomics.features.native.several_plans import extract_pipelines

    plans = [(region, Plan.of(parameters)) for region, parameters in pipelines]
    return [
        _extraction_of(one, ()) if one.refusal is None else _refusal_of(one.refusal)
        for one in extract_pipelines(image, plans)
    ]


def _extraction_of(one: Measuring, shared: Sequence[str]) -> Extraction:
    notes = [last_line(note) for note in (*shared, *one.notes)]
    return Extraction(one.measured.values, [*notes, *one.measured.notes], span=one.measured.span)


def _refusal_of(error: Exception) -> InputError:
    return error if isinstance(error, InputError) else refusal(error)
