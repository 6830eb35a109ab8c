"""The stages as a study runs them: each takes what the study says and leaves its tables in the run folder."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.agreement.distance_cohort import write_distance_maps
from nbradiomics.agreement.reader_study import study_readers
from nbradiomics.clinical import read_clinical_table
from nbradiomics.cohort import Cohort
from nbradiomics.cohort.components import refuse_components
from nbradiomics.cohort.lesions import lesion_rule, whole_rule
from nbradiomics.errors import NbradiomicsError
from nbradiomics.execution.batch import Failure, Progress, failure_of
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.features.schema import FEATURES
from nbradiomics.files.names import file_stems
from nbradiomics.messages.problem import Problem, told_once
from nbradiomics.outcome import OutcomeResult, OutcomeSettings, evaluate_outcome, write_outcome
from nbradiomics.reproducibility import assess_reproducibility
from nbradiomics.segmentation.cohort import SegmentedCohort, remove_maps, segment_cohort
from nbradiomics.segmentation.model import Model
from nbradiomics.segmentation.prediction.postprocess import PostProcessing
from nbradiomics.study.checks import check_images
from nbradiomics.study.checks.problem_table import problem_table
from nbradiomics.study.checks.readers import read_clinical, reader_settings
from nbradiomics.study.checks.segmentation import check_scans, study_inference
from nbradiomics.study.checks.study import study_label, study_parameters
from nbradiomics.study.study import Endpoint, Outcome, Study
from nbradiomics.tables import AUTO, write_table
from nbradiomics.workflows.folder import RunFolder
from nbradiomics.workflows.reader_study import compare_readers

#: What tells one set of ratings from another: an ICC is computed within one of each.
_CONTEXT = ["timepoint", "sequence", "roi", "variant"]


@dataclass(frozen=True)
class Run:
    """A study on its way: what was asked for, where it goes, and with how many processes.

    `model` is loaded once; ``None`` where the study does not segment.
    """

    study: Study
    study_file: Path
    folder: RunFolder
    model: Model | None
    jobs: int
    progress: Progress

    @property
    def by_case(self) -> dict[str, Any]:
        """Options of the stages that work case by case."""
        return {"workspace": self.folder.workspace, "jobs": self.jobs, "progress": self.progress}

    def rule_of_masks(self, cohort: Cohort) -> str:
        """Rule for several lesions where masks are held against masks."""
        return whole_rule(lesion_rule(self.study.asked_lesions, cohort.table))


def check_inputs(run: Run, cohort: Cohort, found: list[Problem]) -> None:
    """Look at the images too, and list all that is wrong; `found` is what the tables gave."""
    scans = check_scans(run.model, cohort.table, cohort.path) if run.model else []
    parameters = study_parameters(run.study)
    images = check_images(
        cohort.table, cohort.path, label=study_label(run.study), parameters=parameters, **run.by_case
    )
    images = told_once(images, len(cohort.table))
    write_table(run.folder.localised(problem_table([*found, *scans, *images])), run.folder.file("check.csv"))


def segment(run: Run, cohort: Cohort) -> tuple[Cohort, SegmentedCohort | None]:
    """Segment where the study asks for it, and write the cohort table that the later stages read."""
    if run.study.segment is None or run.model is None:
        return cohort.write(run.folder.file("cohort.csv")), None
    plan = run.study.segment
    segmented = segment_cohort(
        cohort,
        model=run.model,
        masks=run.folder.masks,
        maps=run.folder.maps if plan.maps else None,
        inference=study_inference(plan),
        postprocessing=PostProcessing(plan.largest_component, plan.min_volume_ml),
        training_subjects=plan.training_subjects,
        threads=run.jobs,
        workspace=run.folder.workspace,
        progress=run.progress,
    )
    if not plan.maps:
        remove_maps(cohort, run.folder.maps)
    write_table(segmented.table, run.folder.file("segmentation.csv"))
    return segmented.cohort.write(run.folder.file("cohort.csv")), segmented


def compare(run: Run, cohort: Cohort) -> tuple[pd.DataFrame | None, list[Failure]]:
    """Compare the masks of every two readers; ``None`` where there are no two."""
    if not (cohort.table["mask"] != "").any():
        return None, []
    plan, label = run.study.readers, study_label(run.study)
    rule = run.rule_of_masks(cohort)
    try:
        agreement = compare_readers(cohort, plan, lesions=rule, label=label, **run.by_case)
    except NbradiomicsError as error:
        # A stage that could not be done at all is a failure too: the others go on, and the report says so.
        return None, [failure_of("cohort", "compare", error)] if len(cohort.readers()) > 1 else []
    write_table(agreement.table, run.folder.file("agreement.csv"))
    return agreement.table, agreement.failures


def study_agreement(run: Run, cohort: Cohort, agreement: pd.DataFrame | None) -> list[Failure]:
    """Ask whether the model is as good as another expert, and map where it departs from the readers."""
    if agreement is None:
        return []
    study = run.study
    try:
        groups = read_clinical(study.readers, cohort.table["subject"], study.outcome, study.subject_column)
        study_readers(
            agreement,
            cohort.table,
            clinical=groups.table,
            settings=reader_settings(study.readers, study.seed),
            said=groups.sentences,
        ).write(run.folder.readers)
    except NbradiomicsError as error:
        return [failure_of("cohort", "readers", error)]
    if not (study.readers.maps and AUTO in cohort.readers()):
        return []
    return write_distance_maps(
        cohort.without_seen_masks(),
        run.folder.distance_maps,
        lesions=run.rule_of_masks(cohort),
        label=study_label(study),
        jobs=run.jobs,
        progress=run.progress,
    )


def extract(run: Run, cohort: Cohort) -> tuple[pd.DataFrame, list[Failure]]:
    """Extract the features of every image and reader."""
    plan = run.study.extract
    try:
        features = extract_cohort(
            cohort,
            params=plan.params,
            engine=plan.engine,
            lesions=run.study.asked_lesions,
            min_lesion_ml=run.study.lesion_min_ml,
            **run.by_case,
        )
    except NbradiomicsError as error:
        return FEATURES.empty(), [failure_of("cohort", "extract", error)]
    write_table(features.table, run.folder.file("features.parquet"))
    return features.table, features.failures


def reproduce(run: Run, features: pd.DataFrame) -> list[Failure]:
    """Test the features between the readers, and with the model as one more of them.

    The first reading of each reader counts. A cohort of several timepoints, sequences or regions gets one
    table for each, named after it.
    """
    failures: list[Failure] = []
    try:
        refuse_components(features["roi"].unique())
    except NbradiomicsError as error:
        return [failure_of(name, "reproducibility", error) for name in _comparisons(features)]
    first = features[features["reading"] == features.groupby("reader")["reading"].transform("min")]
    contexts = [(tuple(key), rows) for key, rows in first.groupby(_CONTEXT, sort=False)]
    names = file_stems([key for key, _ in contexts])
    stems = [f"_{name}" for name in names] if len(contexts) > 1 else [""]
    for suffix, (_, rows) in zip(stems if contexts else [], contexts, strict=True):
        for name, readers in _comparisons(rows).items():
            try:
                table = assess_reproducibility(
                    rows.assign(reading=1),
                    readers=readers,
                    threshold=run.study.reproducibility.threshold,
                    confidence=run.study.reproducibility.confidence,
                    min_subjects=run.study.reproducibility.min_subjects,
                )
            except NbradiomicsError as error:
                failures.append(failure_of(f"{name}{suffix}", "reproducibility", error))
            else:
                write_table(table, run.folder.file("reproducibility", f"{name}{suffix}.csv"))
    return failures


def _comparisons(rows: pd.DataFrame) -> dict[str, list[str]]:
    present = set(rows["reader"])
    readers = sorted(present - {AUTO})
    comparisons = {"readers": readers} if len(readers) > 1 else {}
    if AUTO in present and readers:
        comparisons["auto_vs_readers"] = [AUTO, *readers]
    return comparisons


def predict(run: Run, features: pd.DataFrame) -> list[Failure]:
    """Fit and validate the outcome models of every endpoint."""
    if run.study.outcome is None:
        return []
    failures = []
    clinical = read_clinical_table(run.study.outcome.clinical, run.study.subject_column)
    endpoints = run.study.outcome.endpoints
    folders = file_stems([(endpoint.name,) for endpoint in endpoints])
    for endpoint, folder in zip(endpoints, folders, strict=True):
        try:
            result = _evaluate(run, run.study.outcome, endpoint, features, clinical)
        except NbradiomicsError as error:
            failures.append(failure_of(endpoint.name, "outcome", error))
            continue
        write_outcome(result, run.folder.file("outcome", folder))
    return failures


def _evaluate(
    run: Run, outcome: Outcome, endpoint: Endpoint, features: pd.DataFrame, clinical: pd.DataFrame
) -> OutcomeResult:
    shared = {field.name for field in fields(OutcomeSettings)} & set(Outcome.model_fields)
    settings = OutcomeSettings(
        seed=run.study.seed,
        icc_threshold=run.study.reproducibility.threshold,
        min_subjects=run.study.reproducibility.min_subjects,
        **outcome.model_dump(include=shared),
    )
    return evaluate_outcome(
        features,
        clinical,
        time=endpoint.time,
        event=endpoint.event,
        covariates=outcome.covariates,
        feature_names=outcome.features,
        declared=outcome.declared,
        event_value=endpoint.event_value,
        zero_times=endpoint.zero_times,
        reader=outcome.reader,
        timepoint=outcome.timepoint,
        sequence=outcome.sequence,
        roi=outcome.roi,
        reading=1 if features["reading"].nunique() > 1 else None,
        settings=settings,
        jobs=run.jobs,
        progress=run.progress,
    )
