"""The tables of how well models predict, and which columns they use."""

from __future__ import annotations

from nbradiomics.outcome.schema_columns import MODEL
from nbradiomics.tables.schema import Column, Schema

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
        MODEL,
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

SELECTION = Schema(
    name="Selection",
    file="outcome/ENDPOINT/selection.csv",
    row="a model and a column that it may use",
    columns=(
        MODEL,
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
