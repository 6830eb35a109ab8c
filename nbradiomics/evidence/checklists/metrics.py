"""METRICS: 30 weighted items on the methods of a radiomics study, and five conditions."""

from __future__ import annotations

from nbradiomics.evidence.checklists.answers import (
    CALIBRATED,
    COMPARED_WITH_CLINICAL,
    COMPARED_WITH_SIMPLE,
    EXTERNALLY_TESTED,
    IMAGE_FEATURES,
    LARGE_ENOUGH,
    MASKS,
    MODEL_SEGMENTS,
    PARAMETERS,
    PARTITIONED,
    PERFORMANCE,
    REDUNDANT_REMOVED,
    SEGMENTATION_TESTED,
    SINGLE_SEQUENCE,
    SOFTWARE,
    UNCERTAIN,
    UNSTABLE_REMOVED,
)
from nbradiomics.evidence.checklists.item import Checklist, Item
from nbradiomics.evidence.checklists.rules import helped, person

DESIGN = "Study design"
DATA = "Imaging data"
MASK = "Segmentation"
PROCESSING = "Image processing and features"
FEATURES = "Selection of features"
PREPARATION = "Preparation of models"
COMPARISON = "Performance and comparison"
TESTING = "Testing"
OPEN = "Open science"

CONDITIONS = (
    Item("condition 1", MASK, "Are regions drawn or segmented?", MASKS),
    Item("condition 2", MASK, "Are masks made without any human work?", MODEL_SEGMENTS, "both"),
    Item("condition 3", PROCESSING, "Are features computed by given formulas?", IMAGE_FEATURES),
    Item("condition 4", FEATURES, "Are features, computed or learned, given as a table?", IMAGE_FEATURES),
    Item(
        "condition 5",
        FEATURES,
        "Does a neural network go from the image to the outcome?",
        person(
            "Answer yes only if your study has a network that predicts from the image itself; the models "
            "of nbradiomics learn from tables.",
            "*.models",
        ),
        "person",
    ),
)

