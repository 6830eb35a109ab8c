"""Features of the IBSI's first chapter by family, and the forms in which textures are aggregated.

A feature is called as in the IBSI's tables of reference values: family, name, and for textures the form, as
`cm_joint_max_3D_avg`. The order is that of these tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

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
CM = (
    "joint_max",
    "joint_avg",
    "joint_var",
    "joint_entr",
    "diff_avg",
    "diff_var",
    "diff_entr",
    "sum_avg",
    "sum_var",
    "sum_entr",
    "energy",
    "contrast",
    "dissimilarity",
    "inv_diff",
    "inv_diff_norm",
    "inv_diff_mom",
    "inv_diff_mom_norm",
    "inv_var",
    "corr",
    "auto_corr",
    "clust_tend",
    "clust_shade",
    "clust_prom",
    "info_corr1",
    "info_corr2",
)
RLM = (
    "sre",
    "lre",
    "lgre",
    "hgre",
    "srlge",
    "srhge",
    "lrlge",
    "lrhge",
    "glnu",
    "glnu_norm",
    "rlnu",
    "rlnu_norm",
    "r_perc",
    "gl_var",
    "rl_var",
    "rl_entr",
)
SZM = (
    "sze",
    "lze",
    "lgze",
    "hgze",
    "szlge",
    "szhge",
    "lzlge",
    "lzhge",
    "glnu",
    "glnu_norm",
    "zsnu",
    "zsnu_norm",
    "z_perc",
    "gl_var",
    "zs_var",
    "zs_entr",
)
DZM = (
    "sde",
    "lde",
    "lgze",
    "hgze",
    "sdlge",
    "sdhge",
    "ldlge",
    "ldhge",
    "glnu",
    "glnu_norm",
    "zdnu",
    "zdnu_norm",
    "z_perc",
    "gl_var",
    "zd_var",
    "zd_entr",
)
NGT = ("coarseness", "contrast", "busyness", "complexity", "strength")
NGL = (
    "lde",
    "hde",
    "lgce",
    "hgce",
    "ldlge",
    "ldhge",
    "hdlge",
    "hdhge",
    "glnu",
    "glnu_norm",
    "dcnu",
    "dcnu_norm",
    "dc_perc",
    "gl_var",
    "dc_var",
    "dc_entr",
    "dc_energy",
)

#: Names of the features of each family, without family and form.
FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "morph": MORPH,
        "loc": LOC,
        "stat": STAT,
        "ih": IH,
        "ivh": IVH,
        "cm": CM,
        "rlm": RLM,
        "szm": SZM,
        "dzm": DZM,
        "ngt": NGT,
        "ngl": NGL,
    }
)
#: Families that are measured once, in the image before the filters; the others in every image.
ONCE = ("morph", "loc")
#: Forms of families with a matrix for each direction, and of families without directions.
DIRECTIONAL = ("2D_avg", "2D_comb", "2_5D_avg", "2_5D_comb", "3D_avg", "3D_comb")
UNDIRECTED = ("2D", "2_5D", "3D")
#: Forms of each family of textures.
FORMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("cm", "rlm"), DIRECTIONAL),
        **dict.fromkeys(("szm", "dzm", "ngt", "ngl"), UNDIRECTED),
    }
)
#: All forms.
AGGREGATIONS = (*DIRECTIONAL, *UNDIRECTED)
#: Form of each family of textures if none is named.
DEFAULT_FORM: Mapping[str, str] = MappingProxyType(
    {family: "3D_avg" if "3D_avg" in forms else "3D" for family, forms in FORMS.items()}
)


def forms_of(family: str, aggregation: Sequence[str]) -> tuple[str, ...]:
    """Return the forms in which a family is measured: those of `aggregation` that it has.

    Parameters
    ----------
    family
        One of `FAMILIES`.
    aggregation
        Some of `AGGREGATIONS`; empty for the default of each family.

    Returns
    -------
    tuple of str
        In the order of `FORMS`; empty for a family that is no texture.
    """
    if family not in FORMS:
        return ()
    if not aggregation:
        return (DEFAULT_FORM[family],)
    return tuple(form for form in FORMS[family] if form in aggregation)


def feature_names(family: str, aggregation: Sequence[str] = ()) -> Iterator[str]:
    """Yield the names of a family's features, without the family.

    Examples
    --------
    >>> list(feature_names("ngt", ["2D", "3D_avg"]))[:2]
    ['coarseness_2D', 'contrast_2D']
    """
    for form in forms_of(family, aggregation) or ("",):
        yield from (f"{name}_{form}" if form else name for name in FAMILIES[family])
