"""The tables of out-of-fold predictions."""

from __future__ import annotations

from nbradiomics.outcome.schema_columns import CLASS, FOLD, MODEL, REPEAT, RISK_GROUPS
from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import SUBJECT

PREDICTIONS = Schema(
    name="Predictions",
    file="outcome/ENDPOINT/predictions.csv",
    row="a subject, model and repeat; the model has not seen the subject (out of fold)",
    columns=(
        SUBJECT,
        MODEL,
        REPEAT,
        FOLD,
        Column(
            "risk",
            "number",
            "log partial hazard; with competing events log(-log(1 - cumulative incidence)) at `end` of "
            "`summary.json`",
            missing="the model failed in this fold",
        ),
        Column("time", "number", "time to the event or the end of observation, as in the clinical table"),
        Column(
            "event",
            "integer",
            "1: the subject had the event; 2: a competing event; 0: the observation ended before",
        ),
        Column(
            "group",
            "text",
            "`high`: the risk is above the median risk of the fold's training subjects",
            values=RISK_GROUPS,
            missing="the model failed in this fold",
        ),
    ),
    key=("subject", "model", "repeat"),
)

PREDICTED_SURVIVAL = Schema(
    name="Predicted survival",
    file="outcome/ENDPOINT/predicted_survival.parquet",
    row="a subject, model and repeat of the predictions",
    columns=(SUBJECT, MODEL, REPEAT),
    key=("subject", "model", "repeat"),
    further="a column of numbers for each point in time at which predictions are judged, named by the time: "
    "the predicted probability of no event until then, 0 to 1, out of fold; empty if the model failed in "
    "this fold",
    note="With it, every measure of the predictions can be computed again (`nbradiomics audit`).",
)

CLASS_PREDICTIONS = Schema(
    name="Predictions of classes",
    file="outcome/ENDPOINT/class_predictions.csv",
    row="a subject, model, repeat and class; the model has not seen the subject (out of fold)",
    columns=(
        SUBJECT,
        MODEL,
        REPEAT,
        FOLD,
        CLASS,
        Column(
            "probability", "number", "predicted probability, 0 to 1", missing="the model failed in this fold"
        ),
        Column("observed", "integer", "1: the subject belongs to the class; 0: to another one"),
        Column(
            "chosen",
            "integer",
            "1: the class was predicted; its probability is the largest multiple of its share of the fold's "
            "training subjects",
            missing="the model failed in this fold",
        ),
    ),
    key=("subject", "model", "repeat", "class"),
    note="Instead of the predictions, for a target.",
)
