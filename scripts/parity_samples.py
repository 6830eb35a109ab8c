"""The images of docs/parity.md, and the ways of storing each image, which must not change a feature."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from nbradiomics.images.io import read_image
from tests.support.native_cases import CASES, Case, make_case

CLASSES = ("shape", "firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm")
#: Features of the mesh: PyRadiomics' table of triangles stays the same only if z and y are swapped.
_MESH = ("_MeshVolume", "_SurfaceArea", "_SurfaceVolumeRatio", "_Sphericity")
_PLANES = ("Slice", "Column", "Row")
#: Features of a co-occurrence matrix that do not depend on the order of the grey levels.
_ORDERLESS = ("glcm_Imc1", "glcm_Imc2", "glcm_MCC", "glcm_JointEnergy", "glcm_JointEntropy")


@dataclass(frozen=True)
class Turn:
    """Another way to store the same image.

    Attributes
    ----------
    order
        The old axis (x, y, z) of each new axis.
    flips
        New axes that run backwards.
    negated
        Intensities are mirrored, so that the order of grey levels is reversed.
    """

    order: tuple[int, int, int] = (0, 1, 2)
    flips: tuple[bool, bool, bool] = (False, False, False)
    negated: bool = False

    def of(self, case: Case) -> Case:
        """Return image and mask stored in this way, with spacing and direction changed accordingly."""
        image, mask = (sitk.Flip(sitk.PermuteAxes(one, self.order), self.flips) for one in case)
        if self.negated:
            values = sitk.GetArrayViewFromImage(image)
            image = sitk.Cast(int(values.max()) + int(values.min()) - image, image.GetPixelID())
        return image, mask

    def original_name(self, name: str) -> str:
        """Return the feature's name in the original image: planes of diameters and wavelet bands change."""
        if name.endswith(tuple(f"Diameter{plane}" for plane in _PLANES)):
            stem, plane = name.rsplit("Diameter", 1)
            # Planes are numbered by the axis across them: z, y, x.
            axis = self.order[2 - _PLANES.index(plane)]
            return f"{stem}Diameter{_PLANES[2 - axis]}"
        if name.startswith("wavelet-"):
            band = name[8:11]
            back = "".join(band[self.order.index(axis)] for axis in range(3))
            return f"wavelet-{back}{name[11:]}"
        return name

    def keeps(self, name: str, *, symmetrical: bool) -> bool:
        """Whether a feature must not change."""
        if self.negated:
            return name.endswith(_ORDERLESS)
        if not symmetrical and name.endswith(("glcm_JointAverage", "glcm_SumSquares")):
            return False  # they describe the first voxel of each pair, and another voxel is now the first
        return not name.endswith(_MESH) or (self.order == (0, 2, 1) and not any(self.flips))


_ORDERS = (Turn((0, 2, 1)), Turn((1, 0, 2)), Turn((1, 2, 0)), Turn((2, 0, 1)), Turn((2, 1, 0)))
_FLIPS = (
    Turn(flips=(True, True, True)),
    Turn(flips=(True, False, False)),
    Turn(flips=(False, True, False)),
    Turn(flips=(False, False, True)),
)
TURNS = (*_ORDERS, *_FLIPS)
_FEWER = (*_ORDERS[:3], *_FLIPS[:1], Turn(negated=True))


@dataclass(frozen=True)
class Sample:
    """One image, region and parameters, and the ways of storing the image."""

    kind: str
    name: str
    case: Case
    setting: Mapping[str, Any]
    types: Mapping[str, Any]
    turns: tuple[Turn, ...]

    def parameters(self) -> dict[str, Any]:
        """Return the content of the parameter file."""
        setting = {"minimumROIDimensions": 1, "additionalInfo": False, **self.setting}
        return {"setting": setting, "imageType": dict(self.types), "featureClass": dict.fromkeys(CLASSES)}


def sample(
    kind: str,
    name: str,
    case: Case,
    setting: Mapping[str, Any] | None = None,
    types: Mapping[str, Any] | None = None,
    turns: tuple[Turn, ...] = TURNS,
) -> Sample:
    """Make a sample; by default of the original image, stored in all ways."""
    return Sample(kind, name, case, setting or {}, types or {"Original": {}}, turns)


