"""The table of a trial."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema

REAL, VOLUME, SHAPE, PERMUTED = "real", "volume", "shape", "permuted outcome"
#: The values of the column `decision`.
COSTS, SMALL, NO_COST, GAINS, OPEN = "costs", "small cost", "no cost", "gains", "not decided"
#: Decisions that show that less than the margin is lost.
WITHIN_MARGIN = (SMALL, NO_COST, GAINS)
_NO_INTERVAL = "undefined, or there are no intervals that refit"
_NO_COST = "the real features, the permuted outcome, or undefined"

CONTROLS = Schema(
    name="Trial of the features",
    file="outcome/ENDPOINT/controls.csv",
    row="features that the same model was given: the real ones, those of a negative control, the volume, the "
    "shape, or the real ones with permuted outcomes",
    columns=(
        Column(
            "features",
            "text",
            "`real`, a control (`shuffled`, `random`, `neighbourhood`, `ring`, `displaced`, `whole`), "
            "`volume`, `shape`, or `permuted outcome`",
        ),
        Column("metric", "text", "`harrell_c` or `roc_auc`", values=("harrell_c", "roc_auc")),
        Column("subjects", "integer", "subjects of this comparison"),
        Column("value", "number", "value for held-out subjects", missing="undefined, see `note`"),
        Column(
            "low",
            "number",
            "lower limit of the value; of the permuted outcome: single permutations lie above it in 97.5 %",
            missing=_NO_INTERVAL,
        ),
        Column("high", "number", "upper limit, likewise", missing=_NO_INTERVAL),
        Column(
            "real",
            "number",
            "value of the real features for the same subjects",
            missing="undefined, see `note`",
        ),
        Column("cost", "number", "`real` minus `value`, in the same folds", missing=_NO_COST),
        Column(
            "cost_low", "number", "lower limit of the cost, from the same samples of both", missing=_NO_COST
        ),
        Column("cost_high", "number", "upper limit of the cost", missing=_NO_COST),
        Column(
            "margin",
            "number",
            "largest cost that counts as none: 0.05, or half of what `real` is above 0.5",
            missing=_NO_COST,
        ),
        Column(
            "decision",
            "text",
            "`costs`: the interval of the cost lies above 0; `small cost`: above 0 and below the margin; "
            "`gains`: below 0; `no cost`: it includes 0 and ends below the margin; `not decided`: none of "
            "these",
            missing="no interval, or the real features were not shown to be better than chance",
            values=(COSTS, SMALL, NO_COST, GAINS, OPEN),
        ),
        Column("note", "text", "why there is no value, or what is missing", missing="nothing to say"),
    ),
    key=("features", "metric"),
)
