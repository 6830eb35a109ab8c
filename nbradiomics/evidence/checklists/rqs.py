"""RQS 2.0: 42 criteria of the Radiomics Quality Score, ordered by nine levels of readiness.

The article was not at hand, so that the list has neither points nor a level.
"""

from __future__ import annotations

from nbradiomics.evidence.checklists.answers import (
    CALIBRATED,
    EXTERNALLY_TESTED,
    HARMONISED,
    REDUNDANT_REMOVED,
    SOFTWARE,
    STABILITY_RESULTS,
    UNCERTAIN,
    UNSTABLE_REMOVED,
    WITH_COVARIATES,
)
from nbradiomics.evidence.checklists.item import Checklist, Item, Rule, Who
from nbradiomics.evidence.checklists.rules import person

_LEVELS = (
    *("1: exploration", "2: preparation of data", "3: prototype", "4: internal validation"),
    *("5: test of abilities", "6: trust", "7: prospective validity", "8: use and upkeep", "9: in clinics"),
)

_DESCRIBE = "Describe it, or say that it was not done."


def _criterion(number: int, level: int, topic: str, rule: Rule | None = None, who: Who | None = None) -> Item:
    """A criterion of a level; without a rule a person answers it."""
    who = who or ("run" if rule else "person")
    return Item(str(number), f"Level {_LEVELS[level - 1]}", topic, rule or person(_DESCRIBE), who)


ITEMS = (
    _criterion(1, 1, "The clinical need, agreed on by several centres"),
    _criterion(2, 1, "The scanners are described", person(_DESCRIBE, "ingest"), "both"),
    _criterion(3, 1, "How mature the imaging protocol is", person(_DESCRIBE, "ingest"), "person"),
    _criterion(4, 1, "Who was included and excluded, and why"),
    _criterion(5, 1, "Variety of the patients, and likely biases"),
    _criterion(6, 2, "Features were tested for reproducibility", STABILITY_RESULTS),
    _criterion(7, 2, "Images were processed, with reasons", person(_DESCRIBE, "preparation"), "both"),
    _criterion(8, 2, "Images or features were harmonised, where needed", HARMONISED),
    _criterion(9, 2, "Features keep to an international standard, such as the IBSI", SOFTWARE),
    _criterion(10, 2, "Regions were segmented automatically", person(_DESCRIBE, "segmentation"), "both"),
    _criterion(11, 3, "The number of features was reduced", REDUNDANT_REMOVED),
    _criterion(12, 3, "Reproducibility decided which features were used", UNSTABLE_REMOVED),
    _criterion(13, 3, "Given features and learned ones were combined and compared"),
    _criterion(14, 3, "Other predictors beside the features", WITH_COVARIATES),
    _criterion(
        15,
        4,
        "Validated on patients of the same centre, without fitting again",
        person(
            "Say whether patients of the same centre were held out, and how.",
            *("*.folds", "*.learned_from"),
        ),
        "both",
    ),
    _criterion(16, 4, "Cut-offs are given and justified", person(_DESCRIBE, "*.models"), "both"),
    _criterion(17, 4, "Discrimination, with its uncertainty", UNCERTAIN),
    _criterion(18, 4, "Calibration", CALIBRATED),
    _criterion(19, 4, "When the model fails", person(_DESCRIBE, "failures", "*.drawing"), "both"),
    _criterion(20, 4, "Images, masks and code are public"),
    _criterion(21, 5, "Validated on patients of other centres", EXTERNALLY_TESTED, "both"),
    _criterion(22, 5, "Compared with what clinics use today", person(_DESCRIBE, "*.performance"), "both"),
    _criterion(23, 5, "Compared with published signatures"),
    _criterion(24, 5, "What it could be used for", person(_DESCRIBE, "*.decision"), "both"),
    _criterion(25, 6, "Predictions are explained", person(_DESCRIBE, "*.model_file"), "both"),
    _criterion(26, 6, "The explanations were tested"),
    _criterion(27, 6, "What it means biologically"),
    _criterion(28, 6, "Fairness was tested, and bias corrected"),
    _criterion(29, 7, "Clinicians can use it"),
    _criterion(30, 7, "Sample size was calculated before", person(_DESCRIBE, "*.sample_size"), "person"),
    _criterion(31, 7, "The trial was registered before"),
    _criterion(32, 7, "Validated prospectively"),
    _criterion(33, 7, "Tested in daily practice"),
    _criterion(
        34, 8, "Versions of the software are traceable", person(_DESCRIBE, "versions", "inputs"), "both"
    ),
    _criterion(
        35,
        8,
        "The software refuses or flags what it is not made for",
        person(_DESCRIBE, "*.model_file"),
        "both",
    ),
    _criterion(36, 8, "Cost and benefit"),
    _criterion(37, 8, "How loss of performance over time will be found"),
    _criterion(38, 8, "How the model will be improved"),
    _criterion(39, 9, "How much of the clinical work is automatic"),
    _criterion(40, 9, "A system of quality management"),
    _criterion(41, 9, "Requirements of regulators"),
    _criterion(42, 9, "On the market"),
)

RQS = Checklist(
    name="rqs-2",
    title="RQS 2.0 (Radiomics Quality Score), criteria by level of readiness",
    about="How ready a radiomic model is for clinical use.",
    citation="Lambin et al. 2025, Nature Reviews Clinical Oncology 22:831-846",
    doi="10.1038/s41571-025-01067-1",
    checked=(
        "Not checked with the article, of which only the abstract was at hand: it confirms nine levels of "
        "readiness. Numbers, levels and topics of the 42 criteria come from one public calculator of RQS "
        "2.0; their number agrees with a second source. So this list states neither points nor a level: "
        "use the article for both."
    ),
    items=ITEMS,
    levels=True,
)
