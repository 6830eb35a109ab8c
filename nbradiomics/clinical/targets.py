"""Read the classes of a clinical table that a model predicts, and find every problem in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from nbradiomics.clinical.cells import Cells, read_cells
from nbradiomics.clinical.declaration import Declaration
from nbradiomics.clinical.endpoints import Endpoint, structure_problems
from nbradiomics.clinical.events import EVENT_WORDS, NO_EVENT_WORDS
from nbradiomics.clinical.inference import broken_cells
from nbradiomics.clinical.levels import MOST_LEVELS, match_level
from nbradiomics.clinical.missing import doubtful_words, same_value
from nbradiomics.clinical.numbers import plain_number
from nbradiomics.clinical.oddities import codes_among
from nbradiomics.messages.problem import Problem, raise_errors
from nbradiomics.messages.wording import counted, quoted

_SHOWN = 8
#: Words that name the positive class, beside those of an event, and the other class.
_POSITIVE = EVENT_WORDS | {"positive", "pos", "+", "malignant", "mutant", "mutated", "mut", "amplified"}
_POSITIVE = _POSITIVE | {"present", "high", "methylated", "deleted", "codeleted", "abnormal", "1"}
_NEGATIVE = NO_EVENT_WORDS | {"negative", "neg", "-", "benign", "wildtype", "wild-type", "wild type", "wt"}
_NEGATIVE = _NEGATIVE | {"not amplified", "non-amplified", "nonamplified", "absent", "low", "unmethylated"}
_NEGATIVE = _NEGATIVE | {"intact", "not deleted", "non-codeleted", "normal", "0"}
#: Pairs of words for yes and no; words of different pairs are not mixed in a column.
_ANSWERS = (("1", "0"), ("yes", "no"), ("y", "n"), ("true", "false"), ("t", "f"))
#: A column with more different values than this is no class.
_MOST_CLASSES = MOST_LEVELS


@dataclass(frozen=True)
class TargetReading:
    """Classes as far as they could be read.

    Attributes
    ----------
    table
        ``class`` (float) of each row, in their order: its number among `classes`; missing if the cell is
        empty or unreadable.
    classes
        Names of the classes; of two, the second one is the positive class.
    cells
        The column as text.
    problems
        Errors and warnings.
    values
        Class of each text that occurs.
    """

    table: pd.DataFrame
    classes: tuple[str, ...]
    cells: Cells
    problems: list[Problem]
    values: Mapping[str, str] = field(default_factory=dict)

    def counts(self, chosen: np.ndarray | None = None) -> dict[str, int]:
        """Number of subjects of each class, in all or some rows."""
        numbers = self.table["class"].to_numpy()
        numbers = numbers if chosen is None else numbers[chosen]
        return {name: int((numbers == number).sum()) for number, name in enumerate(self.classes)}


def target_problems(
    clinical: pd.DataFrame, rule: Endpoint, *, file: str, declared: Declaration
) -> list[Problem]:
    """List all errors and warnings of a column of classes; a missing class is not an error."""
    problems = list(structure_problems(clinical, rule, file))
    if {"subject", rule.target} <= set(clinical):
        problems += target_of(clinical, rule, declared, file=file).problems
    return problems


def read_target(clinical: pd.DataFrame, rule: Endpoint, declared: Declaration) -> TargetReading:
    """Read the classes with their warnings; the table is indexed by subject.

    Raises
    ------
    InputError
        When there is an error; the message lists all errors.
    """
    raise_errors(target_problems(clinical, rule, file="clinical table", declared=declared))
    reading = target_of(clinical, rule, declared, file="clinical table")
    subjects = pd.Index(clinical["subject"].astype(str), name="subject")
    return replace(reading, table=reading.table.set_axis(subjects))


def target_of(clinical: pd.DataFrame, rule: Endpoint, declared: Declaration, *, file: str) -> TargetReading:
    """Read the classes as far as possible, and find all problems of the cells."""
    cells = read_cells(clinical, rule.target, declared.codes(rule.target, words=False), file=file)
    nothing = pd.DataFrame({"class": np.full(len(cells.texts), np.nan)})
    broken = cells.by_text(broken_cells(cells.texts), "a class", "Correct the formula in the spreadsheet.")
    if broken:
        return TargetReading(nothing, (), cells, broken)
    values = _same_form(cells.texts)
    counts = values[cells.there].value_counts()
    problems = _refusals(cells, counts, rule, declared)
    if problems:
        return TargetReading(nothing, (), cells, problems)
    read = _by_positive if rule.positive else _by_order if rule.target in declared.ordinal else _by_value
    numbers, classes, problems = read(cells, values, rule, declared)
    reading = TargetReading(numbers.to_frame("class"), classes, cells, problems)
    texts = dict(zip(cells.texts, numbers, strict=True))
    known = {text: classes[int(number)] for text, number in texts.items() if text and not np.isnan(number)}
    return replace(reading, values=dict(sorted(known.items())))  # not in the order of the rows


_Read = tuple[pd.Series, tuple[str, ...], list[Problem]]


def _by_positive(cells: Cells, values: pd.Series, rule: Endpoint, _: Declaration) -> _Read:
    """Read two classes: the values that are named as positive, and all others."""
    positive = values.map(lambda text: any(same_value(text, value) for value in rule.positive))
    counts = values[cells.there].value_counts()
    others = sorted(str(text) for text in counts.index if not positive[values == text].any())
    named = " or ".join(sorted(str(text) for text in counts.index if str(text) not in others))
    classes = (others[0] if len(others) == 1 else f"not {named}", named)
    problems = []
    if len(others) > 1:
        listed = ", ".join(f"{text!r} ({counts[text]})" for text in others[:_SHOWN])
        found = f"{cells.name}: {listed} belong to the other class, because they are not named as positive."
        remedy = "Declare codes of missing values as missing, and name all values of the positive class."
        problems.append(cells.problem("warning", found, remedy))
    for value in rule.positive:
        if not any(same_value(str(text), value) for text in counts.index):
            found = f"{cells.name}: {value!r} is named as positive, but no cell has it."
            problems.append(cells.problem("warning", found, "Correct its spelling, or leave it out."))
    return positive.astype("float64").where(cells.there), classes, problems


def _by_order(cells: Cells, values: pd.Series, rule: Endpoint, declared: Declaration) -> _Read:
    """Read the classes that are declared as ordered levels."""
    order = declared.ordinal[rule.target]
    places = values.map(lambda text: match_level(text, order)).astype("float64")
    remedy = "Correct the cell, leave it empty, or add the level to the declared order."
    errors = cells.by_text(cells.there & places.isna(), f"one of {', '.join(order)}", remedy)
    there = [place for place in range(len(order)) if (places == place).any()]
    numbers = places.map({place: float(number) for number, place in enumerate(there)}).astype("float64")
    return numbers, tuple(order[place] for place in there), errors


def _by_value(cells: Cells, values: pd.Series, _: Endpoint, __: Declaration) -> _Read:
    """Read each value as a class; what looks like a code of a missing value is refused."""
    classes, problems = _ordered(cells, [str(text) for text in values[cells.there].value_counts().index])
    numbers = values.map({name: float(number) for number, name in enumerate(classes)}).astype("float64")
    for word, count in doubtful_words(cells.texts[cells.there]).items():
        found = f"{cells.name}: {word!r} ({counted(count, 'cell')}) counts as a class."
        remedy = "Declare it as missing if it means that the class is unknown."
        problems.append(cells.problem("warning", found, remedy))
    amounts = values.where(cells.there).map(plain_number, na_action="ignore")
    if len(classes) > 2 and amounts[cells.there].notna().all():
        for code in codes_among(cells, amounts.astype("float64")):
            remedy = "Declare it as missing, or, if it is a class, declare the classes as ordinal."
            problems.append(replace(code, severity="error", remedy=remedy))
    return numbers, classes, problems


def target_sentence(reading: TargetReading, rule: Endpoint, chosen: np.ndarray | None = None) -> str:
    """List the classes with their number of subjects, in all or some rows."""
    counts = reading.counts(chosen)
    if len(counts) == 2:
        (negative, without), (positive, having) = counts.items()
        return (
            f"{rule.target}: {positive!r} ({having}) is the positive class, {negative!r} ({without}) the "
            "other."
        )
    listed = ", ".join(f"{name!r} ({count})" for name, count in counts.items())
    return f"{rule.target} has the classes {listed}; each is predicted against all others."


def _same_form(texts: pd.Series) -> pd.Series:
    """Write equal numbers in the same way, if all values are numbers."""
    numbers = texts[texts != ""].map(plain_number)
    if numbers.isna().any():
        return texts
    return texts.map(lambda text: "" if text == "" else f"{plain_number(text):.15g}")


def _refusals(cells: Cells, counts: pd.Series, rule: Endpoint, declared: Declaration) -> list[Problem]:
    listed = ", ".join(f"{quoted(str(text))} ({count})" for text, count in counts.iloc[:_SHOWN].items())
    listed += " ..." if len(counts) > _SHOWN else ""
    if not len(counts):
        return []  # every class is missing: reported where subjects are counted
    if rule.positive:
        hit = [text for text in counts.index if any(same_value(str(text), value) for value in rule.positive)]
        if hit and len(hit) < len(counts):
            return []
        which = "every" if hit else "no"
        wanted = " or ".join(map(repr, rule.positive))
        found = f"{which} cell of {cells.name} is {wanted}; its values are {listed}."
        return [cells.problem("error", found, "Name as positive the values of the positive class.")]
    if rule.target in declared.ordinal:
        return []
    folded = pd.Series(counts.index).map(lambda text: str(text).casefold())
    if folded.duplicated().any():
        found = f"{cells.name} has classes that differ only in capitals: {listed}."
        return [cells.problem("error", found, "Write each class in one way.")]
    answers = [next((each for each in _ANSWERS if text in each), None) for text in folded]
    if None not in answers and len(set(answers)) > 1:
        found = f"{cells.name} has several words for two classes: {listed}."
        return [cells.problem("error", found, "Write each class in one way, or name the positive values.")]
    if len(counts) > _MOST_CLASSES:
        found = f"{cells.name} has {len(counts)} different values, such as {listed}"
        remedy = (
            "Merge classes, or name as positive the values that are one class against all others. A model of "
            "an amount does not exist here."
        )
        return [cells.problem("error", f"{found}; expected 2 to {_MOST_CLASSES} classes.", remedy)]
    return []


def _ordered(cells: Cells, names: list[str]) -> tuple[tuple[str, ...], list[Problem]]:
    """Order the classes: of two, the positive one is the second."""
    numbers = {name: plain_number(name) for name in names}
    if None not in numbers.values():
        return tuple(sorted(names, key=lambda name: float(str(numbers[name])))), []
    ordered = sorted(names)
    if len(ordered) != 2:
        return tuple(ordered), []
    first, second = (_sign(name) for name in ordered)
    if first != second:
        return (ordered[0], ordered[1]) if second > first else (ordered[1], ordered[0]), []
    found = f"{cells.name}: which class is the positive one is not known; {ordered[1]!r} is taken."
    remedy = "Name the value of the positive class as positive; the ROC area does not depend on it."
    return tuple(ordered), [cells.problem("warning", found, remedy)]


def _sign(name: str) -> int:
    """Whether a word names the positive class (1), the other one (-1), or neither (0)."""
    word = name.casefold()
    return int(word in _POSITIVE) - int(word in _NEGATIVE)
