"""The cohort: which images there are, and who drew which mask on them.

A cohort table has one row per image and mask. `COHORT` lists its columns; paths are relative to the
table. `load_cohort` reads one, `Cohort` answers what the stages ask: the scans, and the cases.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pandas as pd

from nbradiomics.cohort.columns import DEFAULTS, FILES, SCAN, cohort_table_of, read_cohort_table
from nbradiomics.cohort.in_training import YES, seen_subjects, training_states
from nbradiomics.cohort.schema import COHORT, INDEPENDENT
from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import is_regular
from nbradiomics.messages.problem import Problem, raise_errors
from nbradiomics.messages.wording import counted
from nbradiomics.tables import AUTO, text_of, write_table

#: Kind of the model's masks.
AUTOMATIC = "automatic"


@dataclass(frozen=True)
class MaskFile:
    """A mask file and the label that counts; ``None`` leaves the label to the stage's default.

    A label is a number, a segment's name, a list of these as text (``1,2``), or ``all``.
    """

    path: Path
    label: int | str | None


class Component(NamedTuple):
    """A connected component of a region: 1 is the largest; those below `minimum_ml` are none.

    `small` and `small_ml` are how many such ones the region has beside, and their volume.
    """

    number: int
    minimum_ml: float
    small: int = 0
    small_ml: float = 0.0


class Channel(NamedTuple):
    """One image file of a scan; its name is empty where the cohort gives none."""

    name: str
    image: Path


@dataclass(frozen=True)
class Scan:
    """One examination of one subject: one image, or several that were taken together.

    The readers' masks lie on the first channel; the others follow in the order of the table.
    """

    subject: str
    timepoint: str
    sequence: str
    channels: tuple[Channel, ...]

    @property
    def image(self) -> Path:
        """File of the first channel: masks lie on its grid, and features are those of its voxels."""
        return self.channels[0].image

    @property
    def name(self) -> str:
        """What messages, failures and file names call it."""
        return scan_name(self.subject, self.timepoint, self.sequence)

    def index(self) -> dict[str, str]:
        """Index columns of a table with a row per scan."""
        return {"subject": self.subject, "timepoint": self.timepoint, "sequence": self.sequence}


@dataclass(frozen=True)
class Case:
    """One region of one scan as one reader drew it: a row of a feature table.

    Several mask files are united voxel by voxel. `kind` tells how the mask came about: ``independent`` (also
    where the cohort does not say), ``edited``, ``consensus``, or ``automatic``. `probability` is the map that
    an automatic mask was made from, where there is one, and `in_training` says of such a mask whether the
    model was trained on the subject: ``yes``, ``no``, or empty where that is not known. `component` is the
    one that is meant of the region.
    """

    scan: Scan
    roi: str
    reader: str
    reading: int
    masks: tuple[MaskFile, ...]
    kind: str = INDEPENDENT
    probability: Path | None = None
    in_training: str = ""
    component: Component | None = None

    @property
    def name(self) -> str:
        """What messages and the failures table call it."""
        return f"{self.scan.name}/{_name(self.roi, self.reader)}/{self.reading}"

    def index(self) -> dict[str, str | int]:
        """Index columns of a table with a row per case (without `variant`)."""
        return {**self.scan.index(), "roi": self.roi, "reader": self.reader, "reading": self.reading}


@dataclass(frozen=True, repr=False)
class Cohort:
    """A valid cohort table.

    Attributes
    ----------
    table
        One row per image and mask with every column of `cohort_table.DEFAULTS`; `image` and `mask` are
        absolute paths as text, `mask` and `reader` are empty text for an image without a mask.
    path
        Where the table was read from.
    warnings
        What is strange about the table without being wrong, such as a column of no known name.
    """

    table: pd.DataFrame
    path: Path
    warnings: tuple[Problem, ...] = ()

    def scans(self) -> list[Scan]:
        """Every scan once, in the order of the table."""
        return list(self._scans().values())

    def _scans(self) -> dict[tuple[str, ...], Scan]:
        groups: dict[tuple[str, ...], list[tuple[str, str, str]]] = {}
        columns = [*SCAN, "channel", "image", "mask"]
        for *key, channel, image, mask in self.table[columns].itertuples(index=False, name=None):
            groups.setdefault(tuple(map(str, key)), []).append((channel, image, mask))
        return {key: _scan(key, rows) for key, rows in groups.items()}

    def to_frame(self) -> pd.DataFrame:
        """A copy of the table, with every column and absolute paths."""
        return self.table.copy()

    def files(self) -> list[Path]:
        """What a run on the cohort reads: the table, where it is a file, and every file that it names."""
        named = (Path(value) for column in FILES for value in self.table[column] if value)
        return list(dict.fromkeys([*([self.path] if is_regular(self.path) else []), *named]))

    def __repr__(self) -> str:
        """In one line: how many, of whom, from where."""
        subjects, readers = self.table["subject"].nunique(), ", ".join(self.readers()) or "none"
        held = f"{counted(subjects, 'subject')}, {counted(len(self.scans()), 'scan')}, readers {readers}"
        return f"Cohort({held}: {self.path})"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>{self.table.head(10).to_html()}"

    def readers(self) -> list[str]:
        """Readers who drew a mask, sorted, `auto` last."""
        return sorted(set(self.table["reader"]) - {""}, key=lambda reader: (reader == AUTO, reader))

    def cases(self) -> list[Case]:
        """Every row with a mask as a case of its own, in the order of the table."""
        drawn, scans = self.table[self.table["mask"] != ""], self._scans()
        states = training_states(self.table)
        return [
            _case(row, scans[tuple(row[name] for name in SCAN)], states[row["subject"]])
            for row in drawn.to_dict("records")
        ]

    def with_reader(
        self,
        reader: str,
        masks: Mapping[Scan, Path],
        *,
        kind: str = "",
        probabilities: Mapping[Scan, Path] | None = None,
        in_training: Mapping[Scan, str] | None = None,
    ) -> Cohort:
        """Add a reader: one mask file with label 1 for each scan.

        Parameters
        ----------
        reader
            Name that the cohort does not hold yet.
        masks
            The mask file of each scan.
        kind
            `reference_kind` of the masks.
        probabilities
            Probability map of each scan, where there are any.
        in_training
            Whether the model was trained on the subject of each scan: ``yes``, ``no`` or empty. A scan of
            which `masks` holds no file keeps it too, so that a failure on it is known for what it is.
        """
        import pandas as pd

        if reader in self.readers():
            raise InputError(
                f"{self.path} already holds masks of reader {reader!r}.",
                "Remove these rows, or leave out the step that makes them.",
            )
        rois = set(self.table.loc[self.table["mask"] != "", "roi"])
        roi = rois.pop() if len(rois) == 1 else DEFAULTS["roi"]
        keep = {"reader": reader, "roi": roi, "reading": 1, "label": 1, "reference_kind": kind, "minutes": ""}
        states = {tuple(scan.index().values()): state for scan, state in (in_training or {}).items()}
        maps = _by_place(probabilities or {})
        # An image file may stand in several scans: a row belongs to its scan.
        places = list(self.table[[*SCAN, "image"]].itertuples(index=False, name=None))
        first = dict(zip(reversed(places), reversed(self.table.to_dict("records")), strict=True))
        given = _by_place({scan: masks[scan] for scan in self.scans() if scan in masks})
        added = [
            {
                **first[place],
                **keep,
                "mask": mask,
                "probability": maps.get(place, ""),
                "in_training": states.get(place[:-1], "" if reader == AUTO else first[place]["in_training"]),
            }
            for place, mask in given.items()
        ]
        # An image that had no mask has one now: its row without a reader says nothing more.
        bare = [place in given for place in places]
        old = self.table[(self.table["mask"] != "") | ~pd.Series(bare, index=self.table.index)]
        table = pd.concat([old, pd.DataFrame(added)], ignore_index=True)
        failed = {scan: states[scan] for scan in states.keys() - {place[:-1] for place in given}}
        return Cohort(_with_states(table, failed), self.path)

    def with_training_subjects(self, subjects: Iterable[str]) -> Cohort:
        """Record that the model was trained on these subjects; of the others stays what the table says."""
        table = self.table.copy()
        table.loc[table["subject"].isin(set(subjects)), "in_training"] = YES
        return replace(self, table=table)

    def without_seen_masks(self) -> Cohort:
        """Leave out the automatic masks of subjects that the model was trained on: they prove nothing."""
        seen = self.table["subject"].isin(seen_subjects(self.table)) & (self.table["reader"] == AUTO)
        return self._without(seen) if seen.any() else self

    def without_reader(self, reader: str) -> Cohort:
        """Leave out a reader's masks; an image that has no other mask stays as one without."""
        kept = self._without(self.table["reader"] == reader)
        if reader != AUTO:
            return kept
        # What was known of the model that made them says nothing of another one.
        return replace(kept, table=kept.table.assign(in_training=DEFAULTS["in_training"]))

    def _without(self, own: pd.Series) -> Cohort:
        """Leave out the marked masks; an image that has no other mask stays as one without."""
        import pandas as pd

        rest = self.table[~own]
        there = set(rest[SCAN].itertuples(index=False, name=None))
        bare = [scan not in there for scan in self.table[SCAN].itertuples(index=False, name=None)]
        kept = self.table[~own | pd.Series(bare, index=self.table.index)].copy()
        emptied = own[kept.index]
        for column in ("reader", "mask", "label", "reference_kind", "minutes", "probability"):
            kept.loc[emptied, column] = DEFAULTS[column]
        return replace(self, table=kept.drop_duplicates().reset_index(drop=True))

    def write(self, path: str | Path) -> Cohort:
        """Write the table with paths relative to where it is written, and give it as it now stands."""
        path = Path(path)
        table = self.table.copy()
        for column in FILES:
            table[column] = [_relative(value, path.parent) for value in table[column]]
        silent = [name for name in COHORT.left_out if (table[name] == DEFAULTS[name]).all()]
        table = table.drop(columns=silent)
        write_table(table, path)
        return Cohort(self.table, path)


