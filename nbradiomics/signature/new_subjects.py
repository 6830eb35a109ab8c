"""Read new subjects as those that the models learned from were read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nbradiomics.clinical import Declaration, read_covariates
from nbradiomics.cohort.derived_regions import derived
from nbradiomics.errors import InputError
from nbradiomics.harmonisation.batch_columns import read_batches
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.messages.wording import counted, shortened
from nbradiomics.outcome.assembly import choose_rows
from nbradiomics.outcome.prepared import rows_of
from nbradiomics.signature.content import OfInputs
from nbradiomics.signature.harmonised import ASKED
from nbradiomics.tables import RowsOfReader
from nbradiomics.tables.same_parameters import COLUMN as PARAMETERS, require_same

#: Index columns in which features of another kind are refused, with the remedy.
_REFUSED = {
    "engine": "Compute the features with the engine of the models.",
    "variant": "Prepare the images as those of the models were, or not at all if those were not.",
}


@dataclass(frozen=True)
class NewSubjects:
    """Inputs of new subjects, and what must be said of them.

    Attributes
    ----------
    inputs
        One row per subject, with the columns that the models ask for; missing where a subject has none.
    sentences
        What to say first.
    """

    inputs: pd.DataFrame
    sentences: tuple[str, ...]


def read_new_subjects(
    known: OfInputs,
    needed: Sequence[str],
    features: pd.DataFrame,
    clinical: pd.DataFrame | None,
    rows: RowsOfReader,
) -> NewSubjects:
    """Read the inputs of some models from a feature table and a clinical table.

    Parameters
    ----------
    known
        What the inputs of the models are.
    needed
        Inputs of the models that are wanted.
    features, clinical
        The tables; without a clinical table no covariate is read.
    rows
        Rows of the feature table; a column in which it has several values, and the models one of them, needs
        no choice.

    Raises
    ------
    InputError
        When a column is absent, or the features were made in another way than those of the models.
    AmbiguousError
        When several rows of a subject match.
    """
    features = features.rename(columns=str)
    chosen = choose_rows(features, wanted_rows(known, features, rows))
    if chosen.empty:
        raise InputError("the feature table has no row.", "Give the features of one subject or more.")
    told = tuple(_other_rows(known, chosen))
    subjects = pd.Index(chosen["subject"].astype(str), name="subject")
    covariates = [each.name for each in known.covariates if each.name in needed]
    parts = [_features(chosen, [name for name in needed if _is_feature(name, known)], subjects)]
    if covariates:
        parts.append(_covariates(known, covariates, clinical, subjects))
    asked = [name.removeprefix(ASKED) for name in needed if name.startswith(ASKED)]
    if asked:
        parts.append(_batches(known, asked, chosen, clinical, subjects))
    return NewSubjects(pd.concat(parts, axis=1)[list(needed)].sort_index(), told)


def _is_feature(name: str, known: OfInputs) -> bool:
    return not name.startswith(ASKED) and name not in {each.name for each in known.covariates}


def wanted_rows(known: OfInputs, features: pd.DataFrame, rows: RowsOfReader) -> dict[str, object]:
    """Values of the index columns that are wanted: those asked for, else those of the models."""
    wanted = rows.wanted()
    for column in [name for name, value in wanted.items() if value is None]:
        values = known.rows.get(column, ())
        several = column in features and features[column].astype(str).nunique() > 1
        if several and len(values) == 1:
            wanted[column] = values[0] if values[0] in set(features[column].astype(str)) else None
    return wanted


def _other_rows(known: OfInputs, chosen: pd.DataFrame) -> Iterator[str]:
    """Refuse features that were made in another way; say where rows are of another kind."""
    here = rows_of(chosen)
    silent = require_same(
        (known.parameters,) if known.parameters else (),
        here.get(PARAMETERS, ()),
        first="the features of the models",
        second="these features",
    )
    if silent:
        yield silent
    yield from _made_by_fits(known)
    for column in RowsOfReader().wanted():
        theirs, ours = known.rows.get(column, ()), here.get(column, ())
        if theirs == ours or not (theirs and ours):
            continue
        text = (
            f"the {column} of the features of the models is {', '.join(theirs)}, that of these features "
            f"{', '.join(ours)}."
        )
        if column in _REFUSED:
            raise InputError(text, _REFUSED[column])
        yield f"{text[0].upper()}{text[1:]} Check that they mean the same."


def _made_by_fits(known: OfInputs) -> Iterator[str]:
    """Say what a feature table cannot tell: on which images the landmarks or the habitats were fitted."""
    from nbradiomics.preparation.reading import steps_of_variant  # loads SimpleITK
    from nbradiomics.preparation.steps.step import FittedStep

    for variant in known.rows.get("variant", ()):
        if any(isinstance(step, FittedStep) for step in steps_of_variant(variant)):
            yield (
                f"The images of the models were prepared with {variant}, whose landmarks are fitted, and a "
                "feature table does not say on whom. Check that the new images got the landmarks of the "
                "models."
            )
    regions = [derived(roi) for roi in known.rows.get("roi", ())]
    if any(region is not None and region.kind == "habitat" for region in regions):
        yield (
            f"The region of the models is {', '.join(known.rows['roi'])}, and a feature table does not say "
            "by which model of habitats it was made. Check that it was the same one."
        )


def _features(chosen: pd.DataFrame, names: Sequence[str], subjects: pd.Index) -> pd.DataFrame:
    absent = [name for name in names if name not in chosen]
    if absent:
        raise InputError(
            f"the feature table lacks {counted(len(absent), 'feature')} of the models: {shortened(absent)}.",
            "Extract the features with the parameters of the models.",
        )
    texts = [name for name in names if not pd.api.types.is_numeric_dtype(chosen[name])]
    if texts:
        raise InputError(
            f"{counted(len(texts), 'feature')} of the table are no numbers: {shortened(texts)}.",
            "Extract the features with the parameters of the models.",
        )
    values = chosen[list(names)].astype("float64").replace([np.inf, -np.inf], np.nan)
    return values.set_axis(subjects)


def _covariates(
    known: OfInputs, names: Sequence[str], clinical: pd.DataFrame | None, subjects: pd.Index
) -> pd.DataFrame:
    if clinical is None:
        raise InputError(f"the models need the covariates {shortened(names)}.", "Give a clinical table.")
    _require_subjects(clinical, subjects)
    read = read_covariates(clinical.rename(columns=str), names, taken=(), declared=declared_of(known))
    return pd.concat([read.numeric, read.categorical], axis=1).reindex(subjects)


def _require_subjects(clinical: pd.DataFrame, subjects: pd.Index) -> None:
    """Refuse a clinical table without the subjects, or with several rows of one."""
    if "subject" not in clinical:
        raise InputError("the clinical table has no column subject.", "Name the column of the subjects so.")
    names = clinical["subject"].astype(str)
    twice = sorted(set(names[names.duplicated()]) & set(subjects))
    if twice:
        raise InputError(
            f"the clinical table has several rows of {counted(len(twice), 'subject')}: {shortened(twice)}.",
            "Keep one row per subject.",
        )
    if not set(names) & set(subjects):
        raise InputError(
            f"no subject of the feature table ({shortened(subjects, 2)}) is in the clinical table "
            f"({shortened(names, 2)}).",
            "Write the names of the subjects in the same way in both tables.",
        )


def _batches(
    known: OfInputs,
    names: Sequence[str],
    chosen: pd.DataFrame,
    clinical: pd.DataFrame | None,
    subjects: pd.Index,
) -> pd.DataFrame:
    batch = tuple(name for name in names if name in known.batches)
    asked = Harmonise(batch=batch, covariates=tuple(name for name in names if name not in batch))
    batches, _ = read_batches(chosen, clinical, asked, declared=declared_of(known))
    absent = batches[list(batch)].isna().any(axis=1)
    if absent.any():
        raise InputError(
            f"{counted(int(absent.sum()), 'subject')} have no {' or '.join(batch)}: "
            f"{shortened(subjects[absent.to_numpy()])}.",
            "State it, or leave these subjects out: their features cannot be harmonised.",
        )
    return batches.set_axis(subjects).add_prefix(ASKED)


def declared_of(known: OfInputs) -> Declaration:
    """How the clinical columns of the models were read."""
    kinds = {
        kind: tuple(each.name for each in known.covariates if each.kind == kind)
        for kind in ("numeric", "categorical")
    }
    ordinal = {each.name: each.levels for each in known.covariates if each.kind == "ordinal"}
    return Declaration(**kinds, ordinal=ordinal, missing=known.missing)
