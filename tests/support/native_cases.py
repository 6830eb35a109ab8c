"""Generated images and regions for the parity of the native engine, and what parity means."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Mapping
from types import ModuleType

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from nbradiomics.errors import InputError
from nbradiomics.features.compliance.parity import allowed_difference
from nbradiomics.features.engines import native_engine, pyradiomics_engine
from nbradiomics.features.engines.extraction import Extraction
from nbradiomics.features.parameters import Parameters, load_parameters

Case = tuple[sitk.Image, sitk.Image]
#: A right-handed rotation about all three axes, as of an oblique scan.
OBLIQUE = (0.8, -0.36, 0.48, 0.6, 0.48, -0.64, 0.0, 0.8, 0.6)


def texture(shape: tuple[int, int, int], *, seed: int, grain: float = 1.0) -> np.ndarray:
    """Smoothed noise of mean 0 and standard deviation 1, axes z, y, x."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), grain, mode="wrap")
    return (noise - noise.mean()) / noise.std()


def blob(shape: tuple[int, int, int], *, seed: int, fill: float = 0.3) -> np.ndarray:
    """Lobulated region around the middle that keeps clear of the border."""
    grid = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
    distance = np.sqrt(sum(axis**2 for axis in grid)) + 0.25 * texture(shape, seed=seed, grain=2.0)
    inside = distance < np.quantile(distance, fill)
    inside[[0, -1]] = inside[:, [0, -1]] = inside[:, :, [0, -1]] = False
    return inside


def make_case(
    intensities: np.ndarray,
    inside: np.ndarray,
    *,
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
    direction: tuple[float, ...] | None = None,
) -> Case:
    """Image and mask from arrays with axes z, y, x; spacing in mm in the order x, y, z."""
    image, mask = sitk.GetImageFromArray(intensities), sitk.GetImageFromArray(inside.astype(np.uint8))
    for made in (image, mask):
        made.SetSpacing(spacing)
        made.SetOrigin((-31.5, 12.25, 104.0))
        if direction:
            made.SetDirection(direction)
    return image, mask


_SHAPE = (18, 22, 24)


def _plain(dtype: type = np.float32, scale: float = 60, offset: float = 300) -> np.ndarray:
    return (texture(_SHAPE, seed=1) * scale + offset).astype(dtype)


def _anisotropic() -> Case:
    return make_case(_plain(), blob(_SHAPE, seed=2), spacing=(0.72, 0.9, 3.1))


def _oblique() -> Case:
    return make_case(_plain(np.float64), blob(_SHAPE, seed=3), spacing=(0.9, 0.9, 1.7), direction=OBLIQUE)


def _one_slice() -> Case:
    inside = blob(_SHAPE, seed=4)
    inside[:9] = inside[10:] = False
    return make_case(_plain(np.int16), inside, spacing=(0.8, 0.8, 4.0))


def _one_column() -> Case:
    inside = blob(_SHAPE, seed=4)
    inside[:, :, :12] = inside[:, :, 13:] = False
    return make_case(_plain(), inside, spacing=(2.0, 0.8, 1.0))


def _askew_sheet() -> Case:
    z, y, _ = np.indices(_SHAPE)
    return make_case(_plain(), blob(_SHAPE, seed=5) & (z + 1 == y), spacing=(1.1, 0.7, 0.9))


def _disconnected() -> Case:
    inside = np.zeros(_SHAPE, bool)
    inside[2:5, 3:8, 3:6] = inside[10:16, 12:18, 12:20] = inside[3, 18, 20] = inside[4, 19, 21] = True
    return make_case(_plain(), inside)


def _scattered() -> Case:
    return make_case(_plain(), np.random.default_rng(6).random(_SHAPE) < 0.4, spacing=(1.0, 1.3, 0.6))


def _whole() -> Case:
    return make_case(_plain(np.uint16)[:8, :9, :10], np.ones((8, 9, 10), bool), spacing=(1.5, 1.0, 1.0))


def _flat() -> Case:
    return make_case(np.full(_SHAPE, 137.3, np.float32), blob(_SHAPE, seed=7))


def _negative() -> Case:
    return make_case(_plain(np.int16, 90, -400), blob(_SHAPE, seed=8))