#: What a cohort can be given as.
CohortSource: TypeAlias = str | Path | pd.DataFrame | Cohort


def load_cohort(
    source: CohortSource, columns: Mapping[str, str] | None = None, *, folder: str | Path = "."
) -> Cohort:
    """Read a cohort table, or a batch table of PyRadiomics, and refuse it when it contradicts itself.

    Parameters
    ----------
    source
        Table: a file or a DataFrame; see `nbradiomics.cohort.schema` for its columns. A loaded cohort is
        given back as it is.
    columns
        The table's own column for some of these, such as ``{"subject": "PatientID"}``.
    folder
        Where the relative paths of a DataFrame start; those of a file start at the file.

    Raises
    ------
    InputError
        When the file is missing or its rows are wrong; the message tells all that is wrong. Whether
        the images and masks are there and fit together is asked by ``nbradiomics.check``.

    Examples
    --------
    >>> load_cohort("cohort.csv").readers()
    ['A', 'B']
    >>> table = pd.DataFrame({"subject": ["s0"], "image": ["s0.nii.gz"]})
    >>> len(load_cohort(table).scans())
    1
    """
    if isinstance(source, Cohort):
        return source
    if isinstance(source, pd.DataFrame):
        path = Path(folder) / "DataFrame"
        table, problems = cohort_table_of(text_of(source), path, columns or {})
    elif isinstance(source, str | Path):
        path = Path(source)
        table, problems = read_cohort_table(path, columns or {})
    else:
        raise InputError(
            f"a {type(source).__name__} is no cohort.",
            "Give a cohort table (a file or a pandas DataFrame), or what `load_cohort` gives.",
        )
    raise_errors(problems)
    return Cohort(table, path, tuple(problems))


