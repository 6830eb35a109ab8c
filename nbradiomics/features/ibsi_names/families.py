"""Features of the IBSI's first chapter by family, and the forms in which textures are aggregated.

A feature is called as in the IBSI's tables of reference values: family, name, and for textures the form, as
`cm_joint_max_3D_avg`. The order is that of these tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from nbradiomics.features.ibsi_names.textures import (
    DIRECTIONAL_FORMS,
    PLAIN_FORMS,
    TEXTURE_FAMILIES,
    forms_of,
)

MORPH = (
    "volume",
    "vol_approx",
    "area_mesh",
    "av",
    "comp_1",
    "comp_2",
    "sph_dispr",
    "sphericity",
    "asphericity",
    "com",
    "diam",
    "pca_maj_axis",
    "pca_min_axis",
    "pca_least_axis",
    "pca_elongation",
    "pca_flatness",
    "vol_dens_aabb",
    "area_dens_aabb",
    "vol_dens_ombb",
    "area_dens_ombb",
    "vol_dens_aee",
    "area_dens_aee",
    "vol_dens_mvee",
    "area_dens_mvee",
    "vol_dens_conv_hull",
    "area_dens_conv_hull",
    "integ_int",
    "moran_i",
    "geary_c",
)
LOC = ("peak_loc", "peak_glob")
#: Features of a distribution, of intensities (`stat`) and of grey levels (`ih`).
_DISTRIBUTION = ("mean", "var", "skew", "kurt", "median", "min", "p10", "p90", "max")
_SPREAD = ("iqr", "range", "mad", "rmad", "medad", "cov", "qcod")
STAT = (*_DISTRIBUTION, *_SPREAD, "energy", "rms")
IH = (
    *_DISTRIBUTION,
    "mode",
    *_SPREAD,
    "entropy",
    "uniformity",
    "max_grad",
    "max_grad_g",
    "min_grad",
    "min_grad_g",
)
IVH = ("v10", "v90", "i10", "i90", "diff_v10_v90", "diff_i10_i90", "auc")

#: Names of the features of each family, without family and form.
FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "morph": MORPH,
        "loc": LOC,
        "stat": STAT,
        "ih": IH,
        "ivh": IVH,
        **TEXTURE_FAMILIES,
    }
)
#: Families that are measured once, in the image before the filters; the others in every image.
ONCE = ("morph", "loc")
#: All forms.
AGGREGATIONS = (*DIRECTIONAL_FORMS, *PLAIN_FORMS)
#: Forms of textures if none is named: 3D_avg for `cm` and `rlm`, 3D for the others.
DEFAULT_AGGREGATION = ("3D_avg",)


def feature_names(family: str, aggregation: Sequence[str] = ()) -> Iterator[str]:
    """Yield the names of a family's features, without the family.

    Parameters
    ----------
    family
        One of `FAMILIES`.
    aggregation
        Forms of textures, see `textures.forms_of`; empty for the default.

    Examples
    --------
    >>> list(feature_names("ngt", ["2D"]))[:2]
    ['coarseness_2D', 'contrast_2D']
    """
    if family not in TEXTURE_FAMILIES:
        yield from FAMILIES[family]
        return
    for form in forms_of(family, aggregation or DEFAULT_AGGREGATION):
        yield from (f"{name}_{form}" for name in FAMILIES[family])
