"""The table of needed agreement."""

from __future__ import annotations

from nbradiomics.reproducibility.needed_agreement.settings import METRICS
from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import CASE, READER, READING, VARIANT

#: Whether the needed agreement lies among the observed pairs.
INSIDE, EVERYWHERE, NOWHERE = "inside", "everywhere", "nowhere"
ICC, TABLE = "icc", "repeatability"

NEEDED_AGREEMENT = Schema(
    name="Needed agreement",
    file="needed_agreement/features.csv",
    row="a feature and a metric of agreement",
    columns=(
        Column("feature", "text", "name of the feature"),
        Column("metric", "text", "metric of agreement", values=tuple(METRICS)),
        Column(
            "needed",
            "number",
            "agreement from which the share of the pairs within the limit is reached; if `reached` is "
            "`everywhere`, the worst observed agreement, which is more than is needed",
            "as the metric",
            missing="not reached, or undefined",
        ),
        Column(
            "low",
            "number",
            "lower confidence limit of `needed`",
            "as the metric",
            missing="beyond the observed agreement, unknown, or undefined",
        ),
        Column(
            "high",
            "number",
            "upper confidence limit of `needed`",
            "as the metric",
            missing="beyond the observed agreement, unknown, or undefined",
        ),
        Column(
            "reached",
            "text",
            "where the share is reached: `inside` the observed range of agreement, `everywhere` in it "
            "(also for the worst pairs), `nowhere` (not even by the best pairs)",
            values=(INSIDE, EVERYWHERE, NOWHERE),
            missing="undefined",
        ),
        Column("share", "number", "share of the pairs that must be within the limit"),
        Column("within", "number", "share of all used pairs within the limit", missing="undefined"),
        Column(
            "limit",
            "number",
            "how much the feature may differ between two masks; with `scale` `log` a ratio",
            "as the feature",
            missing="undefined",
        ),
        Column(
            "limit_from",
            "text",
            "`icc`: the difference that belongs to the intraclass correlation `icc` in this cohort; "
            "`repeatability`: the repeatability coefficient of another table",
            values=(ICC, TABLE),
        ),
        Column("icc", "number", "the intraclass correlation of the limit", missing="the limit is of a table"),
        Column("scale", "text", "scale of the differences", values=("raw", "log")),
        Column("pairs", "integer", "pairs of masks that were used"),
        Column(
            "pair_kinds",
            "text",
            "kinds of these pairs with their numbers, as in the agreement table: `inter 906, auto 120`",
            missing="no pair, or table of an earlier release",
            optional=True,
        ),
        Column("subjects", "integer", "subjects of these pairs"),
        Column(
            "undefined_once",
            "integer",
            "used pairs in which the feature is undefined for one of the two masks; they count as outside "
            "the limit",
        ),
        Column(
            "left_out",
            "integer",
            "pairs that were not used, because the feature is undefined for both masks, or the metric for "
            "the pair",
        ),
        Column("worst", "number", "worst agreement of the used pairs", "as the metric", missing="no pair"),
        Column("best", "number", "best agreement of the used pairs", "as the metric", missing="no pair"),
        Column(
            "reason",
            "text",
            "why there is no needed agreement, or why it is not inside the observed range",
            missing="no reason",
            optional=True,
        ),
    ),
    key=("feature", "metric"),
    note="A run writes one table for each timepoint, sequence and region, such as `features_baseline.csv`, "
    "if the cohort has several. `nbradiomics needed-agreement` writes the same table. "
    "`docs/needed-agreement.md` defines the needed agreement.",
)

LEFT_OUT = Schema(
    name="Pairs left out of the needed agreement",
    file="needed_agreement/left_out.csv",
    row="a pair of masks of the agreement table that no feature uses",
    columns=(
        *CASE,
        VARIANT,
        READER,
        READING,
        Column("reference", "text", "reader of the other mask"),
        Column("reference_reading", "integer", "reading of the other mask", default=1),
        Column("pair", "text", "kind of pair, as in the agreement table"),
        Column("reason", "text", "why the pair is not used"),
    ),
    note="Kinds of pair that were not requested are not listed. `nbradiomics needed-agreement` writes the "
    "table beside its own (`TABLE.left_out.csv`) if there are such pairs.",
)
TABLES = (NEEDED_AGREEMENT, LEFT_OUT)
