"""The stages as a study runs them: each takes what the study says and leaves its tables in the run folder."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.agreement.distance_cohort import write_distance_maps
from nbradiomics.agreement.study import study_readers
from nbradiomics.checks import check_images
from nbradiomics.checks.readers import read_clinical, reader_settings
from nbradiomics.checks.segmentation import check_scans, study_inference
from nbradiomics.checks.study import study_label
from nbradiomics.cohort import Cohort
from nbradiomics.errors import NbradiomicsError
from nbradiomics.execution import Failure, Progress, failure_of
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.names import file_stems
from nbradiomics.outcome import OutcomeResult, OutcomeSettings, evaluate_outcome, write_outcome
from nbradiomics.problem import Problem, problem_table
from nbradiomics.reader_study import compare_readers
from nbradiomics.reproducibility import assess_reproducibility
from nbradiomics.run_folder import RunFolder
from nbradiomics.segmentation.cohort import SegmentedCohort, remove_maps, segment_cohort
from nbradiomics.segmentation.model import Model
from nbradiomics.segmentation.prediction.postprocess import PostProcessing
from nbradiomics.study import Endpoint, Outcome, Study
from nbradiomics.tables import AUTO, INDEX, read_table, write_table

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


def check_inputs(run: Run, cohort: Cohort, found: list[Problem]) -> None:
    """Look at the images too, and list all that is wrong; `found` is what the tables gave."""
    scans = check_scans(run.model, cohort.table, cohort.path) if run.model else []
    images = check_images(cohort.table, cohort.path, label=study_label(run.study), **run.by_case)
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
        threads=run.jobs,
        workspace=run.folder.workspace,
        progress=run.progress,
    )
    if not plan.maps:
        remove_maps(cohort, run.folder.maps)
    if plan.training_subjects is not None:
        seen = segmented.table["subject"].isin(plan.training_subjects)
        segmented.table["in_training"] = segmented.table["in_training"].fillna(False) | seen
    write_table(segmented.table, run.folder.file("segmentation.csv"))
    return segmented.cohort.write(run.folder.file("cohort.csv")), segmented


def compare(run: Run, cohort: Cohort) -> tuple[pd.DataFrame | None, list[Failure]]:
    """Compare the masks of every two readers; ``None`` where there are no two."""
    if not (cohort.table["mask"] != "").any():
        return None, []
    plan, label = run.study.readers, study_label(run.study)
    try:
        agreement = compare_readers(cohort, plan, lesions=run.study.lesions, label=label, **run.by_case)
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
    outcomes = study.outcome.clinical if study.outcome else None
    try:
        study_readers(
            agreement,
            cohort.table,
            clinical=read_clinical(study.readers, cohort.table["subject"], outcomes),
            settings=reader_settings(study.readers, study.seed),
        ).write(run.folder.readers)
    except NbradiomicsError as error:
        return [failure_of("cohort", "readers", error)]
    if not (study.readers.maps and AUTO in cohort.readers()):
        return []
    return write_distance_maps(
        cohort,
        run.folder.distance_maps,
        lesions=study.lesions,
        label=study_label(study),
        jobs=run.jobs,
        progress=run.progress,
    )


def extract(run: Run, cohort: Cohort) -> tuple[pd.DataFrame, list[Failure]]:
    """Extract the features of every image and reader."""
    plan = run.study.extract
    try:
        features = extract_cohort(
            cohort, params=plan.params, engine=plan.engine, lesions=run.study.lesions, **run.by_case
        )
    except NbradiomicsError as error:
        return pd.DataFrame(columns=list(INDEX)), [failure_of("cohort", "extract", error)]
    write_table(features.table, run.folder.file("features.parquet"))
    return features.table, features.failures


def reproduce(run: Run, features: pd.DataFrame) -> list[Failure]:
    """Test the features between the readers, and with the model as one more of them.

    The first reading of each reader counts. A cohort of several timepoints, sequences or regions gets one
    table for each, named after it.
    """
    failures = []
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


def predict(run: Run, features: pd.DataFrame, segmentation: pd.DataFrame | None) -> list[Failure]:
    """Fit and validate the outcome models of every endpoint."""
    if run.study.outcome is None:
        return []
    failures = []
    seen = _seen_in_training(run.study, segmentation)
    unseen = features[(features["reader"] != AUTO) | ~features["subject"].isin(seen)]
    clinical = read_table(run.study.outcome.clinical)
    for endpoint in run.study.outcome.endpoints:
        try:
            result = _evaluate(run, run.study.outcome, endpoint, unseen, clinical)
        except NbradiomicsError as error:
            failures.append(failure_of(endpoint.name, "outcome", error))
            continue
        reason = result.flow["reason"].mask(result.flow["subject"].isin(seen), "the model was trained on it")
        result = replace(result, flow=result.flow.assign(reason=reason))
        write_outcome(result, run.folder.file("outcome", endpoint.name))
    return failures


def _seen_in_training(study: Study, segmentation: pd.DataFrame | None) -> set[str]:
    """Subjects whose automatic masks come from a model that was trained on them."""
    if segmentation is None or study.outcome is None or study.outcome.reader != AUTO:
        return set()
    return set(segmentation.loc[segmentation["in_training"].fillna(False).astype(bool), "subject"])


def _evaluate(
    run: Run, outcome: Outcome, endpoint: Endpoint, features: pd.DataFrame, clinical: pd.DataFrame
) -> OutcomeResult:
    shared = {field.name for field in fields(OutcomeSettings)} & set(Outcome.model_fields)
    settings = OutcomeSettings(
        seed=run.study.seed,
        icc_threshold=run.study.reproducibility.threshold,
        **outcome.model_dump(include=shared),
    )
    return evaluate_outcome(
        features,
        clinical,
        time=endpoint.time,
        event=endpoint.event,
        covariates=outcome.covariates,
        reader=outcome.reader,
        timepoint=outcome.timepoint,
        sequence=outcome.sequence,
        roi=outcome.roi,
        reading=1 if features["reading"].nunique() > 1 else None,
        settings=settings,
        jobs=run.jobs,
        progress=run.progress,
    )
