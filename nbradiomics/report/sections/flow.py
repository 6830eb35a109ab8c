"""Cohort flow: images, masks, features, outcome; what was lost at each step and why."""

from __future__ import annotations

import pandas as pd

from nbradiomics.cohort.variants import base_rows
from nbradiomics.messages.wording import MISSING, counted, tally
from nbradiomics.report.content import Block, Details, Flow, Step, Table, Text
from nbradiomics.report.run_files import CASE, Endpoint, Run, rows_of
from nbradiomics.report.sections.bins import bin_blocks
from nbradiomics.report.sections.controls import control_steps
from nbradiomics.report.sections.ingest import acquisition_blocks, ingest_steps
from nbradiomics.report.sections.missing_parts import (
    NOT_REQUESTED,
    could_not,
    failed_endpoints,
    slices_of,
    why_no_features,
)
from nbradiomics.report.sections.perturbation import perturbation_steps
from nbradiomics.tables import AUTO, feature_columns

#: Step of the flow at which a failure of a stage is reported.
_STEP_OF = {
    "check": "Images",
    "prepare": "Images",
    "segment": "Masks",
    "compare": "Masks",
    "readers": "Masks",
    "consensus": "Masks",
    "distance maps": "Masks",
    "extract": "Features",
    "perturbation": "Perturbation",
    "controls": "Controls",
    "outcome": "Outcome",
}


def flow_blocks(run: Run) -> tuple[Block, ...]:
    """Boxes of the flow, and the findings of the check of the input."""
    # The subjects of external validations are no part of this cohort.
    failed = failed_endpoints(run)
    endpoints = [endpoint for endpoint in run.endpoints if endpoint.name not in failed]
    steps = [*ingest_steps(run), *_image_steps(run), *_feature_steps(run)]
    steps += perturbation_steps(run, _failures(run, "Perturbation"))
    steps += control_steps(run, _failures(run, "Controls"))
    steps += [*(_outcome_step(item) for item in endpoints)]
    steps += [Step(f"Outcome {name}", MISSING, (could_not(cause),)) for name, cause in failed.items()]
    if not steps:
        return ()
    rest = _failures(run, "")
    if rest:
        steps.append(Step("Other stages", MISSING, lost=rest))
    return (Flow(tuple(steps)), *acquisition_blocks(run), *bin_blocks(run), *_check_blocks(run.check))


def masks_in(cohort: pd.DataFrame) -> pd.DataFrame:
    """Return one row of the cohort table per mask (an image with several channels repeats its masks)."""
    key = [*CASE, "reader", "reading", "mask", *(["label"] if "label" in cohort else [])]
    return cohort[cohort["mask"] != ""].drop_duplicates(key)


def reader_tally(readers: pd.Series) -> str:
    """Count the rows of each reader: ``A 12, B 11, auto 12``; the model is last."""
    counts = readers.value_counts()
    return tally(
        (name, int(counts[name])) for name in sorted(counts.index, key=lambda name: (name == AUTO, name))
    )


def _counts(values: pd.Series) -> list[tuple[str, int]]:
    """Count the distinct values, the most frequent first."""
    return [(str(name), int(amount)) for name, amount in values.value_counts().items()]


def _image_steps(run: Run) -> list[Step]:
    if run.cohort is None:
        return []
    cohort, masks = run.cohort, masks_in(run.cohort)
    details = [counted(cohort["subject"].nunique(), "subject")]
    for name in ("timepoint", "sequence", "site"):
        if name in cohort and len(set(cohort[name])) > 1:
            scans = cohort.drop_duplicates([*CASE[:3], name])
            details.append(f"{name}s: {tally(_counts(scans[name].replace('', MISSING)))}")
    images = Step("Images", f"{cohort['image'].nunique():,}", tuple(details), _failures(run, "Images"))
    lost = [*_without_mask(cohort, masks), *_empty_masks(run.segmentation), *_failures(run, "Masks")]
    drawn = Step("Masks", f"{len(masks):,}", (reader_tally(masks["reader"]),), tuple(lost))
    return [images, drawn]


def _without_mask(cohort: pd.DataFrame, masks: pd.DataFrame) -> list[str]:
    scans = set(rows_of(cohort, *CASE[:3]))
    lost = []
    for reader, masks_of_reader in masks.groupby("reader", sort=True):
        missing = len(scans - set(rows_of(masks_of_reader, *CASE[:3])))
        if missing:
            lost.append(f"{counted(missing, 'image')} without a mask of {reader}")
    bare = len(scans - set(rows_of(masks, *CASE[:3])))
    return [*lost, *([f"{counted(bare, 'image')} without any mask"] if bare else [])]