GENERATED = "generated tumours"
RANDOM = "random regions"
FEW = "small blocks of 2 or 3 grey levels"
FEW_ORDERED = "the same blocks, asymmetrical GLCM"
INDEPENDENT = "neighbours that are independent by construction"
ASKEW = "planes and lines that lie askew"
NEARLY_FLAT = "flat but for the last bits"
RESAMPLED = "generated tumours, resampled"
FILTERED = "generated tumours, LoG and wavelet"
FLAT_FILTERED = "a flat region, LoG and wavelet"
REAL = "real tumours"
REAL_FILTERED = "real tumours, LoG and wavelet"
#: Each image has dozens of filtered images, so their exceptions are listed by feature class.
WITH_FILTERS = (FILTERED, FLAT_FILTERED, REAL_FILTERED)
_FILTERS = {"LoG": {"sigma": [2.0]}, "Wavelet": {}}
_SETTINGS: tuple[dict[str, Any], ...] = (
    {"binWidth": 25},
    {"binCount": 2},
    {"binCount": 3},
    {"binWidth": 25, "weightingNorm": "euclidean", "distances": [1, 2]},
    {"binCount": 2, "symmetricalGLCM": False},
)


def generated_tumours() -> Iterator[Sample]:
    """Yield the cases of the tests; the widest range is slow in PyRadiomics, so it is turned less often."""
    for name, make in CASES.items():
        if name == "many_levels":
            yield sample(GENERATED, name, make(), {"binWidth": 25}, turns=TURNS[:2])
            continue
        for setting in _SETTINGS:
            yield sample(GENERATED, name, make(), setting, turns=TURNS[:6] if name == "scattered" else TURNS)


def random_regions(seeds: Iterable[int] = range(60)) -> Iterator[Sample]:
    """Yield random regions of small images, with integer and real values and any spacing."""
    for seed in seeds:
        rng = np.random.default_rng(seed)
        shape = tuple(rng.integers(2, 7, 3))
        inside = rng.random(shape) < rng.choice([0.3, 0.7, 1.0])
        inside.flat[0] = inside.flat[-1] = True
        values = rng.normal(0, rng.choice([3, 40, 300]), shape) + rng.choice([-50, 0, 500])
        values = values.astype((np.int16, np.float32, np.float64)[seed % 3])
        x, y, z = rng.choice([0.7, 1.0, 3.2], 3)
        case = make_case(values, inside, spacing=(float(x), float(y), float(z)))
        yield sample(RANDOM, f"seed {seed}", case, {"binWidth": 25} if seed % 2 else {"binCount": 12})


def few_levels(seeds: Iterable[int] = range(60)) -> Iterator[Sample]:
    """Yield blocks as small as the neighbourhood of a feature map."""
    for seed in seeds:
        rng = np.random.default_rng(seed)
        shape = ((3, 3, 3), (2, 3, 3), (2, 2, 3), (1, 3, 3))[seed % 4]
        levels = rng.integers(1, rng.choice([3, 4]), shape).astype(np.int16)
        inside = rng.random(shape) < rng.choice([0.7, 1.0])
        inside.flat[0] = inside.flat[-1] = inside[0, 1, 1] = inside[0, 1, 2] = True
        case = make_case(levels, inside)
        yield sample(FEW, f"seed {seed}", case, {"binWidth": 1}, turns=_FEWER)
        setting = {"binWidth": 1, "symmetricalGLCM": False}
        yield sample(FEW_ORDERED, f"seed {seed}", case, setting, turns=_FEWER[:-1])


