"""What is repeated: readers, readings, timepoints, repeats, sites or variants, and the rows that count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbradiomics.cohort.components import refuse_components
from nbradiomics.cohort.in_training import require_named_model, seen_subjects
from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.reproducibility.forms import Form
from nbradiomics.reproducibility.levels import chosen_levels, listed, require_one_value, texts
from nbradiomics.tables import AUTO, RowsOfReader, select
from nbradiomics.tables.same_parameters import COLUMN as PARAMETERS, require_one_hash

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """What is repeated on each subject, and the column that distinguishes the repetitions.

    Attributes
    ----------
    across
        Column of the feature table whose values are compared.
    several
        The compared values in words.
    form
        Form of the ICC, if none is requested.
    changing
        Columns that may change together with the compared one: a subject who travels to another site has
        another timepoint there, and variants may be those of the parameters.
    """

    across: str
    several: str
    form: Form
    changing: tuple[str, ...] = ()


#: Two-way agreement for named raters (Koo and Li 2016), one-way for variants (Zwanenburg et al. 2019), whose
#: order has no meaning: noise number 1 of one subject has nothing in common with that of another subject.
DESIGNS = {
    design.across: design
    for design in (
        Design("reader", "readers", "A,1"),
        Design("reading", "readings", "A,1"),
        Design("timepoint", "timepoints", "A,1", ("site",)),
        Design("repeat", "repeats", "A,1", ("timepoint", "reading", "site")),
        Design("site", "sites", "A,1", ("timepoint", "reading", "repeat")),
        Design("variant", "variants", "1", (PARAMETERS,)),
    )
}
#: Columns that need one value in all compared rows, unless they are compared or change with the compared one.
_CONTEXT = ("timepoint", "sequence", "roi", "variant", "engine", "reading", "repeat")


@dataclass(frozen=True)
class Arrangement:
    """Rows of a feature table that are compared, and their place in an array of subjects by levels.

    Attributes
    ----------
    design
        What is repeated.
    levels
        The compared values (readers, timepoints ...), in the order of the raters of the array.
    subjects
        Subjects with at least one of the rows, in the table's order.
    rows, subject_of_row, level_of_row
        Positions of the rows in the table, and of their subject and level.
    reader
        Whose masks the rows are from, if readers are not compared; empty if the table does not say.
    changing
        Columns that change together with the compared one.
    sites_differ
        Whether a subject has rows of several sites, which the design does not expect: other images.
    """

    design: Design
    levels: tuple[str, ...]
    subjects: tuple[str, ...]
    rows: NDArray[np.intp]
    subject_of_row: NDArray[np.intp]
    level_of_row: NDArray[np.intp]
    reader: str
    changing: tuple[str, ...]
    sites_differ: bool = False

    def array(self, features: pd.DataFrame, names: Sequence[str]) -> Floats:
        """Return the values of some features, shape (features, subjects, levels); NaN without row or value.

        Parameters
        ----------
        features
            The table that was arranged.
        names
            Columns of features.
        """
        values = np.full((len(names), len(self.subjects), len(self.levels)), np.nan)
        part = features[list(names)].iloc[self.rows]
        found = part.to_numpy(dtype=np.float64, na_value=np.nan)
        values[:, self.subject_of_row, self.level_of_row] = found.T
        return values


def design_of(across: str) -> Design:
    """Return the design with this name, or raise `InputError`."""
    if across not in DESIGNS:
        raise InputError(
            f"{across!r} is nothing that can be compared.",
            f"{did_you_mean(str(across), DESIGNS)}Choose from: {', '.join(DESIGNS)}.",
        )
    return DESIGNS[across]


def arrange(
    features: pd.DataFrame,
    across: str = "reader",
    levels: Sequence[str] | None = None,
    rows: RowsOfReader = RowsOfReader(),  # noqa: B008 - frozen
) -> Arrangement:
    """Find the rows that are compared.

    Parameters
    ----------
    features
        Feature table with the columns ``subject`` and `across`.
    across
        What is compared, a name of `DESIGNS`.
    levels
        Values of this column to compare, two or more; by default all, of readers all except ``auto``.
    rows
        Which rows to use, if another column has several values.

    Raises
    ------
    InputError
        When the table lacks a column, a row lacks its subject or level, a level is not in the table, there
        are fewer than two levels or no subject has two, the regions are connected components, the model was
        trained on all subjects with automatic masks, or the rows were made with different parameters.
    AmbiguousError
        When a column without a chosen value has several values, or a subject and level have several rows.
    """
    design = design_of(across)
    require_named_model(features)
    index = _requested(_index(features, design), design, rows)
    names = chosen_levels(index, across, levels)
    chosen = _of_one_reader(index[index[across].isin(names)], design, rows.reader)
    chosen = _of_one_context(_unseen(chosen, features), design)
    refuse_components(chosen["roi"].unique() if "roi" in chosen else [])
    present = set(chosen[across])
    names = names if levels is not None else [name for name in names if name in present]
    _require_two(names, index, design)
    _require_one_row_each(chosen, design)
    _require_repeated(chosen, design)
    _require_same_parameters(chosen, design)
    subjects = [str(name) for name in pd.unique(chosen["subject"])]
    return Arrangement(
        design=design,
        levels=tuple(names),
        subjects=tuple(subjects),
        rows=chosen.index.to_numpy(dtype=np.intp),
        subject_of_row=pd.Index(subjects).get_indexer(pd.Index(chosen["subject"])),
        level_of_row=pd.Index(names).get_indexer(pd.Index(chosen[across])),
        reader="" if across == "reader" or "reader" not in chosen else str(chosen["reader"].iloc[0]),
        changing=tuple(name for name in design.changing if name in chosen and _changes(chosen, name)),
        sites_differ="site" not in (across, *design.changing) and _repeats(chosen, "site"),
    )


def _index(features: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Return the columns that identify a row, as text, with the position of the row as index."""
    needed = ["subject", design.across]
    missing = [column for column in needed if column not in features]
    if missing:
        hint = (
            " In a table of PyRadiomics, name the reader of each mask in a column Reader."
            if design.across == "reader"
            else ""
        )
        raise InputError(
            f"the table has no column {listed(missing)}.",
            f"{did_you_mean(missing[0], map(str, features.columns))}Give a feature table: one row per "
            f"subject and {design.across}.{hint}",
        )
    named = features[needed].notna() & (features[needed].astype(str) != "")
    if not named.all(axis=None):
        raise InputError(
            f"{int((~named.all(axis=1)).sum())} rows have no subject or no {design.across}.",
            "Give both in every row.",
        )
    known = [name for name in (*_CONTEXT, "site", "reader", PARAMETERS) if name in features]
    index = pd.DataFrame({name: texts(features[name]) for name in known})
    return index.assign(subject=features["subject"].astype(str)).reset_index(drop=True)