def _empty_masks(segmentation: pd.DataFrame | None) -> list[str]:
    if segmentation is None:
        return []
    empty = int((segmentation["status"] == "empty").sum())
    return (
        [f"the model found no tumour in {counted(empty, 'image')} of {len(segmentation):,}"] if empty else []
    )


def _feature_steps(run: Run) -> list[Step]:
    if run.features is None:
        reason = why_no_features(run)
        return [] if reason == NOT_REQUESTED else [Step("Features", MISSING, (reason,))]
    names = feature_columns(run.features)
    base = run.features[base_rows(run.features)]
    measured = base[base[names].notna().any(axis=1)]
    details = [f"{reader_tally(measured['reader'])}; {counted(len(names), 'feature')} each"]
    if slices := slices_of(run):
        details.append(f"of {slices}" if slices.startswith("the") else slices)
    others = len(run.features) - len(base)
    if others:
        variants = run.features["variant"].nunique() - (not base.empty)
        details.append(f"and {counted(others, 'row')} of {counted(variants, 'other variant')}")
    lost = [*_unmeasured(run.cohort, base, measured), *_failures(run, "Features")]
    return [Step("Features", f"{len(measured):,}", tuple(details), tuple(lost))]


def _unmeasured(cohort: pd.DataFrame | None, base: pd.DataFrame, measured: pd.DataFrame) -> list[str]:
    """Count the masks without a feature value, by reader."""
    wanted = base if cohort is None else masks_in(cohort)
    # A rule for several lesions renames the region; in this case scans are counted.
    renamed = not set(base["roi"]) <= set(wanted["roi"])
    key = [*(CASE[:3] if renamed else CASE), "reading"]
    lost = []
    for reader, masks_of_reader in wanted.groupby("reader", sort=True):
        drawn = set(rows_of(masks_of_reader, *key))
        done = measured.loc[measured["reader"] == reader, key]
        missing = len(drawn - set(rows_of(done, *key)))
        if missing:
            lost.append(f"{counted(missing, 'mask')} of {reader} without a feature value")
    return lost


def _outcome_step(endpoint: Endpoint) -> Step:
    subjects, events = endpoint.summary.get("subjects"), endpoint.summary.get("events")
    details = [counted(events, "event")] if isinstance(events, int) else []
    lost = []
    if endpoint.excluded is not None:
        reasons = _counts(endpoint.excluded["reason"])
        lost = [f"{counted(amount, 'subject')}: {reason}" for reason, amount in reasons]
    number = f"{subjects:,}" if isinstance(subjects, int) else MISSING
    detail = ", ".join(["subject" if subjects == 1 else "subjects", *details])
    return Step(f"Outcome {endpoint.name}", number, (detail,), tuple(lost))


def _failures(run: Run, step: str) -> tuple[str, ...]:
    """Failures of the stages of a step; an empty name means all other stages."""
    if run.failures is None:
        return ()
    selected = run.failures[run.failures["stage"].map(lambda stage: _step_of(run, stage)) == step]
    counts = _counts("at " + selected["stage"] + ": " + selected["cause"])
    return tuple(f"{counted(amount, 'failure')} {cause}" for cause, amount in counts)


def _step_of(run: Run, stage: str) -> str:
    step = _STEP_OF.get(stage, "")
    shown = {
        "Images": run.cohort is not None,
        "Masks": run.cohort is not None,
        "Features": run.features is not None or why_no_features(run) != NOT_REQUESTED,
        "Perturbation": run.perturbed is not None,
        "Controls": run.controls is not None,
        "Outcome": True,
    }
    return step if shown.get(step) else ""


def _check_blocks(check: pd.DataFrame | None) -> tuple[Block, ...]:
    if check is None:
        return ()
    if check.empty:
        return (Text("The check of the input found no problem."),)
    counts = " and ".join(counted(amount, name) for name, amount in _counts(check["severity"]))
    columns = ("severity", "file", "row", "column", "problem", "remedy")
    rows = tuple(
        check.sort_values("severity", kind="stable")[list(columns)].itertuples(index=False, name=None)
    )
    table = Table(tuple(name.capitalize() for name in columns), rows, text_columns=len(columns))
    return (Details(f"The check of the input found {counts}", (table,)),)
