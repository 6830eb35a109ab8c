"""The agreement table: comparisons of pairs of masks."""

from __future__ import annotations

from nbradiomics.agreement.metrics import METRIC, Metric
from nbradiomics.agreement.pairs import PAIRS
from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import CASE, READER, READING, VARIANT

_FAILED = "the pair could not be compared"
_KIND_MISSING = "table of an earlier release: the readers' names decide"


def _metric(metric: Metric) -> Column:
    """Column of a metric; docs/agreement.md lists the values for empty masks."""
    return Column(
        metric.name,
        "number",
        f"{metric.label}: {metric.formula}",
        metric.unit,
        missing="undefined, or the pair could not be compared",
        optional=metric.name != "dice",
    )


AGREEMENT = Schema(
    name="Pairs of masks",
    file="agreement.csv",
    row="an ordered pair of masks of one region of a scan: a mask compared with a reference",
    columns=(
        *CASE,
        VARIANT,
        READER,
        READING,
        Column(
            "mask_kind",
            "text",
            "how the mask was made",
            values=("independent", "edited", "automatic"),
            missing=_KIND_MISSING,
            default="",
        ),
        Column(
            "reference", "text", "reader of the reference mask; for a consensus, its method and its readers"
        ),
        Column("reference_reading", "integer", "reading of the reference", default=1),
        Column(
            "reference_kind",
            "text",
            "how the reference was made",
            values=("independent", "edited", "automatic", "consensus"),
            missing=_KIND_MISSING,
            default="",
        ),
        Column(
            "pair",
            "text",
            "`auto`: the model and a reader; `inter`: two readers; `intra`: two readings of one reader; "
            "`edited`: one mask is an edited automatic mask; `consensus`: the reference is a consensus; "
            "`perturbed`: the mask of the `variant`, and the original mask of the same reader as reference",
            values=PAIRS,
            missing=_KIND_MISSING,
            default="",
        ),
        Column(
            "status",
            "text",
            "which mask is empty, if any",
            values=("ok", "empty_mask", "empty_reference", "both_empty"),
            missing=_FAILED,
        ),
        Column(
            "field",
            "text",
            "where specificity, kappa and the ROC areas count voxels: `image`, or a box around the masks",
            missing="table of an earlier release",
            default="",
        ),
        Column(
            "tolerance_mm",
            "number",
            "tolerance of the surface Dice",
            "mm",
            missing="table of an earlier release",
            optional=True,
        ),
        Column("volume_ml", "number", "volume of the mask", "ml", missing=_FAILED, optional=True),
        Column("reference_ml", "number", "volume of the reference", "ml", missing=_FAILED, optional=True),
        *(_metric(metric) for metric in METRIC.values()),
    ),
    key=(
        *("subject", "timepoint", "sequence", "roi", "variant"),
        *("reader", "reading", "mask_kind", "reference", "reference_reading", "reference_kind"),
    ),
    note="Only the first independent reading of each reader is compared with other readers. `nbradiomics "
    "compare` writes the same table; a training writes one to `cross_validation/`.",
)