def _symmetric() -> Case:
    """Intensities that are as often above as below 0: skewness and mean vanish."""
    inside = blob(_SHAPE, seed=9)
    half = np.random.default_rng(9).normal(0, 80, inside.sum() // 2)
    inside[tuple(np.argwhere(inside)[-1])] &= inside.sum() % 2 == 0
    intensities = np.zeros(_SHAPE)
    intensities[inside] = np.random.default_rng(1).permutation(np.concatenate([half, -half]))
    return make_case(intensities, inside)


def _two_levels() -> Case:
    return make_case(np.where(texture(_SHAPE, seed=10) > 0, 60, 10).astype(np.int32), blob(_SHAPE, seed=10))


def _many_levels() -> Case:
    """A thousand grey levels wide; few voxels, as PyRadiomics takes a minute for a few thousand."""
    return make_case(_plain(np.float32, 4000, 2000), blob(_SHAPE, seed=11, fill=0.045))


def _tiny() -> Case:
    inside = np.zeros(_SHAPE, bool)
    inside[8, 8, 8] = inside[9, 9, 8] = True
    return make_case(_plain(), inside)


CASES: Mapping[str, Callable[[], Case]] = {
    made.__name__.removeprefix("_"): made
    for made in (
        _anisotropic,
        _oblique,
        _one_slice,
        _one_column,
        _askew_sheet,
        _disconnected,
        _scattered,
        _whole,
        _flat,
        _negative,
        _symmetric,
        _two_levels,
        _many_levels,
        _tiny,
    )
}


def assert_parity(mine: Extraction, theirs: Extraction) -> None:
    """Assert that two extractions have the same names in the same order, the same NaN, reasons and values."""
    assert list(mine.values) == list(theirs.values), f"{list(mine.values)} against {list(theirs.values)}"
    notes = _reasons(mine.notes), _reasons(theirs.notes)
    assert notes[0] == notes[1], f"{notes[0]} against {notes[1]}"
    wrong = {}
    for name, expected in theirs.values.items():
        value = mine.values[name]
        if math.isnan(value) and math.isnan(expected):
            continue
        if value != expected and not abs(value - expected) <= allowed_difference(name, theirs.values):
            wrong[name] = (value, expected)
    assert wrong == {}, f"{len(wrong)} of {len(theirs.values)} differ, here with PyRadiomics' value: {wrong}"


#: PyRadiomics' advice on settings and features: no reason for anything that is absent, so the native engine
#: has none of it. Whether rounding makes an eigenvalue a little less than 0 is chance; that NumPy refuses the
#: matrices of a region without a pair says no more than the NaN.
_ADVICE = (
    "Encountered",
    "numpy.linalg.LinAlgError",
    "Fixed bin Count",
    "Feature ",
    "The formula for GLCM",
    "GLCM is symmetrical",
    "parameter force2D must",
)


def _reasons(notes: list[str]) -> list[str]:
    return sorted(note for note in notes if not note.startswith(_ADVICE))


def compare_engines(case: Case, params: Mapping[str, object] | Parameters | str) -> Extraction | None:
    """Run both engines and assert parity of what they give or refuse; gives PyRadiomics' result."""
    parameters = load_parameters(params)
    mine = _outcome(native_engine, case, parameters)
    with warnings.catch_warnings():
        # PyRadiomics divides by 0 where a feature is undefined; the native engine may not.
        warnings.simplefilter("ignore", RuntimeWarning)
        theirs = _outcome(pyradiomics_engine, case, parameters)
    if isinstance(theirs, Exception) or isinstance(mine, Exception):
        assert isinstance(mine, InputError), f"{mine} against {theirs}"
        assert isinstance(theirs, Exception), f"{mine} against {theirs}"
        words = next((own for said, own in _IN_OTHER_WORDS.items() if said in str(theirs)), _words(theirs))
        assert words in _words(mine), f"{mine} against {theirs}"
        return None
    assert_parity(mine, theirs)
    return theirs


def _outcome(engine: ModuleType, case: Case, parameters: Parameters) -> Extraction | Exception:
    try:
        extraction: Extraction = engine.compute(*case, parameters)
    except InputError as error:
        return error
    return extraction


#: What the native engine says where PyRadiomics says nothing of use.
_IN_OTHER_WORDS = {"Error getting angle count.": "No voxel has a neighbour"}


def _words(error: Exception) -> str:
    # PyRadiomics leaves a number out of one of its messages; ITK puts an address into some.
    return re.sub(r"dimension (%i|\d)|0x[0-9a-f]+", "", str(error))
