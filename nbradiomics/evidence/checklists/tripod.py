"""TRIPOD+AI: 27 items, 52 with their parts, that a paper on a prediction model should report."""

from __future__ import annotations

from nbradiomics.evidence.checklists.answers import (
    ALGORITHMS,
    COUNTS,
    MISSING_DATA,
    SPLIT,
)
from nbradiomics.evidence.checklists.item import Checklist, Item
from nbradiomics.evidence.checklists.rules import person

_INTRODUCTION = "Introduction"
_PATIENTS = "Methods: data and participants"
_OUTCOME = "Methods: outcome"
_PREDICTORS = "Methods: predictors"
_ANALYSIS = "Methods: analysis"
_OPEN = "Open science"
_RESULTS = "Results"
_DISCUSSION = "Discussion"

_WRITE = "Write it in the paper."


def _written(number: str, section: str, topic: str, ask: str = _WRITE, *helpful: str) -> Item:
    """An item that the author alone can answer."""
    return Item(number, section, topic, person(ask, *helpful), "person")


def _completed(number: str, section: str, topic: str, ask: str, *helpful: str) -> Item:
    """An item of which the run knows a part."""
    return Item(number, section, topic, person(ask, *helpful), "both")


_BEFORE = (
    _written("1", "Title", "The title says: a prediction model is made or tested, for whom, of what"),
    _written("2", "Abstract", "The abstract follows the list for abstracts of TRIPOD+AI"),
    _written("3a", _INTRODUCTION, "Context in care, reasons, earlier models"),
    _written("3b", _INTRODUCTION, "For which patients, for which decision, used by whom"),
    _written("3c", _INTRODUCTION, "Known inequalities in health between groups of people"),
    _written("4", _INTRODUCTION, "Aims; whether a model is made, tested or both"),
    _written("5a", _PATIENTS, "Sources of the data, why these, and whom they represent"),
    _written("5b", _PATIENTS, "Dates: start and end of inclusion, end of follow-up"),
    _written("6a", _PATIENTS, "Setting, number and place of the centres"),
    _written("6b", _PATIENTS, "Who was eligible"),
    _written("6c", _PATIENTS, "Treatments, and how they were handled"),
    _completed(
        "7",
        _PATIENTS,
        "How data were prepared and checked, and whether equally in all groups",
        "Say what was done before the run, and whether groups of people differed.",
        *("preparation", "parameters", "cohort.missing", "failures"),
    ),
    _completed(
        "8a",
        _OUTCOME,
        "The outcome and its time horizon, how and when it was assessed, and why this one",
        "Say how and when the outcome was assessed, and why it was chosen.",
        "*.",
    ),
    _written("8b", _OUTCOME, "Who judged the outcome, if it needs judgement"),
    _written("8c", _OUTCOME, "Whether the outcome was assessed blind"),
    _completed(
        "9a",
        _PREDICTORS,
        "How the predictors to begin with were chosen",
        "Say why these covariates and these features.",
        *("parameters", "*.models"),
    ),
    _completed(
        "9b",
        _PREDICTORS,
        "All predictors are defined: how and when they were measured, and whether blind",
        "Say how and when covariates were measured, and whether readers knew outcomes.",
        *("parameters", "*.models"),
    ),
    _completed(
        "9c",
        _PREDICTORS,
        "Who measured predictors that need judgement, such as masks",
        "Describe the readers.",
        *("cohort", "readers", "*.drawing"),
    ),
    _completed(
        "10",
        "Methods: sample size",
        "Sample size, and whether it is enough",
        "Say how the size was chosen, and whether it is enough.",
        *("*.", "*.sample_size"),
    ),
    Item("11", "Methods: missing data", "Missing data, and why data were left out", MISSING_DATA),
)

