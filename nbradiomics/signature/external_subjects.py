"""External subjects with outcomes, read as the subjects that the models of a file learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

from nbradiomics.clinical import Endpoint
from nbradiomics.cohort.fitted_names import known_names
from nbradiomics.errors import InputError
from nbradiomics.messages.wording import counted, shortened
from nbradiomics.outcome.assembly import OutcomeData, assemble, choose_rows, mixture_sentences
from nbradiomics.outcome.external_cohort import (
    named_classes,
    require_classes,
    require_clinical,
    with_outcome_of,
)
from nbradiomics.outcome.external_differences import differences, filled_in
from nbradiomics.outcome.known_values import value_errors
from nbradiomics.outcome.seen import LeftOut, without_seen_subjects
from nbradiomics.outcome.settings import Predictors
from nbradiomics.outcome.stability import StabilityRule
from nbradiomics.outcome.without_region import without_region
from nbradiomics.signature.content import OfOutcome
from nbradiomics.signature.harmonised import ASKED
from nbradiomics.signature.new_subjects import declared_of, read_new_subjects, wanted_rows
from nbradiomics.signature.read import Signature
from nbradiomics.signature.told_inputs import known_values_of, unseen_batch_sentences
from nbradiomics.tables import RowsOfReader, choose_features, require_single_names

LEARNED = "the models learned from it"


@dataclass(frozen=True)
class JudgedData(OutcomeData):
    """External subjects; `judged` names the models of the file that are judged on them."""

    judged: tuple[str, ...] = ()

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models."""
        return self.judged


@dataclass(frozen=True)
class ExternalSubjects:
    """External subjects, the inputs of the models, and what to say first."""

    data: JudgedData
    inputs: pd.DataFrame
    sentences: tuple[str, ...]


def read_external_subjects(
    signature: Signature,
    names: Sequence[str],
    features: pd.DataFrame,
    clinical: pd.DataFrame,
    endpoint: Endpoint,
    rows: RowsOfReader,
) -> ExternalSubjects:
    """Read external subjects; those that the models learned from are left out.

    Parameters
    ----------
    signature
        The file of models.
    names
        Models that are judged.
    features, clinical
        Tables of the external subjects.
    endpoint
        Columns and codes of their outcome.
    rows
        Rows of the feature table to use.

    Raises
    ------
    InputError
        When a column is absent, the features were made in another way, all subjects are those of the models,
        or too few subjects or events remain.
    """
    features, clinical = features.rename(columns=str), clinical.rename(columns=str)
    require_single_names(clinical.columns, "the clinical table")
    require_clinical(clinical, endpoint.columns, endpoint)
    found = _rows(signature, features, rows)
    needed = tuple(dict.fromkeys(one for name in names for one in signature.model(name).model.inputs))
    new = read_new_subjects(signature.content.inputs, needed, found.unknown, clinical, rows)
    data = _assembled(signature, needed, found.chosen, clinical, endpoint, found.left_out)
    values = known_values_of(signature, names)
    for error in value_errors(values, data):
        raise error
    inputs = new.inputs.loc[list(data.subjects)]
    sentences = [
        *found.sentences,
        *_without_outcome(data, endpoint),
        *(*mixture_sentences(found.chosen), *new.sentences),
        *unseen_batch_sentences([signature.model(name).model for name in names], inputs),
        *(*differences(values, data), *filled_in(data)),
    ]
    columns = {each.name: getattr(data, each.name) for each in fields(OutcomeData)}
    return ExternalSubjects(JudgedData(**columns, judged=tuple(names)), inputs, tuple(sentences))


@dataclass(frozen=True)
class _Rows:
    """Rows of subjects who are new to the models and to the segmentation model.

    Attributes
    ----------
    unknown
        All rows of these subjects.
    chosen
        One row of each, that the models use.
    left_out
        Subjects that are left out, with the reason.
    sentences
        What to say of them.
    """

    unknown: pd.DataFrame
    chosen: pd.DataFrame
    left_out: LeftOut
    sentences: tuple[str, ...]


