"""The cohort: its images, and the masks of its readers.

A cohort table has one row per image and mask. `COHORT` lists its columns; paths are relative to the
table. `load_cohort` reads a table, and `Cohort` returns the scans and cases that the stages need.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pandas as pd

from nbradiomics.cohort.columns import DEFAULTS, FILES, SCAN_VARIANT, cohort_table_of, read_cohort_table
from nbradiomics.cohort.in_training import YES, seen_subjects, training_states
from nbradiomics.cohort.names import name_of, scan_name
from nbradiomics.cohort.schema import COHORT, INDEPENDENT
from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import is_regular
from nbradiomics.messages.problem import Problem, raise_errors
from nbradiomics.messages.wording import counted
from nbradiomics.tables import AUTO, ORIGINAL, text_of, write_table

#: Kind of the masks of the model.
AUTOMATIC = "automatic"


@dataclass(frozen=True)
class MaskFile:
    """A mask file and the label to read; ``None`` stands for the stage's default label.

    A label is a number, a segment's name, a list of these as text (``1,2``), or ``all``.
    """

    path: Path
    label: int | str | None


class Component(NamedTuple):
    """A connected component of a region: 1 is the largest; those below `minimum_ml` are ignored.

    `small` and `small_ml` are the number and the volume of the ignored components of the region.
    """

    number: int
    minimum_ml: float
    small: int = 0
    small_ml: float = 0.0


class Channel(NamedTuple):
    """One image file of a scan; its name is empty if the cohort table has none."""

    name: str
    image: Path


@dataclass(frozen=True)
class Scan:
    """One examination of one subject: one image, or several images that belong together.

    The readers' masks belong to the first channel; the others follow in the order of the table. The images of
    each `variant` of an examination are a scan of their own.
    """

    subject: str
    timepoint: str
    sequence: str
    channels: tuple[Channel, ...]
    variant: str = ORIGINAL

    @property
    def image(self) -> Path:
        """File of the first channel: masks are on its grid, and features are computed from its voxels."""
        return self.channels[0].image

    @property
    def name(self) -> str:
        """Name in messages, failures and file names."""
        return scan_name(self.subject, self.timepoint, self.sequence, self.variant)

    @property
    def key(self) -> tuple[str, ...]:
        """What identifies the scan: subject, timepoint, sequence, variant."""
        return self.subject, self.timepoint, self.sequence, self.variant

    def index(self) -> dict[str, str]:
        """Index columns of a table with a row per scan."""
        return {"subject": self.subject, "timepoint": self.timepoint, "sequence": self.sequence}


@dataclass(frozen=True)
class Case:
    """One region of one scan as one reader drew it: a row of a feature table.

    Several mask files are united voxel by voxel. `kind` is the origin of the mask: ``independent`` (also if
    the cohort does not say), ``edited``, ``consensus``, or ``automatic``. `probability` is the map from which
    an automatic mask was made, if there is one, and `in_training` says for such a mask whether the model was
    trained on the subject: ``yes``, ``no``, or empty if this is unknown. `in_fit` says whether the subject's
    own data fitted what made the image or the mask (`nbradiomics.cohort.in_fit`). `component` limits the
    region to one of its components.
    """

    scan: Scan
    roi: str
    reader: str
    reading: int
    masks: tuple[MaskFile, ...]
    kind: str = INDEPENDENT
    probability: Path | None = None
    in_training: str = ""
    in_fit: str = ""
    component: Component | None = None

    @property
    def name(self) -> str:
        """Name in messages and in the failures table."""
        return f"{self.scan.name}/{name_of(self.roi, self.reader)}/{self.reading}"

    def index(self) -> dict[str, str | int]:
        """Index columns of a table with a row per case (without `variant`)."""
        return {**self.scan.index(), "roi": self.roi, "reader": self.reader, "reading": self.reading}


@dataclass(frozen=True, repr=False)
class Cohort:
    """A valid cohort table.

    Attributes
    ----------
    table
        One row per image and mask with every column of `cohort.columns.DEFAULTS`; `image` and `mask` are
        absolute paths as text, `mask` and `reader` are empty text for an image without a mask.
    path
        File of the table.
    warnings
        Unusual things in the table that are not errors, such as a column with an unknown name.
    """

    table: pd.DataFrame
    path: Path
    warnings: tuple[Problem, ...] = ()

    def scans(self) -> list[Scan]:
        """List every scan once, in the order of the table."""
        return list(self._scans().values())

    def _scans(self) -> dict[tuple[str, ...], Scan]:
        groups: dict[tuple[str, ...], list[tuple[str, str, str]]] = {}
        columns = [*SCAN_VARIANT, "channel", "image", "mask"]
        for *key, channel, image, mask in self.table[columns].itertuples(index=False, name=None):
            groups.setdefault(tuple(map(str, key)), []).append((channel, image, mask))
        return {key: _scan(key, rows) for key, rows in groups.items()}

    def to_frame(self) -> pd.DataFrame:
        """Copy the table, with every column and absolute paths."""
        return self.table.copy()

    def files(self) -> list[Path]:
        """List the files that a run on the cohort reads: the table, if it is a file, and all files in it."""
        paths = (Path(value) for column in FILES for value in self.table[column] if value)
        return list(dict.fromkeys([*([self.path] if is_regular(self.path) else []), *paths]))

    def __repr__(self) -> str:
        """Numbers of subjects and scans, readers, and path, in one line."""
        subjects, readers = self.table["subject"].nunique(), ", ".join(self.readers()) or "none"
        content = f"{counted(subjects, 'subject')}, {counted(len(self.scans()), 'scan')}, readers {readers}"
        return f"Cohort({content}: {self.path})"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>{self.table.head(10).to_html()}"

    def readers(self) -> list[str]:
        """List the readers who drew a mask, sorted, `auto` last."""
        return sorted(set(self.table["reader"]) - {""}, key=lambda reader: (reader == AUTO, reader))

    def cases(self) -> list[Case]:
        """List a case for every row with a mask, in the order of the table."""
        drawn, scans = self.table[self.table["mask"] != ""], self._scans()
        states = training_states(self.table)
        return [
            _case(row, scans[tuple(row[name] for name in SCAN_VARIANT)], states[row["subject"]])
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
            Name that is not yet in the cohort.
        masks
            The mask file of each scan.
        kind
            `reference_kind` of the masks.
        probabilities
            Probability map of each scan that has one.
        in_training
            Whether the model was trained on the subject of each scan: ``yes``, ``no`` or empty. It is also
            recorded for scans without a file in `masks`, so that failures on training subjects are known.
        """
        import pandas as pd

        if reader in self.readers():
            raise InputError(
                f"{self.path} already has masks of reader {reader!r}.",
                "Remove these rows, or leave out the step that makes them.",
            )
        rois = set(self.table.loc[self.table["mask"] != "", "roi"])
        roi = rois.pop() if len(rois) == 1 else DEFAULTS["roi"]
        common = {
            "reader": reader,
            "roi": roi,
            "reading": 1,
            "label": 1,
            "reference_kind": kind,
            "minutes": "",
        }
        states = {scan.key: state for scan, state in (in_training or {}).items()}
        maps = _by_place(probabilities or {})
        # An image file may belong to several scans, so rows are found by scan and image.
        places = list(self.table[[*SCAN_VARIANT, "image"]].itertuples(index=False, name=None))
        first_rows = dict(zip(reversed(places), reversed(self.table.to_dict("records")), strict=True))
        files = _by_place({scan: masks[scan] for scan in self.scans() if scan in masks})
        added = [
            {
                **first_rows[place],
                **common,
                "mask": mask,
                "probability": maps.get(place, ""),
                "in_training": states.get(
                    place[:-1], "" if reader == AUTO else first_rows[place]["in_training"]
                ),
            }
            for place, mask in files.items()
        ]
        # If an image had no mask, its row without a reader is not needed any more.
        has_mask_now = [place in files for place in places]
        old = self.table[(self.table["mask"] != "") | ~pd.Series(has_mask_now, index=self.table.index)]
        table = pd.concat([old, pd.DataFrame(added)], ignore_index=True)
        failed = {scan: states[scan] for scan in states.keys() - {place[:-1] for place in files}}
        return Cohort(_with_states(table, failed), self.path)

    def with_training_subjects(self, subjects: Iterable[str]) -> Cohort:
        """Record that the model was trained on these subjects; other subjects are unchanged."""
        table = self.table.copy()
        table.loc[table["subject"].isin(set(subjects)), "in_training"] = YES
        return replace(self, table=table)

    def without_seen_masks(self) -> Cohort:
        """Remove the automatic masks of subjects that the model was trained on, which would be too good."""
        seen = self.table["subject"].isin(seen_subjects(self.table)) & (self.table["reader"] == AUTO)
        return self._without(seen) if seen.any() else self

    def without_reader(self, reader: str) -> Cohort:
        """Remove a reader's masks; an image without another mask keeps a row without a mask."""
        cohort = self._without(self.table["reader"] == reader)
        if reader != AUTO:
            return cohort
        # The training subjects of the model that made these masks are not those of another model.
        return replace(cohort, table=cohort.table.assign(in_training=DEFAULTS["in_training"]))

    def _without(self, removed: pd.Series) -> Cohort:
        """Remove the marked masks; an image without another mask keeps a row without a mask."""
        import pandas as pd

        rest = self.table[~removed]
        scans = set(rest[SCAN_VARIANT].itertuples(index=False, name=None))
        bare = [scan not in scans for scan in self.table[SCAN_VARIANT].itertuples(index=False, name=None)]
        table = self.table[~removed | pd.Series(bare, index=self.table.index)].copy()
        emptied = removed[table.index]
        for column in ("reader", "mask", "label", "reference_kind", "minutes", "probability"):
            table.loc[emptied, column] = DEFAULTS[column]
        return replace(self, table=table.drop_duplicates().reset_index(drop=True))

    def write(self, path: str | Path) -> Cohort:
        """Write the table with paths relative to its file, and return the cohort with the new path."""
        path = Path(path)
        table = self.table.copy()
        for column in FILES:
            table[column] = [_relative(value, path.parent) for value in table[column]]
        empty = [name for name in COHORT.left_out if (table[name] == DEFAULTS[name]).all()]
        table = table.drop(columns=empty)
        write_table(table, path)
        return Cohort(self.table, path)


