"""What an export consists of: masks by scan and reader, with their features and predictions; who has none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from nbradiomics.cohort import Case, Cohort, Scan
from nbradiomics.cohort.lesions import apply_lesion_rule
from nbradiomics.dicom.export.features import Features
from nbradiomics.dicom.export.measured import largest_regions, measured_regions
from nbradiomics.dicom.export.predictions import Predictions
from nbradiomics.dicom.export.values import FeatureValues, Risks
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.files.names import file_stems
from nbradiomics.messages.wording import counted
from nbradiomics.tables import AUTO

STAGE = "export"


@dataclass(frozen=True)
class Group:
    """A scan, a reader and a reading: the masks of one object."""

    scan: Scan
    reader: str
    reading: int

    @property
    def key(self) -> tuple[str, ...]:
        """Values of subject, timepoint, sequence, reader and reading, as text."""
        scan = self.scan
        return scan.subject, scan.timepoint, scan.sequence, self.reader, str(self.reading)

    @property
    def name(self) -> str:
        """Name in failures."""
        return f"{self.scan.name}/{self.reader}/{self.reading}"


#: Cases of each group, in the order of the cohort table.
Groups = Mapping[Group, list[Case]]


def groups_of(cohort: Cohort) -> Groups:
    """Group the cases of a cohort; raises `InputError` if it has no mask.

    If the readers drew one region, masks of the model have its name, as in a feature table.
    """
    groups: dict[Group, list[Case]] = {}
    cases = cohort.cases()
    if len({case.roi for case in cases if case.reader != AUTO}) == 1:
        cases = apply_lesion_rule(cases)
    for case in cases:
        groups.setdefault(Group(case.scan, case.reader, case.reading), []).append(case)
    if not groups:
        raise InputError(f"{cohort.path} has no mask.", "Add readers' masks, or segment the images first.")
    return groups


def stems_of(groups: Groups) -> list[str]:
    """Names of the files of each group, without ending."""
    return file_stems([group.key for group in groups])


@dataclass(frozen=True)
class Planned:
    """The groups, and the tables of features and predictions; ``None`` for a table that was not given.

    `label` is the label of masks for which the cohort table names none.
    """

    groups: Groups
    features: Features | None
    predictions: Predictions | None
    label: int

    def regions_of(self, group: Group) -> list[Case]:
        """Masks of a group, then what its features were computed from beside them (union, components)."""
        cases = self.groups[group]
        largest = self._largest.get(group, [])
        return [*cases, *measured_regions(cases, largest, self._rois.get(group.key, {}))]

    def features_of(self, group: Group) -> Mapping[str, FeatureValues] | None:
        """Features of a group by region."""
        if self.features is None:
            return None
        rows = self._rois.get(group.key, {})
        return {case.roi: rows[case.roi] for case in self.regions_of(group) if case.roi in rows}

    @cached_property
    def _rois(self) -> Mapping[tuple[str, ...], Mapping[str, FeatureValues]]:
        """Rows of the feature table by region, for each key of a group."""
        found: dict[tuple[str, ...], dict[str, FeatureValues]] = {}
        for (subject, timepoint, sequence, roi, reader, reading), values in (self.features or {}).items():
            found.setdefault((subject, timepoint, sequence, reader, reading), {})[roi] = values
        return found

    @cached_property
    def _largest(self) -> Mapping[Group, list[Case]]:
        cases = [case for cases in self.groups.values() for case in cases]
        rois = {roi for rows in self._rois.values() for roi in rows}
        found: dict[Group, list[Case]] = {}
        for case in largest_regions(cases, rois, self.label):
            found.setdefault(Group(case.scan, case.reader, case.reading), []).append(case)
        return found

    def risks_of(self, group: Group) -> Risks | None:
        """Predictions for the subject, if the models used features of this scan and reader."""
        if self.predictions is None or not self._concerned(group):
            return None
        return self.predictions.by_subject.get(group.scan.subject)

    def _concerned(self, group: Group) -> bool:
        _, timepoint, sequence, reader, reading = group.key
        return self.predictions is not None and self.predictions.concern(
            timepoint=timepoint, sequence=sequence, reader=reader, reading=reading
        )

    def left_out(self, exported: Collection[str]) -> Iterator[Failure]:
        """Say what the tables have that no object holds, and what they lack.

        Parameters
        ----------
        exported
            Names of the groups that were exported; those of the others are failures already.
        """
        for group in self.groups:
            if group.name in exported:
                yield from self._lacking(group)
        yield from self._unused_features()
        yield from self._unused_predictions()

    def _lacking(self, group: Group) -> Iterator[Failure]:
        found = self.features_of(group)
        masks = [case.roi for case in self.groups[group]]
        # Rows of a union, of the largest lesion or of components stand for the masks behind them.
        instead = found is not None and bool(found.keys() - set(masks))
        missing = [roi for roi in masks if found is not None and roi not in found]
        if missing and not instead:
            yield Failure(
                group.name,
                STAGE,
                f"the feature table has no row of {', '.join(missing)}.",
                "The mask was exported; extract its features to have them in the report.",
            )
        if self.predictions is not None and self._concerned(group) and self.risks_of(group) is None:
            yield Failure(
                group.name,
                STAGE,
                "the table of predictions has no row of the subject.",
                "The models left it out; excluded.csv beside the table says why.",
            )

    def _unused_features(self) -> Iterator[Failure]:
        if self.features is None:
            return
        used = {(group.key, roi) for group in self.groups for roi in self.features_of(group) or {}}
        unused = [
            (*key[:3], roi, *key[3:])
            for key, rows in self._rois.items()
            for roi in rows
            if (key, roi) not in used
        ]
        if unused:
            yield Failure(
                "feature table",
                STAGE,
                f"{counted(len(unused), 'row')} of the feature table have no mask in the cohort table, such "
                f"as {'/'.join(unused[0])}.",
                "Give the cohort table from which the features were extracted.",
            )

    def _unused_predictions(self) -> Iterator[Failure]:
        if self.predictions is None:
            return
        subjects = {group.scan.subject for group in self.groups if self._concerned(group)}
        unused = [subject for subject in self.predictions.by_subject if subject not in subjects]
        if unused:
            scope = "; ".join(
                f"{name} {', '.join(sorted(values))}" for name, values in self.predictions.scope.items()
            )
            yield Failure(
                "predictions",
                STAGE,
                f"{counted(len(unused), 'subject')} with predictions have no mask of the scans and reader "
                f"of the models ({scope}).",
                "Give the cohort table of the models: a risk is reported only with the masks behind it.",
            )
