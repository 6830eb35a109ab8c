"""Families, features and forms of textures, named as in the IBSI's reference tables."""

from __future__ import annotations

from collections.abc import Collection

from nbradiomics.errors import InputError

#: Features of each family in the order of the IBSI's reference manual (sections 3.6 to 3.11).
TEXTURE_FAMILIES: dict[str, tuple[str, ...]] = {
    "cm": (
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
    ),
    "rlm": (
        *("sre", "lre", "lgre", "hgre", "srlge", "srhge", "lrlge", "lrhge"),
        *("glnu", "glnu_norm", "rlnu", "rlnu_norm", "r_perc", "gl_var", "rl_var", "rl_entr"),
    ),
    "szm": (
        *("sze", "lze", "lgze", "hgze", "szlge", "szhge", "lzlge", "lzhge"),
        *("glnu", "glnu_norm", "zsnu", "zsnu_norm", "z_perc", "gl_var", "zs_var", "zs_entr"),
    ),
    "dzm": (
        *("sde", "lde", "lgze", "hgze", "sdlge", "sdhge", "ldlge", "ldhge"),
        *("glnu", "glnu_norm", "zdnu", "zdnu_norm", "z_perc", "gl_var", "zd_var", "zd_entr"),
    ),
    "ngt": ("coarseness", "contrast", "busyness", "complexity", "strength"),
    "ngl": (
        *("lde", "hde", "lgce", "hgce", "ldlge", "ldhge", "hdlge", "hdhge", "glnu", "glnu_norm"),
        *("dcnu", "dcnu_norm", "dc_perc", "gl_var", "dc_var", "dc_entr", "dc_energy"),
    ),
}
#: Families whose matrices belong to a direction.
DIRECTIONAL = ("cm", "rlm")
#: Forms of the families with directions. `avg`: the mean of the features of separate matrices; `comb`: the
#: features of merged matrices. 2D: in each slice, averaged over slices; 2_5D: merged over slices.
DIRECTIONAL_FORMS = ("2D_avg", "2D_comb", "2_5D_avg", "2_5D_comb", "3D_avg", "3D_comb")
#: Forms of the other families.
PLAIN_FORMS = ("2D", "2_5D", "3D")


def forms_of(family: str, aggregations: Collection[str]) -> tuple[str, ...]:
    """Return the forms of a family that a list of aggregations requests, in the order of the tables.

    Parameters
    ----------
    family
        Name in `TEXTURE_FAMILIES`.
    aggregations
        `DIRECTIONAL_FORMS`, `PLAIN_FORMS` or both. A family without directions has the dimension of a form
        with them ("3D_comb" requests its "3D"), because it has nothing to average or merge over directions. A
        plain form requests nothing of a family with directions.

    Raises
    ------
    InputError
        When there is no such family or aggregation.
    """
    if family not in TEXTURE_FAMILIES:
        raise InputError(
            f"There is no texture family {family!r}.", f"Use some of: {', '.join(TEXTURE_FAMILIES)}."
        )
    unknown = sorted(set(aggregations) - {*DIRECTIONAL_FORMS, *PLAIN_FORMS})
    if unknown:
        raise InputError(
            f"There is no aggregation {', '.join(map(repr, unknown))}.",
            f"Use some of: {', '.join((*DIRECTIONAL_FORMS, *PLAIN_FORMS))}.",
        )
    if family in DIRECTIONAL:
        return tuple(form for form in DIRECTIONAL_FORMS if form in aggregations)
    dimensions = {form.removesuffix("_avg").removesuffix("_comb") for form in aggregations}
    return tuple(form for form in PLAIN_FORMS if form in dimensions)


def texture_tags(families: Collection[str], aggregations: Collection[str]) -> list[str]:
    """Return the IBSI's tags of the features of some families, in the order of `texture_families`."""
    return [
        f"{family}_{feature}_{form}"
        for family in TEXTURE_FAMILIES
        if family in families
        for form in forms_of(family, aggregations)
        for feature in TEXTURE_FAMILIES[family]
    ]