def scan_name(subject: str, timepoint: str, sequence: str) -> str:
    """What messages, failures and file names call a scan."""
    return _name(subject, timepoint, sequence)


def _name(*parts: str) -> str:
    # Two cases never have one name, whatever their parts hold.
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)


def _scan(key: tuple[str, ...], rows: list[tuple[str, str, str]]) -> Scan:
    """Scan from what its rows say: channel, image, mask."""
    # The image on which the readers drew comes first, wherever its row stands.
    ordered = sorted(rows, key=lambda row: row[2] == "")
    names: dict[str, str] = {}
    for channel, image, _ in ordered:
        names.setdefault(image, channel)
    subject, timepoint, sequence = key
    channels = tuple(Channel(name, Path(image)) for image, name in names.items())
    return Scan(subject, timepoint, sequence, channels)


def _case(row: Mapping[Any, Any], scan: Scan, in_training: str) -> Case:
    label = row["label"] if row["label"] != "" else None
    mask = MaskFile(Path(row["mask"]), label)
    kind = AUTOMATIC if row["reader"] == AUTO else row["reference_kind"] or INDEPENDENT
    probability = Path(row["probability"]) if row["probability"] else None
    state = in_training if row["reader"] == AUTO else ""
    return Case(scan, row["roi"], row["reader"], int(row["reading"]), (mask,), kind, probability, state)


def _with_states(table: pd.DataFrame, states: Mapping[tuple[str, ...], str]) -> pd.DataFrame:
    """Write `in_training` of scans that have no automatic mask to carry it."""
    found = [
        states.get(scan, own)
        for scan, own in zip(
            table[SCAN].itertuples(index=False, name=None), table["in_training"], strict=True
        )
    ]
    return table.assign(in_training=found)


def _by_place(files: Mapping[Scan, Path]) -> dict[tuple[str, ...], str]:
    """Files by what tells a row's scan and image."""
    return {(*scan.index().values(), str(scan.image)): str(file) for scan, file in files.items()}


def _relative(value: str, folder: Path) -> str:
    return os.path.relpath(value, os.path.abspath(folder)) if value else ""
