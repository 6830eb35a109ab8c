"""The tables in the folder of an outcome model."""

from __future__ import annotations

from nbradiomics.outcome.ratio_schema import RATIOS
from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import SUBJECT

_MODEL = Column(
    "model",
    "text",
    "columns that the model uses: covariates, the volume alone, features, or features and covariates",
    values=("clinical", "volume", "radiomic", "combined"),
)
_CLASS = Column("class", "text", "a class of the target")
_REPEAT = Column("repeat", "integer", "repeat of the cross-validation: 1, 2 and so on")
_FOLD = Column("fold", "integer", "fold in which the subject was held out: 1, 2 and so on")
_TREATED = Column("treated", "number", "share of the subjects whose predicted probability reaches it, 0 to 1")
_SUBJECTS = Column("subjects", "integer", "subjects of the group")
_VARIABLE = Column("variable", "text", "`subjects`, a covariate, or the column of the volume")
_LEVEL = Column(
    "level",
    "text",
    "level of a category, or 1 of a column of 0 and 1",
    missing="the variable is another number",
)
_RISK = ("high", "low")
_UNDEFINED = "undefined: the model failed in every fold, or there are too few subjects"

_METRICS = {
    "harrell_c": "Harrell's C; who had a competing event counts as never having the event",
    "uno_c": "Uno's C of the events before the horizon, which depends less on the censoring",
    "auc_t": "ROC area: subjects with the event by the horizon against those without it",
    "brier": "Brier score of the predicted survival at the horizon, or of the predicted classes: smaller is "
    "better",
    "ibs": "mean of the Brier score up to the horizon",
    "calibration_slope": "1 is right, below 1 the predicted differences are too large",
    "observed_expected": "events by the horizon, or subjects of the positive class, over the predicted ones: "
    "1 is right",
    "harrell_c_gain_over_clinical": "gain of the combined model over the clinical one",
    "harrell_c_gain_over_volume": "gain of the radiomic model over the volume alone",
    "roc_auc": "of classes: ROC area; of more than two, the mean over the classes, each against all others",
    "average_precision": "of classes: area under precision and recall; chance is the share of the class",
    "balanced_accuracy": "of classes: mean share of each class that is predicted as it is",
    "mcc": "of classes: Matthews' correlation of predicted and true class",
    "sensitivity": "of two classes: share of the positive class that is predicted as positive",
    "specificity": "of two classes: share of the other class that is predicted as it is",
    "roc_auc_gain_over_clinical": "gain of the combined model over the clinical one",
    "roc_auc_gain_over_volume": "gain of the radiomic model over the volume alone",
}

PERFORMANCE = Schema(
    name="Performance",
    file="outcome/ENDPOINT/performance.csv",
    row="a model, a metric and a horizon",
    columns=(
        _MODEL,
        Column(
            "metric",
            "text",
            "; ".join(f"`{name}`: {meaning}" for name, meaning in _METRICS.items()),
            values=tuple(_METRICS),
        ),
        Column(
            "horizon",
            "number",
            "point in time of the metric, in the unit of the endpoint's time",
            missing="the metric has none",
            optional=True,
        ),
        Column(
            "value",
            "number",
            "value of the metric for held-out subjects, averaged over the repeats; orders are judged among "
            "subjects of the same fold",
            missing=_UNDEFINED,
        ),
        Column(
            "low",
            "number",
            "lower limit, from bootstrap samples in which everything is fitted again, for metrics whose "
            "intervals were shown to contain the truth (`refits` 0: from the predictions, for Harrell's C "
            "or the ROC area alone)",
            missing="undefined, or not given for this metric",
        ),
        Column("high", "number", "upper limit", missing="undefined, or not given for this metric"),
    ),
    key=("model", "metric", "horizon"),
    note="An external validation of a study writes this table and the next ones to "
    "`outcome/ENDPOINT/validation/COHORT/`; there, all values are those of the external subjects.",
)

PREDICTIONS = Schema(
    name="Predictions",
    file="outcome/ENDPOINT/predictions.csv",
    row="a subject, model and repeat; the model has not seen the subject (out of fold)",
    columns=(
        SUBJECT,
        _MODEL,
        _REPEAT,
        _FOLD,
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
            values=_RISK,
            missing="the model failed in this fold",
        ),
    ),
    key=("subject", "model", "repeat"),
)

