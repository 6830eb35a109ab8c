"""What must be said of the inputs of new subjects before anybody reads their predictions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from nbradiomics.messages.wording import counted, shortened
from nbradiomics.outcome.external_differences import away
from nbradiomics.outcome.known_values import KnownValues
from nbradiomics.signature.harmonised import ASKED, Harmonised
from nbradiomics.signature.steps import Levels

if TYPE_CHECKING:
    import pandas as pd

    from nbradiomics.signature.models import Model
    from nbradiomics.signature.read import Signature

#: What is done with subjects of a batch that the models do not know.
_UNSEEN = {
    "estimate": "its shift was estimated from their own features, all together",
    "keep": "their features were not harmonised",
}


def known_values_of(signature: Signature, names: Sequence[str]) -> KnownValues:
    """Values of the inputs of some models among the subjects that these learned from."""
    models = [signature.model(name) for name in names]
    steps = [step for each in models for block in each.model.blocks for step in block.steps]
    categories = [one for step in steps if isinstance(step, Levels) for one in step.categories]
    return KnownValues(
        levels={one.column: frozenset(one.levels) for one in categories},
        ranges={one.name: (one.low, one.high) for each in models for one in each.ranges},
        median_time=signature.content.outcome.median_time,
    )


def input_sentences(known: KnownValues, inputs: pd.DataFrame, absent: Collection[str]) -> Iterator[str]:
    """Say which inputs are missing in all subjects, or look as if they were measured or written otherwise.

    Parameters
    ----------
    known
        Values of the training subjects.
    inputs
        Inputs of the new subjects.
    absent
        Subjects who are not in the clinical table.
    """
    if absent:
        yield (
            f"{counted(len(absent), 'subject')} of {len(inputs)} {_is(absent)} not in the clinical table "
            f"({shortened(sorted(absent))}): all their clinical columns were filled in."
        )
    names = [name for name in map(str, inputs) if not name.startswith(ASKED)]
    empty = [name for name in names if inputs[name].isna().all()]
    if empty:
        yield (
            f"No subject has a value of {counted(len(empty), 'input')} ({shortened(empty)}): the value of "
            "the training subjects was taken for all."
        )
    for name in (name for name in names if name in known.levels):
        cells = inputs[name].dropna()
        unknown = cells[~cells.isin(known.levels[name])]
        if len(unknown):
            verb = "has" if len(unknown) == 1 else "have"
            yield (
                f"{name}: {counted(len(unknown), 'subject')} {verb} a level that the training subjects lack "
                f"({shortened(sorted(set(unknown)))}); it counts as unknown."
            )
    far = [text for name in names if (text := away(name, known.ranges.get(name), inputs[name]))]
    if far:
        yield (
            f"The median of {counted(len(far), 'input')} is outside the whole range of the training subjects "
            f"({shortened(far)}). Check that units and settings are the same."
        )


def unseen_batch_sentences(models: Sequence[Model], inputs: pd.DataFrame) -> Iterator[str]:
    """Say which subjects are from a batch that the models do not know, and what was done with them."""
    steps = [step for model in models for block in model.blocks for step in block.steps]
    columns = {
        each.column: each for step in steps if isinstance(step, Harmonised) for each in step.batch_columns
    }
    for column, each in columns.items():
        cells = inputs[f"{ASKED}{column}"].astype(str)
        unseen = cells[~cells.isin({batch.name for batch in each.batches})]
        if len(unseen) and each.unseen in _UNSEEN:  # a refusal speaks for itself
            yield (
                f"{counted(len(unseen), 'subject')} of {len(inputs)} {_is(unseen)} from a {column} that the "
                f"models do not know ({shortened(sorted(set(unseen)))}): {_UNSEEN[each.unseen]}."
            )


def _is(subjects: Collection[str]) -> str:
    return "is" if len(subjects) == 1 else "are"
