"""The images of a cohort that are prepared, and what is refused before any of them is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from nbradiomics.cohort import Case, Cohort, Scan
from nbradiomics.cohort.units import stated_units
from nbradiomics.cohort.variants import require_one_variant
from nbradiomics.errors import InputError
from nbradiomics.files.names import image_files
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import counted
from nbradiomics.preparation.apply import JOINED, variant_name
from nbradiomics.preparation.landmarks import Group
from nbradiomics.preparation.one_image import ImageJob, MaskJob
from nbradiomics.preparation.order import require_order
from nbradiomics.preparation.reading import steps_of_variant
from nbradiomics.preparation.settings import PreparationSettings, channel_steps
from nbradiomics.preparation.steps.registration import Register
from nbradiomics.preparation.steps.step import Step
from nbradiomics.tables import ORIGINAL

#: Folders of the prepared images, and of masks that moved to another grid.
IMAGES, MASKS = "images", "masks"


def require_possible(cohort: Cohort, settings: PreparationSettings, steps: Sequence[Step]) -> None:
    """Refuse settings that do not belong to a cohort, before an image is opened.

    Raises
    ------
    InputError
        When a scan has several variants, a region, sequence or channel is unknown, a scan has none of the
        chosen channels, the steps make no sense after those of an earlier preparation, or a registration does
        not move the other channels onto the one with the masks.
    """
    require_one_variant(cohort.table, cohort.path, "a preparation")
    table = cohort.table
    rois = sorted(set(table.loc[table["mask"] != "", "roi"]))
    for roi, option in ((settings.body_roi, "body_roi"), (settings.reference_roi, "reference_roi")):
        if roi is not None:
            _require_known(roi, rois, f"region ({option})", cohort.path)
    if settings.body_roi is not None and settings.body_roi == settings.reference_roi:
        raise InputError("body_roi and reference_roi name the same region.", "Name two regions.")
    for name in settings.sequences or ():
        _require_known(name, sorted(set(table["sequence"])), "sequence", cohort.path)
    for name in settings.channels or ():
        _require_known(name, sorted(set(table["channel"]) - {""}), "channel", cohort.path)
    _require_channels(cohort, settings)
    # Of chosen channels it is not known whether the earlier preparation changed them.
    for variant in [] if settings.channels else sorted(set(table["variant"]) - {ORIGINAL}):
        require_order((*steps_of_variant(variant), *steps))
    _require_variant_name(steps)
    _require_targets(cohort, settings, steps)


def _require_known(name: str, known: Sequence[str], what: str, path: Path) -> None:
    if name not in known:
        listed = ", ".join(known) or "none"
        raise InputError(
            f"{path} has no {what} {name!r}.", f"{did_you_mean(name, known)}There are: {listed}."
        )


def _require_channels(cohort: Cohort, settings: PreparationSettings) -> None:
    """Refuse a choice that leaves a scan unprepared, under the name of a prepared one."""
    for name in ("sequences", "channels"):
        if getattr(settings, name) == ():
            raise InputError(f"{name} names nothing.", f"Leave out {name} for all of them.")
    if settings.channels is None:
        return
    chosen = set(settings.channels)
    others = [
        scan
        for scan in chosen_scans(cohort, settings)
        if chosen.isdisjoint(channel.name for channel in scan.channels)
    ]
    if others:
        raise InputError(
            f"{counted(len(others), 'scan')} of {cohort.path} without the channel "
            f"{' or '.join(settings.channels)} would stay unprepared: {others[0].name} has "
            f"{', '.join(channel.name or 'one image' for channel in others[0].channels)}.",
            "Choose the scans by `sequences`, name more channels, or correct the cohort table.",
        )


def _require_variant_name(steps: Sequence[Step]) -> None:
    """Refuse a name that no file can have."""
    name = variant_name(steps)
    if len(name) > 100:
        raise InputError(
            f"the name of the variant has {len(name)} letters: {name[:60]}...",
            "Use fewer steps, or leave parameters at their defaults.",
        )


def _require_targets(cohort: Cohort, settings: PreparationSettings, steps: Sequence[Step]) -> None:
    """Refuse a registration onto a channel that is not the one with the masks."""
    targets = [step.to for step in steps if isinstance(step, Register)]
    if not targets:
        return
    scans = [scan for scan in chosen_scans(cohort, settings) if len(scan.channels) > 1]
    if not scans:
        raise InputError(
            f"no scan of {cohort.path} has several channels, so that there is nothing to register.",
            "Leave out the step register, or name the channels of each scan in the column `channel`.",
        )
    for scan in scans:
        if scan.channels[0].name != targets[0]:
            raise InputError(
                f"{scan.name}: channel {scan.channels[0].name!r} is the first one (masks are drawn on it, or "
                f"its row is the first), but images should be registered onto {targets[0]!r}.",
                f"Use register:to={scan.channels[0].name}, so that masks stay where they were drawn.",
            )


def chosen_scans(cohort: Cohort, settings: PreparationSettings) -> list[Scan]:
    """Scans of the chosen sequences."""
    wanted = settings.sequences
    return [scan for scan in cohort.scans() if wanted is None or scan.sequence in wanted]


def prepared_variant(variant: str, steps: Sequence[Step]) -> str:
    """Variant of a prepared image: its own steps follow those of an earlier preparation."""
    name = variant_name(steps)
    return name if variant == ORIGINAL else f"{variant}{JOINED}{name}"


def group_of(job: ImageJob) -> Group:
    """What an image shares landmarks with."""
    return Group(job.scan.sequence, job.channel.name)


def jobs_of(
    cohort: Cohort, settings: PreparationSettings, steps: Sequence[Step], out: Path, label: int
) -> dict[str, ImageJob]:
    """One job for each image of the chosen scans, by its name in failures."""
    scans = chosen_scans(cohort, settings)
    cases: dict[Scan, list[Case]] = {}
    for case in cohort.cases():
        cases.setdefault(case.scan, []).append(case)
    pairs = [(scan, channel) for scan in scans for channel in scan.channels]
    words = [(*scan.key[:3], *([channel.name] if channel.name else [])) for scan, channel in pairs]
    variant = prepared_variant(ORIGINAL, steps)
    images = image_files(out / IMAGES, [(*each, variant) for each in words])
    masks = _mask_files(scans, cases, out, settings)
    units = _units(cohort)
    jobs = {}
    for (scan, channel), file in zip(pairs, images, strict=True):
        own = channel_steps(steps, channel.name, settings.channels, first=channel == scan.channels[0])
        beside = [_one_mask(scan, cases, roi) for roi in (settings.body_roi, settings.reference_roi)]
        drawn = tuple(MaskJob(case, masks[case.name]) for case in _drawn(scan, cases, settings))
        job = ImageJob(
            scan,
            channel,
            own,
            file if own else channel.image,
            beside[0],
            beside[1],
            drawn,
            units.get(str(channel.image), ""),
            label,
        )
        jobs[job.name] = job
    return jobs


def _drawn(scan: Scan, cases: Mapping[Scan, Sequence[Case]], settings: PreparationSettings) -> list[Case]:
    """Masks of a scan, without those of the body and of the reference tissue."""
    beside = (settings.body_roi, settings.reference_roi)
    return [case for case in cases.get(scan, ()) if case.roi not in beside]


def _one_mask(scan: Scan, cases: Mapping[Scan, Sequence[Case]], roi: str | None) -> Case | None:
    """The mask of the body or of the reference tissue: the first reading of the first reader."""
    found = [case for case in cases.get(scan, ()) if roi is not None and case.roi == roi]
    return min(found, key=lambda case: (case.reader, case.reading)) if found else None


def _units(cohort: Cohort) -> dict[str, str]:
    units = stated_units(cohort.table, cohort.path)
    return dict(zip(cohort.table["image"].astype(str), units, strict=True))


def _mask_files(
    scans: Sequence[Scan],
    cases: Mapping[Scan, Sequence[Case]],
    out: Path,
    settings: PreparationSettings,
) -> dict[str, Path]:
    drawn = [case for scan in scans for case in _drawn(scan, cases, settings)]
    words = [(*case.scan.key[:3], case.roi, case.reader, str(case.reading)) for case in drawn]
    files = image_files(out / MASKS, words)
    return {case.name: file for case, file in zip(drawn, files, strict=True)}
