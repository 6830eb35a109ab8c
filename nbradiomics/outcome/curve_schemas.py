"""The tables of curves: Kaplan-Meier, calibration and decision."""

from __future__ import annotations

from nbradiomics.outcome.schema_columns import CLASS, MODEL, RISK_GROUPS, SUBJECTS
from nbradiomics.tables.schema import Column, Schema

_TREATED = Column("treated", "number", "share of the subjects whose predicted probability reaches it, 0 to 1")
_HORIZON = Column("horizon", "number", "point in time, in the unit of the endpoint's time")

KAPLAN_MEIER = Schema(
    name="Kaplan-Meier curves",
    file="outcome/ENDPOINT/kaplan_meier.csv",
    row="a point of the curve of a risk group",
    columns=(
        MODEL,
        Column(
            "group",
            "text",
            "risk group of a subject in most repeats; `high` if there is a tie",
            values=RISK_GROUPS,
        ),
        Column(
            "time", "number", "0, and each time at which a subject had the event or its observation ended"
        ),
        Column(
            "survival",
            "number",
            "share of the group without the event after this time, 0 to 1: Kaplan-Meier, or with competing "
            "events 1 - cumulative incidence (Aalen-Johansen)",
        ),
        Column(
            "low",
            "number",
            "lower limit: exponential Greenwood interval; of an incidence symmetric for log(-log)",
            missing="undefined",
        ),
        Column("high", "number", "upper limit", missing="undefined"),
        Column("at_risk", "integer", "subjects under observation just before this time"),
    ),
    key=("model", "group", "time"),
)

CALIBRATION = Schema(
    name="Calibration",
    file="outcome/ENDPOINT/calibration.csv",
    row="a model, a horizon and a group of subjects with similar predictions",
    columns=(
        MODEL,
        _HORIZON,
        Column("group", "integer", "1, 2 and so on, from the lowest predicted survival up"),
        SUBJECTS,
        Column("events", "integer", "of them, those with the event by the horizon"),
        Column("predicted", "number", "mean predicted survival at the horizon, out of fold, 0 to 1"),
        Column(
            "observed",
            "number",
            "Kaplan-Meier survival of the group at the horizon, 0 to 1; with competing events 1 - cumulative "
            "incidence (Aalen-Johansen)",
            missing="nobody of the group is observed so long",
        ),
    ),
    key=("model", "horizon", "group"),
)

DECISION = Schema(
    name="Decision curves",
    file="outcome/ENDPOINT/decision.csv",
    row="a model, a horizon and a threshold",
    columns=(
        MODEL,
        _HORIZON,
        Column("threshold", "number", "probability of the event from which on one would treat, 0 to 1"),
        _TREATED,
        Column(
            "net_benefit",
            "number",
            "share of treated subjects with the event, minus that of treated subjects without it times "
            "threshold / (1 - threshold)",
            missing="nobody of the treated is observed until the horizon",
        ),
        Column(
            "treat_all",
            "number",
            "net benefit of treating everybody; treating nobody has 0",
            missing="nobody is observed until the horizon",
        ),
    ),
    key=("model", "horizon", "threshold"),
)

CLASS_CALIBRATION = Schema(
    name="Calibration of classes",
    file="outcome/ENDPOINT/class_calibration.csv",
    row="a model, a class and a group of subjects with similar predictions",
    columns=(
        MODEL,
        CLASS,
        Column("group", "integer", "1, 2 and so on, from the lowest predicted probability up"),
        SUBJECTS,
        Column("events", "integer", "of them, those of the class"),
        Column("predicted", "number", "mean predicted probability, out of fold, 0 to 1"),
        Column("observed", "number", "share of the class in the group, 0 to 1"),
    ),
    key=("model", "class", "group"),
    note="Of two classes, the positive one.",
)

CLASS_DECISION = Schema(
    name="Decision curves of classes",
    file="outcome/ENDPOINT/class_decision.csv",
    row="a model, a class and a threshold",
    columns=(
        MODEL,
        CLASS,
        Column("threshold", "number", "probability of the class from which on one would treat, 0 to 1"),
        _TREATED,
        Column(
            "net_benefit",
            "number",
            "share of treated subjects of the class, minus that of other treated subjects times "
            "threshold / (1 - threshold)",
        ),
        Column("treat_all", "number", "net benefit of treating everybody; treating nobody has 0"),
    ),
    key=("model", "class", "threshold"),
    note="Of two classes, the positive one.",
)