PREDICTED_SURVIVAL = Schema(
    name="Predicted survival",
    file="outcome/ENDPOINT/predicted_survival.parquet",
    row="a subject, model and repeat of the predictions",
    columns=(SUBJECT, _MODEL, _REPEAT),
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
        _MODEL,
        _REPEAT,
        _FOLD,
        _CLASS,
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

KAPLAN_MEIER = Schema(
    name="Kaplan-Meier curves",
    file="outcome/ENDPOINT/kaplan_meier.csv",
    row="a point of the curve of a risk group",
    columns=(
        _MODEL,
        Column(
            "group",
            "text",
            "risk group of a subject in most repeats; `high` if there is a tie",
            values=_RISK,
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

_HORIZON = Column("horizon", "number", "point in time, in the unit of the endpoint's time")

CALIBRATION = Schema(
    name="Calibration",
    file="outcome/ENDPOINT/calibration.csv",
    row="a model, a horizon and a group of subjects with similar predictions",
    columns=(
        _MODEL,
        _HORIZON,
        Column("group", "integer", "1, 2 and so on, from the lowest predicted survival up"),
        _SUBJECTS,
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
        _MODEL,
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
        _MODEL,
        _CLASS,
        Column("group", "integer", "1, 2 and so on, from the lowest predicted probability up"),
        _SUBJECTS,
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
        _MODEL,
        _CLASS,
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

SELECTION = Schema(
    name="Selection",
    file="outcome/ENDPOINT/selection.csv",
    row="a model and a column that it may use",
    columns=(
        _MODEL,
        Column(
            "class",
            "text",
            "class of a target with more than two classes, each of which has a model of its own; or "
            "`competing event`, the model of that event",
            missing="there is one model",
            default="",
        ),
        Column(
            "feature",
            "text",
            "a feature, a numeric covariate, `covariate=level`, `missingindicator_covariate`, or "
            "`component 1` of a selection by components",
        ),
        Column(
            "frequency",
            "number",
            "share of the folds in which the coefficient of the column is not 0, 0 to 1; with a ridge "
            "penalty every column that passes the filters has one, so this does not measure importance",
            missing="the model failed in every fold",
        ),
        Column(
            "coefficient",
            "number",
            "mean log hazard ratio, or log odds ratio of a class, in these folds, per standard deviation (of "
            "a feature after its power, see `power_transform`); for a level see `level_meaning` in "
            "`summary.json`; of trees (`method`) the share of the column in the decrease of impurity (a "
            "random survival forest has none, and no rows)",
            missing="the column entered in no fold",
        ),
    ),
    key=("model", "class", "feature"),
)

_CELL = "median (quartiles) of a number; count (share of the known values) of a level"

BASELINE = Schema(
    name="Baseline",
    file="outcome/ENDPOINT/baseline.csv",
    row="a covariate or the volume, or a level of a category; the first row counts the subjects",
    columns=(
        _VARIABLE,
        _LEVEL,
        Column("all", "text", f"all subjects: {_CELL}", missing="no value is known"),
        Column("with_event", "text", "the same of subjects with the event", missing="no value is known"),
        Column("without_event", "text", "the same of the others", missing="no value is known"),
        Column(
            "competing_event",
            "text",
            "the same of subjects with a competing event",
            missing="no value is known, or the endpoint has no competing events",
            optional=True,
        ),
        Column("missing", "integer", "subjects without a value"),
    ),
    key=("variable", "level"),
    left_out=("competing_event",),
)

CLASS_BASELINE = Schema(
    name="Baseline by class",
    file="outcome/ENDPOINT/class_baseline.csv",
    row="a covariate or the volume, or a level of a category, in a class; the first rows count the subjects",
    columns=(
        _VARIABLE,
        _LEVEL,
        Column("class", "text", "a class of the target", missing="all subjects"),
        Column("value", "text", _CELL, missing="no value is known"),
        Column("missing", "integer", "subjects of the class without a value"),
    ),
    key=("variable", "level", "class"),
    note="Instead of the baseline, for a target.",
)

EXCLUDED = Schema(
    name="Excluded subjects",
    file="outcome/ENDPOINT/excluded.csv",
    row="a subject that is not analysed",
    columns=(SUBJECT, Column("reason", "text", "reasons, separated by semicolons")),
    key=("subject",),
)

#: Tables of the models of a time to an event, by the name of the result's attribute.
SURVIVAL_TABLES = {
    "baseline": BASELINE,
    "ratios": RATIOS,
    "performance": PERFORMANCE,
    "predictions": PREDICTIONS,
    "predicted_survival": PREDICTED_SURVIVAL,
    "calibration": CALIBRATION,
    "decision": DECISION,
    "kaplan_meier": KAPLAN_MEIER,
    "selection": SELECTION,
    "flow": EXCLUDED,
}
#: Tables of the models of a class.
CLASS_TABLES = {
    "baseline": CLASS_BASELINE,
    "ratios": RATIOS,
    "performance": PERFORMANCE,
    "predictions": CLASS_PREDICTIONS,
    "calibration": CLASS_CALIBRATION,
    "decision": CLASS_DECISION,
    "selection": SELECTION,
    "flow": EXCLUDED,
}
#: Every table of an outcome model, in the order of `docs/tables.md`.
TABLES = tuple(dict.fromkeys([*SURVIVAL_TABLES.values(), *CLASS_TABLES.values()]))
