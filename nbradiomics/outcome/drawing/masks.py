"""The masks of the subjects of an evaluation: of each reader, reading, fold and variant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from nbradiomics.cohort.components import is_component
from nbradiomics.cohort.in_training import seen_subjects
from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.messages.wording import counted, shortened
from nbradiomics.outcome.seen import REASON
from nbradiomics.outcome.stability import CONTEXT
from nbradiomics.perturbation.variant import changes_mask_alone
from nbradiomics.tables import AUTO
from nbradiomics.tables.same_parameters import parameter_hashes, require_same

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData

Kind = Literal["reader", "reading", "edited", "consensus", "fold", "perturbed"]
#: Optional column of a feature table: how the mask was made, as in a cohort table.
ORIGIN = "reference_kind"
#: Masks that were made from others: they differ from them less than what somebody draws anew.
DEPENDENT: tuple[Literal["edited", "consensus"], ...] = ("edited", "consensus")
NO_ROW = "no mask in these rows"
NO_VALUE = "no feature has a value: the mask is empty, or could not be measured"
#: Columns in which the masks of a subject differ.
_OF_MASK = ("reader", "reading", "variant")


@dataclass(frozen=True, eq=False)
class Drawing:
    """Features of all subjects from the masks of one reader, reading, fold or variant.

    Attributes
    ----------
    kind
        ``reader`` (also the model, ``auto``), ``reading`` (a further one), ``edited`` (an automatic mask that
        the reader corrected), ``consensus``, ``fold`` or ``perturbed``.
    reader, reading, variant
        Cells of the index columns; the reading is empty if the reader has one of this kind, the variant if it
        is neither a fold nor perturbed.
    frame
        Columns of the models, one row per subject of the evaluation, in their order; values of a subject
        without this mask are missing.
    absent
        Why a subject has no such mask, shape (subjects,); empty text if there is one.
    """

    kind: Kind
    reader: str
    reading: str
    variant: str
    frame: pd.DataFrame
    absent: np.ndarray

    @property
    def name(self) -> str:
        """Name in tables of pairs: ``A``, ``A, reading 2``, ``auto, fold_0``."""
        made = [self.kind] if self.kind in DEPENDENT else []
        further = [f"reading {self.reading}"] if self.reading else []
        return ", ".join([self.reader, *made, *further, *filter(None, [self.variant])])

    @property
    def there(self) -> np.ndarray:
        """Which subjects have this mask, shape (subjects,)."""
        return np.asarray(self.absent == "")


@dataclass(frozen=True, eq=False)
class Source:
    """Where the masks of an evaluation come from.

    Attributes
    ----------
    data
        Data of the evaluation.
    chosen
        Rows of the feature table that the models use, one per subject, with the column ``reader``.
    """

    data: OutcomeData
    chosen: pd.DataFrame

    @property
    def reader(self) -> str:
        """Reader of the models."""
        return str(self.chosen["reader"].iloc[0])

    @property
    def made_from_others(self) -> int:
        """Number of the subjects whose mask was made from others (column `ORIGIN`)."""
        made = self.chosen[_texts(self.chosen, ORIGIN).isin(DEPENDENT)]
        return len(set(made["subject"].astype(str)) & set(self.data.subjects))


def source_of(data: OutcomeData, chosen: pd.DataFrame) -> Source:
    """Check that the models have one reader, whose masks can be found again among those of others.

    Raises
    ------
    InputError
        When the rows have no reader, several ones, or are single components of the masks.
    """
    readers = sorted(set(chosen["reader"].astype(str))) if "reader" in chosen else []
    if len(readers) != 1:
        what = f"are of the readers {', '.join(readers)}" if readers else "have no column 'reader'"
        raise InputError(
            f"the rows of the outcome models {what}; the masks of one reader were expected, with which those "
            "of others are compared.",
            "Name the reader of the models." if readers else "Give a feature table with the column 'reader'.",
        )
    if "roi" in chosen and chosen["roi"].map(is_component).any():
        raise InputError(
            "the rows of the outcome models are components of masks, and it is unknown which components of "
            "two readers are the same lesion.",
            "Use a rule for several lesions with one region per subject, or leave out drawing.",
        )
    return Source(data, chosen)


def drawings_of_readers(
    source: Source, features: pd.DataFrame, seen: set[str], wanted: Sequence[str] | None
) -> list[Drawing]:
    """Find the masks of the readers, the models' reader first, and their further readings.

    Masks that were made from others (column `ORIGIN`) are no masks of a reader, but of a kind of their own.

    Parameters
    ----------
    source
        The evaluation.
    features
        Feature table, without automatic masks of subjects that the segmentation model was trained on.
    seen
        These subjects.
    wanted
        Readers to compare; None for all.

    Raises
    ------
    InputError
        When a wanted reader has no such mask.
    """
    own = Drawing("reader", source.reader, "", "", source.data.frame, np.full(len(source.data.y), ""))
    rows = _of_the_same_scans(source, features, but=("reading",))
    readers = [name for name in dict.fromkeys(rows["reader"]) if name != source.reader]
    unknown = [name for name in wanted or () if name not in (source.reader, *readers)]
    if unknown:
        raise InputError(
            f"reader {unknown[0]!r} has no mask in the rows of the outcome models.",
            f"Choose from: {', '.join(readers) or 'there is no other reader'}.",
        )
    if wanted is not None:
        readers = [name for name in readers if name in wanted]
        rows = rows[rows["reader"].isin([source.reader, *readers])]
    require_same(
        parameter_hashes(source.chosen),
        parameter_hashes(rows),
        first="the features of the models",
        second="all masks to compare",
    )
    drawings = [own]
    for name in (source.reader, *sorted(readers, key=lambda name: (name == AUTO, name))):
        drawings += _of_reader(source, rows[rows["reader"] == name], name, seen)
    return drawings


def _of_reader(source: Source, rows: pd.DataFrame, reader: str, seen: set[str]) -> Iterator[Drawing]:
    """Yield what a reader drew beside the masks of the models, and what the reader made from other masks.

    Edited masks and a consensus are apart by reading if there are several.
    """
    asked = rows["subject"].map(_first_readings(source)).fillna("") if reader != AUTO else rows["reading"]
    is_first = rows["reading"] == asked
    made = rows[ORIGIN].isin(DEPENDENT) & ~(is_first & (reader == source.reader))
    if reader != source.reader and (is_first & ~made).any():
        yield _drawing(source, rows[is_first & ~made], ("reader", reader, "", ""), seen)
    for reading, again in rows[~is_first & ~made].groupby("reading", sort=True):
        yield _drawing(source, again, ("reading", reader, str(reading), ""), seen)
    rows = rows[made]
    for kind in DEPENDENT:
        of_kind = rows[rows[ORIGIN] == kind]
        several = of_kind["reading"].nunique() > 1
        for reading, part in of_kind.groupby("reading", sort=True):
            yield _drawing(source, part, (kind, reader, str(reading) if several else "", ""), seen)


def drawings_of_table(
    source: Source, table: pd.DataFrame | None, kind: Literal["fold", "perturbed"], seen: set[str]
) -> list[Drawing]:
    """Find the masks of the model's folds, or the variants that change a mask and no image.

    Raises
    ------
    InputError
        When the table lacks features of the models, which would be filled in for all subjects, or its
        features were made with other parameters.
    """
    if table is None or table.empty:
        return []
    lacking = [name for name in _measured(source.data) if name not in table]
    if lacking:
        raise InputError(
            f"the features of the masks of kind {kind} lack {counted(len(lacking), 'feature')} of the models "
            f"({shortened(lacking)}).",
            "Extract them with the same parameters and engine.",
        )
    rows = _of_the_same_scans(source, table, but=("reading", "variant"))
    require_same(
        parameter_hashes(source.chosen),
        parameter_hashes(rows),
        first="the features of the models",
        second=f"the masks of kind {kind}",
    )
    if kind == "perturbed":
        rows = rows[rows["variant"].map(changes_mask_alone).astype(bool)]
    return [
        _drawing(source, part, (kind, str(reader), "", str(variant)), seen)
        for (reader, variant), part in rows.groupby(["reader", "variant"], sort=False)
    ]


def seen_in(*tables: pd.DataFrame | None) -> set[str]:
    """Subjects that the segmentation model was trained on, by any of the tables."""
    return {str(name) for table in tables if table is not None for name in seen_subjects(table)}


def _measured(data: OutcomeData) -> list[str]:
    """Columns of the frame that come from the mask."""
    further = [data.volume] if data.volume and data.volume not in data.radiomic else []
    return [*data.radiomic, *further]


def _of_the_same_scans(source: Source, table: pd.DataFrame, *, but: Sequence[str]) -> pd.DataFrame:
    """Rows of the scans and regions that the models use, with the index columns as text."""
    same = [name for name in CONTEXT if name not in but and name in source.chosen and name in table]
    keys = ["subject", *same]
    chosen = pd.DataFrame({name: _texts(source.chosen, name) for name in keys})
    wanted = set(chosen.itertuples(index=False, name=None))
    texts = table.assign(**{name: _texts(table, name) for name in (*keys, *_OF_MASK, ORIGIN)})
    return texts[[key in wanted for key in texts[keys].itertuples(index=False, name=None)]]


def _texts(table: pd.DataFrame, name: str) -> pd.Series:
    if name not in table:
        return pd.Series("", index=table.index)
    texts = table[name].astype(str).where(table[name].notna(), "")
    # A column of whole numbers with a gap is read as floats: reading 1.0 is reading 1. Names stay.
    return texts.str.removesuffix(".0") if name == "reading" else texts


def _first_readings(source: Source) -> Mapping[str, str]:
    """Reading that the models use, by subject: the one to compare that of others with."""
    readings = _texts(source.chosen, "reading")
    return dict(zip(source.chosen["subject"].astype(str), readings, strict=True))


def _drawing(
    source: Source, rows: pd.DataFrame, of_mask: tuple[Kind, str, str, str], seen: set[str]
) -> Drawing:
    kind, reader, reading, variant = of_mask
    names = rows["subject"]
    if names.duplicated().any():
        raise AmbiguousError(
            f"reader {reader!r} has several rows of subject {names[names.duplicated()].iloc[0]} to compare.",
            "Choose timepoint, sequence, roi, variant, engine and reading so that one row remains.",
        )
    data, columns = source.data, _measured(source.data)
    if reader == AUTO:
        rows = rows[~names.isin(seen)]
    values = rows.set_index("subject")[columns].astype("float64").replace([np.inf, -np.inf], np.nan)
    measured = values.reindex(data.subjects)
    frame = data.frame.copy()
    frame[columns] = measured.to_numpy()
    known = set(rows["subject"])
    reasons = [NO_VALUE if name in known else NO_ROW for name in data.subjects]
    if reader == AUTO:
        reasons = [REASON if name in seen else why for name, why in zip(data.subjects, reasons, strict=True)]
    has_value = measured[list(data.radiomic)].notna().any(axis=1).to_numpy()
    return Drawing(kind, reader, reading, variant, frame, np.where(has_value, "", reasons))


def sets_of(drawings: Sequence[Drawing]) -> Iterator[tuple[str, Drawing, list[Drawing]]]:
    """Sets of masks of a subject that are alike, each with the mask that it is compared with.

    Yields
    ------
    tuple
        ``readers``: one mask of each reader, and that of the segmentation model only if the outcome models
        use it, as for stable features; ``readings`` of the models' reader; ``edited`` masks; ``consensus``;
        ``folds`` of the segmentation model; ``perturbed`` masks. Then the mask to compare with, and the masks
        of the set.
    """
    own, *others = drawings
    readers = [one for one in others if one.kind == "reader" and one.reader != AUTO]
    yield "readers", own, [own, *readers]
    yield (
        "readings",
        own,
        [own, *(one for one in others if (one.kind, one.reader) == ("reading", own.reader))],
    )
    for made_from_others in DEPENDENT:
        yield made_from_others, own, [one for one in others if one.kind == made_from_others]
    for name, kind in (("folds", "fold"), ("perturbed", "perturbed")):
        made = [one for one in others if one.kind == kind]
        for base in (one for one in drawings if one.kind == "reader"):
            yield name, base, [one for one in made if one.reader == base.reader]
