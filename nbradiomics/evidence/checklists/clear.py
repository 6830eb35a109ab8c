"""CLEAR: 58 items that a paper on radiomics should report."""

from __future__ import annotations

from nbradiomics.evidence.checklists.answers import (
    ALGORITHMS,
    BALANCE,
    DISCRETISATION,
    FEATURE_CLASSES,
    GAIN,
    IMAGE_TYPES,
    MISSING_DATA,
    MODELS_COMPARED,
    PARAMETERS,
    PERFORMANCE,
    READER_RELIABILITY,
    RESAMPLING,
    SELECTION,
    SOFTWARE,
    SPLIT,
    STABILITY_RESULTS,
    UNCERTAIN,
)
from nbradiomics.evidence.checklists.item import Checklist, Item
from nbradiomics.evidence.checklists.rules import helped, person

_INTRODUCTION = "Introduction"
_DESIGN = "Methods: study design"
_DATA = "Methods: data"
_MASKS = "Methods: segmentation"
_PROCESSING = "Methods: processing of images"
_FEATURES = "Methods: features"
_PREPARATION = "Methods: preparation of data"
_MODELS = "Methods: models"
_EVALUATION = "Methods: evaluation"
_RESULTS = "Results"
_DISCUSSION = "Discussion"
_OPEN = "Open science"

_WRITE = "Write it in the paper."


def _written(number: int, section: str, topic: str, ask: str = _WRITE, *helpful: str) -> Item:
    """An item that the author alone can answer."""
    return Item(str(number), section, topic, person(ask, *helpful), "person")


def _completed(number: int, section: str, topic: str, ask: str, *helpful: str) -> Item:
    """An item of which the run knows a part."""
    return Item(str(number), section, topic, person(ask, *helpful), "both")