def _rows(signature: Signature, features: pd.DataFrame, rows: RowsOfReader) -> _Rows:
    features, seen, told = without_seen_subjects(features, rows.reader or _reader(signature))
    features, learned = _without_learned(signature, features)
    wanted = wanted_rows(signature.content.inputs, features, rows)
    chosen = choose_rows(features, wanted)
    absent, said = without_region(features, chosen, wanted)
    sentences = (*told, *said, *_learned_sentence(learned, chosen))
    return _Rows(features, chosen, {**absent, **seen, **learned}, sentences)


def _assembled(
    signature: Signature,
    needed: Sequence[str],
    chosen: pd.DataFrame,
    clinical: pd.DataFrame,
    endpoint: Endpoint,
    left_out: LeftOut,
) -> OutcomeData:
    """Join features, covariates and outcome of the external subjects, read as those of the models were."""
    known, outcome = signature.content.inputs, signature.content.outcome
    covariates = {each.name for each in known.covariates}
    columns = [name for name in needed if name not in covariates and not name.startswith(ASKED)]
    data = assemble(
        chosen,
        clinical if not outcome.classes else named_classes(clinical, endpoint.target, outcome.values),
        columns or choose_features(chosen).names,
        StabilityRule("none", "The file of models names the features."),
        endpoint,
        _predictors(signature, endpoint, [name for name in needed if name in covariates]),
        folds=1,
        left_out=left_out,
    )
    data = with_outcome_of(data, outcome.classes, competing=outcome.competing_events is not None)
    require_classes(data, data)
    return data


def endpoint_of(outcome: OfOutcome, **changes: Any) -> Endpoint:
    """The endpoint of the models, with other columns or codes where the external table has them."""
    stated = {**outcome.stated, **{name: value for name, value in changes.items() if value}}
    if outcome.kind == "classes" and not changes.get("positive"):
        stated.pop("positive", None)  # the classes have their names already
    return Endpoint(**stated)


def _reader(signature: Signature) -> str | None:
    readers = signature.content.inputs.rows.get("reader", ())
    return readers[0] if len(readers) == 1 else None


def _without_learned(signature: Signature, features: pd.DataFrame) -> tuple[pd.DataFrame, LeftOut]:
    if "subject" not in features:
        return features, {}
    learned = signature.content.subjects
    subjects = features["subject"].astype(str)
    known = known_names(subjects, learned.hashes, [learned.salt])
    if known and known >= set(subjects):
        raise InputError(
            f"the models learned from all {counted(len(known), 'subject')} of the table.",
            "Give other subjects: those of the models say nothing of how well they predict.",
        )
    return features[~subjects.isin(known)], dict.fromkeys(sorted(known), LEARNED)


def _learned_sentence(learned: LeftOut, chosen: pd.DataFrame) -> list[str]:
    if not learned:
        return []
    total = len(chosen) + len(learned)
    text = (
        f"The models learned from {counted(len(learned), 'subject')} of {total} (by name): left out "
        f"({shortened(list(learned))}). If they are other persons, give them other names."
    )
    return [text]


def _without_outcome(data: OutcomeData, endpoint: Endpoint) -> list[str]:
    reasons = data.excluded["reason"].astype(str)
    missing = [f"{name} is " for name in endpoint.columns] + ["not in the clinical table"]
    count = int(reasons.map(lambda reason: any(text in reason for text in missing)).sum())
    if not count:
        return []
    return [
        f"{counted(count, 'subject')} without a known outcome {'was' if count == 1 else 'were'} left out."
    ]


def _predictors(signature: Signature, endpoint: Endpoint, covariates: Sequence[str]) -> Predictors:
    declared = declared_of(signature.content.inputs)
    classes = signature.content.outcome.classes
    ordinal = {name: tuple(levels) for name, levels in declared.ordinal.items()}
    ordinal |= {endpoint.target: tuple(classes)} if classes else {}
    kept, used = {*covariates, endpoint.target}, {*covariates, *endpoint.columns}
    return Predictors(
        covariates=tuple(covariates),
        numeric=tuple(name for name in declared.numeric if name in kept),
        categorical=tuple(name for name in declared.categorical if name in kept),
        ordinal={name: levels for name, levels in ordinal.items() if name in kept},
        missing={name: codes for name, codes in declared.missing.items() if not name or name in used},
    )
