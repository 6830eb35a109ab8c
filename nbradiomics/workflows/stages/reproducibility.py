"""The stage `reproducibility`: which features are reproducible between readers."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import pandas as pd

from nbradiomics.cohort.components import is_component, refuse_components
from nbradiomics.errors import NbradiomicsError
from nbradiomics.execution.batch import Failure, failure_of
from nbradiomics.execution.stage_names import StageName
from nbradiomics.files.names import file_stems
from nbradiomics.reproducibility import (
    StabilitySettings,
    assess_reproducibility,
    combine_rules,
    study_results,
    variance_components,
)
from nbradiomics.study.perturbation import PERTURBATION
from nbradiomics.tables import AUTO, write_table
from nbradiomics.workflows.stages.base import Stage, Work

#: Start of the name of the table of a study.
STUDY = "study_"
#: Columns that separate sets of ratings: each ICC is computed within one combination of their values.
_CONTEXT = ["timepoint", "sequence", "roi", "variant"]
#: Columns that separate features of different sizes; timepoints and readers are components of the variance.
_APART = ["sequence", "roi", "variant"]
#: Name of the table of variance components.
VARIANCE = "variance"


class Reproducibility(Stage):
    """Tests the features between the readers, and with the model as an additional reader.

    The first reading of each reader is used. A cohort with several timepoints, sequences or regions gets one
    table for each combination, named after it. The studies of the section and their combined rules follow.
    """

    name = StageName.REPRODUCIBILITY

    def run(self, work: Work) -> list[Failure]:
        """Write the tables of ``reproducibility/``."""
        return [*self._compare(work), *self._divide(work), *self._combine(work)]

    def _compare(self, work: Work) -> list[Failure]:
        """Compare the readers with each other and with the model, in each context."""
        features = work.features
        try:
            refuse_components(features["roi"].unique())
        except NbradiomicsError as error:
            return [failure_of(name, self.name, error) for name in _comparisons(features)]
        first = features[features["reading"] == features.groupby("reader")["reading"].transform("min")]
        contexts = [(tuple(key), rows) for key, rows in first.groupby(_CONTEXT, sort=False)]
        suffixes = _suffixes([key for key, _ in contexts])
        failures: list[Failure] = []
        for suffix, (_, rows) in zip(suffixes, contexts, strict=True):
            failures += self._assess(work, rows.assign(reading=1), suffix)
        return failures

    def _divide(self, work: Work) -> list[Failure]:
        """Divide the variance of the features, for each sequence, region and variant with repetitions."""
        readers = work.features[work.features["reader"] != AUTO]
        contexts = list(readers.groupby(_APART, sort=False))
        suffixes = _suffixes([key for key, _ in contexts])
        failures: list[Failure] = []
        for suffix, (_, rows) in zip(suffixes, contexts, strict=True):
            if not rows["subject"].duplicated().any() or is_component(rows["roi"].iloc[0]):
                continue
            try:
                least = work.study.reproducibility.min_subjects
                table = variance_components(rows, min_subjects=least)
            except NbradiomicsError as error:
                failures.append(failure_of(f"variance{suffix}", self.name, error))
            else:
                write_table(table, work.folder.file(f"{VARIANCE}{suffix}.csv"))
        return failures

    def _combine(self, work: Work) -> list[Failure]:
        """Carry out the studies of the section, and combine them by its rules."""
        section, failures = work.study.reproducibility, []
        tables: dict[str, pd.DataFrame | str] = {}
        # A study of variants that were not made must not fall back on other features.
        own = {} if work.study.perturbation is None else {PERTURBATION: work.perturbed}
        for name, result in study_results(section, work.features, own=own, seed=work.study.seed):
            if isinstance(result, NbradiomicsError):
                failures.append(failure_of(f"study {name}", self.name, result))
                tables[name] = result.problem
            else:
                tables[name] = result
                write_table(result, work.folder.file("reproducibility", f"{STUDY}{name}.csv"))
        if not section.rules:
            return failures
        try:
            work.stable = combine_rules(tables, section.rules, min_subjects=section.min_subjects)
        except NbradiomicsError as error:
            return [*failures, failure_of("rules", self.name, error)]
        write_table(work.stable, work.folder.file("stable.csv"))
        return failures

    def _assess(self, work: Work, rows: pd.DataFrame, suffix: str) -> list[Failure]:
        failures = []
        for name, readers in _comparisons(rows).items():
            try:
                settings = work.study.reproducibility.part(StabilitySettings)
                table = assess_reproducibility(rows, readers=readers, seed=work.study.seed, settings=settings)
            except NbradiomicsError as error:
                failures.append(failure_of(f"{name}{suffix}", self.name, error))
            else:
                write_table(table, work.folder.file("reproducibility", f"{name}{suffix}.csv"))
        return failures


def _suffixes(keys: Sequence[tuple[Hashable, ...]]) -> list[str]:
    """Ends of the names of the tables of each context; empty if there is one."""
    return (
        [f"_{name}" for name in file_stems([tuple(map(str, key)) for key in keys])]
        if len(keys) > 1
        else [""] * len(keys)
    )


def _comparisons(rows: pd.DataFrame) -> dict[str, list[str]]:
    present = set(rows["reader"])
    readers = sorted(present - {AUTO})
    comparisons = {"readers": readers} if len(readers) > 1 else {}
    if AUTO in present and readers:
        comparisons["auto_vs_readers"] = [AUTO, *readers]
    return comparisons