def independent_neighbours() -> Iterator[Sample]:
    """Yield images with independent pairs of levels along x: p(i, j) = p(i) p(j), MCC and Imc2 are 0."""
    pairs = itertools.combinations(range(1, 7), 2)
    for often in (*pairs, (1, 1), (1, 1, 1), (1, 2, 3), (2, 3, 5), (1, 1, 2, 3), (1,) * 10):
        row = _independent_walk(often)
        for depth in (1, 2):
            levels = np.tile(row, (depth, depth, 1)).astype(np.int16)
            case = make_case(levels, np.ones(levels.shape, bool))
            name = f"levels as {':'.join(map(str, often))} in {depth**2} rows"
            yield sample(INDEPENDENT, name, case, {"binWidth": 1}, turns=_FEWER)


def _independent_walk(often: tuple[int, ...]) -> np.ndarray:
    """Return a row of levels in which the pair (i, j) occurs often[i] * often[j] times: Hierholzer's walk."""
    unused = [[level for level, times in enumerate(often) for _ in range(times * first)] for first in often]
    path, walk = [0], []
    while path:
        if unused[path[-1]]:
            path.append(unused[path[-1]].pop())
        else:
            walk.append(path.pop() + 1)
    return np.array(walk[::-1])


def askew_regions() -> Iterator[Sample]:
    """Yield regions without thickness, whose principal axes differ from the axes of the image."""
    z, y, x = np.indices((9, 10, 11))
    values = np.random.default_rng(0).integers(0, 100, z.shape).astype(np.int16)
    regions = {
        "plane x + y + z": x + y + z == 12,
        "plane x + 2y - z": x + 2 * y - z == 9,
        "line x = y = z": (x == y) & (y == z),
        "line x = y": (x == y) & (z == 3),
        "line x = 2y": (x == 2 * y) & (y == z),
    }
    for name, inside in regions.items():
        for spacing in ((1.0, 1.0, 1.0), (0.72, 0.9, 3.1), (1.1, 0.7, 0.9)):
            yield sample(ASKEW, f"{name}, {spacing} mm", make_case(values, inside, spacing=spacing))


def nearly_flat() -> Iterator[Sample]:
    """Yield images with one value, except for the last bits of double precision."""
    steps = np.random.default_rng(0).integers(0, 3, (5, 6, 7))
    for value in (0.1, 137.3, 1234.56, 100_000.1):
        values = value + steps * np.spacing(value)
        yield sample(NEARLY_FLAT, str(value), make_case(values, np.ones(values.shape, bool)))


def filtered_tumours() -> Iterator[Sample]:
    """Yield filtered tumours in other axis orders, without flips, which move the grid of the filter."""
    for name in ("anisotropic", "oblique", "negative", "two_levels", "symmetric", "flat"):
        case, kind = CASES[name](), FLAT_FILTERED if name == "flat" else FILTERED
        yield sample(kind, name, case, types=_FILTERS, turns=_ORDERS)
        yield sample(RESAMPLED, name, case, {"resampledPixelSpacing": [1.3] * 3}, turns=_ORDERS)


_SARCOMAS = ("STS_001", "STS_003", "STS_015", "STS_019", "STS_025")


def real_tumours(data: Path) -> Iterator[Sample]:
    """Yield PyRadiomics' own test cases and soft-tissue sarcomas."""
    files = {name: data / "pyradiomics" / f"{name}_%s.nrrd" for name in ("brain1", "breast1")}
    files |= {name: data / "sts_mr" / f"{name}_%s.nii.gz" for name in _SARCOMAS}
    for name, pattern in files.items():
        image, mask = (
            read_image(Path(str(pattern) % part)) for part in ("image", "mask" if "STS" in name else "label")
        )
        region = sitk.Cast(mask == 1, sitk.sitkUInt8)
        region.CopyInformation(image)
        for setting in ({"binWidth": 25}, {"binCount": 32}, {"binCount": 2}):
            yield sample(REAL, name, (image, region), setting)
        if name in ("brain1", "breast1", "STS_025"):
            yield sample(REAL_FILTERED, name, (image, region), types=_FILTERS, turns=_ORDERS)


#: Functions that make the generated samples, in the order of the page; the real samples need their folder.
MAKERS: tuple[Callable[[], Iterator[Sample]], ...] = (
    generated_tumours,
    random_regions,
    few_levels,
    independent_neighbours,
    askew_regions,
    nearly_flat,
    filtered_tumours,
)