_ANALYSED = (
    Item("12a", _ANALYSIS, "How the data were used and divided", SPLIT),
    Item("12b", _ANALYSIS, "How predictors entered: form, scale, transformation", ALGORITHMS),
    _completed(
        "12c",
        _ANALYSIS,
        "Kind of model and why, all steps with tuning, and internal validation",
        "Say why this kind of model.",
        *("*.models", "*.folds"),
    ),
    _completed(
        "12d",
        _ANALYSIS,
        "Differences between clusters such as hospitals",
        "Say whether centres were compared.",
        "*.harmonisation",
    ),
    _completed(
        "12e",
        _ANALYSIS,
        "Measures and plots of performance, and why these",
        "Say why these.",
        *("*.performance", "*.calibration", "*.decision"),
    ),
    _completed(
        "12f",
        _ANALYSIS,
        "Changes of the model after testing it, such as recalibration (testing only)",
        "Say what you changed, if anything; nbradiomics changes no model after testing it.",
        "*.external",
    ),
    _completed(
        "12g",
        _ANALYSIS,
        "How predictions were calculated when the model was tested (testing only)",
        "Name the file or formula of the model that was tested.",
        *("*.external", "*.model_file"),
    ),
    _completed(
        "13",
        _ANALYSIS,
        "Methods for unequal classes, if any were used",
        "Say whether the balance of the classes was changed; nbradiomics does not change it.",
        "*.",
    ),
    _written("14", _ANALYSIS, "What was done for fairness between groups of people"),
    _completed(
        "15",
        _ANALYSIS,
        "What the model gives: a probability or a class, and its threshold",
        "Say which threshold, and why.",
        *("*.models", "*.model_file"),
    ),
    _completed(
        "16",
        _ANALYSIS,
        "Differences between the patients of development and of testing",
        "Compare setting, eligibility, outcome and predictors.",
        "*.external",
    ),
    _written("17", _ANALYSIS, "Approval by an ethics committee, consent"),
    _written("18a", _OPEN, "Funding and the role of funders"),
    _written("18b", _OPEN, "Conflicts of interest"),
    _written("18c", _OPEN, "Where the protocol is, or that there is none"),
    _written("18d", _OPEN, "Registration, or that there is none"),
    _written("18e", _OPEN, "Whether and where the data can be had"),
    _written(
        "18f", _OPEN, "Whether and where the code can be had", _WRITE, "versions", "inputs", "parameters"
    ),
    _written("19", "Patients and public", "How patients and public took part, or that they did not"),
)

_AFTER = (
    _completed(
        "20a",
        _RESULTS,
        "Flow of participants, numbers with and without the outcome, follow-up",
        "Add what happened before there were images; the report counts from there on.",
        *("cohort", "cohort.missing", "failures", "*."),
    ),
    _completed(
        "20b",
        _RESULTS,
        "Characteristics of the participants, events, follow-up, missing data",
        "Add a table with treatments, dates and groups of people.",
        *("cohort", "cohort.missing", "*."),
    ),
    _completed(
        "20c",
        _RESULTS,
        "Predictors and outcome of tested patients beside those of development (testing only)",
        "Add the comparison.",
        "*.external",
    ),
    Item("21", _RESULTS, "Numbers of participants and events in each analysis", COUNTS),
    _completed(
        "22",
        _RESULTS,
        "The full model, so that others can predict with it",
        "Say where others find the file of the models, and on what terms.",
        "*.model_file",
    ),
    _completed(
        "23a",
        _RESULTS,
        "Performance with intervals, also in groups of people",
        "Add the performance in groups of people.",
        "*.performance",
    ),
    _completed(
        "23b",
        _RESULTS,
        "Differences of performance between clusters, if examined",
        "Say whether centres were examined.",
        *("*.harmonisation", "*.external"),
    ),
    _completed(
        "24",
        _RESULTS,
        "Results of changed models (testing only)",
        "Report the changed model, if there is one.",
        "*.external",
    ),
    _written("25", _DISCUSSION, "What the results mean, also for fairness"),
    _written("26", _DISCUSSION, "Limits and what they do to the results"),
    _written(
        "27a",
        _DISCUSSION,
        "Poor or missing input data when the model is used",
        _WRITE,
        "*.model_file",
        "*.drawing",
    ),
    _written("27b", _DISCUSSION, "What users have to do, and what they must know"),
    _written("27c", _DISCUSSION, "Next steps"),
)

TRIPOD = Checklist(
    name="tripod-ai",
    title="TRIPOD+AI",
    about="What a paper on a prediction model should report.",
    citation="Collins et al. 2024, BMJ 385:e078378",
    doi="10.1136/bmj-2023-078378",
    checked=(
        "Numbers and topics of all items and parts were compared with two public copies of the published "
        "table, which agree with each other. The list for abstracts (item 2) is not part of this list."
    ),
    items=(*_BEFORE, *_ANALYSED, *_AFTER),
)
