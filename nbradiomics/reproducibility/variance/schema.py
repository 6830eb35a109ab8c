"""The table of variance components."""

from __future__ import annotations

from nbradiomics.reproducibility.variance.components import COMPONENTS, RESIDUAL, components_text
from nbradiomics.tables.schema import Column, Schema

_NOT_THERE = "the component is not part of the design, or the feature is undefined (`note`)"


def variance_name(component: str) -> str:
    """Column of the variance of a component."""
    return f"variance_{component}"


def share_name(component: str) -> str:
    """Column of the share of a component."""
    return f"share_{component}"


def _meaning(component: str) -> str:
    if component == RESIDUAL:
        return "everything else, such as a second reading by the same reader"
    if " x " in components_text(component):
        factor = component.split("_")[1]
        return f"what a {factor} changes in one subject and not in another"
    return f"differences between the levels of {component}, the same for all others"


VARIANCE = Schema(
    name="Variance components of features",
    file="variance.csv",
    row="a feature",
    columns=(
        Column("feature", "text", "name of the feature"),
        Column("subjects", "integer", "subjects with a value"),
        Column("rows", "integer", "rows with a value"),
        Column("levels", "text", "number of levels of each shared component, such as `reader 3, site 2`"),
        *(
            Column(
                share_name(name),
                "number",
                f"share of the variance, 0 to 1: {_meaning(name)}",
                missing=_NOT_THERE,
            )
            for name in COMPONENTS
        ),
        *(
            Column(
                variance_name(name),
                "number",
                f"variance of {components_text(name)}, 0 or more, in squared units of the feature",
                missing=_NOT_THERE,
            )
            for name in COMPONENTS
        ),
        Column(
            "not_told_apart",
            "text",
            "interactions of the subject that the table cannot tell from the other components, with the "
            "reason; if no subject is measured twice with the same level, the residual contains them",
            missing="none",
        ),
        Column("note", "text", "why the feature has no components", missing="it has components"),
    ),
    key=("feature",),
    note="A run writes it if subjects have several readers, readings or timepoints; a cohort with several "
    "sequences or regions gets a table for each. `nbradiomics variance` writes it under the name of `--out`. "
    "The shares of a feature sum to 1.",
)