ITEMS = (
    Item(
        "1",
        DESIGN,
        "A guideline or checklist for radiomics or machine learning was followed",
        person("Name the guideline that the study was designed and reported by."),
        "person",
        0.0368,
    ),
    Item(
        "2",
        DESIGN,
        "Who was eligible is defined, and the patients represent those that the model is for",
        person("Say how the patients were chosen, and whom they represent.", "cohort"),
        "person",
        0.0735,
    ),
    Item(
        "3",
        DESIGN,
        "The reference or outcome is clearly defined and of a high standard",
        person("Say how the outcome was established, and judge its standard.", "*."),
        "person",
        0.0919,
    ),
    Item(
        "4",
        DATA,
        "Images from several institutions",
        person("Say how many institutions the images come from.", "cohort", "ingest", "*.harmonisation"),
        "both",
        0.0438,
    ),
    Item(
        "5",
        DATA,
        "Images of a kind that clinics make by a common standard",
        person("Say which guideline of acquisition the images follow.", "ingest"),
        "person",
        0.0292,
    ),
    Item(
        "6",
        DATA,
        "The protocol of the images with its parameters",
        person(
            "Give the protocol; the report has what the DICOM headers state, if nbradiomics converted them.",
            "ingest",
        ),
        "both",
        0.0438,
    ),
    Item(
        "7",
        DATA,
        "The time between image and reference or outcome is stated and suitable",
        person("Say when the images were made, and from when the outcome was counted.", "*."),
        "person",
        0.0292,
    ),
    Item(
        "8",
        MASK,
        "How the regions were drawn is described",
        person(
            "Give rules of drawing, software and the experience of the readers.",
            *("cohort", "segmentation", "readers"),
        ),
        "both",
        0.0337,
        ("condition 1",),
    ),
    Item(
        "9",
        MASK,
        "Automatic masks were compared with those of experts by numbers",
        SEGMENTATION_TESTED,
        "run",
        0.0225,
        ("condition 1", "condition 2"),
    ),
    Item(
        "10",
        MASK,
        "Each mask of the tested patients comes from one reader or from an automatic method alone",
        helped(MODEL_SEGMENTS, "cohort"),
        "both",
        0.0112,
        ("condition 1",),
    ),
    Item(
        "11",
        PROCESSING,
        "The images were processed in a suitable way, and the steps are described",
        person(
            "Say whether the steps suit your images, and what was done before the run.",
            *("preparation", "parameters"),
        ),
        "both",
        0.0622,
    ),
    Item(
        "12",
        PROCESSING,
        "Features were computed by standardised software, with its version",
        SOFTWARE,
        "run",
        0.0311,
        ("condition 3",),
    ),
    Item("13", PROCESSING, "The parameters of the features are complete", PARAMETERS, "run", 0.0415),
    Item(
        "14",
        FEATURES,
        "Features that are not reproducible were removed",
        UNSTABLE_REMOVED,
        "run",
        0.0200,
        ("condition 4",),
    ),
    Item(
        "15",
        FEATURES,
        "Features that repeat others or tell nothing were removed",
        REDUNDANT_REMOVED,
        "run",
        0.0200,
        ("condition 4",),
    ),
    Item(
        "16",
        FEATURES,
        "There are enough patients for the number of features",
        LARGE_ENOUGH,
        "both",
        0.0300,
        ("condition 4",),
    ),
    Item(
        "17",
        FEATURES,
        "A network that predicts from images was tested for robustness",
        person("Describe your test."),
        "person",
        0.0200,
        ("condition 5",),
    ),
    Item(
        "18",
        PREPARATION,
        "Patients were divided before any step that learns from them",
        PARTITIONED,
        "run",
        0.0599,
    ),
    Item(
        "19",
        PREPARATION,
        "Confounders were looked for and handled",
        person(
            "Say which confounders were considered, of the patients, of the acquisition, and of the size of "
            "the tumours.",
            *("*.harmonisation", "*.controls"),
        ),
        "both",
        0.0300,
    ),
    Item("20", COMPARISON, "Performance is given by suitable measures", PERFORMANCE, "run", 0.0352),
    Item(
        "21",
        COMPARISON,
        "Performance has intervals or another measure of uncertainty",
        UNCERTAIN,
        "run",
        0.0234,
    ),
    Item("22", COMPARISON, "Calibration was measured", CALIBRATED, "run", 0.0176),
    Item(
        "23",
        COMPARISON,
        "One kind of image, or proof that one kind is not enough",
        SINGLE_SEQUENCE,
        "both",
        0.0117,
    ),
    Item(
        "24",
        COMPARISON,
        "Compared, by a test, with what does without radiomics",
        COMPARED_WITH_CLINICAL,
        "run",
        0.0293,
    ),
    Item(
        "25",
        COMPARISON,
        "Compared, by a test, with a simple model or with chance",
        helped(COMPARED_WITH_SIMPLE, "*.models", "*.controls"),
        "both",
        0.0176,
    ),
    Item(
        "26",
        TESTING,
        "Tested on other patients from the same source",
        person(
            "Say whether some patients were held out for testing alone. The authors' explanations "
            "(METRICS-E3) accept cross-validation only if tuning and testing are separate.",
            *("*.folds", "*.learned_from"),
        ),
        "both",
        0.0375,
    ),
    Item("27", TESTING, "Tested on patients of other institutions", EXTERNALLY_TESTED, "both", 0.0749),
    Item(
        "28",
        OPEN,
        "Images, masks, clinical data or features are public",
        person("Say where they are, or that they are not."),
        "person",
        0.0075,
    ),
    Item(
        "29",
        OPEN,
        "The code is public, with instructions",
        person("Say where your study file and scripts are.", "versions", "inputs"),
        "person",
        0.0075,
    ),
    Item(
        "30",
        OPEN,
        "The final model is public, with instructions",
        person("Say where the file of the models is, or that it is not public.", "*.model_file"),
        "person",
        0.0075,
    ),
)

METRICS = Checklist(
    name="metrics",
    title="METRICS (METhodological RadiomICs Score)",
    about="Quality of the methods of a radiomics study.",
    citation="Kocak et al. 2024, Insights into Imaging 15:8",
    doi="10.1186/s13244-023-01572-w",
    checked=(
        "Numbers, topics and conditions were compared with the publisher's table, the authors' online tool "
        "and their explanations (METRICS-E3). Weights of items 1 to 23 were compared with the publisher's "
        "table; those of items 24 to 30 with another public implementation alone. All weights together "
        "give 1."
    ),
    items=ITEMS,
    conditions=CONDITIONS,
)