def _of_one_reader(rows: pd.DataFrame, design: Design, wanted: str | None) -> pd.DataFrame:
    """Keep the rows of one reader, unless readers are compared.

    Without a name it is the only reader with repeated rows; the model only if no reader has any.
    """
    if design.across == "reader":
        if wanted is not None:
            raise InputError(
                f"readers are compared, but the rows of one reader ({wanted}) were requested.",
                "Name the readers to compare as levels, or compare something else across.",
            )
        return rows
    if "reader" not in rows:
        if wanted is None:
            return rows
        raise InputError("the table has no column 'reader'.", "Leave out --reader.")
    if wanted is None:
        wanted = _only_reader(rows, design)
    chosen = rows[rows["reader"] == str(wanted)]
    if chosen.empty:
        raise InputError(
            f"the table has no row of reader {wanted}.",
            f"Choose from: {listed(sorted(set(rows['reader'])))}.",
        )
    return chosen


def _only_reader(rows: pd.DataFrame, design: Design) -> str:
    names = list(pd.unique(rows["reader"]))
    if len(names) == 1:
        return str(names[0])
    counts = rows.groupby(["reader", "subject"])[design.across].nunique()
    repeated = [str(name) for name in pd.unique(counts[counts > 1].index.get_level_values("reader"))]
    candidates = [name for name in repeated if name != AUTO] or repeated
    if len(candidates) != 1:
        compare = ", or compare the readers with --across reader" if len(names) > 1 else ""
        raise AmbiguousError(
            f"the rows to compare are of several readers: {listed(candidates or sorted(names))}.",
            f"Choose one with --reader{compare}.",
        )
    return candidates[0]


