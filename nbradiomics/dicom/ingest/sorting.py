"""Sort the content of a folder: volumes by subject and timepoint, masks by the series that they refer to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbradiomics.dicom.ingest.acquisition_rows import not_chosen_row
from nbradiomics.dicom.ingest.choosing import NO_RULE, choose, wanted
from nbradiomics.dicom.ingest.conversion import STAGE, Conversion, object_name
from nbradiomics.dicom.ingest.rules import IngestRules
from nbradiomics.dicom.ingest.subjects import Timepoint, identity_problems, timepoints
from nbradiomics.dicom.pseudonyms import Pseudonyms
from nbradiomics.dicom.series.pixels import same_pixels
from nbradiomics.dicom.series.planar import PLANAR
from nbradiomics.dicom.series.plans import Plan, plans_of
from nbradiomics.dicom.series.reading import MASKS
from nbradiomics.dicom.series.records import Instance, Source, by_series
from nbradiomics.execution.batch import Failure
from nbradiomics.files.names import file_stems

_NO_DATE = (
    "the study date (0008,0020) is missing, and the subject has other studies: their order is not known.",
    "Export the study again with its date; it is not written into any output.",
)


@dataclass(frozen=True)
class Chosen:
    """A volume that becomes an image: a sequence of a timepoint of a subject."""

    subject: str
    when: Timepoint
    sequence: str
    plan: Plan

    @property
    def name(self) -> str:
        """Name of the case."""
        return f"{self.subject}/{self.when.name}/{self.sequence}"


@dataclass(repr=False)
class Sorted:
    """What becomes of everything in a folder.

    Attributes
    ----------
    chosen
        Volumes that become images.
    failures
        What was asked for and cannot be made.
    left
        Rows of `schema.NOT_CHOSEN`.
    objects
        Segmentations and structure sets, each content once, in an order that is not that of their paths.
    known
        UIDs of all series of images in the folder.
    """

    pseudonyms: Pseudonyms
    chosen: list[Chosen] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)
    objects: list[Instance] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    def fail(self, plan: Plan, place: str, cause: str, hint: str) -> None:
        """Add a failure of a volume; `place` is what is known of subject, timepoint and sequence."""
        series = f"series {self.pseudonyms.name('series', plan.header.series)}"
        part = f" part {plan.part}" if plan.parts > 1 else ""
        case = f"{place}/{series}{part}" if place else f"{series}{part}"
        self.failures.append(Failure(case, STAGE, cause, hint))


def sort_series(instances: Sequence[Instance], rules: IngestRules, pseudonyms: Pseudonyms) -> Sorted:
    """Sort all instances of a folder."""
    found = Sorted(pseudonyms)
    images = [one for one in instances if one.header.modality not in MASKS]
    masks = {one.digest: one for one in instances if one.header.modality in MASKS}
    found.objects = sorted(masks.values(), key=lambda one: object_name(one.digest, pseudonyms))
    series = by_series(images)
    found.known = set(series)
    problems = identity_problems(series)
    by_patient: dict[str, list[Plan]] = {}
    for uid, members in series.items():
        plans = plans_of(members, same_pixels, rules.rgb)
        if uid not in problems:
            by_patient.setdefault(members[0].header.patient, []).extend(plans)
            continue
        for plan in plans:
            if plan.aside:
                found.left.append(not_chosen_row(plan, plan.aside, pseudonyms))
            else:
                found.fail(plan, "", *problems[uid])
    # Not in the order of the files, which is that of names if folders are named after persons.
    subjects = {pseudonyms.name("subject", patient): plans for patient, plans in by_patient.items()}
    for subject in sorted(subjects):
        _sort_subject(subject, subjects[subject], rules, found)
    return found


def _sort_subject(subject: str, plans: Sequence[Plan], rules: IngestRules, found: Sorted) -> None:
    asked = [plan for plan in plans if wanted(plan, rules)]
    times = timepoints({plan.header.date for plan in asked})
    groups: dict[Timepoint, list[Plan]] = {}
    for plan in plans:
        when = times.get(plan.header.date)
        if when is not None:
            groups.setdefault(when, []).append(plan)
        elif wanted(plan, rules):
            found.fail(plan, subject, *_NO_DATE)
        else:  # a study of which nothing was asked for
            found.left.append(not_chosen_row(plan, plan.aside or NO_RULE, found.pseudonyms))
    if rules.sequences and not asked and any(not plan.aside for plan in plans):
        hint = "Look at its series by `--list`, and correct the rules."
        found.failures.append(Failure(subject, STAGE, "no series of the subject matches a rule.", hint))
    for when in sorted(groups, key=lambda one: (len(one.name), one.name)):
        _sort_timepoint(subject, when, groups[when], rules, found)


def _sort_timepoint(
    subject: str, when: Timepoint, plans: Sequence[Plan], rules: IngestRules, found: Sorted
) -> None:
    choice = choose(plans, rules)
    place = f"{subject}/{when.name}"
    found.chosen += [Chosen(subject, when, name, plan) for name, plan in choice.chosen.items()]
    found.left += [not_chosen_row(plan, reason, found.pseudonyms) for plan, reason in choice.left]
    for sequence, plan, cause, hint in choice.failed:
        found.fail(plan, f"{place}/{sequence}" if sequence else place, cause, hint)
    for sequence, cause, hint in choice.missing:
        found.failures.append(Failure(f"{place}/{sequence}", STAGE, cause, hint))


def conversions(found: Sorted, rules: IngestRules, out: Path) -> dict[str, Conversion]:
    """Conversion of each chosen volume, by the name of its case."""
    stems = file_stems([(one.subject, one.when.name, one.sequence) for one in found.chosen])
    return {
        one.name: Conversion(
            one.plan, stem, out, tuple(_about(one.plan, found.objects, rules)), rules.masks, found.pseudonyms
        )
        for one, stem in zip(found.chosen, stems, strict=True)
    }


def _about(plan: Plan, objects: Sequence[Instance], rules: IngestRules) -> Iterator[Instance]:
    """Objects that may refer to a volume; which of them do is decided where they are read."""
    header = plan.header
    if header.modality in PLANAR and plan.sources[0].frame.place.position is None:
        return  # the image has no position in space, at which a mask could be placed
    for one in objects:
        may = not one.refers or rules.masks.other_series
        if header.series in one.refers or (may and one.header.patient == header.patient):
            yield one


def unused_objects(found: Sorted, used: set[str], made: set[str]) -> None:
    """Add segmentations and structure sets of which no image had a mask to the failures, or to what is left.

    Parameters
    ----------
    found
        Changed.
    used
        Names (`object_name`) of the objects that refer to an image.
    made
        UIDs of the series of which an image was made.
    """
    for one in found.objects:
        if object_name(one.digest, found.pseudonyms) in used:
            continue
        plan = Plan(tuple(Source(one, frame) for frame in one.frames), 1, 1)
        subject = found.pseudonyms.name("subject", one.header.patient) if one.header.patient else ""
        if any(uid in made for uid in one.refers):
            cause = "the masks name a series of which an image was made, but no volume of it."
            found.fail(plan, subject, cause, "Look at the object and its series in a viewer.")
        elif any(uid in found.known for uid in one.refers):
            reason = "masks of a series of which no image was made"
            found.left.append(not_chosen_row(plan, reason, found.pseudonyms))
        else:
            what = "the series that the masks refer to is not in the folder"
            cause = f"{what}." if one.refers else "the masks refer to no series of which an image was made."
            found.fail(plan, subject, cause, "Export the series together with its masks.")