ITEMS = (
    _written(1, "Title", "The title says that it is radiomics, and of which kind"),
    _written(2, "Abstract", "A structured summary"),
    _written(3, "Keywords", "Keywords by which the study is found"),
    _written(4, _INTRODUCTION, "Background"),
    _written(5, _INTRODUCTION, "Why radiomics"),
    _written(6, _INTRODUCTION, "Aims"),
    _written(
        7, _DESIGN, "Guidelines and checklists that were followed", "Name them, and add them as a supplement."
    ),
    _written(8, _DESIGN, "Ethics, consent and protection of data"),
    _completed(
        9,
        _DESIGN,
        "Sample size, and how it was chosen",
        "Say how the size was chosen.",
        *("*.", "*.sample_size"),
    ),
    _written(10, _DESIGN, "Kind of study: looking back or forward, registered or not"),
    _written(11, _DESIGN, "Who was included and excluded"),
    _written(12, _DESIGN, "A chart of the technical steps", _WRITE, "seed"),
    _written(13, _DATA, "Where the data come from"),
    _written(14, _DATA, "Patients who were in earlier studies"),
    Item("15", _DATA, "How the data were divided", SPLIT),
    _completed(16, _DATA, "Protocol of the images", "Give scanner and protocol of each sequence.", "ingest"),
    _completed(
        17,
        _DATA,
        "Predictors other than features are defined",
        "Say what each covariate means and how it was measured.",
        "*.models",
    ),
    _completed(
        18,
        _DATA,
        "The reference or outcome is defined",
        "Say how the outcome was established.",
        "*.",
    ),
    _completed(
        19,
        _MASKS,
        "How the regions were drawn",
        "Say by which rules and software.",
        *("cohort", "segmentation"),
    ),
    _written(
        20, _MASKS, "Who drew, and with what experience", "Give number and experience.", "cohort", "readers"
    ),
    _completed(
        21,
        _PROCESSING,
        "How the images were processed",
        "Add what was done to the images before the run.",
        *("preparation", "parameters"),
    ),
    Item("22", _PROCESSING, "Resampling and its settings", RESAMPLING),
    Item("23", _PROCESSING, "Discretisation of grey levels and its settings", DISCRETISATION),
    Item("24", _PROCESSING, "Original and filtered images that were used", IMAGE_TYPES),
    Item("25", _FEATURES, "Software of the features and its version", SOFTWARE),
    Item("26", _FEATURES, "Classes of the features", FEATURE_CLASSES),
    _completed(
        27, _FEATURES, "Number of features", "Give the numbers at each step.", "reproducibility", "parameters"
    ),
    Item("28", _FEATURES, "All other settings of the features", PARAMETERS),
    Item("29", _PREPARATION, "Missing data", MISSING_DATA),
    Item("30", _PREPARATION, "Balance of the classes or events", BALANCE),
    Item(
        "31",
        _PREPARATION,
        "How reliable the segmentation is",
        helped(READER_RELIABILITY, "readers", "*.drawing"),
    ),
    Item("32", _PREPARATION, "Scaling of the features", ALGORITHMS),
    Item("33", _PREPARATION, "How the number of features was reduced", SELECTION),
    Item("34", _MODELS, "The models", ALGORITHMS),
    Item("35", _MODELS, "How the models were trained and tuned", ALGORITHMS),
    _completed(
        36, _MODELS, "Confounders", "Say which were considered and how.", "*.harmonisation", "*.controls"
    ),
    _completed(
        37,
        _MODELS,
        "How the final model was chosen",
        "Say which model is yours, and why.",
        "*.models",
    ),
    Item("38", _EVALUATION, "How the models were tested", SPLIT),
    _completed(39, _EVALUATION, "Measures of performance, and why these", "Say why.", "*.performance"),
    Item("40", _EVALUATION, "Uncertainty of the performance", UNCERTAIN),
    Item("41", _EVALUATION, "Statistical comparison of models", GAIN),
    Item("42", _EVALUATION, "Comparison with models without radiomics and with both", MODELS_COMPARED),
    _completed(
        43,
        _EVALUATION,
        "How the models can be understood",
        "Say how the predictions were explained.",
        *("*.controls", "*.model_file"),
    ),
    _completed(
        44, _RESULTS, "Characteristics of the patients", "Add a table of the patients.", "cohort", "*."
    ),
    _completed(
        45,
        _RESULTS,
        "Chart of who was included and excluded",
        "Add what happened before there were images; the report counts from there on.",
        *("cohort", "cohort.missing", "failures"),
    ),
    Item("46", _RESULTS, "Results about the features, such as their reproducibility", STABILITY_RESULTS),
    Item("47", _RESULTS, "Performance of the models", PERFORMANCE),
    Item("48", _RESULTS, "Results of the comparison with models without radiomics", GAIN),
    _written(49, _DISCUSSION, "Main findings"),
    _written(50, _DISCUSSION, "Earlier work, and what differs"),
    _written(51, _DISCUSSION, "What it means for practice"),
    _written(52, _DISCUSSION, "Strengths and limits"),
    _written(
        53,
        _OPEN,
        "Images and masks are shared (recommended, not required)",
        "Say where, or that they are not.",
    ),
    _written(54, _OPEN, "Features are shared", "Say where, or that they are not."),
    _written(
        55, _OPEN, "Scripts or settings of the processing are shared", "Say where.", "parameters", "inputs"
    ),
    _written(
        56, _OPEN, "Code of the models is shared", "Say where your study file is.", "versions", "inputs"
    ),
    _written(
        57, _OPEN, "The final models are shared", "Say where the file of the models is.", "*.model_file"
    ),
    _written(58, _OPEN, "A system that is ready to use is shared (recommended, not required)", "Say where."),
)

CLEAR = Checklist(
    name="clear",
    title="CLEAR (CheckList for EvaluAtion of Radiomics research)",
    about="What a paper on radiomics should report.",
    citation="Kocak et al. 2023, Insights into Imaging 14:75",
    doi="10.1186/s13244-023-01415-8",
    checked=(
        "Numbers and topics of all 58 items were compared with a public copy of the published table, and "
        "those of the title, the abstract and the study design with the authors' online checklist. That "
        "items 53 and 58 are recommended and not required rests on the copy alone."
    ),
    items=ITEMS,
)