def _unseen(rows: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """Leave out the subjects that the model was trained on, if its masks are compared."""
    automatic = set(rows.loc[rows["reader"] == AUTO, "subject"]) if "reader" in rows else set()
    seen = seen_subjects(features) if automatic else set()
    if not seen:
        return rows
    if automatic <= seen:
        raise InputError(
            f"the model was trained on all {len(automatic)} subjects with automatic masks.",
            f"Leave {AUTO!r} out, or use subjects that are new to the model.",
        )
    return rows[~rows["subject"].isin(seen)]


def _requested(index: pd.DataFrame, design: Design, rows: RowsOfReader) -> pd.DataFrame:
    """Keep the requested rows; the reader is chosen separately."""
    wanted = {name: value for name, value in rows.wanted().items() if value is not None and name != "reader"}
    if design.across in wanted:
        raise InputError(
            f"{design.several} are compared, but the rows of one {design.across} ({wanted[design.across]}) "
            "were requested.",
            "Name the values to compare as levels, or compare something else across.",
        )
    return select(index, **wanted) if wanted else index


def _of_one_context(rows: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Require one value in every column that is not compared, unless it changes with the compared one."""
    single = not rows.duplicated(["subject", design.across]).any()
    free = {design.across, *(design.changing if single else ())}
    for name in _CONTEXT:
        if name in rows and name not in free:
            require_one_value(rows, name, [other for other in DESIGNS if other != design.across])
    return rows


def _require_same_parameters(rows: pd.DataFrame, design: Design) -> None:
    """Refuse rows of different parameters; variants may differ in them, but not the rows of one variant."""
    apart = PARAMETERS in design.changing
    for _, part in rows.groupby(design.across) if apart else [("", rows)]:
        require_one_hash(part)


def _changes(rows: pd.DataFrame, name: str) -> bool:
    """Whether a column has several values within a subject."""
    return bool((rows.groupby("subject")[name].nunique() > 1).any())


def _require_two(names: Sequence[str], index: pd.DataFrame, design: Design) -> None:
    if len(set(names)) == len(names) and len(names) > 1:
        return
    others = [
        other.across
        for other in DESIGNS.values()
        if other.across not in (design.across, "reader") and _repeats(index, other.across)
    ]
    hint = (
        f" The table has several {listed([DESIGNS[name].several for name in others])} of a subject: "
        f"--across {others[0]} compares them."
        if others
        else ""
    )
    raise InputError(
        f"{design.several} to compare: {listed(names) or 'none'}; two or more different {design.several} "
        "were expected.",
        f"Name at least two different {design.several} of the feature table.{hint}",
    )


def _repeats(index: pd.DataFrame, column: str) -> bool:
    return column in index and _changes(index, column)


def _require_one_row_each(rows: pd.DataFrame, design: Design) -> None:
    key = ["subject", design.across]
    repeated = rows.loc[rows.duplicated(key), key].drop_duplicates()
    if len(repeated):
        joint = "by" if design.across == "reader" else "of"
        pairs = [f"{subject} {joint} {level}" for subject, level in repeated.itertuples(index=False)]
        site = (
            " They are of several sites: --across site compares sites."
            if design.across != "site" and "site" in rows and _changes(rows, "site")
            else ""
        )
        raise AmbiguousError(
            f"there are several rows of the same subject and {design.across}: {listed(pairs)}.",
            "Keep one row of each, or distinguish them: timepoint, sequence, roi, variant, engine, reading."
            + site,
        )


def _require_repeated(rows: pd.DataFrame, design: Design) -> None:
    """Refuse a design in which no subject is repeated; for readers, each feature says so itself."""
    if design.across != "reader" and not _changes(rows, design.across):
        raise InputError(
            f"no subject has rows of two {design.several}.",
            f"Subjects must be measured at least twice to compare {design.several}.",
        )
