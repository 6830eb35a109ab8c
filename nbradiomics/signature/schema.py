"""The table of predictions for new subjects."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import SUBJECT

_NONE = "nothing was predicted; `note` says why"

PREDICTED = Schema(
    name="Predictions for new subjects",
    file="NAME.csv",
    row="a subject, and a point in time or a class",
    columns=(
        SUBJECT,
        Column("model", "text", "model of the file", values=("clinical", "volume", "radiomic", "combined")),
        Column(
            "time",
            "number",
            "point in time of the probability, in the unit of the time that the models learned from",
            missing="the models predict classes",
        ),
        Column("class", "text", "class of the probability", missing="the models predict a time to an event"),
        Column(
            "probability",
            "number",
            "probability of the event until the time (with competing events the cumulative incidence), or of "
            "the class, 0 to 1",
            missing=_NONE,
        ),
        Column(
            "risk",
            "number",
            "log partial hazard, or log odds of the positive one of two classes; with competing events "
            "log(-log(1 - cumulative incidence))",
            missing=f"there are more than two classes, or {_NONE}",
        ),
        Column(
            "group",
            "text",
            "`high` if the risk is above the median of the training subjects, else `low`; or the predicted "
            "class",
            missing=_NONE,
        ),
        Column(
            "distance",
            "number",
            "Mahalanobis distance from the mean of the training subjects, in the columns of the model, over "
            "the distance that 99 % of subjects like them do not exceed",
            missing=_NONE,
        ),
        Column("novel", "flag", "whether this distance is above 1", missing=_NONE),
        Column("filled", "text", "inputs that were missing and filled in, separated by `; `", missing="none"),
        Column(
            "outside",
            "text",
            "inputs outside the range of the training subjects, or with a level that they did not have, "
            "separated by `; `",
            missing="none",
        ),
        Column("note", "text", "what must be known about the subject", missing="nothing"),
    ),
    key=("subject", "model", "time", "class"),
    note="`nbradiomics predict` writes it as CSV or Parquet.",
)