#: Types that functions accept as a cohort.
CohortSource: TypeAlias = str | Path | pd.DataFrame | Cohort


def load_cohort(
    source: CohortSource, columns: Mapping[str, str] | None = None, *, folder: str | Path = "."
) -> Cohort:
    """Read a cohort table, or a batch table of PyRadiomics, and refuse it when it contradicts itself.

    Parameters
    ----------
    source
        Table: a file or a DataFrame; see `nbradiomics.cohort.schema` for its columns. A loaded cohort is
        returned unchanged.
    columns
        The table's column for some of these, such as ``{"subject": "PatientID"}``.
    folder
        Folder to which the paths in a DataFrame are relative; those in a file are relative to its folder.

    Raises
    ------
    InputError
        When the file is missing or its rows are wrong; the message lists all errors. Whether the
        images and masks exist and fit together is checked by ``nbradiomics.check``.

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
            f"a {type(source).__name__} is not a cohort.",
            "Give a cohort table (a file or a pandas DataFrame), or a result of `load_cohort`.",
        )
    raise_errors(problems)
    return Cohort(table, path, tuple(problems))


def _scan(key: tuple[str, ...], rows: list[tuple[str, str, str]]) -> Scan:
    """Make a scan from its rows of channel, image and mask."""
    # The image on which the readers drew comes first, wherever its row is.
    ordered = sorted(rows, key=lambda row: row[2] == "")
    names: dict[str, str] = {}
    for channel, image, _ in ordered:
        names.setdefault(image, channel)
    subject, timepoint, sequence, variant = key
    channels = tuple(Channel(name, Path(image)) for image, name in names.items())
    return Scan(subject, timepoint, sequence, channels, variant)


def _case(row: Mapping[Any, Any], scan: Scan, in_training: str) -> Case:
    label = row["label"] if row["label"] != "" else None
    mask = MaskFile(Path(row["mask"]), label)
    kind = AUTOMATIC if row["reader"] == AUTO else row["reference_kind"] or INDEPENDENT
    probability = Path(row["probability"]) if row["probability"] else None
    state = in_training if row["reader"] == AUTO else ""
    reading = int(row["reading"])
    return Case(scan, row["roi"], row["reader"], reading, (mask,), kind, probability, state, row["in_fit"])


def _with_states(table: pd.DataFrame, states: Mapping[tuple[str, ...], str]) -> pd.DataFrame:
    """Record `in_training` of scans without an automatic mask."""
    values = [
        states.get(scan, state)
        for scan, state in zip(
            table[SCAN_VARIANT].itertuples(index=False, name=None), table["in_training"], strict=True
        )
    ]
    return table.assign(in_training=values)


def _by_place(files: Mapping[Scan, Path]) -> dict[tuple[str, ...], str]:
    """Files by the scan and image of a row."""
    return {(*scan.key, str(scan.image)): str(file) for scan, file in files.items()}


def _relative(value: str, folder: Path) -> str:
    return os.path.relpath(value, os.path.abspath(folder)) if value else ""
