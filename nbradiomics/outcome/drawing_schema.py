"""Tables of the comparison of risks between masks of the same subject."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import SUBJECT

_MODELS = ("volume", "radiomic", "combined")
_MODEL = Column("model", "text", "the volume alone, features, or features and covariates", values=_MODELS)
_GROUP = (
    "risk group in most repeats: `high` if the risk is above the cut-off, the median risk of the fold's "
    "training subjects, else `low`; of a target the predicted class"
)
_FAILED = "there is no such mask, or the model failed"
_MASKS = Column(
    "masks",
    "text",
    "which masks are compared: `readers`; `readings` of the models' reader; `edited` automatic masks; a "
    "`consensus`; `folds` of the segmentation model; `perturbed` masks",
    values=("readers", "readings", "edited", "consensus", "folds", "perturbed"),
)
_UNDEFINED = "fewer than two masks have a risk, or there are more than two classes"

DRAWING = Schema(
    name="Risks by mask",
    file="outcome/ENDPOINT/drawing.csv",
    row="a subject, a model and a mask; the model has not seen the subject, and was fitted to masks of one "
    "reader",
    columns=(
        SUBJECT,
        _MODEL,
        Column(
            "kind",
            "text",
            "`reader` (also `auto`), `reading`: a further one; `edited`: an automatic mask that the reader "
            "corrected; `consensus`; `fold`: of the segmentation model; `perturbed`",
            values=("reader", "reading", "edited", "consensus", "fold", "perturbed"),
        ),
        Column("reader", "text", "who drew the mask"),
        Column("reading", "text", "number of a further reading", missing="not a further reading", default=""),
        Column(
            "variant", "text", "fold, or variant", missing="the mask is not of a fold or variant", default=""
        ),
        Column(
            "risk",
            "number",
            "risk as in `predictions.csv` (of two classes the log odds) minus the cut-off of the fold, mean "
            "over the repeats",
            missing=f"{_FAILED}, or there are more than two classes",
        ),
        Column("group", "text", _GROUP, missing=_FAILED),
        Column("repeats", "number", "share of the repeats with this group, 0 to 1", missing=_FAILED),
        Column("absent", "text", "why there is no risk", missing="there is one", default=""),
    ),
    key=("subject", "model", "kind", "reader", "reading", "variant"),
)

DRAWING_SUBJECTS = Schema(
    name="Range of risks",
    file="outcome/ENDPOINT/drawing_subjects.csv",
    row="a subject, a model and a set of masks",
    columns=(
        SUBJECT,
        _MODEL,
        _MASKS,
        Column("reader", "text", "reader of the mask with which those of the set are compared"),
        Column("number", "integer", "masks of the set that the subject has"),
        Column(
            "risk",
            "number",
            "risk with the reader's mask, see `drawing.csv`",
            missing=f"{_FAILED}, or classes",
        ),
        Column("low", "number", "lowest risk over the masks of the set", missing=_UNDEFINED),
        Column("high", "number", "highest risk over the masks of the set", missing=_UNDEFINED),
        Column(
            "contains",
            "number",
            "probability that the risk with one more mask of the same kind lies between them, if all are "
            "exchangeable: (n - 1) / (n + 1) of n masks; this is the range of the masks there are, and no "
            "confidence interval of the risk",
            missing=f"{_UNDEFINED}; or perturbed masks of chosen sizes, which are no sample",
        ),
        Column("group", "text", _GROUP, missing=_FAILED),
        Column("others", "integer", "masks of the set with which the subject is in another group"),
    ),
    key=("subject", "model", "masks", "reader"),
)

DRAWING_GROUPS = Schema(
    name="Changes of the risk group",
    file="outcome/ENDPOINT/drawing_groups.csv",
    row="a model and two masks",
    columns=(
        _MODEL,
        _MASKS,
        Column("first", "text", "reader, reading, fold or variant of one mask"),
        Column("second", "text", "of the other one; `any of them`: the group is not the same with all masks"),
        Column("subjects", "integer", "subjects with a group with each of these masks"),
        Column("without", "integer", "subjects of the evaluation who lack one of them"),
        Column("changed", "integer", "subjects who are in another group"),
        Column("share", "number", "share of the subjects who are, 0 to 1", missing="there is no subject"),
        Column(
            "low",
            "number",
            "lower limit over subjects (Wilson); docs/validation.md says how often such intervals contain "
            "the true share",
            missing="there is no subject; a class, or competing events",
        ),
        Column("high", "number", "upper limit", missing="as above"),
        Column(
            "to_higher",
            "integer",
            "of those, subjects in a higher group with the second mask (of a target: a later class)",
            missing="more than two masks",
        ),
        Column("to_lower", "integer", "subjects in a lower group with it", missing="more than two masks"),
    ),
    key=("model", "masks", "first", "second"),
)

DRAWING_TRANSFER = Schema(
    name="Transfer between readers",
    file="outcome/ENDPOINT/drawing_transfer.csv",
    row="a model, the reader whose masks it was fitted to, and the reader with whose masks it is used",
    columns=(
        _MODEL,
        Column("trained", "text", "reader of the masks of the training subjects; `auto`: the model"),
        Column("deployed", "text", "reader of the masks of the held-out subjects"),
        Column("subjects", "integer", "subjects with masks of all readers, the same in all rows"),
        Column("metric", "text", "what is lost", values=("harrell_c", "roc_auc")),
        Column("value", "number", "metric for the held-out subjects", missing="undefined"),
        Column("low", "number", "lower limit, with everything fitted again", missing="`refits` 0; undefined"),
        Column("high", "number", "upper limit", missing="`refits` 0; undefined"),
        Column(
            "loss",
            "number",
            "value of the same models with the masks of the reader whom they were fitted to, minus this one: "
            "above 0, something is lost",
            missing="undefined",
        ),
        Column(
            "loss_low",
            "number",
            "lower limit, paired: both values are of the same models and bootstrap samples",
            missing="the two readers are one; `refits` 0; a class, or competing events; undefined, or never "
            "other than 0",
        ),
        Column("loss_high", "number", "upper limit", missing="as above"),
    ),
    key=("model", "trained", "deployed"),
)

#: Tables of this part by the attribute of `DrawingResult`.
DRAWING_TABLES = {
    "risks": DRAWING,
    "subjects": DRAWING_SUBJECTS,
    "groups": DRAWING_GROUPS,
    "transfer": DRAWING_TRANSFER,
}
